/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody who comes by the memory of a process whose configuration keeps tokens unsealed
 * for a while after a logout, or who would use that while with another PIN, an old one, from a
 * child, or with another store. And that nothing is kept where nobody asked for it.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attack/victim.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define PATIENCE 60                     /* seconds until a test fails */

static void configure(const char *more)
{
	char lines[256];

	snprintf(lines, sizeof lines, "tcti = %s\n%s", victim_tpm.tcti, more);
	p11_configure(lines);
}

static bool is_public(const struct needle *needle)
{
	return strcmp(needle->name, VICTIM_PUBLIC) == 0;
}

/* Count the pieces of private secrets in memory, or of those that are called so. */
static size_t count(const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < victim_needle_count; i++)
		if (!is_public(&victim_needles[i]) &&
		    (name == NULL || strcmp(victim_needles[i].name, name) == 0))
			found += test_memory_find_all(victim_needles[i].veiled, NEEDLE, NULL);
	return found;
}

/* The same of two that are the last to be wiped, which takes a fraction of the time. */
static size_t count_last(void)
{
	return count("the root") + count("a key of codes");
}

static void require_guarded(const struct test_mapping *m)
{
	ck_assert(m->undumped && m->unforked);
	if (m->secret || victim_has_mlock())
		ck_assert(m->locked);
}

/* Log in, use both keys, and log out; the module stays as it is. */
static void use_with(const char *lines)
{
	configure(lines);
	victim_begin();
	victim_logout();
}

START_TEST(nothing_is_left_after_a_logout_unless_that_is_wanted)
{
	static const char *const lines[] = { "", "idempotent-login = yes", "login-cache = 0" };

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		use_with(lines[i]);
		ck_assert_uint_eq(count(NULL), 0);
		ck_assert_uint_ge(test_memory_find_all(victim_canary, NEEDLE, NULL), 1);
		p11_ok(p11->C_Finalize(NULL));
	}
}
END_TEST

START_TEST(what_is_left_lies_in_guarded_memory_and_goes_with_the_module)
{
	use_with("login-cache = 3600");
	ck_assert_uint_ge(count("the root"), 2);
	for (size_t i = 0; i < victim_needle_count; i++)
		test_memory_find_all(victim_needles[i].veiled, NEEDLE, require_guarded);
	ck_assert_uint_eq(count("the PIN"), 0);
	ck_assert_uint_eq(count("what the TPM is told"), 0);
	ck_assert_uint_eq(count("the token key"), 0);
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_eq(count(NULL), 0);
}
END_TEST

/* Nobody calls the module meanwhile. */
START_TEST(it_is_gone_when_the_time_is_up_though_nobody_calls)
{
	const time_t end = time(NULL) + PATIENCE;

	use_with("login-cache = 1");
	while (count_last() > 0 && time(NULL) < end)
		sched_yield();
	ck_assert_uint_eq(count(NULL), 0);
}
END_TEST

START_TEST(another_pin_does_not_get_in_and_ends_it)
{
	CK_SESSION_HANDLE s;

	use_with("login-cache = 3600");
	s = p11_open(0);
	p11_login(s, CKU_USER, "a wrong one", CKR_PIN_INCORRECT);
	ck_assert_uint_eq(p11_count(s), 0);
	ck_assert_uint_eq(count_last(), 0);
}
END_TEST

static void change_pin(void *arg)
{
	(void)arg;
	p11_start();
	p11_ok(victim_change_pin("another one"));
}

START_TEST(a_pin_that_another_process_changed_does_not_get_in)
{
	use_with("login-cache = 3600");
	p11_in_child(change_pin, NULL);
	p11_is(CKR_PIN_INCORRECT, victim_login_again());
	ck_assert_uint_eq(count_last(), 0);
	p11_login(p11_open(0), CKU_USER, "another one", CKR_OK);
}
END_TEST

static void break_in(void *arg)
{
	(void)arg;
	ck_assert_uint_eq(count_last(), 0);
	test_tpm_kill(&victim_tpm);
	p11_start();
	p11_is(CKR_TOKEN_NOT_PRESENT, victim_login_again());
}

START_TEST(a_child_has_nothing_of_it)
{
	use_with("login-cache = 3600");
	p11_in_child(break_in, NULL);
}
END_TEST

static void replace_store(void *arg)
{
	CK_BYTE label[33] = "another                         ";

	(void)arg;
	p11_start();
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
}

START_TEST(it_does_not_open_a_token_that_was_made_anew)
{
	use_with("login-cache = 3600");
	p11_ok(p11->C_CloseAllSessions(0));
	p11_in_child(replace_store, NULL);
	p11_is(CKR_USER_PIN_NOT_INITIALIZED, victim_login_again());
	ck_assert_uint_eq(count_last(), 0);
}
END_TEST

START_TEST(it_does_not_open_a_store_that_is_gone)
{
	use_with("login-cache = 3600");
	ck_assert_int_eq(unlink(p11_store), 0);
	ck_assert_uint_ne(victim_login_again(), CKR_OK);
	ck_assert_uint_eq(count_last(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("login cache");
	TCase *tcase = tcase_create("attacks");

	tcase_add_checked_fixture(tcase, victim_setup, victim_teardown);
	tcase_set_timeout(tcase, 2 * PATIENCE);
	tcase_add_test(tcase, nothing_is_left_after_a_logout_unless_that_is_wanted);
	tcase_add_test(tcase, what_is_left_lies_in_guarded_memory_and_goes_with_the_module);
	tcase_add_test(tcase, it_is_gone_when_the_time_is_up_though_nobody_calls);
	tcase_add_test(tcase, another_pin_does_not_get_in_and_ends_it);
	tcase_add_test(tcase, a_pin_that_another_process_changed_does_not_get_in);
	tcase_add_test(tcase, a_child_has_nothing_of_it);
	tcase_add_test(tcase, it_does_not_open_a_token_that_was_made_anew);
	tcase_add_test(tcase, it_does_not_open_a_store_that_is_gone);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
