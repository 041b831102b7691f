/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of seal/hsm/way.c: what an HSM that was tried once does otherwise later.
 */
#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"
#include "seal/hsm/sealer.h"

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct sg_config config;

static void setup(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	config = (struct sg_config){ .hsm = { hsm.uri } };
	test_faulty_gcm(&hsm, FAULTY_GCM_AT_END, 0);
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
	ck_assert(test_provision());
}

static void teardown(void)
{
	test_sealer_end();
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

/* It made IVs itself when it was tried; now it takes the zeros that it was to replace. */
START_TEST(an_iv_of_zeros_closes_nothing)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_faulty_gcm(&hsm, FAULTY_GCM_CALLER, 0);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HSM_MECHANISM);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hsm_way");
	TCase *tcase = tcase_create("way");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_iv_of_zeros_closes_nothing);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
