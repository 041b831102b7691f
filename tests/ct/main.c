/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: the program, which tests/attack/test_timing.sh runs under memcheck.
 */
#include "crypto/crypto.h"
#include "ct/cases.h"
#include "lib/runner.h"

struct sg_secret *ct_make(size_t len)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_new(len, &secret), SG_OK);
	for (size_t i = 0; i < len; i++)
		secret->data[i] = (uint8_t)(i * 37 + 11);
	secret->len = len;
	ct_secret(secret->data, len);
	return secret;
}

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ct_begin();
}

int main(void)
{
	Suite *s = suite_create("constant time");
	TCase *t = tcase_create("functions");

	tcase_add_checked_fixture(t, setup, ct_end);
	ct_control_add(t);
	ct_crypto_add(t);
	ct_files_add(t);
	ct_records_add(t);
	ct_sealers_add(t);
	ct_sent_add(t);
	ct_shares_add(t);
	suite_add_tcase(s, t);
	ct_module_add(s);
	return test_run(s);
}
