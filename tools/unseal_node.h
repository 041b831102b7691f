/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. One server of a vault that is to be unsealed: what it said last, and what is done
 * next. Each visit asks for its state and goes on from there, so that whatever went between two
 * visits, a restart or somebody else's shares, is seen.
 */
#ifndef TOOLS_UNSEAL_NODE_H
#define TOOLS_UNSEAL_NODE_H

#include "tools/unseal_answer.h"
#include "tools/unseal_client.h"
#include "tools/unseal_share.h"

enum unseal_state {
	UNSEAL_WAITING,         /* to be visited again */
	UNSEAL_DONE,            /* it is unsealed */
	UNSEAL_FAILED,          /* another visit would change nothing */
};

struct unseal_node {
	const char *addr;
	enum unseal_state state;
	enum tool_exit code;            /* what it is where it goes on like this */
	char why[512];                  /* the sentence for that */
	const char *advice;             /* or NULL */
	bool was_open;                  /* it needed no share */
	char nonce[UNSEAL_NONCE];       /* of the attempt in which `sent` shares were sent */
	size_t sent;
	size_t first;                   /* share to begin with, another after each refusal */
	unsigned refused;               /* attempts that came to nothing */
	unsigned idle;                  /* visits since it had all shares and stayed sealed */
};

/* Visit a server that waits: ask for its state, by the limit, and send shares where it wants some,
 * until the end of it. Errors: NOMEM, SECURE_MEMORY. */
enum sg_err unseal_node_visit(struct unseal_node *node, struct unseal_client *client,
                              const struct unseal_shares *shares, struct unseal_limit limit);

#endif
