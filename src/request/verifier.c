/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Whether a request may be served, in the order that the header gives, which is kept here
 * and nowhere else. Owns the options of a server, the count of failures and the nonces; never
 * tells a client more than request/answer.c lets it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/crypto.h"
#include "request/answer.h"
#include "request/covered.h"
#include "request/form.h"
#include "request/lockout.h"
#include "request/machine.h"
#include "request/verdict.h"
#include "store/nonce.h"
#include "util/log.h"

#define SKEW 300
#define SKEW_MAX 86400
#define NONCES 1000000
#define FAILURES 3
#define FAILURES_MAX 100
#define WINDOW 300
#define LOCK_TIME 300
#define SOURCES 16384
#define SECONDS_MAX (100 * INT64_C(366) * 86400)        /* of any time that is configured */
#define SOURCES_MAX (1u << 24)
#define FLAGS (SG_REQUEST_NO_NONCES | SG_REQUEST_NO_LOCKOUT)

struct sg_request_verifier {
	struct sg_request_verifying how;
	struct sg_request_reading whole, head;
	struct sg_lockout *lockout;     /* NULL: nobody is locked out */
	struct sg_store_nonces *nonces; /* NULL: none are kept */
};

static int64_t system_clock(void *context)
{
	(void)context;
	return (int64_t)time(NULL);
}

