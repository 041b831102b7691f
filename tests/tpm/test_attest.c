/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What a TPM shows of itself, against swtpm: its keys, credentials, and what its attestation
 * key signs. What all that proves is judged in src/enroll, and tested there.
 */
#include "seal/attest.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "crypto/p256.h"
#include "lib/authority.h"
#include "lib/conformance.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/tpm/area.h"
#include "seal/tpm/credential.h"
#include "seal/tpm/duplicate.h"
#include "util/log.h"

/* PCR_Extend of PCR 10, of the bank SHA-256, with an empty password. */
#define EXTEND "80020000004100000182" "0000000a" "00000009" "400000090000000000" \
	"00000001" "000b" "1111111111111111111111111111111111111111111111111111111111111111"
#define LATER "86400000"

static struct test_tpm tpm;
static struct sg_secret *plain, *out;
static struct sg_attest_keys keys;
static struct sg_attest_object object;
static struct sg_attest_signed attest;
static struct sg_policy policy;
static uint8_t qualifying[SG_ATTEST_HASH], outside[SG_ATTEST_HASH];
static int races;

static bool meddle(void *arg, uint32_t code)
{
	(void)arg;
	if (code == TPM2_CC_Quote && races > 0) {
		races--;
		test_tpm_inject(&tpm, hex(EXTEND));
	}
	return true;
}

static void setup(void)
{
	static const struct test_wire_hooks hooks = { .command = meddle };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start_wired(&tpm, &hooks);
	test_sealer_on(tpm.tcti);
	plain = test_secret(32, 7);
	memset(qualifying, 0x71, sizeof qualifying);
	memset(outside, 0x6f, sizeof outside);
	test_provision();
}

static void teardown(void)
{
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	sg_secret_free(&plain);
	sg_secret_free(&out);
	sg_attest_keys_clear(&keys);
	sg_attest_object_clear(&object);
	sg_attest_signed_clear(&attest);
	sg_policy_clear(&policy);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static const struct sg_attest_ops *ops(void)
{
	ck_assert_ptr_nonnull(test_sealer->ops->attest);
	return test_sealer->ops->attest;
}

static struct sg_bytes parent(void)
{
	return sg_buf_bytes(&test_parent);
}

static void get_keys(void)
{
	struct sg_buf kept = keys.ak_blob;

	keys.ak_blob = (struct sg_buf){ NULL, 0, 0 };
	sg_attest_keys_clear(&keys);
	ck_assert_int_eq(ops()->keys(test_sealer, parent(), sg_buf_bytes(&kept), &keys), SG_OK);
	sg_buf_free(&kept);
}

static enum sg_err seal(const char *text)
{
	const struct sg_attest_guard guard = {
		.policy = &policy, .outside = sg_bytes(outside, sizeof outside),
	};

	sg_policy_clear(&policy);
	sg_attest_object_clear(&object);
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(text), &policy), SG_OK);
	return ops()->seal(test_sealer, parent(), &guard, plain, &object);
}

static enum sg_err unseal(void)
{
	const struct sg_seal_guard guard = { .auth = NULL };
	enum sg_err err;

	sg_secret_free(&out);
	err = test_sealer->ops->unseal(test_sealer, parent(), &guard, sg_buf_bytes(&object.blob),
	                               &out);
	if (err == SG_OK)
		ck_assert(sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	return err;
}

static struct sg_bytes qualified(void)
{
	return sg_bytes(qualifying, sizeof qualifying);
}

/* Check the signature and the head of an attestation, and return what it says. */
static TPMS_ATTEST read_attest(TPMI_ST_ATTEST type)
{
	uint8_t digest[32], point[SG_P256_POINT] = { 4 };
	TPMT_PUBLIC ak;
	TPMS_ATTEST said;
	size_t at = 0;

	ck_assert_int_eq(sg_tpm_area_read(sg_buf_bytes(&keys.ak), &ak), SG_OK);
	sg_tpm_number(&ak.unique.ecc.x, point + 1);
	sg_tpm_number(&ak.unique.ecc.y, point + 33);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&attest.attest), digest), SG_OK);
	ck_assert_int_eq(sg_p256_verify(sg_bytes(point, sizeof point), sg_bytes(digest, 32),
	                                sg_bytes(attest.signature, sizeof attest.signature)), SG_OK);
	ck_assert_uint_eq(Tss2_MU_TPMS_ATTEST_Unmarshal(attest.attest.data, attest.attest.len, &at,
	                                                &said), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(said.magic, TPM2_GENERATED_VALUE);
	ck_assert_uint_eq(said.type, type);
	assert_bytes(sg_bytes(said.extraData.buffer, said.extraData.size), qualified());
	return said;
}

