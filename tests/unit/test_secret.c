/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/secret.c.
 */
#define _GNU_SOURCE 1
#include "util/secret.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/runner.h"

/* Return the reading end of a pipe that gives these bytes and then ends. */
static int pipe_with(const char *text, size_t len)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], text, len), (ssize_t)len);
	ck_assert_int_eq(close(ends[1]), 0);
	return ends[0];
}

START_TEST(a_new_secret_is_empty_and_zero)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_new(100, &secret), SG_OK);
	ck_assert_uint_eq(secret->len, 0);
	ck_assert_uint_eq(secret->cap, 100);
	for (size_t i = 0; i < 100; i++)
		ck_assert_uint_eq(secret->data[i], 0);
	sg_secret_free(&secret);
}
END_TEST

START_TEST(a_copy_holds_the_bytes)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("open sesame"), &secret), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(secret), sg_bytes_str("open sesame")));
	sg_secret_free(&secret);
}
END_TEST

START_TEST(an_empty_secret_is_a_secret)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_copy(sg_bytes(NULL, 0), &secret), SG_OK);
	ck_assert_uint_eq(secret->len, 0);
	ck_assert_ptr_nonnull(secret->data);
	sg_secret_free(&secret);
}
END_TEST

START_TEST(a_freed_secret_is_wiped)
{
	struct sg_secret *neighbour = NULL;
	struct sg_secret *secret = NULL;
	const volatile uint8_t *was;

	/* The neighbour keeps the memory mapped. */
	ck_assert_int_eq(sg_secret_new(32, &neighbour), SG_OK);
	ck_assert_int_eq(sg_secret_new(64, &secret), SG_OK);
	memset(secret->data, 0xa5, 64);
	was = secret->data;
	sg_secret_free(&secret);
	for (size_t i = 0; i < 64; i++)
		ck_assert_uint_eq(was[i], 0);
	sg_secret_free(&neighbour);
}
END_TEST

START_TEST(freeing_clears_the_pointer_and_takes_null)
{
	struct sg_secret *secret = NULL;

	sg_secret_free(NULL);
	sg_secret_free(&secret);
	ck_assert_int_eq(sg_secret_new(1, &secret), SG_OK);
	sg_secret_free(&secret);
	ck_assert_ptr_null(secret);
}
END_TEST

START_TEST(more_than_a_mebibyte_is_out_of_range)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_new(((size_t)1 << 20) + 1, &secret), SG_ERR_RANGE);
	ck_assert_int_eq(sg_secret_new(SIZE_MAX, &secret), SG_ERR_RANGE);
	ck_assert_ptr_null(secret);
}
END_TEST

START_TEST(equality_looks_at_every_byte_and_the_length)
{
	ck_assert(sg_secret_equal(sg_bytes_str("0123"), sg_bytes_str("0123")));
	ck_assert(!sg_secret_equal(sg_bytes_str("0123"), sg_bytes_str("0124")));
	ck_assert(!sg_secret_equal(sg_bytes_str("0123"), sg_bytes_str("1123")));
	ck_assert(!sg_secret_equal(sg_bytes_str("0123"), sg_bytes_str("012")));
	ck_assert(sg_secret_equal(sg_bytes(NULL, 0), sg_bytes(NULL, 0)));
}
END_TEST

START_TEST(a_descriptor_is_read_to_its_end)
{
	struct sg_secret *secret = NULL;
	int fd = pipe_with("a pin\n", 6);

	ck_assert_int_eq(sg_secret_read_fd(fd, 100, &secret), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(secret), sg_bytes_str("a pin\n")));
	sg_secret_free(&secret);
	close(fd);
}
END_TEST

START_TEST(a_descriptor_with_exactly_the_maximum_is_read)
{
	struct sg_secret *secret = NULL;
	int fd = pipe_with("12345678", 8);

	ck_assert_int_eq(sg_secret_read_fd(fd, 8, &secret), SG_OK);
	ck_assert_uint_eq(secret->len, 8);
	sg_secret_free(&secret);
	close(fd);
}
END_TEST

START_TEST(a_descriptor_with_more_is_refused)
{
	struct sg_secret *secret = NULL;
	int fd = pipe_with("123456789", 9);

	ck_assert_int_eq(sg_secret_read_fd(fd, 8, &secret), SG_ERR_RANGE);
	ck_assert_ptr_null(secret);
	close(fd);
}
END_TEST

START_TEST(a_descriptor_that_ends_at_once_gives_an_empty_secret)
{
	struct sg_secret *secret = NULL;
	int fd = pipe_with("", 0);

	ck_assert_int_eq(sg_secret_read_fd(fd, 8, &secret), SG_OK);
	ck_assert_uint_eq(secret->len, 0);
	sg_secret_free(&secret);
	close(fd);
}
END_TEST

START_TEST(a_descriptor_that_is_not_open_is_an_error)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_read_fd(-1, 8, &secret), SG_ERR_SYSTEM);
	ck_assert_ptr_null(secret);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("secret");
	TCase *t = tcase_create("secret");

	tcase_add_test(t, a_new_secret_is_empty_and_zero);
	tcase_add_test(t, a_copy_holds_the_bytes);
	tcase_add_test(t, an_empty_secret_is_a_secret);
	tcase_add_test(t, a_freed_secret_is_wiped);
	tcase_add_test(t, freeing_clears_the_pointer_and_takes_null);
	tcase_add_test(t, more_than_a_mebibyte_is_out_of_range);
	tcase_add_test(t, equality_looks_at_every_byte_and_the_length);
	tcase_add_test(t, a_descriptor_is_read_to_its_end);
	tcase_add_test(t, a_descriptor_with_exactly_the_maximum_is_read);
	tcase_add_test(t, a_descriptor_with_more_is_refused);
	tcase_add_test(t, a_descriptor_that_ends_at_once_gives_an_empty_secret);
	tcase_add_test(t, a_descriptor_that_is_not_open_is_an_error);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
