/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A machine that enrols with a TPM in software: it says hello, answers a challenge, and does
 * one thing otherwise than it should where a test wants that. What follows from the change, such as
 * signatures, is made anew, so that the change itself is what is seen.
 */
#ifndef TESTS_LIB_ENROLLER_H
#define TESTS_LIB_ENROLLER_H

#include "enroll/verify.h"
#include "lib/authority.h"
#include "lib/soft_tpm.h"
#include "seal/policy.h"

/* When a test may change something: before that is written, signed or sent. */
enum enroller_stage {
	ENROLLER_OBJECT,                /* the object, its policy, the key */
	ENROLLER_CREATION,
	ENROLLER_ATTEST,                /* what stands in the attestations */
	ENROLLER_SIGN,                  /* attestations as bytes, and by which key they are signed */
	ENROLLER_PROOF,                 /* all but the proof */
	ENROLLER_END,
};

/* An attestation before it is written. */
struct enroller_attest {
	uint32_t magic;
	uint16_t kind;
	uint8_t signer[SG_NODE_NAME];   /* the qualified Name of who signs */
	uint8_t extra[SG_ENROLL_HASH];
	bool missing;
};

struct enroller {
	struct soft_tpm tpm;
	struct sg_buf spki;             /* of the endorsement key */
	struct sg_enroll_hello hello;
	struct sg_buf hello_json;
	struct sg_enroll_challenge challenge;
	struct sg_enroll_evidence evidence;

	/* From here on: what it makes for a challenge. */
	void (*change)(struct enroller *e, enum enroller_stage stage);
	uint8_t transcript[SG_ENROLL_HASH];
	struct sg_secret *key;          /* seed and public key */
	struct sg_policy policy;
	const char *steps;              /* a policy that we do not make, instead; or NULL */
	bool hmac;
	uint32_t attributes;
	uint32_t hierarchy;             /* of the storage key */
	uint8_t parent_name[SG_NODE_NAME], parent_qualified[SG_NODE_NAME];
	uint8_t outside[SG_ENROLL_HASH];
	struct enroller_attest certified, quote, time;
	uint8_t object_name[SG_NODE_NAME], creation_hash[SG_ENROLL_HASH];
	struct sg_pcrs pcrs;            /* that it quotes */
	uint8_t pcrs_digest[SG_PCRS_DIGEST];
	uint64_t clock;
	bool safe;
	EVP_PKEY *signer;               /* of attestations; not its own */
};

/* Make one whose endorsement key an authority has certified; by may be NULL. */
void enroller_make(struct enroller *e, enum sg_ek kind, const struct test_authority *by);
void enroller_free(struct enroller *e);

/* Write the hello anew, after a change. */
void enroller_say_hello(struct enroller *e);

/* Answer e->challenge, which is written anew for that, or as it was sent. False where the TPM
 * refuses the challenge. */
bool enroller_answer(struct enroller *e, struct sg_bytes challenge_json);

/* Sign the evidence anew. */
void enroller_prove(struct enroller *e);

/* Set a buffer to some text. */
void enroller_set(struct sg_buf *buf, const char *text);

#endif
