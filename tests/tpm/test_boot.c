/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Looking at the TPM's life: what it costs, what it shows, and that nobody on the bus
 * can change it.
 */
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/policy.h"
#include "seal/tpm/boot.h"
#include "seal/tpm/sealed.h"

static struct test_tpm tpm;
static struct sg_secret *plain;
static struct sg_buf blob;
static uint32_t forged;                 /* the response to this command is changed */
static struct sg_tpm_boot first, second;
static bool refusing;                   /* nobody is told the time */

static void forge(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	(void)arg;
	if (code == forged && *len > 40)
		frame[30] ^= 1;
}

/* BAD_AUTH, as with a password of the endorsement hierarchy, and ATTRIBUTES, as from a TPM that
 * takes no audit session. */
static bool refuse(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	static const struct {
		uint32_t code;
		uint8_t answer[10];
	} refusals[] = {
		{ TPM2_CC_GetTime, { 0x80, 1, 0, 0, 0, 10, 0, 0, 0x09, 0xa2 } },
		{ TPM2_CC_ReadClock, { 0x80, 1, 0, 0, 0, 10, 0, 0, 0x09, 0x82 } },
	};

	(void)arg;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0] && refusing; i++) {
		if (refusals[i].code != code)
			continue;
		*len = sizeof refusals[i].answer;
		memcpy(frame, refusals[i].answer, *len);
		return true;
	}
	return false;
}

static void setup(void)
{
	static const struct test_wire_hooks hooks = { .response = forge, .answer = refuse };

	forged = 0;
	refusing = false;
	test_tpm_start_wired(&tpm, &hooks);
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_forget(&tpm);
}

static void teardown(void)
{
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	sg_buf_free(&blob);
	sg_secret_free(&plain);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static enum sg_err look(bool whole, struct sg_tpm_boot *out)
{
	struct sg_boot_look it = { .whole = whole };
	enum sg_err err = test_sealer->ops->tripwire->look(test_sealer, sg_buf_bytes(&test_parent), &it);

	*out = (struct sg_tpm_boot){ .seeded = false };
	if (err == SG_OK && it.made)
		ck_assert_int_eq(sg_tpm_boot_read(&it.state, out), SG_OK);
	ck_assert(err == SG_OK || !it.made);
	return err;
}

static enum sg_err unseal_and_look(struct sg_boot_look *it)
{
	const struct sg_seal_guard guard = { .look = it };
	struct sg_secret *out = NULL;
	enum sg_err err = test_sealer->ops->unseal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                           sg_buf_bytes(&blob), &out);

	ck_assert(err != SG_OK || sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	sg_secret_free(&out);
	return err;
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

START_TEST(a_look_costs_an_unseal_one_command)
{
	struct sg_boot_look it = { .whole = false };

	ck_assert_int_eq(unseal_and_look(&it), SG_OK);
	ck_assert(it.made);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_GetTime, TPM2_CC_Load,
	       TPM2_CC_Unseal, TPM2_CC_FlushContext);
}
END_TEST

START_TEST(a_whole_look_costs_an_unseal_three_commands)
{
	struct sg_boot_look it = { .whole = true };

	ck_assert_int_eq(unseal_and_look(&it), SG_OK);
	ck_assert(it.made);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_GetTime, TPM2_CC_CreatePrimary,
	       TPM2_CC_FlushContext, TPM2_CC_Load, TPM2_CC_Unseal, TPM2_CC_FlushContext);
}
END_TEST

START_TEST(a_look_costs_a_policy_session_one_command)
{
	struct sg_policy policy = { .auth = false };
	const struct sg_seal_guard guard = { .policy = &policy };
	struct sg_boot_look it = { .whole = false };

	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7"), &policy), SG_OK);
	ck_assert_int_eq(test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard, plain,
	                                        &blob), SG_OK);
	test_tpm_forget(&tpm);
	ck_assert_int_eq(unseal_and_look(&it), SG_OK);
	ck_assert(it.made);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_GetTime, TPM2_CC_Load,
	       TPM2_CC_PolicyPCR, TPM2_CC_Unseal, TPM2_CC_FlushContext);
	sg_policy_clear(&policy);
}
END_TEST

START_TEST(time_goes_on_and_nothing_else_changes)
{
	ck_assert_int_eq(look(true, &first), SG_OK);
	ck_assert_int_eq(look(true, &second), SG_OK);
	ck_assert(first.seeded && first.safe);
	ck_assert_uint_ge(second.clock, first.clock);
	ck_assert_uint_ge(second.time, first.time);
	ck_assert_uint_eq(second.resets, first.resets);
	ck_assert_uint_eq(second.restarts, first.restarts);
	ck_assert_mem_eq(second.seed, first.seed, sizeof first.seed);
}
END_TEST

