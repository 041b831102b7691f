/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Random bytes.
 */
#include "crypto/random.h"

#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lib/runner.h"

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

START_TEST(every_byte_of_the_buffer_is_filled)
{
	uint8_t seen[300] = { 0 }, draw[300];

	/* A byte that stays zero in 32 draws was not written: 2^-256 otherwise. */
	for (int i = 0; i < 32; i++) {
		sg_random(draw, sizeof(draw));
		for (size_t j = 0; j < sizeof(draw); j++)
			seen[j] |= draw[j];
	}
	for (size_t j = 0; j < sizeof(seen); j++)
		ck_assert_uint_ne(seen[j], 0);
}
END_TEST

START_TEST(no_byte_behind_the_buffer_is_touched)
{
	uint8_t bytes[3] = { 1, 2, 3 };

	sg_random(bytes, 0);
	ck_assert_mem_eq(bytes, ((uint8_t[]){ 1, 2, 3 }), 3);
	sg_random(bytes, 2);
	ck_assert_uint_eq(bytes[2], 3);
}
END_TEST

START_TEST(two_random_secrets_differ)
{
	struct sg_secret *a = NULL, *b = NULL;

	ck_assert_int_eq(sg_random_secret(32, &a), SG_OK);
	ck_assert_int_eq(sg_random_secret(32, &b), SG_OK);
	ck_assert_uint_eq(a->len, 32);
	ck_assert_uint_eq(b->len, 32);
	ck_assert(!sg_secret_equal(sg_secret_bytes(a), sg_secret_bytes(b)));
	sg_secret_free(&a);
	sg_secret_free(&b);
}
END_TEST

START_TEST(a_secret_that_is_too_large_is_refused)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_random_secret((size_t)1 << 40, &secret), SG_ERR_RANGE);
	ck_assert_ptr_null(secret);
}
END_TEST

START_TEST(a_child_does_not_repeat_its_parent)
{
	uint8_t mine[32], its[32];
	int ends[2], status = 0;
	pid_t child;

	sg_random(mine, sizeof(mine));
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		sg_random(its, sizeof(its));
		_exit(write(ends[1], its, sizeof(its)) == sizeof(its) ? 0 : 1);
	}
	sg_random(mine, sizeof(mine));
	ck_assert_int_eq(read(ends[0], its, sizeof(its)), sizeof(its));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_mem_ne(mine, its, sizeof(mine));
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("random");
	TCase *tc = tcase_create("random");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, every_byte_of_the_buffer_is_filled);
	tcase_add_test(tc, no_byte_behind_the_buffer_is_touched);
	tcase_add_test(tc, two_random_secrets_differ);
	tcase_add_test(tc, a_secret_that_is_too_large_is_refused);
	tcase_add_test(tc, a_child_does_not_repeat_its_parent);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
