/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that live in a TPM: what it computes is checked by OpenSSL and libsodium;
 * they outlive its restart, and another TPM does not take them.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "crypto/p256.h"
#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/resident.h"
#include "seal/tpm/key.h"
#include "seal/tpm/sealer.h"

static struct test_tpm tpm;
static const struct sg_resident_ops *ops;
static struct sg_buf blob;
static uint8_t point[SG_RESIDENT_POINT], digest[SG_RESIDENT_DIGEST];
static uint8_t signature[SG_RESIDENT_SIGNATURE], mac[SG_RESIDENT_MAC];

static void setup(void)
{
	test_tpm_start(&tpm);
	test_sealer_on(tpm.tcti);
	test_provision();
	ops = test_sealer->ops->resident;
	memset(digest, 0x5a, sizeof digest);
}

static void teardown(void)
{
	if (tpm.pid != 0) {
		ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
		ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	}
	sg_buf_free(&blob);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static enum sg_err create(enum sg_resident_kind kind, unsigned uses)
{
	const struct sg_resident_plan plan = { .kind = kind, .uses = uses };

	return ops->create(test_sealer, sg_buf_bytes(&test_parent), &plan, &blob, point);
}

static enum sg_err sign(void)
{
	return ops->sign(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob), digest,
	                 signature);
}

static enum sg_err ecdh(const uint8_t peer[SG_RESIDENT_POINT], struct sg_secret **shared)
{
	return ops->ecdh(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob), peer,
	                 shared);
}

static enum sg_err hmac(struct sg_bytes data)
{
	return ops->hmac(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob), data, mac);
}

/* Make OpenSSL's key of a public point. */
static EVP_PKEY *peer_key(const uint8_t at[SG_RESIDENT_POINT])
{
	char group[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)at,
		                                  SG_RESIDENT_POINT),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Tell whether OpenSSL takes the signature. */
static bool openssl_verifies(void)
{
	EVP_PKEY *key = peer_key(point);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	uint8_t der[SG_P256_DER_MAX];
	size_t len = sg_p256_to_der(signature, der);
	int result;

	ck_assert_int_eq(EVP_PKEY_verify_init(ctx), 1);
	result = EVP_PKEY_verify(ctx, der, len, digest, sizeof digest);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return result == 1;
}

static const unsigned signing[] = { SG_RESIDENT_SIGN, SG_RESIDENT_SIGN | SG_RESIDENT_DERIVE };

START_TEST(openssl_verifies_what_the_tpm_signs)
{
	ck_assert_int_eq(create(SG_RESIDENT_P256, signing[_i]), SG_OK);
	ck_assert(sg_p256_valid(sg_bytes(point, sizeof point)));
	for (int i = 0; i < 20; i++) {
		digest[0] = (uint8_t)i;
		ck_assert_int_eq(sign(), SG_OK);
		ck_assert(openssl_verifies());
	}
	digest[0] ^= 1;
	ck_assert(!openssl_verifies());
}
END_TEST

static const unsigned deriving[] = { SG_RESIDENT_DERIVE, SG_RESIDENT_SIGN | SG_RESIDENT_DERIVE };

START_TEST(openssl_and_the_tpm_agree_on_a_secret)
{
	EVP_PKEY *own, *other;
	EVP_PKEY_CTX *ctx;
	uint8_t peer[SG_RESIDENT_POINT], want[SG_RESIDENT_SHARED];
	struct sg_secret *shared = NULL;
	size_t len = sizeof want, peer_len;

	ck_assert_int_eq(create(SG_RESIDENT_P256, deriving[_i]), SG_OK);
	other = peer_key(point);
	for (int i = 0; i < 10; i++) {
		own = EVP_EC_gen("P-256");
		ck_assert_int_eq(EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_PUB_KEY, peer,
		                                                 sizeof peer, &peer_len), 1);
		ck_assert_uint_eq(peer_len, sizeof peer);
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
		ck_assert_int_eq(EVP_PKEY_derive_init(ctx), 1);
		ck_assert_int_eq(EVP_PKEY_derive_set_peer(ctx, other), 1);
		ck_assert_int_eq(EVP_PKEY_derive(ctx, want, &len), 1);
		ck_assert_int_eq(ecdh(peer, &shared), SG_OK);
		ck_assert_uint_eq(shared->len, len);
		ck_assert_mem_eq(shared->data, want, len);
		sg_secret_free(&shared);
		EVP_PKEY_CTX_free(ctx);
		EVP_PKEY_free(own);
	}
	EVP_PKEY_free(other);
}
END_TEST

/* A key in the TPM that is known here, too: only a test can have one, since what is not
 * born in the TPM is never taken for a key that lives there. */
