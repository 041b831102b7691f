/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: what src/core keeps in the store, closed, opened and checked.
 */
#include "core/record.h"
#include "core/state.h"
#include "core/token_record.h"
#include "ct/cases.h"

static const uint8_t token[SG_UUID] = "token", row[SG_UUID] = "row";

static struct sg_keyset *derive(void)
{
	struct sg_secret *key = ct_make(SG_TOKEN_KEY);
	struct sg_keyset *keys = NULL;

	ck_assert_int_eq(sg_keyset_derive(key, token, &keys), SG_OK);
	sg_secret_free(&key);
	return keys;
}

/* A private key, whose object has its public half, or a secret key. */
static struct sg_object *make_object(bool private_key)
{
	static const uint8_t ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
	const struct sg_origin origin = { false, CK_UNAVAILABLE_INFORMATION };
	struct sg_secret *material = ct_make(32);
	struct sg_object *object = NULL;
	struct sg_attrs attrs = { 0 };

	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS,
	                                    private_key ? CKO_PRIVATE_KEY : CKO_SECRET_KEY), SG_OK);
	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_KEY_TYPE,
	                                    private_key ? CKK_EC_EDWARDS : CKK_AES), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	if (private_key)
		ck_assert_int_eq(sg_attrs_set(&attrs, CKA_EC_PARAMS,
		                              sg_bytes(ed25519, sizeof ed25519)), SG_OK);
	ck_assert_uint_eq(sg_object_new(&attrs, &material, origin, &object), CKR_OK);
	return object;
}

START_TEST(an_object_is_closed_and_opened)
{
	struct sg_object *object = make_object(_i != 0), *opened = NULL;
	struct sg_keyset *keys = derive();
	struct sg_secret *inner = NULL;
	struct sg_buf record = { 0 };
	enum sg_closed_by by;

	ck_assert_int_eq(sg_record_close_secret(token, keys, object, SG_CLOSED_BY_TOKEN_KEY,
	                                        sg_secret_bytes(object->material->open),
	                                        &object->material->closed), SG_OK);
	ck_assert_int_eq(sg_record_close(token, keys, object, 7, &record), SG_OK);
	ck_assert_int_eq(sg_record_open(token, object->uuid, keys, sg_buf_bytes(&record), &opened),
	                 SG_OK);
	ck_assert_int_eq(sg_record_open_secret(token, keys, opened, &by, &inner), SG_OK);
	ck_assert_uint_eq(inner->len, object->material->open->len);
	sg_secret_free(&inner);
	sg_object_unref(&opened);
	record.data[record.len - 1] ^= 1;
	ck_assert_int_eq(sg_record_open(token, object->uuid, keys, sg_buf_bytes(&record), &opened),
	                 SG_ERR_STORE_DAMAGED);
	sg_object_unref(&object);
	sg_keyset_free(&keys);
	sg_buf_free(&record);
}
END_TEST

START_TEST(a_set_of_rows_is_signed_and_checked)
{
	struct sg_keyset *keys = derive();
	struct sg_set set = { 0 };

	sg_set_add(&set, keys, row, 1);
	sg_set_add(&set, keys, token, 2);
	sg_set_remove(&set, keys, row, 1);
	sg_set_sign(&set, SG_PRIVATE_HALF, keys, token);
	ck_assert_int_eq(sg_set_check(&set, SG_PRIVATE_HALF, keys, token), SG_OK);
	set.mac[31] ^= 1;
	ck_assert_int_eq(sg_set_check(&set, SG_PRIVATE_HALF, keys, token), SG_ERR_STORE_DAMAGED);
	sg_keyset_free(&keys);
}
END_TEST

START_TEST(a_token_record_is_written_and_checked)
{
	struct sg_token_record record = { .sealer = "soft" };
	struct sg_keyset *keys[2] = { derive(), derive() };
	struct sg_buf stored = { 0 };

	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
	ck_assert_int_eq(sg_token_record_check(&record, keys), SG_OK);
	record.mac[SG_PRIVATE_HALF][31] ^= 1;
	ck_assert_int_eq(sg_token_record_check(&record, keys), SG_ERR_STORE_DAMAGED);
	sg_buf_free(&stored);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
}
END_TEST

void ct_records_add(TCase *tcase)
{
	tcase_add_loop_test(tcase, an_object_is_closed_and_opened, 0, 2);
	tcase_add_test(tcase, a_set_of_rows_is_signed_and_checked);
	tcase_add_test(tcase, a_token_record_is_written_and_checked);
}
