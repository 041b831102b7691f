/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. What waits in a thread of its own, so that a caller need not: for an answer
 * from a TCTI that can't be asked whether one is there, and for the end of a connection
 * that was given up.
 */
#ifndef SG_SEAL_TPM_WAITER_H
#define SG_SEAL_TPM_WAITER_H

#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_tcti.h>

/* A number that no TCTI returns: nothing came in time. */
#define SG_TCTI_RC_LATE (TSS2_TCTI_RC_LAYER | 0xf801)

/* Receive an answer of at most *len bytes within so many milliseconds. After SG_TCTI_RC_LATE
 * *inner is NULL: the thread that still waits owns it, and finalizes it some day.
 * Errors: those of the TCTI. */
TSS2_RC sg_waiter_receive(TSS2_TCTI_CONTEXT **inner, int milliseconds, uint8_t *answer,
                          size_t *len);

/* Finalize *inner without waiting for that, and set it to NULL: the kernel closes a device
 * only when its TPM has answered. NULL is fine. */
void sg_waiter_finalize(TSS2_TCTI_CONTEXT **inner);

#endif
