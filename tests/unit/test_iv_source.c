/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/iv_source.c.
 */
#include "core/iv_source.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lib/runner.h"

static void set_up(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void tear_down(void)
{
	sg_crypto_stop();
}

/* Get the source of the key that a number makes. */
static struct sg_iv_source *get(uint64_t number)
{
	struct sg_iv_source *source = NULL;
	struct sg_secret *key = NULL;
	uint8_t bytes[16] = { 0 };

	memcpy(bytes, &number, sizeof number);
	ck_assert_int_eq(sg_secret_copy(sg_bytes(bytes, sizeof bytes), &key), SG_OK);
	ck_assert_int_eq(sg_iv_source_get(key, &source), SG_OK);
	sg_secret_free(&key);
	return source;
}

/* Make an IV with a key that nobody else uses then. */
static void make(uint64_t number, uint8_t iv[12])
{
	struct sg_iv_source *source = get(number);

	ck_assert_uint_eq(sg_iv_make(source, false, iv, 12, 0), CKR_OK);
	sg_iv_source_put(&source);
	ck_assert_ptr_null(source);
}

static uint64_t counter(const uint8_t iv[12])
{
	return (uint64_t)iv[8] << 24 | (uint64_t)iv[9] << 16 | (uint64_t)iv[10] << 8 | iv[11];
}

START_TEST(a_key_goes_on_where_it_was_after_its_source_was_given_back)
{
	uint8_t first[12], second[12];

	make(1, first);
	make(1, second);
	ck_assert_mem_eq(first, second, 8);
	ck_assert_uint_eq(counter(second), counter(first) + 1);
}
END_TEST

START_TEST(two_users_of_a_key_share_its_source)
{
	struct sg_iv_source *one = get(1), *other = get(1);

	ck_assert_ptr_eq(one, other);
	sg_iv_source_put(&one);
	sg_iv_source_put(&other);
	sg_iv_source_put(&other);
}
END_TEST

START_TEST(two_keys_have_two_prefixes)
{
	uint8_t of_a[12], of_b[12];

	make(1, of_a);
	make(2, of_b);
	ck_assert_mem_ne(of_a, of_b, 8);
}
END_TEST

START_TEST(sources_of_ever_new_keys_are_forgotten)
{
	uint8_t iv[12];

	for (uint64_t number = 0; number < 3 * SG_IV_SOURCES; number++) {
		make(number, iv);
		ck_assert_uint_le(sg_iv_sources(), SG_IV_SOURCES);
	}
}
END_TEST

START_TEST(a_key_whose_source_was_forgotten_makes_none_of_its_last_bits_again)
{
	uint8_t first[12], later[12];

	for (int i = 0; i < 3; i++)
		make(0, first);
	for (uint64_t number = 1; number < 3 * SG_IV_SOURCES; number++)
		make(number, later);
	make(0, later);
	ck_assert_mem_ne(first, later, 8);
	ck_assert_uint_gt(counter(later), counter(first));
}
END_TEST

START_TEST(what_is_in_use_is_never_forgotten)
{
	struct sg_iv_source *used = get(0), *again;
	uint8_t iv[12];

	for (uint64_t number = 1; number < 2 * SG_IV_SOURCES; number++)
		make(number, iv);
	again = get(0);
	ck_assert_ptr_eq(again, used);
	sg_iv_source_put(&again);
	sg_iv_source_put(&used);
}
END_TEST

/* All others would begin behind it, and wear out with it. */
START_TEST(a_key_that_is_worn_out_wears_out_no_other)
{
	struct sg_iv_source *source;
	uint8_t iv[12];

	for (uint64_t number = 0; number < 2 * SG_IV_SOURCES; number++) {
		source = get(number);
		if (number % 2 == 0)
			atomic_store(&source->used, UINT64_C(1) << 32);
		sg_iv_source_put(&source);
	}
	make(2 * SG_IV_SOURCES, iv);
	ck_assert_uint_lt(counter(iv), 10);
	source = get(0);
	ck_assert_uint_eq(sg_iv_make(source, false, iv, 12, 0), CKR_KEY_EXHAUSTED);
	sg_iv_source_put(&source);
}
END_TEST

START_TEST(a_child_has_a_prefix_of_its_own)
{
	uint8_t mine[12], childs[12];
	int ends[2], status = 0;
	pid_t pid;

	make(1, mine);
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		make(1, childs);
		_exit(write(ends[1], childs, sizeof childs) == sizeof childs ? 0 : 1);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(read(ends[0], childs, sizeof childs), sizeof childs);
	ck_assert_mem_ne(mine, childs, 8);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

#define THREADS 8
#define KEYS 64

/* Make IVs with keys that come and go all the time, also those of other threads. */
static void *come_and_go(void *arg)
{
	uint8_t iv[12];

	for (uint64_t i = 0; i < 50 * KEYS; i++)
		make(i % KEYS, iv);
	return arg;
}

START_TEST(threads_that_share_keys_lose_no_count)
{
	pthread_t threads[THREADS];
	uint8_t iv[12];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (uint64_t number = 0; number < KEYS; number++) {
		make(number, iv);
		ck_assert_uint_eq(counter(iv), THREADS * 50);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("iv_source");
	TCase *tc = tcase_create("iv_source");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_key_goes_on_where_it_was_after_its_source_was_given_back);
	tcase_add_test(tc, two_users_of_a_key_share_its_source);
	tcase_add_test(tc, two_keys_have_two_prefixes);
	tcase_add_test(tc, sources_of_ever_new_keys_are_forgotten);
	tcase_add_test(tc, a_key_whose_source_was_forgotten_makes_none_of_its_last_bits_again);
	tcase_add_test(tc, what_is_in_use_is_never_forgotten);
	tcase_add_test(tc, a_key_that_is_worn_out_wears_out_no_other);
	tcase_add_test(tc, a_child_has_a_prefix_of_its_own);
	tcase_add_test(tc, threads_that_share_keys_lose_no_count);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