START_TEST(the_keys_are_those_of_this_tpm)
{
	struct sg_node node = { .key = { NULL, 0, 0 } };
	uint8_t name[SG_NODE_NAME];
	TPMT_PUBLIC ak;

	get_keys();
	ck_assert_int_eq(keys.ek_kind, SG_EK_P256);
	ck_assert_uint_gt(keys.ek.len, 0);
	ck_assert_uint_eq(keys.certificate.len, 0);
	ck_assert_int_eq(sg_buf_set(&node.key, sg_buf_bytes(&keys.parent)), SG_OK);
	ck_assert_int_eq(sg_node_name(&node, name), SG_OK);
	assert_bytes(sg_bytes(name, sizeof name), parent());
	sg_node_clear(&node);
	ck_assert_int_eq(sg_tpm_area_read(sg_buf_bytes(&keys.ak), &ak), SG_OK);
	ck_assert_uint_eq(ak.objectAttributes,
	                  TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |
	                  TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
	                  TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA);
	ck_assert_uint_eq(ak.authPolicy.size, 0);
}
END_TEST

START_TEST(a_certified_endorsement_key_comes_with_its_certificate)
{
	struct test_authority maker;
	struct sg_buf certificate = { 0 };
	struct sg_attest_keys all[SG_EKS];
	EVP_PKEY *key;
	size_t n;

	test_authority_make(&maker, "maker", NULL);
	key = test_endorsement_key(&tpm, _i == 0 ? "ecc" : "rsa");
	test_endorse(&maker, key, &(struct test_oddity){ 0 }, &certificate);
	test_endorsement_put(&tpm, _i == 0 ? "ecc" : "rsa", sg_buf_bytes(&certificate));
	get_keys();
	ck_assert_int_eq(keys.ek_kind, _i == 0 ? SG_EK_P256 : SG_EK_RSA2048);
	assert_bytes(sg_buf_bytes(&keys.certificate), sg_buf_bytes(&certificate));
	/* All that could be shown stand in a list, this one first. */
	ck_assert_int_eq(ops()->endorsements(test_sealer, all, &n), SG_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(all[0].ek_kind, keys.ek_kind);
	ck_assert_int_ne(all[1].ek_kind, keys.ek_kind);
	assert_bytes(sg_buf_bytes(&all[0].ek), sg_buf_bytes(&keys.ek));
	assert_bytes(sg_buf_bytes(&all[0].certificate), sg_buf_bytes(&certificate));
	ck_assert_uint_eq(all[1].certificate.len, 0);
	ck_assert_uint_gt(all[1].ek.len, 0);
	for (size_t i = 0; i < SG_EKS; i++)
		sg_attest_keys_clear(&all[i]);
	sg_buf_free(&certificate);
	EVP_PKEY_free(key);
	test_authority_free(&maker);
}
END_TEST

START_TEST(a_password_of_the_endorsement_hierarchy_is_told_from_that_of_the_owner)
{
	struct sg_attest_keys all[SG_EKS];
	size_t n;

	test_tpm_shell(&tpm, "tpm2_changeauth -c e password");
	ck_assert_int_eq(ops()->endorsements(test_sealer, all, &n), SG_ERR_HW_EK_AUTH);
}
END_TEST

START_TEST(an_attestation_key_that_was_kept_is_used_again)
{
	struct sg_buf first = { 0 };

	get_keys();
	ck_assert_int_eq(sg_buf_set(&first, sg_buf_bytes(&keys.ak)), SG_OK);
	test_tpm_restart(&tpm);
	get_keys();
	assert_bytes(sg_buf_bytes(&keys.ak), sg_buf_bytes(&first));
	keys.ak_blob.data[keys.ak_blob.len - 1] ^= 1;
	get_keys();
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&keys.ak), sg_buf_bytes(&first)));
	sg_buf_set(&keys.ak_blob, sg_bytes_str("SGA1 and nothing that follows"));
	get_keys();
	sg_buf_free(&first);
}
END_TEST

