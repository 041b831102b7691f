/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What a TPM attested, read from a stranger's bytes [TPM2 Part 2 §10.12.12], and
 * whether it was its attestation key that did, for this enrolment.
 */
#ifndef SG_ENROLL_ATTESTED_H
#define SG_ENROLL_ATTESTED_H

#include "crypto/p256.h"
#include "enroll/message.h"
#include "seal/node.h"

/* Kinds of attestations [TPM2 Part 2 §6.9]. */
enum sg_attested_kind {
	SG_ATTESTED_QUOTE = 0x8018,
	SG_ATTESTED_TIME = 0x8019,
	SG_ATTESTED_CREATION = 0x801a,
};

/* Views into the bytes that were read; those of the other kinds are empty. */
struct sg_attested {
	struct sg_bytes signer;         /* its qualified Name */
	struct sg_bytes extra;
	struct sg_bytes object;         /* creation: the Name */
	struct sg_bytes creation;       /* and the hash of the creation data */
	struct sg_bytes selection;      /* quote: TPML_PCR_SELECTION */
	struct sg_bytes pcrs;           /* and the digest of the values */
	uint64_t clock, firmware;       /* time: ms, and the version */
	uint32_t resets, restarts;
	bool safe;
};

/* By whom and for what it must be. */
struct sg_attesting {
	uint8_t point[SG_P256_POINT];   /* of the attestation key */
	uint8_t signer[SG_NODE_NAME];   /* its qualified Name: where it is */
	uint8_t qualifying[SG_ENROLL_HASH];
};

/* Read one of that kind, and check its signature and what it carries. Reasons: ATTEST,
 * ATTEST_SIGNATURE, ATTEST_OTHER, INTERNAL. */
enum sg_enroll_reason sg_attested_check(const struct sg_enroll_attest *attest,
                                        enum sg_attested_kind kind,
                                        const struct sg_attesting *by, struct sg_attested *out);

#endif
