/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Several processes on one token, one after another and at the same time,
 * and children that inherit the module.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/stamp.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static uint8_t signature[64];

/* Make a machine token in a process that ends before anything else begins. */
static void populate(void *arg)
{
	(void)arg;
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_make_aes(s, "secret");
}

static void require_all(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE p = p11_find_label(session, CKO_PUBLIC_KEY, "pair");

	ck_assert_uint_eq(p11_count(session), 3);
	p11_ok(p11_sign(session, p11_find_label(session, CKO_PRIVATE_KEY, "pair"), "x", signature));
	p11_ok(p11_verify(session, p, "x", signature));
}

START_TEST(objects_survive_their_process)
{
	p11_in_child(populate, NULL);
	p11_start();
	require_all(p11_open(0));
}
END_TEST

START_TEST(objects_survive_finalize)
{
	populate(NULL);
	for (int i = 0; i < 3; i++) {
		p11_ok(p11->C_Finalize(NULL));
		p11_start();
		require_all(p11_open(0));
	}
}
END_TEST

static void survive_with_pin(void *arg)
{
	(void)arg;
	p11_make_pair(p11_user(), "pair", &pub, &priv);
}

START_TEST(private_objects_survive_and_open_with_the_pin)
{
	p11_in_child(survive_with_pin, NULL);
	p11_start();
	s = p11_open(0);
	ck_assert_uint_eq(p11_count(s), 1);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count(s), 2);
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "pair"), "x", signature));
}
END_TEST

/* What another process does: it starts its own module first. */

static void make_another(void *arg)
{
	(void)arg;
	p11_start();
	p11_make_pair(p11_open(CKF_RW_SESSION), "another", &pub, &priv);
}

static void destroy_secret(void *arg)
{
	(void)arg;
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "secret")));
}

static void rename_secret(void *arg)
{
	(void)arg;
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(p11_set(s, p11_find_label(s, CKO_SECRET_KEY, "secret"), CKA_LABEL, "renamed", 7));
}

static void close_secret(void *arg)
{
	CK_BBOOL no = CK_FALSE;

	(void)arg;
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(p11_set(s, p11_find_label(s, CKO_SECRET_KEY, "open"), CKA_EXTRACTABLE, &no, 1));
}

START_TEST(what_another_process_makes_is_found)
{
	populate(NULL);
	ck_assert_uint_eq(p11_count(s), 3);
	p11_in_child(make_another, NULL);
	ck_assert_uint_eq(p11_count(s), 5);
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "another"), "x", signature));
}
END_TEST

START_TEST(what_another_process_destroys_is_gone)
{
	CK_OBJECT_HANDLE secret;
	CK_ULONG size;

	populate(NULL);
	secret = p11_find_label(s, CKO_SECRET_KEY, "secret");
	p11_in_child(destroy_secret, NULL);
	ck_assert_uint_eq(p11_count(s), 2);
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetObjectSize(s, secret, &size));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, secret));
}
END_TEST

START_TEST(a_handle_of_what_is_gone_fails_before_a_search_too)
{
	CK_OBJECT_HANDLE secret;

	populate(NULL);
	secret = p11_find_label(s, CKO_SECRET_KEY, "secret");
	p11_in_child(destroy_secret, NULL);
	p11_is(CKR_OBJECT_HANDLE_INVALID, _i == 0 ? p11_set(s, secret, CKA_LABEL, "x", 1)
	                                          : p11->C_DestroyObject(s, secret));
	ck_assert_uint_eq(p11_count(s), 2);
}
END_TEST

START_TEST(what_another_process_changes_is_seen)
{
	CK_OBJECT_HANDLE secret;

	populate(NULL);
	secret = p11_find_label(s, CKO_SECRET_KEY, "secret");
	p11_in_child(rename_secret, NULL);
	ck_assert_uint_eq(p11_find_label(s, CKO_SECRET_KEY, "renamed"), secret);
}
END_TEST

START_TEST(what_another_process_changed_can_be_changed_and_destroyed)
{
	CK_OBJECT_HANDLE secret;
	CK_BBOOL no = CK_FALSE;

	populate(NULL);
	secret = p11_find_label(s, CKO_SECRET_KEY, "secret");
	p11_in_child(rename_secret, NULL);
	if (_i == 0) {
		p11_ok(p11_set(s, secret, CKA_ENCRYPT, &no, 1));
		ck_assert_uint_eq(p11_find_label(s, CKO_SECRET_KEY, "renamed"), secret);
		ck_assert(!p11_get_bool(s, secret, CKA_ENCRYPT));
	} else {
		p11_ok(p11->C_DestroyObject(s, secret));
		ck_assert_uint_eq(p11_count(s), 2);
	}
}
END_TEST

