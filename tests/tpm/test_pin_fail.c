/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. PINs whose wrong tries an index of the TPM counts, against swtpm: what counts, what
 * gives tries back, and that the TPM's own lockout has no part in it.
 */
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "crypto/crypto.h"
#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/tpm/pin_index.h"

#define TRIES 4

static struct test_tpm tpm;
static struct sg_secret *plain, *right, *wrong, *owner, *out;
static struct sg_buf blob, neighbour;
static struct sg_policy policy;
static struct sg_pin_plan *plan;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start_wired(&tpm, NULL);
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0);
	right = test_secret(SG_SEAL_AUTH, 1);
	wrong = test_secret(SG_SEAL_AUTH, 2);
}

static void teardown(void)
{
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	sg_pin_plan_free(&plan);
	sg_policy_clear(&policy);
	sg_secret_free(&plain);
	sg_secret_free(&right);
	sg_secret_free(&wrong);
	sg_secret_free(&owner);
	sg_secret_free(&out);
	sg_buf_free(&blob);
	sg_buf_free(&neighbour);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static struct sg_bytes parent(void)
{
	return sg_buf_bytes(&test_parent);
}

static const struct sg_pin_index_ops *ops(void)
{
	return test_sealer->ops->pin_index;
}

static enum sg_err seal_planned(void)
{
	const struct sg_seal_guard guard = {
		.auth = right, .plan = plan, .owner_auth = owner, .policy = &policy,
	};

	return test_sealer->ops->seal(test_sealer, parent(), &guard, plain, &blob);
}

static void seal(void)
{
	ck_assert_int_eq(ops()->plan(test_sealer, parent(), TRIES, &plan), SG_OK);
	ck_assert_int_eq(seal_planned(), SG_OK);
}

static enum sg_err try(const struct sg_secret *auth)
{
	return test_unseal(auth, sg_buf_bytes(&blob), &out);
}

static void try_wrong(int times)
{
	for (int i = 0; i < times; i++)
		ck_assert_int_eq(try(wrong), SG_ERR_AUTH);
}

static struct sg_seal_tries tries_of(const struct sg_buf *which)
{
	struct sg_seal_tries tries;

	ck_assert_int_eq(test_sealer->ops->tries(test_sealer, parent(), sg_buf_bytes(which),
	                                         &tries), SG_OK);
	return tries;
}

static uint32_t left(void)
{
	struct sg_seal_tries tries = tries_of(&blob);

	ck_assert(tries.known && tries.own);
	ck_assert_uint_eq(tries.most, TRIES);
	ck_assert_uint_eq(tries.seconds, 0);
	return tries.left;
}

/* How many indices that look like ours the TPM has. */
static size_t indices(void)
{
	struct sg_pin_index found[8];
	size_t count;

	ck_assert_int_eq(ops()->list(test_sealer, found, 8, &count), SG_OK);
	return count;
}

START_TEST(the_right_pin_opens)
{
	seal();
	ck_assert(test_opens(right, &blob, plain));
	ck_assert(test_opens(right, &blob, plain));
	ck_assert_uint_eq(left(), TRIES);
}
END_TEST

START_TEST(wrong_pins_are_counted_and_a_right_one_gives_them_back)
{
	seal();
	try_wrong(TRIES - 1);
	ck_assert_uint_eq(left(), 1);
	ck_assert(test_opens(right, &blob, plain));
	ck_assert_uint_eq(left(), TRIES);
}
END_TEST

START_TEST(as_many_wrong_pins_as_it_takes_lock_it_for_good)
{
	seal();
	try_wrong(TRIES);
	ck_assert_uint_eq(left(), 0);
	ck_assert_int_eq(try(right), SG_ERR_PIN_SPENT);
	ck_assert_int_eq(try(wrong), SG_ERR_PIN_SPENT);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -c");
	test_tpm_restart(&tpm);
	ck_assert_int_eq(try(right), SG_ERR_PIN_SPENT);
}
END_TEST

START_TEST(the_lockout_of_the_tpm_is_another)
{
	struct sg_seal_tries tries;

	seal();
	ck_assert_int_eq(test_seal(right, plain, &neighbour), SG_OK);
	try_wrong(TRIES);
	tries = tries_of(&neighbour);
	ck_assert(tries.known && !tries.own);
	ck_assert_uint_eq(tries.left, 3);
	ck_assert_uint_eq(tries.most, 3);
	ck_assert_uint_eq(tries.seconds, 1000);
}
END_TEST

START_TEST(a_missing_pin_does_not_count)
{
	seal();
	ck_assert_int_eq(try(NULL), SG_ERR_AUTH);
	ck_assert_uint_eq(left(), TRIES);
}
END_TEST

START_TEST(the_pin_and_the_secret_do_not_cross_the_bus)
{
	struct sg_tpm_pin halves;

	seal();
	ck_assert(test_opens(right, &blob, plain));
	try_wrong(1);
	ck_assert_uint_gt(test_tpm_sent(&tpm, TPM2_CC_PolicySecret), 0);
	ck_assert_int_eq(sg_tpm_pin_split(right, &halves), SG_OK);
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(right)));
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(halves.object)));
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(halves.index)));
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(plain)));
	sg_tpm_pin_free(&halves);
}
END_TEST

