/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What a registrar keeps: tokens, open enrolments, machines, agents, and the log of what
 * happened. Few calls, each of which is one transaction that is on the disk when it returns, so
 * that another database can stand behind them. What a token demands and what a guard says is text
 * to this file. It never judges who may do what, and keeps no token, only hashes.
 *
 * Machines and agents are members of one of two tables, which share nothing but that no key is in
 * both. No call looks at a table that the caller didn't name.
 *
 * Times are Unix seconds. Any number of threads may call. A child of fork gets CLOSED.
 */
#ifndef SG_STORE_FLEET_H
#define SG_STORE_FLEET_H

#include "util/secret.h"

#define SG_FLEET_ID 36                  /* characters of a UUID */
#define SG_FLEET_HASH 32
#define SG_FLEET_KEY 32
#define SG_FLEET_SESSION 16
#define SG_FLEET_TPM_NAME 34
#define SG_FLEET_SIGNATURE 64
#define SG_FLEET_TEXT 255               /* bytes of a name or another short text */
#define SG_FLEET_GUARD 1023             /* bytes of the text of a guard */
#define SG_FLEET_RULES_MAX ((size_t)1 << 20)    /* bytes of what a token demands */
#define SG_FLEET_MESSAGE_MAX ((size_t)1 << 19)
#define SG_FLEET_DETAIL_MAX 4096
#define SG_FLEET_USES_MAX 10000

enum sg_fleet_table {
	SG_FLEET_MACHINES,
	SG_FLEET_AGENTS,
	SG_FLEET_TABLES
};

/* Something that happened, for the log. All is the caller's, and text is UTF-8. */
struct sg_fleet_event {
	int64_t at;
	const char *event;              /* "machine-approved" */
	const char *actor;              /* who did it: an address, a user of the system */
	const char *subject;            /* an identifier, or "" */
	struct sg_bytes detail;         /* JSON; at most SG_FLEET_DETAIL_MAX bytes */
};

/* The same as it stands in the log: views that are valid until the visit ends. */
struct sg_fleet_entry {
	uint64_t seq;                   /* from 1 on, without a gap */
	int64_t at;
	struct sg_bytes event, actor, subject, detail;
	uint8_t hash[SG_FLEET_HASH];    /* store/chain.h */
};

/* The end of the log at some time, signed. */
struct sg_fleet_head {
	uint64_t seq;
	int64_t at;
	uint8_t hash[SG_FLEET_HASH];
	uint8_t key[SG_FLEET_KEY];      /* Ed25519: who signed */
	uint8_t signature[SG_FLEET_SIGNATURE];
};

struct sg_fleet_token {
	char id[SG_FLEET_ID + 1];
	uint8_t hash[SG_FLEET_HASH];    /* of its text */
	char name[SG_FLEET_TEXT + 1];
	int64_t created, expires;
	int64_t revoked;                /* when; 0: it is not */
	uint32_t max_uses, uses;
	struct sg_buf rules;            /* enroll/token.h */
};

/* An enrolment that waits for its evidence, or had it. */
struct sg_fleet_session {
	uint8_t id[SG_FLEET_SESSION];
	char token[SG_FLEET_ID + 1];
	uint8_t machine[SG_FLEET_HASH]; /* who asked, so that each has one open for a token */
	int64_t expires;
	bool closed;                    /* answered, whatever came of it */
	uint8_t transcript[SG_FLEET_HASH];
	struct sg_secret *credential;   /* NULL when closed */
	struct sg_buf hello, challenge; /* the messages; empty when closed */
};

/* How many may be open at a time. */
struct sg_fleet_room {
	size_t all;
	size_t token;                   /* of one token, and no more than it has uses left */
	size_t spare;                   /* but for so many */
};

/* A machine or an agent. */
struct sg_fleet_member {
	char id[SG_FLEET_ID + 1];
	char name[SG_FLEET_TEXT + 1];
	char host[SG_FLEET_TEXT + 1];   /* by its own word */
	char source[SG_FLEET_TEXT + 1]; /* the address that it enrolled from */
	char token[SG_FLEET_ID + 1];    /* by which it came */
	char guard[SG_FLEET_GUARD + 1]; /* enroll/guard.h; "" is none */
	uint8_t key[SG_FLEET_KEY];      /* Ed25519 */
	bool has_ek;
	uint8_t ek[SG_FLEET_HASH];      /* of the endorsement key */
	bool has_object;
	uint8_t object[SG_FLEET_TPM_NAME];      /* Name of the object that holds the key */
	bool has_evidence;
	uint8_t evidence[SG_FLEET_HASH];        /* of the message that it enrolled with */
	unsigned level, origin;         /* enum sg_enroll_level, enum sg_enroll_origin */
	bool approved, enabled;
	int64_t ended;                  /* when somebody found that its time was over; or 0 */
	int64_t revoked;                /* when; 0: it is not */
	int64_t created;
	int64_t expires;                /* 0: never */
	uint64_t until;                 /* ms of its TPM's clock; 0: no such bound */
	uint64_t version;               /* counts changes; for member_change */
};