/* Make a credential for the endorsement key that keys tell, and an object with that area. */
static void credential_for(struct sg_bytes area, const struct sg_secret *secret,
                           struct sg_buf *blob, struct sg_buf *seed)
{
	uint8_t name[SG_TPM_NAME];
	TPMT_PUBLIC ek, named;

	ck_assert_int_eq(sg_tpm_area_read(sg_buf_bytes(&keys.ek), &ek), SG_OK);
	ck_assert_int_eq(sg_tpm_area_read(area, &named), SG_OK);
	ck_assert_int_eq(sg_tpm_area_name(&named, name), SG_OK);
	ck_assert_int_eq(sg_tpm_credential_make(&ek, sg_bytes(name, sizeof name), secret, blob, seed),
	                 SG_OK);
}

START_TEST(a_credential_opens_for_the_key_that_it_names_and_for_no_other)
{
	const struct sg_bytes none = { NULL, 0 };
	struct sg_buf blob = { 0 }, seed = { 0 };

	get_keys();
	credential_for(sg_buf_bytes(&keys.ak), plain, &blob, &seed);
	ck_assert_int_eq(ops()->activate(test_sealer, parent(), keys.ek_kind,
	                                 sg_buf_bytes(&keys.ak_blob), sg_buf_bytes(&blob),
	                                 sg_buf_bytes(&seed), &out), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	sg_secret_free(&out);
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(plain)));
	ck_assert_int_eq(ops()->activate(test_sealer, parent(), keys.ek_kind, none,
	                                 sg_buf_bytes(&blob), sg_buf_bytes(&seed), &out),
	                 SG_ERR_SEALED_DAMAGED);
	ck_assert_ptr_null(out);

	credential_for(sg_buf_bytes(&keys.parent), plain, &blob, &seed);
	ck_assert_int_eq(ops()->activate(test_sealer, parent(), keys.ek_kind, none,
	                                 sg_buf_bytes(&blob), sg_buf_bytes(&seed), &out), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	sg_buf_free(&blob);
	sg_buf_free(&seed);
}
END_TEST

static enum sg_err certify(void)
{
	sg_attest_signed_clear(&attest);
	return ops()->certify(test_sealer, parent(), sg_buf_bytes(&keys.ak_blob), &object,
	                      qualified(), &attest);
}

START_TEST(how_a_seed_was_sealed_is_certified_with_what_it_was_sealed_with)
{
	uint8_t hash[32], name[SG_TPM_NAME];
	TPMS_CREATION_DATA creation;
	TPMS_ATTEST said;
	TPMT_PUBLIC area;
	size_t at = 0;

	get_keys();
	ck_assert_int_eq(seal(_i == 0 ? "" : "pcr=sha256:7;until=" LATER), SG_OK);
	ck_assert_int_eq(unseal(), SG_OK);
	ck_assert_int_eq(certify(), SG_OK);
	said = read_attest(TPM2_ST_ATTEST_CREATION);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&object.creation), hash), SG_OK);
	assert_bytes(sg_bytes(said.attested.creation.creationHash.buffer,
	                      said.attested.creation.creationHash.size), sg_bytes(hash, 32));
	ck_assert_int_eq(sg_tpm_area_read(sg_buf_bytes(&object.area), &area), SG_OK);
	ck_assert_int_eq(sg_tpm_area_name(&area, name), SG_OK);
	assert_bytes(sg_bytes(said.attested.creation.objectName.name,
	                      said.attested.creation.objectName.size), sg_bytes(name, sizeof name));
	ck_assert_uint_eq(Tss2_MU_TPMS_CREATION_DATA_Unmarshal(object.creation.data,
	                                                       object.creation.len, &at, &creation),
	                  TSS2_RC_SUCCESS);
	assert_bytes(sg_bytes(creation.outsideInfo.buffer, creation.outsideInfo.size),
	             sg_bytes(outside, sizeof outside));
	assert_bytes(sg_bytes(creation.parentName.name, creation.parentName.size), parent());
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(plain)));
}
END_TEST

