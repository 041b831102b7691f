/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The HSM in a process of its own is what its header says.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/p11server.h"
#include "lib/runner.h"

static struct test_softhsm hsm;
static struct test_p11server server;

static void setup(void)
{
	test_softhsm_start(&hsm);
	test_p11server_start(&server, &hsm);
}

static void teardown(void)
{
	test_p11server_stop(&server);
	test_softhsm_stop(&hsm);
}

static CK_RV make_key(struct test_hsm *in)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_OBJECT_HANDLE key;
	struct p11_template t = { .n = 0 };

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	return in->f->C_GenerateKey(in->session, &mechanism, t.attr, t.n, &key);
}

START_TEST(what_is_made_through_the_server_is_in_the_hsm)
{
	struct test_hsm in;

	test_hsm_enter(&in, server.module, TEST_HSM_LABEL);
	p11_ok(make_key(&in));
	ck_assert_uint_eq(test_hsm_count(hsm.module, TEST_HSM_LABEL), 1);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_killed_server_answers_nobody_and_a_resumed_one_does)
{
	struct test_hsm in;

	/* p11-kit's client writes to the broken connection as to any file. */
	ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	test_hsm_enter(&in, server.module, TEST_HSM_LABEL);
	test_p11server_kill(&server);
	ck_assert_uint_ne(make_key(&in), CKR_OK);
	test_p11server_resume(&server);
	(void)in.f->C_Finalize(NULL);
	test_hsm_enter(&in, server.module, TEST_HSM_LABEL);
	p11_ok(make_key(&in));
	test_hsm_leave(&in);
	ck_assert_uint_eq(test_hsm_count(hsm.module, TEST_HSM_LABEL), 1);
}
END_TEST

START_TEST(all_that_the_server_started_ends_with_it)
{
	struct test_hsm in;
	pid_t group = server.pid;

	test_hsm_enter(&in, server.module, TEST_HSM_LABEL);
	ck_assert_int_eq(kill(-group, 0), 0);
	test_p11server_kill(&server);
	ck_assert_int_eq(kill(-group, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(the_server_ends_with_a_test_that_dies)
{
	struct test_p11server own;
	struct test_hsm in;
	int ends[2], status;
	pid_t pid, group;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe(ends), 0);
	test_p11server_kill(&server);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		test_p11server_start(&own, &hsm);
		test_hsm_enter(&in, own.module, TEST_HSM_LABEL);
		(void)!write(ends[1], &own.pid, sizeof own.pid);
		raise(SIGKILL);
	}
	ck_assert_int_eq(read(ends[0], &group, sizeof group), sizeof group);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	while (waitpid(-group, &status, 0) > 0 || errno == EINTR)
		;
	ck_assert_int_eq(kill(-group, 0), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("p11server");
	TCase *tc = tcase_create("p11server");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_made_through_the_server_is_in_the_hsm);
	tcase_add_test(tc, a_killed_server_answers_nobody_and_a_resumed_one_does);
	tcase_add_test(tc, all_that_the_server_started_ends_with_it);
	tcase_add_test(tc, the_server_ends_with_a_test_that_dies);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
