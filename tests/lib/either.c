/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A token that two sealers seal.
 */
#include "lib/either.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/token.h"
#include "lib/file.h"
#include "lib/scratch.h"

struct test_tpm either_tpm;

static char *passphrase;

void either_configure(const char *sealer)
{
	char lines[4096];

	snprintf(lines, sizeof lines,
	         "sealer = %s\ntcti = %s\nallow-soft = yes\nsoft-passphrase-file = %s", sealer,
	         either_tpm.tcti, passphrase);
	p11_configure(lines);
}

static void begin(void)
{
	p11_setup();
	passphrase = scratch_path(p11_folder, "passphrase");
	either_configure("tpm+soft");
}

void either_set_up(void)
{
	test_tpm_start(&either_tpm);
	begin();
}

void either_set_up_wired(void)
{
	test_tpm_start_wired(&either_tpm, NULL);
	begin();
}

void either_tear_down(void)
{
	p11_teardown();
	free(passphrase);
	test_tpm_stop(&either_tpm);
}

void either_lose_soft(void)
{
	test_file_write(passphrase, sg_bytes_str("another passphrase"));
}

CK_SESSION_HANDLE either_pin_token(void)
{
	p11_make(0, &(struct sg_token_plan){ .label = sg_bytes_str("either") });
	p11_start();
	return p11_open(CKF_RW_SESSION);
}

CK_SESSION_HANDLE either_again(void)
{
	(void)p11->C_Finalize(NULL);
	p11_start();
	return p11_open(CKF_RW_SESSION);
}

CK_SESSION_HANDLE either_log_in(const char *pin, CK_RV wanted)
{
	CK_SESSION_HANDLE session = either_again();

	p11_login(session, CKU_USER, pin, wanted);
	return session;
}

CK_RV either_set_pin(CK_SESSION_HANDLE session, const char *old_pin, const char *new_pin)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)old_pin, strlen(old_pin),
	                     (CK_UTF8CHAR *)new_pin, strlen(new_pin));
}