START_TEST(the_policy_that_comes_back_is_that_of_the_object)
{
	uint8_t digest[SG_POLICY_DIGEST];
	TPMT_PUBLIC area;

	ck_assert_int_eq(seal("pcr=sha256:7;until=" LATER), SG_OK);
	ck_assert(sg_pcrs_known(&object.policy.pcrs));
	ck_assert_int_eq(sg_policy_digest(&object.policy, digest), SG_OK);
	ck_assert_int_eq(sg_tpm_area_read(sg_buf_bytes(&object.area), &area), SG_OK);
	assert_bytes(sg_bytes(area.authPolicy.buffer, area.authPolicy.size),
	             sg_bytes(digest, sizeof digest));
}
END_TEST

START_TEST(nothing_is_certified_of_an_object_that_was_made_otherwise)
{
	get_keys();
	ck_assert_int_eq(seal(""), SG_OK);
	object.hash.data[0] ^= 1;
	ck_assert_int_ne(certify(), SG_OK);
	object.hash.data[0] ^= 1;
	object.ticket.data[object.ticket.len - 1] ^= 1;
	ck_assert_int_ne(certify(), SG_OK);
	ck_assert_uint_eq(attest.attest.len, 0);
}
END_TEST

START_TEST(policies_that_nobody_else_could_judge_are_refused)
{
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(""), &policy), SG_OK);
	policy.auth = true;
	ck_assert_int_eq(ops()->seal(test_sealer, parent(),
	                             &(struct sg_attest_guard){ .policy = &policy }, plain, &object),
	                 SG_ERR_ARG);
}
END_TEST

START_TEST(the_time_is_signed)
{
	uint64_t before = 0, after = 0;
	TPMS_ATTEST said;

	get_keys();
	ck_assert_int_eq(ops()->clock(test_sealer, parent(), &before), SG_OK);
	ck_assert_int_eq(ops()->time(test_sealer, parent(), sg_buf_bytes(&keys.ak_blob), qualified(),
	                             &attest), SG_OK);
	ck_assert_int_eq(ops()->clock(test_sealer, parent(), &after), SG_OK);
	said = read_attest(TPM2_ST_ATTEST_TIME);
	ck_assert_uint_gt(before, 0);
	ck_assert_uint_ge(said.attested.time.time.clockInfo.clock, before);
	ck_assert_uint_ge(after, said.attested.time.time.clockInfo.clock);
}
END_TEST

static enum sg_err quote(struct sg_pcrs *pcrs)
{
	sg_attest_signed_clear(&attest);
	return ops()->quote(test_sealer, parent(), sg_buf_bytes(&keys.ak_blob), qualified(), pcrs,
	                    &attest);
}

START_TEST(a_quote_is_of_the_values_that_come_with_it)
{
	uint8_t digest[SG_POLICY_DIGEST];
	TPMS_ATTEST said;

	get_keys();
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7,10"), &policy), SG_OK);
	races = _i;
	ck_assert_int_eq(quote(&policy.pcrs), SG_OK);
	said = read_attest(TPM2_ST_ATTEST_QUOTE);
	ck_assert(sg_pcrs_known(&policy.pcrs));
	ck_assert_int_eq(sg_pcrs_digest(&policy.pcrs, digest), SG_OK);
	assert_bytes(sg_bytes(said.attested.quote.pcrDigest.buffer,
	                      said.attested.quote.pcrDigest.size), sg_bytes(digest, sizeof digest));
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_Quote), 1 + (unsigned)_i);
	ck_assert_int_eq(quote(&(struct sg_pcrs){ 0 }), SG_ERR_ARG);
}
END_TEST

/* Make elsewhere what the parent is to take in, under the policy. */
static void make_elsewhere(const char *text, struct sg_parcel *parcel)
{
	TPMT_PUBLIC key;

	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(text), &parcel->policy), SG_OK);
	ck_assert_int_eq(sg_tpm_storage_key_read(sg_buf_bytes(&keys.parent), &key), SG_OK);
	ck_assert_int_eq(sg_tpm_duplicate(&key, plain, parcel), SG_OK);
}

