/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Several tokens on one machine: a slot each, numbers and serials that never move,
 * and an empty slot behind them for the next.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static CK_BYTE label[33] = "new                             ";

static CK_ULONG slots(CK_SLOT_ID *list, CK_ULONG room)
{
	CK_ULONG n = 0;

	p11_ok(p11->C_GetSlotList(CK_FALSE, NULL, &n));
	ck_assert_uint_le(n, room);
	p11_ok(p11->C_GetSlotList(CK_FALSE, list, &n));
	return n;
}

static CK_TOKEN_INFO info_of(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	memset(&info, 0, sizeof info);
	p11_ok(p11->C_GetTokenInfo(slot, &info));
	return info;
}

static bool is_initialised(CK_SLOT_ID slot)
{
	return (info_of(slot).flags & CKF_TOKEN_INITIALIZED) != 0;
}

static CK_RV init_token(CK_SLOT_ID slot)
{
	return p11->C_InitToken(slot, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label);
}

static void make_three(void)
{
	for (CK_SLOT_ID slot = 0; slot < 3; slot++)
		p11_make_machine_in(slot);
	p11_start();
}

START_TEST(each_token_has_a_slot_and_one_is_empty)
{
	CK_SLOT_ID list[8];

	make_three();
	ck_assert_uint_eq(slots(list, 8), 4);
	for (CK_SLOT_ID i = 0; i < 4; i++) {
		ck_assert_uint_eq(list[i], i);
		ck_assert(is_initialised(i) == (i < 3));
	}
}
END_TEST

START_TEST(serials_are_different_and_stay)
{
	CK_TOKEN_INFO before[3];

	make_three();
	for (CK_SLOT_ID i = 0; i < 3; i++) {
		before[i] = info_of(i);
		for (CK_SLOT_ID j = 0; j < i; j++)
			ck_assert_mem_ne(before[i].serialNumber, before[j].serialNumber, 16);
	}
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	for (CK_SLOT_ID i = 3; i-- > 0;)
		ck_assert_mem_eq(info_of(i).serialNumber, before[i].serialNumber, 16);
}
END_TEST

START_TEST(numbers_stay_when_a_token_goes)
{
	char *second = scratch_path(p11_folder, "state/slot-0001.db");
	CK_TOKEN_INFO third;
	CK_SLOT_ID list[8];

	make_three();
	third = info_of(2);
	ck_assert_int_eq(unlink(second), 0);
	ck_assert_uint_eq(slots(list, 8), 4);
	ck_assert(!is_initialised(1));
	ck_assert_mem_eq(info_of(2).serialNumber, third.serialNumber, 16);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	ck_assert_uint_ge(slots(list, 8), 3);
	ck_assert_mem_eq(info_of(2).serialNumber, third.serialNumber, 16);
	free(second);
}
END_TEST

START_TEST(the_empty_slot_takes_a_token_and_a_new_one_opens)
{
	CK_SLOT_ID list[8];

	make_three();
	ck_assert_uint_eq(slots(list, 8), 4);
	p11_ok(init_token(3));
	ck_assert(is_initialised(3));
	ck_assert_mem_eq(info_of(3).label, label, 32);
	ck_assert_uint_eq(slots(list, 8), 5);
	ck_assert(!is_initialised(4));
}
END_TEST

static void init_elsewhere(void *arg)
{
	(void)arg;
	p11_start();
	p11_ok(init_token(3));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(a_token_made_by_another_process_is_used_without_asking_for_slots)
{
	CK_SESSION_HANDLE session;

	make_three();
	p11_in_child(init_elsewhere, NULL);
	p11_ok(p11->C_OpenSession(3, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	ck_assert_mem_eq(info_of(3).label, label, 32);
}
END_TEST

START_TEST(a_serial_stays_when_its_token_is_made_new)
{
	CK_TOKEN_INFO before;

	make_three();
	p11_ok(init_token(3));
	before = info_of(3);
	p11_ok(init_token(3));
	ck_assert_mem_eq(info_of(3).serialNumber, before.serialNumber, 16);
}
END_TEST

START_TEST(tokens_count_their_own_sessions_and_logins)
{
	CK_SESSION_HANDLE first, ro, other;

	make_three();
	p11_ok(p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &first));
	p11_ok(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &ro));
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &other));
	ck_assert_uint_eq(info_of(0).ulSessionCount, 2);
	ck_assert_uint_eq(info_of(0).ulRwSessionCount, 1);
	ck_assert_uint_eq(info_of(1).ulSessionCount, 1);
	ck_assert_uint_eq(info_of(1).ulRwSessionCount, 0);
	ck_assert_uint_eq(info_of(2).ulSessionCount, 0);
	p11_ok(p11->C_Login(first, CKU_USER, NULL, 0));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(other));
	p11_ok(p11->C_CloseAllSessions(0));
	ck_assert_uint_eq(info_of(0).ulSessionCount, 0);
	ck_assert_uint_eq(info_of(1).ulSessionCount, 1);
}
END_TEST

START_TEST(objects_are_those_of_their_token)
{
	CK_SESSION_HANDLE first, other;
	CK_OBJECT_HANDLE key;
	CK_ULONG len = 0;

	make_three();
	p11_ok(p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &first));
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &other));
	key = p11_make_aes(first, "key");
	ck_assert_uint_eq(p11_find_label(first, CKO_SECRET_KEY, "key"), key);
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetObjectSize(other, key, &len));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tokens");
	TCase *tc = p11_case(s, "tokens");

	tcase_add_test(tc, each_token_has_a_slot_and_one_is_empty);
	tcase_add_test(tc, serials_are_different_and_stay);
	tcase_add_test(tc, numbers_stay_when_a_token_goes);
	tcase_add_test(tc, the_empty_slot_takes_a_token_and_a_new_one_opens);
	tcase_add_test(tc, a_token_made_by_another_process_is_used_without_asking_for_slots);
	tcase_add_test(tc, a_serial_stays_when_its_token_is_made_new);
	tcase_add_test(tc, tokens_count_their_own_sessions_and_logins);
	tcase_add_test(tc, objects_are_those_of_their_token);
	return s;
}

int main(void)
{
	return test_run(suite());
}
