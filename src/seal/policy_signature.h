/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. PCR values that somebody signed: files in the form that systemd-measure(1)
 * writes. They come from anywhere and are believed only as far as the hardware verifies the
 * signature; here they are taken apart and told apart.
 */
#ifndef SG_SEAL_POLICY_SIGNATURE_H
#define SG_SEAL_POLICY_SIGNATURE_H

#include "seal/policy.h"

#define SG_POLICY_SIGNATURE_MAX 512     /* bytes of a signature of RSA-4096 */
#define SG_POLICY_SIGNATURES_MAX 256    /* that are taken from one file */
#define SG_POLICY_FILE_MAX (1024 * 1024)

/* One signature, over the digest of PolicyPCR. */
struct sg_policy_signature {
	uint8_t signer[SG_POLICY_DIGEST];       /* SHA-256 of its SubjectPublicKeyInfo */
	enum sg_digest_alg bank;
	uint32_t selected;                      /* bit n: PCR n */
	uint8_t policy[SG_POLICY_DIGEST];
	uint8_t bytes[SG_POLICY_SIGNATURE_MAX]; /* PKCS#1 v1.5, or ECDSA in DER; of SHA-256 */
	size_t len;
	struct sg_pcr_bank *values;             /* that make this policy; NULL: not known */
};

/* A list; all zero is an empty one. */
struct sg_policy_signatures {
	struct sg_policy_signature *list;
	size_t n;
	size_t doubted;                         /* how many had values that make another policy */
};

/* Add the signatures of a file: a JSON object whose members are the names of banks, each a
 * list of objects with "pcrs", "pkfp", "pol" and "sig", and with "values" where the signer
 * tells them: they are believed where they make "pol", else left out, counted, and logged. What
 * else is in it is passed over, and so are banks and policies that we don't know, and all but the
 * last of very many. Errors: FORMAT, NOMEM. */
enum sg_err sg_policy_signatures_add(struct sg_policy_signatures *signatures, struct sg_bytes json);

/* Compute the name of a signer: the SHA-256 of its DER. */
enum sg_err sg_policy_signer_print(struct sg_bytes der, uint8_t print[SG_POLICY_DIGEST]);

/* Take the PCRs of which values are known for a signer, in all signatures of his together. */
void sg_policy_signatures_pcrs(const struct sg_policy_signatures *signatures,
                               const uint8_t print[SG_POLICY_DIGEST], struct sg_pcrs *out);

/* Find among the signatures of a signer whose values are known the one in which the fewest PCRs
 * have another value than now, and of such the last; a bank of which now lacks a value is passed
 * over. NULL where there is none. */
const struct sg_policy_signature *
sg_policy_signatures_nearest(const struct sg_policy_signatures *signatures,
                             const uint8_t print[SG_POLICY_DIGEST], const struct sg_pcrs *now);

/* Free the list and leave an empty one. */
void sg_policy_signatures_clear(struct sg_policy_signatures *signatures);

#endif
