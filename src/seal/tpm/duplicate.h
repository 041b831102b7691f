/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Sealing for another machine's TPM without its help: an object that its storage key
 * takes in with TPM2_Import, and nobody else [TPM2 Part 1 §23.3].
 */
#ifndef SG_SEAL_TPM_DUPLICATE_H
#define SG_SEAL_TPM_DUPLICATE_H

#include "seal/parcel.h"
#include "seal/tpm/area.h"

/* What TPM2_Import takes. */
struct sg_tpm_imported {
	TPM2B_PUBLIC area;
	TPM2B_PRIVATE duplicate;
	TPM2B_ENCRYPTED_SECRET seed;
};

/* Check that a public area is that of a storage key which can't leave its TPM and does nothing
 * but guard what is below it: as sg_srk_provision makes and takes it. The point of one of P-256 is
 * looked at too. Errors: FORMAT, with a log line. */
enum sg_err sg_tpm_storage_key_read(struct sg_bytes bytes, TPMT_PUBLIC *out);

/* Seal 1 to SG_SEAL_MAX bytes under a storage key: fills the object, the duplicate and the seed of
 * the parcel, whose policy, with all its values, the TPM will demand. Errors: FORMAT, RANGE,
 * CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_tpm_duplicate(const TPMT_PUBLIC *storage_key, const struct sg_secret *plain,
                             struct sg_parcel *parcel);

/* Read the object of a parcel, which says what it will be. Errors: FORMAT for any but one that
 * sg_tpm_duplicate made for the parcel's policy. */
enum sg_err sg_tpm_duplicate_read(const struct sg_parcel *parcel, struct sg_tpm_imported *out);

#endif
