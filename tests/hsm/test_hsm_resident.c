/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that live in an HSM, through the module: each kind is born there, OpenSSL agrees with
 * what it does, and whatever goes wrong in the HSM is an error and no wrong answer.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/token.h"
#include "crypto/p256.h"
#include "lib/faulty.h"
#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

/* SoftHSM 2.6.1 forgets the name of an Ed25519 key's curve whenever it makes or reads one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto.so";
}

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;

static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_MECHANISM ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 };
static CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
static const uint8_t p256_oid[] = { SG_P256_OID };

static void set_up(void)
{
	char lines[1024];

	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	p11_setup();
	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", hsm.uri);
	p11_configure(lines);
	s = p11_machine();
}

static void tear_down(void)
{
	p11_teardown();
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

/* How a key is made, and what it is for. */
struct kind {
	CK_MECHANISM *by;
	struct sg_bytes curve;          /* of a pair */
	CK_ATTRIBUTE_TYPE uses[2];
};

static CK_MECHANISM ec_gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
static CK_MECHANISM generic_gen = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };

static const struct kind ed25519 = {
	&p11_pair_gen, { p11_ed25519_oid, 5 }, { CKA_SIGN, CKA_SIGN },
};
static const struct kind p256 = {
	&ec_gen, { p256_oid, sizeof p256_oid }, { CKA_SIGN, CKA_DERIVE },
};
static const struct kind mac = { &generic_gen, { NULL, 0 }, { CKA_SIGN, CKA_VERIFY } };
static const struct kind cipher = { &p11_aes_gen, { NULL, 0 }, { CKA_ENCRYPT, CKA_DECRYPT } };
static const struct kind wrapper = { &p11_aes_gen, { NULL, 0 }, { CKA_WRAP, CKA_UNWRAP } };
static const struct kind *const kinds[] = { &ed25519, &p256, &mac, &cipher, &wrapper };

#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

/* Fill in the template of a key that stays in the HSM. */
static void fill(struct p11_template *t, const struct kind *kind)
{
	p11_bool(t, CKA_TOKEN, true);
	p11_bool(t, CKA_SIGNET_RESIDENT, true);
	p11_text(t, CKA_LABEL, "kept");
	p11_bool(t, kind->uses[0], true);
	if (kind->uses[1] != kind->uses[0])
		p11_bool(t, kind->uses[1], true);
}

static CK_RV make(const struct kind *kind)
{
	struct p11_template public_t = { .n = 0 }, private_t = { .n = 0 };

	fill(&private_t, kind);
	if (kind->curve.len == 0) {
		p11_ulong(&private_t, CKA_VALUE_LEN, 32);
		if (kind == &wrapper) {
			p11_bool(&private_t, CKA_ENCRYPT, false);
			p11_bool(&private_t, CKA_DECRYPT, false);
		}
		return p11->C_GenerateKey(s, kind->by, private_t.attr, private_t.n, &priv);
	}
	p11_bool(&public_t, CKA_TOKEN, true);
	p11_bytes(&public_t, CKA_EC_PARAMS, kind->curve.data, kind->curve.len);
	p11_text(&public_t, CKA_LABEL, "kept");
	return p11->C_GenerateKeyPair(s, kind->by, public_t.attr, public_t.n, private_t.attr,
	                              private_t.n, &pub, &priv);
}

static CK_RV sign(CK_MECHANISM *mechanism, struct sg_bytes data, CK_BYTE *out, CK_ULONG len)
{
	CK_RV rv = p11->C_SignInit(s, mechanism, priv);

	if (rv == CKR_OK)
		rv = p11->C_Sign(s, (CK_BYTE *)data.data, data.len, out, &len);
	return rv;
}

static uint8_t iv[12] = "an iv of 96";

