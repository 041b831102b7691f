/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/object.c.
 */
#include "core/object.h"

#include <string.h>

#include "core/curve.h"
#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define POINT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static const struct sg_origin imported = { false, CK_UNAVAILABLE_INFORMATION };
static const struct sg_origin made = { true, CKM_AES_KEY_GEN };

static struct sg_attrs attrs;
static struct sg_secret *material;
static struct sg_object *object, *other;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_attrs_free(&attrs);
	sg_secret_free(&material);
	sg_object_unref(&object);
	sg_object_unref(&other);
	sg_crypto_stop();
}

static void prepare(CK_OBJECT_CLASS class, CK_KEY_TYPE type, struct sg_bytes secret)
{
	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS, class), SG_OK);
	if (type != CK_UNAVAILABLE_INFORMATION)
		ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_KEY_TYPE, type), SG_OK);
	if (type == CKK_EC_EDWARDS)
		ck_assert_int_eq(sg_attrs_set(&attrs, CKA_EC_PARAMS, hex("06032b6570")), SG_OK);
	if (secret.len > 0)
		ck_assert_int_eq(sg_secret_copy(secret, &material), SG_OK);
}

static CK_RV make(struct sg_origin origin)
{
	return sg_object_new(&attrs, &material, origin, &object);
}

START_TEST(a_new_object_takes_over_what_it_is_made_of)
{
	prepare(CKO_SECRET_KEY, CKK_AES, sg_bytes_str("0123456789abcdef"));
	ck_assert_uint_eq(make(made), CKR_OK);
	ck_assert_uint_eq(attrs.list.len, 0);
	ck_assert_ptr_null(material);
	ck_assert_uint_eq(object->class, CKO_SECRET_KEY);
	ck_assert_uint_eq(object->key_type, CKK_AES);
	ck_assert_uint_eq(sg_attrs_ulong(&object->attrs, CKA_VALUE_LEN), 16);
	ck_assert_uint_eq(object->material->open->len, 16);
}
END_TEST

START_TEST(the_unique_id_is_the_uuid)
{
	char id[2 * SG_UUID];
	struct sg_bytes value;

	prepare(CKO_DATA, CK_UNAVAILABLE_INFORMATION, sg_bytes(NULL, 0));
	ck_assert_uint_eq(make(imported), CKR_OK);
	ck_assert(sg_attrs_get(&object->attrs, CKA_UNIQUE_ID, &value));
	sg_bytes_hex(sg_bytes(object->uuid, SG_UUID), id);
	assert_bytes(value, sg_bytes(id, sizeof id));
	ck_assert_ptr_null(object->material);
}
END_TEST

START_TEST(history_is_told_by_origin_and_attributes)
{
	for (int i = 0; i < 8; i++) {
		bool local = i & 1, sensitive = i & 2, extractable = i & 4;

		prepare(CKO_SECRET_KEY, CKK_AES, sg_bytes_str("0123456789abcdef"));
		ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_SENSITIVE, sensitive), SG_OK);
		ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_EXTRACTABLE, extractable), SG_OK);
		ck_assert_uint_eq(make(local ? made : imported), CKR_OK);
		ck_assert(sg_attrs_bool(&object->attrs, CKA_LOCAL) == local);
		ck_assert(sg_attrs_bool(&object->attrs, CKA_ALWAYS_SENSITIVE) ==
		          (local && sensitive));
		ck_assert(sg_attrs_bool(&object->attrs, CKA_NEVER_EXTRACTABLE) ==
		          (local && !extractable));
		ck_assert_uint_eq(sg_attrs_ulong(&object->attrs, CKA_KEY_GEN_MECHANISM),
		                  local ? CKM_AES_KEY_GEN : CK_UNAVAILABLE_INFORMATION);
		sg_object_unref(&object);
	}
}
END_TEST

START_TEST(a_private_key_gets_its_public_half)
{
	struct sg_bytes point;

	prepare(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, hex(SEED));
	ck_assert_uint_eq(make(imported), CKR_OK);
	ck_assert(sg_attrs_get(&object->attrs, CKA_EC_POINT, &point));
	assert_bytes(point, hex(POINT));
	ck_assert_uint_eq(object->material->open->len, SG_ED25519_KEY);
}
END_TEST

