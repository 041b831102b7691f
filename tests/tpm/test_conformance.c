/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The sealer "tpm" does what every sealer must do.
 */
#include <stdlib.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"

static struct test_tpm tpm;

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

static Suite *suite(void)
{
	Suite *s = suite_create("tpm sealer");
	TCase *tcase = tcase_create("conformance");

	tcase_add_checked_fixture(tcase, setup, teardown);
	test_conformance_add(tcase);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