static CK_RV gcm_crypt(bool encrypt, struct sg_bytes in, uint8_t *out, CK_ULONG *len)
{
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = sizeof iv, .ulIvBits = 96,
	                         .pAAD = (CK_BYTE *)"aad", .ulAADLen = 3, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_RV rv = encrypt ? p11->C_EncryptInit(s, &gcm, priv) : p11->C_DecryptInit(s, &gcm, priv);

	if (rv != CKR_OK)
		return rv;
	return encrypt ? p11->C_Encrypt(s, (CK_BYTE *)in.data, in.len, out, len)
	               : p11->C_Decrypt(s, (CK_BYTE *)in.data, in.len, out, len);
}

static CK_RV wrap_some(uint8_t *out, CK_ULONG *len)
{
	CK_OBJECT_HANDLE key = p11_import_aes(s, repeat('k', 32));
	CK_RV rv = p11->C_WrapKey(s, &p11_kwp, priv, key, out, len);

	p11_ok(p11->C_DestroyObject(s, key));
	return rv;
}

/* Do what the key is for, whatever comes of it. */
static CK_RV use(const struct kind *kind)
{
	uint8_t out[128];
	CK_ULONG len = sizeof out;

	if (kind == &ed25519)
		return sign(&p11_eddsa, sg_bytes_str("a message"), out, 64);
	if (kind == &p256)
		return sign(&ecdsa_sha256, sg_bytes_str("a message"), out, 64);
	if (kind == &mac)
		return sign(&hmac, sg_bytes_str("a message"), out, 32);
	return kind == &cipher ? gcm_crypt(true, sg_bytes_str("a message"), out, &len)
	                       : wrap_some(out, &len);
}

/* Let OpenSSL read the public key and verify the signature of a message. */
static bool openssl_verifies(const char *digest, struct sg_bytes message, struct sg_bytes signature)
{
	uint8_t info[256];
	CK_ULONG len = sizeof info;
	const uint8_t *at = info;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *read;
	int result;

	p11_ok(p11_get(s, pub, CKA_PUBLIC_KEY_INFO, info, &len));
	read = d2i_PUBKEY(NULL, &at, (long)len);
	ck_assert_ptr_nonnull(read);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, read, NULL), 1);
	result = EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(read);
	return result == 1;
}

START_TEST(openssl_verifies_what_an_ed25519_key_of_the_hsm_signs)
{
	uint8_t signature[64];

	p11_ok(make(&ed25519));
	test_faulty_forget(&hsm);
	p11_ok(sign(&p11_eddsa, sg_bytes_str("a message"), signature, 64));
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Sign"), 1);
	ck_assert(openssl_verifies(NULL, sg_bytes_str("a message"), sg_bytes(signature, 64)));
	ck_assert(!openssl_verifies(NULL, sg_bytes_str("another"), sg_bytes(signature, 64)));
	p11_ok(p11_verify(s, pub, "a message", signature));
}
END_TEST

START_TEST(a_message_for_the_hsm_may_come_in_parts)
{
	uint8_t signature[64];
	CK_ULONG len = 64;

	p11_ok(make(&ed25519));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)"a mes", 5));
	p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)"sage", 4));
	p11_ok(p11->C_SignFinal(s, signature, &len));
	ck_assert(openssl_verifies(NULL, sg_bytes_str("a message"), sg_bytes(signature, 64)));
	p11_is(CKR_DATA_LEN_RANGE, sign(&p11_eddsa, repeat('x', 65537), signature, 64));
	p11_ok(sign(&p11_eddsa, repeat('x', 65536), signature, 64));
}
END_TEST

/* SoftHSM would take the parameter and sign as without it. */
START_TEST(an_ed25519_key_of_the_hsm_signs_nothing_but_pure)
{
	CK_EDDSA_PARAMS params = { .phFlag = CK_TRUE };
	CK_MECHANISM ph = { CKM_EDDSA, &params, sizeof params };

	p11_ok(make(&ed25519));
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &ph, priv));
	p11_ok(use(&ed25519));
}
END_TEST

