/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The victim. What it must keep to itself stands veiled in this file, and what only
 * the token knows is asked of the TPM by a child that ends before the victim begins.
 */
#include "attack/victim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/token.h"
#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "crypto/kdf.h"
#include "lib/p11.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

#define MAX 40

struct test_tpm victim_tpm;
const struct needle *victim_needles;
size_t victim_needle_count;

/* What the child that learns leaves to the others. */
struct known {
	size_t n;
	struct needle needles[MAX];
	uint8_t public_key[SG_ED25519_PUBLIC];
};

static struct known *known;
static CK_SESSION_HANDLE session;
static uint8_t *canary;

const uint8_t victim_canary[NEEDLE] = {
	0x93, 0x1e, 0x07, 0x5c, 0xd8, 0x61, 0xaf, 0x42, 0x39, 0xe5, 0x8b, 0x70, 0x1d, 0xc6, 0x54, 0xfa,
};

/* A seed, a root, and "blue whales sing at night". */
static const uint8_t veiled_seed[32] = {
	0x27, 0xd9, 0x4e, 0x80, 0xb3, 0x15, 0x6c, 0xfa, 0x91, 0x38, 0xe7, 0x5d, 0x0b, 0xc4, 0x72, 0xaf,
	0x1c, 0x66, 0xf3, 0x89, 0x20, 0xde, 0x47, 0xb5, 0x7a, 0x03, 0x98, 0xec, 0x51, 0x3f, 0xc8, 0x74,
};
static const uint8_t veiled_root[32] = {
	0xb8, 0x41, 0x1f, 0xe6, 0x70, 0x9b, 0x2d, 0xc3, 0x5a, 0x84, 0x0e, 0xf7, 0x69, 0xd2, 0x35, 0x1b,
	0xac, 0x57, 0xe0, 0x7e, 0xc9, 0x12, 0x8d, 0x34, 0xf1, 0x6b, 0x40, 0xda, 0x96, 0x2c, 0x05, 0xbf,
};
static const uint8_t veiled_pin[25] = {
	0xc7, 0xc9, 0xd0, 0xc0, 0x85, 0xd2, 0xcd, 0xc4, 0xc9, 0xc0, 0xd6, 0x85, 0xd6, 0xcc, 0xcb, 0xc2,
	0x85, 0xc4, 0xd1, 0x85, 0xcb, 0xcc, 0xc2, 0xcd, 0xd1,
};

/* The volatile keeps the compiler from doing this once and for all, into the program. */
static void unveil(const volatile uint8_t *veiled, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = veiled[i] ^ TEST_VEIL;
}

static CK_RV with_pin(CK_RV (*fn)(CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len),
                      CK_SESSION_HANDLE s)
{
	uint8_t pin[sizeof veiled_pin];
	CK_RV rv;

	unveil(veiled_pin, pin, sizeof pin);
	rv = fn(s, pin, sizeof pin);
	explicit_bzero(pin, sizeof pin);
	return rv;
}

static CK_RV init_pin(CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len)
{
	return p11->C_InitPIN(s, pin, len);
}

static CK_RV login(CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len)
{
	return p11->C_Login(s, CKU_USER, pin, len);
}

/* Import 32 bytes that the TPM seals on their own. */
static CK_RV import(CK_SESSION_HANDLE s, const uint8_t *veiled, CK_OBJECT_CLASS class,
                    CK_KEY_TYPE type, size_t len)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;
	uint8_t bytes[32];
	CK_RV rv;

	unveil(veiled, bytes, sizeof bytes);
	p11_ulong(&t, CKA_CLASS, class);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_bytes(&t, CKA_VALUE, bytes, len);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	if (class == CKO_PRIVATE_KEY)
		p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	rv = p11->C_CreateObject(s, t.attr, t.n, &key);
	explicit_bzero(bytes, sizeof bytes);
	return rv;
}

static void make_token(void *arg)
{
	CK_BYTE label[33] = "victim                          ";
	CK_SESSION_HANDLE s;

	(void)arg;
	p11_start();
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(with_pin(init_pin, s));
	p11_ok(p11->C_Logout(s));
	p11_ok(with_pin(login, s));
	p11_ok(import(s, veiled_seed, CKO_PRIVATE_KEY, CKK_EC_EDWARDS, 32));
	p11_ok(import(s, veiled_root, CKO_SECRET_KEY, CKK_AES, 32));
	p11_ok(p11->C_Finalize(NULL));
}

