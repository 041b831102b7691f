/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Refusals of a registrar: each is in the log, or counted where there are too many of
 * them, so that nobody fills the log or hides something in it.
 */
#include <jansson.h>
#include <stdlib.h>

#include "enroll/refusal.h"
#include "enroll/registrar_state.h"

#define REFUSALS_A_MINUTE 60            /* that are logged one by one */
#define GIVEN_AGAIN "identity-given-again"      /* is logged like a refusal for no reason */

/* Count a refusal; tell whether it is logged, and how many were not since the last one that was. */
static bool take_turn(struct sg_registrar *registrar, int64_t now, uint64_t *unlogged)
{
	bool turn;

	pthread_mutex_lock(&registrar->refusals);
	if (registrar->minute != now / 60) {
		registrar->minute = now / 60;
		registrar->logged = 0;
	}
	turn = registrar->logged < REFUSALS_A_MINUTE;
	*unlogged = registrar->unlogged;
	registrar->logged += turn;
	registrar->unlogged = turn ? 0 : registrar->unlogged + 1;
	pthread_mutex_unlock(&registrar->refusals);
	return turn;
}

void sg_registrar_refusal_make(struct sg_registrar *registrar,
                               const struct sg_registrar_caller *caller,
                               enum sg_enroll_reason reason, const char *subject,
                               struct sg_registrar_refusal *out)
{
	json_t *json;

	*out = (struct sg_registrar_refusal){ .shown = NULL };
	if (!take_turn(registrar, caller->now, &out->unlogged))
		return;
	json = json_pack("{s:s, s:I}", "reason", sg_enroll_reason_name(reason), "unlogged",
	                 (json_int_t)out->unlogged);
	out->detail = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	out->event = (struct sg_fleet_event){ caller->now,
	                                      reason == SG_ENROLL_OK ? GIVEN_AGAIN : "refused",
	                                      caller->source, subject,
	                                      sg_bytes_str(out->detail != NULL
	                                                           ? out->detail : "{}") };
	out->shown = &out->event;
}

bool sg_registrar_refusal_end(struct sg_registrar *registrar, struct sg_registrar_refusal *refusal,
                              enum sg_err err)
{
	const bool settled = refusal->shown == NULL || err != SG_ERR_NOT_FOUND;

	/* Where the store can't be written now, it isn't tried again: it is counted. */
	if (refusal->shown != NULL && err != SG_OK) {
		pthread_mutex_lock(&registrar->refusals);
		registrar->logged -= registrar->logged > 0;
		registrar->unlogged += refusal->unlogged + settled;
		pthread_mutex_unlock(&registrar->refusals);
	}
	free(refusal->detail);
	*refusal = (struct sg_registrar_refusal){ .shown = NULL };
	return settled;
}

/* Log a refusal, or count it where that can't be. The refusal stands; the store has told why it
 * can't be logged. */
static void log_refusal(struct sg_registrar *registrar, const struct sg_registrar_caller *caller,
                        enum sg_enroll_reason reason, const char *subject)
{
	struct sg_registrar_refusal refusal;
	enum sg_err err = SG_OK;

	sg_registrar_refusal_make(registrar, caller, reason, subject, &refusal);
	/* Who is told to come later is counted: the store can't be written just now, or a
	 * machine that is patient would fill the log. */
	if (refusal.shown != NULL)
		err = reason != SG_ENROLL_BUSY && reason != SG_ENROLL_TOKEN_BUSY
		              ? registrar->fleet->ops->event_add(registrar->fleet, refusal.shown)
		              : SG_ERR_STORE_BUSY;
	(void)sg_registrar_refusal_end(registrar, &refusal, err);
}

void sg_registrar_given_again(struct sg_registrar *registrar,
                              const struct sg_registrar_caller *caller, const char *member)
{
	log_refusal(registrar, caller, SG_ENROLL_OK, member);
}

enum sg_err sg_registrar_refusal(enum sg_enroll_reason reason, struct sg_buf *answer)
{
	return sg_enroll_refusal_write(reason, answer);
}

void sg_registrar_refused(struct sg_registrar *registrar, const struct sg_registrar_caller *caller,
                          enum sg_enroll_reason reason)
{
	log_refusal(registrar, caller, reason, "");
}

enum sg_enroll_reason sg_registrar_answer(struct sg_registrar *registrar,
                                          const struct sg_registrar_caller *caller,
                                          enum sg_enroll_reason reason, const char *subject,
                                          bool log, struct sg_buf *answer)
{
	if (reason == SG_ENROLL_OK)
		return SG_ENROLL_OK;
	if (log)
		log_refusal(registrar, caller, reason, subject);
	return sg_enroll_refusal_write(reason, answer) == SG_OK ? reason : SG_ENROLL_INTERNAL;
}
