/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. One server of a vault. Nothing that it sends is told but numbers and the kind of its
 * seal, since who has a share could send it back to have it told.
 */
#include "tools/unseal_node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hex.h"
#include "tools/text.h"

#define STATUS "/v1/sys/seal-status"
#define UNSEAL "/v1/sys/unseal"

#define SHARE_MS 30000          /* the last share's answer comes when the vault is open */
/* Attempts that somebody else's shares may spoil before those that are kept are taken for wrong. */
#define SPOILT 2
/* Visits that a server has which took all shares and is not open yet. */
#define IDLE 5

static void note(struct unseal_node *node, enum unseal_state state, enum tool_exit code,
                 const char *advice, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void note(struct unseal_node *node, enum unseal_state state, enum tool_exit code,
                 const char *advice, const char *format, ...)
{
	va_list args;

	node->state = state;
	node->code = code;
	node->advice = advice;
	va_start(args, format);
	vsnprintf(node->why, sizeof node->why, format, args);
	va_end(args);
	node->why[tool_text_clean(node->why, strlen(node->why))] = '\0';
}

static void waits(struct unseal_node *node, const char *what)
{
	note(node, UNSEAL_WAITING, TOOL_REMOTE, NULL, "%s", what);
}

/* Tell what a reply other than 200 means. */
static void note_status(struct unseal_node *node, long status)
{
	if (status == 501)
		note(node, UNSEAL_WAITING, TOOL_REMOTE, "vault operator init makes the shares; with "
		     "OpenBao, bao operator init.", "it is not initialized");
	else if (status == 429 || (status >= 500 && status < 600))
		note(node, UNSEAL_WAITING, TOOL_REMOTE, NULL, "it is not ready (status %ld)",
		     status);
	else if (status >= 300 && status < 400)
		note(node, UNSEAL_FAILED, TOOL_REMOTE, "Name the server itself in --addr.",
		     "it sends to another address (status %ld), which is not followed", status);
	else
		note(node, UNSEAL_FAILED, TOOL_REMOTE, "Look whether --addr is that of a vault.",
		     "it does not answer as a vault does (status %ld)", status);
}

/* Read what came; false where it is noted what was wrong with it. */
static bool take(struct unseal_node *node, const struct unseal_reply *reply,
                 struct unseal_answer *answer)
{
	switch (reply->ended) {
	case UNSEAL_ANSWERED:
		break;
	case UNSEAL_NOT_THERE:
		note(node, UNSEAL_WAITING, TOOL_REMOTE, NULL, "it can't be reached (%s)",
		     reply->why);
		return false;
	case UNSEAL_NOT_TRUSTED:
		/* It may be renewed, or become valid when the clock of the machine is set. */
		note(node, UNSEAL_WAITING, TOOL_MISMATCH, "--ca FILE names who signed its "
		     "certificate; the name in --addr must be one in it.",
		     "its certificate is not trusted, so it got no share (%s)", reply->why);
		return false;
	case UNSEAL_NO_AUTHORITY:
		note(node, UNSEAL_FAILED, TOOL_USAGE, "--ca FILE names certificates in PEM.",
		     "the file of --ca can't be used, so it got no share (%s)", reply->why);
		return false;
	case UNSEAL_NOT_SPOKEN:
		note(node, UNSEAL_FAILED, TOOL_REMOTE, "Look whether --addr is that of a vault.",
		     "it does not answer as a vault does (%s)", reply->why);
		return false;
	}
	if (reply->status != 200) {
		note_status(node, reply->status);
		return false;
	}
	if (!unseal_answer_read(sg_buf_bytes(&reply->body), answer)) {
		note(node, UNSEAL_FAILED, TOOL_REMOTE, "Look whether --addr is that of a vault.",
		     "what it answers is no state of a seal");
		return false;
	}
	return true;
}

/* Make {"key": "..."} where it is wiped. */
static enum sg_err make_body(const struct sg_secret *share, struct sg_secret **body)
{
	static const char before[] = "{\"key\":\"", after[] = "\"}";
	size_t digits = 2 * share->len;
	enum sg_err err = sg_secret_new(sizeof before + digits + sizeof after, body);

	if (err != SG_OK)
		return err;
	memcpy((*body)->data, before, sizeof before - 1);
	sg_hex_write(sg_secret_bytes(share), (*body)->data + sizeof before - 1);
	memcpy((*body)->data + sizeof before - 1 + digits, after, sizeof after - 1);
	(*body)->len = sizeof before - 1 + digits + sizeof after - 1;
	return SG_OK;
}

/* What a visit has. */
struct visit {
	struct unseal_node *node;
	struct unseal_client *client;
	const struct unseal_shares *shares;
	struct unseal_limit limit;
	struct unseal_reply reply;
};

static enum sg_err put(struct visit *v, const struct sg_secret *body)
{
	struct unseal_limit limit = { v->limit.end, SHARE_MS };

	return unseal_client_ask(v->client, v->node->addr, UNSEAL, body, limit, &v->reply);
}

/* The attempt came to nothing: a share that is kept is wrong, or somebody gave one of his own in
 * between. The vault forgot all of them. Where more are kept than needed the next attempt begins
 * with the next one, until each was left out. */
static void note_refused(struct visit *v, size_t needed)
{
	struct unseal_node *node = v->node;
	size_t n = v->shares->n;

	node->sent = 0;
	node->first = (node->first + 1) % n;
	if (++node->refused < (n > needed ? n : 1) + SPOILT)
		waits(node, "it refused the shares: perhaps because of others' shares, or one that is "
		      "kept is wrong");
	else
		note(node, UNSEAL_FAILED, TOOL_MISMATCH, "Take the vault's shares in anew: signet "
		     "unseal remove, then signet unseal add.",
		     "it refuses the shares that are kept: they are not those of this vault");
}

/* Send one share; false where the visit is over. */
static bool send_share(struct visit *v, size_t i, struct unseal_answer *answer, enum sg_err *err)
{
	struct unseal_node *node = v->node;
	const struct sg_secret *share = v->shares->share[(node->first + i) % v->shares->n];
	struct sg_secret *body = NULL;

	*err = make_body(share, &body);
	if (*err == SG_OK)
		*err = put(v, body);
	sg_secret_free(&body);
	if (*err != SG_OK)
		return false;
	if (v->reply.ended == UNSEAL_ANSWERED && v->reply.status == 400) {
		note_refused(v, answer->t);
		return false;
	}
	if (!take(node, &v->reply, answer))
		return false;
	if (!answer->sealed) {
		note(node, UNSEAL_DONE, TOOL_OK, NULL, "unsealed");
		return false;
	}
	/* Another attempt than the one that was begun: somebody began anew in between. */
	if (i > 0 && strcmp(answer->nonce, node->nonce) != 0 && answer->progress > 0) {
		node->sent = 0;
		waits(node, "somebody else began to unseal it at the same time");
		return false;
	}
	if (answer->nonce[0] != '\0')
		memcpy(node->nonce, answer->nonce, sizeof node->nonce);
	node->sent = i + 1;
	return true;
}

/* Have the vault forget the shares that it has. */
static enum sg_err reset(struct visit *v, struct unseal_answer *answer)
{
	static const char text[] = "{\"reset\":true}";
	struct sg_secret *body = NULL;
	enum sg_err err = sg_secret_copy(sg_bytes(text, sizeof text - 1), &body);

	if (err == SG_OK)
		err = put(v, body);
	sg_secret_free(&body);
	if (err == SG_OK && take(v->node, &v->reply, answer))
		v->node->sent = 0;
	return err;
}

/* Send the shares, all that are needed where there are so many. */
static enum sg_err send_shares(struct visit *v, struct unseal_answer *answer)
{
	struct unseal_node *node = v->node;
	size_t needed = answer->t, n = needed < v->shares->n ? needed : v->shares->n;
	enum sg_err err = SG_OK;

	node->sent = 0;
	for (size_t i = 0; i < n; i++)
		if (!send_share(v, i, answer, &err))
			return err;
	if (n < needed) {
		note(node, UNSEAL_WAITING, TOOL_REMOTE, "Keep more of them with signet unseal add.",
		     "it has %u shares of the %u that it needs, and no more are kept here",
		     answer->progress, answer->t);
		return SG_OK;
	}
	node->idle = 1;
	waits(node, "it has all shares and is still sealed");
	return SG_OK;
}

/* Go on from the state of a sealed vault. */
static enum sg_err go_on(struct visit *v, struct unseal_answer *answer)
{
	struct unseal_node *node = v->node;
	bool enough = v->shares->n >= answer->t;
	bool same = node->sent > 0 && answer->progress > 0 &&
	            strcmp(answer->nonce, node->nonce) == 0;
	enum sg_err err = SG_OK;

	/* What there is less of than needed is sent once; people bring the rest. */
	if (!enough && same) {
		note(node, UNSEAL_WAITING, TOOL_REMOTE, "Keep more of them with signet unseal add.",
		     "it has %u shares of the %u that it needs, and no more are kept here",
		     answer->progress, answer->t);
		return SG_OK;
	}
	if (node->idle > 0 && node->idle < IDLE && answer->progress == 0) {
		node->idle++;
		return SG_OK;
	}
	node->idle = 0;
	if (enough && answer->progress > 0) {
		err = reset(v, answer);
		if (err != SG_OK || v->reply.ended != UNSEAL_ANSWERED || v->reply.status != 200 ||
		    node->state != UNSEAL_WAITING)
			return err;
	}
	return send_shares(v, answer);
}

/* Tell whether a vault is one that is unsealed by shares, and now. */
static bool wants_shares(struct unseal_node *node, const struct unseal_answer *answer)
{
	if (!answer->sealed) {
		node->was_open = node->sent == 0 && node->idle == 0;
		note(node, UNSEAL_DONE, TOOL_OK, NULL, "unsealed");
		return false;
	}
	if (!answer->initialized) {
		note_status(node, 501);
		return false;
	}
	if (answer->type[0] != '\0' && strcmp(answer->type, "shamir") != 0) {
		note(node, UNSEAL_FAILED, TOOL_FAILED, NULL,
		     "its seal is \"%s\": it unseals itself and takes no shares", answer->type);
		return false;
	}
	return true;
}

enum sg_err unseal_node_visit(struct unseal_node *node, struct unseal_client *client,
                              const struct unseal_shares *shares, struct unseal_limit limit)
{
	struct visit v = { .node = node, .client = client, .shares = shares, .limit = limit };
	struct unseal_answer answer;
	enum sg_err err;

	err = unseal_client_ask(client, node->addr, STATUS, NULL, limit, &v.reply);
	if (err == SG_OK && take(node, &v.reply, &answer) && wants_shares(node, &answer))
		err = go_on(&v, &answer);
	sg_buf_wipe(&v.reply.body);
	return err;
}
