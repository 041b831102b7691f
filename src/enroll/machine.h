/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The machine's side: it says hello, makes a key as the challenge asks for, and shows
 * how that was done. It asks the hardware by seal/attest.h alone, carries no message and writes no
 * file.
 */
#ifndef SG_ENROLL_MACHINE_H
#define SG_ENROLL_MACHINE_H

#include "enroll/state.h"
#include "seal/attest.h"

/* The hardware of a token, held by the caller. */
struct sg_enroll_device {
	struct sg_sealer *sealer;
	struct sg_bytes parent;
};

/* What the machine wants. All views are the caller's. */
struct sg_enroll_wish {
	struct sg_bytes token, host, software;
	enum sg_enroll_class class;
	enum sg_enroll_origin origin;   /* or ANY */
	struct sg_bytes between;        /* PEM: certificates between the endorsement key's and its
	                                 * maker's, instead of those in the TPM; empty: those */
};

/* What it is asked to show besides its key. */
struct sg_enroll_asked {
	enum sg_enroll_origin origin;
	uint64_t expires;               /* of the challenge, in Unix seconds */
	bool eventlog;
};

/* Make the attestation key, unless the state has one, and the hello. Errors: HW_UNSUPPORTED for
 * hardware that can't show what it is, those of it; FORMAT for a wish that no message can hold, and
 * with a log line for what should be certificates and is none or too many. */
enum sg_err sg_enroll_machine_hello(const struct sg_enroll_device *device,
                                    const struct sg_enroll_wish *wish,
                                    struct sg_enroll_state *state);

/* Look at a challenge, before anything is made. origin is what the machine insists on, or ANY.
 * Reasons: those of reading it, ORIGIN. */
enum sg_enroll_reason sg_enroll_machine_asked(struct sg_bytes challenge,
                                              enum sg_enroll_origin origin,
                                              struct sg_enroll_asked *out);

/* Make the key and the evidence for a challenge. eventlog is the firmware's, where one is asked
 * for. Errors: FORMAT for a challenge that can't be answered, SEALED_DAMAGED for one that is for
 * another TPM, TAG for a key that is not the one it should be, those of the hardware. */
enum sg_err sg_enroll_machine_answer(const struct sg_enroll_device *device,
                                     struct sg_bytes challenge, struct sg_bytes eventlog,
                                     struct sg_enroll_state *state);

/* Take the identity that came; it is that of the key. Reasons: those of reading it and what was
 * sent, KEY_SWAPPED, LEVEL for one that claims more than keys of that origin can prove, CLASS for
 * one that is of another class than was asked for. */
enum sg_enroll_reason sg_enroll_machine_named(struct sg_bytes identity,
                                              struct sg_enroll_state *state,
                                              struct sg_enroll_identity *out);

#endif
