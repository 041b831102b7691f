/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Our own TCTI, which stands between tpm2-tss and the one that
 * tctildr loads. It is the only place that sees every frame: it lets none through
 * whose sizes do not fit, remembers what is loaded in the TPM so that it can be
 * flushed on every path, and counts. It looks at sizes, never at values.
 */
#ifndef SG_SEAL_TPM_TCTI_H
#define SG_SEAL_TPM_TCTI_H

#include <tss2/tss2_tcti.h>

#include "util/bytes.h"

#define SG_TCTI_SESSIONS 3              /* in one command [TPM2 Part 1 §18.4] */
#define SG_TCTI_LIVE 8                  /* objects and sessions that we may hold at once */

struct sg_tcti_row;

struct sg_tcti {
	TSS2_TCTI_CONTEXT_COMMON_V1 v1; /* all that tpm2-tss knows of us; first */
	TSS2_TCTI_CONTEXT *inner;       /* borrowed */

	/* The command whose response is awaited. */
	const struct sg_tcti_row *row;
	uint16_t tag;
	uint32_t ended;                 /* the handle that the command makes invalid, or 0 */
	uint32_t session[SG_TCTI_SESSIONS];
	size_t sessions;

	uint32_t live[SG_TCTI_LIVE];    /* transient objects and sessions, 0: free */
	bool scrub;                     /* the next command is answered here */
};

/* Prepare tcti in front of inner, which stays the caller's and must outlive it.
 * The structure may not move afterwards: tpm2-tss keeps its address. */
void sg_tcti_init(struct sg_tcti *tcti, TSS2_TCTI_CONTEXT *inner);

/* Return what is handed to Esys_Initialize. */
TSS2_TCTI_CONTEXT *sg_tcti_context(struct sg_tcti *tcti);

#define SG_TCTI_SCRUBBED TPM2_RC_CANCELED

/* Answer the next command here, without sending it: with SG_TCTI_SCRUBBED, and with
 * zeros in all of the buffer that tpm2-tss gives for the response. */
void sg_tcti_scrub(struct sg_tcti *tcti);

/* Flush every object and session that is still loaded, newest first, by frames of
 * our own: it works whatever state tpm2-tss is in. */
void sg_tcti_flush(struct sg_tcti *tcti);

/* Return the specification's name of a command that we send, or "a command". */
const char *sg_tpm_command_name(TPM2_CC command);

/* Return how many commands this process has sent to any TPM. */
uint64_t sg_tpm_command_count(void);

#endif
