/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What a sealed object may ask for beside its parent: PCR values, PCR values
 * that somebody signed, that a time has not come, and the value of a PIN, all at once. This
 * file knows their form in text and in blobs and the digest that they make [TPM2 Part 1 §19.7],
 * and asks no hardware: who verifies evidence needs the same without a TPM.
 */
#ifndef SG_SEAL_POLICY_H
#define SG_SEAL_POLICY_H

#include "seal/pcrs.h"
#include "util/cursor.h"

#define SG_POLICY_DIGEST 32             /* SHA-256, of which all our policies are */
#define SG_POLICY_TEXT_MAX 16384
#define SG_POLICY_SIGNER_MAX 600        /* bytes of the longest public key, RSA-4096 */

/* An index that counts wrong PINs (seal/pin_index.h): where it is, and its authPolicy, by which
 * everybody can read it and nobody write it. */
struct sg_pin_index {
	uint32_t handle;                        /* 0: there is none */
	uint8_t writer[SG_POLICY_DIGEST];       /* what has to be asserted to write it */
	uint8_t authority[SG_POLICY_DIGEST];    /* the authPolicy, which follows from that */
};

/* A policy. All zero asks for nothing; an empty member is not asked for. */
struct sg_policy {
	struct sg_pcrs pcrs;
	struct sg_buf signer;           /* SubjectPublicKeyInfo in DER: who may sign PCR values */
	uint64_t until;                 /* ms of the TPM's clock, when it ends to open; 0: never */
	struct sg_pin_index index;      /* its authValue must be known; it counts wrong ones */
	bool auth;                      /* the authValue of the object must be known */
};

/* Read the text form into an empty policy: clauses with ';' between,
 *
 *     pcr=sha256:7,11=HEX     PCRs of a bank, each with its value or without
 *     signer=HEX              the DER of a P-256 or RSA public key
 *     until=N                 milliseconds of the TPM's clock, from which on it does not open
 *
 * where pcr may repeat; a PIN and its index have no text. Errors: FORMAT, with a log line
 * that says what is wrong; NOMEM. Free it with sg_policy_clear, also after an error. */
enum sg_err sg_policy_parse(struct sg_bytes text, struct sg_policy *policy);

/* Write the text form, which replaces what out holds: banks and PCRs ascending. Values
 * are left out unless asked for. Errors: NOMEM. */
enum sg_err sg_policy_text(const struct sg_policy *policy, bool values, struct sg_buf *out);

/* Write the stored form: a list of steps, each a kind and its operands. All selected
 * values are known. */
void sg_policy_write(const struct sg_policy *policy, struct sg_writer *w);

/* Read a stored form into an empty policy. Errors: FORMAT for what sg_policy_write would
 * not write, NOMEM. */
enum sg_err sg_policy_read(struct sg_bytes stored, struct sg_policy *policy);

/* Tell whether it asks for nothing. */
bool sg_policy_empty(const struct sg_policy *policy);

/* Copy a policy into an empty one. Errors: NOMEM. */
enum sg_err sg_policy_copy(const struct sg_policy *from, struct sg_policy *to);

/* Compute the authPolicy of the object. All selected values are known. Errors: CRYPTO,
 * NOMEM, FORMAT for a signer that is no key. */
enum sg_err sg_policy_digest(const struct sg_policy *policy, uint8_t out[SG_POLICY_DIGEST]);

/* Compute what PolicyPCR alone makes of the values: what a signer signs [TPM2 Part 3 §23.7]. */
enum sg_err sg_policy_pcr_digest(const struct sg_pcrs *pcrs, uint8_t out[SG_POLICY_DIGEST]);

/* Write the public area of the signer as the hardware loads it, without its size; its
 * SHA-256 is its Name [TPM2 Part 2 §12.2.4]. Errors: FORMAT. */
enum sg_err sg_policy_signer_area(struct sg_bytes signer, struct sg_writer *w);

/* Free what the policy owns and leave an empty one. */
void sg_policy_clear(struct sg_policy *policy);

#endif
