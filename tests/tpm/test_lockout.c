/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The TPM's own count of wrong authorisations: what counts, and who is locked
 * out. swtpm allows three.
 */
#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"

static struct test_tpm tpm;
static struct sg_secret *plain, *right, *wrong, *out;
static struct sg_buf guarded, machine;

static void setup(void)
{
	test_tpm_start(&tpm);
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0);
	right = test_secret(SG_SEAL_AUTH, 1);
	wrong = test_secret(SG_SEAL_AUTH, 2);
	ck_assert_int_eq(test_seal(right, plain, &guarded), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &machine), SG_OK);
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_secret_free(&right);
	sg_secret_free(&wrong);
	sg_secret_free(&out);
	sg_buf_free(&guarded);
	sg_buf_free(&machine);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static struct sg_sealer_status status(void)
{
	struct sg_sealer_status s;

	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent), &s),
	                 SG_OK);
	ck_assert(s.lockout_known);
	return s;
}

static void try_wrong(void)
{
	ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&guarded), &out), SG_ERR_AUTH);
}

START_TEST(wrong_authorisations_are_counted_down)
{
	ck_assert_uint_eq(status().tries_left, 3);
	ck_assert(!status().locked);
	try_wrong();
	ck_assert_uint_eq(status().tries_left, 2);
	try_wrong();
	ck_assert_uint_eq(status().tries_left, 1);
	ck_assert(test_opens(right, &guarded, plain));
	ck_assert_uint_eq(status().seconds_per_try, 1000);
}
END_TEST

START_TEST(three_wrong_authorisations_lock)
{
	for (int i = 0; i < 3; i++)
		try_wrong();
	ck_assert_int_eq(test_unseal(right, sg_buf_bytes(&guarded), &out), SG_ERR_LOCKED);
	ck_assert(status().locked);
	ck_assert_uint_eq(status().tries_left, 0);
}
END_TEST

START_TEST(a_machine_secret_opens_while_the_tpm_is_locked)
{
	for (int i = 0; i < 3; i++)
		try_wrong();
	ck_assert(status().locked);
	ck_assert(test_opens(NULL, &machine, plain));
	ck_assert_int_eq(test_seal(NULL, plain, &machine), SG_OK);
}
END_TEST

START_TEST(an_authorisation_for_a_machine_secret_does_not_count)
{
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&machine), &out), SG_ERR_AUTH);
	ck_assert_uint_eq(status().tries_left, 3);
}
END_TEST

START_TEST(a_missing_authorisation_does_not_count)
{
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&guarded), &out), SG_ERR_AUTH);
	ck_assert_uint_eq(status().tries_left, 3);
}
END_TEST

START_TEST(a_reset_lockout_opens_again)
{
	for (int i = 0; i < 3; i++)
		try_wrong();
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -c");
	ck_assert(test_opens(right, &guarded, plain));
	ck_assert(!status().locked);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm lockout");
	TCase *tcase = tcase_create("lockout");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, wrong_authorisations_are_counted_down);
	tcase_add_test(tcase, three_wrong_authorisations_lock);
	tcase_add_test(tcase, a_machine_secret_opens_while_the_tpm_is_locked);
	tcase_add_test(tcase, an_authorisation_for_a_machine_secret_does_not_count);
	tcase_add_test(tcase, a_missing_authorisation_does_not_count);
	tcase_add_test(tcase, a_reset_lockout_opens_again);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
