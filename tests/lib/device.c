/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The hardware that seals the tokens of a test, behind the module.
 */
#include "lib/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "client/rv.h"
#include "lib/fault.h"
#include "lib/faulty.h"
#include "lib/p11.h"

#define TOLD 3                          /* return values that may tell of a fault, at most */

struct test_tpm test_device_tpm;

static struct test_faulty hsm;
static struct test_tpm other_tpm;
static uint64_t fault_at;               /* the call of all so far at which the HSM fails */

static const struct {
	enum test_fault fault;
	uint32_t value;
	CK_RV rv;
} tpm_ways[] = {
	{ TEST_DIE_BEFORE, 0, CKR_DEVICE_REMOVED },
	{ TEST_DIE_AFTER, 0, CKR_DEVICE_REMOVED },
	{ TEST_LOSE, 0, CKR_DEVICE_REMOVED },
};

/* What the HSM does at a call. */
static void take_away(uint64_t nth)
{
	test_faulty_at(&hsm, NULL, nth, FAULTY_REMOVED);
}

static void lose_answers(uint64_t nth)
{
	test_faulty_lose(&hsm, NULL, nth, TEST_FOREVER, CKR_DEVICE_REMOVED);
}

static void refuse(uint64_t nth)
{
	test_faulty_fail(&hsm, NULL, nth, TEST_FOREVER, CKR_DEVICE_ERROR);
}

static const struct {
	void (*begin)(uint64_t nth);
	CK_RV told[TOLD];
} hsm_ways[] = {
	/* A process that has not seen the HSM yet is told that there is none. */
	{ take_away, { CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_PRESENT } },
	{ lose_answers, { CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_PRESENT } },
	{ refuse, { CKR_DEVICE_ERROR, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_PRESENT } },
};

bool test_device_is_hsm(void)
{
	const char *sealer = getenv("SIGNET_TEST_SEALER");

	return sealer != NULL && strcmp(sealer, "hsm") == 0;
}

static void configure_hsm(const char *uri)
{
	char lines[4096];

	ck_assert_int_lt(snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", uri),
	                 (int)sizeof lines);
	p11_configure(lines);
}

void test_device_configure(void)
{
	if (test_device_is_hsm())
		configure_hsm(hsm.uri);
	else
		p11_configure_tpm(test_device_tpm.tcti);
}

void test_device_configure_more(const char *more)
{
	char lines[4096];
	int n;

	if (test_device_is_hsm())
		n = snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s\n%s", hsm.uri, more);
	else
		n = snprintf(lines, sizeof lines, "tcti = %s\n%s", test_device_tpm.tcti, more);
	ck_assert_int_lt(n, (int)sizeof lines);
	p11_configure(lines);
}

static void set_up(void (*start_tpm)(struct test_tpm *tpm))
{
	if (!test_device_is_hsm())
		start_tpm(&test_device_tpm);
	p11_setup();
	if (test_device_is_hsm())
		test_faulty_start(&hsm, p11_softhsm.module, p11_softhsm.pin_file);
	test_device_configure();
}

void test_device_setup(void)
{
	set_up(test_fault_start);
}

void test_device_setup_plain(void)
{
	set_up(test_tpm_start);
}

void test_device_teardown(void)
{
	(void)p11->C_Finalize(NULL);
	test_faulty_stop(&hsm);
	p11_teardown();
	if (other_tpm.pid != 0)
		test_tpm_stop(&other_tpm);
	if (!test_device_is_hsm())
		test_tpm_stop(&test_device_tpm);
}

void test_device_abandon(void)
{
	if (test_device_tpm.wired)
		test_tpm_abandon(&test_device_tpm);
}

void test_device_power_cut(void)
{
	if (!test_device_is_hsm()) {
		test_tpm_power_cut(&test_device_tpm);
		return;
	}
	test_faulty_insert(&hsm);
	test_faulty_restart(&hsm);
}

void test_device_restart(void)
{
	if (test_device_is_hsm())
		test_device_power_cut();
	else
		test_tpm_restart(&test_device_tpm);
}

void test_device_kill(void)
{
	if (test_device_is_hsm())
		test_faulty_remove(&hsm);
	else
		test_tpm_kill(&test_device_tpm);
}

void test_device_resume(void)
{
	if (test_device_is_hsm())
		test_faulty_insert(&hsm);
	else
		test_tpm_resume(&test_device_tpm);
}

void test_device_another(void)
{
	char *uri;

	if (!test_device_is_hsm()) {
		test_tpm_start(&other_tpm);
		p11_configure_tpm(other_tpm.tcti);
		return;
	}
	test_softhsm_add(&p11_softhsm, "another hsm");
	uri = test_softhsm_uri(&p11_softhsm, "another hsm");
	configure_hsm(uri);
	free(uri);
}

void test_device_none(void)
{
	if (test_device_is_hsm())
		configure_hsm("pkcs11:token=none?module-path=/dev/no-such-module.so");
	else
		p11_configure_tpm("device:/dev/no-such-tpm");
}

size_t test_device_asked(void)
{
	struct test_tpm *tpm = &test_device_tpm;
	size_t n;

	if (test_device_is_hsm()) {
		n = test_faulty_calls(&hsm, NULL);
		test_faulty_forget(&hsm);
		return n;
	}
	pthread_mutex_lock(&tpm->lock);
	n = tpm->count;
	pthread_mutex_unlock(&tpm->lock);
	test_tpm_forget(tpm);
	return n;
}

size_t test_device_opened(void)
{
	return test_device_is_hsm() ? test_faulty_calls(&hsm, "C_DecryptInit")
	                            : test_tpm_sent(&test_device_tpm, TPM2_CC_Unseal);
}

size_t test_device_sealed(void)
{
	return test_device_is_hsm() ? test_faulty_calls(&hsm, "C_EncryptInit")
	                            : test_tpm_sent(&test_device_tpm, TPM2_CC_Create);
}

static size_t loaded(void)
{
	return test_tpm_loaded(&test_device_tpm, TPM2_HT_TRANSIENT) +
	       test_tpm_loaded(&test_device_tpm, TPM2_HT_LOADED_SESSION);
}

void test_device_require_idle(void)
{
	if (!test_device_is_hsm())
		ck_assert_uint_eq(loaded(), 0);
}

int test_device_faults(void)
{
	return test_device_is_hsm() ? (int)(sizeof hsm_ways / sizeof hsm_ways[0])
	                            : (int)(sizeof tpm_ways / sizeof tpm_ways[0]);
}

void test_device_fail(int way, unsigned nth)
{
	if (test_device_is_hsm()) {
		fault_at = test_faulty_calls(&hsm, NULL) + nth;
		hsm_ways[way].begin(nth);
	} else {
		test_fault_set(tpm_ways[way].fault, TEST_ANY, nth, tpm_ways[way].value);
	}
}

unsigned test_device_mend(void)
{
	if (!test_device_is_hsm())
		return test_fault_clear();
	test_faulty_fail(&hsm, NULL, 1, 0, CKR_OK);
	test_faulty_at(&hsm, NULL, 1, FAULTY_NOTHING);
	return test_faulty_calls(&hsm, NULL) >= fault_at ? 1 : 0;
}

void test_device_require_told(int way, CK_RV rv)
{
	bool told = false;

	if (!test_device_is_hsm()) {
		p11_is(tpm_ways[way].rv, rv);
		return;
	}
	for (int i = 0; i < TOLD; i++)
		told = told || hsm_ways[way].told[i] == rv;
	ck_assert_msg(told, "the HSM fails in way %d, and the caller is told %s", way, sg_rv_name(rv));
}
