/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A parcel: something that was closed for one other machine's TPM, and what that TPM
 * needs to open it. Who has made it is known only where it is signed: everybody can close
 * something for a public key. This file knows the form; closing and opening the locks in it is
 * the sealer's affair (seal/tpm/send.h, seal/import.h). doc/formats.md draws it.
 */
#ifndef SG_SEAL_PARCEL_H
#define SG_SEAL_PARCEL_H

#include "seal/node.h"
#include "seal/policy.h"
#include "util/secret.h"

#define SG_PARCEL_KEY 32                /* bytes of each of the two keys */
#define SG_PARCEL_PLAIN_MAX 16384       /* bytes of what is in it */
#define SG_PARCEL_TEXT_MAX 65536        /* bytes of a file */
#define SG_PARCEL_SIGNER 32             /* an Ed25519 public key */
#define SG_PARCEL_SIGNATURE 64

/* All zero is an empty one. */
struct sg_parcel {
	uint8_t to[SG_NODE_NAME];       /* the Name of the storage key */
	struct sg_policy policy;        /* PCR values that its TPM demands, or empty */
	/* An object that the TPM imports under its storage key, and which holds the first key:
	 * a TPMT_PUBLIC, and what TPM2B_PRIVATE and TPM2B_ENCRYPTED_SECRET hold. */
	struct sg_buf object, duplicate, seed;
	/* The second key, for whoever has this endorsement key and that storage key in one TPM:
	 * what TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET hold; empty where there is none. */
	bool endorsed;
	enum sg_ek ek;
	struct sg_buf credential, credential_seed;
	bool is_signed;
	uint8_t signer[SG_PARCEL_SIGNER];
	struct sg_buf box;              /* AES-256-GCM over all above */
	uint8_t signature[SG_PARCEL_SIGNATURE];         /* over all above */
};

/* Write the file, which replaces what text holds. Errors: NOMEM, FORMAT. */
enum sg_err sg_parcel_write(const struct sg_parcel *parcel, struct sg_buf *text);

/* Read a file into an empty parcel; the caller clears it, also after an error. What stands around
 * the first block is not looked at. Errors: FORMAT for what is in no block of sg_parcel_write,
 * NOMEM. */
enum sg_err sg_parcel_read(struct sg_bytes text, struct sg_parcel *parcel);

/* Close what goes into the box: everything else but the signature stands in the parcel. key has
 * SG_PARCEL_KEY bytes; second as many, or is NULL where the parcel has no credential.
 * Errors: RANGE, CRYPTO, NOMEM. */
enum sg_err sg_parcel_close(struct sg_parcel *parcel, const struct sg_secret *key,
                            const struct sg_secret *second, const struct sg_secret *plain);

/* Open the box; the caller frees *plain. Errors: TAG where any byte of the parcel was changed, or
 * a key is wrong; RANGE, CRYPTO, SECURE_MEMORY. */
enum sg_err sg_parcel_open(const struct sg_parcel *parcel, const struct sg_secret *key,
                           const struct sg_secret *second, struct sg_secret **plain);

/* Write what the signer signs, which replaces what out holds. Errors: NOMEM. */
enum sg_err sg_parcel_signed(const struct sg_parcel *parcel, struct sg_buf *out);

/* Free what it owns and leave an empty one. */
void sg_parcel_clear(struct sg_parcel *parcel);

#endif
