/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys in a token, loaded by their URIs and used by OpenSSL's own functions.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "lib/runner.h"
#include "provider/world.h"

static const char *const uris[] = {
	"pkcs11:object=id;type=private", "pkcs11:object=chip;type=private",
};

START_TEST(a_key_signs_and_the_signature_is_good)
{
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	key = world_key(uris[_i]);
	world_require_signs(key);
	world_require_signs(key);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_key_says_what_it_is)
{
	EVP_PKEY *key;
	char group[32] = "";
	size_t len = 0;

	world_make_machine();
	world_activate("");
	key = world_key(uris[_i]);
	ck_assert_int_eq(EVP_PKEY_is_a(key, _i == 0 ? "ED25519" : "EC"), 1);
	ck_assert_int_eq(EVP_PKEY_get_bits(key), 256);
	ck_assert_int_eq(EVP_PKEY_get_security_bits(key), 128);
	ck_assert_int_eq(EVP_PKEY_get_size(key), _i == 0 ? 64 : 72);
	ck_assert_int_eq(EVP_PKEY_get_id(key), _i == 0 ? EVP_PKEY_ED25519 : EVP_PKEY_EC);
	if (_i == 1) {
		ck_assert_int_eq(EVP_PKEY_get_group_name(key, group, sizeof group, &len), 1);
		ck_assert_str_eq(group, "prime256v1");
	}
	EVP_PKEY_free(key);
}
END_TEST

/* As "openssl pkey -text -noout" does it. */
START_TEST(a_key_is_printed_in_words)
{
	static const char *const heads[] = { "ED25519 Private-Key, in a token", "EC Private-Key" };
	BIO *out = BIO_new(BIO_s_mem());
	unsigned char *point = NULL;
	char byte[8], *text = NULL;
	size_t len;
	EVP_PKEY *key;

	world_make_machine();
	world_activate("pin-source = file:/nowhere/pin\n");
	key = world_key(uris[_i]);
	ck_assert_int_eq(EVP_PKEY_print_private(out, key, 0, NULL), 1);
	ck_assert_int_gt(BIO_write(out, "", 1), 0);
	ck_assert_int_gt(BIO_get_mem_data(out, &text), 0);
	ck_assert_msg(strncmp(text, heads[_i], strlen(heads[_i])) == 0, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, _i == 0 ? ";object=id" : ";object=chip"));
	ck_assert_ptr_nonnull(strstr(text, ";type=private"));
	ck_assert_ptr_null(strstr(text, "pin-source"));
	len = EVP_PKEY_get1_encoded_public_key(key, &point);
	ck_assert_uint_gt(len, 0);
	snprintf(byte, sizeof byte, ":%02x\n", point[len - 1]);
	ck_assert_msg(strstr(text, byte) != NULL, "%s", text);
	ck_assert_ptr_null(strstr(text, "priv:"));
	OPENSSL_free(point);
	BIO_free(out);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(its_public_half_is_printed_as_ever)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	key = world_key(uris[_i]);
	ck_assert_int_eq(EVP_PKEY_print_public(out, key, 0, NULL), 1);
	ck_assert_int_gt(BIO_write(out, "", 1), 0);
	ck_assert_int_gt(BIO_get_mem_data(out, &text), 0);
	ck_assert_msg(strstr(text, "Public-Key:") != NULL && strstr(text, "pub:") != NULL, "%s", text);
	BIO_free(out);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(the_private_half_is_not_given_out)
{
	EVP_PKEY *key;
	unsigned char raw[64];
	size_t len = sizeof raw;
	OSSL_PARAM *params = NULL;

	world_make_machine();
	world_activate("");
	key = world_key(uris[_i]);
	ck_assert_int_ne(EVP_PKEY_get_raw_private_key(key, raw, &len), 1);
	ck_assert_int_ne(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params), 1);
	ck_assert_int_eq(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params), 1);
	ck_assert_ptr_nonnull(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PUB_KEY));
	ck_assert_ptr_null(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PRIV_KEY));
	OSSL_PARAM_free(params);
	ck_assert_int_lt(i2d_PrivateKey(key, NULL), 1);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(the_public_half_is_the_same_by_every_way)
{
	EVP_PKEY *private, *public, *copy;

	world_make_machine();
	world_activate("");
	private = world_key(uris[_i]);
	public = world_load_public(_i == 0 ? "pkcs11:object=id" : "pkcs11:object=chip", NULL);
	ck_assert_ptr_nonnull(public);
	ck_assert_int_eq(EVP_PKEY_eq(private, public), 1);
	ck_assert_int_eq(EVP_PKEY_eq(public, private), 1);
	copy = EVP_PKEY_dup(private);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(EVP_PKEY_eq(copy, private), 1);
	world_require_signs(copy);
	EVP_PKEY_free(copy);
	EVP_PKEY_free(public);
	EVP_PKEY_free(private);
}
END_TEST

START_TEST(keys_of_two_kinds_and_two_keys_of_a_kind_differ)
{
	EVP_PKEY *id, *chip, *other;

	world_make_machine();
	world_activate("");
	id = world_key(uris[0]);
	chip = world_key(uris[1]);
	other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	ck_assert_int_ne(EVP_PKEY_eq(id, chip), 1);
	ck_assert_int_ne(EVP_PKEY_eq(id, other), 1);
	EVP_PKEY_free(other);
	EVP_PKEY_free(chip);
	EVP_PKEY_free(id);
}
END_TEST

