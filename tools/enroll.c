/* SPDX-License-Identifier: Apache-2.0
 *
 * signet enroll: becomes a machine of a vault, over HTTPS. What was begun before goes on where it
 * was, and what is done is said to be.
 */
#include "tools/enroll.h"

#include "enroll/refusal.h"
#include "tools/fail.h"
#include "tools/progress.h"
#include "tools/timeout.h"
#include "tools/unseal_client.h"

#define BEGIN "/v1/signet/enroll/begin"
#define FINISH "/v1/signet/enroll/finish"
#define TIMEOUT 30              /* seconds, where --timeout is not given */
#define REQUEST_MS 15000
#define PAUSE_MS 500
#define PAUSE_MAX 10            /* seconds, whatever the registrar says */
#define ROUNDS 3                /* challenges that are taken, where they end meanwhile */

/* A registrar that is asked. */
struct registrar {
	struct unseal_client *client;
	const char *url;
	long end;
	struct unseal_reply reply;
};

/* Tell whether a registrar answered, or somebody else: a message and a refusal are JSON. One of a
 * later version may have reasons that are not known here, but not for what is not there. */
static bool by_registrar(const struct unseal_reply *reply, enum sg_enroll_reason *reason)
{
	const struct sg_bytes json = sg_enroll_message_trim(sg_buf_bytes(&reply->body));

	*reason = SG_ENROLL_OK;
	if (reply->status == 200)
		return json.len > 0 && json.data[0] == '{';
	return sg_enroll_refusal_read(json, reason) &&
	       (*reason != SG_ENROLL_INTERNAL || (reply->status != 404 && reply->status != 405));
}

/* Read what was answered; *reason is OK for a message. False: later perhaps. */
static bool answered(const struct unseal_reply *reply, enum sg_enroll_reason *reason)
{
	*reason = SG_ENROLL_OK;
	if (reply->ended == UNSEAL_NOT_THERE)
		return false;
	if (reply->ended != UNSEAL_ANSWERED)
		return true;
	/* Who stands before a registrar that is away says so with these. */
	if (!by_registrar(reply, reason))
		return reply->status < 502 || reply->status > 504;
	return *reason != SG_ENROLL_BUSY && *reason != SG_ENROLL_TOKEN_BUSY;
}

/* Tell why nobody answered as a registrar does. */
static enum tool_exit tell_nobody(const struct registrar *r)
{
	const struct unseal_reply *reply = &r->reply;

	if (reply->ended == UNSEAL_NOT_TRUSTED || reply->ended == UNSEAL_NO_AUTHORITY)
		return tool_fail(TOOL_REMOTE, "--ca names the authority that signed its certificate.",
		                 "the registrar is not trusted: %s", reply->why);
	if (reply->ended != UNSEAL_ANSWERED)
		return tool_fail(TOOL_REMOTE, "Run the same again: it goes on where it is.",
		                 "can't reach the registrar: %s", reply->why);
	if (reply->status >= 300 && reply->status < 400)
		return tool_fail(TOOL_REMOTE, "Give the address of the registrar itself: no redirect is "
		                 "followed.", "there is no registrar at %s, which leads elsewhere "
		                 "(status %ld)", r->url, reply->status);
	return tool_fail(TOOL_REMOTE, "It is the address at which signet registrar serve listens, "
	                 "without a path unless a server in front of it has one.", "there is no "
	                 "registrar at %s: something else answers, with status %ld", r->url,
	                 reply->status);
}

/* Return how long to wait before the registrar is asked again, which says so where it is busy. */
static long pause_ms(const struct unseal_reply *reply)
{
	const long seconds = reply->retry_after < PAUSE_MAX ? reply->retry_after : PAUSE_MAX;

	return seconds > 0 ? seconds * 1000 : PAUSE_MS;
}

/* Send a message until somebody answers; what was sent twice is answered as it was before. */
static enum tool_exit post(struct registrar *r, const char *path, const struct sg_buf *message,
                           enum sg_enroll_reason *reason)
{
	const struct unseal_limit limit = { r->end, REQUEST_MS };
	enum sg_err err;

	tool_progress_begin("asking the registrar");
	do {
		err = unseal_client_post(r->client, r->url, path, sg_buf_bytes(message),
		                         SG_ENROLL_MESSAGE_MAX, limit, &r->reply);
		if (err != SG_OK || answered(&r->reply, reason) ||
		    unseal_client_now() + pause_ms(&r->reply) >= r->end)
			break;
		tool_timeout_sleep(pause_ms(&r->reply));
	} while (true);
	tool_progress_end();
	if (err != SG_OK)
		return tool_fail_err(err, "can't ask the registrar");
	return r->reply.ended == UNSEAL_ANSWERED && by_registrar(&r->reply, reason)
	               ? TOOL_OK : tell_nobody(r);
}

/* Tell that the registrar refuses. What can't get better is forgotten, but not who this machine was
 * before. */
static enum tool_exit refused(struct tool_enroll *e, enum sg_enroll_reason reason)
{
	if (!sg_enroll_reason_later(reason)) {
		sg_enroll_state_return(&e->state);
		(void)tool_enroll_save(e);
	}
	return tool_enroll_refused(reason);
}

static enum tool_exit begin(struct tool_enroll *e, struct registrar *r)
{
	enum sg_enroll_reason reason = SG_ENROLL_OK;
	enum tool_exit code = tool_enroll_label(e);

	if (code == TOOL_OK)
		code = tool_enroll_hello(e);
	if (code == TOOL_OK)
		code = post(r, BEGIN, &e->state.hello, &reason);
	if (code != TOOL_OK)
		return code;
	return reason == SG_ENROLL_OK ? tool_enroll_answer(e, sg_buf_bytes(&r->reply.body))
	                              : refused(e, reason);
}

