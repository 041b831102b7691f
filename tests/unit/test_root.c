/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/root.c and core/token_succeed.c, on a machine token of the soft sealer: a version
 * takes the place of another in one step, whatever dies or comes in between.
 */
#include "core/root.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/module.h"
#include "lib/file.h"
#include "lib/points.h"
#include "lib/runner.h"
#include "lib/scratch.h"

#define MANY 200                        /* more points than there are */

static char *folder;
static CK_SESSION_HANDLE s;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void make_token(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "soft", .machine = true,
	};
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;

	ck_assert_ptr_nonnull(module);
	ck_assert_int_eq(sg_module_token(module, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	sg_module_leave();
}

static void start(void)
{
	ck_assert_uint_eq(C_Initialize(NULL), CKR_OK);
	ck_assert_uint_eq(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s),
	                  CKR_OK);
}

static void setup(void)
{
	char *conf, *passphrase, text[4096];

	test_points = (struct test_points){ .count = 0 };
	folder = scratch_make();
	conf = scratch_path(folder, "signet.conf");
	passphrase = scratch_path(folder, "passphrase");
	test_file_write(passphrase, sg_bytes_str("words"));
	snprintf(text, sizeof text, "state = %s/state\nsealer = soft\nallow-soft = yes\n"
	         "soft-passphrase-file = %s\n", folder, passphrase);
	test_file_write(conf, sg_bytes_str(text));
	ck_assert_int_eq(setenv("SIGNET_CONF", conf, 1), 0);
	ck_assert_uint_eq(C_Initialize(NULL), CKR_OK);
	make_token();
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	start();
	free(conf);
	free(passphrase);
}

static void teardown(void)
{
	(void)C_Finalize(NULL);
	scratch_remove(&folder);
}

/* Make a key for a root: a version in the token, one of the session, or with the number 0 a
 * root of old, which has a label alone. */
static CK_OBJECT_HANDLE make(const char *name, CK_ULONG number, bool stored)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_BBOOL token = stored ? CK_TRUE : CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &token, sizeof token },
		{ CKA_LABEL, (void *)name, strlen(name) },
		{ CKA_VALUE_LEN, &len, sizeof len },
		{ CKA_SIGNET_SEALED, &token, sizeof token },
		{ CKA_MODIFIABLE, &no, sizeof no },
		{ CKA_WRAP, &yes, sizeof yes },
		{ CKA_UNWRAP, &yes, sizeof yes },
		{ CKA_SIGNET_ROOT, (void *)name, strlen(name) },
		{ CKA_SIGNET_VERSION, &number, sizeof number },
	};
	CK_OBJECT_HANDLE key = 0;

	ck_assert_uint_eq(C_GenerateKey(s, &mechanism, template, number > 0 ? 9 : 7, &key), CKR_OK);
	return key;
}

static CK_RV succeed(CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE fresh, CK_OBJECT_HANDLE *made)
{
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_SIGNET_SEALED, &yes, sizeof yes },
		{ CKA_SIGNET_RECOVERY, (void *)"none", 4 },
	};

	*made = 0;
	return sg_root_succeed(s, old, fresh, template, 3, made);
}

static CK_RV replace(CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE fresh, CK_OBJECT_HANDLE *made)
{
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_SIGNET_SEALED, &yes, sizeof yes },
	};

	*made = 0;
	return sg_root_replace(s, old, fresh, template, 2, made);
}

static bool is(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE attr = { type, &value, sizeof value };

	ck_assert_uint_eq(C_GetAttributeValue(s, key, &attr, 1), CKR_OK);
	return value == CK_TRUE;
}

static CK_ULONG number_of(CK_OBJECT_HANDLE key)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE attr = { CKA_SIGNET_VERSION, &value, sizeof value };

	ck_assert_uint_eq(C_GetAttributeValue(s, key, &attr, 1), CKR_OK);
	return value;
}

