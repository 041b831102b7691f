/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Sharing a secret. The vectors were made by a program of a few lines with tables of
 * logarithms to the base 3 and powers, which has nothing in common with the code here.
 */
#include <string.h>

#include "crypto/shamir.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/shamir_vectors.h"

#define MOST 16
#define SAMPLE 8                /* subsets of each n and k */

static struct sg_secret *secret, *share[SG_SHAMIR_MOST], *combined;

static void set_up(void)
{
	ck_assert_int_eq(sg_secret_copy(hex("00ff8001fe7f00ff"), &secret), SG_OK);
}

static void free_shares(void)
{
	for (size_t i = 0; i < SG_SHAMIR_MOST; i++)
		sg_secret_free(&share[i]);
	sg_secret_free(&combined);
}

static void tear_down(void)
{
	free_shares();
	sg_secret_free(&secret);
}

static const struct vector {
	size_t k;
	const char *secret;
	const char *share[MOST];
} vectors[] = {
	{ 2, "598fb22aac25025c", {
		"0b36017df89fcbef01", "fde6cf84044a8b2102", "af5f7cd350f0429203",
	} },
	{ 3, "b03b7dd127f028a7", {
		"b394d11a31e746f507", "b380fb13f72615a3ff", "f07b6fe3d97726c401",
		"455761123634b23580",
	} },
	{ 5, "c4deebdd870a707c", {
		"c6efe9d9d4c9c78c10", "7a7cbc4cef1cfd070f", "64e4d4c59a30dec103",
		"2992ebfaceedea88c8", "aed745b3f4ac839409",
	} },
	{ 16, "fb33b020c29b7e80", {
		"d42fa14daa9d588b10", "bf18be2eeff886820f", "6266062c10793ba00e",
		"5ef4beab2809c3050d", "1db124543a8e4e2a0c", "8961dcd32a5db7890b",
		"1f91e5f39c8312240a", "b80f1a265e67a2ef09", "83bc982835c0386808",
		"cfdeee9b1df30db507", "c5c042608bb22c6606", "d772575216d10e2405",
		"2ca56e03fc59c77604", "fa78ce861f3cb13b03", "3ad3f471159df54d02",
		"cc17d6539abb006301",
	} },
};

START_TEST(what_others_shared_comes_together)
{
	const struct vector *v = &vectors[_i];
	size_t n = 0;

	for (; n < MOST && v->share[n] != NULL; n++)
		ck_assert_int_eq(sg_secret_copy(hex(v->share[n]), &share[n]), SG_OK);
	for (size_t first = 0; first + v->k <= n; first++) {
		ck_assert_int_eq(sg_shamir_combine((const struct sg_secret *const *)share + first,
		                                   v->k, &combined), SG_OK);
		assert_bytes(sg_secret_bytes(combined), hex(v->secret));
		sg_secret_free(&combined);
	}
}
END_TEST

#define SHARED (sizeof shared / sizeof shared[0])
#define SHARE 5                 /* bytes of each of their shares */
#define EVERY 8                 /* up to so many people every subset of them is tried */

/* Take the shares of a vector; return how many there are. */
static size_t take(const struct shared *v)
{
	struct sg_bytes all = hex(v->shares);

	for (size_t i = 0; i < all.len / SHARE; i++)
		ck_assert_int_eq(sg_secret_copy(sg_bytes(all.data + i * SHARE, SHARE), &share[i]),
		                 SG_OK);
	return all.len / SHARE;
}

/* Bring those together whose bits are set; tell whether they have the secret. */
static bool have_it(unsigned subset, size_t n, struct sg_bytes wanted)
{
	const struct sg_secret *chosen[MOST];
	size_t count = 0;
	bool equal;

	for (size_t i = 0; i < n; i++)
		if (subset >> i & 1)
			chosen[count++] = share[i];
	ck_assert_int_eq(sg_shamir_combine(chosen, count, &combined), SG_OK);
	equal = sg_bytes_equal(sg_secret_bytes(combined), wanted);
	sg_secret_free(&combined);
	return equal;
}

/* Return the next larger number with as many bits. */
static unsigned next_subset(unsigned subset)
{
	const unsigned low = subset & -subset, up = subset + low;

	return up | ((subset ^ up) / low >> 2);
}

/* With more people than EVERY, one subset in 97 is tried. */
START_TEST(k_of_n_of_others_have_it_for_all_numbers_and_one_less_does_not)
{
	const struct shared *v = &shared[_i];
	const size_t n = take(v);
	const unsigned step = n <= EVERY ? 1 : 97;
	unsigned turn = 0;

	ck_assert_uint_eq(SHARED, 15 * 16 / 2);
	for (unsigned s = (1u << v->k) - 1; s < 1u << n; s = next_subset(s))
		if (turn++ % step == 0)
			ck_assert(have_it(s, n, hex(v->secret)));
	turn = 0;
	for (unsigned s = (1u << (v->k - 1)) - 1; v->k > 2 && s < 1u << n; s = next_subset(s))
		if (turn++ % step == 0)
			ck_assert(!have_it(s, n, hex(v->secret)));
}
END_TEST

/* Whoever has k - 1 of the shares of n people: each value of the one that is missing makes another
 * secret, and so each secret is as likely as the others. */