START_TEST(a_login_is_eleven_commands)
{
	seal();
	test_tpm_forget(&tpm);
	ck_assert(test_opens(right, &blob, plain));
	ck_assert_uint_eq(tpm.count, 11);
}
END_TEST

/* The owner's password is empty in a TPM of a test. */
START_TEST(nobody_can_write_the_index)
{
	char line[400];

	seal();
	try_wrong(1);
	snprintf(line, sizeof line, "printf '\\0\\0\\0\\0\\0\\0\\0\\4' > zero; "
	         "! tpm2_nvwrite -C o -i zero 0x%x && ! tpm2_nvwrite -C 0x%x -i zero 0x%x",
	         plan->index.handle, plan->index.handle, plan->index.handle);
	test_tpm_shell(&tpm, line);
	ck_assert_uint_eq(left(), TRIES - 1);
}
END_TEST

START_TEST(a_policy_of_pcrs_goes_with_it_and_costs_no_try)
{
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7"), &policy), SG_OK);
	seal();
	try_wrong(1);
	ck_assert(test_opens(right, &blob, plain));
	test_tpm_shell(&tpm, "tpm2_pcrextend 7:sha256="
	               "2222222222222222222222222222222222222222222222222222222222222222");
	ck_assert_int_eq(try(wrong), SG_ERR_POLICY);
	ck_assert_int_eq(try(right), SG_ERR_POLICY);
	ck_assert_uint_eq(left(), TRIES);
}
END_TEST

START_TEST(a_missing_index_is_said_to_be_missing)
{
	seal();
	ck_assert_int_eq(ops()->remove(test_sealer, parent(), NULL, &plan->index), SG_OK);
	ck_assert_uint_eq(indices(), 0);
	ck_assert_int_eq(try(right), SG_ERR_PIN_INDEX);
	ck_assert_int_eq(ops()->remove(test_sealer, parent(), NULL, &plan->index), SG_OK);
}
END_TEST

START_TEST(another_index_is_not_removed)
{
	struct sg_pin_index other;

	seal();
	other = plan->index;
	other.authority[0] ^= 1;
	ck_assert_int_eq(ops()->remove(test_sealer, parent(), NULL, &other), SG_OK);
	ck_assert_uint_eq(indices(), 1);
	ck_assert(test_opens(right, &blob, plain));
}
END_TEST

START_TEST(an_index_with_another_digest_in_its_place_is_left_alone)
{
	struct sg_pin_index found[2];
	size_t count = 0;
	char line[200];

	seal();
	snprintf(line, sizeof line, "tpm2_nvundefine -C o 0x%08x > /dev/null && tpm2_nvdefine 0x%08x "
	         "-C o -s 8 -g sha384 -a 'ownerread|ownerwrite' > /dev/null", plan->index.handle,
	         plan->index.handle);
	test_tpm_shell(&tpm, line);
	ck_assert_int_eq(ops()->remove(test_sealer, parent(), NULL, &plan->index), SG_OK);
	snprintf(line, sizeof line, "tpm2_nvreadpublic 0x%08x > /dev/null", plan->index.handle);
	test_tpm_shell(&tpm, line);
	ck_assert_int_eq(ops()->list(test_sealer, found, 2, &count), SG_OK);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(try(right), SG_ERR_PIN_INDEX);
}
END_TEST

