/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody breaks off the making anew of a token with rollback protection, at any
 * command that the TPM gets, and puts the old store back afterwards. Either the old token is
 * whole or the new one is, and where the new one was reported the old one never opens again.
 */
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/token.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define COMMANDS 200                    /* more than there are */

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static struct sg_buf old;               /* the store before a try */
static uint8_t label[32];               /* of the token before a try */

static void setup(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .rollback_protection = true,
	};

	p11_setup();
	test_fault_start(&tpm);
	p11_configure_tpm(tpm.tcti);
	p11_make(0, &plan);
}

static void teardown(void)
{
	(void)p11->C_Finalize(NULL);
	sg_buf_free(&old);
	test_tpm_stop(&tpm);
	p11_teardown();
}

static void note_token(void)
{
	CK_TOKEN_INFO info;

	p11_ok(p11_look(&s));
	p11_ok(p11->C_GetTokenInfo(0, &info));
	memcpy(label, info.label, sizeof label);
	sg_buf_free(&old);
	old = test_file_read(p11_store);
	p11_ok(p11->C_CloseAllSessions(0));
}

static CK_RV make_anew(CK_BYTE *name)
{
	return p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), name);
}

/* The token is there, the one before or the one of this name, which then opens for the officer.
 * Of the one before the counter alone may be gone: that is the last command before the new
 * store, and what is left opens no more, but can be made anew. */
static bool require_one(CK_BYTE *name)
{
	CK_RV rv = p11_look(&s);
	CK_TOKEN_INFO info;
	bool anew;

	if (rv == CKR_SIGNET_HW_NV_GONE || rv == CKR_SIGNET_STORE_OLD) {
		p11_ok(p11->C_CloseAllSessions(0));
		p11_ok(make_anew(name));
		rv = p11_look(&s);
	}
	p11_ok(rv);
	p11_ok(p11->C_GetTokenInfo(0, &info));
	anew = memcmp(info.label, name, sizeof info.label) == 0;
	ck_assert(anew || memcmp(info.label, label, sizeof label) == 0);
	if (anew)
		p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	return anew;
}

/* The store of before does not open; then the one of now is put back. */
static void require_old_refused(void)
{
	struct sg_buf newest = test_file_read(p11_store);
	CK_RV rv;

	test_file_write(p11_store, sg_buf_bytes(&old));
	rv = p11_look(&s);
	ck_assert(rv == CKR_SIGNET_STORE_OLD || rv == CKR_SIGNET_HW_NV_GONE);
	test_file_write(p11_store, sg_buf_bytes(&newest));
	sg_buf_free(&newest);
}

/* What was refused may have left something loaded, and power cuts count as wrong PINs. */
static void recover(enum test_fault fault)
{
	if (fault == TEST_REFUSE) {
		test_tpm_restart(&tpm);
	} else {
		test_tpm_power_cut(&tpm);
		test_tpm_shell(&tpm, "tpm2_dictionarylockout -c");
	}
}

/* Break the nth command of a kind off; false if there are no more. What comes of it stays. */
static bool break_off(enum test_fault fault, uint32_t command, unsigned nth)
{
	CK_BYTE name[33];
	unsigned hits;
	bool anew;
	CK_RV rv;

	note_token();
	snprintf((char *)name, sizeof name, "%-10x%-22u", command, nth);
	test_fault_set(fault, command, nth, TPM2_RC_FAILURE);
	rv = make_anew(name);
	hits = test_fault_clear();
	recover(fault);
	anew = require_one(name);
	if (rv == CKR_OK)
		ck_assert(anew);
	if (anew)
		require_old_refused();
	p11_ok(p11_look(&s));
	p11_ok(p11->C_CloseAllSessions(0));
	return hits > 0;
}

START_TEST(whenever_the_power_goes_one_of_both_tokens_is_whole)
{
	unsigned nth = 1;

	while (break_off(TEST_DIE_AFTER, TEST_ANY, nth))
		ck_assert_uint_lt(++nth, COMMANDS);
	ck_assert_uint_gt(nth, 10);
}
END_TEST

START_TEST(whatever_the_tpm_refuses_one_of_both_tokens_is_whole)
{
	static const uint32_t commands[] = {
		TPM2_CC_Create, TPM2_CC_NV_DefineSpace, TPM2_CC_NV_Increment,
		TPM2_CC_NV_UndefineSpace, TPM2_CC_FlushContext,
	};

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		break_off(TEST_REFUSE, commands[i], 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("attack: a token made anew");
	TCase *tcase = tcase_create("anew");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, whenever_the_power_goes_one_of_both_tokens_is_whole);
	tcase_add_test(tcase, whatever_the_tpm_refuses_one_of_both_tokens_is_whole);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
