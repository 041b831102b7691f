/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The four messages of an enrolment, each a JSON object in UTF-8 with a fixed set of
 * members; binary ones are base64. A reader takes no member that it doesn't know, none twice, and
 * nothing beyond its bound. What the bytes in them are is looked at by who verifies.
 * doc/formats.md lists the members.
 */
#ifndef SG_ENROLL_MESSAGE_H
#define SG_ENROLL_MESSAGE_H

#include "enroll/binding.h"
#include "enroll/reason.h"
#include "seal/node.h"

#define SG_ENROLL_MESSAGE_MAX ((size_t)1 << 19) /* bytes of a message; an event log is long */
#define SG_ENROLL_CHAIN_MAX 8           /* certificates: the endorsement key's own first */
#define SG_ENROLL_SESSION 16
#define SG_ENROLL_TEXT_MAX 255          /* bytes of a host name or another short text */
#define SG_ENROLL_ID_MAX 128            /* bytes of an id */
#define SG_ENROLL_EVENTLOG_MAX ((size_t)1 << 18)
#define SG_ENROLL_STEPS_MAX 16384       /* bytes of the steps of a policy, as JSON */

/* Who gave the key its secret. */
enum sg_enroll_origin {
	SG_ORIGIN_ANY,                  /* not chosen */
	SG_ORIGIN_HOST,                 /* software on the machine made it and the TPM sealed it */
	SG_ORIGIN_TPM,                  /* derived from a key that was born in the TPM */
	SG_ORIGIN_VAULT,                /* the registrar made it and sealed it to this TPM */
	SG_ORIGINS
};

/* What kind of identity is asked for. */
enum sg_enroll_class {
	SG_CLASS_MACHINE,
	SG_CLASS_AGENT,
	SG_CLASSES
};

/* How much is proven; a higher one is stronger. */
enum sg_enroll_level {
	SG_LEVEL_NONE,                  /* nothing, not even that somebody has the private half */
	SG_LEVEL_ASSERTED,              /* which TPM and which object; software says the rest */
	SG_LEVEL_BORN,                  /* and what it is derived from was born in the TPM */
	SG_LEVEL_MINTED,                /* the registrar made it for this TPM alone */
	SG_LEVELS
};

const char *sg_enroll_origin_name(enum sg_enroll_origin origin);
const char *sg_enroll_class_name(enum sg_enroll_class class);
const char *sg_enroll_level_name(enum sg_enroll_level level);
/* Return what a key of an origin proves where everything is as it should be, and no key of it can
 * prove more than. NONE for ANY. */
enum sg_enroll_level sg_enroll_origin_level(enum sg_enroll_origin origin);
bool sg_enroll_origin_find(const char *name, enum sg_enroll_origin *out);
bool sg_enroll_class_find(const char *name, enum sg_enroll_class *out);
bool sg_enroll_level_find(const char *name, enum sg_enroll_level *out);

/* From the machine: who it is, by its own word, and the keys of its TPM, all public. */
struct sg_enroll_hello {
	struct sg_buf token;            /* the enrolment token's text */
	struct sg_buf host;
	struct sg_buf software;         /* "signet 0.1.0" */
	enum sg_enroll_class class;
	enum sg_enroll_origin origin;   /* that it wants, or ANY */
	uint8_t nonce[SG_ENROLL_NONCE];
	uint64_t clock;                 /* of the TPM, in ms, by the machine's word: a lease ends at
	                                 * clock + 1000 * lifetime, and the attested time shows
	                                 * later whether that is too late */
	enum sg_ek ek_kind;
	struct sg_buf ek;               /* TPMT_PUBLIC */
	struct sg_buf chain[SG_ENROLL_CHAIN_MAX];       /* certificates in DER; empty: no more */
	struct sg_buf ak;               /* TPMT_PUBLIC of the attestation key */
	struct sg_buf parent;           /* TPMT_PUBLIC of the storage key */
};

/* From the registrar: what to show. */
struct sg_enroll_challenge {
	uint8_t session[SG_ENROLL_SESSION];
	uint8_t nonce[SG_ENROLL_NONCE];
	uint64_t expires;               /* Unix seconds */
	enum sg_enroll_origin origin;   /* never ANY */
	/* For who has the endorsement key and the attestation key in one TPM: what TPM2B_ID_OBJECT
	 * and TPM2B_ENCRYPTED_SECRET hold. */
	struct sg_buf credential, credential_seed;
	uint64_t lifetime;              /* seconds that the key shall open, by the TPM's clock:
	                                 * until hello.clock + 1000 * lifetime; 0: any */
	struct sg_buf pcrs;             /* what the key shall be bound to, as text of sg_policy,
	                                 * with values only where the registrar demands these
	                                 * (always so with origin vault): "pcr=sha256:7"; empty:
	                                 * none */
	struct sg_buf quote;            /* the PCRs to be quoted, in the same form; empty: none */
	bool eventlog;
	/* Origin vault only: an object that the storage key imports, which holds the seed, and
	 * whose duplicate is closed once more for the TPM that has the endorsement key and that
	 * storage key. */
	struct sg_buf object;           /* TPMT_PUBLIC */
	struct sg_buf duplicate;        /* AES-256-GCM (enroll/box.h) of what TPM2B_PRIVATE
	                                 * holds */
	struct sg_buf seed;             /* what TPM2B_ENCRYPTED_SECRET holds */
	struct sg_buf parent_credential, parent_credential_seed;        /* gives its key */
	uint8_t key[SG_ENROLL_KEY_LEN];     /* its public half */
};

