/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. C_WaitForSlotEvent: tokens that appear and vanish while a program looks or waits.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"

#define BOUND 120       /* seconds after which a test gives up; none takes them */

static void make_token(void *slot)
{
	p11_make_machine_in(*(CK_SLOT_ID *)slot);
}

/* Have another process make a token in a slot. */
static void make_elsewhere(CK_SLOT_ID slot)
{
	p11_in_child(make_token, &slot);
}

static CK_RV look(CK_SLOT_ID *slot)
{
	return p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, slot, NULL);
}

/* A call that waits, in a thread of its own. */
struct waiter {
	pthread_t thread;
	CK_SLOT_ID slot;
	CK_RV rv;
};

static void *wait_for_event(void *arg)
{
	struct waiter *waiter = arg;

	waiter->rv = p11->C_WaitForSlotEvent(0, &waiter->slot, NULL);
	return NULL;
}

static void begin_waiting(struct waiter *waiter)
{
	waiter->slot = ~0UL;
	ck_assert_int_eq(pthread_create(&waiter->thread, NULL, wait_for_event, waiter), 0);
}

static CK_RV answer_of(struct waiter *waiter)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += BOUND;
	ck_assert_int_eq(pthread_timedjoin_np(waiter->thread, NULL, &until), 0);
	return waiter->rv;
}

START_TEST(arguments_are_looked_at)
{
	CK_SLOT_ID slot = 7;

	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, look(&slot));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_WaitForSlotEvent(0, NULL, NULL));
	p11_start();
	p11_is(CKR_ARGUMENTS_BAD, look(NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_WaitForSlotEvent(0, NULL, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_WaitForSlotEvent(0, &slot, &slot));
	ck_assert_uint_eq(slot, 7);
}
END_TEST

START_TEST(what_was_there_is_no_event)
{
	CK_SLOT_ID slot = 7;

	p11_machine();
	p11_is(CKR_NO_EVENT, look(&slot));
	ck_assert_uint_eq(slot, 7);
}
END_TEST

START_TEST(a_token_of_another_process_is_one_event)
{
	CK_SLOT_ID slot = 7;
	CK_TOKEN_INFO info;

	p11_start();
	make_elsewhere(0);
	p11_ok(look(&slot));
	ck_assert_uint_eq(slot, 0);
	p11_is(CKR_NO_EVENT, look(&slot));
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert(info.flags & CKF_TOKEN_INITIALIZED);
}
END_TEST

START_TEST(several_tokens_are_an_event_each)
{
	CK_SLOT_ID slot;

	p11_start();
	make_elsewhere(0);
	make_elsewhere(5);
	make_elsewhere(2);
	for (CK_SLOT_ID wanted = 0; wanted <= 5; wanted += wanted == 0 ? 2 : 3) {
		p11_ok(look(&slot));
		ck_assert_uint_eq(slot, wanted);
	}
	p11_is(CKR_NO_EVENT, look(&slot));
}
END_TEST

START_TEST(a_token_that_vanishes_is_an_event)
{
	CK_SLOT_ID slot = 7;

	p11_machine();
	ck_assert_int_eq(unlink(p11_store), 0);
	p11_ok(look(&slot));
	ck_assert_uint_eq(slot, 0);
	p11_is(CKR_NO_EVENT, look(&slot));
}
END_TEST

START_TEST(an_event_ends_with_the_module)
{
	CK_SLOT_ID slot;

	p11_start();
	make_elsewhere(0);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	p11_is(CKR_NO_EVENT, look(&slot));
}
END_TEST

START_TEST(who_waits_is_told_of_a_new_token)
{
	struct waiter waiter;

	p11_machine();
	begin_waiting(&waiter);
	make_elsewhere(1);
	p11_ok(answer_of(&waiter));
	ck_assert_uint_eq(waiter.slot, 1);
}
END_TEST

START_TEST(who_waits_is_told_of_one_that_vanished)
{
	struct waiter waiter;

	p11_machine();
	begin_waiting(&waiter);
	ck_assert_int_eq(unlink(p11_store), 0);
	p11_ok(answer_of(&waiter));
	ck_assert_uint_eq(waiter.slot, 0);
}
END_TEST

START_TEST(an_event_from_before_is_not_waited_for)
{
	struct waiter waiter;

	p11_start();
	make_elsewhere(0);
	begin_waiting(&waiter);
	p11_ok(answer_of(&waiter));
	ck_assert_uint_eq(waiter.slot, 0);
}
END_TEST

/* What sessions do to the folder wakes the waiter, who finds nothing and waits on. */
START_TEST(work_on_a_token_is_no_event)
{
	CK_SESSION_HANDLE s = p11_machine();
	struct waiter waiter;
	CK_SLOT_ID slot;

	begin_waiting(&waiter);
	for (int i = 0; i < 5; i++)
		p11_make_aes(s, "key");
	p11_is(CKR_NO_EVENT, look(&slot));
	make_elsewhere(3);
	p11_ok(answer_of(&waiter));
	ck_assert_uint_eq(waiter.slot, 3);
}
END_TEST

START_TEST(a_folder_that_is_not_there_yet_is_waited_for)
{
	char text[8192];
	struct waiter waiter;

	snprintf(text, sizeof text, "state = %s/one/two/three\n%s\n", p11_folder,
	         p11_sealer_lines);
	test_file_write(p11_conf, sg_bytes_str(text));
	p11_start();
	begin_waiting(&waiter);
	snprintf(text, sizeof text, "%s/one", p11_folder);
	ck_assert_int_eq(mkdir(text, 0700), 0);
	snprintf(text, sizeof text, "%s/one/two", p11_folder);
	ck_assert_int_eq(mkdir(text, 0700), 0);
	make_elsewhere(0);
	p11_ok(answer_of(&waiter));
	ck_assert_uint_eq(waiter.slot, 0);
}
END_TEST

START_TEST(finalize_ends_the_waiting)
{
	struct waiter waiters[4];

	for (int round = 0; round < 10; round++) {
		p11_start();
		for (int i = 0; i < 4; i++)
			begin_waiting(&waiters[i]);
		p11_ok(p11->C_Finalize(NULL));
		for (int i = 0; i < 4; i++)
			p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, answer_of(&waiters[i]));
	}
}
END_TEST

