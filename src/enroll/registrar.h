/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The registrar: who shows a token and evidence becomes a machine or an agent of a
 * fleet. It reads messages and writes answers, keeps what it must in a store (store/fleet.h), and
 * logs all that happens. It opens no connection, has no thread and no clock of its own, and knows
 * no rate limits: those are of who carries the messages. Certificates alone are judged by the
 * system's clock.
 *
 * Any number of threads may call with one registrar, and any number of processes may have one over
 * the same store.
 */
#ifndef SG_ENROLL_REGISTRAR_H
#define SG_ENROLL_REGISTRAR_H

#include "enroll/message.h"
#include "store/fleet.h"

/* What signs the heads of the log: a key in a token, most often. */
struct sg_registrar_signer {
	uint8_t key[SG_FLEET_KEY];      /* its Ed25519 public key */
	/* Sign; called by one thread at a time. */
	enum sg_err (*sign)(void *context, struct sg_bytes message,
	                    uint8_t signature[SG_FLEET_SIGNATURE]);
	void *context;
};

/* All is copied but what the signer points to, which must outlive the registrar. All zero but
 * store, vault and api_url is right. */
struct sg_registrar_config {
	const char *store;              /* the fleet's file; made where create says so */
	bool create;
	const char *vault;              /* what the vault is called: "vault_..." */
	const char *api_url;            /* where machines send their requests */
	struct sg_bytes authorities;    /* PEM: the makers of TPMs that are trusted */
	struct sg_bytes revocations;    /* what they revoked: see sg_authorities_revoke; or empty */
	uint32_t challenge_seconds;     /* to answer a challenge; 0: 300, at most 86400 */
	size_t sessions_max;            /* open enrolments at a time; 0: 10000 */

	const struct sg_registrar_signer *signer;       /* NULL: heads are not signed */
	uint32_t head_entries;          /* sign a head after so many entries; 0: 256 */
	uint32_t head_seconds;          /* and so long after the last one; 0: 300 */
	const char *heads;              /* file that gets a line for each head, see enroll/audit.h;
	                                 * or NULL */
};

/* Who brings a message. */
struct sg_registrar_caller {
	const char *source;             /* an address as text, "192.0.2.7" or "2001:db8::1"; "":
	                                 * not known, as with messages in files. A token with a
	                                 * range of addresses takes none of that then */
	int64_t now;                    /* Unix seconds */
};

struct sg_registrar;

/* Open the store. The caller ends it with sg_registrar_close. Errors: ARG for a configuration that
 * is none, and those of sg_fleet_open. */
enum sg_err sg_registrar_open(const struct sg_registrar_config *config, struct sg_registrar **out);

/* Close; NULL and a pointer to NULL are fine. No call may be under way. */
void sg_registrar_close(struct sg_registrar **registrar);

/* Answer a hello with a challenge, or evidence with an identity. answer gets the JSON of the
 * answer, or that of the refusal, in the place of what it holds; the caller frees it. The status
 * of HTTP is sg_enroll_reason_status. A use of the token is spent by finish alone. Who sends the
 * very same evidence again, because he did not get the answer, gets his identity again for as long
 * as he is a member, and spends nothing. A machine has one challenge for a token at a time, a token
 * a quarter of sessions_max at most and no more than its uses left and eight: TOKEN_BUSY. */
enum sg_enroll_reason sg_registrar_begin(struct sg_registrar *registrar,
                                         const struct sg_registrar_caller *caller,
                                         struct sg_bytes json, struct sg_buf *answer);
enum sg_enroll_reason sg_registrar_finish(struct sg_registrar *registrar,
                                          const struct sg_registrar_caller *caller,
                                          struct sg_bytes json, struct sg_buf *answer);

/* Answer the call of the SDKs in the field, POST /v1/{vault}/enroll/register: {"token",
 * "publicKey", "hostname", "name"} with {"machineId", "machineName", "vaultId", "expiresAt",
 * "apiUrl"}. It proves nothing (SG_LEVEL_NONE), so only tokens that demand nothing allow it.
 * vault is what stands in the path; another than the registrar's is TOKEN_UNKNOWN. */
enum sg_enroll_reason sg_registrar_register(struct sg_registrar *registrar,
                                            const struct sg_registrar_caller *caller,
                                            struct sg_bytes vault, struct sg_bytes json,
                                            struct sg_buf *answer);

/* Answer the call of the programs of AI agents in the field, POST /v1/ai-bootstrap/register:
 * {"token", "publicKey", "name"} with {"agentId", "name", "vaultId"}. It proves nothing either, and
 * makes an agent, so only tokens for agents allow it. */
enum sg_enroll_reason sg_registrar_register_agent(struct sg_registrar *registrar,
                                                  const struct sg_registrar_caller *caller,
                                                  struct sg_bytes json, struct sg_buf *answer);

/* Write the JSON of a refusal, in the place of what answer holds; also for reasons that only who
 * carries the messages knows (LOCKED_OUT, BUSY, TOO_LONG). Errors: NOMEM. */
enum sg_err sg_registrar_refusal(enum sg_enroll_reason reason, struct sg_buf *answer);

/* Log a refusal that who carries the messages decided, such as LOCKED_OUT. Like all refusals it is
 * counted instead where there are too many of them: see doc/formats.md. */
void sg_registrar_refused(struct sg_registrar *registrar, const struct sg_registrar_caller *caller,
                          enum sg_enroll_reason reason);

/* Do what time asks for: note whose time is over, remove who was noted 30 days ago, sign a head of
 * the log where one is due. To be called about once a minute, by one thread at a time; a call does
 * some hundreds of members at most, and more tells that others wait for the next one. A store that
 * is locked ends it. Errors: those of the store and of the signer. */
enum sg_err sg_registrar_tick(struct sg_registrar *registrar, int64_t now, bool *more);

/* Sign a head of the log now, where anything was added since the last one: before the process ends.
 * Errors: ARG without a signer, those of the store and of the signer. */
enum sg_err sg_registrar_sign(struct sg_registrar *registrar, int64_t now);

/* Return the store, for enroll/guard.h and enroll/manage.h; it is closed with the registrar. */
struct sg_fleet *sg_registrar_fleet(struct sg_registrar *registrar);

#endif
