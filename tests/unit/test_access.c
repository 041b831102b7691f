/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/access.c, on a token and objects that have no more than what it looks at.
 */
#include "core/access.h"

#include "lib/runner.h"

static struct sg_token token;
static struct sg_session session;
static struct sg_object object, other;

static void set(struct sg_object *o, CK_ATTRIBUTE_TYPE type, bool value)
{
	ck_assert_int_eq(sg_attrs_set_bool(&o->attrs, type, value), SG_OK);
}

static void setup(void)
{
	token = (struct sg_token){ .lock = PTHREAD_RWLOCK_INITIALIZER, .present = true };
	session = (struct sg_session){ .token = &token, .flags = CKF_SERIAL_SESSION };
	object = (struct sg_object){ .class = CKO_SECRET_KEY, .key_type = CKK_AES };
	other = object;
}

static void teardown(void)
{
	sg_attrs_free(&object.attrs);
	sg_attrs_free(&other.attrs);
	pthread_rwlock_destroy(&token.lock);
}

START_TEST(a_read_only_session_adds_and_changes_session_objects_only)
{
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_OK);
	ck_assert_uint_eq(sg_access_change(&session, &object), CKR_OK);
	set(&object, CKA_TOKEN, true);
	object.token = true;
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_SESSION_READ_ONLY);
	ck_assert_uint_eq(sg_access_change(&session, &object), CKR_SESSION_READ_ONLY);
	session.flags |= CKF_RW_SESSION;
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_OK);
	ck_assert_uint_eq(sg_access_change(&session, &object), CKR_OK);
}
END_TEST

START_TEST(only_the_user_adds_private_objects)
{
	set(&object, CKA_PRIVATE, true);
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_USER_NOT_LOGGED_IN);
	token.user = SG_SO;
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_USER_NOT_LOGGED_IN);
	token.user = SG_USER;
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_OK);
}
END_TEST

START_TEST(a_key_of_a_machine_token_can_not_ask_for_a_pin)
{
	set(&object, CKA_ALWAYS_AUTHENTICATE, true);
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_OK);
	token.record.machine = true;
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_ATTRIBUTE_VALUE_INVALID);
}
END_TEST

START_TEST(only_the_security_officer_makes_something_trusted)
{
	set(&object, CKA_TRUSTED, true);
	token.user = SG_USER;
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_ATTRIBUTE_READ_ONLY);
	ck_assert_uint_eq(sg_access_trust(&session, &other.attrs, &object.attrs),
	                  CKR_ATTRIBUTE_READ_ONLY);
	ck_assert_uint_eq(sg_access_trust(&session, &object.attrs, &object.attrs), CKR_OK);
	ck_assert_uint_eq(sg_access_trust(&session, &object.attrs, &other.attrs), CKR_OK);
	token.user = SG_SO;
	ck_assert_uint_eq(sg_access_add(&session, &object.attrs), CKR_OK);
}
END_TEST

START_TEST(a_secret_is_given_out_where_both_attributes_say_so)
{
	for (int i = 0; i < 8; i++) {
		object.resident = (i & 4) != 0;
		set(&object, CKA_EXTRACTABLE, (i & 1) != 0);
		set(&object, CKA_SENSITIVE, (i & 2) != 0);
		ck_assert(sg_access_reveals(&object) == (i == 1));
	}
	object.class = CKO_DATA;
	ck_assert(sg_access_reveals(&object));
}
END_TEST

START_TEST(a_key_is_used_as_its_attributes_say)
{
	set(&object, CKA_ENCRYPT, true);
	ck_assert_uint_eq(sg_access_use(&object, CKA_ENCRYPT, CKM_AES_GCM), CKR_OK);
	ck_assert_uint_eq(sg_access_use(&object, CKA_DECRYPT, CKM_AES_GCM),
	                  CKR_KEY_FUNCTION_NOT_PERMITTED);
}
END_TEST

