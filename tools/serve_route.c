/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What a registrar answers to whom.
 */
#include "tools/serve_route.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enroll/refusal.h"
#include "request/lockout.h"

#define MINUTE 60
#define LINES 2                 /* connections for each request that a source may send */
#define SOURCES 4096            /* that are counted at a time */
#define FAILURE_WINDOW 600      /* seconds */
#define FAILURE_LOCK 900

struct serve_route {
	struct sg_registrar *registrar;
	struct sg_lockout *lines, *requests, *failures;
};

/* A message that came, and from whom. */
struct message {
	struct sg_registrar *registrar;
	struct sg_registrar_caller caller;
	struct sg_bytes vault;          /* of the path, where that has one */
	struct sg_bytes json;
};

static enum sg_enroll_reason begin(const struct message *message, struct sg_buf *answer)
{
	return sg_registrar_begin(message->registrar, &message->caller, message->json, answer);
}

static enum sg_enroll_reason finish(const struct message *message, struct sg_buf *answer)
{
	return sg_registrar_finish(message->registrar, &message->caller, message->json, answer);
}

static enum sg_enroll_reason enrol(const struct message *message, struct sg_buf *answer)
{
	return sg_registrar_register(message->registrar, &message->caller, message->vault,
	                             message->json, answer);
}

static enum sg_enroll_reason enrol_agent(const struct message *message, struct sg_buf *answer)
{
	return sg_registrar_register_agent(message->registrar, &message->caller, message->json,
	                                   answer);
}

/* The addresses; all are asked by POST. Where there is an end, the name of a vault stands
 * between. */
static const struct place {
	const char *start, *end;
	enum sg_enroll_reason (*answer)(const struct message *message, struct sg_buf *answer);
	const char *name;               /* for the log */
} places[] = {
	{ "/v1/signet/enroll/begin", NULL, begin, "begin" },
	{ "/v1/signet/enroll/finish", NULL, finish, "finish" },
	{ "/v1/ai-bootstrap/register", NULL, enrol_agent, "register-agent" },
	{ "/v1/", "/enroll/register", enrol, "register" },
};

/* Find the place of a path, and the vault that it names. */
static const struct place *find_place(const char *path, struct sg_bytes *vault)
{
	const size_t len = strlen(path);

	*vault = sg_bytes(NULL, 0);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const struct place *place = &places[i];
		const size_t start = strlen(place->start);
		const size_t end = place->end != NULL ? strlen(place->end) : 0;

		if (place->end == NULL && strcmp(path, place->start) == 0)
			return place;
		if (place->end == NULL || len <= start + end ||
		    len - start - end > SG_ENROLL_TEXT_MAX ||
		    memcmp(path, place->start, start) != 0 ||
		    strcmp(path + len - end, place->end) != 0)
			continue;
		*vault = sg_bytes(path + start, len - start - end);
		if (memchr(vault->data, '/', vault->len) == NULL)
			return place;
	}
	return NULL;
}

/* Tell whether a refusal is what somebody gets who guesses or forges. What befalls machines that
 * only come late is not, nor what is the registrar's own fault. */
static bool is_failure(enum sg_enroll_reason reason)
{
	static const bool late[SG_ENROLL_REASON_COUNT] = {
		[SG_ENROLL_TOKEN_ENDED] = true,
		[SG_ENROLL_TOKEN_USED] = true,
		[SG_ENROLL_SESSION_ENDED] = true,
	};

	return reason != SG_ENROLL_OK && !sg_enroll_reason_later(reason) && !late[reason];
}

/* Seconds after which who may be answered later is told to ask again. */
static const unsigned retry_after[SG_ENROLL_REASON_COUNT] = {
	[SG_ENROLL_INTERNAL] = 10,
	[SG_ENROLL_BUSY] = 1,
	[SG_ENROLL_TOKEN_BUSY] = 10,
	[SG_ENROLL_EK_LIST] = 60,
};