/* Find the versions in the token, by what wraps and what does not. */
static void find(CK_OBJECT_HANDLE *in_use, CK_ULONG *n_in_use, CK_ULONG *n_closed)
{
	CK_OBJECT_HANDLE found[8];
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_UNWRAP, &yes, sizeof yes },
	};
	CK_ULONG n = 0;

	*in_use = 0;
	*n_in_use = *n_closed = 0;
	ck_assert_uint_eq(C_FindObjectsInit(s, template, 2), CKR_OK);
	ck_assert_uint_eq(C_FindObjects(s, found, 8, &n), CKR_OK);
	ck_assert_uint_eq(C_FindObjectsFinal(s), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++) {
		if (is(found[i], CKA_WRAP)) {
			*in_use = found[i];
			(*n_in_use)++;
		} else {
			(*n_closed)++;
		}
	}
}

static CK_RV wrap(CK_OBJECT_HANDLE with, CK_BYTE out[64], CK_ULONG *len)
{
	CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 }, kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ULONG size = 32;
	CK_ATTRIBUTE template[] = {
		{ CKA_VALUE_LEN, &size, sizeof size },
		{ CKA_EXTRACTABLE, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE key = 0;

	ck_assert_uint_eq(C_GenerateKey(s, &generate, template, 2, &key), CKR_OK);
	*len = 64;
	return C_WrapKey(s, &kwp, with, key, out, len);
}

static CK_RV unwrap(CK_OBJECT_HANDLE with, CK_BYTE *wrapped, CK_ULONG len)
{
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
	};
	CK_OBJECT_HANDLE key = 0;

	return C_UnwrapKey(s, &kwp, with, wrapped, len, template, 2, &key);
}

START_TEST(the_next_version_wraps_and_the_old_one_only_unwraps)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), made;
	CK_BYTE wrapped[64], newer[64];
	CK_ULONG len, newer_len;

	ck_assert_uint_eq(wrap(old, wrapped, &len), CKR_OK);
	ck_assert_uint_eq(succeed(old, make("root", 2, false), &made), CKR_OK);
	ck_assert(is(made, CKA_SIGNET_SEALED) && is(made, CKA_WRAP) && is(made, CKA_LOCAL));
	ck_assert_uint_eq(number_of(made), 2);
	ck_assert_uint_eq(wrap(old, newer, &newer_len), CKR_KEY_FUNCTION_NOT_PERMITTED);
	ck_assert_uint_eq(unwrap(old, wrapped, len), CKR_OK);
	ck_assert_uint_eq(unwrap(made, wrapped, len), CKR_WRAPPED_KEY_INVALID);
	ck_assert_uint_eq(wrap(made, newer, &newer_len), CKR_OK);
	ck_assert_uint_eq(unwrap(made, newer, newer_len), CKR_OK);
}
END_TEST

START_TEST(both_are_there_after_a_restart)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), made, in_use;
	CK_ULONG n_in_use, n_closed;

	ck_assert_uint_eq(succeed(old, make("root", 2, false), &made), CKR_OK);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	start();
	find(&in_use, &n_in_use, &n_closed);
	ck_assert(n_in_use == 1 && n_closed == 1);
	ck_assert_uint_eq(number_of(in_use), 2);
}
END_TEST

START_TEST(a_root_of_old_becomes_the_first_version)
{
	CK_OBJECT_HANDLE old = make("root", 0, true), made;

	ck_assert_uint_eq(succeed(old, make("root", 2, false), &made), CKR_OK);
	ck_assert_uint_eq(number_of(old), 1);
	ck_assert(!is(old, CKA_WRAP));
}
END_TEST

START_TEST(a_version_is_succeeded_once)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), made;

	ck_assert_uint_eq(succeed(old, make("root", 2, false), &made), CKR_OK);
	ck_assert_uint_eq(succeed(old, make("root", 3, false), &made), CKR_ACTION_PROHIBITED);
}
END_TEST