struct known {
	struct sg_bytes data;
	uint8_t key[32];
	uint8_t mac[SG_RESIDENT_MAC];
};

static enum sg_err import(struct sg_tpm *to, ESYS_TR srk, ESYS_TR session,
                          const struct known *known, struct sg_tpm_blob *blob_of)
{
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	TPM2B_SENSITIVE_CREATE sensitive = { .sensitive.data.size = sizeof known->key };
	TPM2B_PUBLIC template = {
		.publicArea = {
			.type = TPM2_ALG_KEYEDHASH, .nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			                    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
			                    TPMA_OBJECT_SIGN_ENCRYPT,
			.parameters.keyedHashDetail.scheme = {
				.scheme = TPM2_ALG_HMAC, .details.hmac.hashAlg = TPM2_ALG_SHA256,
			},
		},
	};
	TPM2B_PRIVATE *private_area = NULL;
	TPM2B_PUBLIC *area = NULL;
	TSS2_RC rc;

	memcpy(sensitive.sensitive.data.buffer, known->key, sizeof known->key);
	rc = Esys_Create(to->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template,
	                 &outside, &pcrs, &private_area, &area, NULL, NULL, NULL);
	if (rc == TSS2_RC_SUCCESS)
		*blob_of = (struct sg_tpm_blob){ *area, *private_area };
	Esys_Free(area);
	Esys_Free(private_area);
	return rc == TSS2_RC_SUCCESS ? SG_OK : SG_ERR_HW_FAULT;
}

static enum sg_err do_known(struct sg_tpm *to, void *arg)
{
	struct known *known = arg;
	ESYS_TR srk, session, object;
	struct sg_tpm_blob key;
	enum sg_err err = sg_tpm_open_parent(to, sg_buf_bytes(&test_parent), &srk, &session);

	if (err == SG_OK)
		err = import(to, srk, session, known, &key);
	if (err == SG_OK)
		err = sg_tpm_key_load(to, srk, session, &key, &object);
	if (err == SG_OK)
		err = sg_tpm_key_hmac(to, object, session, known->data, known->mac);
	return err;
}

START_TEST(libsodium_and_the_tpm_agree_on_a_code)
{
	static const size_t lengths[] = { 0, 1, 100, 1024, 1025, 2048, 3000 };
	struct known known = { .key = { 1, 2, 3 } };
	uint8_t data[3000], want[crypto_auth_hmacsha256_BYTES];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		known.data = sg_bytes(data, lengths[i]);
		ck_assert_int_eq(sg_tpm_transact(test_sealer, do_known, &known), SG_OK);
		crypto_auth_hmacsha256(want, data, lengths[i], known.key);
		ck_assert_mem_eq(known.mac, want, sizeof want);
	}
}
END_TEST

START_TEST(a_mac_depends_on_every_byte_and_on_nothing_else)
{
	static const size_t lengths[] = { 0, 1, 1024, 1025, 2048, 2049, 5000 };
	uint8_t data[5000] = { 0 }, first[SG_RESIDENT_MAC];

	ck_assert_int_eq(create(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN), SG_OK);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct sg_bytes part = sg_bytes(data, lengths[i]);

		ck_assert_int_eq(hmac(part), SG_OK);
		memcpy(first, mac, sizeof first);
		ck_assert_int_eq(hmac(part), SG_OK);
		ck_assert_mem_eq(mac, first, sizeof first);
		if (part.len == 0)
			continue;
		data[part.len - 1] = 1;
		ck_assert_int_eq(hmac(part), SG_OK);
		ck_assert_mem_ne(mac, first, sizeof first);
		data[part.len - 1] = 0;
	}
}
END_TEST

