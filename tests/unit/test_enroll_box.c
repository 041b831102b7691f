/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/box.c.
 */
#include "enroll/box.h"

#include <string.h>

#include "crypto/crypto.h"
#include "crypto/random.h"
#include "lib/runner.h"

static struct sg_secret *key, *opened;
static struct sg_buf box;
static uint8_t object[90], seed[68], duplicate[120];

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_random_secret(SG_ENROLL_BOX_KEY, &key), SG_OK);
	sg_random(object, sizeof object);
	sg_random(seed, sizeof seed);
	sg_random(duplicate, sizeof duplicate);
	ck_assert_int_eq(sg_enroll_box_close(key, sg_bytes(object, sizeof object),
	                                     sg_bytes(seed, sizeof seed),
	                                     sg_bytes(duplicate, sizeof duplicate), &box), SG_OK);
}

static void teardown(void)
{
	sg_secret_free(&key);
	sg_secret_free(&opened);
	sg_buf_free(&box);
	sg_crypto_stop();
}

static enum sg_err open_box(void)
{
	sg_secret_free(&opened);
	return sg_enroll_box_open(key, sg_bytes(object, sizeof object), sg_bytes(seed, sizeof seed),
	                          sg_buf_bytes(&box), &opened);
}

START_TEST(what_was_closed_opens)
{
	ck_assert_int_eq(open_box(), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(opened), sg_bytes(duplicate, sizeof duplicate)));
}
END_TEST

START_TEST(no_byte_of_it_can_be_changed)
{
	const struct sg_bytes parts[] = {
		sg_bytes(object, sizeof object), sg_bytes(seed, sizeof seed), sg_buf_bytes(&box),
		sg_secret_bytes(key),
	};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		for (size_t at = 0; at < parts[i].len; at++) {
			uint8_t *byte = (uint8_t *)parts[i].data + at;

			*byte ^= 1;
			ck_assert_int_eq(open_box(), SG_ERR_TAG);
			ck_assert_ptr_null(opened);
			*byte ^= 1;
		}
	ck_assert_int_eq(open_box(), SG_OK);
}
END_TEST

START_TEST(sizes_that_can_not_be_are_refused)
{
	const struct sg_bytes none = { NULL, 0 };
	const size_t len = box.len;

	box.len = 16;
	ck_assert_int_eq(open_box(), SG_ERR_RANGE);
	box.len = 0;
	ck_assert_int_eq(open_box(), SG_ERR_RANGE);
	box.len = len;
	key->len--;
	ck_assert_int_eq(open_box(), SG_ERR_RANGE);
	ck_assert_int_eq(sg_enroll_box_close(key, none, none, none, &box), SG_ERR_RANGE);
	key->len++;
	ck_assert_int_eq(sg_enroll_box_close(key, none, none, none, &box), SG_ERR_RANGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll_box");
	TCase *tc = tcase_create("enroll_box");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_closed_opens);
	tcase_add_test(tc, no_byte_of_it_can_be_changed);
	tcase_add_test(tc, sizes_that_can_not_be_are_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
