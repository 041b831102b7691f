/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Shares as they are handed out: what is wrong with one is said of that one.
 */
#include <string.h>

#include "core/share.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N 5
#define K 3

static struct sg_secret *secret, *back, *bytes;
static struct sg_share share[N], other[N], given[2 * N];
static enum sg_share_fault fault[2 * N];

static void set_up(void)
{
	ck_assert_int_eq(sg_secret_copy(repeat(0xa5, 32), &secret), SG_OK);
	ck_assert_int_eq(sg_share_make(secret, N, K, share), SG_OK);
	ck_assert_int_eq(sg_share_make(secret, N, K, other), SG_OK);
}

static void tear_down(void)
{
	for (size_t i = 0; i < N; i++) {
		sg_share_clear(&share[i]);
		sg_share_clear(&other[i]);
	}
	sg_secret_free(&secret);
	sg_secret_free(&back);
	sg_secret_free(&bytes);
}

static enum sg_err combine(size_t count)
{
	sg_secret_free(&back);
	return sg_share_combine(given, count, fault, &back);
}

/* The digits are the numbers of shares: 0 to 4 of one sharing, 5 to 9 of the other. */
static enum sg_err combine_these(const char *digits)
{
	size_t count = strlen(digits);

	for (size_t i = 0; i < count; i++)
		given[i] = digits[i] < '5' ? share[digits[i] - '0'] : other[digits[i] - '5'];
	return combine(count);
}

/* A letter for each: good, foreign, again, wrong, suspect. */
static void is_said(const char *letters)
{
	static const char names[] = { 'g', 'f', 't', 'a', 'w', 's' };
	char said[2 * N + 1] = "";

	for (size_t i = 0; i < strlen(letters); i++)
		said[i] = names[fault[i]];
	ck_assert_str_eq(said, letters);
}

static void has_it(void)
{
	ck_assert_ptr_nonnull(back);
	assert_bytes(sg_secret_bytes(back), sg_secret_bytes(secret));
}

static const char *const enough[] = { "012", "340", "421", "01234", "4321" };

START_TEST(enough_of_them_have_it)
{
	ck_assert_int_eq(combine_these(enough[_i]), SG_OK);
	has_it();
	is_said("ggggg" + 5 - strlen(enough[_i]));
}
END_TEST

static const struct {
	const char *given, *said;
} too_few[] = {
	{ "0", "g" }, { "01", "gg" }, { "0011", "gaga" }, { "5606", "ggfa" }, { "50", "tt" },
	{ "0156", "tttt" }, { "01556", "tttat" }, { "0055", "tata" },
};

START_TEST(too_few_do_not)
{
	ck_assert_int_eq(combine_these(too_few[_i].given), SG_ERR_RANGE);
	is_said(too_few[_i].said);
	ck_assert_ptr_null(back);
}
END_TEST

START_TEST(one_that_is_there_twice_is_said_to_be)
{
	ck_assert_int_eq(combine_these("0012"), SG_OK);
	has_it();
	is_said("gagg");
}
END_TEST

START_TEST(one_of_another_sharing_is_said_to_be)
{
	ck_assert_int_eq(combine_these("5012"), SG_OK);
	has_it();
	is_said("fggg");
}
END_TEST

START_TEST(where_as_many_are_of_another_sharing_nobody_is_chosen)
{
	ck_assert_int_eq(combine_these("567012"), SG_ERR_RANGE);
	ck_assert_ptr_null(back);
	is_said("tttttt");
	ck_assert_int_eq(combine_these("5670123"), SG_OK);
	has_it();
	is_said("fffgggg");
}
END_TEST

static void spoil(size_t i)
{
	share[i].part->data[7] ^= 1;
}

START_TEST(a_wrong_one_is_named_where_there_are_enough_others)
{
	spoil(0);
	ck_assert_int_eq(combine_these("0123"), SG_OK);
	has_it();
	is_said("wggg");
	ck_assert_int_eq(combine_these("32104"), SG_OK);
	is_said("gggwg");
}
END_TEST

