/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/path.c: names of stores and what lies beside them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/store.h"
#include "store/path.h"

static void make_empty(const char *name)
{
	char *path = scratch_path(test_store_folder, name);

	test_file_write(path, sg_bytes(NULL, 0));
	free(path);
}

START_TEST(other_files_of_a_slot_lie_beside_its_store)
{
	static const struct {
		const char *store, *end, *wanted;
	} rows[] = {
		{ "/a.db/slot-0001.db", "boot", "/a.db/slot-0001.boot" },
		{ "/a/slot-0001", "policy.json", "/a/slot-0001.policy.json" },
		{ ".db", "boot", ".db.boot" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *path = sg_store_beside(rows[i].store, rows[i].end);

		ck_assert_str_eq(path, rows[i].wanted);
		free(path);
	}
}
END_TEST

START_TEST(the_name_of_a_store_has_four_digits)
{
	char *path = sg_store_path("/state", 7);

	ck_assert_str_eq(path, "/state/slot-0007.db");
	free(path);
}
END_TEST

START_TEST(slots_are_listed_in_ascending_order)
{
	unsigned *slots = NULL;
	size_t n = 0;

	make_empty("slot-9999.db");
	make_empty("slot-0012.db");
	ck_assert_int_eq(sg_store_list(test_store_folder, &slots, &n), SG_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(slots[0], 0);
	ck_assert_uint_eq(slots[1], 12);
	ck_assert_uint_eq(slots[2], 9999);
	free(slots);
}
END_TEST

START_TEST(many_slots_are_listed)
{
	unsigned *slots = NULL, i;
	size_t n = 0;

	for (i = 1; i < 100; i++) {
		char *path = sg_store_path(test_store_folder, i);

		test_file_write(path, sg_bytes(NULL, 0));
		free(path);
	}
	ck_assert_int_eq(sg_store_list(test_store_folder, &slots, &n), SG_OK);
	ck_assert_uint_eq(n, 100);
	for (i = 0; i < 100; i++)
		ck_assert_uint_eq(slots[i], i);
	free(slots);
}
END_TEST

START_TEST(other_names_are_not_listed)
{
	static const char *const names[] = {
		"slot-0001.db-journal", "slot-0001.db.new-abcdef", "slot-1.db", "slot-00001.db",
		"slot-000x.db", "slot- 001.db", "slot-+001.db", "slot-0001.dbx",
		"xslot-0001.db", "slot-.db",
	};
	unsigned *slots = NULL;
	size_t n = 0, i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make_empty(names[i]);
	ck_assert_int_eq(sg_store_list(test_store_folder, &slots, &n), SG_OK);
	ck_assert_uint_eq(n, 1);
	free(slots);
}
END_TEST

START_TEST(a_missing_folder_has_no_stores)
{
	char *folder = scratch_path(test_store_folder, "none");
	unsigned *slots = NULL;
	size_t n = 1;

	ck_assert_int_eq(sg_store_list(folder, &slots, &n), SG_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(slots);
	free(folder);
}
END_TEST

START_TEST(a_folder_open_to_others_is_not_listed)
{
	unsigned *slots = NULL;
	size_t n = 1;

	ck_assert_int_eq(chmod(test_store_folder, 0750), 0);
	ck_assert_int_eq(sg_store_list(test_store_folder, &slots, &n), SG_ERR_STORE_UNSAFE);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_path_must_name_a_file)
{
	char *path = scratch_path(test_store_folder, ""), *real = NULL;

	ck_assert_int_eq(sg_store_path_resolve(path, &real), SG_ERR_ARG);
	ck_assert_int_eq(sg_store_path_resolve("", &real), SG_ERR_ARG);
	ck_assert_ptr_null(real);
	free(path);
}
END_TEST

START_TEST(a_relative_path_becomes_absolute)
{
	char *real = NULL, *expected = realpath(test_store_path, NULL);

	ck_assert_int_eq(chdir(test_store_folder), 0);
	ck_assert_int_eq(sg_store_path_resolve("slot-0000.db", &real), SG_OK);
	ck_assert_str_eq(real, expected);
	ck_assert_int_eq(chdir("/"), 0);
	free(expected);
	free(real);
}
END_TEST

START_TEST(a_link_above_the_folder_is_followed)
{
	char *outer = scratch_make(), *link = scratch_path(outer, "link");
	char *inner = scratch_path(test_store_folder, "inner");
	char *path = scratch_path(link, "inner/slot-0003.db");
	struct sg_store_txn *txn = NULL;

	ck_assert_int_eq(mkdir(inner, 0700), 0);
	ck_assert_int_eq(symlink(test_store_folder, link), 0);
	ck_assert_int_eq(sg_store_create(path, sg_bytes_str("t"), sg_bytes_str("s"), sg_bytes("", 0)), SG_OK);
	ck_assert_int_eq(sg_store_begin(path, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	free(path);
	free(inner);
	free(link);
	scratch_remove(&outer);
}
END_TEST

START_TEST(a_folder_that_is_a_link_is_refused)
{
	char *outer = scratch_make(), *link = scratch_path(outer, "link");
	char *path = scratch_path(link, "slot-0000.db"), *real = NULL;

	ck_assert_int_eq(symlink(test_store_folder, link), 0);
	ck_assert_int_eq(sg_store_path_resolve(path, &real), SG_ERR_STORE_UNSAFE);
	free(path);
	free(link);
	scratch_remove(&outer);
}
END_TEST

START_TEST(a_journal_that_is_a_fifo_is_refused)
{
	ck_assert_int_eq(mkfifo(test_store_journal, 0600), 0);
	ck_assert_int_eq(sg_store_path_check_journal(test_store_path), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_journal_that_is_a_link_is_refused)
{
	ck_assert_int_eq(symlink(test_store_path, test_store_journal), 0);
	ck_assert_int_eq(sg_store_path_check_journal(test_store_path), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_journal_with_a_second_name_is_refused)
{
	ck_assert_int_eq(link(test_store_path, test_store_journal), 0);
	ck_assert_int_eq(sg_store_path_check_journal(test_store_path), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_journal_that_others_can_write_is_refused)
{
	test_file_write(test_store_journal, sg_bytes(NULL, 0));
	ck_assert_int_eq(sg_store_path_check_journal(test_store_path), SG_OK);
	ck_assert_int_eq(chmod(test_store_journal, 0620), 0);
	ck_assert_int_eq(sg_store_path_check_journal(test_store_path), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(errno_is_translated)
{
	ck_assert_int_eq(sg_store_path_errno(ENOSPC), SG_ERR_STORE_FULL);
	ck_assert_int_eq(sg_store_path_errno(EDQUOT), SG_ERR_STORE_FULL);
	ck_assert_int_eq(sg_store_path_errno(EROFS), SG_ERR_STORE_READONLY);
	ck_assert_int_eq(sg_store_path_errno(ENOENT), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(sg_store_path_errno(EIO), SG_ERR_SYSTEM);
	ck_assert_int_eq(sg_store_path_errno(0), SG_ERR_SYSTEM);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store/path");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, test_store_setup, test_store_teardown);
	tcase_add_test(t, other_files_of_a_slot_lie_beside_its_store);
	tcase_add_test(t, the_name_of_a_store_has_four_digits);
	tcase_add_test(t, slots_are_listed_in_ascending_order);
	tcase_add_test(t, many_slots_are_listed);
	tcase_add_test(t, other_names_are_not_listed);
	tcase_add_test(t, a_missing_folder_has_no_stores);
	tcase_add_test(t, a_folder_open_to_others_is_not_listed);
	tcase_add_test(t, a_path_must_name_a_file);
	tcase_add_test(t, a_relative_path_becomes_absolute);
	tcase_add_test(t, a_link_above_the_folder_is_followed);
	tcase_add_test(t, a_folder_that_is_a_link_is_refused);
	tcase_add_test(t, a_journal_that_is_a_fifo_is_refused);
	tcase_add_test(t, a_journal_that_is_a_link_is_refused);
	tcase_add_test(t, a_journal_with_a_second_name_is_refused);
	tcase_add_test(t, a_journal_that_others_can_write_is_refused);
	tcase_add_test(t, errno_is_translated);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