START_TEST(a_public_half_of_another_key_is_refused)
{
	prepare(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, repeat(1, 32));
	ck_assert_int_eq(sg_curve_set(sg_curve_named(CKK_EC_EDWARDS, hex("06032b6570")), &attrs, hex(POINT)), SG_OK);
	ck_assert_uint_eq(make(imported), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_ptr_null(object);
	ck_assert_ptr_null(material);
	ck_assert_uint_eq(attrs.list.len, 0);
}
END_TEST

START_TEST(a_public_key_needs_a_valid_point)
{
	prepare(CKO_PUBLIC_KEY, CKK_EC_EDWARDS, sg_bytes(NULL, 0));
	ck_assert_uint_eq(make(imported), CKR_TEMPLATE_INCOMPLETE);
	prepare(CKO_PUBLIC_KEY, CKK_EC_EDWARDS, sg_bytes(NULL, 0));
	ck_assert_int_eq(sg_curve_set(sg_curve_named(CKK_EC_EDWARDS, hex("06032b6570")), &attrs, repeat(2, 32)), SG_OK);
	ck_assert_uint_eq(make(imported), CKR_PUBLIC_KEY_INVALID);
	prepare(CKO_PUBLIC_KEY, CKK_EC_EDWARDS, sg_bytes(NULL, 0));
	ck_assert_int_eq(sg_curve_set(sg_curve_named(CKK_EC_EDWARDS, hex("06032b6570")), &attrs, hex(POINT)), SG_OK);
	ck_assert_uint_eq(make(imported), CKR_OK);
}
END_TEST

START_TEST(a_stored_object_must_be_one)
{
	const uint8_t uuid[SG_UUID] = "row";
	struct sg_bytes closed = sg_bytes_str("closed");

	ck_assert_int_eq(sg_object_stored(&attrs, closed, uuid, 1, &object), SG_ERR_STORE_DAMAGED);
	prepare(CKO_DATA, CK_UNAVAILABLE_INFORMATION, sg_bytes(NULL, 0));
	ck_assert_int_eq(sg_object_stored(&attrs, closed, uuid, 1, &object), SG_ERR_STORE_DAMAGED);
	ck_assert_ptr_null(object);
	prepare(CKO_DATA, CK_UNAVAILABLE_INFORMATION, sg_bytes(NULL, 0));
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	ck_assert_int_eq(sg_object_stored(&attrs, closed, uuid, 5, &object), SG_OK);
	ck_assert_uint_eq(object->generation, 5);
	ck_assert_ptr_null(object->material->open);
	assert_bytes(sg_buf_bytes(&object->material->closed), closed);
}
END_TEST

/* Store a MAC key that says of itself that it lives in the hardware. */
static enum sg_err store_resident(bool sensitive, bool extractable, bool sealed)
{
	const uint8_t uuid[SG_UUID] = "row";

	sg_object_unref(&object);
	prepare(CKO_SECRET_KEY, CKK_GENERIC_SECRET, sg_bytes(NULL, 0));
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_SIGNET_RESIDENT, true), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_SENSITIVE, sensitive), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_EXTRACTABLE, extractable), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_SIGNET_SEALED, sealed), SG_OK);
	return sg_object_stored(&attrs, sg_bytes_str("closed"), uuid, 1, &object);
}

/* An empty value lies at the very end of the list. */
START_TEST(a_stored_flag_without_a_value_is_damage)
{
	uint8_t uuid[SG_UUID] = { 1 };

	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	ck_assert_int_eq(sg_attrs_set(&attrs, CKA_ALWAYS_AUTHENTICATE, sg_bytes(NULL, 0)), SG_OK);
	ck_assert_int_eq(sg_object_stored(&attrs, sg_bytes(NULL, 0), uuid, 1, &object),
	                 SG_ERR_STORE_DAMAGED);
	ck_assert_ptr_null(object);
}
END_TEST

/* Store a data object that says of itself that the hardware sealed it alone. */
static enum sg_err store_sealed_data(bool private, struct sg_bytes closed)
{
	const uint8_t uuid[SG_UUID] = "row";

	sg_object_unref(&object);
	prepare(CKO_DATA, CK_UNAVAILABLE_INFORMATION, sg_bytes(NULL, 0));
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_PRIVATE, private), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_SIGNET_SEALED, true), SG_OK);
	return sg_object_stored(&attrs, closed, uuid, 1, &object);
}

