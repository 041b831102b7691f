/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Recovery keys as text, and roots that are closed for them. The pair of keys is that of
 * RFC 7748, section 6.1.
 */
#include <stdio.h>
#include <string.h>

#include "core/recovery.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define PRIVATE "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define PUBLIC "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"

static struct sg_secret *key, *other, *root, *back, *text;
static struct sg_buf box;
static uint8_t public_key[SG_X25519_LEN];
static char line[SG_RECOVERY_PUBLIC + 1];
static size_t wrong;

static void set_up(void)
{
	ck_assert_int_eq(sg_x25519_from_private(hex(PRIVATE), &key), SG_OK);
	ck_assert_int_eq(sg_x25519_generate(&other), SG_OK);
	ck_assert_int_eq(sg_secret_copy(repeat(0x5a, SG_RECOVERY_ROOT), &root), SG_OK);
}

static void tear_down(void)
{
	sg_secret_free(&key);
	sg_secret_free(&other);
	sg_secret_free(&root);
	sg_secret_free(&back);
	sg_secret_free(&text);
	sg_buf_free(&box);
}

static enum sg_err read_public(void)
{
	return sg_recovery_public_read(sg_bytes_str(line), public_key, &wrong);
}

START_TEST(a_public_half_comes_back_and_a_mistake_in_it_is_named)
{
	ck_assert_int_eq(sg_recovery_public_write(hex(PUBLIC), line), SG_OK);
	ck_assert_uint_eq(strlen(line), SG_RECOVERY_PUBLIC);
	ck_assert(strncmp(line, "signet1", 7) == 0);
	ck_assert_int_eq(read_public(), SG_OK);
	assert_bytes(sg_bytes(public_key, sizeof public_key), hex(PUBLIC));
	line[20] = line[20] == 'q' ? 'p' : 'q';
	ck_assert_int_eq(read_public(), SG_ERR_FORMAT);
	ck_assert_uint_eq(wrong, 21);
}
END_TEST

START_TEST(a_public_half_that_shares_nothing_is_refused)
{
	ck_assert_int_eq(sg_recovery_public_write(repeat(0, SG_X25519_LEN), line), SG_OK);
	ck_assert_int_eq(read_public(), SG_ERR_TAG);
}
END_TEST

static enum sg_err read_private(const char *before, const char *after)
{
	char file[256];

	sg_secret_free(&back);
	snprintf(file, sizeof file, "%s%.*s%s", before, (int)text->len, (const char *)text->data,
	         after);
	return sg_recovery_private_read(sg_bytes_str(file), &back, &wrong);
}

START_TEST(a_private_half_comes_back_between_remarks)
{
	ck_assert_int_eq(sg_recovery_private_write(key, &text), SG_OK);
	ck_assert_int_eq(memcmp(text->data, "SIGNET-SECRET-KEY-1", 19), 0);
	ck_assert_int_eq(read_private("# made today\n\n# signet1...\r\n", "\n# end"), SG_OK);
	assert_bytes(sg_secret_bytes(back), sg_secret_bytes(key));
	ck_assert_int_eq(read_private("", ""), SG_OK);
	ck_assert_int_eq(read_private("# only a remark: ", "\n"), SG_ERR_ARG);
	ck_assert_ptr_null(back);
	ck_assert_int_eq(read_private("\n", "x\n"), SG_ERR_RANGE);
	text->data[30] ^= 1;
	ck_assert_int_eq(read_private("", "\n"), SG_ERR_FORMAT);
	ck_assert_uint_eq(wrong, 31);
}
END_TEST

START_TEST(the_two_halves_are_not_taken_for_each_other)
{
	ck_assert_int_eq(sg_recovery_private_write(key, &text), SG_OK);
	ck_assert_int_eq(sg_recovery_public_read(sg_secret_bytes(text), public_key, &wrong),
	                 SG_ERR_ARG);
	ck_assert_int_eq(sg_recovery_public_write(hex(PUBLIC), line), SG_OK);
	ck_assert_int_eq(sg_recovery_private_read(sg_bytes_str(line), &back, &wrong), SG_ERR_ARG);
}
END_TEST

START_TEST(a_root_is_opened_with_the_private_half_alone)
{
	ck_assert_int_eq(sg_recovery_close(hex(PUBLIC), root, &box), SG_OK);
	ck_assert_int_eq(sg_recovery_open(key, sg_buf_bytes(&box), &back), SG_OK);
	assert_bytes(sg_secret_bytes(back), sg_secret_bytes(root));
	sg_secret_free(&back);
	ck_assert_int_eq(sg_recovery_open(other, sg_buf_bytes(&box), &back), SG_ERR_TAG);
	ck_assert_ptr_null(back);
}
END_TEST

START_TEST(any_changed_byte_of_a_box_is_noticed)
{
	ck_assert_int_eq(sg_recovery_close(hex(PUBLIC), root, &box), SG_OK);
	for (size_t i = 0; i < box.len; i++) {
		box.data[i] ^= 4;
		ck_assert_int_eq(sg_recovery_open(key, sg_buf_bytes(&box), &back), SG_ERR_TAG);
		box.data[i] ^= 4;
	}
	box.len = SG_BOX_MORE - 1;
	ck_assert_int_eq(sg_recovery_open(key, sg_buf_bytes(&box), &back), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_box_without_a_root_in_it_is_refused)
{
	ck_assert_int_eq(sg_box_close(hex(PUBLIC), root, &box), SG_OK);
	ck_assert_int_eq(sg_recovery_open(key, sg_buf_bytes(&box), &back), SG_ERR_FORMAT);
	root->len = 31;
	ck_assert_int_eq(sg_recovery_close(hex(PUBLIC), root, &box), SG_ERR_RANGE);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("recovery");
	TCase *tcase = tcase_create("recovery");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_public_half_comes_back_and_a_mistake_in_it_is_named);
	tcase_add_test(tcase, a_public_half_that_shares_nothing_is_refused);
	tcase_add_test(tcase, a_private_half_comes_back_between_remarks);
	tcase_add_test(tcase, the_two_halves_are_not_taken_for_each_other);
	tcase_add_test(tcase, a_root_is_opened_with_the_private_half_alone);
	tcase_add_test(tcase, any_changed_byte_of_a_box_is_noticed);
	tcase_add_test(tcase, a_box_without_a_root_in_it_is_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
