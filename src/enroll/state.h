/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What a machine keeps of its enrolment, so that it goes on after any interruption:
 * what it sent, which it sends again as it was, and the key that it made, sealed. The enrolment
 * token is in the hello, so the file is private; it is gone from there when the enrolment is
 * done. doc/formats.md draws the file.
 */
#ifndef SG_ENROLL_STATE_H
#define SG_ENROLL_STATE_H

#include "enroll/message.h"

#define SG_ENROLL_STATE_MAX ((size_t)4 << 20)   /* bytes of the file */

/* How far it is. */
enum sg_enroll_phase {
	SG_PHASE_NONE,
	SG_PHASE_BEGUN,                 /* the hello is made */
	SG_PHASE_ANSWERED,              /* and the evidence, and the key that it is about */
	SG_PHASE_NAMED,                 /* the identity came */
	SG_PHASE_DONE,                  /* the key is in the token, the identity is written */
	SG_PHASES
};

/* All zero is none. */
struct sg_enroll_state {
	enum sg_enroll_phase phase;
	struct sg_buf ak_blob;          /* the attestation key, which stays the same */
	struct sg_buf hello, challenge, evidence, identity;     /* the messages */
	struct sg_buf blob;             /* the seed of the key, sealed or derived */
	struct sg_buf before;           /* the identity of an enrolment that was done before this
	                                 * one, and counts until this one is done; or empty */
	uint8_t key[SG_ENROLL_KEY_LEN];
};

/* Write the file's bytes, which replace what out holds. Errors: NOMEM, CRYPTO. */
enum sg_err sg_enroll_state_write(const struct sg_enroll_state *state, struct sg_buf *out);

/* Read them into an empty state; the caller clears it, also after an error. Errors: FORMAT,
 * STORE_VERSION, NOMEM, CRYPTO. */
enum sg_err sg_enroll_state_read(struct sg_bytes bytes, struct sg_enroll_state *state);

/* Forget what was sent and made, but neither the attestation key nor the identity of an enrolment
 * that was done: to begin anew. */
void sg_enroll_state_restart(struct sg_enroll_state *state);

/* Give up what is under way, and be done as before, where there was an enrolment before. */
void sg_enroll_state_return(struct sg_enroll_state *state);

/* Forget all but the identity and the attestation key: it is done. */
void sg_enroll_state_finish(struct sg_enroll_state *state);

void sg_enroll_state_clear(struct sg_enroll_state *state);

#endif