/* No key can be made unusable by one that only says that it comes after it. */
START_TEST(nothing_but_a_later_version_of_the_same_root_takes_its_place)
{
	CK_OBJECT_HANDLE old = make("root", 2, true), made, in_use;
	CK_ULONG n_in_use, n_closed;

	ck_assert_uint_eq(succeed(old, make("other", 3, false), &made), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(succeed(old, make("root", 2, false), &made), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(succeed(old, make("root", 1, false), &made), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(succeed(old, make("root", 0, false), &made), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(sg_root_succeed(s, old, make("root", 3, false), NULL, 0, &made),
	                  CKR_TEMPLATE_INCONSISTENT);
	find(&in_use, &n_in_use, &n_closed);
	ck_assert(in_use == old && n_in_use == 1 && n_closed == 0);
}
END_TEST

START_TEST(what_is_not_there_is_an_error)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), fresh = make("root", 2, false), made;
	bool closed;

	ck_assert_uint_eq(succeed(fresh + 1, fresh, &made), CKR_OBJECT_HANDLE_INVALID);
	ck_assert_uint_eq(succeed(old, fresh + 1, &made), CKR_OBJECT_HANDLE_INVALID);
	ck_assert_uint_eq(sg_root_succeed(s + 1, old, fresh, NULL, 0, &made),
	                  CKR_SESSION_HANDLE_INVALID);
	ck_assert_uint_eq(sg_root_close(s, old, fresh + 1, &closed), CKR_OBJECT_HANDLE_INVALID);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	ck_assert_uint_eq(sg_root_close(s, old, fresh, &closed), CKR_CRYPTOKI_NOT_INITIALIZED);
}
END_TEST

START_TEST(a_version_beside_a_later_one_can_be_closed)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), newer = make("root", 2, true);
	bool closed = true;

	ck_assert_uint_eq(sg_root_close(s, old, newer, &closed), CKR_OK);
	ck_assert(!closed && !is(old, CKA_WRAP) && is(newer, CKA_WRAP));
	ck_assert_uint_eq(sg_root_close(s, old, newer, &closed), CKR_OK);
	ck_assert(closed);
}
END_TEST

START_TEST(the_newest_is_not_closed)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), newer = make("root", 2, true);
	CK_OBJECT_HANDLE passing = make("root", 3, false);
	bool closed;

	ck_assert_uint_eq(sg_root_close(s, newer, old, &closed), CKR_ACTION_PROHIBITED);
	ck_assert_uint_eq(sg_root_close(s, newer, newer, &closed), CKR_ACTION_PROHIBITED);
	ck_assert_uint_eq(sg_root_close(s, newer, passing, &closed), CKR_ACTION_PROHIBITED);
	ck_assert(is(newer, CKA_WRAP));
}
END_TEST

START_TEST(a_read_only_session_changes_no_version)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), newer = make("root", 2, true), made;
	CK_OBJECT_HANDLE fresh = make("root", 3, false);
	CK_SESSION_HANDLE reading;
	bool closed;

	ck_assert_uint_eq(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &reading), CKR_OK);
	ck_assert_uint_eq(sg_root_close(reading, old, newer, &closed), CKR_SESSION_READ_ONLY);
	ck_assert_uint_eq(sg_root_succeed(reading, newer, fresh,
	                                  &(CK_ATTRIBUTE){ CKA_TOKEN, &yes, sizeof yes }, 1, &made),
	                  CKR_SESSION_READ_ONLY);
	ck_assert(is(old, CKA_WRAP) && is(newer, CKA_WRAP));
}
END_TEST

START_TEST(a_version_is_replaced_in_one_step)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), made, in_use;
	CK_ULONG n_in_use, n_closed;

	ck_assert_uint_eq(replace(old, make("root", 1, false), &made), CKR_OK);
	ck_assert(made != old && is(made, CKA_SIGNET_SEALED));
	ck_assert_uint_eq(replace(old, make("root", 1, false), &made), CKR_OBJECT_HANDLE_INVALID);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	start();
	find(&in_use, &n_in_use, &n_closed);
	ck_assert(n_in_use == 1 && n_closed == 0);
}
END_TEST

