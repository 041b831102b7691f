/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The sealer "tpm": seals in a TPM 2.0 through tpm2-tss.
 */
#ifndef SG_SEAL_TPM_SEALER_H
#define SG_SEAL_TPM_SEALER_H

#include "seal/sealer.h"

extern const struct sg_sealer_ops sg_tpm_sealer;

#endif
