/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Public areas of other machines' TPMs, as bytes. Somebody says that they are what
 * they are, so they are read strictly; their Name is computed and never believed.
 */
#ifndef SG_SEAL_TPM_AREA_H
#define SG_SEAL_TPM_AREA_H

#include <tss2/tss2_tpm2_types.h>

#include "util/bytes.h"

#define SG_TPM_NAME 34                  /* bytes of a SHA-256 Name */
#define SG_TPM_NUMBER 32                /* bytes of a number of P-256 */

/* Read a TPMT_PUBLIC. Errors: FORMAT for bytes that no TPM would write. */
enum sg_err sg_tpm_area_read(struct sg_bytes bytes, TPMT_PUBLIC *out);

/* Write one, which replaces what out holds. Errors: FORMAT for one that can't be, NOMEM. */
enum sg_err sg_tpm_area_write(const TPMT_PUBLIC *area, struct sg_buf *out);

/* Compute the Name of an area whose nameAlg is SHA-256 [TPM2 Part 1 §16]. Errors: as above. */
enum sg_err sg_tpm_area_name(const TPMT_PUBLIC *area, uint8_t name[SG_TPM_NAME]);

/* Write a number of P-256 of the TPM's, which may lack its leading zeros. */
void sg_tpm_number(const TPM2B_ECC_PARAMETER *number, uint8_t out[SG_TPM_NUMBER]);

#endif
