/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The registrar's judgement of what a machine sent: challenges are made and evidence
 * is verified, without a TPM or a store. It has no clock of its own, but certificates and lists of
 * revoked ones are judged by the system's. Calls are independent of each other and may come from
 * any number of threads.
 */
#ifndef SG_ENROLL_VERIFY_H
#define SG_ENROLL_VERIFY_H

#include "crypto/certificate.h"
#include "enroll/message.h"
#include "seal/pcrs.h"

#define SG_ENROLL_EK_HASH 32            /* SHA-256 of an endorsement key's SubjectPublicKeyInfo */

/* What somebody who enrols must show. All views are the caller's. */
struct sg_enroll_demand {
	const struct sg_authorities *authorities;       /* the makers of TPMs that are trusted, read
	                                                 * once (crypto/certificate.h); or NULL */
	const char *const *makers;      /* names, as certificates have them ("id:53544D20", or O= of
	                                 * the issuer); NULL: any. See doc/enrollment.md */
	size_t n_makers;
	const uint8_t (*eks)[SG_ENROLL_EK_HASH];        /* NULL: any that is certified. A listed key
	                                                 * needs no certificate */
	size_t n_eks;
	enum sg_enroll_level level;     /* at least */
	enum sg_enroll_origin origin;   /* ANY: the machine's wish, or the simplest that
	                                 * proves enough */
	uint64_t lifetime;              /* seconds, for the TPM's clock; 0: none */
	const char *bind_pcrs;          /* "pcr=sha256:7", or NULL */
	const char *quote_pcrs;         /* the same; with values they must be these; or NULL */
	bool eventlog;
};

/* What is kept of a challenge until it is answered. Bytes that a store keeps; the secret is the
 * credential's, which is worth nothing afterwards. */
struct sg_enroll_pending {
	uint8_t transcript[SG_ENROLL_HASH];
	struct sg_secret *credential;
	struct sg_buf hello, challenge; /* the messages */
};

/* What was found out about a machine. */
struct sg_enroll_finding {
	enum sg_enroll_level level;
	enum sg_enroll_origin origin;
	uint8_t key[SG_ENROLL_KEY_LEN];
	uint8_t ek[SG_ENROLL_EK_HASH];
	bool ek_certified;
	uint8_t object_name[SG_NODE_NAME];
	uint64_t clock, until;          /* ms: the TPM's clock, and when the key stops to open;
	                                 * 0: never */
	uint32_t resets, restarts;
	uint64_t firmware;
};

/* Judge a hello and make the challenge; *pending and *out are empty before and cleared by the
 * caller, also after a refusal. at: Unix seconds when the challenge ends. Reasons: EK..., AK,
 * PARENT, ORIGIN (also for a minted key that would be bound to PCR values that nobody has said),
 * LEVEL, CLOCK, INTERNAL. */
enum sg_enroll_reason sg_enroll_challenge_make(struct sg_bytes hello_json,
                                               const struct sg_enroll_hello *hello,
                                               const struct sg_enroll_demand *demand, uint64_t at,
                                               struct sg_enroll_pending *pending,
                                               struct sg_enroll_challenge *out);

/* Judge the evidence to a challenge that was kept. Nothing in out counts unless the reason is OK.
 * What comes first in enum sg_enroll_reason is looked at first, but that creation data are what was
 * attested is seen before what stands in them, and a key that is unsafe before its proof. */
enum sg_enroll_reason sg_enroll_evidence_verify(const struct sg_enroll_pending *pending,
                                                const struct sg_enroll_demand *demand,
                                                const struct sg_enroll_evidence *evidence,
                                                struct sg_enroll_finding *out);

void sg_enroll_pending_clear(struct sg_enroll_pending *pending);

#endif
