/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The inside of a registrar. Only the files enroll/registrar*.c include it.
 */
#ifndef SG_ENROLL_REGISTRAR_STATE_H
#define SG_ENROLL_REGISTRAR_STATE_H

#include <pthread.h>

#include "crypto/certificate.h"
#include "enroll/registrar.h"
#include "enroll/token.h"

struct sg_registrar {
	struct sg_fleet *fleet;
	char *vault, *api_url, *heads;
	struct sg_authorities *authorities;     /* NULL: none is trusted */
	uint32_t challenge_seconds, head_entries, head_seconds;
	size_t sessions_max;
	bool has_signer;
	struct sg_registrar_signer signer;

	pthread_mutex_t refusals;       /* of these three */
	int64_t minute;                 /* in which refusals were logged last */
	unsigned logged;                /* in it */
	uint64_t unlogged;              /* since one was logged */

	pthread_mutex_t signing;        /* of these, and of the signer */
	bool knows_head;
	uint64_t signed_seq;            /* of the last head; 0: there is none */
	int64_t signed_at;
};

/* A call under way: what it was asked, and what is logged of it. */
struct sg_registrar_call {
	struct sg_registrar *registrar;
	const struct sg_registrar_caller *caller;
	struct sg_fleet_token token;
	struct sg_enroll_rules rules;
	char host[SG_ENROLL_TEXT_MAX + 1];
};

/* Find the token that was shown, by its text or by its identifier, read its demands, and judge who
 * shows it. An empty host name is one that was not told, which a token takes that wants none. */
enum sg_enroll_reason sg_registrar_judge(struct sg_registrar_call *call, struct sg_bytes text,
                                         const char *id, struct sg_bytes host,
                                         enum sg_enroll_class class, enum sg_enroll_origin origin);
void sg_registrar_call_clear(struct sg_registrar_call *call);

/* Fill a new member with what the token gives and the caller is: identifier, name (asked for, or "")
 * and times. False where no name can be made. */
bool sg_registrar_member(const struct sg_registrar_call *call, const char *asked,
                         struct sg_fleet_member *out);

/* Add it, with an event. session as in struct sg_fleet_enrolment. */
enum sg_enroll_reason sg_registrar_enrol(const struct sg_registrar_call *call,
                                         const struct sg_fleet_member *member,
                                         const uint8_t *session);

/* A refusal on its way into the log. */
struct sg_registrar_refusal {
	const struct sg_fleet_event *shown;     /* what is logged, or NULL: it is counted */
	struct sg_fleet_event event;
	char *detail;
	uint64_t unlogged;              /* that it tells of */
};

/* Say what is logged when something is refused, or count it where there were too many in this
 * minute. The caller ends it, and says what came of adding the event. */
void sg_registrar_refusal_make(struct sg_registrar *registrar,
                               const struct sg_registrar_caller *caller,
                               enum sg_enroll_reason reason, const char *subject,
                               struct sg_registrar_refusal *out);

/* Tell whether it is in the log, or counted; after NOT_FOUND for one that was to be logged all is
 * as before it was made. */
bool sg_registrar_refusal_end(struct sg_registrar *registrar, struct sg_registrar_refusal *refusal,
                              enum sg_err err);

/* Log that a member got its identity again; 60 a minute are logged, with the refusals. */
void sg_registrar_given_again(struct sg_registrar *registrar,
                              const struct sg_registrar_caller *caller, const char *member);

/* Write the refusal to answer where reason is none, log it where log says so, and return the
 * reason. */
enum sg_enroll_reason sg_registrar_answer(struct sg_registrar *registrar,
                                          const struct sg_registrar_caller *caller,
                                          enum sg_enroll_reason reason, const char *subject,
                                          bool log, struct sg_buf *answer);

/* Return the reason for an error of the store, and for a refusal of it. */
enum sg_enroll_reason sg_registrar_reason(enum sg_err err);
enum sg_enroll_reason sg_registrar_refusal_reason(enum sg_fleet_refusal refusal);

#endif