START_TEST(openssl_verifies_what_a_p256_key_of_the_hsm_signs)
{
	uint8_t signature[64], der[SG_P256_DER_MAX];
	size_t len;

	p11_ok(make(&p256));
	p11_ok(sign(&ecdsa_sha256, sg_bytes_str("a message"), signature, 64));
	len = sg_p256_to_der(signature, der);
	ck_assert(openssl_verifies("SHA256", sg_bytes_str("a message"), sg_bytes(der, len)));
	p11_ok(sign(&ecdsa, repeat(7, 32), signature, 64));
}
END_TEST

START_TEST(openssl_agrees_with_the_hsm_on_a_secret)
{
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL };
	CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof params };
	uint8_t info[256], peer[80], want[32], have[32];
	CK_ULONG len = sizeof info, have_len = sizeof have;
	EVP_PKEY *own = EVP_EC_gen("P-256"), *other;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t peer_len, want_len = sizeof want;
	const uint8_t *at = info;
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ok(make(&p256));
	p11_ok(p11_get(s, pub, CKA_PUBLIC_KEY_INFO, info, &len));
	other = d2i_PUBKEY(NULL, &at, (long)len);
	ck_assert_int_eq(EVP_PKEY_derive_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_derive_set_peer(ctx, other), 1);
	ck_assert_int_eq(EVP_PKEY_derive(ctx, want, &want_len), 1);
	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_PUB_KEY, peer,
	                                                 sizeof peer, &peer_len), 1);
	params.pPublicData = peer;
	params.ulPublicDataLen = peer_len;
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_ok(p11->C_DeriveKey(s, &ecdh, priv, t.attr, t.n, &key));
	p11_ok(p11_get(s, key, CKA_VALUE, have, &have_len));
	assert_bytes(sg_bytes(have, have_len), sg_bytes(want, want_len));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(an_hmac_key_of_the_hsm_signs_and_verifies)
{
	uint8_t code[32], other[32];

	p11_ok(make(&mac));
	p11_ok(sign(&hmac, sg_bytes_str("data"), code, 32));
	p11_ok(sign(&hmac, sg_bytes_str("date"), other, 32));
	ck_assert_mem_ne(code, other, 32);
	p11_ok(p11->C_VerifyInit(s, &hmac, priv));
	p11_ok(p11->C_Verify(s, (CK_BYTE *)"data", 4, code, 32));
	p11_ok(p11->C_VerifyInit(s, &hmac, priv));
	p11_is(CKR_SIGNATURE_INVALID, p11->C_Verify(s, (CK_BYTE *)"data", 4, other, 32));
}
END_TEST

START_TEST(an_aes_key_of_the_hsm_encrypts_and_decrypts)
{
	uint8_t sealed[64], parts[64], opened[64];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = sizeof iv, .ulIvBits = 96,
	                         .pAAD = (CK_BYTE *)"aad", .ulAADLen = 3, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof sealed, opened_len = sizeof opened, n = sizeof parts;

	p11_ok(make(&cipher));
	p11_ok(gcm_crypt(true, sg_bytes_str("a message"), sealed, &len));
	ck_assert_uint_eq(len, 9 + 16);
	p11_ok(gcm_crypt(false, sg_bytes(sealed, len), opened, &opened_len));
	assert_bytes(sg_bytes(opened, opened_len), sg_bytes_str("a message"));
	p11_ok(p11->C_EncryptInit(s, &gcm, priv));
	p11_ok(p11->C_EncryptUpdate(s, (CK_BYTE *)"a mes", 5, parts, &n));
	ck_assert_uint_eq(n, 0);
	n = sizeof parts;
	p11_ok(p11->C_EncryptUpdate(s, (CK_BYTE *)"sage", 4, parts, &n));
	n = sizeof parts;
	p11_ok(p11->C_EncryptFinal(s, parts, &n));
	assert_bytes(sg_bytes(parts, n), sg_bytes(sealed, len));
	sealed[0] ^= 1;
	opened_len = sizeof opened;
	p11_is(CKR_ENCRYPTED_DATA_INVALID,
	       gcm_crypt(false, sg_bytes(sealed, len), opened, &opened_len));
	opened_len = sizeof opened;
	p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE,
	       gcm_crypt(false, sg_bytes(sealed, 15), opened, &opened_len));
}
END_TEST

