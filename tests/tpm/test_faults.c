/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A TPM that refuses, asks for patience, says nothing, or says half: each fault has
 * an error of its own, nothing stays loaded, and afterwards everything works as before.
 */
#include <string.h>
#include <time.h>
#include <tss2/tss2_tpm2_types.h>

#include "lib/conformance.h"
#include "lib/fault.h"
#include "lib/memory.h"
#include "lib/runner.h"
#include "seal/attest.h"
#include "seal/resident.h"

#define NEEDLE 16

static struct test_tpm tpm;
static struct sg_secret *plain, *auth, *out;
static struct sg_buf blob;

/* Whether pauses of ours take no time, in tests whose TPM stays as it is however long one waits. */
static bool hurried;

int __real_nanosleep(const struct timespec *pause, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest);

int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest)
{
	return hurried ? 0 : __real_nanosleep(pause, rest);
}

static void prepare(void)
{
	hurried = false;
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0);
	auth = test_secret(SG_SEAL_AUTH, 1);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_forget(&tpm);
}

static void setup(void)
{
	test_fault_start(&tpm);
	prepare();
}

static void setup_device(void)
{
	test_fault_start_device(&tpm);
	prepare();
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	sg_secret_free(&out);
	sg_buf_free(&blob);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static size_t loaded(void)
{
	return test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT) +
	       test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION);
}

static enum sg_err unseal(void)
{
	return test_unseal(NULL, sg_buf_bytes(&blob), &out);
}

static const uint32_t unsealing[] = {
	TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_Unseal,
};
#define UNSEALING (int)(sizeof unsealing / sizeof unsealing[0])

/* What a TPM says, and what it is to us. The numbers of handle, session and parameter in
 * the code are as a TPM gives them. */
static const struct {
	uint32_t code;
	enum sg_err err;
	uint32_t command;               /* TEST_ANY: whichever it is */
} meanings[] = {
	{ TPM2_RC_FAILURE, SG_ERR_HW_FAILURE, TEST_ANY },
	{ TPM2_RC_INITIALIZE, SG_ERR_HW_NOT_STARTED, TEST_ANY },
	{ TPM2_RC_REBOOT, SG_ERR_HW_REBOOT, TEST_ANY },
	{ TPM2_RC_UPGRADE, SG_ERR_HW_REBOOT, TEST_ANY },
	{ TPM2_RC_COMMAND_CODE, SG_ERR_HW_UNSUPPORTED, TEST_ANY },
	{ TPM2_RC_LOCKOUT, SG_ERR_LOCKED, TPM2_CC_Unseal },
	{ 0x98e, SG_ERR_AUTH, TPM2_CC_Unseal },                 /* AUTH_FAIL, session 1 */
	{ 0x1df, SG_ERR_SEALED_DAMAGED, TPM2_CC_Load },         /* INTEGRITY, parameter 1 */
	{ TPM2_RC_OBJECT_MEMORY, SG_ERR_HW_MEMORY, TPM2_CC_Load },
	{ TPM2_RC_SESSION_MEMORY, SG_ERR_HW_MEMORY, TPM2_CC_StartAuthSession },
	{ TPM2_RC_SESSION_HANDLES, SG_ERR_HW_MEMORY, TPM2_CC_StartAuthSession },
	{ TPM2_RC_NV_SPACE, SG_ERR_HW_NV_FULL, TPM2_CC_Load },
};
#define MEANINGS (int)(sizeof meanings / sizeof meanings[0])

START_TEST(a_refusal_has_its_meaning_and_leaves_nothing_behind)
{
	hurried = true;
	for (int i = 0; i < UNSEALING; i++) {
		if (meanings[_i].command != TEST_ANY && meanings[_i].command != unsealing[i])
			continue;
		test_fault_set(TEST_REFUSE, unsealing[i], TEST_ALWAYS, meanings[_i].code);
		ck_assert_int_eq(unseal(), meanings[_i].err);
		ck_assert_ptr_null(out);
		ck_assert_uint_ge(test_fault_clear(), 1);
		ck_assert_uint_eq(loaded(), 0);
		ck_assert(test_opens(NULL, &blob, plain));
	}
}
END_TEST

