/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. From what tpm2-tss returns to our own errors: the one table.
 */
#include "seal/tpm/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <tss2/tss2_rc.h>

#include "seal/tpm/tcti.h"
#include "util/log.h"

#define ANY 0

struct row {
	TPM2_CC command;        /* ANY, or the one command that the row is about */
	TSS2_RC code;           /* without the number of a handle, session or parameter */
	enum sg_err err;
};

/* The first row that fits counts; rows about one command come first. */
static const struct row rows[] = {
	{ TPM2_CC_ReadPublic,       TPM2_RC_HANDLE,       SG_ERR_HW_NO_PARENT },
	{ TPM2_CC_StartAuthSession, TPM2_RC_HANDLE,       SG_ERR_HW_NO_PARENT },
	{ TPM2_CC_Create,           TPM2_RC_HANDLE,       SG_ERR_HW_NO_PARENT },
	{ TPM2_CC_Load,             TPM2_RC_HANDLE,       SG_ERR_HW_NO_PARENT },

	{ TPM2_CC_CreatePrimary,    TPM2_RC_BAD_AUTH,     SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_CreatePrimary,    TPM2_RC_AUTH_FAIL,    SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_CreatePrimary,    TPM2_RC_HIERARCHY,    SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_EvictControl,     TPM2_RC_BAD_AUTH,     SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_EvictControl,     TPM2_RC_AUTH_FAIL,    SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_EvictControl,     TPM2_RC_NV_DEFINED,   SG_ERR_HW_BUSY },

	{ TPM2_CC_NV_DefineSpace,   TPM2_RC_BAD_AUTH,     SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_NV_DefineSpace,   TPM2_RC_AUTH_FAIL,    SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_NV_DefineSpace,   TPM2_RC_NV_DEFINED,   SG_ERR_HW_BUSY },
	{ TPM2_CC_NV_UndefineSpace, TPM2_RC_BAD_AUTH,     SG_ERR_HW_OWNER_AUTH },
	{ TPM2_CC_NV_UndefineSpace, TPM2_RC_AUTH_FAIL,    SG_ERR_HW_OWNER_AUTH },

	/* An index whose Name was compared, and that is another all the same, or was removed
	 * just now. */
	{ TPM2_CC_NV_ReadPublic,    TPM2_RC_HANDLE,       SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_UndefineSpace, TPM2_RC_HANDLE,       SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_Increment,     TPM2_RC_HANDLE,       SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_Increment,     TPM2_RC_BAD_AUTH,     SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_Increment,     TPM2_RC_AUTH_FAIL,    SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_Read,          TPM2_RC_HANDLE,       SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_Read,          TPM2_RC_BAD_AUTH,     SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_Read,          TPM2_RC_AUTH_FAIL,    SG_ERR_HW_NV_GONE },
	{ TPM2_CC_NV_Read,          TPM2_RC_NV_UNINITIALIZED, SG_ERR_HW_NV_GONE },

	/* An endorsement hierarchy that has a password, or is switched off; and a TPM that takes
	 * no session where another one does. */
	{ TPM2_CC_GetTime,          TPM2_RC_BAD_AUTH,     SG_ERR_HW_EK_AUTH },
	{ TPM2_CC_GetTime,          TPM2_RC_AUTH_FAIL,    SG_ERR_HW_EK_AUTH },
	{ TPM2_CC_GetTime,          TPM2_RC_HIERARCHY,    SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_GetTime,          TPM2_RC_VALUE,        SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_ReadClock,        TPM2_RC_AUTH_CONTEXT, SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_ReadClock,        TPM2_RC_ATTRIBUTES,   SG_ERR_HW_UNSUPPORTED },

	/* An index that counts wrong PINs, and has taken as many as it takes. */
	{ TPM2_CC_PolicySecret,     TPM2_RC_AUTH_UNAVAILABLE, SG_ERR_PIN_SPENT },
	{ TPM2_CC_PolicySecret,     TPM2_RC_HANDLE,       SG_ERR_PIN_INDEX },

	/* A storage root key that asks for an authorisation of its own. */
	{ TPM2_CC_Create,           TPM2_RC_BAD_AUTH,     SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_Create,           TPM2_RC_AUTH_FAIL,    SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_Load,             TPM2_RC_BAD_AUTH,     SG_ERR_HW_UNSUPPORTED },
	{ TPM2_CC_Load,             TPM2_RC_AUTH_FAIL,    SG_ERR_HW_UNSUPPORTED },

	/* The parent's Name was compared before: it is the blob that was changed. */
	{ TPM2_CC_Load,             TPM2_RC_INTEGRITY,    SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Load,             TPM2_RC_SIZE,         SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Load,             TPM2_RC_INSUFFICIENT, SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Load,             TPM2_RC_SENSITIVE,    SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Load,             TPM2_RC_BINDING,      SG_ERR_SEALED_DAMAGED },

	/* What another machine closed for this TPM, and was changed, or is for another one. */
	{ TPM2_CC_Import,           TPM2_RC_INTEGRITY,    SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Import,           TPM2_RC_VALUE,        SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Import,           TPM2_RC_SIZE,         SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Import,           TPM2_RC_INSUFFICIENT, SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Import,           TPM2_RC_SENSITIVE,    SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Import,           TPM2_RC_BINDING,      SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_Import,           TPM2_RC_ECC_POINT,    SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_ActivateCredential, TPM2_RC_INTEGRITY,  SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_ActivateCredential, TPM2_RC_VALUE,      SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_ActivateCredential, TPM2_RC_SIZE,       SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_ActivateCredential, TPM2_RC_INSUFFICIENT, SG_ERR_SEALED_DAMAGED },
	{ TPM2_CC_ActivateCredential, TPM2_RC_ECC_POINT,  SG_ERR_SEALED_DAMAGED },
	/* So libtpms says that RSA or ECDH gave nothing that fits. A TPM that is in failure mode
	 * refuses the commands before this one, too. */
	{ TPM2_CC_ActivateCredential, TPM2_RC_FAILURE,    SG_ERR_SEALED_DAMAGED },

	/* The values of PCRs are not those that were named. */
	{ TPM2_CC_PolicyPCR,        TPM2_RC_VALUE,        SG_ERR_POLICY },
	{ TPM2_CC_PolicyAuthorize,  TPM2_RC_VALUE,        SG_ERR_POLICY },
	{ TPM2_CC_VerifySignature,  TPM2_RC_SIGNATURE,    SG_ERR_POLICY },

	{ ANY, TPM2_RC_AUTH_FAIL,         SG_ERR_AUTH },
	{ ANY, TPM2_RC_BAD_AUTH,          SG_ERR_AUTH },
	{ ANY, TPM2_RC_LOCKOUT,           SG_ERR_LOCKED },
	{ ANY, TPM2_RC_POLICY,            SG_ERR_POLICY },
	{ ANY, TPM2_RC_POLICY_FAIL,       SG_ERR_POLICY },
	{ ANY, TPM2_RC_POLICY_CC,         SG_ERR_POLICY },
	{ ANY, TPM2_RC_PCR,               SG_ERR_POLICY },
	{ ANY, TPM2_RC_PCR_CHANGED,       SG_ERR_PCR_CHANGED },
	{ ANY, TPM2_RC_EXPIRED,           SG_ERR_POLICY },
	{ ANY, TPM2_RC_AUTH_UNAVAILABLE,  SG_ERR_POLICY },

	{ ANY, TPM2_RC_OBJECT_MEMORY,     SG_ERR_HW_MEMORY },
	{ ANY, TPM2_RC_SESSION_MEMORY,    SG_ERR_HW_MEMORY },
	{ ANY, TPM2_RC_MEMORY,            SG_ERR_HW_MEMORY },
	{ ANY, TPM2_RC_SESSION_HANDLES,   SG_ERR_HW_MEMORY },
	{ ANY, TPM2_RC_OBJECT_HANDLES,    SG_ERR_HW_MEMORY },
	{ ANY, TPM2_RC_CONTEXT_GAP,       SG_ERR_HW_MEMORY },
	{ ANY, TPM2_RC_TOO_MANY_CONTEXTS, SG_ERR_HW_MEMORY },
	{ ANY, TPM2_RC_NV_SPACE,          SG_ERR_HW_NV_FULL },

	/* What the TCTI has asked again for as long as it does. */
	{ ANY, TPM2_RC_RETRY,             SG_ERR_HW_RETRY },
	{ ANY, TPM2_RC_YIELDED,           SG_ERR_HW_YIELDED },
	{ ANY, TPM2_RC_TESTING,           SG_ERR_HW_TESTING },
	{ ANY, TPM2_RC_NEEDS_TEST,        SG_ERR_HW_TESTING },
	{ ANY, TPM2_RC_NV_RATE,           SG_ERR_HW_NV_RATE },
	{ ANY, TPM2_RC_NV_UNAVAILABLE,    SG_ERR_HW_NV_RATE },

	{ ANY, TPM2_RC_FAILURE,           SG_ERR_HW_FAILURE },
	{ ANY, TPM2_RC_INITIALIZE,        SG_ERR_HW_NOT_STARTED },
	{ ANY, TPM2_RC_REBOOT,            SG_ERR_HW_REBOOT },
	{ ANY, TPM2_RC_UPGRADE,           SG_ERR_HW_REBOOT },

	{ ANY, TPM2_RC_COMMAND_CODE,      SG_ERR_HW_UNSUPPORTED },
	{ ANY, TPM2_RC_CURVE,             SG_ERR_HW_UNSUPPORTED },
	{ ANY, TPM2_RC_SYMMETRIC,         SG_ERR_HW_UNSUPPORTED },
	{ ANY, TPM2_RC_HASH,              SG_ERR_HW_UNSUPPORTED },
	{ ANY, TPM2_RC_SCHEME,            SG_ERR_HW_UNSUPPORTED },
	{ ANY, TPM2_RC_ASYMMETRIC,        SG_ERR_HW_UNSUPPORTED },

	{ ANY, TPM2_RC_ECC_POINT,         SG_ERR_FORMAT },

	{ ANY, SG_TCTI_LOST,               SG_ERR_HW_REMOVED },
	{ ANY, SG_TCTI_LATE,               SG_ERR_HW_TIMEOUT },
	{ ANY, SG_TCTI_MALFORMED,          SG_ERR_HW_FAULT },

	{ ANY, TSS2_TCTI_RC_IO_ERROR,      SG_ERR_HW_REMOVED },
	{ ANY, TSS2_TCTI_RC_NO_CONNECTION, SG_ERR_HW_REMOVED },
	{ ANY, TSS2_TCTI_RC_MEMORY,        SG_ERR_NOMEM },
	{ ANY, TSS2_ESYS_RC_MEMORY,        SG_ERR_NOMEM },
};

