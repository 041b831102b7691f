/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. An object of the TPM in a blob: a TPM2B_PUBLIC and a TPM2B_PRIVATE. It is
 * what somebody who can write the store says it is, and is taken apart strictly before the TPM
 * is asked. Four bytes before it say which kind it is.
 */
#ifndef SG_SEAL_TPM_BLOB_H
#define SG_SEAL_TPM_BLOB_H

#include <tss2/tss2_tpm2_types.h>

#include "util/cursor.h"

struct sg_tpm_blob {
	TPM2B_PUBLIC area;
	TPM2B_PRIVATE private_area;
};

/* Write both areas. */
void sg_tpm_blob_write(const struct sg_tpm_blob *object, struct sg_writer *w);

/* Read both areas. Errors: FORMAT for anything that sg_tpm_blob_write would not write; what
 * the public area says is left to the caller. */
enum sg_err sg_tpm_blob_read(struct sg_reader *r, struct sg_tpm_blob *out);

#endif