/* How the end of a member's time was moved. */
struct sg_fleet_extension {
	int64_t at;
	char actor[SG_FLEET_TEXT + 1];
	int64_t from, to;               /* of expires */
	int64_t reverted;               /* when; 0: it stands */
};

/* What a change does to the list of extensions. */
enum sg_fleet_extending {
	SG_FLEET_EXTEND_NOT,
	SG_FLEET_EXTEND,                /* add the one that is given */
	SG_FLEET_REVERT                 /* the last one that stands is reverted */
};

/* Why an enrolment did not take place; found within its transaction. */
enum sg_fleet_refusal {
	SG_FLEET_TAKEN,                 /* it did */
	SG_FLEET_SESSION_UNKNOWN,
	SG_FLEET_SESSION_ENDED,
	SG_FLEET_SESSION_CLOSED,
	SG_FLEET_TOKEN_UNKNOWN,
	SG_FLEET_TOKEN_ENDED,
	SG_FLEET_TOKEN_REVOKED,
	SG_FLEET_TOKEN_USED,
	SG_FLEET_KEY_KNOWN,             /* a member of either table has the key */
	SG_FLEET_FULL,                  /* so many are open already */
	SG_FLEET_TOKEN_FULL             /* so many of this token */
};

/* The step that makes a member. */
struct sg_fleet_enrolment {
	const uint8_t *session;         /* NULL: none was opened */
	const char *token;
	enum sg_fleet_table table;
	const struct sg_fleet_member *member;
	struct sg_fleet_event event;
};

/* What time does to members: whose time is over is noted, and who was noted keep seconds ago is
 * removed, each with an event of that name. A note of a time that is still to come was made by a
 * clock that was ahead, and is taken back. */
struct sg_fleet_settling {
	int64_t now, keep;
	size_t most;                    /* of each kind, at least 1; the rest waits for a call */
	const char *actor, *ended, *removed;
};

/* Visits: return false to see no more. They call nothing of the fleet. */
typedef bool sg_fleet_token_visit(void *context, const struct sg_fleet_token *token);
typedef bool sg_fleet_member_visit(void *context, const struct sg_fleet_member *member);
typedef bool sg_fleet_extension_visit(void *context, const struct sg_fleet_extension *extension);
typedef bool sg_fleet_entry_visit(void *context, const struct sg_fleet_entry *entry);
typedef bool sg_fleet_head_visit(void *context, const struct sg_fleet_head *head);

struct sg_fleet {
	const struct sg_fleet_ops *ops;
};

/* All return the errors of the store, STORE_..., SYSTEM, NOMEM; further ones stand with each. An
 * event is appended to the log in the transaction of what it tells. */
struct sg_fleet_ops {
	void (*close)(struct sg_fleet **fleet);

	/* Wait so many milliseconds at most for who has the store locked, in the place of 10
	 * seconds; each call is STORE_BUSY then. Before other threads call. */
	void (*patience)(struct sg_fleet *fleet, unsigned ms);

	/* Tokens. Find one by its identifier or, where that is NULL, by its hash; the caller
	 * clears *out. Errors: NOT_FOUND. */
	enum sg_err (*token_add)(struct sg_fleet *fleet, const struct sg_fleet_token *token,
	                         const struct sg_fleet_event *event);
	enum sg_err (*token_find)(struct sg_fleet *fleet, const char *id, const uint8_t *hash,
	                          struct sg_fleet_token *out);
	enum sg_err (*token_revoke)(struct sg_fleet *fleet, const char *id,
	                            const struct sg_fleet_event *event);
	enum sg_err (*token_visit)(struct sg_fleet *fleet, sg_fleet_token_visit *visit,
	                           void *context);

	/* Open an enrolment, in the place of the open one that the same machine has for the same
	 * token, unless there is no room or the token is not good any more. SG_OK with a refusal
	 * changed nothing, but that those whose time was over an hour ago are forgotten. */
	enum sg_err (*session_add)(struct sg_fleet *fleet, const struct sg_fleet_session *session,
	                           const struct sg_fleet_room *room,
	                           const struct sg_fleet_event *event,
	                           enum sg_fleet_refusal *refusal);

