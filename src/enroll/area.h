/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Public areas of the two kinds that evidence is about, read from a stranger's bytes
 * [TPM2 Part 2 §12.2.4]. What they should be is looked at by who judges them.
 */
#ifndef SG_ENROLL_AREA_H
#define SG_ENROLL_AREA_H

#include "crypto/p256.h"
#include "seal/node.h"
#include "seal/policy.h"

/* Attributes of an object [TPM2 Part 2 §8.3.2]. */
#define SG_AREA_FIXED_TPM 0x00000002u
#define SG_AREA_FIXED_PARENT 0x00000010u
#define SG_AREA_BORN 0x00000020u        /* sensitiveDataOrigin */
#define SG_AREA_USER_WITH_AUTH 0x00000040u
#define SG_AREA_ADMIN_WITH_POLICY 0x00000080u
#define SG_AREA_NO_DA 0x00000400u
#define SG_AREA_RESTRICTED 0x00010000u
#define SG_AREA_SIGN 0x00040000u

/* An object of keyed hash: sealed bytes, or a key of HMAC. */
struct sg_area_hash {
	uint32_t attributes;
	bool has_policy;
	uint8_t policy[SG_POLICY_DIGEST];
	bool hmac;                      /* the scheme is HMAC with SHA-256; else it is none */
};

/* Read one whose nameAlg is SHA-256, whose policy has as many bytes or none, and whose scheme is
 * one of the two; false for anything else. */
bool sg_area_hash_read(struct sg_bytes area, struct sg_area_hash *out);

/* Read that of an attestation key: ECDSA with SHA-256 over P-256, restricted, born in its TPM and
 * fixed there, without a policy. False for anything else. */
bool sg_area_ak_read(struct sg_bytes area, uint8_t point[SG_P256_POINT]);

/* Compute the Name of an area whose nameAlg is SHA-256 [TPM2 Part 1 §16]. Errors: CRYPTO. */
enum sg_err sg_area_name(struct sg_bytes area, uint8_t name[SG_NODE_NAME]);

/* Compute the qualified Name of a primary key of the owner hierarchy, and that of a key below one
 * [TPM2 Part 1 §16]. Both Names are of SHA-256. Errors: CRYPTO. */
enum sg_err sg_area_qualified_primary(const uint8_t name[SG_NODE_NAME],
                                      uint8_t out[SG_NODE_NAME]);
enum sg_err sg_area_qualified(const uint8_t parent[SG_NODE_NAME],
                              const uint8_t name[SG_NODE_NAME], uint8_t out[SG_NODE_NAME]);

#endif