START_TEST(an_aes_key_of_the_hsm_wraps_and_unwraps)
{
	uint8_t wrapped[64], value[32];
	CK_ULONG len = sizeof wrapped, value_len = sizeof value;
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ok(make(&wrapper));
	p11_ok(wrap_some(wrapped, &len));
	ck_assert_uint_eq(len, 40);
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_ok(p11->C_UnwrapKey(s, &p11_kwp, priv, wrapped, len, t.attr, t.n, &key));
	p11_ok(p11_get(s, key, CKA_VALUE, value, &value_len));
	assert_bytes(sg_bytes(value, value_len), repeat('k', 32));
	wrapped[3] ^= 1;
	p11_is(CKR_WRAPPED_KEY_INVALID,
	       p11->C_UnwrapKey(s, &p11_kwp, priv, wrapped, len, t.attr, t.n, &key));
	p11_is(CKR_WRAPPED_KEY_LEN_RANGE,
	       p11->C_UnwrapKey(s, &p11_kwp, priv, wrapped, 15, t.attr, t.n, &key));
	p11_is(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
	       p11->C_UnwrapKey(s, &p11_kw, priv, wrapped, len, t.attr, t.n, &key));
}
END_TEST

START_TEST(a_key_of_the_hsm_says_so_and_stays)
{
	CK_OBJECT_HANDLE key = p11_import_aes(s, repeat('k', 32)), copy;
	CK_BYTE out[256];
	CK_ULONG len = sizeof out;
	struct p11_template t = { .n = 0 };

	p11_ok(make(kinds[_i]));
	ck_assert(p11_get_bool(s, priv, CKA_SIGNET_RESIDENT));
	ck_assert(p11_get_bool(s, priv, CKA_SENSITIVE));
	ck_assert(p11_get_bool(s, priv, CKA_NEVER_EXTRACTABLE));
	ck_assert(p11_get_bool(s, priv, CKA_LOCAL));
	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, priv, CKA_VALUE, out, &len));
	len = sizeof out;
	p11_is(kinds[_i] == &p256 ? CKR_KEY_NOT_WRAPPABLE : CKR_KEY_UNEXTRACTABLE,
	       p11->C_WrapKey(s, &p11_kwp, key, priv, out, &len));
	p11_is(CKR_ACTION_PROHIBITED, p11->C_CopyObject(s, priv, t.attr, t.n, &copy));
}
END_TEST

/* Look at the attributes that the HSM gave a key; the one that seals has the same. */
static void check_closed(struct test_hsm *in, void *arg)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE kept[] = {
		{ CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 }, { CKA_PRIVATE, &yes, 1 }, { CKA_TOKEN, &yes, 1 },
	};
	CK_OBJECT_HANDLE found[3];
	CK_ULONG n;

	(void)arg;
	p11_ok(in->f->C_FindObjectsInit(in->session, kept, 4));
	p11_ok(in->f->C_FindObjects(in->session, found, 3, &n));
	p11_ok(in->f->C_FindObjectsFinal(in->session));
	ck_assert_uint_eq(n, 2);
}

START_TEST(the_hsm_does_not_let_a_key_out_either)
{
	p11_ok(make(kinds[_i]));
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, check_closed, NULL);
}
END_TEST

START_TEST(a_key_survives_a_restart_of_the_hsm)
{
	p11_ok(make(kinds[_i]));
	test_faulty_restart(&hsm);
	p11_ok(use(kinds[_i]));
}
END_TEST

