/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. From what tpm2-tss returns to our own errors: the one table.
 */
#ifndef SG_SEAL_TPM_RC_H
#define SG_SEAL_TPM_RC_H

#include <tss2/tss2_tpm2_types.h>

#include "util/err.h"

/* Translate what the command returned, and log the TPM's own words where it is an
 * error. What a code means can depend on the command. */
enum sg_err sg_tpm_err(TPM2_CC command, TSS2_RC rc);

#endif
