/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The blob of a sealed object, read from somebody who can write the store.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "lib/runner.h"
#include "seal/pin_index.h"
#include "seal/tpm/sealed.h"

static struct sg_sealed sealed;
static struct sg_buf blob;

static void setup(void)
{
	sealed = (struct sg_sealed){
		.object.area.publicArea = {
			.type = TPM2_ALG_KEYEDHASH,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			                    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
			.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
			.unique.keyedHash.size = 32,
		},
		.object.private_area.size = 64,
	};
	memset(sealed.object.private_area.buffer, 0x5a, 64);
}

static void teardown(void)
{
	sg_buf_free(&blob);
}

static enum sg_err read_back(void)
{
	struct sg_sealed out;

	blob.len = 0;
	ck_assert_int_eq(sg_sealed_write(&sealed, &blob), SG_OK);
	return sg_sealed_read(sg_buf_bytes(&blob), &out);
}

START_TEST(a_blob_is_read_as_it_was_written)
{
	struct sg_sealed out;

	ck_assert_int_eq(read_back(), SG_OK);
	ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_uint_eq(out.object.private_area.size, 64);
	ck_assert_mem_eq(out.object.private_area.buffer, sealed.object.private_area.buffer, 64);
	ck_assert_uint_eq(out.object.area.publicArea.objectAttributes,
	                  sealed.object.area.publicArea.objectAttributes);
	ck_assert_mem_eq(blob.data, "SGT1", 4);
}
END_TEST

START_TEST(an_authorisation_shows_in_the_attributes)
{
	ck_assert(!sg_sealed_has_auth(&sealed));
	sealed.object.area.publicArea.objectAttributes &= ~TPMA_OBJECT_NODA;
	ck_assert_int_eq(read_back(), SG_OK);
	ck_assert(sg_sealed_has_auth(&sealed));
}
END_TEST

START_TEST(every_other_attribute_is_refused)
{
	TPMA_OBJECT right = sealed.object.area.publicArea.objectAttributes;

	for (int bit = 0; bit < 32; bit++) {
		sealed.object.area.publicArea.objectAttributes = right ^ (TPMA_OBJECT)1 << bit;
		if (((TPMA_OBJECT)1 << bit) == TPMA_OBJECT_NODA)
			continue;
		/* tpm2-tss refuses to write some; those can't be read either. */
		blob.len = 0;
		if (sg_sealed_write(&sealed, &blob) == SG_OK)
			ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	}
}
END_TEST