static CK_OBJECT_CLASS class_of(const struct kind *kind)
{
	return kind->curve.len > 0 ? CKO_PRIVATE_KEY : CKO_SECRET_KEY;
}

static void use_again(void *arg)
{
	const struct kind *kind = arg;

	p11_ok(p11->C_Initialize(NULL));
	s = p11_open(CKF_RW_SESSION);
	priv = p11_find_label(s, class_of(kind), "kept");
	p11_ok(use(kind));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(another_process_uses_the_key)
{
	p11_ok(make(kinds[_i]));
	p11_ok(p11->C_Finalize(NULL));
	p11_in_child(use_again, (void *)kinds[_i]);
}
END_TEST

static void count_kept(struct test_hsm *in, void *arg)
{
	ck_assert_uint_eq(test_hsm_kept(in, NULL, 0), *(CK_ULONG *)arg);
}

/* Check how many objects of keys there are in the HSM. */
static void keeps(CK_ULONG n)
{
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, count_kept, &n);
}

START_TEST(a_key_that_is_destroyed_is_gone_from_the_hsm)
{
	p11_ok(make(kinds[_i]));
	keeps(kinds[_i]->curve.len > 0 ? 2 : 1);
	p11_ok(p11->C_DestroyObject(s, priv));
	keeps(0);
	ck_assert_uint_ne(use(kinds[_i]), CKR_OK);
	ck_assert_uint_eq(p11_count(s), kinds[_i]->curve.len > 0 ? 1 : 0);
}
END_TEST

START_TEST(what_the_hsm_does_not_destroy_stays)
{
	p11_ok(make(&ed25519));
	test_faulty_fail(&hsm, "C_DestroyObject", 1, TEST_FOREVER, CKR_DEVICE_ERROR);
	p11_is(CKR_DEVICE_ERROR, p11->C_DestroyObject(s, priv));
	test_faulty_fail(&hsm, "C_DestroyObject", 1, 0, CKR_OK);
	p11_ok(use(&ed25519));
	p11_ok(p11->C_DestroyObject(s, priv));
	keeps(0);
}
END_TEST

START_TEST(an_answer_that_was_lost_does_not_keep_the_object)
{
	p11_ok(make(&ed25519));
	test_faulty_lose(&hsm, "C_DestroyObject", 2, 1, CKR_DEVICE_ERROR);
	p11_ok(p11->C_DestroyObject(s, priv));
	keeps(0);
}
END_TEST

/* Let a process do something and die on the way. */
static void die_in(void (*fn)(void))
{
	int status;
	pid_t pid;

	p11_ok(p11->C_Finalize(NULL));
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		p11_ok(p11->C_Initialize(NULL));
		s = p11_open(CKF_RW_SESSION);
		fn();
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	p11_ok(p11->C_Initialize(NULL));
	s = p11_open(CKF_RW_SESSION);
}

static void make_one(void)
{
	(void)make(&ed25519);
}

static void destroy_found(void)
{
	(void)p11->C_DestroyObject(s, p11_find_label(s, CKO_PRIVATE_KEY, "kept"));
}

/* Whenever it happens, the row names what is left in the HSM. */
START_TEST(who_dies_while_a_key_is_destroyed_leaves_no_key_without_an_object)
{
	p11_ok(make(&ed25519));
	test_faulty_at(&hsm, "C_DestroyObject", (uint64_t)_i / 2 + 1,
	               _i % 2 == 0 ? FAULTY_KILLED : FAULTY_KILLED_AFTER);
	die_in(destroy_found);
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "kept");
	p11_ok(p11->C_DestroyObject(s, priv));
	keeps(0);
}
END_TEST

static void destroy_kept(struct test_hsm *in, void *arg)
{
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = test_hsm_kept(in, found, 8);

	(void)arg;
	ck_assert_uint_gt(n, 0);
	while (n > 0)
		p11_ok(in->f->C_DestroyObject(in->session, found[--n]));
}

