/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A process that ends while the module is open, and is told to finish then only, as OpenSSL
 * tells its providers: the HSM's module has been taken down by that time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

#define BOUND 60                /* seconds after which a child hangs */

static struct test_softhsm hsm;

static void setup(void)
{
	char lines[512];

	p11_setup();
	test_softhsm_start(&hsm);
	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", hsm.uri);
	p11_configure(lines);
	p11_machine();
	p11_ok(p11->C_Finalize(NULL));
}

static void teardown(void)
{
	p11_teardown();
	test_softhsm_stop(&hsm);
}

static void finish(void)
{
	if (p11->C_Finalize(NULL) != CKR_OK)
		_exit(2);
}

static CK_RV make_key(CK_SESSION_HANDLE s)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_bool(&t, CKA_TOKEN, true);
	return p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key);
}

static void use_at_the_end(void)
{
	if (make_key(p11_open(CKF_RW_SESSION)) != CKR_DEVICE_REMOVED)
		_exit(3);
}

/* Open the token in a child that has these done when it ends, and return how that went. The child
 * asks for them before the HSM's module is there, so they are done after that is gone. */
static int end_of_child(void (*last)(void), void (*first)(void))
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		alarm(BOUND);
		if (atexit(last) != 0 || (first != NULL && atexit(first) != 0))
			_exit(4);
		p11_start();
		exit(make_key(p11_open(CKF_RW_SESSION)) == CKR_OK ? 0 : 5);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the child ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

START_TEST(finishing_when_the_process_ends_does_not_call_the_hsm)
{
	ck_assert_int_eq(end_of_child(finish, NULL), 0);
}
END_TEST

START_TEST(using_a_key_when_the_process_ends_is_refused)
{
	ck_assert_int_eq(end_of_child(finish, use_at_the_end), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("exit");
	TCase *tc = tcase_create("exit");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, finishing_when_the_process_ends_does_not_call_the_hsm);
	tcase_add_test(tc, using_a_key_when_the_process_ends_is_refused);
	suite_add_tcase(all, tc);
	return all;
}

int main(void)
{
	return test_run(suite());
}
