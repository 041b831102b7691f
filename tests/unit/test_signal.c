/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/signal.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "lib/runner.h"
#include "util/secret.h"
#include "util/signal.h"

static bool pending(int signal)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, signal) == 1;
}

START_TEST(a_signal_that_is_held_is_dropped)
{
	struct sg_signal_hold hold;

	sg_signal_block(&hold, SIGXFSZ);
	ck_assert_int_eq(raise(SIGXFSZ), 0);
	ck_assert(pending(SIGXFSZ));
	errno = EFBIG;
	sg_signal_release(&hold);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert(!pending(SIGXFSZ));
}
END_TEST

START_TEST(a_signal_of_the_program_stays_its_own)
{
	struct sg_signal_hold hold;
	sigset_t set, now;

	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	ck_assert_int_eq(raise(SIGXFSZ), 0);
	sg_signal_block(&hold, SIGXFSZ);
	sg_signal_release(&hold);
	ck_assert(pending(SIGXFSZ));
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
	ck_assert_int_eq(sigismember(&now, SIGXFSZ), 1);
}
END_TEST

START_TEST(holds_nest)
{
	struct sg_signal_hold outer, inner;
	sigset_t now;

	sg_signal_block(&outer, SIGXFSZ);
	sg_signal_block(&inner, SIGXFSZ);
	sg_signal_release(&inner);
	ck_assert_int_eq(raise(SIGXFSZ), 0);
	sg_signal_release(&outer);
	ck_assert(!pending(SIGXFSZ));
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
	ck_assert_int_eq(sigismember(&now, SIGXFSZ), 0);
}
END_TEST

START_TEST(a_limit_on_files_does_not_end_who_wants_a_secret)
{
	struct sg_secret *secret = NULL;
	struct rlimit before, none;
	enum sg_err err;

	/* Where there is no memfd_secret no file is made, and the limit is of no interest. */
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	/* Check writes files of its own, so nothing is asserted under the limit. */
	if (setrlimit(RLIMIT_FSIZE, &none) != 0)
		abort();
	err = sg_secret_new(32, &secret);
	if (setrlimit(RLIMIT_FSIZE, &before) != 0)
		abort();
	ck_assert(err == SG_ERR_SECURE_MEMORY || err == SG_OK);
	sg_secret_free(&secret);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("signal");
	TCase *t = tcase_create("signal");

	tcase_add_test(t, a_signal_that_is_held_is_dropped);
	tcase_add_test(t, a_signal_of_the_program_stays_its_own);
	tcase_add_test(t, holds_nest);
	tcase_add_test(t, a_limit_on_files_does_not_end_who_wants_a_secret);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
