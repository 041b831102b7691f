/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Where secrets go when the whole module runs: over the TPM's bus, and into
 * the memory of the program. The bytes looked for are known, and stand veiled in
 * this program, so that it finds no copy of its own.
 */
#include <string.h>

#include "lib/memory.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/tpm.h"

#define PIN "a long and memorable PIN"

static struct test_tpm tpm;

/* A seed and a root, veiled. */
static const uint8_t veiled_seed[32] = {
	0x11, 0x7c, 0x93, 0x5e, 0xd8, 0x20, 0xb7, 0x6a, 0x4d, 0xf3, 0x09, 0xc1, 0x82, 0x3b, 0xee, 0x57,
	0x68, 0xa4, 0x1f, 0xdb, 0x70, 0x35, 0xc9, 0x8e, 0x02, 0xb6, 0x5b, 0xf1, 0x94, 0x2d, 0xea, 0x43,
};
static const uint8_t veiled_root[32] = {
	0xe4, 0x39, 0x8b, 0x16, 0x5f, 0xc2, 0x7d, 0xa0, 0x33, 0x98, 0xef, 0x44, 0x0b, 0xd6, 0x71, 0xbc,
	0x2a, 0x85, 0xfe, 0x13, 0x67, 0xc8, 0x9d, 0x50, 0xb1, 0x0c, 0x72, 0xed, 0x26, 0x9f, 0x4a, 0xd3,
};

/* Key material of the mechanisms below. */
static const uint8_t veiled_key[32] = {
	0x5c, 0x07, 0xd1, 0x3e, 0x86, 0xb9, 0x42, 0xf5, 0x1a, 0xc8, 0x63, 0x9d, 0x70, 0x2f, 0xe8, 0x94,
	0xb5, 0x4b, 0x0e, 0xd7, 0x29, 0x8c, 0xf6, 0x31, 0xca, 0x65, 0x90, 0x1d, 0xaf, 0x52, 0x3b, 0x78,
};

/* The volatile keeps the compiler from doing this once and for all, into the program. */
static void unveil(const volatile uint8_t *veiled, uint8_t out[32])
{
	for (int i = 0; i < 32; i++)
		out[i] = veiled[i] ^ TEST_VEIL;
}

static void setup(void)
{
	p11_setup();
	test_tpm_start_wired(&tpm, NULL);
	p11_configure_tpm(tpm.tcti);
}

static void teardown(void)
{
	test_tpm_stop(&tpm);
	p11_teardown();
}

/* A PIN token with the known seed and the known root, each sealed on its own. */
static void make_token(void)
{
	struct p11_template seed = { .n = 0 }, root = { .n = 0 };
	unsigned char label[32];
	CK_OBJECT_HANDLE object;
	CK_SESSION_HANDLE s;
	uint8_t bytes[32];

	memset(label, ' ', sizeof label);
	memcpy(label, "secrets", 7);
	p11_ok(p11->C_Initialize(NULL));
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(p11->C_InitPIN(s, (CK_BYTE *)PIN, strlen(PIN)));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, PIN, CKR_OK);

	unveil(veiled_seed, bytes);
	p11_ulong(&seed, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&seed, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&seed, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&seed, CKA_VALUE, bytes, sizeof bytes);
	p11_bool(&seed, CKA_TOKEN, true);
	p11_bool(&seed, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_CreateObject(s, seed.attr, seed.n, &object));

	unveil(veiled_root, bytes);
	p11_ulong(&root, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&root, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(&root, CKA_VALUE, bytes, sizeof bytes);
	p11_bool(&root, CKA_TOKEN, true);
	p11_bool(&root, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_CreateObject(s, root.attr, root.n, &object));
	explicit_bzero(bytes, sizeof bytes);
	p11_ok(p11->C_Finalize(NULL));
}

