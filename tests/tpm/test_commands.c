/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What each operation costs, command by command, and that it leaves nothing
 * behind in the TPM. A slow TPM takes 0.12 seconds for a command.
 */
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/resident.h"
#include "seal/tpm/tcti.h"

static struct test_tpm tpm;
static struct sg_secret *plain, *auth;
static struct sg_buf blob;

static void setup(void)
{
	test_tpm_start_wired(&tpm, NULL);
	test_sealer_on(tpm.tcti);
	plain = test_secret(32, 0);
	auth = test_secret(SG_SEAL_AUTH, 1);
}

static void setup_provisioned(void)
{
	setup();
	test_provision();
	test_tpm_forget(&tpm);
}

static void teardown(void)
{
	/* A TPM behind a device has no second entrance. */
	if (strncmp(tpm.tcti, "swtpm:", 6) == 0) {
		ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
		ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	}
	sg_buf_free(&blob);
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static void expect(const uint32_t *codes, size_t n)
{
	ck_assert_uint_eq(tpm.count, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(tpm.codes[i], codes[i]);
}

#define EXPECT(...) do { \
		static const uint32_t codes[] = { __VA_ARGS__ }; \
		expect(codes, sizeof codes / sizeof codes[0]); \
	} while (0)

START_TEST(opening_the_sealer_sends_nothing)
{
	ck_assert_uint_eq(tpm.count, 0);
}
END_TEST

START_TEST(an_unseal_is_five_commands)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_forget(&tpm);
	ck_assert(test_opens(NULL, &blob, plain));
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_Unseal,
	       TPM2_CC_FlushContext);
}
END_TEST

START_TEST(an_unseal_with_an_authorisation_costs_no_more)
{
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	/* The first use of what counts towards the lockout makes the TPM write and ask
	 * for the command again. */
	ck_assert(test_opens(auth, &blob, plain));
	test_tpm_forget(&tpm);
	ck_assert(test_opens(auth, &blob, plain));
	ck_assert_uint_le(tpm.count, 6);
}
END_TEST

START_TEST(a_seal_is_four_commands)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Create, TPM2_CC_FlushContext);
}
END_TEST

START_TEST(finding_the_storage_root_key_is_two_commands)
{
	ck_assert(!test_provision());
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_ReadPublic);
}
END_TEST

START_TEST(the_status_is_four_commands)
{
	struct sg_sealer_status status;

	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent), &status),
	                 SG_OK);
	EXPECT(TPM2_CC_GetCapability, TPM2_CC_GetCapability, TPM2_CC_ReadPublic,
	       TPM2_CC_ReadPublic);
}
END_TEST

/* Make a key that lives in the TPM, and forget what that cost. */
static const struct sg_resident_ops *make_key(enum sg_resident_kind kind, unsigned uses,
                                              uint8_t point[SG_RESIDENT_POINT])
{
	const struct sg_resident_ops *ops = test_sealer->ops->resident;
	const struct sg_resident_plan plan = { .kind = kind, .uses = uses };

	ck_assert_int_eq(ops->create(test_sealer, sg_buf_bytes(&test_parent), &plan, &blob, point),
	                 SG_OK);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Create);
	test_tpm_forget(&tpm);
	return ops;
}

START_TEST(a_signature_of_a_key_in_the_tpm_is_five_commands)
{
	uint8_t point[SG_RESIDENT_POINT], signature[SG_RESIDENT_SIGNATURE];
	const struct sg_resident_ops *ops = make_key(SG_RESIDENT_P256, SG_RESIDENT_SIGN, point);

	ck_assert_int_eq(ops->sign(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           plain->data, signature), SG_OK);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_Sign,
	       TPM2_CC_FlushContext);
}
END_TEST

START_TEST(a_secret_agreed_on_in_the_tpm_is_five_commands)
{
	uint8_t point[SG_RESIDENT_POINT];
	const struct sg_resident_ops *ops = make_key(SG_RESIDENT_P256, SG_RESIDENT_DERIVE, point);
	struct sg_secret *shared = NULL;

	ck_assert_int_eq(ops->ecdh(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           point, &shared), SG_OK);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_ECDH_ZGen,
	       TPM2_CC_FlushContext);
	sg_secret_free(&shared);
}
END_TEST

START_TEST(a_code_of_a_key_in_the_tpm_is_a_command_for_each_kilobyte)
{
	static const uint8_t data[3000];
	uint8_t mac[SG_RESIDENT_MAC];
	const struct sg_resident_ops *ops = make_key(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN, NULL);

	ck_assert_int_eq(ops->hmac(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           sg_bytes(data, 1024), mac), SG_OK);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_HMAC,
	       TPM2_CC_FlushContext);
	test_tpm_forget(&tpm);
	ck_assert_int_eq(ops->hmac(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           sg_bytes(data, sizeof data), mac), SG_OK);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_HMAC_Start,
	       TPM2_CC_SequenceUpdate, TPM2_CC_SequenceUpdate, TPM2_CC_SequenceComplete,
	       TPM2_CC_FlushContext);
}
END_TEST

