/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A TPM that restarts, loses its power, or goes away in the middle of a call.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"

static struct test_tpm tpm;
static struct sg_secret *plain, *auth, *out;
static struct sg_buf blob;

/* The command before which the connection is cut. */
static _Atomic uint32_t cut;

static bool cutter(void *arg, uint32_t code)
{
	(void)arg;
	return code != cut;
}

static void setup_sealer(void)
{
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0);
	auth = test_secret(SG_SEAL_AUTH, 1);
}

static void setup_direct(void)
{
	test_tpm_start(&tpm);
	setup_sealer();
}

static void setup(void)
{
	static const struct test_wire_hooks hooks = { .command = cutter };

	cut = 0;
	test_tpm_start_wired(&tpm, &hooks);
	setup_sealer();
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

START_TEST(a_blob_opens_after_a_restart)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_restart(&tpm);
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert(!test_provision());
}
END_TEST

START_TEST(a_blob_opens_after_a_power_cut)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_power_cut(&tpm);
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

START_TEST(power_cuts_do_not_lock_a_machine_out)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	for (int i = 0; i < 8; i++) {
		ck_assert(test_opens(NULL, &blob, plain));
		test_tpm_power_cut(&tpm);
	}
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

START_TEST(a_tpm_that_is_gone_is_removed_until_it_is_back)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_kill(&tpm);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_REMOVED);
	ck_assert_ptr_null(out);
	test_tpm_resume(&tpm);
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

static const uint32_t unsealing[] = {
	TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_Unseal,
};

START_TEST(a_tpm_that_goes_away_during_an_unseal_is_removed)
{
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	cut = unsealing[_i];
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_ERR_HW_REMOVED);
	ck_assert_ptr_null(out);
	cut = 0;
	test_tpm_power_cut(&tpm);
	ck_assert(test_opens(auth, &blob, plain));
}
END_TEST

START_TEST(a_tpm_that_goes_away_during_a_seal_leaves_no_blob)
{
	cut = TPM2_CC_Create;
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_REMOVED);
	ck_assert_uint_eq(blob.len, 0);
}
END_TEST

START_TEST(a_tpm_that_goes_away_at_the_end_does_not_matter)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	cut = TPM2_CC_FlushContext;
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

static volatile sig_atomic_t pipes;

static void count_pipe(int sig)
{
	(void)sig;
	pipes++;
}

START_TEST(no_broken_pipe_reaches_the_program)
{
	ck_assert(signal(SIGPIPE, count_pipe) != SIG_ERR);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	for (size_t i = 0; i < sizeof unsealing / sizeof unsealing[0]; i++) {
		cut = unsealing[i];
		ck_assert_int_ne(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_OK);
	}
	ck_assert_int_eq(pipes, 0);
	raise(SIGPIPE);
	ck_assert_int_eq(pipes, 1);
}
END_TEST

/* Whatever the TCTI: that of a program that ended, for example. */
START_TEST(no_broken_pipe_of_a_tcti_reaches_the_program)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char tcti[4096];
	bool made;

	ck_assert(signal(SIGPIPE, count_pipe) != SIG_ERR);
	snprintf(tcti, sizeof tcti, "%s/.libs/broken_tcti.so", build != NULL ? build : ".");
	test_sealer_on(tcti);
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, NULL, &test_parent, &made),
	                 SG_ERR_HW_REMOVED);
	ck_assert_int_eq(pipes, 0);
}
END_TEST

START_TEST(a_pending_broken_pipe_of_the_program_is_kept)
{
	sigset_t pipe, pending;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &pipe, NULL), 0);
	raise(SIGPIPE);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	sigemptyset(&pending);
	ck_assert_int_eq(sigpending(&pending), 0);
	ck_assert_int_eq(sigismember(&pending, SIGPIPE), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm power");
	TCase *direct = tcase_create("direct"), *tcase = tcase_create("wired");
	TCase *broken = tcase_create("broken");
	const int n = sizeof unsealing / sizeof unsealing[0];

	tcase_add_checked_fixture(direct, setup_direct, teardown);
	tcase_add_test(direct, a_blob_opens_after_a_restart);
	tcase_add_test(direct, a_blob_opens_after_a_power_cut);
	tcase_add_test(direct, power_cuts_do_not_lock_a_machine_out);
	tcase_add_test(direct, a_tpm_that_is_gone_is_removed_until_it_is_back);
	suite_add_tcase(s, direct);
	tcase_add_checked_fixture(broken, NULL, test_sealer_end);
	tcase_add_test(broken, no_broken_pipe_of_a_tcti_reaches_the_program);
	suite_add_tcase(s, broken);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_tpm_that_goes_away_during_an_unseal_is_removed, 0, n);
	tcase_add_test(tcase, a_tpm_that_goes_away_during_a_seal_leaves_no_blob);
	tcase_add_test(tcase, a_tpm_that_goes_away_at_the_end_does_not_matter);
	tcase_add_test(tcase, no_broken_pipe_reaches_the_program);
	tcase_add_test(tcase, a_pending_broken_pipe_of_the_program_is_kept);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
