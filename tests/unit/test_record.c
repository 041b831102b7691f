/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/record.c.
 */
#include "core/record.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/keys.h"
#include "lib/runner.h"

static const uint8_t token[SG_UUID] = "token", other_token[SG_UUID] = "other";
static const uint8_t other_row[SG_UUID] = "other row";
static struct sg_keyset *keys, *other_keys;
static struct sg_object *object, *opened;
static struct sg_buf record;

/* A secret key of the token with its material closed. */
static void setup(void)
{
	const struct sg_origin origin = { false, CK_UNAVAILABLE_INFORMATION };
	struct sg_attrs attrs = { 0 };
	struct sg_secret *material = NULL;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	keys = test_keyset('k', token);
	other_keys = test_keyset('o', token);
	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS, CKO_SECRET_KEY), SG_OK);
	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_KEY_TYPE, CKK_AES), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_PRIVATE, true), SG_OK);
	ck_assert_int_eq(sg_attrs_set(&attrs, CKA_LABEL, sg_bytes_str("a label")), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("0123456789abcdef"), &material), SG_OK);
	ck_assert_uint_eq(sg_object_new(&attrs, &material, origin, &object), CKR_OK);
	ck_assert_int_eq(sg_record_close_secret(token, keys, object, SG_CLOSED_BY_TOKEN_KEY,
	                                        sg_secret_bytes(object->material->open),
	                                        &object->material->closed), SG_OK);
	ck_assert_int_eq(sg_record_close(token, keys, object, 7, &record), SG_OK);
}

static void teardown(void)
{
	sg_object_unref(&object);
	sg_object_unref(&opened);
	sg_keyset_free(&keys);
	sg_keyset_free(&other_keys);
	sg_buf_free(&record);
	sg_crypto_stop();
}

static enum sg_err open_record(const uint8_t *of_token, const uint8_t *row,
                               const struct sg_keyset *with, struct sg_bytes bytes)
{
	enum sg_err err;

	sg_object_unref(&opened);
	err = sg_record_open(of_token, row, with, bytes, &opened);
	ck_assert((err == SG_OK) == (opened != NULL));
	return err;
}

static enum sg_err open_again(void)
{
	return open_record(token, object->uuid, keys, sg_buf_bytes(&record));
}

START_TEST(a_record_opens_to_the_same_object)
{
	struct sg_secret *inner = NULL;
	enum sg_closed_by by = SG_CLOSED_BY_SEALER;

	ck_assert_int_eq(open_again(), SG_OK);
	assert_bytes(sg_buf_bytes(&opened->attrs.list), sg_buf_bytes(&object->attrs.list));
	ck_assert_mem_eq(opened->uuid, object->uuid, SG_UUID);
	ck_assert_uint_eq(opened->generation, 7);
	ck_assert_uint_eq(opened->class, CKO_SECRET_KEY);
	ck_assert(opened->token && opened->secluded);
	ck_assert_ptr_null(opened->material->open);
	ck_assert_int_eq(sg_record_open_secret(token, keys, opened, &by, &inner), SG_OK);
	ck_assert_int_eq(by, SG_CLOSED_BY_TOKEN_KEY);
	assert_bytes(sg_secret_bytes(inner), sg_bytes_str("0123456789abcdef"));
	sg_secret_free(&inner);
}
END_TEST

START_TEST(the_head_is_in_clear)
{
	struct sg_record_head head;

	ck_assert_int_eq(sg_record_head(sg_buf_bytes(&record), &head), SG_OK);
	ck_assert_int_eq(head.half, SG_PRIVATE_HALF);
	ck_assert_uint_eq(head.class, CKO_SECRET_KEY);
	ck_assert_uint_eq(head.generation, 7);
}
END_TEST

START_TEST(nothing_else_is)
{
	ck_assert_ptr_null(memmem(record.data, record.len, "a label", 7));
	ck_assert_ptr_null(memmem(record.data, record.len, "01234567", 8));
}
END_TEST

START_TEST(every_changed_bit_is_noticed)
{
	for (size_t i = 0; i < record.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			record.data[i] ^= (uint8_t)(1 << bit);
			ck_assert_int_eq(open_again(), i == 4 || i == 5 ? SG_ERR_STORE_VERSION
			                                                : SG_ERR_STORE_DAMAGED);
			record.data[i] ^= (uint8_t)(1 << bit);
		}
	}
	ck_assert_int_eq(open_again(), SG_OK);
}
END_TEST