START_TEST(the_blob_names_its_index)
{
	struct sg_pin_index index;

	seal();
	ck_assert_int_eq(ops()->of(sg_buf_bytes(&blob), &index), SG_OK);
	ck_assert(sg_pin_index_same(&index, &plan->index));
	ck_assert_int_eq(test_seal(right, plain, &neighbour), SG_OK);
	ck_assert_int_eq(ops()->of(sg_buf_bytes(&neighbour), &index), SG_OK);
	ck_assert_uint_eq(index.handle, 0);
	ck_assert_int_eq(ops()->of(sg_bytes_str("SGT2"), &index), SG_ERR_FORMAT);
}
END_TEST

START_TEST(an_owner_with_a_password_is_asked_for_it)
{
	ck_assert_int_eq(ops()->plan(test_sealer, parent(), TRIES, &plan), SG_OK);
	test_tpm_shell(&tpm, "tpm2_changeauth -c o secret");
	ck_assert_int_eq(seal_planned(), SG_ERR_HW_OWNER_AUTH);
	ck_assert_uint_eq(indices(), 0);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("secret"), &owner), SG_OK);
	ck_assert_int_eq(seal_planned(), SG_OK);
	ck_assert(test_opens(right, &blob, plain));
	try_wrong(1);
	/* Anybody is shown the count, also when there is no try left. */
	ck_assert_uint_eq(left(), TRIES - 1);
	try_wrong(TRIES - 1);
	ck_assert_uint_eq(left(), 0);
	ck_assert(tries_of(&blob).known);
	ck_assert_int_eq(ops()->remove(test_sealer, parent(), NULL, &plan->index),
	                 SG_ERR_HW_OWNER_AUTH);
	ck_assert_int_eq(ops()->remove(test_sealer, parent(), owner, &plan->index), SG_OK);
	ck_assert_uint_eq(indices(), 0);
}
END_TEST

START_TEST(a_plan_is_good_for_one_index)
{
	seal();
	ck_assert_int_eq(seal_planned(), SG_ERR_HW_BUSY);
	ck_assert_uint_eq(indices(), 1);
	ck_assert(test_opens(right, &blob, plain));
}
END_TEST

static const uint32_t impossible[] = { 0, SG_PIN_TRIES_MAX + 1, UINT32_MAX };

START_TEST(an_impossible_number_of_tries_is_refused)
{
	ck_assert_int_eq(ops()->plan(test_sealer, parent(), impossible[_i], &plan), SG_ERR_RANGE);
	ck_assert_ptr_null(plan);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm pin index");
	TCase *tcase = tcase_create("pin index");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_right_pin_opens);
	tcase_add_test(tcase, wrong_pins_are_counted_and_a_right_one_gives_them_back);
	tcase_add_test(tcase, as_many_wrong_pins_as_it_takes_lock_it_for_good);
	tcase_add_test(tcase, the_lockout_of_the_tpm_is_another);
	tcase_add_test(tcase, a_missing_pin_does_not_count);
	tcase_add_test(tcase, the_pin_and_the_secret_do_not_cross_the_bus);
	tcase_add_test(tcase, a_login_is_eleven_commands);
	tcase_add_test(tcase, nobody_can_write_the_index);
	tcase_add_test(tcase, a_policy_of_pcrs_goes_with_it_and_costs_no_try);
	tcase_add_test(tcase, a_missing_index_is_said_to_be_missing);
	tcase_add_test(tcase, another_index_is_not_removed);
	tcase_add_test(tcase, an_index_with_another_digest_in_its_place_is_left_alone);
	tcase_add_test(tcase, the_blob_names_its_index);
	tcase_add_test(tcase, an_owner_with_a_password_is_asked_for_it);
	tcase_add_test(tcase, a_plan_is_good_for_one_index);
	tcase_add_loop_test(tcase, an_impossible_number_of_tries_is_refused, 0,
	                    (int)(sizeof impossible / sizeof impossible[0]));
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