START_TEST(stored_data_that_the_hardware_sealed_is_private_and_there)
{
	ck_assert_int_eq(store_sealed_data(true, sg_bytes_str("closed")), SG_OK);
	ck_assert_int_eq(store_sealed_data(false, sg_bytes_str("closed")), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(store_sealed_data(true, sg_bytes(NULL, 0)), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_stored_key_that_lives_in_the_hardware_can_not_be_taken_out)
{
	ck_assert_int_eq(store_resident(true, false, false), SG_OK);
	ck_assert(object->resident);
	ck_assert_int_eq(store_resident(false, false, false), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(store_resident(true, true, false), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(store_resident(true, false, true), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_changed_object_shares_the_material)
{
	prepare(CKO_SECRET_KEY, CKK_AES, sg_bytes_str("0123456789abcdef"));
	ck_assert_uint_eq(make(made), CKR_OK);
	ck_assert_int_eq(sg_attrs_copy(&object->attrs, &attrs), SG_OK);
	ck_assert_int_eq(sg_attrs_set(&attrs, CKA_LABEL, sg_bytes_str("new")), SG_OK);
	ck_assert_int_eq(sg_object_changed(object, &attrs, &other), SG_OK);
	ck_assert_uint_eq(attrs.list.len, 0);
	ck_assert_ptr_eq(other->material, object->material);
	ck_assert_mem_eq(other->uuid, object->uuid, SG_UUID);
	sg_object_unref(&object);
	assert_bytes(sg_secret_bytes(other->material->open), sg_bytes_str("0123456789abcdef"));
}
END_TEST

START_TEST(the_last_reference_frees)
{
	prepare(CKO_DATA, CK_UNAVAILABLE_INFORMATION, sg_bytes_str("value"));
	ck_assert_uint_eq(make(imported), CKR_OK);
	other = sg_object_ref(object);
	sg_object_unref(&object);
	ck_assert_ptr_null(object);
	ck_assert_uint_eq(other->class, CKO_DATA);
	sg_object_unref(&object);
}
END_TEST

static bool matches(CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG len)
{
	CK_ATTRIBUTE t = { type, (void *)(uintptr_t)value, len };

	return sg_object_matches(object, &t, 1);
}

START_TEST(matching_compares_whole_values)
{
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY, data = CKO_DATA;

	prepare(CKO_SECRET_KEY, CKK_AES, sg_bytes_str("0123456789abcdef"));
	ck_assert_int_eq(sg_attrs_set(&attrs, CKA_LABEL, sg_bytes_str("label")), SG_OK);
	ck_assert_uint_eq(make(made), CKR_OK);
	ck_assert(sg_object_matches(object, NULL, 0));
	ck_assert(matches(CKA_CLASS, &secret, sizeof secret));
	ck_assert(!matches(CKA_CLASS, &data, sizeof data));
	ck_assert(!matches(CKA_CLASS, &secret, 4));
	ck_assert(matches(CKA_LABEL, "label", 5));
	ck_assert(!matches(CKA_LABEL, "labe", 4));
	ck_assert(!matches(CKA_LABEL, "labels", 6));
	ck_assert(!matches(CKA_VALUE, "0123456789abcdef", 16));
	ck_assert(!matches(CKA_MODULUS, "", 0));
	ck_assert(!matches(CKA_ID, "x", 1));
}
END_TEST

START_TEST(giving_up_nothing_is_fine)
{
	struct sg_object *none = NULL;

	sg_object_unref(NULL);
	sg_object_unref(&none);
	ck_assert_ptr_null(none);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("object");
	TCase *tc = tcase_create("object");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_new_object_takes_over_what_it_is_made_of);
	tcase_add_test(tc, the_unique_id_is_the_uuid);
	tcase_add_test(tc, history_is_told_by_origin_and_attributes);
	tcase_add_test(tc, a_private_key_gets_its_public_half);
	tcase_add_test(tc, a_public_half_of_another_key_is_refused);
	tcase_add_test(tc, a_public_key_needs_a_valid_point);
	tcase_add_test(tc, a_stored_object_must_be_one);
	tcase_add_test(tc, a_stored_flag_without_a_value_is_damage);
	tcase_add_test(tc, stored_data_that_the_hardware_sealed_is_private_and_there);
	tcase_add_test(tc, a_stored_key_that_lives_in_the_hardware_can_not_be_taken_out);
	tcase_add_test(tc, a_changed_object_shares_the_material);
	tcase_add_test(tc, the_last_reference_frees);
	tcase_add_test(tc, giving_up_nothing_is_fine);
	tcase_add_test(tc, matching_compares_whole_values);
	return s;
}

int main(void)
{
	return test_run(suite());
}
