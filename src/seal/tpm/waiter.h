/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. What waits in a thread of its own, so that a caller need not: for a TCTI
 * to connect, for one that can't be asked whether there is an answer, and for the end of a
 * connection that was given up. Where no thread may be made (util/errand.h), the caller waits, and
 * nothing bounds that.
 */
#ifndef SG_SEAL_TPM_WAITER_H
#define SG_SEAL_TPM_WAITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_tcti.h>

#include "util/bytes.h"

/* A number that no TCTI returns: nothing came in time. */
#define SG_TCTI_RC_LATE (TSS2_TCTI_RC_LAYER | 0xf801)

/* Connect to the TPM of that name, as Tss2_TctiLdr_Initialize, within so many milliseconds.
 * Where it is late, the thread that still waits finalizes what comes of it. *inner is the caller's;
 * it is NULL after an error. A TCTI that forks is opened in the caller's thread.
 * Errors: SG_TCTI_RC_LATE, and those of the TCTI. */
TSS2_RC sg_waiter_open(const char *name, int milliseconds, TSS2_TCTI_CONTEXT **inner);

/* Send a command and receive an answer of at most *len bytes, both within so many milliseconds:
 * a simulator can hang before it takes a command. After SG_TCTI_RC_LATE *inner is NULL: the thread
 * that still waits owns it, and finalizes it some day. Errors: those of the TCTI. */
TSS2_RC sg_waiter_ask(TSS2_TCTI_CONTEXT **inner, int milliseconds, struct sg_bytes command,
                      uint8_t *answer, size_t *len);

/* Finalize *inner without waiting for that, and set it to NULL: the kernel closes a device
 * only when its TPM has answered. NULL is fine. */
void sg_waiter_finalize(TSS2_TCTI_CONTEXT **inner);

#endif