/* What was imported says so, and what was made here is not taken for it, nor the other way. */
START_TEST(an_imported_object_is_told_by_its_kind_and_by_its_attributes)
{
	const TPMA_OBJECT fixed = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT;
	struct sg_sealed out;

	sealed.imported = true;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	sealed.object.area.publicArea.objectAttributes &= ~fixed;
	ck_assert_int_eq(read_back(), SG_OK);
	ck_assert_mem_eq(blob.data, "SGT3", 4);
	ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert(out.imported);
	ck_assert(!sg_sealed_has_auth(&out));
	sealed.object.area.publicArea.objectAttributes &= ~TPMA_OBJECT_NODA;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	sealed.object.area.publicArea.objectAttributes |= TPMA_OBJECT_NODA;
	sealed.imported = false;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(another_type_of_object_is_refused)
{
	sealed.object.area.publicArea.type = TPM2_ALG_SYMCIPHER;
	sealed.object.area.publicArea.parameters.symDetail.sym.algorithm = TPM2_ALG_NULL;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_policy_that_nobody_checks_is_refused)
{
	sealed.object.area.publicArea.authPolicy.size = 32;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

/* Give the object the authPolicy that its policy makes, as who writes the store can. */
static void give_digest(TPMA_OBJECT noda)
{
	TPMT_PUBLIC *area = &sealed.object.area.publicArea;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	area->authPolicy.size = SG_POLICY_DIGEST;
	ck_assert_int_eq(sg_pin_index_authority(&sealed.policy.index), SG_OK);
	ck_assert_int_eq(sg_policy_digest(&sealed.policy, area->authPolicy.buffer), SG_OK);
	area->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	                         TPMA_OBJECT_ADMINWITHPOLICY | noda;
}

/* A policy with an index and a PIN, and the authPolicy that it makes. */
static void give_index(void)
{
	sealed.policy.index.handle = 0x01800000;
	sealed.policy.auth = true;
	give_digest(TPMA_OBJECT_NODA);
}

/* _i: a bit for each of index, PIN, PCRs, and whether wrong PINs count for the TPM. An index
 * that no PIN is for is nothing that was sealed here, however well its digest fits. */
START_TEST(a_digest_that_fits_is_not_enough)
{
	struct sg_policy *policy = &sealed.policy;
	bool index = _i & 1, pin = _i & 2, pcrs = _i & 4, counts = _i & 8;
	bool whole = (pin || !index) && counts == (pin && !index);

	policy->index.handle = index ? 0x01800000 : 0;
	policy->auth = pin;
	policy->pcrs.bank[0].selected = policy->pcrs.bank[0].known = pcrs ? 0x80 : 0;
	if (!index && !pin && !pcrs)
		return;                 /* no policy: the tests above */
	give_digest(counts ? 0 : TPMA_OBJECT_NODA);
	ck_assert_int_eq(read_back(), whole ? SG_OK : SG_ERR_FORMAT);
	if (whole)
		ck_assert(sg_sealed_has_auth(&sealed) == pin);
}
END_TEST

START_TEST(a_pin_that_an_index_counts_shows)
{
	give_index();
	ck_assert_int_eq(read_back(), SG_OK);
	ck_assert(sg_sealed_has_auth(&sealed));
}
END_TEST

START_TEST(a_pin_that_an_index_counts_does_not_count_for_the_tpm)
{
	give_index();
	sealed.object.area.publicArea.objectAttributes &= ~TPMA_OBJECT_NODA;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(another_index_than_the_object_has_is_refused)
{
	give_index();
	sealed.policy.index.handle++;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(another_name_algorithm_is_refused)
{
	sealed.object.area.publicArea.nameAlg = TPM2_ALG_SHA1;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

/* The size of the public structure, then that of the private one. */
START_TEST(sizes_that_lie_are_refused)
{
	struct sg_sealed out;
	size_t at = 4;
	unsigned right;

	ck_assert_int_eq(read_back(), SG_OK);
	if (_i == 1)
		at += 2 + ((size_t)blob.data[at] << 8 | blob.data[at + 1]);
	right = (unsigned)blob.data[at] << 8 | blob.data[at + 1];
	for (unsigned size = 0; size < 0x10000; size++) {
		if (size == right)
			continue;
		blob.data[at] = (uint8_t)(size >> 8);
		blob.data[at + 1] = (uint8_t)size;
		ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&blob), &out), SG_ERR_FORMAT);
	}
}
END_TEST

START_TEST(nothing_is_refused)
{
	struct sg_sealed out;

	ck_assert_int_eq(sg_sealed_read(sg_bytes(NULL, 0), &out), SG_ERR_FORMAT);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sealed");
	TCase *tcase = tcase_create("sealed");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_blob_is_read_as_it_was_written);
	tcase_add_test(tcase, an_authorisation_shows_in_the_attributes);
	tcase_add_test(tcase, every_other_attribute_is_refused);
	tcase_add_test(tcase, an_imported_object_is_told_by_its_kind_and_by_its_attributes);
	tcase_add_test(tcase, another_type_of_object_is_refused);
	tcase_add_test(tcase, a_policy_that_nobody_checks_is_refused);
	tcase_add_test(tcase, another_name_algorithm_is_refused);
	tcase_add_test(tcase, a_pin_that_an_index_counts_shows);
	tcase_add_test(tcase, a_pin_that_an_index_counts_does_not_count_for_the_tpm);
	tcase_add_test(tcase, another_index_than_the_object_has_is_refused);
	tcase_add_loop_test(tcase, a_digest_that_fits_is_not_enough, 0, 16);
	tcase_add_loop_test(tcase, sizes_that_lie_are_refused, 0, 2);
	tcase_add_test(tcase, nothing_is_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
