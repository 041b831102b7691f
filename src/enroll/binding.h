/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What ties the parts of an enrolment to each other: every signature and every
 * digest in it commits to the exact bytes of the first two messages, and to the key. Machine and
 * registrar compute the same here; nothing asks a TPM. doc/formats.md draws it.
 */
#ifndef SG_ENROLL_BINDING_H
#define SG_ENROLL_BINDING_H

#include "util/secret.h"

#define SG_ENROLL_HASH 32
#define SG_ENROLL_NONCE 32
#define SG_ENROLL_KEY_LEN 32            /* an Ed25519 public key */
#define SG_ENROLL_PROOF_LEN 64          /* an Ed25519 signature */

/* Hash both messages as they were sent:
 * SHA-256("signet enroll 1 transcript" ‖ 0 ‖ u32 length ‖ hello ‖ u32 length ‖ challenge). */
enum sg_err sg_enroll_transcript(struct sg_bytes hello, struct sg_bytes challenge,
                                 uint8_t out[SG_ENROLL_HASH]);

/* What an object is made with (outsideInfo):
 * SHA-256("signet enroll 1 object" ‖ 0 ‖ nonce ‖ key). Of a key that is derived in the TPM the
 * public half is not known yet: key is NULL then, and nothing stands in its place. */
enum sg_err sg_enroll_outside(const uint8_t nonce[SG_ENROLL_NONCE],
                              const uint8_t key[SG_ENROLL_KEY_LEN], uint8_t out[SG_ENROLL_HASH]);

/* What every attestation of the TPM carries (extraData):
 * SHA-256("signet enroll 1 attest" ‖ 0 ‖ transcript ‖ key). */
enum sg_err sg_enroll_qualifying(const uint8_t transcript[SG_ENROLL_HASH],
                                 const uint8_t key[SG_ENROLL_KEY_LEN], uint8_t out[SG_ENROLL_HASH]);

/* What shows that the TPM opened the credential: HMAC-SHA-256(credential, "signet enroll 1
 * credential" ‖ 0 ‖ transcript). The credential itself is never sent back. */
enum sg_err sg_enroll_opened(const struct sg_secret *credential,
                             const uint8_t transcript[SG_ENROLL_HASH],
                             uint8_t out[SG_ENROLL_HASH]);

#endif