/* In a module started anew: log in, sign with the seed, encrypt with the root. */
static void use_token(void)
{
	uint8_t iv[12] = { 0 }, out[32], signature[64];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_OBJECT_CLASS class[] = { CKO_PRIVATE_KEY, CKO_SECRET_KEY };
	CK_OBJECT_HANDLE key[2];
	CK_ULONG len = sizeof out;
	CK_SESSION_HANDLE s;

	p11_ok(p11->C_Initialize(NULL));
	s = p11_open(0);
	p11_login(s, CKU_USER, PIN, CKR_OK);
	for (int i = 0; i < 2; i++) {
		struct p11_template t = { .n = 0 };

		p11_ulong(&t, CKA_CLASS, class[i]);
		ck_assert_uint_eq(p11_find(s, &t, &key[i], 1), 1);
	}
	p11_ok(p11_sign(s, key[0], "a message", signature));
	p11_ok(p11->C_EncryptInit(s, &gcm, key[1]));
	p11_ok(p11->C_Encrypt(s, (CK_BYTE *)"sixteen bytes ab", 16, out, &len));
}

START_TEST(neither_seed_nor_root_nor_pin_crosses_the_bus)
{
	const uint8_t srk[] = { 0x81, 0x00, 0x00, 0x01 };
	uint8_t seed[32], root[32];

	make_token();
	use_token();
	p11_ok(p11->C_Finalize(NULL));
	unveil(veiled_seed, seed);
	unveil(veiled_root, root);
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(seed, sizeof seed)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(seed, 16)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(root, sizeof root)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(root, 16)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes_str(PIN)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes_str(P11_SO_PIN)));
	/* What has to be there is found: the search works. */
	ck_assert(test_tpm_seen(&tpm, sg_bytes(srk, sizeof srk)));
}
END_TEST

START_TEST(no_copy_of_seed_or_root_is_left_in_memory)
{
	static uint8_t planted[32];

	make_token();
	use_token();
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_eq(test_memory_find(veiled_seed, sizeof veiled_seed), 0);
	ck_assert_uint_eq(test_memory_find(veiled_root, sizeof veiled_root), 0);
	unveil(veiled_root, planted);
	ck_assert_uint_eq(test_memory_find(veiled_root, sizeof veiled_root), 1);
}
END_TEST

START_TEST(no_copy_of_a_seed_lies_outside_guarded_memory_while_it_is_used)
{
	make_token();
	use_token();
	/* Guarded memory can be read here only where the kernel has no memfd_secret. */
	ck_assert_uint_le(test_memory_find(veiled_seed, sizeof veiled_seed), 1);
	ck_assert_uint_le(test_memory_find(veiled_root, sizeof veiled_root), 1);
	p11_ok(p11->C_Finalize(NULL));
}
END_TEST

/* Import the key as a secret or a private key that may do everything that its type can. */
static CK_OBJECT_HANDLE import_key(CK_SESSION_HANDLE s, CK_KEY_TYPE type)
{
	static const uint8_t x25519_oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x6e };
	const bool secret = type != CKK_EC_EDWARDS && type != CKK_EC_MONTGOMERY;
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key = 0;
	uint8_t bytes[32];

	unveil(veiled_key, bytes);
	p11_ulong(&t, CKA_CLASS, secret ? CKO_SECRET_KEY : CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_bytes(&t, CKA_VALUE, bytes, sizeof bytes);
	if (!secret)
		p11_bytes(&t, CKA_EC_PARAMS,
		          type == CKK_EC_EDWARDS ? p11_ed25519_oid : x25519_oid, 5);
	p11_bool(&t, CKA_DERIVE, true);
	p11_bool(&t, CKA_SIGN, type != CKK_EC_MONTGOMERY);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	if (type == CKK_AES) {
		p11_bool(&t, CKA_WRAP, true);
		p11_bool(&t, CKA_ENCRYPT, true);
		p11_bool(&t, CKA_DECRYPT, true);
	}
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	explicit_bzero(bytes, sizeof bytes);
	return key;
}

/* Begin in parts, and leave open, or make whole. */
static void sign_with(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key, bool open)
{
	CK_BYTE text[50] = "a message that is longer than a block of a cipher", out[64];
	CK_ULONG len = sizeof out;

	p11_ok(p11->C_SignInit(s, m, key));
	if (open)
		p11_ok(p11->C_SignUpdate(s, text, sizeof text));
	else
		p11_ok(p11->C_Sign(s, text, sizeof text, out, &len));
}

static void encrypt_with(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key, bool open)
{
	CK_BYTE text[48] = { 0 }, out[64];
	CK_ULONG len = sizeof out;

	p11_ok(p11->C_EncryptInit(s, m, key));
	if (open)
		p11_ok(p11->C_EncryptUpdate(s, text, sizeof text - 5, out, &len));
	else
		p11_ok(p11->C_Encrypt(s, text, sizeof text, out, &len));
}

