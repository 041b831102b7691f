/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Our own TCTI, which stands between tpm2-tss and the one that
 * tctildr loads. It is the only place that sees every frame: it lets none through
 * whose sizes do not fit, remembers what is loaded in the TPM so that it can be
 * flushed on every path, asks again where the TPM wants that, gives up on one that
 * does not answer, counts, and carries the faults of tests. It looks at sizes, never at values.
 */
#ifndef SG_SEAL_TPM_TCTI_H
#define SG_SEAL_TPM_TCTI_H

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tpm2_types.h>

#include "seal/tpm/tcti_fault.h"
#include "util/bytes.h"

#define SG_TCTI_SESSIONS 3              /* in one command [TPM2 Part 1 §18.4] */
#define SG_TCTI_LIVE 8                  /* objects and sessions that we may hold at once */

struct sg_tcti_row;

struct sg_tcti {
	TSS2_TCTI_CONTEXT_COMMON_V1 v1; /* all that tpm2-tss knows of us; first */
	TSS2_TCTI_CONTEXT *inner;       /* borrowed; NULL: a thread that waits for it owns it now */

	/* The command whose response is awaited. */
	const struct sg_tcti_row *row;
	uint16_t tag;
	uint32_t ended;                 /* the handle that the command makes invalid, or 0 */
	uint32_t session[SG_TCTI_SESSIONS];
	size_t sessions;

	TPM2_CC command;
	uint8_t kept[TPM2_MAX_COMMAND_SIZE];    /* as it went over the bus, to be sent again */
	size_t kept_len;
	unsigned again;                 /* how often it was since the TPM last did something */
	long pause;                     /* before the first time, in nanoseconds; tests have none */

	uint8_t answer[TPM2_MAX_RESPONSE_SIZE];
	size_t answer_len;
	bool fetched;                   /* the answer is there, or what we say in its place: */
	TPM2_RC refusal;

	uint32_t live[SG_TCTI_LIVE];    /* transient objects and sessions, 0: free */
	bool scrub;                     /* the next command is answered here */
	struct sg_tcti_fault fault;     /* what a test does to the command that is under way */
	TPM2_RC lost;                   /* LOST or LATE: so are all others, nothing more is sent */
};

/* What tpm2-tss is told in place of an answer: numbers that the specification leaves to
 * makers [TPM2 Part 2 §6.6.2]. So it takes every failure of the connection for a refusal, and
 * stays fit to overwrite its buffers. */
#define SG_TCTI_LOST 0x501              /* the connection broke */
#define SG_TCTI_LATE 0x502              /* nothing came in time */
#define SG_TCTI_MALFORMED 0x503         /* what came is no answer to the command */

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