START_TEST(two_wrong_ones_are_named)
{
	spoil(1);
	spoil(3);
	ck_assert_int_eq(combine_these("01234"), SG_OK);
	has_it();
	is_said("gwgwg");
}
END_TEST

START_TEST(where_there_are_not_all_are_suspect)
{
	spoil(2);
	ck_assert_int_eq(combine_these("012"), SG_ERR_TAG);
	ck_assert_ptr_null(back);
	is_said("sss");
}
END_TEST

static struct sg_share read_back;

static enum sg_err read_bytes(void)
{
	enum sg_err err = sg_share_read(sg_secret_bytes(bytes), &read_back);

	if (err != SG_OK)
		ck_assert_ptr_null(read_back.part);
	sg_share_clear(&read_back);
	return err;
}

START_TEST(what_is_written_is_read)
{
	for (size_t i = 0; i < N; i++) {
		ck_assert_int_eq(sg_share_write(&share[i], &bytes), SG_OK);
		ck_assert_int_eq(sg_share_read(sg_secret_bytes(bytes), &given[i]), SG_OK);
		ck_assert_uint_eq(sg_share_place(&given[i]), i + 1);
		ck_assert_uint_eq(given[i].k, K);
		ck_assert_uint_eq(given[i].n, N);
		sg_secret_free(&bytes);
	}
	ck_assert_int_eq(combine(N), SG_OK);
	has_it();
	for (size_t i = 0; i < N; i++)
		sg_share_clear(&given[i]);
}
END_TEST

START_TEST(any_changed_byte_is_noticed)
{
	ck_assert_int_eq(sg_share_write(&share[0], &bytes), SG_OK);
	for (size_t i = 0; i < bytes->len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes->data[i] ^= (uint8_t)(1 << bit);
			ck_assert_int_ne(read_bytes(), SG_OK);
			bytes->data[i] ^= (uint8_t)(1 << bit);
		}
	}
	ck_assert_int_eq(read_bytes(), SG_OK);
}
END_TEST

START_TEST(one_that_is_cut_short_or_longer_is_damaged)
{
	size_t whole;

	ck_assert_int_eq(sg_share_write(&share[0], &bytes), SG_OK);
	whole = bytes->len;
	for (bytes->len = 5; bytes->len < whole; bytes->len++)
		ck_assert_int_eq(read_bytes(), SG_ERR_TAG);
	bytes->len = 4;
	ck_assert_int_eq(read_bytes(), SG_ERR_FORMAT);
	bytes->len = 0;
	ck_assert_int_eq(read_bytes(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(more_people_than_there_may_be_are_refused)
{
	ck_assert_int_eq(sg_share_make(secret, SG_SHARES_MOST + 1, 2, given), SG_ERR_RANGE);
	ck_assert_int_eq(sg_share_make(secret, 2, 3, given), SG_ERR_RANGE);
	ck_assert_int_eq(sg_share_make(secret, 2, 1, given), SG_ERR_RANGE);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("share");
	TCase *tcase = tcase_create("share");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, enough_of_them_have_it, 0, sizeof enough / sizeof enough[0]);
	tcase_add_loop_test(tcase, too_few_do_not, 0, sizeof too_few / sizeof too_few[0]);
	tcase_add_test(tcase, one_that_is_there_twice_is_said_to_be);
	tcase_add_test(tcase, one_of_another_sharing_is_said_to_be);
	tcase_add_test(tcase, where_as_many_are_of_another_sharing_nobody_is_chosen);
	tcase_add_test(tcase, a_wrong_one_is_named_where_there_are_enough_others);
	tcase_add_test(tcase, two_wrong_ones_are_named);
	tcase_add_test(tcase, where_there_are_not_all_are_suspect);
	tcase_add_test(tcase, what_is_written_is_read);
	tcase_add_test(tcase, any_changed_byte_is_noticed);
	tcase_add_test(tcase, one_that_is_cut_short_or_longer_is_damaged);
	tcase_add_test(tcase, more_people_than_there_may_be_are_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