static int64_t ticks(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static struct sg_registrar_caller caller_of(const struct serve_head *head)
{
	return (struct sg_registrar_caller){ .source = head->source, .now = time(NULL) };
}

static void refuse(enum sg_enroll_reason reason, struct serve_answer *answer)
{
	answer->status = sg_enroll_reason_status(reason);
	answer->why = sg_enroll_reason_name(reason);
	/* Without memory the status alone has to do. */
	if (sg_enroll_refusal_write(reason, &answer->body) != SG_OK)
		sg_buf_free(&answer->body);
}

/* Answer what is no reason of an enrolment. */
static void misdirect(unsigned status, const char *why, const char *sentence,
                      struct serve_answer *answer)
{
	static const char *const parts[] = { "{\"error\":\"", "\",\"reason\":\"", "\"}" };
	const char *text[] = { parts[0], sentence, parts[1], why, parts[2] };

	answer->status = status;
	answer->why = why;
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		if (sg_buf_append(&answer->body, sg_bytes_str(text[i])) != SG_OK) {
			sg_buf_free(&answer->body);
			return;
		}
}

/* Tell whether a source has to wait; it is told so then. */
static bool must_wait(struct serve_route *route, const struct serve_head *head,
                      struct serve_answer *answer)
{
	const struct sg_request_text source = sg_request_text(head->source);
	const int64_t now = ticks();
	struct sg_registrar_caller caller = caller_of(head);
	int64_t left = sg_lockout_left(route->failures, source, now);

	if (left > 0) {
		refuse(SG_ENROLL_LOCKED_OUT, answer);
		sg_registrar_refused(route->registrar, &caller, SG_ENROLL_LOCKED_OUT);
	} else {
		left = sg_lockout_left(route->requests, source, now);
		if (left > 0)
			refuse(SG_ENROLL_BUSY, answer);
		(void)sg_lockout_fail(route->requests, source, now);
	}
	answer->retry_after = (unsigned)left;
	return left > 0;
}

static bool look(void *context, const struct serve_head *head, struct serve_answer *answer)
{
	struct serve_route *route = context;
	struct sg_bytes vault;
	const struct place *place = find_place(head->path, &vault);

	answer->place = place != NULL ? place->name : NULL;
	if (must_wait(route, head, answer))
		return true;
	if (head->ambiguous) {
		misdirect(400, "ambiguous", "The end of the message is said in two ways.", answer);
	} else if (head->lost) {
		misdirect(400, "forwarded", "A proxy did not say where the message came from.",
		          answer);
	} else if (place == NULL || head->query) {
		misdirect(404, "not-found", "There is nothing at this address.", answer);
	} else if (strcmp(head->method, "POST") != 0) {
		misdirect(405, "method", "This address takes POST.", answer);
		answer->allow = "POST";
	} else {
		return false;
	}
	return true;
}

static void take(void *context, const struct serve_head *head, struct sg_bytes body,
                 struct serve_answer *answer)
{
	struct serve_route *route = context;
	struct message message = {
		.registrar = route->registrar,
		.caller = caller_of(head),
		/* What stands around a message is not hashed: it may come out of a file. */
		.json = sg_enroll_message_trim(body),
	};
	const struct place *place = find_place(head->path, &message.vault);
	enum sg_enroll_reason reason = SG_ENROLL_INTERNAL;

	if (place != NULL)
		reason = place->answer(&message, &answer->body);
	answer->status = sg_enroll_reason_status(reason);
	answer->why = sg_enroll_reason_name(reason);
	if (sg_enroll_reason_later(reason))
		answer->retry_after = retry_after[reason];
	if (is_failure(reason))
		(void)sg_lockout_fail(route->failures, sg_request_text(head->source), ticks());
}

static void turn_away(void *context, const struct serve_head *head, struct serve_answer *answer)
{
	struct serve_route *route = context;
	struct sg_registrar_caller caller = caller_of(head);

	refuse(SG_ENROLL_TOO_LONG, answer);
	sg_registrar_refused(route->registrar, &caller, SG_ENROLL_TOO_LONG);
	(void)sg_lockout_fail(route->failures, sg_request_text(head->source), ticks());
}

/* Who asks too often is told so, which takes a connection. Who goes on for all that is told
 * nothing. */
static bool let_in(void *context, const char *source)
{
	struct serve_route *route = context;
	const struct sg_request_text text = sg_request_text(source);
	const int64_t now = ticks();

	if (sg_lockout_left(route->lines, text, now) > 0)
		return false;
	(void)sg_lockout_fail(route->lines, text, now);
	return true;
}

/* No failure, since who looks whether a port is open sends nothing; but it counts as a request. */
static void hear_nothing(void *context, const char *source)
{
	struct serve_route *route = context;

	(void)sg_lockout_fail(route->requests, sg_request_text(source), ticks());
}

enum sg_err serve_route_new(struct sg_registrar *registrar, const struct serve_tries *tries,
                            struct serve_route **out)
{
	const struct sg_lockout_rules lines = { LINES * tries->requests, MINUTE, MINUTE / 2,
		                                SOURCES };
	const struct sg_lockout_rules requests = { tries->requests, MINUTE, MINUTE / 2, SOURCES };
	const struct sg_lockout_rules failures = { tries->failures, FAILURE_WINDOW, FAILURE_LOCK,
		                                   SOURCES };
	struct serve_route *route = calloc(1, sizeof *route);

	*out = NULL;
	if (route == NULL)
		return SG_ERR_NOMEM;
	route->registrar = registrar;
	if (sg_lockout_new(&lines, &route->lines) != SG_REQUEST_OK ||
	    sg_lockout_new(&requests, &route->requests) != SG_REQUEST_OK ||
	    sg_lockout_new(&failures, &route->failures) != SG_REQUEST_OK) {
		serve_route_free(&route);
		return SG_ERR_NOMEM;
	}
	*out = route;
	return SG_OK;
}

void serve_route_free(struct serve_route **route)
{
	if (*route == NULL)
		return;
	sg_lockout_free(&(*route)->lines);
	sg_lockout_free(&(*route)->requests);
	sg_lockout_free(&(*route)->failures);
	free(*route);
	*route = NULL;
}

void serve_route_calls(struct serve_route *route, struct serve_calls *calls)
{
	*calls = (struct serve_calls){
		.come = let_in, .head = look, .body = take, .too_long = turn_away,
		.silent = hear_nothing,
		.context = route,
	};
}