START_TEST(the_counter_counts_what_the_wire_carries)
{
	uint64_t before = sg_tpm_command_count();

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_uint_eq(sg_tpm_command_count() - before, tpm.count);
}
END_TEST

START_TEST(making_the_storage_root_key_leaves_nothing_loaded)
{
	ck_assert(test_provision());
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_EvictControl), 1);
}
END_TEST

START_TEST(a_wrong_authorisation_leaves_nothing_loaded)
{
	struct sg_secret *wrong = test_secret(SG_SEAL_AUTH, 9), *out = NULL;

	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	sg_secret_free(&wrong);
}
END_TEST

START_TEST(a_changed_blob_leaves_nothing_loaded)
{
	struct sg_secret *out = NULL;

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	blob.data[blob.len - 1] ^= 1;
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_SEALED_DAMAGED);
}
END_TEST

START_TEST(a_blob_that_can_not_be_one_is_refused_without_asking)
{
	struct sg_secret *out = NULL;

	ck_assert_int_eq(test_unseal(NULL, sg_bytes_str("SGT1 and so on"), &out), SG_ERR_FORMAT);
	ck_assert_uint_eq(tpm.count, 0);
}
END_TEST

START_TEST(a_missing_authorisation_is_refused_without_asking)
{
	struct sg_secret *out = NULL;

	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	test_tpm_forget(&tpm);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	ck_assert_uint_eq(tpm.count, 0);
}
END_TEST

START_TEST(an_authorisation_of_zeros_is_refused)
{
	struct sg_secret *zeros = NULL;

	ck_assert_int_eq(sg_secret_new(SG_SEAL_AUTH, &zeros), SG_OK);
	zeros->len = SG_SEAL_AUTH;
	ck_assert_int_eq(test_seal(zeros, plain, &blob), SG_ERR_RANGE);
	ck_assert_uint_eq(tpm.count, 0);
	sg_secret_free(&zeros);
}
END_TEST

START_TEST(a_tpm_without_a_free_session_is_told_apart)
{
	for (int i = 0; i < 3; i++)
		test_tpm_take_session(&tpm);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_MEMORY);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 3);
	test_tpm_shell(&tpm, "tpm2_flushcontext -l");
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
}
END_TEST

/* The TCTI for devices asks the TPM something of its own whenever it is opened. */
START_TEST(an_unseal_on_a_device_is_at_most_six_commands)
{
	test_sealer_end();
	test_tpm_stop(&tpm);
	test_tpm_start_device(&tpm, NULL);
	test_sealer_on(tpm.tcti);
	test_provision();
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_forget(&tpm);
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_Unseal), 1);
	ck_assert_uint_le(tpm.count, 6);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm commands");
	TCase *fresh = tcase_create("fresh"), *tcase = tcase_create("provisioned");

	tcase_add_checked_fixture(fresh, setup, teardown);
	tcase_add_test(fresh, opening_the_sealer_sends_nothing);
	tcase_add_test(fresh, making_the_storage_root_key_leaves_nothing_loaded);
	suite_add_tcase(s, fresh);
	tcase_add_checked_fixture(tcase, setup_provisioned, teardown);
	tcase_add_test(tcase, an_unseal_is_five_commands);
	tcase_add_test(tcase, an_unseal_with_an_authorisation_costs_no_more);
	tcase_add_test(tcase, a_seal_is_four_commands);
	tcase_add_test(tcase, finding_the_storage_root_key_is_two_commands);
	tcase_add_test(tcase, the_status_is_four_commands);
	tcase_add_test(tcase, a_signature_of_a_key_in_the_tpm_is_five_commands);
	tcase_add_test(tcase, a_secret_agreed_on_in_the_tpm_is_five_commands);
	tcase_add_test(tcase, a_code_of_a_key_in_the_tpm_is_a_command_for_each_kilobyte);
	tcase_add_test(tcase, the_counter_counts_what_the_wire_carries);
	tcase_add_test(tcase, a_wrong_authorisation_leaves_nothing_loaded);
	tcase_add_test(tcase, a_changed_blob_leaves_nothing_loaded);
	tcase_add_test(tcase, a_blob_that_can_not_be_one_is_refused_without_asking);
	tcase_add_test(tcase, a_missing_authorisation_is_refused_without_asking);
	tcase_add_test(tcase, an_authorisation_of_zeros_is_refused);
	tcase_add_test(tcase, an_unseal_on_a_device_is_at_most_six_commands);
	tcase_add_test(tcase, a_tpm_without_a_free_session_is_told_apart);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