/* A resource manager speaks for the TPM in a layer of its own, and uses the TPM's words for
 * its own lack of slots in another; and a format-one code carries the number of what it
 * complains about [TPM2 Part 2 §6.6.2]. */
static TSS2_RC bare(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	if (layer == TSS2_RESMGR_TPM_RC_LAYER ||
	    (layer == TSS2_RESMGR_RC_LAYER && (rc & TPM2_RC_WARN) == TPM2_RC_WARN))
		rc &= ~TSS2_RC_LAYER_MASK;
	if ((rc & TSS2_RC_LAYER_MASK) == TSS2_TPM_RC_LAYER && (rc & TPM2_RC_FMT1) != 0)
		rc &= TPM2_RC_FMT1 | 0x3f;
	return rc;
}

static const char *words(TSS2_RC rc)
{
	switch (rc) {
	case SG_TCTI_LOST:
		return "the connection broke";
	case SG_TCTI_LATE:
		return "no answer came in time";
	case SG_TCTI_MALFORMED:
		return "the answer is malformed";
	default:
		return Tss2_RC_Decode(rc);
	}
}

enum sg_err sg_tpm_err(TPM2_CC command, TSS2_RC rc)
{
	TSS2_RC code = bare(rc);
	enum sg_err err = SG_ERR_HW_FAULT;
	bool nothing;

	if (rc == TSS2_RC_SUCCESS)
		return SG_OK;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].code == code &&
		    (rows[i].command == ANY || rows[i].command == command)) {
			err = rows[i].err;
			break;
		}
	}
	/* That nothing stands there is what some callers want to know; others say it themselves. */
	nothing = err == SG_ERR_HW_NO_PARENT ||
	          (err == SG_ERR_HW_NV_GONE && command == TPM2_CC_NV_ReadPublic);
	sg_log(nothing ? SG_LOG_DEBUG : SG_LOG_ERROR, "%s failed: %s (0x%x)",
	       sg_tpm_command_name(command), words(rc), rc);
	return err;
}