START_TEST(k_minus_1_of_n_say_nothing_for_all_numbers)
{
	const struct shared *v = &shared[_i];
	const size_t n = take(v);
	bool seen[256] = { false };

	for (size_t i = 0; i < n; i++) {        /* one byte of each and its place */
		share[i]->data[1] = share[i]->data[SHARE - 1];
		share[i]->len = 2;
	}
	for (int value = 0; value < 256; value++) {
		share[n - 1]->data[0] = (uint8_t)value;
		ck_assert_int_eq(sg_shamir_combine((const struct sg_secret *const *)share + n - v->k,
		                                   v->k, &combined), SG_OK);
		ck_assert(!seen[combined->data[0]]);
		seen[combined->data[0]] = true;
		sg_secret_free(&combined);
	}
}
END_TEST

/* Choose k of n, another choice for each turn, in another order. */
static void choose(size_t n, size_t k, size_t turn, const struct sg_secret **chosen)
{
	size_t at = turn * 5 % n, step = 1;
	bool taken[MOST] = { false };

	for (size_t i = 0; i < k; i++) {
		while (taken[at])
			at = (at + step) % n;
		taken[at] = true;
		chosen[i] = share[at];
		at = (at + turn + 1) % n;
	}
}

START_TEST(any_k_of_n_have_it_and_one_less_does_not)
{
	const size_t n = (size_t)_i;
	const struct sg_secret *chosen[MOST];

	for (size_t k = 2; k <= n; k++) {
		ck_assert_int_eq(sg_shamir_split(secret, n, k, share), SG_OK);
		for (size_t turn = 0; turn < SAMPLE; turn++) {
			choose(n, k, turn, chosen);
			ck_assert_int_eq(sg_shamir_combine(chosen, k, &combined), SG_OK);
			assert_bytes(sg_secret_bytes(combined), sg_secret_bytes(secret));
			sg_secret_free(&combined);
			if (k == 2)
				continue;
			ck_assert_int_eq(sg_shamir_combine(chosen, k - 1, &combined), SG_OK);
			ck_assert(!sg_bytes_equal(sg_secret_bytes(combined),
			                          sg_secret_bytes(secret)));
			sg_secret_free(&combined);
		}
		free_shares();
	}
}
END_TEST

START_TEST(a_share_is_the_values_and_then_the_place)
{
	ck_assert_int_eq(sg_shamir_split(secret, 255, 2, share), SG_OK);
	for (size_t i = 0; i < 255; i++) {
		ck_assert_uint_eq(share[i]->len, secret->len + 1);
		ck_assert_uint_eq(share[i]->data[secret->len], i + 1);
	}
}
END_TEST

START_TEST(two_sharings_have_nothing_in_common)
{
	struct sg_secret *other[2];

	ck_assert_int_eq(sg_shamir_split(secret, 2, 2, share), SG_OK);
	ck_assert_int_eq(sg_shamir_split(secret, 2, 2, other), SG_OK);
	for (size_t i = 0; i < 2; i++)
		ck_assert(!sg_bytes_equal(sg_secret_bytes(share[i]), sg_secret_bytes(other[i])));
	sg_secret_free(&other[0]);
	sg_secret_free(&other[1]);
}
END_TEST

START_TEST(numbers_that_make_no_sense_are_refused)
{
	static const struct { size_t n, k; } wrong[] = {
		{ 0, 0 }, { 1, 1 }, { 5, 0 }, { 5, 1 }, { 4, 5 }, { 256, 2 },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(sg_shamir_split(secret, wrong[i].n, wrong[i].k, share),
		                 SG_ERR_RANGE);
	secret->len = 0;
	ck_assert_int_eq(sg_shamir_split(secret, 3, 2, share), SG_ERR_RANGE);
	ck_assert_ptr_null(share[0]);
}
END_TEST

static enum sg_err combine_two(const char *one, const char *two)
{
	free_shares();
	ck_assert_int_eq(sg_secret_copy(hex(one), &share[0]), SG_OK);
	ck_assert_int_eq(sg_secret_copy(hex(two), &share[1]), SG_OK);
	return sg_shamir_combine((const struct sg_secret *const *)share, 2, &combined);
}

START_TEST(what_are_no_shares_of_one_secret_is_refused)
{
	ck_assert_int_eq(combine_two("0101", "0102"), SG_OK);
	ck_assert_int_eq(combine_two("0101", "0201"), SG_ERR_ARG);
	ck_assert_int_eq(combine_two("0100", "0102"), SG_ERR_FORMAT);
	ck_assert_int_eq(combine_two("0101", "010102"), SG_ERR_FORMAT);
	ck_assert_int_eq(combine_two("01", "02"), SG_ERR_FORMAT);
	ck_assert_ptr_null(combined);
	ck_assert_int_eq(sg_shamir_combine((const struct sg_secret *const *)share, 1, &combined),
	                 SG_ERR_FORMAT);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("shamir");
	TCase *tcase = tcase_create("shamir");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, what_others_shared_comes_together, 0,
	                    sizeof vectors / sizeof vectors[0]);
	tcase_add_loop_test(tcase, any_k_of_n_have_it_and_one_less_does_not, 2, MOST + 1);
	tcase_add_loop_test(tcase, k_of_n_of_others_have_it_for_all_numbers_and_one_less_does_not, 0,
	                    SHARED);
	tcase_add_loop_test(tcase, k_minus_1_of_n_say_nothing_for_all_numbers, 0, SHARED);
	tcase_add_test(tcase, a_share_is_the_values_and_then_the_place);
	tcase_add_test(tcase, two_sharings_have_nothing_in_common);
	tcase_add_test(tcase, numbers_that_make_no_sense_are_refused);
	tcase_add_test(tcase, what_are_no_shares_of_one_secret_is_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
