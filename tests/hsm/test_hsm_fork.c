/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A process that forks while its threads are inside of an HSM's module, whose locks a child
 * would inherit held.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

#define THREADS 24              /* more than the sessions that are kept open */
#define CHILDREN 12
#define BOUND 60                /* seconds after which a child hangs */

/* SoftHSM 2.6.1 forgets the name of an Ed25519 key's curve whenever it makes or reads one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto.so";
}

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static CK_SESSION_HANDLE s, own[THREADS];
static CK_OBJECT_HANDLE key;
static atomic_bool enough;

/* Make a key that stays in the HSM. */
static void make_key(void)
{
	struct p11_template public_t = { .n = 0 }, t = { .n = 0 };
	CK_OBJECT_HANDLE pub;

	p11_bytes(&public_t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_RESIDENT, true);
	p11_text(&t, CKA_LABEL, "kept");
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, public_t.attr, public_t.n, t.attr, t.n,
	                              &pub, &key));
}

static void setup(void)
{
	char lines[512];

	p11_setup();
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", hsm.uri);
	p11_configure(lines);
	s = p11_machine();
	make_key();
}

static void teardown(void)
{
	p11_teardown();
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

/* Sign with it. Nothing of Check is called: a child would inherit its lock held. */
static CK_RV sign_in(CK_SESSION_HANDLE session)
{
	uint8_t signature[64];
	CK_ULONG len = sizeof signature;
	CK_RV rv = p11->C_SignInit(session, &p11_eddsa, key);

	return rv == CKR_OK ? p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len) : rv;
}

static void *sign_until_enough(void *session)
{
	CK_RV rv = CKR_OK;

	while (!atomic_load(&enough) && rv == CKR_OK)
		rv = sign_in(*(CK_SESSION_HANDLE *)session);
	return rv == CKR_OK ? session : NULL;
}

/* What a child does; the value it ends with says how that went. */
static int child(void)
{
	CK_RV rv;

	alarm(BOUND);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	rv = p11->C_FindObjectsInit(s, NULL, 0);
	if (rv == CKR_OK) {
		p11_ok(p11->C_FindObjectsFinal(s));
		key = p11_find_label(s, CKO_PRIVATE_KEY, "kept");
		rv = sign_in(s);
	}
	(void)p11->C_Finalize(NULL);
	return rv == CKR_OK ? 0 : rv == CKR_DEVICE_ERROR ? 1 : 2;
}

static int status_of_child(void)
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(child());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "a child ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* On a machine that is too busy a thread may not come out in time, which the child then says. */
START_TEST(children_of_busy_threads_do_not_hang)
{
	pthread_t threads[THREADS];
	void *well;

	for (int i = 0; i < THREADS; i++)
		own[i] = p11_open(CKF_RW_SESSION);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_until_enough, &own[i]), 0);
	for (int i = 0; i < CHILDREN; i++)
		ck_assert_int_le(status_of_child(), 1);
	atomic_store(&enough, true);
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &well), 0);
		ck_assert_ptr_nonnull(well);
	}
	ck_assert_int_eq(status_of_child(), 0);
}
END_TEST

static void *sign_once(void *session)
{
	return sign_in(*(CK_SESSION_HANDLE *)session) == CKR_OK ? session : NULL;
}

START_TEST(a_child_of_a_thread_that_hangs_is_told)
{
	pthread_t thread;
	void *well;

	own[0] = p11_open(CKF_RW_SESSION);
	test_faulty_hang(&hsm, "C_Sign");
	ck_assert_int_eq(pthread_create(&thread, NULL, sign_once, &own[0]), 0);
	test_faulty_await(&hsm, "C_Sign", 1);
	ck_assert_int_eq(status_of_child(), 1);
	test_faulty_release(&hsm, "C_Sign");
	ck_assert_int_eq(pthread_join(thread, &well), 0);
	ck_assert_ptr_nonnull(well);
	p11_ok(sign_in(s));
	ck_assert_int_eq(status_of_child(), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("hsm_fork");
	TCase *tc = tcase_create("fork");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, children_of_busy_threads_do_not_hang);
	tcase_add_test(tc, a_child_of_a_thread_that_hangs_is_told);
	suite_add_tcase(all, tc);
	return all;
}

int main(void)
{
	return test_run(suite());
}