START_TEST(a_change_does_not_undo_that_of_another_process)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_text(&t, CKA_LABEL, "open");
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_in_child(close_secret, NULL);
	p11_ok(p11_set(s, key, CKA_LABEL, "mine", 4));
	ck_assert(!p11_get_bool(s, key, CKA_EXTRACTABLE));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	ck_assert(!p11_get_bool(s, p11_find_label(s, CKO_SECRET_KEY, "mine"), CKA_EXTRACTABLE));
}
END_TEST

static void make_ten(void *arg)
{
	(void)arg;
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	for (int i = 0; i < 10; i++)
		p11_make_aes(s, "of ten");
}

START_TEST(no_key_of_several_writers_is_lost)
{
	pid_t pids[4];
	int status;

	p11_make_machine();
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0) {
			make_ten(NULL);
			_exit(EXIT_SUCCESS);
		}
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	p11_start();
	ck_assert_uint_eq(p11_count(p11_open(0)), 40);
}
END_TEST

/* Make or destroy a key for every byte that comes, and send one back. */
static void work_when_told(int from, int to)
{
	CK_OBJECT_HANDLE keys[2];
	char byte;

	p11_start();
	s = p11_open(CKF_RW_SESSION);
	for (int i = 0; read(from, &byte, 1) == 1; i++) {
		if (i % 3 < 2)
			keys[i % 3] = p11_make_aes(s, "another's");
		else
			p11_ok(p11->C_DestroyObject(s, keys[i / 3 % 2]));
		ck_assert_int_eq(write(to, &byte, 1), 1);
	}
}

START_TEST(every_change_of_another_process_is_seen_at_once)
{
	struct sg_store_stamp stamp;
	int there[2], back[2], status;
	CK_ULONG expected = 0;
	char byte = 0;

	p11_make_machine();
	ck_assert_int_eq(pipe(there), 0);
	ck_assert_int_eq(pipe(back), 0);
	if (fork() == 0) {
		close(there[1]);
		work_when_told(there[0], back[1]);
		_exit(EXIT_SUCCESS);
	}
	close(there[0]);
	p11_start();
	s = p11_open(0);
	for (int i = 0; i < 120; i++) {
		/* Now and then wait until the file's times are trusted. */
		if (i % 12 == 0)
			test_stamp_settle(p11_store, &stamp);
		ck_assert_uint_eq(p11_count(s), expected);
		ck_assert_int_eq(write(there[1], &byte, 1), 1);
		ck_assert_int_eq(read(back[0], &byte, 1), 1);
		expected += i % 3 < 2 ? 1 : -1UL;
		ck_assert_uint_eq(p11_count(s), expected);
	}
	close(there[1]);
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Fork. */

static void require_parent_works(void)
{
	p11_ok(p11_sign(s, priv, "parent", signature));
	p11_ok(p11_verify(s, pub, "parent", signature));
	ck_assert_uint_eq(p11_count(s), 3);
	p11_make_aes(s, "made by the parent");
}

static void inherited_is_nothing(void *arg)
{
	CK_ULONG len = 64, n = 0;
	CK_SESSION_INFO info;

	(void)arg;
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GetSessionInfo(s, &info));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_SignInit(s, &p11_eddsa, priv));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Sign(s, signature, 1, signature, &len));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_CloseSession(s));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GetSlotList(CK_TRUE, NULL, &n));
}

static void finalize_only(void *arg)
{
	(void)arg;
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
}

static void begin_anew(void *arg)
{
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE mine;

	(void)arg;
	p11_start();
	p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_GetSessionInfo(s, &info));
	mine = p11_open(0);
	ck_assert_uint_ne(mine, s);
	require_all(mine);
	p11_ok(p11->C_Finalize(NULL));
}

static void finalize_and_begin_anew(void *arg)
{
	finalize_only(arg);
	begin_anew(arg);
}

static void begin_anew_and_leave_it(void *arg)
{
	(void)arg;
	p11_start();
	require_all(p11_open(0));
}