START_TEST(a_key_made_for_one_use_has_no_other)
{
	struct sg_secret *shared = NULL;

	ck_assert_int_eq(create(SG_RESIDENT_P256, SG_RESIDENT_SIGN), SG_OK);
	ck_assert_int_eq(ecdh(point, &shared), SG_ERR_FORMAT);
	ck_assert_int_eq(hmac(sg_bytes_str("x")), SG_ERR_FORMAT);
	ck_assert_int_eq(create(SG_RESIDENT_P256, SG_RESIDENT_DERIVE), SG_OK);
	ck_assert_int_eq(sign(), SG_ERR_FORMAT);
	ck_assert_int_eq(create(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN), SG_OK);
	ck_assert_int_eq(sign(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(uses_that_a_key_does_not_have_are_refused)
{
	ck_assert_int_eq(create(SG_RESIDENT_P256, 0), SG_ERR_ARG);
	ck_assert_int_eq(create(SG_RESIDENT_P256, 4), SG_ERR_ARG);
	ck_assert_int_eq(create(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_DERIVE), SG_ERR_ARG);
	ck_assert_uint_eq(blob.len, 0);
}
END_TEST

START_TEST(a_key_outlives_a_restart_and_a_power_cut)
{
	ck_assert_int_eq(create(SG_RESIDENT_P256, SG_RESIDENT_SIGN), SG_OK);
	test_tpm_restart(&tpm);
	ck_assert_int_eq(sign(), SG_OK);
	ck_assert(openssl_verifies());
	test_tpm_power_cut(&tpm);
	digest[0] ^= 1;
	ck_assert_int_eq(sign(), SG_OK);
	ck_assert(openssl_verifies());
}
END_TEST

START_TEST(another_tpm_refuses_the_key)
{
	struct test_tpm other;
	struct sg_buf parent = test_parent;

	ck_assert_int_eq(create(SG_RESIDENT_P256, SG_RESIDENT_SIGN), SG_OK);
	sg_sealer_free(&test_sealer);
	test_tpm_stop(&tpm);
	test_tpm_start(&other);
	test_sealer_on(other.tcti);
	test_parent = (struct sg_buf){ 0 };
	test_provision();
	/* Neither under the parent it was made under, nor under the one that is there. */
	ck_assert_int_eq(sign(), SG_ERR_SEALED_DAMAGED);
	ck_assert_int_eq(ops->sign(test_sealer, sg_buf_bytes(&parent), sg_buf_bytes(&blob), digest,
	                           signature), SG_ERR_HW_OTHER);
	sg_buf_free(&parent);
	test_tpm_stop(&other);
}
END_TEST

START_TEST(a_tpm_that_is_gone_is_told_apart)
{
	ck_assert_int_eq(create(SG_RESIDENT_P256, SG_RESIDENT_SIGN), SG_OK);
	test_tpm_kill(&tpm);
	ck_assert_int_eq(sign(), SG_ERR_HW_REMOVED);
	test_tpm_resume(&tpm);
	ck_assert_int_eq(sign(), SG_OK);
	ck_assert(openssl_verifies());
}
END_TEST

START_TEST(a_changed_private_part_is_refused)
{
	ck_assert_int_eq(create(SG_RESIDENT_P256, SG_RESIDENT_SIGN), SG_OK);
	blob.data[blob.len - 1] ^= 1;
	ck_assert_int_eq(sign(), SG_ERR_SEALED_DAMAGED);
}
END_TEST

START_TEST(a_changed_public_point_is_refused)
{
	struct sg_bytes x = sg_bytes(point + 1, 32);
	uint8_t *at;

	ck_assert_int_eq(create(SG_RESIDENT_P256, SG_RESIDENT_SIGN), SG_OK);
	at = memmem(blob.data, blob.len, x.data, x.len);
	ck_assert_ptr_nonnull(at);
	at[31] ^= 1;
	ck_assert_int_eq(sign(), SG_ERR_SEALED_DAMAGED);
}
END_TEST

START_TEST(more_data_than_hardware_takes_is_refused)
{
	uint8_t *data = calloc(1, SG_RESIDENT_DATA_MAX + 1);

	ck_assert_int_eq(create(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN), SG_OK);
	ck_assert_int_eq(hmac(sg_bytes(data, SG_RESIDENT_DATA_MAX)), SG_OK);
	ck_assert_int_eq(hmac(sg_bytes(data, SG_RESIDENT_DATA_MAX + 1)), SG_ERR_RANGE);
	free(data);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm resident keys");
	TCase *tcase = tcase_create("resident");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, openssl_verifies_what_the_tpm_signs, 0, 2);
	tcase_add_loop_test(tcase, openssl_and_the_tpm_agree_on_a_secret, 0, 2);
	tcase_add_test(tcase, libsodium_and_the_tpm_agree_on_a_code);
	tcase_add_test(tcase, a_mac_depends_on_every_byte_and_on_nothing_else);
	tcase_add_test(tcase, a_key_made_for_one_use_has_no_other);
	tcase_add_test(tcase, uses_that_a_key_does_not_have_are_refused);
	tcase_add_test(tcase, a_key_outlives_a_restart_and_a_power_cut);
	tcase_add_test(tcase, another_tpm_refuses_the_key);
	tcase_add_test(tcase, a_tpm_that_is_gone_is_told_apart);
	tcase_add_test(tcase, a_changed_private_part_is_refused);
	tcase_add_test(tcase, a_changed_public_point_is_refused);
	tcase_add_test(tcase, more_data_than_hardware_takes_is_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