	/* Errors: NOT_FOUND. The caller clears *out. */
	enum sg_err (*session_find)(struct sg_fleet *fleet, const uint8_t id[SG_FLEET_SESSION],
	                            struct sg_fleet_session *out);

	/* Close one that is refused; nothing but that it was there is left of it. */
	enum sg_err (*session_refuse)(struct sg_fleet *fleet, const uint8_t id[SG_FLEET_SESSION],
	                              const struct sg_fleet_event *event);

	/* In one transaction: close the session, count a use of the token, add the member. Of any
	 * number who race for the last use exactly one gets it. SG_OK with a refusal changed
	 * nothing. */
	enum sg_err (*enrol)(struct sg_fleet *fleet, const struct sg_fleet_enrolment *enrolment,
	                     enum sg_fleet_refusal *refusal);

	/* Members. Errors: NOT_FOUND. */
	enum sg_err (*member_find)(struct sg_fleet *fleet, enum sg_fleet_table table,
	                           const char *id, struct sg_fleet_member *out);
	enum sg_err (*member_of_key)(struct sg_fleet *fleet, enum sg_fleet_table table,
	                             const uint8_t key[SG_FLEET_KEY],
	                             struct sg_fleet_member *out);

	/* Visit all, in the order of their identifiers. */
	enum sg_err (*member_visit)(struct sg_fleet *fleet, enum sg_fleet_table table,
	                            sg_fleet_member_visit *visit, void *context);

	/* Do what time asks for, in one transaction. more: there may be others; call again. */
	enum sg_err (*member_settle)(struct sg_fleet *fleet, enum sg_fleet_table table,
	                             const struct sg_fleet_settling *settling, bool *more);

	/* Write a member that was found, where nobody else changed it since (STORE_BUSY). Its key,
	 * and what it enrolled with, stay as they are. Errors: NOT_FOUND, also where there is no
	 * extension to revert. */
	enum sg_err (*member_change)(struct sg_fleet *fleet, enum sg_fleet_table table,
	                             const struct sg_fleet_member *member,
	                             enum sg_fleet_extending extending,
	                             const struct sg_fleet_extension *extension,
	                             const struct sg_fleet_event *event);

	/* Remove one with its extensions. Errors: NOT_FOUND. */
	enum sg_err (*member_remove)(struct sg_fleet *fleet, enum sg_fleet_table table,
	                             const char *id, const struct sg_fleet_event *event);

	/* Visit the extensions of a member, the first one first. */
	enum sg_err (*extension_visit)(struct sg_fleet *fleet, enum sg_fleet_table table,
	                               const char *id, sg_fleet_extension_visit *visit,
	                               void *context);

	/* The log. Visit the entries from seq on. last: the last entry's number, time and hash; seq
	 * is 0 in an empty log. */
	enum sg_err (*event_add)(struct sg_fleet *fleet, const struct sg_fleet_event *event);
	enum sg_err (*entry_visit)(struct sg_fleet *fleet, uint64_t seq,
	                           sg_fleet_entry_visit *visit, void *context);
	enum sg_err (*entry_last)(struct sg_fleet *fleet, struct sg_fleet_head *out);
	enum sg_err (*head_add)(struct sg_fleet *fleet, const struct sg_fleet_head *head);
	enum sg_err (*head_visit)(struct sg_fleet *fleet, sg_fleet_head_visit *visit,
	                          void *context);
};

/* Open the SQLite file of a fleet, in a folder that is private; create makes it where there is
 * none. The caller ends it by ops->close. Errors: STORE_MISSING, STORE_UNSAFE, STORE_VERSION,
 * STORE_DAMAGED, SYSTEM, NOMEM. */
enum sg_err sg_fleet_open(const char *path, bool create, struct sg_fleet **out);

/* The same to look at it alone: also where nothing can be written, as on a medium that is read
 * only, if all of it is in the file. What writes is STORE_READONLY there. */
enum sg_err sg_fleet_open_read(const char *path, struct sg_fleet **out);

/* Close; NULL and a pointer to NULL are fine. */
void sg_fleet_close(struct sg_fleet **fleet);

/* Free what they own and leave empty ones. */
void sg_fleet_token_clear(struct sg_fleet_token *token);
void sg_fleet_session_clear(struct sg_fleet_session *session);

#endif