static const struct {
	uint32_t code;
	enum sg_err err;
} waits[] = {
	{ TPM2_RC_RETRY, SG_ERR_HW_RETRY },
	{ TPM2_RC_YIELDED, SG_ERR_HW_YIELDED },
	{ TPM2_RC_TESTING, SG_ERR_HW_TESTING },
	{ TPM2_RC_NV_RATE, SG_ERR_HW_NV_RATE },
	{ TPM2_RC_NV_UNAVAILABLE, SG_ERR_HW_NV_RATE },
};
#define WAITS (int)(sizeof waits / sizeof waits[0])

START_TEST(a_tpm_that_is_busy_for_a_moment_is_waited_for)
{
	hurried = true;
	for (int i = 0; i < UNSEALING; i++) {
		test_tpm_forget(&tpm);
		test_fault_first(TEST_REFUSE, unsealing[i], 7, waits[_i].code);
		ck_assert(test_opens(NULL, &blob, plain));
		ck_assert_uint_eq(test_fault_clear(), 7);
		ck_assert_uint_eq(test_tpm_sent(&tpm, unsealing[i]), 8);
		ck_assert_uint_eq(tpm.count, 5 + 7);
		ck_assert_uint_eq(loaded(), 0);
	}
}
END_TEST

/* With an authorisation more hangs on the nonces of the session. */
START_TEST(a_session_with_an_authorisation_survives_waiting)
{
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	test_fault_first(TEST_REFUSE, TPM2_CC_Unseal, 7, waits[_i].code);
	ck_assert(test_opens(auth, &blob, plain));
	ck_assert_uint_eq(test_fault_clear(), 7);
	ck_assert_uint_eq(loaded(), 0);
}
END_TEST

START_TEST(a_tpm_that_stays_busy_is_given_up)
{
	const uint32_t command = unsealing[_i % UNSEALING];

	hurried = true;
	test_fault_set(TEST_REFUSE, command, TEST_ALWAYS, waits[_i].code);
	ck_assert_int_eq(unseal(), waits[_i].err);
	ck_assert_ptr_null(out);
	/* Ours, and those of tpm2-tss. */
	ck_assert_uint_le(test_fault_clear(), 12 + 5);
	ck_assert_uint_eq(loaded(), 0);
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

static const enum test_fault breaks[] = { TEST_DROP, TEST_LOSE, TEST_CUT };
#define BREAKS (int)(sizeof breaks / sizeof breaks[0])

/* A TPM that nothing manages can't be told what to flush where the answer that had the
 * handle was lost; then at most that one slot is taken. */
START_TEST(an_answer_that_does_not_arrive_whole_is_a_tpm_that_went_away)
{
	for (int i = 0; i < UNSEALING; i++) {
		test_fault_set(breaks[_i], unsealing[i], 1, 0);
		ck_assert_int_eq(unseal(), SG_ERR_HW_REMOVED);
		ck_assert_ptr_null(out);
		ck_assert_uint_eq(test_fault_clear(), 1);
		ck_assert_uint_le(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 1);
		ck_assert_uint_le(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 1);
		test_tpm_power_cut(&tpm);
		ck_assert(test_opens(NULL, &blob, plain));
		ck_assert_uint_eq(loaded(), 0);
	}
}
END_TEST

START_TEST(a_tpm_that_dies_at_any_command_is_removed)
{
	const enum test_fault fault = _i == 0 ? TEST_DIE_BEFORE : TEST_DIE_AFTER;

	for (int i = 0; i < UNSEALING; i++) {
		test_fault_set(fault, unsealing[i], 1, 0);
		ck_assert_int_eq(unseal(), SG_ERR_HW_REMOVED);
		ck_assert_ptr_null(out);
		ck_assert_uint_eq(test_fault_clear(), 1);
		test_tpm_power_cut(&tpm);
		ck_assert(test_opens(NULL, &blob, plain));
		ck_assert_uint_eq(loaded(), 0);
	}
}
END_TEST

START_TEST(slots_that_others_hold_for_a_moment_are_waited_for)
{
	static const struct {
		uint32_t command, code;
	} full[] = {
		{ TPM2_CC_StartAuthSession, TPM2_RC_SESSION_MEMORY },
		{ TPM2_CC_Load, TPM2_RC_OBJECT_MEMORY },
	};

	test_fault_first(TEST_REFUSE, full[_i].command, 5, full[_i].code);
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_uint_eq(test_fault_clear(), 5);
	ck_assert_uint_eq(loaded(), 0);
}
END_TEST

START_TEST(objects_that_others_never_give_back_are_told_apart)
{
	test_tpm_shell(&tpm, "for i in 1 2 3; do tpm2_createprimary -C n -c $i.ctx; done");
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 3);
	ck_assert_int_eq(unseal(), SG_ERR_HW_MEMORY);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 3);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	test_tpm_shell(&tpm, "tpm2_flushcontext -t");
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