START_TEST(a_key_that_was_deleted_in_the_hsm_is_an_error_that_says_so)
{
	p11_ok(make(kinds[_i]));
	p11_ok(use(kinds[_i]));
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, destroy_kept, NULL);
	p11_is(CKR_SIGNET_HSM_KEY, use(kinds[_i]));
	p11_is(CKR_SIGNET_HSM_KEY, use(kinds[_i]));
	p11_ok(p11->C_DestroyObject(s, priv));
	p11_ok(make(kinds[_i]));
	p11_ok(use(kinds[_i]));
}
END_TEST

static const char *const answers[] = { "C_Sign", "C_Sign", "C_Sign", "C_Encrypt", "C_WrapKey" };
static const uint64_t lengths[] = { 0, 1, 31, 63, 65, 4096 };

START_TEST(an_answer_of_another_length_is_refused)
{
	p11_ok(make(kinds[_i]));
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		test_faulty_lie(&hsm, answers[_i], lengths[i]);
		ck_assert_uint_ne(use(kinds[_i]), CKR_OK);
	}
	test_faulty_honest(&hsm, answers[_i]);
	p11_ok(use(kinds[_i]));
}
END_TEST

START_TEST(a_key_that_does_not_work_is_not_made)
{
	test_faulty_garble(&hsm, answers[_i]);
	ck_assert_uint_eq(make(kinds[_i]) == CKR_OK, kinds[_i] == &mac);
	test_faulty_honest(&hsm, answers[_i]);
	keeps(kinds[_i] == &mac ? 1 : 0);
	ck_assert_uint_eq(p11_count(s), kinds[_i] == &mac ? 1 : 0);
}
END_TEST

START_TEST(a_key_whose_name_the_hsm_does_not_keep_is_not_made)
{
	test_faulty_quirks(&hsm, FAULTY_CUTS_LABELS);
	ck_assert_uint_ne(make(kinds[_i]), CKR_OK);
	keeps(0);
	test_faulty_quirks(&hsm, 0);
	p11_ok(make(kinds[_i]));
}
END_TEST

START_TEST(who_dies_when_a_key_was_made_leaves_one_that_bears_the_tokens_name)
{
	test_faulty_at(&hsm, "C_GenerateKeyPair", 1, FAULTY_KILLED_AFTER);
	die_in(make_one);
	ck_assert_uint_eq(p11_count(s), 0);
	keeps(2);
}
END_TEST

/* The officer makes a token new: its keys go with its objects, and those of another stay. */
START_TEST(a_token_that_is_made_new_keeps_no_keys)
{
	const struct sg_token_plan plan = { .label = sg_bytes_str("asks") };
	CK_SESSION_HANDLE first = s;

	p11_ok(make(&ed25519));
	p11_make(1, &plan);
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(make(&ed25519));
	p11_ok(make(&cipher));
	keeps(5);
	p11_ok(p11->C_CloseSession(s));
	p11_ok(p11->C_InitToken(1, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN),
	                        (CK_BYTE *)"new                             "));
	keeps(2);
	s = first;
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_PRIVATE_KEY, "kept")));
}
END_TEST

START_TEST(a_key_whose_row_can_not_be_written_is_not_left_in_the_hsm)
{
	p11_sql("CREATE TRIGGER no BEFORE INSERT ON object BEGIN SELECT raise(ABORT, 'no'); END");
	ck_assert_uint_ne(make(kinds[_i]), CKR_OK);
	keeps(0);
}
END_TEST

/* The mechanisms that make a kind. */
START_TEST(a_kind_that_the_hsm_has_not_is_refused)
{
	test_faulty_mechanism(&hsm, kinds[_i]->by->mechanism, FAULTY_REFUSED);
	p11_is(CKR_SIGNET_HW_UNSUPPORTED, make(kinds[_i]));
	keeps(0);
	ck_assert_uint_eq(p11_count(s), 0);
}
END_TEST