/* Note as many pieces of a secret as fit in it. */
static void note(const char *name, struct sg_bytes secret)
{
	for (size_t at = 0; at + NEEDLE <= secret.len; at += NEEDLE) {
		struct needle *needle = &known->needles[known->n++];

		ck_assert_uint_lt(known->n, MAX);
		needle->name = name;
		for (size_t i = 0; i < NEEDLE; i++)
			needle->veiled[i] = secret.data[at + i] ^ TEST_VEIL;
	}
}

/* Note what the token itself keeps: what a PIN becomes, and the keys that it opens. */
static void note_token(struct sg_bytes pin)
{
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_secret *auth = NULL, *token_key = NULL;
	struct sg_token_record record = { 0 };
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_sealer *sealer;

	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_read_record(token, &record), SG_OK);
	ck_assert_int_eq(sg_argon2id(pin, sg_bytes(record.copy[SG_SEAL_USER].salt, SG_ARGON2_SALT),
	                             record.copy[SG_SEAL_USER].cost, SG_SEAL_AUTH, &auth), SG_OK);
	note("what the TPM is told", sg_secret_bytes(auth));
	sg_token_opening_lock(token);
	ck_assert_int_eq(sg_token_sealer(token, record.sealer, &sealer), SG_OK);
	ck_assert_int_eq(sg_token_unseal_pin(token, sealer, &record, SG_SEAL_USER, pin, &token_key),
	                 SG_OK);
	sg_token_opening_unlock(token);
	note("the token key", sg_secret_bytes(token_key));
	ck_assert_int_eq(sg_token_derive(token_key, record.uuid, keys), SG_OK);
	/* The public half is open as long as the module is initialised. */
	note(VICTIM_PUBLIC, sg_secret_bytes(keys[SG_PUBLIC_HALF]->record));
	note(VICTIM_PUBLIC, sg_secret_bytes(keys[SG_PUBLIC_HALF]->mac));
	note("a key of records", sg_secret_bytes(keys[SG_PRIVATE_HALF]->record));
	note("a key of codes", sg_secret_bytes(keys[SG_PRIVATE_HALF]->mac));
}

/* The seed, and what Ed25519 makes of it [RFC 8032 §5.1.5]. */
static void note_seed(void)
{
	uint8_t seed[32], expanded[64];
	struct sg_secret *key = NULL;

	unveil(veiled_seed, seed, sizeof seed);
	note("the seed", sg_bytes(seed, sizeof seed));
	crypto_hash_sha512(expanded, seed, sizeof seed);
	expanded[0] &= 248;
	expanded[31] &= 127;
	expanded[31] |= 64;
	note("the expanded seed", sg_bytes(expanded, sizeof expanded));
	ck_assert_int_eq(sg_ed25519_from_seed(sg_bytes(seed, sizeof seed), &key), SG_OK);
	memcpy(known->public_key, sg_ed25519_public(key).data, sizeof known->public_key);
}

static void learn(void *arg)
{
	uint8_t root[32], pin[sizeof veiled_pin];

	(void)arg;
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	note_seed();
	unveil(veiled_root, root, sizeof root);
	note("the root", sg_bytes(root, sizeof root));
	unveil(veiled_pin, pin, sizeof pin);
	note("the PIN", sg_bytes(pin, sizeof pin));
	note_token(sg_bytes(pin, sizeof pin));
}

void victim_setup(void)
{
	p11_setup();
	ck_assert_uint_eq(C_GetFunctionList(&p11), CKR_OK);
	test_tpm_start(&victim_tpm);
	p11_configure_tpm(victim_tpm.tcti);
	known = mmap(NULL, sizeof *known, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(known != MAP_FAILED);
	p11_in_child(make_token, NULL);
	p11_in_child(learn, NULL);
	victim_needles = known->needles;
	victim_needle_count = known->n;
	ck_assert_uint_ge(victim_needle_count, 20);
}

void victim_teardown(void)
{
	free(canary);
	test_tpm_stop(&victim_tpm);
	munmap(known, sizeof *known);
	p11_teardown();
}

CK_RV victim_login(void)
{
	p11_start();
	session = p11_open(0);
	return with_pin(login, session);
}

static CK_OBJECT_HANDLE find(CK_OBJECT_CLASS class)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, class);
	ck_assert_uint_eq(p11_find(session, &t, &key, 1), 1);
	return key;
}