/* Send the evidence; *again tells that its challenge is over. */
static enum tool_exit finish(struct tool_enroll *e, struct registrar *r, bool *again)
{
	enum sg_enroll_reason reason = SG_ENROLL_OK;
	enum tool_exit code = post(r, FINISH, &e->state.evidence, &reason);

	*again = code == TOOL_OK &&
	         (reason == SG_ENROLL_SESSION_UNKNOWN || reason == SG_ENROLL_SESSION_ENDED ||
	          reason == SG_ENROLL_SESSION_USED);
	if (code != TOOL_OK)
		return code;
	if (*again) {
		sg_enroll_state_restart(&e->state);
		return TOOL_OK;
	}
	return reason == SG_ENROLL_OK ? tool_enroll_take(e, sg_buf_bytes(&r->reply.body))
	                              : refused(e, reason);
}

static enum tool_exit exchange(struct tool_enroll *e, struct registrar *r)
{
	enum tool_exit code = TOOL_OK;
	bool again = true;

	for (int round = 0; again && round < ROUNDS && code == TOOL_OK; round++) {
		if (e->state.phase != SG_PHASE_ANSWERED)
			code = begin(e, r);
		if (code == TOOL_OK)
			code = finish(e, r, &again);
	}
	return code == TOOL_OK && again
	               ? tool_fail(TOOL_REMOTE, NULL, "the registrar forgets its challenges")
	               : code;
}

/* What is kept is the identity of before. */
static enum tool_exit read_identity(struct tool_enroll *e)
{
	return sg_enroll_identity_read(sg_buf_bytes(&e->state.identity), &e->identity) ==
	                       SG_ENROLL_OK
	               ? TOOL_OK
	               : tool_fail(TOOL_STORE, "--again enrols anew.", "%s is damaged", e->path);
}

static enum tool_exit ask_registrar(struct tool_enroll *e, struct registrar *r)
{
	enum tool_exit code = unseal_client_new(e->tool->value[OPT_CA], &r->client);

	if (code == TOOL_OK)
		code = exchange(e, r);
	return code;
}

/* Begin anew where that is asked for. Where it is not, who was enrolled before stays so until the
 * new identity came; what is under way is left on the disk as it is. */
static void look_before(struct tool_enroll *e)
{
	if (tool_given(e->tool, OPT_AGAIN)) {
		if (e->state.phase == SG_PHASE_DONE)
			sg_enroll_state_restart(&e->state);
	} else if (e->state.before.len > 0 && e->state.phase != SG_PHASE_NAMED) {
		sg_enroll_state_return(&e->state);
		tool_note("another enrolment is under way; --again goes on with it");
	}
}

static enum tool_exit run(struct tool *tool)
{
	struct registrar r = { .url = tool->argument };
	struct tool_enroll e = { .tool = tool };
	long seconds = 0;
	enum tool_exit code = unseal_client_check("the URL", r.url,
	                                          tool_given(tool, OPT_ALLOW_HTTP));

	if (code == TOOL_OK)
		code = tool_timeout_read(tool, TIMEOUT, &seconds);
	if (code == TOOL_OK)
		code = tool_enroll_options(tool, &e);
	if (code == TOOL_OK)
		code = tool_enroll_open(&e);
	if (code != TOOL_OK)
		goto out;
	r.end = unseal_client_now() + seconds * 1000;
	look_before(&e);
	code = tool_enroll_same(&e);
	if (code == TOOL_OK)
		code = tool_enroll_folder(&e);
	if (code != TOOL_OK)
		goto out;
	if (e.state.phase == SG_PHASE_NAMED || e.state.phase == SG_PHASE_DONE)
		code = read_identity(&e);
	else
		code = ask_registrar(&e, &r);
	if (code == TOOL_OK)
		code = e.state.phase == SG_PHASE_DONE ? tool_enroll_done(&e)
		                                      : tool_enroll_finish(&e);
out:
	sg_buf_free(&r.reply.body);
	unseal_client_free(&r.client);
	tool_enroll_close(&e);
	return code;
}

const struct tool_verb tool_verb_enroll = {
	.name = "enroll",
	.summary = "become a machine of a vault, and prove what holds its key",
	.usage = "URL --token-file FILE [--origin host|tpm|vault] [--label NAME]\n"
	         "              [--class machine|agent] [--identity DIR] [--ca FILE]\n"
	         "              [--timeout SECONDS] [--ek-chain FILE] [--event-log FILE] [--again]\n"
	         "              [--allow-http] [--owner-auth-file FILE] [--token LABEL]\n"
	         "              [--pin-file FILE] [--json]",
	.text = "Makes a machine token where there is none, a key in it, and shows the registrar at URL\n"
	        "which TPM holds it, and how. What was interrupted goes on when it is run again. The\n"
	        "key's secret is made by this machine and sealed (--origin host: level asserted),\n"
	        "derived from a key that is made in the TPM and stays there (tpm: level born), or made\n"
	        "by the registrar for this TPM alone (vault: level minted); signet-enroll(1) says what\n"
	        "each level proves and what not. --identity gets identity.json and private.pem, which\n"
	        "clients of vaults read. signet enroll begin, answer and finish do the same over files.",
	.example = "signet enroll https://registrar.example.org/ --token-file token --origin tpm",
	.run = run,
	.options = { OPT_TOKEN_FILE, OPT_ORIGIN, OPT_LABEL, OPT_CLASS, OPT_IDENTITY_DIR, OPT_CA,
	             OPT_TIMEOUT, OPT_EK_CHAIN, OPT_EVENT_LOG, OPT_AGAIN, OPT_ALLOW_HTTP,
	             OPT_OWNER_AUTH_FILE, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_TOKEN_FILE },
	.makes = true,
	.argument = "URL",
};
