/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What every sealer must do, whatever it is made of.
 */
#include "lib/conformance.h"

#include <stdlib.h>
#include <string.h>

struct sg_sealer *test_sealer;
struct sg_buf test_parent;
enum sg_err test_other = SG_ERR_HW_OTHER;
size_t test_other_at = 1;

void test_sealer_on(char *tcti)
{
	static struct sg_config config;

	config.tcti = tcti;
	ck_assert_int_eq(sg_sealer_open("tpm", &config, &test_sealer), SG_OK);
}

bool test_provision(void)
{
	bool made = false;
	enum sg_err err = test_sealer->ops->provision(test_sealer, NULL, &test_parent, &made);

	ck_assert_int_eq(err, SG_OK);
	return made;
}

struct sg_secret *test_secret(size_t len, uint8_t first)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_new(len, &secret), SG_OK);
	for (size_t i = 0; i < len; i++)
		secret->data[i] = (uint8_t)(first + i);
	secret->len = len;
	return secret;
}

enum sg_err test_seal(const struct sg_secret *auth, const struct sg_secret *plain,
                      struct sg_buf *blob)
{
	const struct sg_seal_guard guard = { .auth = auth };

	return test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard, plain, blob);
}

enum sg_err test_unseal(const struct sg_secret *auth, struct sg_bytes blob, struct sg_secret **out)
{
	const struct sg_seal_guard guard = { .auth = auth };

	return test_sealer->ops->unseal(test_sealer, sg_buf_bytes(&test_parent), &guard, blob, out);
}

bool test_opens(const struct sg_secret *auth, const struct sg_buf *blob,
                const struct sg_secret *plain)
{
	struct sg_secret *opened = NULL;
	bool same = test_unseal(auth, sg_buf_bytes(blob), &opened) == SG_OK &&
	            sg_bytes_equal(sg_secret_bytes(opened), sg_secret_bytes(plain));

	sg_secret_free(&opened);
	return same;
}

void test_sealer_end(void)
{
	sg_sealer_free(&test_sealer);
	sg_buf_free(&test_parent);
}

static void round_trip(const struct sg_secret *auth, size_t len)
{
	struct sg_secret *plain = test_secret(len, (uint8_t)len);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	ck_assert(test_opens(auth, &blob, plain));
	sg_buf_free(&blob);
	sg_secret_free(&plain);
}

START_TEST(every_length_comes_back)
{
	for (size_t len = 1; len <= SG_SEAL_MAX; len++)
		round_trip(NULL, len);
}
END_TEST

START_TEST(a_secret_with_an_authorisation_comes_back)
{
	struct sg_secret *auth = test_secret(SG_SEAL_AUTH, 1);

	round_trip(auth, 32);
	sg_secret_free(&auth);
}
END_TEST

START_TEST(an_authorisation_that_ends_in_zeros_works)
{
	struct sg_secret *auth = test_secret(SG_SEAL_AUTH, 1);

	memset(auth->data + 3, 0, SG_SEAL_AUTH - 3);
	round_trip(auth, 32);
	sg_secret_free(&auth);
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
	struct sg_secret *longest = test_secret(SG_SEAL_MAX + 1, 0), *shortest = test_secret(1, 0);
	struct sg_secret *auth = test_secret(SG_SEAL_AUTH - 1, 1);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, longest, &blob), SG_ERR_RANGE);
	ck_assert_int_eq(test_seal(auth, shortest, &blob), SG_ERR_RANGE);
	shortest->len = 0;
	ck_assert_int_eq(test_seal(NULL, shortest, &blob), SG_ERR_RANGE);
	ck_assert_uint_eq(blob.len, 0);
	sg_secret_free(&longest);
	sg_secret_free(&shortest);
	sg_secret_free(&auth);
}
END_TEST