static enum sg_err import(const struct sg_parcel *parcel, const struct sg_policy *with)
{
	struct sg_secret *duplicate = NULL;
	enum sg_err err;

	sg_attest_object_clear(&object);
	ck_assert_int_eq(sg_secret_copy(sg_buf_bytes(&parcel->duplicate), &duplicate), SG_OK);
	err = ops()->import(test_sealer, parent(), with, sg_buf_bytes(&parcel->object), duplicate,
	                    sg_buf_bytes(&parcel->seed), &object);
	sg_secret_free(&duplicate);
	return err;
}

START_TEST(a_seed_that_was_sealed_elsewhere_for_this_tpm_opens)
{
	struct sg_parcel parcel = { 0 };

	get_keys();
	make_elsewhere("", &parcel);
	ck_assert_int_eq(import(&parcel, NULL), SG_OK);
	ck_assert_mem_eq(object.blob.data, "SGT3", 4);
	ck_assert_uint_eq(object.creation.len, 0);
	ck_assert_int_eq(unseal(), SG_OK);
	test_tpm_restart(&tpm);
	test_tpm_forget(&tpm);
	ck_assert_int_eq(unseal(), SG_OK);
	ck_assert_uint_eq(tpm.count, 5);
	ck_assert_int_ne(certify(), SG_OK);     /* there is nothing to show */
	sg_parcel_clear(&parcel);
}
END_TEST

START_TEST(an_imported_seed_opens_until_its_lease_ends)
{
	struct sg_parcel parcel = { 0 };

	get_keys();
	make_elsewhere("until=" LATER, &parcel);
	ck_assert_int_eq(import(&parcel, NULL), SG_ERR_FORMAT);
	ck_assert_int_eq(import(&parcel, &parcel.policy), SG_OK);
	ck_assert_int_eq(unseal(), SG_OK);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_int_eq(unseal(), SG_ERR_LEASE);
	sg_parcel_clear(&parcel);
}
END_TEST

START_TEST(what_was_changed_on_its_way_is_not_imported)
{
	struct sg_parcel parcel = { 0 };

	get_keys();
	make_elsewhere("", &parcel);
	parcel.duplicate.data[parcel.duplicate.len - 1] ^= 1;
	ck_assert_int_eq(import(&parcel, NULL), SG_ERR_SEALED_DAMAGED);
	parcel.duplicate.data[parcel.duplicate.len - 1] ^= 1;
	parcel.object.data[parcel.object.len - 1] ^= 1;
	ck_assert_int_eq(import(&parcel, NULL), SG_ERR_SEALED_DAMAGED);
	parcel.object.data[7] ^= 2;             /* fixedTPM */
	ck_assert_int_eq(import(&parcel, NULL), SG_ERR_FORMAT);
	sg_parcel_clear(&parcel);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attest");
	TCase *tc = tcase_create("attest");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_keys_are_those_of_this_tpm);
	tcase_add_loop_test(tc, a_certified_endorsement_key_comes_with_its_certificate, 0, 2);
	tcase_add_test(tc, a_password_of_the_endorsement_hierarchy_is_told_from_that_of_the_owner);
	tcase_add_test(tc, an_attestation_key_that_was_kept_is_used_again);
	tcase_add_test(tc, a_credential_opens_for_the_key_that_it_names_and_for_no_other);
	tcase_add_loop_test(tc, how_a_seed_was_sealed_is_certified_with_what_it_was_sealed_with, 0, 2);
	tcase_add_test(tc, the_policy_that_comes_back_is_that_of_the_object);
	tcase_add_test(tc, nothing_is_certified_of_an_object_that_was_made_otherwise);
	tcase_add_test(tc, policies_that_nobody_else_could_judge_are_refused);
	tcase_add_test(tc, the_time_is_signed);
	tcase_add_loop_test(tc, a_quote_is_of_the_values_that_come_with_it, 0, 3);
	tcase_add_test(tc, a_seed_that_was_sealed_elsewhere_for_this_tpm_opens);
	tcase_add_test(tc, an_imported_seed_opens_until_its_lease_ends);
	tcase_add_test(tc, what_was_changed_on_its_way_is_not_imported);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
