/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The blob of an object of the TPM: four bytes that say which kind it is,
 * a TPM2B_PUBLIC and a TPM2B_PRIVATE. It is what somebody who can write the store says
 * it is, and is taken apart strictly before the TPM is asked.
 */
#ifndef SG_SEAL_TPM_BLOB_H
#define SG_SEAL_TPM_BLOB_H

#include <tss2/tss2_tpm2_types.h>

#include "util/bytes.h"

#define SG_TPM_BLOB_MAGIC 4

struct sg_tpm_blob {
	TPM2B_PUBLIC area;
	TPM2B_PRIVATE private_area;
};

/* Append the blob. Errors: NOMEM, FORMAT. */
enum sg_err sg_tpm_blob_write(const struct sg_tpm_blob *object,
                              const char magic[SG_TPM_BLOB_MAGIC], struct sg_buf *out);

/* Read a blob of this kind. Errors: FORMAT for anything that sg_tpm_blob_write would not
 * write; what the public area says is left to the caller. */
enum sg_err sg_tpm_blob_read(struct sg_bytes blob, const char magic[SG_TPM_BLOB_MAGIC],
                             struct sg_tpm_blob *out);

#endif
