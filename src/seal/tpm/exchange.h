/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. One command to the TPM and its answer, through the inner TCTI: a TPM that
 * asks for patience gets some, one that says nothing is given up. What is in the
 * frames is judged elsewhere.
 */
#ifndef SG_SEAL_TPM_EXCHANGE_H
#define SG_SEAL_TPM_EXCHANGE_H

#include "seal/tpm/tcti.h"

#define SG_TCTI_PAUSE 1000000           /* nanoseconds; doubled each time */

#define SG_TCTI_PATIENCE 20000          /* milliseconds that a command may take */

/* Send the command that tcti keeps, and count it; where the TCTI may hang with that, it is
 * sent when the answer is fetched. Where it fails lost is set: what can't be
 * sent is answered by us, for an error of a TCTI would leave tpm2-tss in a state in which
 * its buffers can't be overwritten any more. */
void sg_tcti_send(struct sg_tcti *tcti);

/* Get the answer to what was sent into tcti, whatever it is. Where the TPM wants the same
 * frame again, because it is busy, tests itself or does not write just now, it gets it,
 * for two seconds in all. Errors: SG_TCTI_RC_LATE (seal/tpm/waiter.h) where nothing came in
 * time, with which inner may have become NULL; those of the inner TCTI. */
TSS2_RC sg_tcti_fetch(struct sg_tcti *tcti);

#endif