static void plant_canary(void)
{
	free(canary);
	canary = malloc(NEEDLE);
	ck_assert_ptr_nonnull(canary);
	unveil(victim_canary, canary, NEEDLE);
}

void victim_open(void)
{
	plant_canary();
	p11_start();
	session = p11_open(0);
	ck_assert_uint_eq(p11_count(session), 0);       /* nothing is public */
}

void victim_begin(void)
{
	uint8_t iv[12] = { 0 }, out[32], signature[64];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof out;
	CK_OBJECT_HANDLE key;

	plant_canary();
	p11_ok(victim_login());
	key = find(CKO_PRIVATE_KEY);
	p11_ok(p11_sign(session, key, "a message", signature));
	p11_ok(p11->C_EncryptInit(session, &gcm, find(CKO_SECRET_KEY)));
	p11_ok(p11->C_Encrypt(session, (CK_BYTE *)"sixteen bytes ab", 16, out, &len));
	p11_ok(p11->C_SignInit(session, &p11_eddsa, key));
}

bool victim_sign(void)
{
	uint8_t signature[64];
	CK_ULONG len = sizeof signature;

	return p11->C_Sign(session, (CK_BYTE *)"a message", 9, signature, &len) == CKR_OK &&
	       sg_ed25519_verify(sg_bytes(known->public_key, sizeof known->public_key),
	                         sg_bytes_str("a message"), sg_bytes(signature, len)) == SG_OK;
}

void victim_logout(void)
{
	p11_ok(p11->C_Logout(session));
}

void victim_end(void)
{
	victim_logout();
	p11_ok(p11->C_Finalize(NULL));
}

CK_RV victim_login_again(void)
{
	CK_SESSION_HANDLE s;
	CK_RV rv = p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &s);

	return rv == CKR_OK ? with_pin(login, s) : rv;
}

static const char *next_pin;

static CK_RV change_pin(CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len)
{
	return p11->C_SetPIN(s, pin, len, (CK_BYTE *)next_pin, strlen(next_pin));
}

CK_RV victim_change_pin(const char *pin)
{
	next_pin = pin;
	return with_pin(change_pin, p11_open(CKF_RW_SESSION));
}

static CK_RV keep_pin(CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len)
{
	return p11->C_SetPIN(s, pin, len - 1, pin, len);
}

void victim_chat(void)
{
	p11_start();
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_USER, "a wrong one", CKR_PIN_INCORRECT);
	p11_is(CKR_PIN_INCORRECT, with_pin(keep_pin, session));
	p11_ok(with_pin(login, session));
	p11_is(CKR_USER_ALREADY_LOGGED_IN, with_pin(login, session));
	ck_assert_uint_ne(import(session, veiled_root, CKO_SECRET_KEY, CKK_EC, 32), CKR_OK);
	ck_assert_uint_ne(import(session, veiled_root, CKO_SECRET_KEY, CKK_AES, 31), CKR_OK);
	ck_assert_uint_ne(import(session, veiled_seed, CKO_PRIVATE_KEY, CKK_EC_EDWARDS, 31), CKR_OK);
	p11_ok(import(session, veiled_seed, CKO_PRIVATE_KEY, CKK_EC_EDWARDS, 32));
	victim_end();
}

static void refuse(const int *calls, unsigned n)
{
	const struct sock_filter load = BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                         offsetof(struct seccomp_data, nr));
	struct sock_filter code[8] = { load };
	struct sock_fprog program = { (unsigned short)(n + 3), code };

	for (unsigned i = 0; i < n; i++)
		code[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		                                           (unsigned)calls[i], (uint8_t)(n - i), 0);
	code[1 + n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[2 + n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

void victim_without_memfd_secret(void)
{
	const int calls[] = { SYS_memfd_secret };

	refuse(calls, 1);
}

void victim_without_locks(void)
{
	const int calls[] = { SYS_memfd_secret, SYS_mlock, SYS_mlock2 };

	refuse(calls, 3);
}

bool victim_has_memfd_secret(void)
{
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* An address that is nowhere can't be locked. */
bool victim_has_mlock(void)
{
	return mlock(NULL, 1) != 0;
}
