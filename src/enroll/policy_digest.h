/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What the policy commands of a TPM make of a policy's digest [TPM2 Part 3 §23], each
 * by itself, so that any list of them can be replayed. Nothing here knows what a policy is for. All
 * of these fail with CRYPTO or NOMEM only.
 */
#ifndef SG_ENROLL_POLICY_DIGEST_H
#define SG_ENROLL_POLICY_DIGEST_H

#include "seal/policy.h"

#define SG_ENROLL_OR_MAX 8              /* branches of a PolicyOR */

/* PolicyPCR with the values of all that is selected [§23.7]. */
enum sg_err sg_enroll_digest_pcr(uint8_t digest[SG_POLICY_DIGEST], const struct sg_pcrs *pcrs);

/* PolicyCounterTimer: the clock is below until [§23.10]. */
enum sg_err sg_enroll_digest_clock(uint8_t digest[SG_POLICY_DIGEST], uint64_t until);

/* PolicyAuthorize by the key of that Name, which forgets all before it [§23.16]. */
enum sg_err sg_enroll_digest_authorize(uint8_t digest[SG_POLICY_DIGEST], struct sg_bytes name,
                                       struct sg_bytes ref);

/* PolicySecret with the authValue of what has that Name [§23.4]. */
enum sg_err sg_enroll_digest_secret(uint8_t digest[SG_POLICY_DIGEST], struct sg_bytes name,
                                    struct sg_bytes ref);

/* PolicyAuthValue [§23.17]. */
enum sg_err sg_enroll_digest_auth(uint8_t digest[SG_POLICY_DIGEST]);

/* PolicyCommandCode [§23.11]. */
enum sg_err sg_enroll_digest_command(uint8_t digest[SG_POLICY_DIGEST], uint32_t code);

/* PolicyOR of n branches, which forgets the digest before it: each of them went on from that
 * [§23.6]. */
enum sg_err sg_enroll_digest_or(uint8_t digest[SG_POLICY_DIGEST],
                                const uint8_t (*branches)[SG_POLICY_DIGEST], size_t n);

#endif