/* An attestation of the TPM by its attestation key. */
struct sg_enroll_attest {
	struct sg_buf attest;           /* TPMS_ATTEST; empty: there is none */
	struct sg_buf signature;        /* r ‖ s, 64 bytes */
};

/* From the machine: what shows it. */
struct sg_enroll_evidence {
	uint8_t session[SG_ENROLL_SESSION];
	uint8_t opened[SG_ENROLL_HASH]; /* sg_enroll_opened */
	enum sg_enroll_origin origin;
	uint8_t key[SG_ENROLL_KEY_LEN];     /* the Ed25519 public key */
	struct sg_buf object;           /* TPMT_PUBLIC of the sealed object, or of the key of
	                                 * origin tpm */
	struct sg_buf creation;         /* TPMS_CREATION_DATA; empty with origin vault */
	struct sg_enroll_attest certified;      /* CertifyCreation; with origin vault empty */
	struct sg_buf steps;            /* of the object's policy: JSON, see enroll/steps.h */
	struct sg_buf label;            /* origin tpm: what the key is derived with */
	struct sg_buf quoted;           /* values of the PCRs quoted: text of sg_policy; or empty */
	struct sg_enroll_attest quote;
	struct sg_buf eventlog;
	struct sg_enroll_attest time;   /* GetTime */
	struct sg_buf request;          /* PKCS#10 with the attestation attribute, DER; or empty */
	uint8_t proof[SG_ENROLL_PROOF_LEN]; /* by the Ed25519 key over sg_enroll_evidence_digest */
};

/* From the registrar: what the machine is called from now on. */
struct sg_enroll_identity {
	struct sg_buf id;               /* mostly a UUID: letters, digits, and within - _ . */
	struct sg_buf name;
	struct sg_buf vault;
	struct sg_buf api_url;
	enum sg_enroll_class class;
	enum sg_enroll_level level;
	bool approved;
	uint64_t expires;               /* Unix milliseconds; 0: it does not */
	uint8_t key[SG_ENROLL_KEY_LEN];
};

/* Return a message without the white space around it, which changes on the way of files. Both sides
 * hash what is left. */
struct sg_bytes sg_enroll_message_trim(struct sg_bytes json);

/* Write a message, which replaces what out holds. Errors: NOMEM, FORMAT. */
enum sg_err sg_enroll_hello_write(const struct sg_enroll_hello *hello, struct sg_buf *out);
enum sg_err sg_enroll_challenge_write(const struct sg_enroll_challenge *challenge,
                                      struct sg_buf *out);
enum sg_err sg_enroll_evidence_write(const struct sg_enroll_evidence *evidence,
                                     struct sg_buf *out);
enum sg_err sg_enroll_identity_write(const struct sg_enroll_identity *identity,
                                     struct sg_buf *out);

/* Read a message into an empty one; the caller clears it, also after a refusal. Reasons: FORMAT,
 * VERSION, TOO_LONG, INTERNAL. */
enum sg_enroll_reason sg_enroll_hello_read(struct sg_bytes json, struct sg_enroll_hello *hello);
enum sg_enroll_reason sg_enroll_challenge_read(struct sg_bytes json,
                                               struct sg_enroll_challenge *challenge);
enum sg_enroll_reason sg_enroll_evidence_read(struct sg_bytes json,
                                              struct sg_enroll_evidence *evidence);
enum sg_enroll_reason sg_enroll_identity_read(struct sg_bytes json,
                                              struct sg_enroll_identity *identity);

/* Free what they own and leave empty ones. */
void sg_enroll_hello_clear(struct sg_enroll_hello *hello);
void sg_enroll_challenge_clear(struct sg_enroll_challenge *challenge);
void sg_enroll_evidence_clear(struct sg_enroll_evidence *evidence);
void sg_enroll_identity_clear(struct sg_enroll_identity *identity);

/* Hash what the machine's key signs: SHA-256("signet enroll 1 proof" ‖ 0 ‖ transcript ‖ every
 * member of the evidence but the proof, in the order of the structure, numbers as u32, buffers with
 * a u32 length before them). */
enum sg_err sg_enroll_evidence_digest(const struct sg_enroll_evidence *evidence,
                                      const uint8_t transcript[SG_ENROLL_HASH],
                                      uint8_t out[SG_ENROLL_HASH]);

#endif