START_TEST(an_hsm_that_makes_ivs_encrypts_with_none_of_ours)
{
	test_faulty_gcm(&hsm, FAULTY_GCM_AT_END, 0);
	ck_assert_uint_ne(make(&cipher), CKR_OK);
	test_faulty_gcm(&hsm, FAULTY_GCM_APPENDED, 12);
	ck_assert_uint_ne(make(&cipher), CKR_OK);
	keeps(0);
	test_faulty_gcm(&hsm, FAULTY_GCM_CALLER, 0);
	p11_ok(make(&cipher));
	test_faulty_gcm(&hsm, FAULTY_GCM_AT_END, 0);
	p11_is(CKR_SIGNET_HW_UNSUPPORTED, use(&cipher));
}
END_TEST

static const struct { CK_ATTRIBUTE_TYPE type; bool value; } wrong[] = {
	{ CKA_TOKEN, false }, { CKA_EXTRACTABLE, true }, { CKA_SENSITIVE, false },
	{ CKA_SIGNET_SEALED, true }, { CKA_DERIVE, true }, { CKA_SIGN, false },
};

START_TEST(a_template_that_no_key_of_the_hsm_fits_is_refused)
{
	struct p11_template public_t = { .n = 0 }, private_t = { .n = 0 };

	p11_bytes(&public_t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	if (wrong[_i].type != CKA_TOKEN)
		p11_bool(&private_t, CKA_TOKEN, true);
	p11_bool(&private_t, CKA_SIGNET_RESIDENT, true);
	p11_bool(&private_t, wrong[_i].type, wrong[_i].value);
	p11_is(CKR_TEMPLATE_INCONSISTENT,
	       p11->C_GenerateKeyPair(s, &p11_pair_gen, public_t.attr, public_t.n, private_t.attr,
	                              private_t.n, &pub, &priv));
	keeps(0);
}
END_TEST

static const CK_ULONG aes_lengths[] = { 16, 24 };

START_TEST(the_hsm_makes_no_shorter_keys)
{
	struct p11_template t = { .n = 0 };

	fill(&t, &cipher);
	p11_ulong(&t, CKA_VALUE_LEN, aes_lengths[_i]);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID,
	       p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &priv));
}
END_TEST

START_TEST(a_key_that_is_not_told_to_stays_with_the_token)
{
	p11_make_pair(s, "ours", &pub, &priv);
	ck_assert(!p11_get_bool(s, priv, CKA_SIGNET_RESIDENT));
	keeps(0);
	test_faulty_forget(&hsm);
	p11_ok(use(&ed25519));
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 0);
}
END_TEST

#define THREADS 16

static void *sign_once(void *arg)
{
	CK_SESSION_HANDLE own = p11_open(0);
	uint8_t signature[64];

	if (p11_sign(own, priv, "a message", signature) != CKR_OK ||
	    p11_verify(own, pub, "a message", signature) != CKR_OK)
		atomic_fetch_add((atomic_uint *)arg, 1);
	return NULL;
}

/* They are all in the HSM together: none waits for another. */
START_TEST(sixteen_threads_sign_at_the_same_time)
{
	pthread_t threads[THREADS];
	atomic_uint failed = 0;

	p11_ok(make(&ed25519));
	test_faulty_hang(&hsm, "C_Sign");
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_once, &failed), 0);
	test_faulty_await(&hsm, "C_Sign", THREADS);
	test_faulty_release(&hsm, "C_Sign");
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&failed), 0);
}
END_TEST

START_TEST(an_hsm_with_one_session_serves_all_threads)
{
	pthread_t threads[THREADS];
	atomic_uint failed = 0;

	p11_ok(make(&ed25519));
	test_faulty_restart(&hsm);
	test_faulty_limit_sessions(&hsm, 1);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_once, &failed), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&failed), 0);
}
END_TEST