START_TEST(a_wrong_authorisation_is_told_apart)
{
	struct sg_secret *plain = test_secret(32, 0), *right = test_secret(SG_SEAL_AUTH, 1);
	struct sg_secret *wrong = test_secret(SG_SEAL_AUTH, 2), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(right, plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	ck_assert_ptr_null(out);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	ck_assert_ptr_null(out);
	ck_assert(test_opens(right, &blob, plain));
	sg_secret_free(&plain);
	sg_secret_free(&right);
	sg_secret_free(&wrong);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(an_authorisation_that_was_not_asked_for_is_refused)
{
	struct sg_secret *plain = test_secret(32, 0), *auth = test_secret(SG_SEAL_AUTH, 1);
	struct sg_secret *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	ck_assert_ptr_null(out);
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(two_blobs_of_one_secret_differ)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf one = { 0 }, two = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &one), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &two), SG_OK);
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&one), sg_buf_bytes(&two)));
	sg_secret_free(&plain);
	sg_buf_free(&one);
	sg_buf_free(&two);
}
END_TEST

START_TEST(sealing_replaces_what_the_buffer_held)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(sg_buf_set(&blob, sg_bytes_str("something else")), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert(test_opens(NULL, &blob, plain));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_blob_does_not_hold_its_secret)
{
	struct sg_secret *plain = test_secret(32, 0x41);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_ptr_null(memmem(blob.data, blob.len, plain->data, 8));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_blob_cut_short_anywhere_is_refused)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	for (size_t len = 0; len < blob.len; len++) {
		/* A copy of its own size, so that a reader behind the end is caught. */
		uint8_t *copy = malloc(len + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, blob.data, len);
		copy = realloc(copy, len > 0 ? len : 1);
		ck_assert_ptr_nonnull(copy);
		ck_assert_int_eq(test_unseal(NULL, sg_bytes(copy, len), &out), SG_ERR_FORMAT);
		ck_assert_ptr_null(out);
		free(copy);
	}
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_blob_with_something_behind_it_is_refused)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_int_eq(sg_buf_append(&blob, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_FORMAT);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

static const uint8_t flips[] = { 0x01, 0x80, 0xff };

START_TEST(a_blob_with_one_changed_byte_is_refused)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	for (size_t at = 0; at < blob.len; at++) {
		blob.data[at] ^= flips[_i];
		ck_assert_int_ne(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_OK);
		ck_assert_ptr_null(out);
		blob.data[at] ^= flips[_i];
	}
	ck_assert(test_opens(NULL, &blob, plain));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(another_parent_is_told_apart)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 }, unused = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_parent.data[test_parent.len - test_other_at] ^= 1;
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), test_other);
	ck_assert_ptr_null(out);
	test_parent.len = 0;
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), test_other);
	ck_assert_int_eq(test_seal(NULL, plain, &unused), test_other);
	ck_assert_uint_eq(unused.len, 0);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(the_status_knows_the_parent)
{
	struct sg_sealer_status status;

	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent), &status),
	                 SG_OK);
	ck_assert(status.parent_found);
	ck_assert(status.parent_same);
	ck_assert(!status.parent_foreign);
	ck_assert_str_ne(status.device, "");
}
END_TEST

START_TEST(the_model_fits_the_token_information)
{
	ck_assert_uint_gt(strlen(test_sealer->ops->model), 0);
	ck_assert_uint_le(strlen(test_sealer->ops->model), 16);
}
END_TEST

void test_conformance_add_list(TCase *tcase)
{
	tcase_add_test(tcase, every_length_comes_back);
	tcase_add_test(tcase, a_secret_with_an_authorisation_comes_back);
	tcase_add_test(tcase, an_authorisation_that_ends_in_zeros_works);
	tcase_add_test(tcase, impossible_sizes_are_refused);
	tcase_add_test(tcase, a_wrong_authorisation_is_told_apart);
	tcase_add_test(tcase, an_authorisation_that_was_not_asked_for_is_refused);
	tcase_add_test(tcase, two_blobs_of_one_secret_differ);
	tcase_add_test(tcase, sealing_replaces_what_the_buffer_held);
	tcase_add_test(tcase, a_blob_does_not_hold_its_secret);
	tcase_add_test(tcase, a_blob_cut_short_anywhere_is_refused);
	tcase_add_test(tcase, a_blob_with_something_behind_it_is_refused);
	tcase_add_test(tcase, the_status_knows_the_parent);
	tcase_add_test(tcase, the_model_fits_the_token_information);
}

void test_conformance_add(TCase *tcase)
{
	test_conformance_add_list(tcase);
	tcase_add_loop_test(tcase, a_blob_with_one_changed_byte_is_refused, 0, sizeof flips);
	tcase_add_test(tcase, another_parent_is_told_apart);
}