/* A secret of bytes that stand nowhere by chance. */
static void fill(struct sg_secret *secret, uint8_t salt)
{
	for (size_t i = 0; i < secret->len; i++)
		secret->data[i] = (uint8_t)(((uint32_t)(i + 1) * 2654435761u + salt * 40503u) >> 23);
}

static size_t residue(size_t len, uint8_t salt)
{
	uint8_t veiled[NEEDLE];
	size_t found = 0;

	for (size_t at = 0; at + NEEDLE <= len; at += NEEDLE) {
		for (size_t i = 0; i < NEEDLE; i++)
			veiled[i] = (uint8_t)(((uint32_t)(at + i + 1) * 2654435761u + salt * 40503u)
			                      >> 23) ^ TEST_VEIL;
		found += test_memory_find(veiled, NEEDLE);
	}
	return found;
}

static const enum test_fault all[] = { TEST_DROP, TEST_LOSE, TEST_CUT, TEST_DIE_AFTER };

START_TEST(a_connection_that_breaks_leaves_no_copy_of_a_secret)
{
	fill(plain, 3);
	fill(auth, 4);
	test_fault_set(all[_i], TPM2_CC_Create, 1, 0);
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_ERR_HW_REMOVED);
	test_fault_clear();
	test_tpm_power_cut(&tpm);
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	test_fault_set(all[_i], TPM2_CC_Unseal, 1, 0);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_ERR_HW_REMOVED);
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	ck_assert_uint_eq(residue(32, 3), 0);
	ck_assert_uint_eq(residue(SG_SEAL_AUTH, 4), 0);
}
END_TEST