static void derive_with(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_ok(p11->C_DeriveKey(s, m, base, t.attr, t.n, &key));
}

/* Use the key by every mechanism that has code of its own, whole, and where parts are
 * taken also with an operation that stays open in a session of its own. */
static void use_mechanisms(bool open)
{
	CK_BYTE iv[16] = { 0 }, point[32] = { 9 }, out[128];
	CK_AES_CTR_PARAMS ctr = { .ulCounterBits = 64 };
	CK_EDDSA_PARAMS ph = { .phFlag = CK_TRUE };
	CK_HKDF_PARAMS hkdf = { .bExtract = CK_TRUE, .bExpand = CK_TRUE,
	                        .prfHashMechanism = CKM_SHA384,
	                        .ulSaltType = CKF_HKDF_SALT_NULL };
	CK_ECDH1_DERIVE_PARAMS ecdh = { .kdf = CKD_SHA256_KDF, .pPublicData = point,
	                                .ulPublicDataLen = sizeof point };
	CK_MECHANISM signs[] = {
		{ CKM_SHA256_HMAC, NULL, 0 }, { CKM_SHA384_HMAC, NULL, 0 },
		{ CKM_SHA512_HMAC, NULL, 0 }, { CKM_AES_CMAC, NULL, 0 },
		{ CKM_EDDSA, &ph, sizeof ph },
	};
	const CK_KEY_TYPE sign_types[] = { CKK_SHA256_HMAC, CKK_SHA384_HMAC, CKK_SHA512_HMAC,
	                                   CKK_AES, CKK_EC_EDWARDS };
	CK_MECHANISM encrypts[] = {
		{ CKM_AES_CBC, iv, sizeof iv }, { CKM_AES_CBC_PAD, iv, sizeof iv },
		{ CKM_AES_CTR, &ctr, sizeof ctr },
	};
	CK_MECHANISM by_hkdf = { CKM_HKDF_DERIVE, &hkdf, sizeof hkdf };
	CK_MECHANISM by_ecdh = { CKM_ECDH1_DERIVE, &ecdh, sizeof ecdh };
	CK_SESSION_HANDLE s = p11_open(CKF_RW_SESSION);
	CK_OBJECT_HANDLE aes = import_key(s, CKK_AES), seed = import_key(s, CKK_EC_EDWARDS);

	for (int i = 0; i < 5; i++)
		sign_with(p11_open(0), &signs[i], import_key(s, sign_types[i]), open);
	for (int i = 0; i < 3; i++)
		encrypt_with(p11_open(0), &encrypts[i], aes, open);
	derive_with(s, &by_hkdf, seed);
	derive_with(s, &by_hkdf, import_key(s, CKK_HKDF));
	derive_with(s, &by_ecdh, import_key(s, CKK_EC_MONTGOMERY));
	p11_ok(p11->C_WrapKey(s, &p11_kwp, aes, seed, out, &(CK_ULONG){ sizeof out }));
}

/* All keys are session objects: with the last session they go, and their operations. */
static void require_no_key_is_left(bool open)
{
	p11_make_machine();
	p11_start();
	use_mechanisms(open);
	p11_ok(p11->C_CloseAllSessions(0));
	ck_assert_uint_eq(test_memory_find(veiled_key, sizeof veiled_key), 0);
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_eq(test_memory_find(veiled_key, sizeof veiled_key), 0);
}

START_TEST(no_copy_of_a_key_is_left_by_any_mechanism)
{
	static uint8_t planted[32];

	require_no_key_is_left(_i != 0);
	unveil(veiled_key, planted);
	ck_assert_uint_eq(test_memory_find(veiled_key, sizeof veiled_key), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("secrets");
	TCase *t = tcase_create("secrets");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, neither_seed_nor_root_nor_pin_crosses_the_bus);
	tcase_add_test(t, no_copy_of_seed_or_root_is_left_in_memory);
	tcase_add_test(t, no_copy_of_a_seed_lies_outside_guarded_memory_while_it_is_used);
	tcase_add_loop_test(t, no_copy_of_a_key_is_left_by_any_mechanism, 0, 2);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
