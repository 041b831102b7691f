/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Why an enrolment is refused: one table that gives each cause a short name for
 * programs, a sentence for people and a status of HTTP. Names never change and are never used
 * again for something else; doc/enrollment.md lists them.
 */
#ifndef SG_ENROLL_REASON_H
#define SG_ENROLL_REASON_H

#include <stdbool.h>

enum sg_enroll_reason {
	SG_ENROLL_OK = 0,
	SG_ENROLL_INTERNAL,             /* the registrar itself can't: memory, store, library */

	/* Messages. */
	SG_ENROLL_FORMAT,               /* no message, or not this one */
	SG_ENROLL_VERSION,              /* of a version that is not spoken here */
	SG_ENROLL_TOO_LONG,

	/* The token, and who shows it. */
	SG_ENROLL_TOKEN_UNKNOWN,
	SG_ENROLL_TOKEN_ENDED,          /* its time is over, or has not begun */
	SG_ENROLL_TOKEN_REVOKED,
	SG_ENROLL_TOKEN_USED,           /* as often as it may be */
	SG_ENROLL_SOURCE,               /* not from this address */
	SG_ENROLL_HOST,                 /* not with this host name */
	SG_ENROLL_CLASS,                /* not for this class of identity */
	SG_ENROLL_ORIGIN,               /* not a key of this origin */
	SG_ENROLL_LEVEL,                /* less is proven than the token demands */
	SG_ENROLL_LOCKED_OUT,           /* the source failed too often */
	SG_ENROLL_BUSY,                 /* too much at a time */
	SG_ENROLL_TOKEN_BUSY,           /* too many by one token */

	/* The challenge. */
	SG_ENROLL_SESSION_UNKNOWN,
	SG_ENROLL_SESSION_ENDED,
	SG_ENROLL_SESSION_USED,         /* answered before */
	SG_ENROLL_MEMBER_OVER,          /* by who is no member any more */

	/* The endorsement key. */
	SG_ENROLL_EK,                   /* not made from a known template */
	SG_ENROLL_EK_UNCERTIFIED,       /* no certificate, and not in the list */
	SG_ENROLL_EK_CHAIN,             /* no chain leads to an authority that is trusted */
	SG_ENROLL_EK_REVOKED,           /* a certificate of the chain is revoked */
	SG_ENROLL_EK_LIST,              /* whether one is, nobody can say now */
	SG_ENROLL_EK_USAGE,             /* a certificate that is for something else */
	SG_ENROLL_EK_OTHER,             /* a certificate of another key */
	SG_ENROLL_EK_MAKER,             /* a maker that the token does not allow */
	SG_ENROLL_EK_UNLISTED,          /* not in the token's list */

	/* The other keys of the TPM. */
	SG_ENROLL_AK,                   /* not a restricted signing key that stays in its TPM */
	SG_ENROLL_PARENT,               /* not a storage key that stays in its TPM */
	SG_ENROLL_CREDENTIAL,           /* the credential was not opened: another TPM */

	/* The evidence. */
	SG_ENROLL_ATTEST,               /* not an attestation, or of another kind */
	SG_ENROLL_ATTEST_SIGNATURE,     /* not by the attestation key */
	SG_ENROLL_ATTEST_OTHER,         /* of another enrolment, or for another key */
	SG_ENROLL_OBJECT,               /* not an object as it must be */
	SG_ENROLL_OBJECT_NAME,          /* the attestation is of another object */
	SG_ENROLL_OBJECT_LEAVES,        /* it could be duplicated to another TPM */
	SG_ENROLL_OBJECT_PARENT,        /* below another storage key */
	SG_ENROLL_CREATION,             /* the creation data are not those of the object */
	SG_ENROLL_KEY_SWAPPED,          /* made for another public key */
	SG_ENROLL_POLICY,               /* the steps don't make its policy: a hidden branch */
	SG_ENROLL_POLICY_OTHER,         /* they do, but it is not the policy that was asked for */
	SG_ENROLL_QUOTE,                /* no quote of the PCRs that were asked for */
	SG_ENROLL_PCRS,                 /* the values are not those that the token demands */
	SG_ENROLL_EVENTLOG,             /* the event log does not lead to the PCRs */
	SG_ENROLL_CLOCK,                /* the TPM's clock is unsafe, or the lease ends too late */
	SG_ENROLL_PROOF,                /* the key did not sign the evidence */
	SG_ENROLL_REQUEST,              /* the certificate request is not that of the key */
	SG_ENROLL_KEY,                  /* not an Ed25519 public key that is safe to take */
	SG_ENROLL_KEY_KNOWN,            /* another machine has it */

	SG_ENROLL_REASON_COUNT
};

/* Return the short lower-case name of a reason, one sentence about it, and the status of HTTP that
 * goes with it. */
const char *sg_enroll_reason_name(enum sg_enroll_reason reason);
const char *sg_enroll_reason_sentence(enum sg_enroll_reason reason);
unsigned sg_enroll_reason_status(enum sg_enroll_reason reason);

/* Tell whether who was refused did nothing wrong, and may be answered later: by the status. */
bool sg_enroll_reason_later(enum sg_enroll_reason reason);

#endif