START_TEST(nothing_but_the_same_version_replaces_one)
{
	CK_OBJECT_HANDLE old = make("root", 2, true), made, in_use;
	CK_ULONG n_in_use, n_closed;

	ck_assert_uint_eq(replace(old, make("other", 2, false), &made), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(replace(old, make("root", 3, false), &made), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(replace(old, make("root", 1, false), &made), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(sg_root_replace(s, old, make("root", 2, false), NULL, 0, &made),
	                  CKR_TEMPLATE_INCONSISTENT);
	find(&in_use, &n_in_use, &n_closed);
	ck_assert(in_use == old && n_in_use == 1 && n_closed == 0);
}
END_TEST

START_TEST(what_makes_nothing_new_is_not_replaced_by_what_does)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), made;

	ck_assert_uint_eq(succeed(old, make("root", 2, false), &made), CKR_OK);
	ck_assert_uint_eq(replace(old, make("root", 1, false), &made), CKR_ACTION_PROHIBITED);
	ck_assert(!is(old, CKA_WRAP));
}
END_TEST

START_TEST(a_disk_that_fails_replaces_nothing)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), fresh = make("root", 1, false), made, in_use;
	CK_ULONG n_in_use, n_closed;

	test_points = (struct test_points){ .fail_at = 1, .fail_with = 28 };
	ck_assert_uint_ne(replace(old, fresh, &made), CKR_OK);
	test_points = (struct test_points){ .count = 0 };
	find(&in_use, &n_in_use, &n_closed);
	ck_assert(in_use == old && n_in_use == 1);
}
END_TEST

/* In a process of its own: rotate, and die before the point of that number. */
static bool rotate_and_die(unsigned at)
{
	CK_OBJECT_HANDLE old, fresh, made;
	CK_ULONG n_in_use, n_closed;
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		start();
		find(&old, &n_in_use, &n_closed);
		fresh = make("root", 2, false);
		test_points = (struct test_points){ .die_at = at };
		_exit(succeed(old, fresh, &made) == CKR_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "status %x", status);
	return !WIFSIGNALED(status);
}

START_TEST(killed_anywhere_it_leaves_one_newest_version_and_loses_none)
{
	char *path = scratch_path(folder, "state/slot-0000.db");
	CK_ULONG n_in_use, n_closed, before = 0, after = 0;
	CK_OBJECT_HANDLE in_use;
	struct sg_buf original;
	bool through = false;

	make("root", 1, true);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	original = test_file_read(path);
	for (unsigned at = 1; !through && at < MANY; at++) {
		through = rotate_and_die(at);
		start();
		find(&in_use, &n_in_use, &n_closed);
		ck_assert_uint_eq(n_in_use, 1);
		ck_assert_uint_eq(number_of(in_use), n_closed + 1);
		before += n_closed == 0;
		after += n_closed == 1;
		ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
		test_file_write(path, sg_buf_bytes(&original));
	}
	ck_assert(through && before > 3 && after > 0);
	sg_buf_free(&original);
	free(path);
}
END_TEST

START_TEST(a_disk_that_fails_changes_nothing)
{
	CK_OBJECT_HANDLE old = make("root", 1, true), in_use, made;
	CK_OBJECT_HANDLE fresh = make("root", 2, false);
	CK_ULONG n_in_use, n_closed;

	test_points = (struct test_points){ .fail_at = 1, .fail_with = 28 };
	ck_assert_uint_ne(succeed(old, fresh, &made), CKR_OK);
	test_points = (struct test_points){ .count = 0 };
	find(&in_use, &n_in_use, &n_closed);
	ck_assert(in_use == old && n_in_use == 1 && n_closed == 0);
	ck_assert_uint_eq(succeed(old, fresh, &made), CKR_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("root");
	TCase *tc = tcase_create("root");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_next_version_wraps_and_the_old_one_only_unwraps);
	tcase_add_test(tc, both_are_there_after_a_restart);
	tcase_add_test(tc, a_root_of_old_becomes_the_first_version);
	tcase_add_test(tc, a_version_is_succeeded_once);
	tcase_add_test(tc, nothing_but_a_later_version_of_the_same_root_takes_its_place);
	tcase_add_test(tc, what_is_not_there_is_an_error);
	tcase_add_test(tc, a_version_beside_a_later_one_can_be_closed);
	tcase_add_test(tc, the_newest_is_not_closed);
	tcase_add_test(tc, a_read_only_session_changes_no_version);
	tcase_add_test(tc, a_version_is_replaced_in_one_step);
	tcase_add_test(tc, nothing_but_the_same_version_replaces_one);
	tcase_add_test(tc, what_makes_nothing_new_is_not_replaced_by_what_does);
	tcase_add_test(tc, a_disk_that_fails_replaces_nothing);
	tcase_add_test(tc, killed_anywhere_it_leaves_one_newest_version_and_loses_none);
	tcase_add_test(tc, a_disk_that_fails_changes_nothing);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