static int64_t system_ticks(void *context)
{
	struct timespec t = { 0, 0 };

	(void)context;
	/* A kernel that has none of them has time. */
	if (clock_gettime(CLOCK_BOOTTIME, &t) != 0 && clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return (int64_t)time(NULL);
	return (int64_t)t.tv_sec;
}

/* Take a time, or the usual one for 0; false for one that is out of bounds. */
static bool take_seconds(int64_t *seconds, int64_t usual, int64_t max)
{
	if (*seconds == 0)
		*seconds = usual;
	return *seconds > 0 && *seconds <= max;
}

/* What sg_request_read would refuse each time is refused once. */
static enum sg_request_reason take_reading(struct sg_request_verifier *v)
{
	enum sg_request_reason reason;

	if (!sg_request_reading_take(v->how.reading, &v->whole) ||
	    (v->whole.flags & SG_REQUEST_HEAD_ONLY) != 0)
		return SG_REQUEST_ARGUMENT;
	/* Whether a form covers it is another question. */
	reason = sg_request_covers_by_form(v->whole.require);
	if (reason == SG_REQUEST_ARGUMENT || reason == SG_REQUEST_NOMEM)
		return reason;
	v->whole.size = sizeof v->whole;
	v->head = v->whole;
	v->head.flags |= SG_REQUEST_HEAD_ONLY;
	return SG_REQUEST_OK;
}

/* Copy what the caller's struct has, which may be of an older header and shorter. */
static enum sg_request_reason take_options(const struct sg_request_verifying *how,
                                           struct sg_request_verifier *v)
{
	struct sg_request_verifying *mine = &v->how;

	if (how == NULL || how->size == 0 || how->size > sizeof *how)
		return SG_REQUEST_ARGUMENT;
	memcpy(mine, how, how->size);
	if (mine->lookup == NULL || (mine->flags & ~FLAGS) != 0 ||
	    (mine->nonces == NULL) != ((mine->flags & SG_REQUEST_NO_NONCES) != 0))
		return SG_REQUEST_ARGUMENT;
	if (!take_seconds(&mine->skew, SKEW, SKEW_MAX) ||
	    !take_seconds(&mine->failure_window, WINDOW, SECONDS_MAX) ||
	    !take_seconds(&mine->lock_time, LOCK_TIME, SECONDS_MAX) ||
	    mine->failures > FAILURES_MAX || mine->sources_max > SOURCES_MAX)
		return SG_REQUEST_ARGUMENT;
	if (mine->nonces_max == 0)
		mine->nonces_max = NONCES;
	if (mine->failures == 0)
		mine->failures = FAILURES;
	if (mine->sources_max == 0)
		mine->sources_max = SOURCES;
	if (mine->clock == NULL)
		mine->clock = system_clock;
	if (mine->ticks == NULL)
		mine->ticks = system_ticks;
	return take_reading(v);
}

/* See sg_log_fn. */
static void pass_on(enum sg_log_level level, const char *line, void *arg)
{
	const struct sg_request_verifier *v = arg;

	if (level != SG_LOG_DEBUG)
		v->how.log(v->how.context,
		           level == SG_LOG_ERROR ? SG_REQUEST_ERROR : SG_REQUEST_NOTICE, line);
}

/* Between these two what is logged goes to the server, if it wants it. */
static void begin_log(const struct sg_request_verifier *v)
{
	if (v->how.log != NULL)
		sg_log_divert(pass_on, (void *)(uintptr_t)v);
}

static void end_log(const struct sg_request_verifier *v)
{
	if (v->how.log != NULL)
		sg_log_divert(NULL, NULL);
}

static enum sg_request_reason open_nonces(struct sg_request_verifier *v, const char **why)
{
	enum sg_err err;

	if (v->how.nonces == NULL)
		return SG_REQUEST_OK;
	begin_log(v);
	err = sg_store_nonces_open(v->how.nonces, v->how.nonces_max, &v->nonces);
	end_log(v);
	if (err == SG_OK)
		return SG_REQUEST_OK;
	if (why != NULL)
		*why = sg_store_nonces_sentence(err);
	return err == SG_ERR_NOMEM ? SG_REQUEST_NOMEM : SG_REQUEST_NONCES;
}

enum sg_request_reason sg_request_verifier_new(const struct sg_request_verifying *how,
                                               struct sg_request_verifier **verifier,
                                               const char **why)
{
	struct sg_request_verifier *v = NULL;
	enum sg_request_reason reason;
	struct sg_lockout_rules rules;

	if (why != NULL)
		*why = NULL;
	if (verifier == NULL)
		return SG_REQUEST_ARGUMENT;
	*verifier = NULL;
	if (sg_crypto_start() != SG_OK)
		return SG_REQUEST_CRYPTO;
	v = calloc(1, sizeof *v);
	if (v == NULL)
		return SG_REQUEST_NOMEM;
	reason = take_options(how, v);
	if (reason != SG_REQUEST_OK)
		goto out;
	rules = (struct sg_lockout_rules){ v->how.failures, v->how.failure_window,
		                           v->how.lock_time, v->how.sources_max };
	if ((v->how.flags & SG_REQUEST_NO_LOCKOUT) == 0)
		reason = sg_lockout_new(&rules, &v->lockout);
	if (reason == SG_REQUEST_OK)
		reason = open_nonces(v, why);
	if (reason != SG_REQUEST_OK)
		goto out;
	*verifier = v;
	v = NULL;
out:
	sg_request_verifier_free(&v);
	return reason;
}

void sg_request_verifier_free(struct sg_request_verifier **verifier)
{
	if (verifier == NULL || *verifier == NULL)
		return;
	sg_store_nonces_close(&(*verifier)->nonces);
	sg_lockout_free(&(*verifier)->lockout);
	free(*verifier);
	*verifier = NULL;
}

/* Tell whether the request was signed now. A request without a time could be taken at any. */
static enum sg_request_reason check_time(const struct sg_request_verifier *v,
                                         const struct sg_request_signature *s, int64_t now)
{
	if (!s->has_created)
		return SG_REQUEST_UNDATED;
	if (s->created > now + v->how.skew)
		return SG_REQUEST_EARLY;
	if (s->created < now - v->how.skew || (s->has_expires && s->expires < now))
		return SG_REQUEST_LATE;
	return SG_REQUEST_OK;
}

static enum sg_request_reason keep_nonce(const struct sg_request_verifier *v,
                                         const struct sg_request_signature *s,
                                         const uint8_t *key, int64_t now)
{
	static const enum sg_request_reason reasons[] = {
		[SG_NONCE_FRESH] = SG_REQUEST_OK, [SG_NONCE_SEEN] = SG_REQUEST_REPLAYED,
		[SG_NONCE_UNSURE] = SG_REQUEST_UNSURE, [SG_NONCE_FULL] = SG_REQUEST_NONCES_FULL,
	};
	const struct sg_store_nonce_time time = { s->created, now, v->how.skew };
	enum sg_store_nonce answer = SG_NONCE_UNSURE;
	struct sg_buf once = { 0 };
	enum sg_request_reason reason;

	if (v->nonces == NULL)
		return SG_REQUEST_OK;
	reason = sg_machine_once(key, s, &once);
	begin_log(v);
	if (reason == SG_REQUEST_OK)
		reason = sg_store_nonce_use(v->nonces, sg_buf_bytes(&once), time, &answer) == SG_OK
		         ? reasons[answer] : SG_REQUEST_NONCES;
	end_log(v);
	sg_buf_free(&once);
	return reason;
}

/* Who asks is known from here on. */
static enum sg_request_reason admit(const struct sg_request_verifier *v,
                                    const struct sg_request_message *message,
                                    struct sg_request_text source, const uint8_t *key,
                                    int64_t now, const struct sg_request_machine *machine,
                                    struct sg_request_judgement *j)
{
	enum sg_request_reason reason = sg_machine_state(machine, now);

	sg_request_judgement_admit(j, machine);
	if (reason == SG_REQUEST_OK && v->how.check != NULL &&
	    v->how.check(v->how.context, message, source, machine, now) != 0)
		reason = SG_REQUEST_DENIED;
	return reason == SG_REQUEST_OK ? keep_nonce(v, j->signature, key, now) : reason;
}

/* What comes behind the reading: machine, time, signature. */
static enum sg_request_reason identify(const struct sg_request_verifier *v,
                                       const struct sg_request_message *message,
                                       struct sg_request_text source,
                                       struct sg_request_judgement *j)
{
	const struct sg_request_signature *s = j->signature;
	const int64_t now = v->how.clock(v->how.context);
	struct sg_request_machine machine = { .id = "" };
	char id[SG_REQUEST_ID_MAX + 1];
	const uint8_t *key = NULL;
	enum sg_request_reason reason;
	int found = 0;

	reason = sg_machine_id(s->id, id);
	if (reason != SG_REQUEST_OK)
		return reason;
	found = v->how.lookup(v->how.context, sg_request_text(id), s->id_field, &machine);
	if (found < 0)
		return SG_REQUEST_LOOKUP;
	if (machine.id[0] == '\0')
		memcpy(machine.id, id, sizeof machine.id);
	reason = check_time(v, s, now);
	if (reason == SG_REQUEST_OK)
		reason = sg_machine_check(found > 0 ? &machine : NULL, s, &key);
	if (reason == SG_REQUEST_OK)
		reason = admit(v, message, source, key, now, &machine, j);
	if (found > 0 && v->how.release != NULL)
		v->how.release(v->how.context, &machine);
	return reason;
}

/* The steps before the machine; what is read stands in the judgement. */
static enum sg_request_reason begin(struct sg_request_verifier *v,
                                    const struct sg_request_message *message,
                                    struct sg_request_text source,
                                    const struct sg_request_reading *reading,
                                    struct sg_request_judgement *j)
{
	int64_t left = 0;

	if (v->lockout != NULL)
		left = sg_lockout_left(v->lockout, source, v->how.ticks(v->how.context));
	j->verdict.retry_after = left;
	return left > 0 ? SG_REQUEST_LOCKED_OUT : sg_request_read(message, reading, &j->signature);
}

/* Judge with one of the two ways of reading, and count a failure. */
static enum sg_request_reason judge(struct sg_request_verifier *v,
                                    const struct sg_request_message *message,
                                    struct sg_request_text source, bool head,
                                    const struct sg_request_verdict **verdict)
{
	struct sg_request_judgement *j;
	enum sg_request_reason reason;

	if (verdict == NULL)
		return SG_REQUEST_ARGUMENT;
	*verdict = sg_request_verdict_no_memory();
	j = sg_request_judgement_new();
	if (j == NULL)
		return SG_REQUEST_NOMEM;
	reason = v == NULL || (source.data == NULL && source.len > 0)
	         ? SG_REQUEST_ARGUMENT
	         : begin(v, message, source, head ? &v->head : &v->whole, j);
	if (reason == SG_REQUEST_OK)
		reason = head ? check_time(v, j->signature, v->how.clock(v->how.context))
		              : identify(v, message, source, j);
	if (sg_request_answer(reason)->counts && v->lockout != NULL)
		(void)sg_lockout_fail(v->lockout, source, v->how.ticks(v->how.context));
	*verdict = sg_request_judgement_end(j, reason);
	return reason;
}

enum sg_request_reason sg_request_verify(struct sg_request_verifier *v,
                                         const struct sg_request_message *message,
                                         struct sg_request_text source,
                                         const struct sg_request_verdict **verdict)
{
	return judge(v, message, source, false, verdict);
}

enum sg_request_reason sg_request_verify_head(struct sg_request_verifier *v,
                                              const struct sg_request_message *message,
                                              struct sg_request_text source,
                                              const struct sg_request_verdict **verdict)
{
	return judge(v, message, source, true, verdict);
}
