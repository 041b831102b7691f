/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The blobs of the sealer "hsm", without an HSM: what it would have opened is given.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "seal/hsm/blob.h"

static const struct sg_hsm_profile profile = {
	.way = SG_HSM_GCM, .iv = SG_HSM_IV_OURS, .id = { 0xa1, 0xa2, 0xa3 }, .id_len = 3,
};

static struct sg_secret *inner, *auth, *plain;
static struct sg_buf blob;

static void setup(void)
{
	inner = test_secret(SG_HSM_SECRET, 0x10);
	auth = test_secret(SG_SEAL_AUTH, 0x50);
	plain = test_secret(40, 0x90);
}

static void teardown(void)
{
	sg_secret_free(&inner);
	sg_secret_free(&auth);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}

static void write_blob(const struct sg_secret *with)
{
	ck_assert_int_eq(sg_hsm_blob_write(&profile, sg_bytes_str("closed"), inner, with, plain,
	                                   &blob), SG_OK);
}

/* Open it from a copy of its own size, so that a reader behind the end is caught. */
static enum sg_err open_blob(const struct sg_secret *key, const struct sg_secret *with,
                             struct sg_secret **out)
{
	uint8_t *copy = malloc(blob.len);
	enum sg_err err = SG_ERR_FORMAT;
	struct sg_hsm_blob read;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, blob.data, blob.len);
	*out = NULL;
	if (sg_hsm_blob_read(sg_bytes(copy, blob.len), &read))
		err = sg_hsm_blob_open(&read, key, with, out);
	free(copy);
	return err;
}

static void refuse_blob(const struct sg_secret *key, const struct sg_secret *with)
{
	struct sg_secret *out;

	ck_assert_int_eq(open_blob(key, with, &out), SG_ERR_SEALED_DAMAGED);
	ck_assert_ptr_null(out);
}

START_TEST(what_was_written_is_read)
{
	struct sg_hsm_blob read;

	write_blob(_i == 1 ? auth : NULL);
	ck_assert(sg_hsm_blob_read(sg_buf_bytes(&blob), &read));
	ck_assert(read.auth == (_i == 1));
	ck_assert(sg_bytes_equal(read.id, sg_bytes(profile.id, profile.id_len)));
	ck_assert(sg_bytes_equal(read.closed, sg_bytes_str("closed")));
	ck_assert_uint_eq(read.cipher.len, plain->len);
}
END_TEST

START_TEST(what_was_written_opens)
{
	struct sg_secret *out;

	write_blob(_i == 1 ? auth : NULL);
	ck_assert_int_eq(open_blob(inner, _i == 1 ? auth : NULL, &out), SG_OK);
	ck_assert(sg_secret_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	sg_secret_free(&out);
}
END_TEST

START_TEST(another_inner_key_opens_nothing)
{
	write_blob(auth);
	inner->data[31] ^= 1;
	refuse_blob(inner, auth);
}
END_TEST

START_TEST(another_authorisation_opens_nothing)
{
	write_blob(auth);
	refuse_blob(inner, NULL);
	auth->data[0] ^= 1;
	refuse_blob(inner, auth);
}
END_TEST

START_TEST(an_authorisation_that_was_not_asked_for_opens_nothing)
{
	write_blob(NULL);
	refuse_blob(inner, auth);
}
END_TEST

static const uint8_t flips[] = { 0x01, 0x80, 0xff };

START_TEST(one_changed_byte_anywhere_is_noticed)
{
	struct sg_secret *out;

	write_blob(auth);
	for (size_t at = 0; at < blob.len; at++) {
		blob.data[at] ^= flips[_i];
		ck_assert_int_ne(open_blob(inner, auth, &out), SG_OK);
		ck_assert_ptr_null(out);
		blob.data[at] ^= flips[_i];
	}
	ck_assert_int_eq(open_blob(inner, auth, &out), SG_OK);
	sg_secret_free(&out);
}
END_TEST

START_TEST(one_that_is_cut_short_anywhere_is_none)
{
	const size_t whole = (write_blob(NULL), blob.len);
	struct sg_secret *out;

	for (blob.len = 0; blob.len < whole; blob.len++)
		ck_assert_int_eq(open_blob(inner, NULL, &out), SG_ERR_FORMAT);
}
END_TEST

START_TEST(one_with_something_behind_it_is_none)
{
	struct sg_secret *out;

	write_blob(NULL);
	ck_assert_int_eq(sg_buf_append(&blob, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(open_blob(inner, NULL, &out), SG_ERR_FORMAT);
}
END_TEST

START_TEST(unknown_flags_are_refused)
{
	struct sg_hsm_blob read;

	write_blob(NULL);
	for (unsigned flags = 2; flags < 256; flags++) {
		blob.data[4] = (uint8_t)flags;
		ck_assert(!sg_hsm_blob_read(sg_buf_bytes(&blob), &read));
	}
}
END_TEST

START_TEST(one_without_anything_closed_is_none)
{
	struct sg_hsm_blob read;

	ck_assert_int_eq(sg_hsm_blob_write(&profile, sg_bytes(NULL, 0), inner, NULL, plain, &blob),
	                 SG_OK);
	ck_assert(!sg_hsm_blob_read(sg_buf_bytes(&blob), &read));
}
END_TEST

START_TEST(what_is_bound_to_the_hsm_is_not_the_authorisation)
{
	struct sg_secret *aad = NULL, *other = NULL;

	ck_assert_int_eq(sg_hsm_blob_aad(NULL, &aad), SG_OK);
	ck_assert_ptr_null(aad);
	ck_assert_int_eq(sg_hsm_blob_aad(auth, &aad), SG_OK);
	ck_assert(!sg_secret_equal(sg_secret_bytes(aad), sg_secret_bytes(auth)));
	auth->data[0] ^= 1;
	ck_assert_int_eq(sg_hsm_blob_aad(auth, &other), SG_OK);
	ck_assert(!sg_secret_equal(sg_secret_bytes(aad), sg_secret_bytes(other)));
	sg_secret_free(&aad);
	sg_secret_free(&other);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hsm_blob");
	TCase *tcase = tcase_create("blob");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_was_written_is_read, 0, 2);
	tcase_add_loop_test(tcase, what_was_written_opens, 0, 2);
	tcase_add_test(tcase, another_inner_key_opens_nothing);
	tcase_add_test(tcase, another_authorisation_opens_nothing);
	tcase_add_test(tcase, an_authorisation_that_was_not_asked_for_opens_nothing);
	tcase_add_loop_test(tcase, one_changed_byte_anywhere_is_noticed, 0, sizeof flips);
	tcase_add_test(tcase, one_that_is_cut_short_anywhere_is_none);
	tcase_add_test(tcase, one_with_something_behind_it_is_none);
	tcase_add_test(tcase, unknown_flags_are_refused);
	tcase_add_test(tcase, one_without_anything_closed_is_none);
	tcase_add_test(tcase, what_is_bound_to_the_hsm_is_not_the_authorisation);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
