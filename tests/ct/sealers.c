/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: sealing and unsealing, with a value that was made of a PIN.
 */
#include <stdlib.h>

#include "ct/cases.h"
#include "lib/conformance.h"
#include "lib/scratch.h"
#include "lib/tpm.h"
#include "seal/pin_index.h"

/* Seal and open with the right value, and with a wrong one. */
static void round_trip(struct sg_secret *auth)
{
	struct sg_secret *plain = ct_make(32), *wrong = ct_make(SG_SEAL_AUTH), *out = NULL;
	struct sg_buf blob = { 0 };

	wrong->data[5] ^= 1;
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_uint_eq(out->len, 32);
	sg_secret_free(&out);
	ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	sg_secret_free(&plain);
	sg_secret_free(&wrong);
	sg_buf_free(&blob);
}

START_TEST(the_soft_sealer_seals_and_opens)
{
	char *folder = scratch_make();
	char *passphrase = scratch_write(folder, "passphrase", "correct horse\n", 14, 0600);
	struct sg_config config = { .allow_soft = true, .soft_passphrase_file = passphrase };
	struct sg_secret *auth = ct_make(SG_SEAL_AUTH);

	ck_assert_int_eq(sg_sealer_open("soft", &config, &test_sealer), SG_OK);
	test_provision();
	round_trip(auth);
	sg_secret_free(&auth);
	test_sealer_end();
	free(passphrase);
	scratch_remove(&folder);
}
END_TEST

/* The second value ends with zeros, which a TPM drops. */
START_TEST(the_tpm_sealer_seals_and_opens)
{
	struct sg_secret *auth = ct_make(SG_SEAL_AUTH);
	struct test_tpm tpm = { 0 };

	test_tpm_start(&tpm);
	test_sealer_on(tpm.tcti);
	test_provision();
	if (_i != 0) {
		auth->data[30] = auth->data[31] = 0;
		ct_secret(auth->data, auth->len);
	}
	round_trip(auth);
	sg_secret_free(&auth);
	test_sealer_end();
	test_tpm_stop(&tpm);
}
END_TEST

/* Wrong PINs are counted in an index of their own, which the owner of the TPM allows. */
START_TEST(an_index_counts_wrong_pins)
{
	struct sg_secret *auth = ct_make(SG_SEAL_AUTH), *plain = ct_make(32), *out = NULL;
	struct sg_secret *owner = NULL;
	struct sg_policy policy = { 0 };
	struct sg_seal_guard guard = { .auth = auth, .policy = &policy };
	struct sg_pin_plan *plan = NULL;
	struct test_tpm tpm = { 0 };
	struct sg_buf blob = { 0 };

	test_tpm_start(&tpm);
	test_sealer_on(tpm.tcti);
	test_provision();
	test_tpm_shell(&tpm, "tpm2_changeauth -c o owner");
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("owner"), &owner), SG_OK);
	ct_secret(owner->data, owner->len);
	ck_assert_int_eq(test_sealer->ops->pin_index->plan(test_sealer, sg_buf_bytes(&test_parent),
	                                                   3, &plan), SG_OK);
	guard.plan = plan;
	guard.owner_auth = owner;
	ck_assert_int_eq(test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                        plain, &blob), SG_OK);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_uint_eq(out->len, 32);
	auth->data[5] ^= 1;
	sg_secret_free(&out);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	sg_pin_plan_free(&plan);
	sg_secret_free(&auth);
	sg_secret_free(&plain);
	sg_secret_free(&owner);
	sg_buf_free(&blob);
	test_sealer_end();
	test_tpm_stop(&tpm);
}
END_TEST

void ct_sealers_add(TCase *tcase)
{
	tcase_add_test(tcase, the_soft_sealer_seals_and_opens);
	tcase_add_loop_test(tcase, the_tpm_sealer_seals_and_opens, 0, 2);
	tcase_add_test(tcase, an_index_counts_wrong_pins);
}
