/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of client/known.c: which handles are remembered, and for how long.
 */
#include "client/known.h"

#include "lib/runner.h"

#define ROOM 32

static struct sg_client_known *known;

static void setup(void)
{
	ck_assert_int_eq(sg_client_known_new(&known), SG_OK);
	sg_client_known_begin(known, 1);
}

static void teardown(void)
{
	sg_client_known_free(&known, false);
	ck_assert_ptr_null(known);
}

static CK_OBJECT_HANDLE look(uint64_t epoch, CK_OBJECT_CLASS class, const char *id)
{
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;

	return sg_client_known_find(known, epoch, class, sg_bytes_str(id), &key)
	       ? key : CK_INVALID_HANDLE;
}

static void put(uint64_t epoch, CK_OBJECT_CLASS class, const char *id, CK_OBJECT_HANDLE key)
{
	sg_client_known_put(known, epoch, class, sg_bytes_str(id), key);
}

START_TEST(a_key_is_known_by_class_and_id)
{
	put(1, CKO_SECRET_KEY, "a", 7);
	put(1, CKO_PRIVATE_KEY, "a", 8);
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "a"), 7);
	ck_assert_uint_eq(look(1, CKO_PRIVATE_KEY, "a"), 8);
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "b"), CK_INVALID_HANDLE);
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "ab"), CK_INVALID_HANDLE);
}
END_TEST

START_TEST(what_another_connection_gave_is_not_known)
{
	put(1, CKO_SECRET_KEY, "a", 7);
	put(2, CKO_SECRET_KEY, "b", 8);
	ck_assert_uint_eq(look(2, CKO_SECRET_KEY, "a"), CK_INVALID_HANDLE);
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "b"), CK_INVALID_HANDLE);
	sg_client_known_begin(known, 2);
	ck_assert_uint_eq(look(2, CKO_SECRET_KEY, "a"), CK_INVALID_HANDLE);
}
END_TEST

START_TEST(one_that_is_forgotten_leaves_the_others)
{
	put(1, CKO_SECRET_KEY, "a", 7);
	put(1, CKO_SECRET_KEY, "b", 8);
	sg_client_known_drop(known, CKO_SECRET_KEY, sg_bytes_str("a"));
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "a"), CK_INVALID_HANDLE);
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "b"), 8);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
	char id[2] = "";

	for (int i = 0; i <= ROOM; i++) {
		id[0] = (char)('A' + i);
		put(1, CKO_SECRET_KEY, id, (CK_OBJECT_HANDLE)(i + 1));
	}
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "A"), CK_INVALID_HANDLE);
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, "B"), 2);
	ck_assert_uint_eq(look(1, CKO_SECRET_KEY, id), ROOM + 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("client_known");
	TCase *tcase = tcase_create("client_known");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_key_is_known_by_class_and_id);
	tcase_add_test(tcase, what_another_connection_gave_is_not_known);
	tcase_add_test(tcase, one_that_is_forgotten_leaves_the_others);
	tcase_add_test(tcase, the_oldest_makes_room);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