START_TEST(a_reset_shows_in_counter_and_seed)
{
	ck_assert_int_eq(look(true, &first), SG_OK);
	test_tpm_restart(&tpm);
	ck_assert_int_eq(look(true, &second), SG_OK);
	ck_assert_uint_eq(second.resets, first.resets + 1);
	ck_assert_mem_ne(second.seed, first.seed, sizeof first.seed);
	ck_assert(second.safe);
}
END_TEST

START_TEST(a_power_cut_shows_in_the_safe_flag)
{
	ck_assert_int_eq(look(true, &first), SG_OK);
	/* The clock is safe again when the TPM has next written it, which can be soon. */
	for (unsigned i = 1; i <= 5 && (i == 1 || second.safe); i++) {
		test_tpm_power_cut(&tpm);
		ck_assert_int_eq(look(true, &second), SG_OK);
		ck_assert_uint_eq(second.resets, first.resets + i);
	}
	ck_assert(!second.safe);
}
END_TEST

START_TEST(an_answer_that_was_changed_is_refused)
{
	static const uint32_t codes[] = { TPM2_CC_GetTime, TPM2_CC_CreatePrimary };

	forged = codes[_i];
	ck_assert_int_eq(look(true, &first), SG_ERR_HW_FAULT);
	ck_assert_uint_eq(test_tpm_sent(&tpm, forged), 1);
	forged = 0;
}
END_TEST

START_TEST(a_password_of_the_endorsement_hierarchy_does_not_hide_the_clock)
{
	test_tpm_shell(&tpm, "tpm2_changeauth -c e password");
	ck_assert_int_eq(look(true, &first), SG_OK);
	ck_assert(first.seeded);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_ReadClock), 1);
	test_tpm_restart(&tpm);
	ck_assert_int_eq(look(true, &second), SG_OK);
	ck_assert_uint_eq(second.resets, first.resets + 1);
	forged = TPM2_CC_ReadClock;
	ck_assert_int_eq(look(true, &first), SG_ERR_HW_FAULT);
	forged = 0;
}
END_TEST

START_TEST(a_policy_session_goes_on_where_the_clock_is_hidden)
{
	struct sg_policy policy = { .auth = false };
	const struct sg_seal_guard guard = { .policy = &policy };
	struct sg_boot_look it = { .whole = true };

	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7"), &policy), SG_OK);
	ck_assert_int_eq(test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard, plain,
	                                        &blob), SG_OK);
	test_tpm_shell(&tpm, "tpm2_changeauth -c e password");
	ck_assert_int_eq(unseal_and_look(&it), SG_OK);
	ck_assert(!it.made);
	sg_policy_clear(&policy);
}
END_TEST

START_TEST(what_follows_a_refused_look_is_encrypted_all_the_same)
{
	struct sg_boot_look it = { .whole = false };
	struct sg_sealed sealed = { .policy = { .auth = false } };

	ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&blob), &sealed), SG_OK);
	refusing = true;
	ck_assert_int_eq(unseal_and_look(&it), SG_OK);
	ck_assert(!it.made);
	EXPECT(TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_GetTime, TPM2_CC_ReadClock,
	       TPM2_CC_Load, TPM2_CC_Unseal, TPM2_CC_FlushContext);
	ck_assert_ptr_null(memmem(tpm.record.data, tpm.record.len, sealed.object.private_area.buffer,
	                          sealed.object.private_area.size));
	sg_sealed_clear(&sealed);
}
END_TEST

START_TEST(a_look_is_not_taken_through_a_key_of_somebody_else)
{
	test_parent.data[test_parent.len - 1] ^= 1;
	ck_assert_int_eq(look(false, &first), SG_ERR_HW_OTHER);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_GetTime), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm boot");
	TCase *tcase = tcase_create("tpm boot");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_look_costs_an_unseal_one_command);
	tcase_add_test(tcase, a_whole_look_costs_an_unseal_three_commands);
	tcase_add_test(tcase, a_look_costs_a_policy_session_one_command);
	tcase_add_test(tcase, time_goes_on_and_nothing_else_changes);
	tcase_add_test(tcase, a_reset_shows_in_counter_and_seed);
	tcase_add_test(tcase, a_power_cut_shows_in_the_safe_flag);
	tcase_add_loop_test(tcase, an_answer_that_was_changed_is_refused, 0, 2);
	tcase_add_test(tcase, a_password_of_the_endorsement_hierarchy_does_not_hide_the_clock);
	tcase_add_test(tcase, a_policy_session_goes_on_where_the_clock_is_hidden);
	tcase_add_test(tcase, what_follows_a_refused_look_is_encrypted_all_the_same);
	tcase_add_test(tcase, a_look_is_not_taken_through_a_key_of_somebody_else);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
