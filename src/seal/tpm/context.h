/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. One connection to the TPM, for one call: open, transact, close.
 * Nothing outlives the close: no session, no object, no descriptor. Both ends are
 * in one thread and on one stack.
 */
#ifndef SG_SEAL_TPM_CONTEXT_H
#define SG_SEAL_TPM_CONTEXT_H

#include <tss2/tss2_esys.h>

#include "seal/tpm/tcti.h"
#include "util/signal.h"

struct sg_tpm {
	struct sg_tcti tcti;            /* in front of inner */
	TSS2_TCTI_CONTEXT *inner;
	ESYS_CONTEXT *esys;
	_Atomic int *held;              /* where a child finds the descriptor */
	struct sg_signal_hold pipe;     /* SIGPIPE, while the TPM is open */
};

/* Prepare the process for tpm2-tss, once. Errors: NOMEM. */
enum sg_err sg_tpm_start(void);

/* Connect. tpm may not move until sg_tpm_close, which is called only after SG_OK.
 * name is a tctildr string. Errors: HW_MISSING, HW_PERMISSION and HW_BUSY, with a
 * log line that names the device and what to do; HW_FAULT, NOMEM. */
enum sg_err sg_tpm_open(struct sg_tpm *tpm, const char *name);

/* Flush what is still loaded and disconnect. */
void sg_tpm_close(struct sg_tpm *tpm);

/* Overwrite what stays behind in tpm2-tss: the secret of a Create or an Unseal, in its
 * command buffer and in its copy of the parameters; the authorisation of an entity, and
 * what the session, which must not have ended, keeps of it. Sends nothing. Where
 * no authorisation was set they are ESYS_TR_RH_NULL and ESYS_TR_PASSWORD. */
void sg_tpm_scrub(struct sg_tpm *tpm, ESYS_TR entity, ESYS_TR session);

#endif