/* A signature costs the HSM no more than the two calls of whoever calls it directly. */
START_TEST(a_signature_is_two_calls)
{
	p11_ok(make(&ed25519));
	p11_ok(use(&ed25519));
	test_faulty_forget(&hsm);
	p11_ok(use(&ed25519));
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hsm resident keys");
	TCase *tc = tcase_create("resident");

	tcase_set_timeout(tc, 600);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, openssl_verifies_what_an_ed25519_key_of_the_hsm_signs);
	tcase_add_test(tc, a_message_for_the_hsm_may_come_in_parts);
	tcase_add_test(tc, an_ed25519_key_of_the_hsm_signs_nothing_but_pure);
	tcase_add_test(tc, openssl_verifies_what_a_p256_key_of_the_hsm_signs);
	tcase_add_test(tc, openssl_agrees_with_the_hsm_on_a_secret);
	tcase_add_test(tc, an_hmac_key_of_the_hsm_signs_and_verifies);
	tcase_add_test(tc, an_aes_key_of_the_hsm_encrypts_and_decrypts);
	tcase_add_test(tc, an_aes_key_of_the_hsm_wraps_and_unwraps);
	tcase_add_loop_test(tc, a_key_of_the_hsm_says_so_and_stays, 0, KINDS);
	tcase_add_loop_test(tc, the_hsm_does_not_let_a_key_out_either, 0, KINDS);
	tcase_add_loop_test(tc, a_key_survives_a_restart_of_the_hsm, 0, KINDS);
	tcase_add_loop_test(tc, another_process_uses_the_key, 0, KINDS);
	tcase_add_loop_test(tc, a_key_that_is_destroyed_is_gone_from_the_hsm, 0, KINDS);
	tcase_add_test(tc, what_the_hsm_does_not_destroy_stays);
	tcase_add_test(tc, an_answer_that_was_lost_does_not_keep_the_object);
	tcase_add_loop_test(tc, who_dies_while_a_key_is_destroyed_leaves_no_key_without_an_object,
	                    0, 4);
	tcase_add_loop_test(tc, a_key_that_was_deleted_in_the_hsm_is_an_error_that_says_so, 0,
	                    KINDS);
	tcase_add_loop_test(tc, an_answer_of_another_length_is_refused, 0, KINDS);
	tcase_add_loop_test(tc, a_key_that_does_not_work_is_not_made, 0, KINDS);
	tcase_add_loop_test(tc, a_key_whose_row_can_not_be_written_is_not_left_in_the_hsm, 0,
	                    KINDS);
	tcase_add_loop_test(tc, a_key_whose_name_the_hsm_does_not_keep_is_not_made, 0, KINDS);
	tcase_add_test(tc, who_dies_when_a_key_was_made_leaves_one_that_bears_the_tokens_name);
	tcase_add_test(tc, a_token_that_is_made_new_keeps_no_keys);
	tcase_add_loop_test(tc, a_kind_that_the_hsm_has_not_is_refused, 0, KINDS);
	tcase_add_test(tc, an_hsm_that_makes_ivs_encrypts_with_none_of_ours);
	tcase_add_loop_test(tc, a_template_that_no_key_of_the_hsm_fits_is_refused, 0,
	                    (int)(sizeof wrong / sizeof wrong[0]));
	tcase_add_loop_test(tc, the_hsm_makes_no_shorter_keys, 0,
	                    (int)(sizeof aes_lengths / sizeof aes_lengths[0]));
	tcase_add_test(tc, a_key_that_is_not_told_to_stays_with_the_token);
	tcase_add_test(tc, sixteen_threads_sign_at_the_same_time);
	tcase_add_test(tc, an_hsm_with_one_session_serves_all_threads);
	tcase_add_test(tc, a_signature_is_two_calls);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
