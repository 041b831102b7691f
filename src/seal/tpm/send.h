/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Closing something for another machine's TPM, without that machine and without a
 * TPM here.
 */
#ifndef SG_SEAL_TPM_SEND_H
#define SG_SEAL_TPM_SEND_H

#include "seal/parcel.h"

/* To whom and how. */
struct sg_sending {
	const struct sg_node *node;
	/* A public key in DER out of a certificate that the caller has verified: the TPM that has
	 * it must have the node's storage key too, or nothing opens. NULL: the storage key alone
	 * is to be trusted. */
	const struct sg_buf *endorsement;
	const struct sg_policy *policy; /* values of PCRs that its TPM demands, or NULL */
	const uint8_t *signer;          /* SG_PARCEL_SIGNER bytes, or NULL */
};

/* Check that something can be closed for a node: its storage key is one. Errors: FORMAT. */
enum sg_err sg_tpm_node_check(const struct sg_node *node);

/* Close the parcel, which is empty before and which the caller clears, also after an error.
 * Where there is a signer, all but the signature is there then. Errors: FORMAT for a key that
 * can't be, RANGE for values of PCRs that are not known, CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_tpm_send(const struct sg_sending *how, const struct sg_secret *plain,
                        struct sg_parcel *parcel);

#endif