START_TEST(a_tpm_that_answers_after_thirty_seconds_is_too_late)
{
	test_fault_set(TEST_DELAY, TPM2_CC_Unseal, 1, 30000);
	ck_assert_int_eq(unseal(), SG_ERR_HW_TIMEOUT);
	ck_assert_ptr_null(out);
	ck_assert_uint_eq(test_fault_clear(), 1);
	/* It is busy for ten seconds more, and then there for everybody again. (A terminal, our
	 * device, would give the late answer to the next one who opens it.) */
	if (_i == 0)
		ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

START_TEST(a_tpm_that_answers_after_some_seconds_is_waited_for)
{
	test_fault_set(TEST_DELAY, TPM2_CC_Unseal, 1, 3000);
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_uint_eq(test_fault_clear(), 1);
	ck_assert_uint_eq(loaded(), 0);
}
END_TEST

/* All that is shown of a TPM, in one go. */
static enum sg_err show(void)
{
	const struct sg_attest_ops *ops = test_sealer->ops->attest;
	const struct sg_bytes parent = sg_buf_bytes(&test_parent), none = { NULL, 0 };
	struct sg_policy policy = { .until = UINT64_MAX };
	const struct sg_attest_guard guard = { .policy = &policy };
	struct sg_attest_keys keys = { .ek_kind = SG_EK_P256 };
	struct sg_attest_object object = { .blob = { NULL, 0, 0 } };
	struct sg_attest_signed attest = { .attest = { NULL, 0, 0 } };
	uint8_t qualifying[SG_ATTEST_HASH] = { 0 };
	const struct sg_bytes q = sg_bytes(qualifying, sizeof qualifying);
	struct sg_pcrs pcrs = { .bank[SG_SHA256].selected = 1 << 7 };
	enum sg_err err = ops->keys(test_sealer, parent, none, &keys);

	if (err == SG_OK)
		err = ops->derive(test_sealer, parent, &guard, sg_bytes_str("label"), &object);
	if (err == SG_OK)
		err = test_unseal(NULL, sg_buf_bytes(&object.blob), &out);
	sg_secret_free(&out);
	if (err == SG_OK)
		err = ops->certify(test_sealer, parent, sg_buf_bytes(&keys.ak_blob), &object, q,
		                   &attest);
	sg_attest_signed_clear(&attest);
	if (err == SG_OK)
		err = ops->time(test_sealer, parent, sg_buf_bytes(&keys.ak_blob), q, &attest);
	sg_attest_signed_clear(&attest);
	if (err == SG_OK)
		err = ops->quote(test_sealer, parent, sg_buf_bytes(&keys.ak_blob), q, &pcrs,
		                 &attest);
	sg_attest_signed_clear(&attest);
	sg_attest_object_clear(&object);
	sg_attest_keys_clear(&keys);
	return err;
}

static const uint32_t showing[] = {
	TPM2_CC_StartAuthSession, TPM2_CC_Create, TPM2_CC_CreatePrimary, TPM2_CC_Load, TPM2_CC_Sign,
	TPM2_CC_LoadExternal, TPM2_CC_VerifySignature, TPM2_CC_PolicyCpHash,
	TPM2_CC_PolicyAuthorize, TPM2_CC_PolicyCounterTimer, TPM2_CC_HMAC, TPM2_CC_CertifyCreation,
	TPM2_CC_GetTime, TPM2_CC_PCR_Read, TPM2_CC_Quote,
};
#define SHOWING (int)(sizeof showing / sizeof showing[0])

START_TEST(a_refusal_while_a_tpm_is_shown_leaves_nothing_behind)
{
	for (unsigned nth = 1; nth <= 2; nth++) {
		test_fault_set(TEST_REFUSE, showing[_i], nth, TPM2_RC_FAILURE);
		if (show() == SG_OK)    /* there was no second one */
			ck_assert_uint_eq(nth, 2);
		ck_assert_uint_le(test_fault_clear(), 1);
		ck_assert_uint_eq(loaded(), 0);
	}
	ck_assert_int_eq(show(), SG_OK);
}
END_TEST

START_TEST(an_answer_about_a_tpm_that_is_cut_short_is_a_tpm_that_went_away)
{
	test_fault_set(TEST_CUT, showing[_i], 1, 0);
	ck_assert_int_eq(show(), SG_ERR_HW_REMOVED);
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_tpm_power_cut(&tpm);
	ck_assert_int_eq(show(), SG_OK);
	ck_assert_uint_eq(loaded(), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm faults");
	TCase *tcase = tcase_create("faults"), *device = tcase_create("device");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_refusal_has_its_meaning_and_leaves_nothing_behind, 0, MEANINGS);
	tcase_add_loop_test(tcase, a_tpm_that_is_busy_for_a_moment_is_waited_for, 0, WAITS);
	tcase_add_loop_test(tcase, a_session_with_an_authorisation_survives_waiting, 0, WAITS);
	tcase_add_loop_test(tcase, a_tpm_that_stays_busy_is_given_up, 0, WAITS);
	tcase_add_loop_test(tcase, an_answer_that_does_not_arrive_whole_is_a_tpm_that_went_away, 0,
	                    BREAKS);
	tcase_add_loop_test(tcase, a_tpm_that_dies_at_any_command_is_removed, 0, 2);
	tcase_add_loop_test(tcase, slots_that_others_hold_for_a_moment_are_waited_for, 0, 2);
	tcase_add_test(tcase, objects_that_others_never_give_back_are_told_apart);
	tcase_add_loop_test(tcase, a_connection_that_breaks_leaves_no_copy_of_a_secret, 0,
	                    sizeof all / sizeof all[0]);
	tcase_add_test(tcase, a_tpm_that_answers_after_some_seconds_is_waited_for);
	tcase_add_loop_test(tcase, a_tpm_that_answers_after_thirty_seconds_is_too_late, 0, 1);
	tcase_add_loop_test(tcase, a_refusal_while_a_tpm_is_shown_leaves_nothing_behind, 0, SHOWING);
	tcase_add_loop_test(tcase, an_answer_about_a_tpm_that_is_cut_short_is_a_tpm_that_went_away,
	                    0, SHOWING);
	suite_add_tcase(s, tcase);
	tcase_add_checked_fixture(device, setup_device, teardown);
	tcase_add_loop_test(device, a_tpm_that_answers_after_thirty_seconds_is_too_late, 1, 2);
	suite_add_tcase(s, device);
	return s;
}

int main(void)
{
	return test_run(suite());
}
