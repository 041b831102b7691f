/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. After a seal or an unseal, and after the guarded memory is freed, the process
 * holds no copy of the secret: not on its stack, not in freed heap, not in the
 * buffers of tpm2-tss.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/conformance.h"
#include "lib/memory.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/attest.h"
#include "seal/resident.h"
#include "seal/tpm/pin_index.h"

#define NEEDLE 16

static struct test_tpm tpm;

/* A secret that is random enough to stand nowhere by chance, made from a seed so that
 * no copy has to be kept: byte i of it is pattern(i). */
static uint8_t pattern(size_t i, uint8_t salt)
{
	uint32_t x = (uint32_t)(i + 1) * 2654435761u + salt * 40503u;

	return (uint8_t)(x >> 24 ^ x >> 11);
}

static struct sg_secret *make(size_t len, uint8_t salt)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_new(len, &secret), SG_OK);
	for (size_t i = 0; i < len; i++)
		secret->data[i] = pattern(i, salt);
	secret->len = len;
	return secret;
}

/* Look for every 16-byte piece of the secret. */
static size_t residue(size_t len, uint8_t salt)
{
	/* What is long is copied in long pieces: one needle in four finds them. */
	const size_t step = len > 256 ? 4 * NEEDLE : NEEDLE;
	uint8_t veiled[NEEDLE];
	size_t found = 0;

	for (size_t at = 0; at + NEEDLE <= len; at += step) {
		for (size_t i = 0; i < NEEDLE; i++)
			veiled[i] = pattern(at + i, salt) ^ TEST_VEIL;
		found += test_memory_find(veiled, NEEDLE);
	}
	return found;
}

static void setup(void)
{
	test_tpm_start(&tpm);
	test_sealer_on(tpm.tcti);
	test_provision();
}

static void teardown(void)
{
	test_sealer_end();
	test_tpm_stop(&tpm);
}

START_TEST(a_copy_that_is_there_is_found)
{
	uint8_t *copy = malloc(64);

	ck_assert_ptr_nonnull(copy);
	for (size_t i = 0; i < 64; i++)
		copy[i] = pattern(i, 7);
	ck_assert_uint_ge(residue(64, 7), 4);
	explicit_bzero(copy, 64);
	free(copy);
	ck_assert_uint_eq(residue(64, 7), 0);
}
END_TEST

static const size_t lengths[] = { 32, 64, SG_SEAL_MAX };

START_TEST(a_seal_leaves_no_copy)
{
	struct sg_secret *plain = make(lengths[_i], 1);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	sg_secret_free(&plain);
	ck_assert_uint_eq(residue(lengths[_i], 1), 0);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(an_unseal_leaves_no_copy)
{
	struct sg_secret *plain = make(lengths[_i], 2), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_OK);
	sg_secret_free(&plain);
	sg_secret_free(&out);
	ck_assert_uint_eq(residue(lengths[_i], 2), 0);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(an_authorisation_leaves_no_copy)
{
	struct sg_secret *plain = make(32, 3), *auth = make(SG_SEAL_AUTH, 4), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_OK);
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	sg_secret_free(&out);
	ck_assert_uint_eq(residue(32, 3), 0);
	ck_assert_uint_eq(residue(SG_SEAL_AUTH, 4), 0);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_wrong_authorisation_leaves_no_copy)
{
	struct sg_secret *plain = make(32, 5), *auth = make(SG_SEAL_AUTH, 6), *out = NULL;
	struct sg_secret *wrong = make(SG_SEAL_AUTH, 8);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	sg_secret_free(&wrong);
	ck_assert_uint_eq(residue(SG_SEAL_AUTH, 8), 0);
	sg_buf_free(&blob);
}
END_TEST

/* Look for what was veiled before it was freed. */
static size_t veiled_residue(const uint8_t veiled[SG_RESIDENT_SHARED])
{
	return test_memory_find(veiled, NEEDLE) + test_memory_find(veiled + NEEDLE, NEEDLE);
}

static void veil(uint8_t veiled[SG_RESIDENT_SHARED], const struct sg_secret *secret)
{
	for (size_t i = 0; i < SG_RESIDENT_SHARED; i++)
		veiled[i] = secret->data[i] ^ TEST_VEIL;
}

/* The PIN's value is split, and each half goes another way to the TPM. */
START_TEST(a_pin_that_an_index_counts_leaves_no_copy)
{
	struct sg_secret *plain = make(32, 9), *auth = make(SG_SEAL_AUTH, 10), *out = NULL;
	struct sg_secret *wrong = make(SG_SEAL_AUTH, 11);
	const struct sg_bytes parent = sg_buf_bytes(&test_parent);
	struct sg_seal_guard guard = { .auth = auth };
	uint8_t object[SG_RESIDENT_SHARED], index[SG_RESIDENT_SHARED];
	struct sg_pin_plan *plan = NULL;
	struct sg_tpm_pin halves;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_sealer->ops->pin_index->plan(test_sealer, parent, 5, &plan), SG_OK);
	guard.plan = plan;
	ck_assert_int_eq(test_sealer->ops->seal(test_sealer, parent, &guard, plain, &blob), SG_OK);
	sg_pin_plan_free(&plan);
	ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_int_eq(sg_tpm_pin_split(auth, &halves), SG_OK);
	veil(object, halves.object);
	veil(index, halves.index);
	sg_tpm_pin_free(&halves);
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	sg_secret_free(&wrong);
	sg_secret_free(&out);
	ck_assert_uint_eq(residue(32, 9), 0);
	ck_assert_uint_eq(residue(SG_SEAL_AUTH, 10), 0);
	ck_assert_uint_eq(residue(SG_SEAL_AUTH, 11), 0);
	ck_assert_uint_eq(veiled_residue(object), 0);
	ck_assert_uint_eq(veiled_residue(index), 0);
	sg_buf_free(&blob);
}
END_TEST