/* The next module is not the one that was asked; a call that had not begun yet waits in
 * the next one, and ends with that. */
START_TEST(a_module_that_begins_anew_ends_the_waiting_too)
{
	struct waiter waiter;

	for (int i = 0; i < 50; i++) {
		p11_start();
		begin_waiting(&waiter);
		p11_ok(p11->C_Finalize(NULL));
		p11_start();
		p11_ok(p11->C_Finalize(NULL));
		p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, answer_of(&waiter));
	}
}
END_TEST

START_TEST(who_waits_keeps_nobody_from_working)
{
	CK_SESSION_HANDLE s = p11_machine();
	struct waiter waiter;
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];

	begin_waiting(&waiter);
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11_sign(s, priv, "text", signature));
	p11_ok(p11->C_Finalize(NULL));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, answer_of(&waiter));
}
END_TEST

static void use_in_child(void *arg)
{
	CK_SLOT_ID slot;

	(void)arg;
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, look(&slot));
	p11_start();
	p11_is(CKR_NO_EVENT, look(&slot));
	p11_make_machine_in(1);
	p11_ok(look(&slot));
	ck_assert_uint_eq(slot, 1);
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(a_child_ends_nobodys_waiting)
{
	struct waiter waiter;

	p11_machine();
	begin_waiting(&waiter);
	p11_in_child(use_in_child, NULL);
	p11_ok(answer_of(&waiter));
	ck_assert_uint_eq(waiter.slot, 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("slot_event");
	TCase *tc = p11_case(s, "slot_event");

	tcase_add_test(tc, arguments_are_looked_at);
	tcase_add_test(tc, what_was_there_is_no_event);
	tcase_add_test(tc, a_token_of_another_process_is_one_event);
	tcase_add_test(tc, several_tokens_are_an_event_each);
	tcase_add_test(tc, a_token_that_vanishes_is_an_event);
	tcase_add_test(tc, an_event_ends_with_the_module);
	tcase_add_test(tc, who_waits_is_told_of_one_that_vanished);
	tcase_add_test(tc, an_event_from_before_is_not_waited_for);
	tcase_add_test(tc, finalize_ends_the_waiting);
	tcase_add_test(tc, a_module_that_begins_anew_ends_the_waiting_too);
	tcase_add_test(tc, who_waits_keeps_nobody_from_working);
	if (!test_can_fork_with_threads())
		return s;
	tcase_add_test(tc, who_waits_is_told_of_a_new_token);
	tcase_add_test(tc, work_on_a_token_is_no_event);
	tcase_add_test(tc, a_folder_that_is_not_there_yet_is_waited_for);
	tcase_add_test(tc, a_child_ends_nobodys_waiting);
	return s;
}

int main(void)
{
	return test_run(suite());
}
