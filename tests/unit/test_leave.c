/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/leave.c, on a machine token of the soft sealer: a key's value leaves by the ways that
 * it was given, and by no other.
 */
#include "core/leave.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/module.h"
#include "lib/file.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static char *folder;
static CK_SESSION_HANDLE s;
static CK_BBOOL yes = CK_TRUE;

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

static void setup(void)
{
	char *conf, *passphrase, text[4096];

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
	ck_assert_uint_eq(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s),
	                  CKR_OK);
	free(conf);
	free(passphrase);
}

static void teardown(void)
{
	(void)C_Finalize(NULL);
	scratch_remove(&folder);
}

/* Import a secret key of 32 bytes 'v'; without ways where they are CK_UNAVAILABLE_INFORMATION. */
static CK_OBJECT_HANDLE import(CK_ULONG ways)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	struct sg_bytes value = repeat('v', 32);
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_VALUE, (void *)value.data, value.len },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_SIGNET_SEALED, &yes, sizeof yes },
		{ CKA_SIGNET_LEAVE, &ways, sizeof ways },
	};
	CK_ULONG n = sizeof template / sizeof template[0];
	CK_OBJECT_HANDLE key = 0;

	if (ways == CK_UNAVAILABLE_INFORMATION)
		n--;
	ck_assert_uint_eq(C_CreateObject(s, template, n, &key), CKR_OK);
	return key;
}

/* Take the value by a way; true where it came. */
static bool leaves(CK_OBJECT_HANDLE key, CK_FLAGS way)
{
	struct sg_secret *value = NULL;
	CK_RV rv = sg_leave_take(s, key, way, &value);

	if (rv == CKR_OK) {
		assert_bytes(sg_secret_bytes(value), repeat('v', 32));
	} else {
		ck_assert_uint_eq(rv, CKR_ACTION_PROHIBITED);
		ck_assert_ptr_null(value);
	}
	sg_secret_free(&value);
	return rv == CKR_OK;
}

START_TEST(a_value_leaves_by_the_ways_of_its_key_alone)
{
	CK_OBJECT_HANDLE key = import((CK_ULONG)_i);

	for (CK_FLAGS way = 1; way <= CKF_SIGNET_LEAVE_DELIVER; way <<= 1)
		ck_assert(leaves(key, way) == (((CK_FLAGS)_i & way) != 0));
}
END_TEST

START_TEST(a_key_that_was_given_no_way_does_not_leave)
{
	CK_OBJECT_HANDLE key = import(CK_UNAVAILABLE_INFORMATION);

	for (CK_FLAGS way = 1; way <= CKF_SIGNET_LEAVE_DELIVER; way <<= 1)
		ck_assert(!leaves(key, way));
}
END_TEST

START_TEST(the_private_half_of_a_pair_leaves)
{
	CK_MECHANISM mechanism = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	CK_BYTE oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
	CK_ULONG way = CKF_SIGNET_LEAVE_SEND;
	CK_ATTRIBUTE public_t[] = { { CKA_EC_PARAMS, oid, sizeof oid } };
	CK_ATTRIBUTE private_t[] = { { CKA_SIGNET_LEAVE, &way, sizeof way } };
	CK_OBJECT_HANDLE public_key, private_key;
	struct sg_secret *seed = NULL;

	ck_assert_uint_eq(C_GenerateKeyPair(s, &mechanism, public_t, 1, private_t, 1, &public_key,
	                                    &private_key), CKR_OK);
	ck_assert_uint_eq(sg_leave_take(s, private_key, way, &seed), CKR_OK);
	ck_assert_uint_eq(seed->len, 32);
	sg_secret_free(&seed);
	ck_assert_uint_eq(sg_leave_take(s, public_key, way, &seed), CKR_ACTION_PROHIBITED);
}
END_TEST

START_TEST(what_is_not_there_does_not_leave)
{
	CK_OBJECT_HANDLE key = import(CKF_SIGNET_LEAVE_SEND);
	struct sg_secret *value = NULL;

	ck_assert_uint_eq(sg_leave_take(s, key + 1, CKF_SIGNET_LEAVE_SEND, &value),
	                  CKR_OBJECT_HANDLE_INVALID);
	ck_assert_uint_eq(sg_leave_take(s + 1, key, CKF_SIGNET_LEAVE_SEND, &value),
	                  CKR_SESSION_HANDLE_INVALID);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	ck_assert_uint_eq(sg_leave_take(s, key, CKF_SIGNET_LEAVE_SEND, &value),
	                  CKR_CRYPTOKI_NOT_INITIALIZED);
	ck_assert_ptr_null(value);
}
END_TEST

static void says(CK_OBJECT_HANDLE key, const char *text)
{
	char said[64] = "";
	CK_ATTRIBUTE attr = { CKA_SIGNET_RECOVERY, said, sizeof said - 1 };

	ck_assert_uint_eq(C_GetAttributeValue(s, key, &attr, 1), CKR_OK);
	ck_assert_str_eq(said, text);
}

START_TEST(how_recovery_is_arranged_is_written_into_a_key_that_may_leave_for_it)
{
	CK_OBJECT_HANDLE key = import(CKF_SIGNET_LEAVE_RECOVERY);

	ck_assert_uint_eq(sg_leave_arranged(s, key, "shares 2/3 0011223344556677"), CKR_OK);
	says(key, "shares 2/3 0011223344556677");
	ck_assert_uint_eq(sg_leave_arranged(s, key, "key signet1"), CKR_OK);
	says(key, "key signet1");
	ck_assert(leaves(key, CKF_SIGNET_LEAVE_RECOVERY));
	ck_assert_uint_eq(sg_leave_arranged(s, import(CKF_SIGNET_LEAVE_SEND), "x"),
	                  CKR_ACTION_PROHIBITED);
}
END_TEST

START_TEST(it_is_not_written_where_it_can_not_be)
{
	CK_OBJECT_HANDLE key = import(CKF_SIGNET_LEAVE_RECOVERY);
	CK_SESSION_HANDLE reader;

	ck_assert_uint_eq(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &reader), CKR_OK);
	ck_assert_uint_eq(sg_leave_arranged(reader, key, "x"), CKR_SESSION_READ_ONLY);
	ck_assert_uint_eq(sg_leave_arranged(s, key + 1, "x"), CKR_OBJECT_HANDLE_INVALID);
	ck_assert_uint_eq(sg_leave_arranged(reader + 1, key, "x"), CKR_SESSION_HANDLE_INVALID);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	ck_assert_uint_eq(sg_leave_arranged(s, key, "x"), CKR_CRYPTOKI_NOT_INITIALIZED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leave");
	TCase *tc = tcase_create("leave");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_value_leaves_by_the_ways_of_its_key_alone, 0, 8);
	tcase_add_test(tc, a_key_that_was_given_no_way_does_not_leave);
	tcase_add_test(tc, the_private_half_of_a_pair_leaves);
	tcase_add_test(tc, what_is_not_there_does_not_leave);
	tcase_add_test(tc, how_recovery_is_arranged_is_written_into_a_key_that_may_leave_for_it);
	tcase_add_test(tc, it_is_not_written_where_it_can_not_be);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
