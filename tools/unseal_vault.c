/* SPDX-License-Identifier: Apache-2.0
 *
 * signet unseal vault: opens the shares that the token keeps and sends them to the servers of a
 * vault, until all of them are unsealed or time is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/timeout.h"
#include "tools/token.h"
#include "tools/unseal_node.h"

#define NODES_MAX 16
#define TIMEOUT 300             /* seconds, where --timeout is not given */
#define STATE_MS 30000          /* for the answer to what state it is in */
#define STATE_SHARED_MS 5000    /* and where others wait meanwhile */
#define VISIT_MS 100            /* in less time there is no point in one more visit */
#define PAUSE_FIRST_MS 50
#define PAUSE_LAST_MS 5000

struct nodes {
	struct unseal_node list[NODES_MAX];
	size_t n;
};

static enum tool_exit read_addresses(const struct tool *tool, struct nodes *nodes)
{
	bool plain = tool_given(tool, OPT_ALLOW_HTTP);
	enum tool_exit code = TOOL_OK;
	const char *addr;
	size_t at = 0;

	while (code == TOOL_OK && (addr = tool_next(tool, OPT_ADDR, &at)) != NULL) {
		if (nodes->n == NODES_MAX)
			return tool_fail(TOOL_USAGE, NULL, "--addr is given more than %d times",
			                 NODES_MAX);
		code = unseal_client_check("--addr", addr, plain);
		nodes->list[nodes->n++].addr = addr;
	}
	return code;
}

/* Tell that a server is unsealed. */
static enum tool_exit tell_done(const struct unseal_node *node)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "%s is unsealed%s.\n", node->addr, node->was_open ? " already" : "");
	return tool_text_out(&text);
}

/* Visit a server once. What it waits for is told when that changes. */
static enum tool_exit visit(struct unseal_node *node, struct unseal_client *client,
                            const struct unseal_shares *shares, struct unseal_limit limit)
{
	const struct unseal_node before = *node;
	enum sg_err err;

	tool_log_clear();
	tool_progress_begin("waiting for the vault");
	err = unseal_node_visit(node, client, shares, limit);
	tool_progress_end();
	if (err != SG_OK)
		return tool_fail_err(err, "can't ask %s", node->addr);
	if (node->state == UNSEAL_DONE)
		return tell_done(node);
	if (node->state == UNSEAL_WAITING && before.why[0] != '\0' &&
	    unseal_client_now() >= limit.end) {
		/* What it said before tells more than that it was cut short. */
		memcpy(node->why, before.why, sizeof node->why);
		node->code = before.code;
		node->advice = before.advice;
	}
	if (node->state == UNSEAL_WAITING && strcmp(before.why, node->why) != 0)
		tool_note("%s waits: %s", node->addr, node->why);
	return TOOL_OK;
}

/* Count the servers that wait, from one of them on. */
static size_t count_waiting(const struct nodes *nodes, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < nodes->n; i++)
		n += nodes->list[i].state == UNSEAL_WAITING;
	return n;
}

/* Visit all that wait once. What is left until the end is divided among those still to be visited,
 * so that none, however slow, takes the time of the others. */
static enum tool_exit visit_round(struct nodes *nodes, struct unseal_client *client,
                                  const struct unseal_shares *shares, long end)
{
	enum tool_exit code = TOOL_OK;

	for (size_t i = 0; i < nodes->n && code == TOOL_OK; i++) {
		struct unseal_node *node = &nodes->list[i];
		bool alone = count_waiting(nodes, 0) == 1;
		long now = unseal_client_now(), part;

		if (node->state != UNSEAL_WAITING)
			continue;
		part = (end - now) / (long)count_waiting(nodes, i);
		/* What it said last tells more than that it had no time. */
		if (part >= VISIT_MS || node->why[0] == '\0')
			code = visit(node, client, shares, (struct unseal_limit){
				now + part, alone ? STATE_MS : STATE_SHARED_MS });
	}
	return code;
}

/* Do so again and again, with pauses that grow, until none waits or time is over. */
static enum tool_exit visit_all(struct nodes *nodes, struct unseal_client *client,
                                const struct unseal_shares *shares, long seconds)
{
	long end = unseal_client_now() + seconds * 1000, pause = PAUSE_FIRST_MS;
	enum tool_exit code = visit_round(nodes, client, shares, end);

	while (code == TOOL_OK && count_waiting(nodes, 0) > 0 &&
	       unseal_client_now() + pause < end) {
		tool_timeout_sleep(pause);
		pause = pause < PAUSE_LAST_MS / 2 ? 2 * pause : PAUSE_LAST_MS;
		code = visit_round(nodes, client, shares, end);
	}
	return code;
}

