/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/sent_key.c.
 */
#include "core/sent_key.h"

#include <string.h>

#include "core/leave.h"
#include "lib/conformance.h"
#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_sent_key key, again;
static struct sg_secret *bytes, *other;

static CK_RV set(CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG len)
{
	const CK_ATTRIBUTE attr = { type, (void *)value, len };

	return sg_sent_key_set(&key, &attr);
}

static CK_RV set_ulong(CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	return set(type, &value, sizeof value);
}

static void setup(void)
{
	static const CK_BBOOL yes = CK_TRUE;

	key.made = 1700000000;
	key.value = test_secret(32, 5);
	ck_assert_int_eq(sg_buf_set(&key.host, sg_bytes_str("vault-1")), SG_OK);
	ck_assert_uint_eq(set_ulong(CKA_CLASS, CKO_SECRET_KEY), CKR_OK);
	ck_assert_uint_eq(set_ulong(CKA_KEY_TYPE, CKK_AES), CKR_OK);
	ck_assert_uint_eq(set(CKA_LABEL, "root", 4), CKR_OK);
	ck_assert_uint_eq(set(CKA_WRAP, &yes, sizeof yes), CKR_OK);
	ck_assert_uint_eq(set(CKA_SIGNET_ROOT, "root", 4), CKR_OK);
	ck_assert_uint_eq(set_ulong(CKA_SIGNET_VERSION, 1), CKR_OK);
	ck_assert_uint_eq(set_ulong(CKA_SIGNET_LEAVE, CKF_SIGNET_LEAVE_SEND), CKR_OK);
}

static void teardown(void)
{
	sg_sent_key_clear(&key);
	sg_sent_key_clear(&again);
	sg_secret_free(&bytes);
	sg_secret_free(&other);
}

static enum sg_err there_and_back(void)
{
	ck_assert_int_eq(sg_sent_key_write(&key, &bytes), SG_OK);
	return sg_sent_key_read(sg_secret_bytes(bytes), &again);
}

START_TEST(a_key_is_read_as_it_was_written)
{
	ck_assert_int_eq(there_and_back(), SG_OK);
	ck_assert_uint_eq(again.made, 1700000000);
	assert_bytes(sg_buf_bytes(&again.host), sg_bytes_str("vault-1"));
	assert_bytes(sg_buf_bytes(&again.attrs.list), sg_buf_bytes(&key.attrs.list));
	assert_bytes(sg_secret_bytes(again.value), sg_secret_bytes(key.value));
	ck_assert_int_eq(sg_sent_key_write(&again, &other), SG_OK);
	assert_bytes(sg_secret_bytes(other), sg_secret_bytes(bytes));
}
END_TEST

START_TEST(what_is_cut_short_or_longer_is_refused)
{
	ck_assert_int_eq(there_and_back(), SG_OK);
	for (size_t len = 0; len < bytes->len; len++) {
		sg_sent_key_clear(&again);
		memset(&again, 0, sizeof again);
		ck_assert_int_eq(sg_sent_key_read(sg_bytes(bytes->data, len), &again), SG_ERR_FORMAT);
	}
}
END_TEST

/* What a sender could want to say of a key that the receiver decides. */
static const CK_ATTRIBUTE_TYPE stays[] = {
	CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_LOCAL, CKA_TRUSTED,
	CKA_SIGNET_SEALED, CKA_SIGNET_RESIDENT,
};

START_TEST(what_does_not_travel_is_refused)
{
	ck_assert_uint_eq(set(stays[_i], &(CK_BBOOL){ CK_TRUE }, 1), CKR_ATTRIBUTE_TYPE_INVALID);
	ck_assert_int_eq(sg_attrs_set_bool(&key.attrs, stays[_i], true), SG_OK);
	ck_assert_int_eq(there_and_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_value_that_an_attribute_can_not_have_is_refused)
{
	ck_assert_int_eq(sg_attrs_set(&key.attrs, CKA_WRAP, sg_bytes_str("no bool")), SG_OK);
	ck_assert_int_eq(there_and_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_way_to_leave_that_there_is_not_is_refused)
{
	ck_assert_uint_eq(set_ulong(CKA_SIGNET_LEAVE, CKF_SIGNET_LEAVE_ALL + 1), CKR_OK);
	ck_assert_int_eq(there_and_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_key_without_a_label_is_not_written)
{
	struct sg_sent_key bare = { .value = test_secret(32, 5) };
	const CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	const CK_ATTRIBUTE attr = { CKA_CLASS, (void *)&class, sizeof class };

	ck_assert_uint_eq(sg_sent_key_set(&bare, &attr), CKR_OK);
	ck_assert_int_eq(sg_sent_key_write(&bare, &bytes), SG_ERR_FORMAT);
	ck_assert_ptr_null(bytes);
	sg_sent_key_clear(&bare);
}
END_TEST

START_TEST(a_name_that_steers_a_terminal_is_refused)
{
	ck_assert_uint_eq(set(_i == 0 ? CKA_LABEL : CKA_SIGNET_ROOT, "\033[2J", 4), CKR_OK);
	ck_assert_int_eq(there_and_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_key_of_an_impossible_length_or_kind_is_refused)
{
	key.value->len = 31;
	ck_assert_int_eq(there_and_back(), SG_ERR_FORMAT);
	sg_secret_free(&bytes);
	sg_sent_key_clear(&again);
	key.value->len = 32;
	ck_assert_int_eq(sg_attrs_set_ulong(&key.attrs, CKA_CLASS, CKO_PUBLIC_KEY), SG_OK);
	ck_assert_int_eq(there_and_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(an_empty_attribute_is_left_out)
{
	struct sg_bytes value;

	ck_assert_uint_eq(set(CKA_ID, NULL, 0), CKR_OK);
	ck_assert(!sg_attrs_get(&key.attrs, CKA_ID, &value));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sent key");
	TCase *tc = tcase_create("sent key");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_key_is_read_as_it_was_written);
	tcase_add_test(tc, what_is_cut_short_or_longer_is_refused);
	tcase_add_loop_test(tc, what_does_not_travel_is_refused, 0, sizeof stays / sizeof stays[0]);
	tcase_add_test(tc, a_value_that_an_attribute_can_not_have_is_refused);
	tcase_add_test(tc, a_way_to_leave_that_there_is_not_is_refused);
	tcase_add_test(tc, a_key_without_a_label_is_not_written);
	tcase_add_loop_test(tc, a_name_that_steers_a_terminal_is_refused, 0, 2);
	tcase_add_test(tc, a_key_of_an_impossible_length_or_kind_is_refused);
	tcase_add_test(tc, an_empty_attribute_is_left_out);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