START_TEST(a_key_is_used_with_the_mechanisms_that_it_names)
{
	uint8_t list[16];

	sg_put_u64(list, CKM_AES_CTR);
	sg_put_u64(list + 8, CKM_AES_GCM);
	object.limited = true;
	set(&object, CKA_ENCRYPT, true);
	ck_assert_int_eq(sg_attrs_set(&object.attrs, CKA_ALLOWED_MECHANISMS,
	                              sg_bytes(list, sizeof list)), SG_OK);
	ck_assert_uint_eq(sg_access_use(&object, CKA_ENCRYPT, CKM_AES_GCM), CKR_OK);
	ck_assert_uint_eq(sg_access_use(&object, CKA_ENCRYPT, CKM_AES_CBC),
	                  CKR_KEY_FUNCTION_NOT_PERMITTED);
}
END_TEST

START_TEST(after_its_dates_a_key_only_reads_what_there_is)
{
	static const CK_ATTRIBUTE_TYPE makes[] = { CKA_SIGN, CKA_ENCRYPT, CKA_WRAP, CKA_DERIVE };
	static const CK_ATTRIBUTE_TYPE reads[] = { CKA_VERIFY, CKA_DECRYPT, CKA_UNWRAP };

	object.limited = true;
	ck_assert_int_eq(sg_attrs_set(&object.attrs, CKA_END_DATE, sg_bytes_str("19991231")),
	                 SG_OK);
	for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
		set(&object, makes[i], true);
		ck_assert_uint_eq(sg_access_use(&object, makes[i], CKM_AES_GCM),
		                  CKR_KEY_FUNCTION_NOT_PERMITTED);
	}
	for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
		set(&object, reads[i], true);
		ck_assert_uint_eq(sg_access_use(&object, reads[i], CKM_AES_GCM), CKR_OK);
	}
}
END_TEST

START_TEST(a_key_that_asks_for_a_pin_is_for_operations_in_which_one_can_be_given)
{
	object.limited = true;
	set(&object, CKA_ALWAYS_AUTHENTICATE, true);
	set(&object, CKA_DERIVE, true);
	set(&object, CKA_SIGN, true);
	ck_assert_uint_eq(sg_access_use(&object, CKA_DERIVE, CKM_ECDH1_DERIVE),
	                  CKR_USER_NOT_LOGGED_IN);
	ck_assert_uint_eq(sg_access_use(&object, CKA_SIGN, CKM_EDDSA), CKR_OK);
}
END_TEST

START_TEST(a_key_leaves_by_a_key_that_it_accepts)
{
	ck_assert_uint_eq(sg_access_wrap(&other, &object), CKR_KEY_UNEXTRACTABLE);
	set(&object, CKA_EXTRACTABLE, true);
	ck_assert_uint_eq(sg_access_wrap(&other, &object), CKR_OK);
	set(&object, CKA_WRAP_WITH_TRUSTED, true);
	ck_assert_uint_eq(sg_access_wrap(&other, &object), CKR_KEY_NOT_WRAPPABLE);
	set(&other, CKA_TRUSTED, true);
	ck_assert_uint_eq(sg_access_wrap(&other, &object), CKR_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("access");
	TCase *tc = tcase_create("access");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_read_only_session_adds_and_changes_session_objects_only);
	tcase_add_test(tc, only_the_user_adds_private_objects);
	tcase_add_test(tc, a_key_of_a_machine_token_can_not_ask_for_a_pin);
	tcase_add_test(tc, only_the_security_officer_makes_something_trusted);
	tcase_add_test(tc, a_secret_is_given_out_where_both_attributes_say_so);
	tcase_add_test(tc, a_key_is_used_as_its_attributes_say);
	tcase_add_test(tc, a_key_is_used_with_the_mechanisms_that_it_names);
	tcase_add_test(tc, after_its_dates_a_key_only_reads_what_there_is);
	tcase_add_test(tc, a_key_that_asks_for_a_pin_is_for_operations_in_which_one_can_be_given);
	tcase_add_test(tc, a_key_leaves_by_a_key_that_it_accepts);
	return s;
}

int main(void)
{
	return test_run(suite());
}
