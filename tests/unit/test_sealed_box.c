/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Boxes for the holder of a key.
 */
#include <string.h>

#include "crypto/sealed_box.h"
#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_secret *key, *other, *plain, *opened;
static struct sg_buf box;

static struct sg_bytes public_of(const struct sg_secret *kept)
{
	return sg_bytes(kept->data + SG_X25519_LEN, SG_X25519_LEN);
}

static void set_up(void)
{
	ck_assert_int_eq(sg_x25519_generate(&key), SG_OK);
	ck_assert_int_eq(sg_x25519_generate(&other), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("a share"), &plain), SG_OK);
	ck_assert_int_eq(sg_box_close(public_of(key), plain, &box), SG_OK);
}

static void tear_down(void)
{
	sg_secret_free(&key);
	sg_secret_free(&other);
	sg_secret_free(&plain);
	sg_secret_free(&opened);
	sg_buf_free(&box);
}

START_TEST(who_has_the_key_opens_it)
{
	ck_assert_uint_eq(box.len, plain->len + SG_BOX_MORE);
	ck_assert_int_eq(sg_box_open(key, sg_buf_bytes(&box), &opened), SG_OK);
	assert_bytes(sg_secret_bytes(opened), sg_bytes_str("a share"));
}
END_TEST

START_TEST(nobody_else_does)
{
	ck_assert_int_eq(sg_box_open(other, sg_buf_bytes(&box), &opened), SG_ERR_TAG);
	ck_assert_ptr_null(opened);
}
END_TEST

START_TEST(any_changed_byte_is_noticed)
{
	for (size_t i = 0; i < box.len; i++) {
		box.data[i] ^= 1;
		ck_assert_int_eq(sg_box_open(key, sg_buf_bytes(&box), &opened), SG_ERR_TAG);
		box.data[i] ^= 1;
	}
}
END_TEST

START_TEST(what_is_no_box_is_refused)
{
	ck_assert_int_eq(sg_box_open(key, sg_bytes(box.data, SG_BOX_MORE - 1), &opened),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(sg_box_open(key, sg_bytes(box.data, SG_BOX_MORE), &opened), SG_ERR_TAG);
	ck_assert_ptr_null(opened);
}
END_TEST

START_TEST(nothing_is_closed_for_what_is_no_key)
{
	ck_assert_int_eq(sg_box_close(repeat(0, 32), plain, &box), SG_ERR_RANGE);
	ck_assert_int_eq(sg_box_close(repeat(9, 31), plain, &box), SG_ERR_RANGE);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sealed box");
	TCase *tcase = tcase_create("box");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, who_has_the_key_opens_it);
	tcase_add_test(tcase, nobody_else_does);
	tcase_add_test(tcase, any_changed_byte_is_noticed);
	tcase_add_test(tcase, what_is_no_box_is_refused);
	tcase_add_test(tcase, nothing_is_closed_for_what_is_no_key);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