START_TEST(every_cut_is_noticed)
{
	struct sg_record_head head;

	for (size_t len = 0; len < record.len; len++) {
		ck_assert_int_eq(sg_record_head(sg_bytes(record.data, len), &head),
		                 SG_ERR_STORE_DAMAGED);
		ck_assert_int_eq(open_record(token, object->uuid, keys,
		                             sg_bytes(record.data, len)), SG_ERR_STORE_DAMAGED);
	}
	ck_assert_int_eq(sg_buf_append(&record, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(open_again(), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_record_belongs_to_its_token_row_and_key)
{
	struct sg_bytes bytes = sg_buf_bytes(&record);

	ck_assert_int_eq(open_record(other_token, object->uuid, keys, bytes), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(open_record(token, other_row, keys, bytes), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(open_record(token, object->uuid, other_keys, bytes), SG_ERR_STORE_DAMAGED);
}
END_TEST

static enum sg_err open_secret(const uint8_t *of_token, const struct sg_keyset *with)
{
	struct sg_secret *inner = NULL;
	enum sg_closed_by by;
	enum sg_err err = sg_record_open_secret(of_token, with, object, &by, &inner);

	ck_assert((err == SG_OK) == (inner != NULL));
	sg_secret_free(&inner);
	return err;
}

START_TEST(a_secret_part_belongs_to_its_token_row_and_key)
{
	ck_assert_int_eq(open_secret(token, keys), SG_OK);
	ck_assert_int_eq(open_secret(other_token, keys), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(open_secret(token, other_keys), SG_ERR_STORE_DAMAGED);
	memcpy(object->uuid, other_row, SG_UUID);
	ck_assert_int_eq(open_secret(token, keys), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(every_changed_or_missing_byte_of_a_secret_part_is_noticed)
{
	struct sg_buf *closed = &object->material->closed;
	size_t len = closed->len;

	for (size_t i = 0; i < len; i++) {
		closed->data[i] ^= 1;
		ck_assert_int_eq(open_secret(token, keys), SG_ERR_STORE_DAMAGED);
		closed->data[i] ^= 1;
	}
	for (closed->len = 0; closed->len < len; closed->len++)
		ck_assert_int_eq(open_secret(token, keys), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(open_secret(token, keys), SG_OK);
}
END_TEST

START_TEST(a_change_keeps_the_secret_part_and_takes_a_new_iv)
{
	struct sg_buf again = { 0 };

	ck_assert_int_eq(sg_record_close(token, keys, object, 7, &again), SG_OK);
	ck_assert_uint_eq(again.len, record.len);
	ck_assert_ptr_nonnull(memmem(again.data, again.len, object->material->closed.data,
	                             object->material->closed.len));
	ck_assert_mem_ne(again.data, record.data, record.len);
	sg_buf_free(&again);
}
END_TEST

START_TEST(the_record_of_a_key_without_a_secret_part_is_damaged)
{
	sg_buf_free(&object->material->closed);
	ck_assert_int_eq(sg_record_close(token, keys, object, 8, &record), SG_OK);
	ck_assert_int_eq(open_again(), SG_ERR_STORE_DAMAGED);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("record");
	TCase *tc = tcase_create("record");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_record_opens_to_the_same_object);
	tcase_add_test(tc, the_head_is_in_clear);
	tcase_add_test(tc, nothing_else_is);
	tcase_add_test(tc, every_changed_bit_is_noticed);
	tcase_add_test(tc, every_cut_is_noticed);
	tcase_add_test(tc, a_record_belongs_to_its_token_row_and_key);
	tcase_add_test(tc, a_secret_part_belongs_to_its_token_row_and_key);
	tcase_add_test(tc, every_changed_or_missing_byte_of_a_secret_part_is_noticed);
	tcase_add_test(tc, a_change_keeps_the_secret_part_and_takes_a_new_iv);
	tcase_add_test(tc, the_record_of_a_key_without_a_secret_part_is_damaged);
	return s;
}

int main(void)
{
	return test_run(suite());
}