static void fork_again(void *arg)
{
	begin_anew_and_leave_it(arg);
	p11_in_child(begin_anew, NULL);
	p11_ok(p11->C_Finalize(NULL));
}

static void (*const in_fork[])(void *) = {
	inherited_is_nothing, finalize_only, begin_anew, finalize_and_begin_anew,
	begin_anew_and_leave_it, fork_again,
};

#define IN_FORK ((int)(sizeof in_fork / sizeof in_fork[0]))

START_TEST(whatever_a_child_does_the_parent_keeps_working)
{
	populate(NULL);
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_in_child(in_fork[_i], NULL);
	p11_ok(p11->C_Sign(s, (CK_BYTE *)"parent", 6, signature, &(CK_ULONG){ 64 }));
	require_parent_works();
}
END_TEST

START_TEST(a_child_of_a_module_that_has_not_asked_the_sealer_works)
{
	p11_in_child(populate, NULL);
	p11_start();
	p11_in_child(begin_anew, NULL);
	require_all(p11_open(0));
}
END_TEST

START_TEST(a_child_is_not_logged_in)
{
	s = p11_user();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_make_aes(s, "secret");
	if (fork() == 0) {
		p11_start();
		s = p11_open(0);
		ck_assert_uint_eq(p11_count(s), 1);
		p11_login(s, CKU_USER, P11_PIN, CKR_OK);
		require_all(s);
		_exit(EXIT_SUCCESS);
	} else {
		int status = 1;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	require_parent_works();
}
END_TEST

START_TEST(a_server_and_its_workers_sign_side_by_side)
{
	pid_t pids[4];
	int status;

	populate(NULL);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0) {
			for (int j = 0; j < 5; j++)
				begin_anew(NULL);
			_exit(EXIT_SUCCESS);
		}
	}
	for (int i = 0; i < 200; i++)
		p11_ok(p11_sign(s, priv, "parent", signature));
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	require_parent_works();
}
END_TEST

static atomic_bool enough;
static atomic_uint wrong;               /* Check's own calls are for the test's thread only */

/* Opens and closes the store without a pause: its times are new for every search. */
static void *search(void *arg)
{
	CK_SESSION_HANDLE *session = arg;

	while (!atomic_load(&enough)) {
		if (utimensat(AT_FDCWD, p11_store, NULL, 0) != 0 ||
		    p11->C_FindObjectsInit(*session, NULL, 0) != CKR_OK ||
		    p11->C_FindObjectsFinal(*session) != CKR_OK)
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

static void search_in_child(void *arg)
{
	(void)arg;
	p11_start();
	(void)p11_count(p11_open(0));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(children_of_a_process_that_reads_its_store_can_read_it_too)
{
	CK_SESSION_HANDLE session = p11_machine();
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, search, &session), 0);
	for (int i = 0; i < 20; i++)
		p11_in_child(search_in_child, NULL);
	atomic_store(&enough, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("processes");
	TCase *tc = p11_case(suite, "processes");

	tcase_add_test(tc, objects_survive_their_process);
	tcase_add_test(tc, objects_survive_finalize);
	tcase_add_test(tc, private_objects_survive_and_open_with_the_pin);
	tcase_add_test(tc, what_another_process_makes_is_found);
	tcase_add_test(tc, what_another_process_destroys_is_gone);
	tcase_add_loop_test(tc, a_handle_of_what_is_gone_fails_before_a_search_too, 0, 2);
	tcase_add_test(tc, what_another_process_changes_is_seen);
	tcase_add_loop_test(tc, what_another_process_changed_can_be_changed_and_destroyed, 0, 2);
	tcase_add_test(tc, a_change_does_not_undo_that_of_another_process);
	tcase_add_test(tc, every_change_of_another_process_is_seen_at_once);
	tcase_add_test(tc, no_key_of_several_writers_is_lost);
	tc = p11_case(suite, "fork");
	tcase_add_loop_test(tc, whatever_a_child_does_the_parent_keeps_working, 0, IN_FORK);
	tcase_add_test(tc, a_child_of_a_module_that_has_not_asked_the_sealer_works);
	tcase_add_test(tc, a_child_is_not_logged_in);
	if (test_can_fork_with_threads())
		tcase_add_test(tc, children_of_a_process_that_reads_its_store_can_read_it_too);
	tcase_add_test(tc, a_server_and_its_workers_sign_side_by_side);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