/* Tell what is not unsealed, and why; the first of them gives the exit code. */
static enum tool_exit tell(const struct nodes *nodes, const struct unseal_shares *shares,
                           long seconds)
{
	enum tool_exit code = TOOL_OK;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct unseal_node *node = &nodes->list[i];
		enum tool_exit one = TOOL_OK;

		if (node->state == UNSEAL_FAILED)
			one = tool_fail(node->code, node->advice, "can't unseal \"%s\" at %s: %s",
			                shares->vault, node->addr, node->why);
		else if (node->state == UNSEAL_WAITING)
			one = tool_fail(node->code, node->advice,
			                "can't unseal \"%s\" at %s within %ld seconds: %s",
			                shares->vault, node->addr, seconds, node->why);
		code = code == TOOL_OK ? one : code;
	}
	return code;
}

/* What a machine that starts has to say when the token does not open: it stands in the journal,
 * and was not asked for by anybody who knows how this works. */
static void say_why(void)
{
	const char *lines = tool_log_lines(SG_ERR_POLICY), *at, *end;
	char which[64] = "a PCR";

	if (tool_cause(CKR_DEVICE_ERROR) != SG_ERR_POLICY)
		return;
	at = strstr(lines, "PCR ");
	while (at != NULL && (at[4] < '0' || at[4] > '9'))
		at = strstr(at + 1, "PCR ");
	end = at != NULL ? strstr(at, " differs") : NULL;
	if (end != NULL && (size_t)(end - at) < sizeof which)
		snprintf(which, sizeof which, "%.*s", (int)(end - at), at);
	tool_note("the vault stays sealed because %s changed, as after an update of firmware, boot "
	          "loader or kernel. If that was wanted, run signet policy update with a signature "
	          "of the new values; or boot as before and run signet reseal --pcr none; or run "
	          "signet init and signet unseal add anew. Until then people unseal the vault",
	          which);
}

static enum tool_exit run(struct tool *tool)
{
	struct unseal_shares shares = { .n = 0 };
	struct unseal_client *client = NULL;
	struct nodes nodes = { .n = 0 };
	long seconds = TIMEOUT;
	enum tool_exit code;

	code = tool_timeout_read(tool, TIMEOUT, &seconds);
	/* Before anything else may start libcurl: its memory is to be wiped. */
	if (code == TOOL_OK)
		code = unseal_client_new(tool->value[OPT_CA], &client);
	if (code == TOOL_OK)
		code = read_addresses(tool, &nodes);
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = unseal_shares_open(tool, &shares);
	if (code == TOOL_OK)
		code = visit_all(&nodes, client, &shares, seconds);
	if (code == TOOL_OK)
		code = tell(&nodes, &shares, seconds);
	else if (code == TOOL_OTHER_TPM)
		say_why();
	unseal_shares_free(&shares);
	unseal_client_free(&client);
	return code;
}

const struct tool_verb tool_verb_unseal_vault = {
	.name = "unseal vault",
	.summary = "send the kept unseal shares to a vault",
	.usage = "--addr URL... [--vault NAME] [--ca FILE] [--timeout SECONDS]\n"
	         "                      [--allow-http] [--token LABEL] [--pin-file FILE]",
	.text = "Opens the vault's shares and gives them to its server, Vault or OpenBao, at each\n"
	        "--addr; a cluster has several. A server that is not there, starts, is not\n"
	        "initialized or not trusted yet is asked again for --timeout seconds, 300 if not\n"
	        "given. One that is unsealed already is fine. Who else began to unseal it begins\n"
	        "anew. Certificates are always verified: who is not trusted gets no share.\n"
	        "Redirects are not followed, proxies not asked.",
	.example = "signet unseal vault --addr https://127.0.0.1:8200 --ca /etc/ssl/vault-ca.pem",
	.run = run,
	.options = { OPT_ADDR, OPT_VAULT, OPT_CA, OPT_TIMEOUT, OPT_ALLOW_HTTP, OPT_TOKEN,
	             OPT_PIN_FILE },
	.required = { OPT_ADDR },
};
