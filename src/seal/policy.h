/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What a sealed object may ask for beside its parent: PCR values, PCR values
 * that somebody signed, and the value of a PIN, all at once. This file knows their
 * form in text and in blobs and the digest that they make [TPM2 Part 1 §19.7], and asks no
 * hardware: who verifies evidence needs the same without a TPM.
 */
#ifndef SG_SEAL_POLICY_H
#define SG_SEAL_POLICY_H

#include "crypto/digest.h"
#include "util/cursor.h"

#define SG_PCRS 24                      /* of a bank [TCG PC Client Platform TPM Profile §4.6] */
#define SG_PCR_BANKS 3
#define SG_POLICY_DIGEST 32             /* SHA-256, of which all our policies are */
#define SG_POLICY_TEXT_MAX 16384
#define SG_POLICY_SIGNER_MAX 600        /* bytes of the longest public key, RSA-4096 */

/* The PCRs of one bank; bit n stands for PCR n. */
struct sg_pcr_bank {
	uint32_t selected;
	uint32_t known;                 /* which of them value holds */
	uint8_t value[SG_PCRS][SG_DIGEST_MAX];
};

/* PCRs, by the hash of their bank. A bank of SHA-1 protects nothing and is not known here. */
struct sg_pcrs {
	struct sg_pcr_bank bank[SG_PCR_BANKS];  /* by enum sg_digest_alg */
};

/* A hash that a bank may have. */
struct sg_pcr_hash {
	const char *name;               /* "sha256" */
	uint16_t id;                    /* TPM_ALG_ID */
	size_t len;
};

extern const struct sg_pcr_hash sg_pcr_hashes[SG_PCR_BANKS];    /* by enum sg_digest_alg */

/* An index that counts wrong PINs (seal/pin_index.h): where it is, and its authPolicy, by which
 * nobody can write it. */
struct sg_pin_index {
	uint32_t handle;                /* 0: there is none */
	uint8_t authority[SG_POLICY_DIGEST];
};

/* A policy. All zero asks for nothing; an empty member is not asked for. */
struct sg_policy {
	struct sg_pcrs pcrs;
	struct sg_buf signer;           /* SubjectPublicKeyInfo in DER: who may sign PCR values */
	struct sg_pin_index index;      /* its authValue must be known; it counts wrong ones */
	bool auth;                      /* the authValue of the object must be known */
};

/* Read the text form into an empty policy: clauses with ';' between,
 *
 *     pcr=sha256:7,11=HEX     PCRs of a bank, each with its value or without
 *     signer=HEX              the DER of a P-256 or RSA public key
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

/* Compute the digest over the values that PolicyPCR takes. */
enum sg_err sg_pcrs_digest(const struct sg_pcrs *pcrs, uint8_t out[SG_POLICY_DIGEST]);

/* Tell whether any PCR is selected, and whether all that are have a value. */
bool sg_pcrs_any(const struct sg_pcrs *pcrs);
bool sg_pcrs_known(const struct sg_pcrs *pcrs);

/* Write the public area of the signer as the hardware loads it, without its size; its
 * SHA-256 is its Name [TPM2 Part 2 §12.2.4]. Errors: FORMAT. */
enum sg_err sg_policy_signer_area(struct sg_bytes signer, struct sg_writer *w);

/* Find the hash of that name in sg_pcr_hashes; SG_PCR_BANKS where it is not. */
size_t sg_pcr_hash_named(struct sg_bytes name);

/* Free what the policy owns and leave an empty one. */
void sg_policy_clear(struct sg_policy *policy);

#endif