START_TEST(a_message_in_parts_has_a_signature_with_each_digest)
{
	static const char *const digests[] = { "SHA256", "SHA2-384", "SHA512" };
	unsigned char signature[128];
	size_t len = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	key = world_key(uris[1]);
	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, digests[_i], world_lib, NULL, key, NULL), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(ctx, "abc", 3), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(ctx, "def", 3), 1);
	ck_assert_int_eq(EVP_DigestSignFinal(ctx, signature, &len), 1);
	EVP_MD_CTX_reset(ctx);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(ctx, NULL, digests[_i], world_lib, NULL, key, NULL),
	                 1);
	ck_assert_int_eq(EVP_DigestVerifyUpdate(ctx, "abcdef", 6), 1);
	ck_assert_int_eq(EVP_DigestVerifyFinal(ctx, signature, len), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_digest_that_was_made_elsewhere_is_signed)
{
	static const size_t lengths[] = { 32, 48, 64 };
	static const char *const names[] = { "SHA256", "SHA384", "SHA512" };
	const unsigned char digest[64] = { 1, 2, 3 };
	unsigned char signature[128];
	size_t len = sizeof signature;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, (char *)names[_i], 0),
		OSSL_PARAM_END
	};
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key;

	params[0].data_size = strlen(names[_i]);
	world_make_machine();
	world_activate("");
	key = world_key(uris[1]);
	ctx = EVP_PKEY_CTX_new_from_pkey(world_lib, key, NULL);
	ck_assert_int_eq(EVP_PKEY_sign_init_ex(ctx, params), 1);
	ck_assert_int_eq(EVP_PKEY_sign(ctx, signature, &len, digest, lengths[_i]), 1);
	ck_assert_int_eq(EVP_PKEY_verify_init_ex(ctx, params), 1);
	ck_assert_int_eq(EVP_PKEY_verify(ctx, signature, len, digest, lengths[_i]), 1);
	signature[8] ^= 1;
	ck_assert_int_ne(EVP_PKEY_verify(ctx, signature, len, digest, lengths[_i]), 1);
	/* A digest of another length is none of that name. */
	ck_assert_int_eq(EVP_PKEY_sign_init_ex(ctx, params), 1);
	len = sizeof signature;
	ck_assert_int_ne(EVP_PKEY_sign(ctx, signature, &len, digest, lengths[_i] - 1), 1);
	world_require_reason("a digest has not its length");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_digest_that_is_not_done_here_is_refused_with_its_reason)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey = NULL;
	EVP_PKEY *id, *chip;

	world_make_machine();
	world_activate("");
	id = world_key(uris[0]);
	chip = world_key(uris[1]);
	ck_assert_int_ne(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", world_lib, NULL, id, NULL), 1);
	world_require_reason("no digest but SHA-256");
	EVP_MD_CTX_reset(ctx);
	ck_assert_int_ne(EVP_DigestSignInit_ex(ctx, NULL, "SHA1", world_lib, NULL, chip, NULL), 1);
	world_require_reason("no digest but SHA-256");
	EVP_MD_CTX_reset(ctx);
	/* Nor another one than that which was begun with. */
	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, &pkey, "SHA256", world_lib, NULL, chip, NULL), 1);
	ck_assert_int_eq(EVP_DigestSignUpdate(ctx, "a", 1), 1);
	ck_assert_int_ne(EVP_PKEY_CTX_set_signature_md(pkey, EVP_sha512()), 1);
	world_require_reason("no digest but SHA-256");
	ck_assert_int_eq(EVP_PKEY_CTX_set_signature_md(pkey, EVP_sha256()), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(chip);
	EVP_PKEY_free(id);
}
END_TEST

START_TEST(a_certificate_is_signed_and_its_key_fits)
{
	X509 *certificate = X509_new_ex(world_lib, NULL);
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	key = world_key(uris[_i]);
	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
	ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
	ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
	ck_assert_int_eq(X509_set_pubkey(certificate, key), 1);
	ck_assert_int_gt(X509_sign(certificate, key, _i == 0 ? NULL : EVP_sha256()), 0);
	ck_assert_int_eq(X509_verify(certificate, key), 1);
	ck_assert_int_eq(X509_check_private_key(certificate, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(software_keys_are_made_and_used_as_ever)
{
	static const char *const kinds[] = { "ED25519", "EC" };
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	key = _i == 0 ? EVP_PKEY_Q_keygen(world_lib, NULL, kinds[_i])
	              : EVP_PKEY_Q_keygen(world_lib, NULL, kinds[_i], "P-256");
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	EVP_PKEY_free(key);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("keys");
	TCase *t = world_case(s, "keys");

	tcase_add_loop_test(t, a_key_signs_and_the_signature_is_good, 0, 2);
	tcase_add_loop_test(t, a_key_says_what_it_is, 0, 2);
	tcase_add_loop_test(t, a_key_is_printed_in_words, 0, 2);
	tcase_add_loop_test(t, its_public_half_is_printed_as_ever, 0, 2);
	tcase_add_loop_test(t, the_private_half_is_not_given_out, 0, 2);
	tcase_add_loop_test(t, the_public_half_is_the_same_by_every_way, 0, 2);
	tcase_add_test(t, keys_of_two_kinds_and_two_keys_of_a_kind_differ);
	tcase_add_loop_test(t, a_message_in_parts_has_a_signature_with_each_digest, 0, 3);
	tcase_add_loop_test(t, a_digest_that_was_made_elsewhere_is_signed, 0, 3);
	tcase_add_test(t, a_digest_that_is_not_done_here_is_refused_with_its_reason);
	tcase_add_loop_test(t, a_certificate_is_signed_and_its_key_fits, 0, 2);
	tcase_add_loop_test(t, software_keys_are_made_and_used_as_ever, 0, 2);
	return s;
}

int main(void)
{
	return test_run(suite());
}
