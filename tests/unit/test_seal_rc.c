/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. From what tpm2-tss returns to our own errors.
 */
#include <stddef.h>

#include "lib/runner.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/tcti.h"

struct row {
	TPM2_CC command;
	TSS2_RC rc;
	enum sg_err err;
};

static const struct row rows[] = {
	{ TPM2_CC_Unseal, TSS2_RC_SUCCESS, SG_OK },
	{ TPM2_CC_Unseal, 0x98e, SG_ERR_AUTH },                 /* AUTH_FAIL, session 1 */
	{ TPM2_CC_Unseal, 0x9a2, SG_ERR_AUTH },                 /* BAD_AUTH, session 1 */
	{ TPM2_CC_Unseal, 0x921, SG_ERR_LOCKED },
	{ TPM2_CC_PolicySecret, 0x12f, SG_ERR_PIN_SPENT },
	{ TPM2_CC_PolicySecret, 0x9a2, SG_ERR_AUTH },
	{ TPM2_CC_Unseal, 0x12f, SG_ERR_POLICY },
	{ TPM2_CC_Unseal, 0x99d, SG_ERR_POLICY },
	{ TPM2_CC_Unseal, 0x128, SG_ERR_PCR_CHANGED },
	{ TPM2_CC_PolicyPCR, 0x1c4, SG_ERR_POLICY },            /* VALUE, parameter 1 */
	{ TPM2_CC_CreatePrimary, 0x9a2, SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_GetTime, 0x9a2, SG_ERR_HW_EK_AUTH },
	{ TPM2_CC_EvictControl, 0x9a2, SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_Load, 0x1df, SG_ERR_SEALED_DAMAGED },         /* INTEGRITY, parameter 1 */
	{ TPM2_CC_Load, 0x9a2, SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_ReadPublic, 0x18b, SG_ERR_HW_NO_PARENT },     /* HANDLE, handle 1 */
	{ TPM2_CC_StartAuthSession, 0x903, SG_ERR_HW_MEMORY },
	{ TPM2_CC_Load, 0x902, SG_ERR_HW_MEMORY },
	/* The same from a resource manager. */
	{ TPM2_CC_Load, TSS2_RESMGR_TPM_RC_LAYER | 0x902, SG_ERR_HW_MEMORY },
	{ TPM2_CC_Load, TSS2_RESMGR_TPM_RC_LAYER | 0x1df, SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Load, TSS2_RESMGR_RC_LAYER | 0x902, SG_ERR_HW_MEMORY },
	{ TPM2_CC_Load, TSS2_RESMGR_RC_LAYER | 0x903, SG_ERR_HW_MEMORY },
	{ TPM2_CC_Load, 0x922, SG_ERR_HW_RETRY },
	{ TPM2_CC_Load, 0x908, SG_ERR_HW_YIELDED },
	{ TPM2_CC_Load, 0x90a, SG_ERR_HW_TESTING },
	{ TPM2_CC_Load, 0x153, SG_ERR_HW_TESTING },
	{ TPM2_CC_Load, 0x920, SG_ERR_HW_NV_RATE },
	{ TPM2_CC_Load, 0x923, SG_ERR_HW_NV_RATE },
	{ TPM2_CC_EvictControl, 0x14b, SG_ERR_HW_NV_FULL },
	{ TPM2_CC_Load, 0x101, SG_ERR_HW_FAILURE },
	{ TPM2_CC_ActivateCredential, 0x101, SG_ERR_SEALED_DAMAGED },  /* libtpms: another TPM's */
	{ TPM2_CC_Load, 0x100, SG_ERR_HW_NOT_STARTED },
	{ TPM2_CC_Load, 0x130, SG_ERR_HW_REBOOT },
	{ TPM2_CC_Load, 0x12d, SG_ERR_HW_REBOOT },
	{ TPM2_CC_Load, SG_TCTI_LOST, SG_ERR_HW_REMOVED },
	{ TPM2_CC_Load, SG_TCTI_LATE, SG_ERR_HW_TIMEOUT },
	{ TPM2_CC_Load, SG_TCTI_MALFORMED, SG_ERR_HW_FAULT },
	{ TPM2_CC_Load, TSS2_TCTI_RC_IO_ERROR, SG_ERR_HW_REMOVED },
	{ TPM2_CC_Load, TSS2_TCTI_RC_NO_CONNECTION, SG_ERR_HW_REMOVED },
	{ TPM2_CC_Load, TSS2_TCTI_RC_MALFORMED_RESPONSE, SG_ERR_HW_FAULT },
	{ TPM2_CC_Load, TSS2_ESYS_RC_RSP_AUTH_FAILED, SG_ERR_HW_FAULT },
	{ TPM2_CC_Load, TSS2_ESYS_RC_MEMORY, SG_ERR_NOMEM },
	/* A number of tpm2-tss's own that looks like one of the TPM's. */
	{ TPM2_CC_Unseal, TSS2_ESYS_RC_BAD_TR, SG_ERR_HW_FAULT },
};

START_TEST(a_code_has_its_meaning)
{
	ck_assert_int_eq(sg_tpm_err(rows[_i].command, rows[_i].rc), rows[_i].err);
}
END_TEST

START_TEST(every_refusal_is_an_error)
{
	for (TSS2_RC rc = 1; rc < 0x1000; rc++)
		ck_assert_int_ne(sg_tpm_err(TPM2_CC_Unseal, rc), SG_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("rc");
	TCase *tcase = tcase_create("rc");

	tcase_add_loop_test(tcase, a_code_has_its_meaning, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(tcase, every_refusal_is_an_error);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