static enum sg_err make_key(enum sg_resident_kind kind, unsigned uses, struct sg_buf *blob,
                            uint8_t point[SG_RESIDENT_POINT])
{
	const struct sg_resident_plan plan = { .kind = kind, .uses = uses };

	return test_sealer->ops->resident->create(test_sealer, sg_buf_bytes(&test_parent), &plan,
	                                          blob, point);
}

START_TEST(a_secret_that_the_tpm_agrees_on_leaves_no_copy)
{
	const struct sg_resident_ops *ops = test_sealer->ops->resident;
	uint8_t point[SG_RESIDENT_POINT], veiled[SG_RESIDENT_SHARED];
	struct sg_secret *shared = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(make_key(SG_RESIDENT_P256, SG_RESIDENT_DERIVE, &blob, point), SG_OK);
	ck_assert_int_eq(ops->ecdh(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           point, &shared), SG_OK);
	for (size_t i = 0; i < sizeof veiled; i++)
		veiled[i] = shared->data[i] ^ TEST_VEIL;
	sg_secret_free(&shared);
	ck_assert_uint_eq(veiled_residue(veiled), 0);
	sg_buf_free(&blob);
}
END_TEST

static const size_t data_lengths[] = { 64, 1024, 1500, 4000 };

START_TEST(what_the_tpm_makes_a_code_of_leaves_no_copy)
{
	const struct sg_resident_ops *ops = test_sealer->ops->resident;
	uint8_t mac[SG_RESIDENT_MAC], veiled[SG_RESIDENT_MAC];
	struct sg_secret *data = make(data_lengths[_i], 9);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(make_key(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN, &blob, NULL), SG_OK);
	ck_assert_int_eq(ops->hmac(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           sg_secret_bytes(data), mac), SG_OK);
	for (size_t i = 0; i < sizeof veiled; i++)
		veiled[i] = mac[i] ^ TEST_VEIL;
	explicit_bzero(mac, sizeof mac);
	sg_secret_free(&data);
	ck_assert_uint_eq(residue(data_lengths[_i], 9), 0);
	ck_assert_uint_eq(veiled_residue(veiled), 0);
	sg_buf_free(&blob);
}
END_TEST

/* Neither where it is derived, nor in what makes the key. */
START_TEST(a_derived_secret_leaves_no_copy)
{
	const struct sg_attest_guard guard = { .policy = NULL };
	struct sg_attest_object object = { .blob = { NULL, 0, 0 } };
	uint8_t veiled[SG_RESIDENT_SHARED];
	struct sg_secret *out = NULL;

	ck_assert_int_eq(test_sealer->ops->attest->derive(test_sealer, sg_buf_bytes(&test_parent),
	                                                  &guard, sg_bytes_str("label"), &object),
	                 SG_OK);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&object.blob), &out), SG_OK);
	veil(veiled, out);
	sg_secret_free(&out);
	ck_assert_uint_eq(veiled_residue(veiled), 0);
	sg_attest_object_clear(&object);
}
END_TEST

START_TEST(a_seed_that_is_sealed_to_be_shown_leaves_no_copy)
{
	const struct sg_attest_guard guard = { .outside = sg_bytes_str("outside") };
	struct sg_attest_object object = { .blob = { NULL, 0, 0 } };
	struct sg_secret *plain = make(64, 11);

	ck_assert_int_eq(test_sealer->ops->attest->seal(test_sealer, sg_buf_bytes(&test_parent),
	                                                &guard, plain, &object), SG_OK);
	sg_secret_free(&plain);
	ck_assert_uint_eq(residue(64, 11), 0);
	sg_attest_object_clear(&object);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm residue");
	TCase *tcase = tcase_create("residue");
	const int n = sizeof lengths / sizeof lengths[0];

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_copy_that_is_there_is_found);
	tcase_add_loop_test(tcase, a_seal_leaves_no_copy, 0, n);
	tcase_add_loop_test(tcase, an_unseal_leaves_no_copy, 0, n);
	tcase_add_test(tcase, an_authorisation_leaves_no_copy);
	tcase_add_test(tcase, a_secret_that_the_tpm_agrees_on_leaves_no_copy);
	tcase_add_loop_test(tcase, what_the_tpm_makes_a_code_of_leaves_no_copy, 0,
	                    sizeof data_lengths / sizeof data_lengths[0]);
	tcase_add_test(tcase, a_derived_secret_leaves_no_copy);
	tcase_add_test(tcase, a_seed_that_is_sealed_to_be_shown_leaves_no_copy);
	tcase_add_test(tcase, a_wrong_authorisation_leaves_no_copy);
	tcase_add_test(tcase, a_pin_that_an_index_counts_leaves_no_copy);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
