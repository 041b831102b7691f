/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What a registrar does because time passes: it notes whose time is over, removes who
 * ended long ago, and has heads of the log signed.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "enroll/audit.h"
#include "enroll/registrar_state.h"
#include "store/chain.h"
#include "util/log.h"

#define KEEP ((int64_t)30 * 86400)      /* seconds that a member is kept after its end */
#define AT_A_TIME 64
#define ROUNDS_MAX 8192                 /* of so many at a time; the rest waits for the next tick */

/* Members that are due. */
struct due {
	struct sg_fleet_member list[AT_A_TIME];
	size_t n;
};

static const struct {
	const char *ended, *removed;
} events[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = { "machine-ended", "machine-removed" },
	[SG_FLEET_AGENTS] = { "agent-ended", "agent-removed" },
};

static bool gather(void *context, const struct sg_fleet_member *member)
{
	struct due *due = context;

	due->list[due->n++] = *member;
	return due->n < AT_A_TIME;
}

/* Who was changed meanwhile, or is gone, is nobody of ours any more. Where nobody looked for 30
 * days both are due, and both are logged. */
static enum sg_err settle(struct sg_fleet *fleet, enum sg_fleet_table table,
                          struct sg_fleet_member *member, int64_t now)
{
	const bool gone = member->expires <= now - KEEP;
	struct sg_fleet_event event = { now, events[table].ended, "registrar", member->id,
	                                sg_bytes_str("{}") };
	enum sg_err err = SG_OK;

	if (!member->ended) {
		member->ended = true;
		err = fleet->ops->member_change(fleet, table, member, SG_FLEET_EXTEND_NOT, NULL,
		                                &event);
	}
	event.event = events[table].removed;
	if (err == SG_OK && gone)
		err = fleet->ops->member_remove(fleet, table, member->id, now - KEEP, &event);
	return err == SG_ERR_STORE_BUSY || err == SG_ERR_NOT_FOUND ? SG_OK : err;
}

static enum sg_err settle_all(struct sg_fleet *fleet, enum sg_fleet_table table, int64_t now)
{
	struct due *due = malloc(sizeof *due);
	enum sg_err err = due != NULL ? SG_OK : SG_ERR_NOMEM;

	if (due == NULL)
		return err;
	for (unsigned round = 0; err == SG_OK && round < ROUNDS_MAX; round++) {
		due->n = 0;
		err = fleet->ops->member_due(fleet, table, now, KEEP, gather, due);
		for (size_t i = 0; i < due->n && err == SG_OK; i++)
			err = settle(fleet, table, &due->list[i], now);
		if (due->n < AT_A_TIME)
			break;
	}
	free(due);
	return err;
}

/* See sg_fleet_head_visit. */
static bool last_head(void *context, const struct sg_fleet_head *head)
{
	struct sg_registrar *registrar = context;

	registrar->signed_seq = head->seq;
	registrar->signed_at = head->at;
	return true;
}

/* Sign the end of the log, and put the head where heads are kept. */
static enum sg_err sign_head(struct sg_registrar *registrar, struct sg_fleet_head *head)
{
	struct sg_buf text = { NULL, 0, 0 };
	enum sg_err err;

	memcpy(head->key, registrar->signer.key, sizeof head->key);
	err = sg_chain_head(head, &text);
	if (err == SG_OK)
		err = registrar->signer.sign(registrar->signer.context, sg_buf_bytes(&text),
		                             head->signature);
	/* A signature that nobody can check is worse than none. */
	if (err == SG_OK)
		err = sg_ed25519_verify(sg_bytes(head->key, sizeof head->key), sg_buf_bytes(&text),
		                        sg_bytes(head->signature, sizeof head->signature));
	sg_buf_free(&text);
	if (err == SG_OK && registrar->heads != NULL)
		err = sg_audit_append(registrar->heads, head);
	if (err == SG_OK)
		err = registrar->fleet->ops->head_add(registrar->fleet, head);
	return err;
}

/* Sign where there is something to sign, and it is due or has to be now. */
static enum sg_err sign_due(struct sg_registrar *registrar, int64_t now, bool must)
{
	struct sg_fleet *fleet = registrar->fleet;
	struct sg_fleet_head head;
	enum sg_err err = SG_OK;
	bool due;

	pthread_mutex_lock(&registrar->signing);
	if (!registrar->knows_head)
		err = fleet->ops->head_visit(fleet, last_head, registrar);
	registrar->knows_head = err == SG_OK;
	if (err == SG_OK)
		err = fleet->ops->entry_last(fleet, &head);
	if (err != SG_OK || head.seq <= registrar->signed_seq)
		goto out;
	due = must || head.seq - registrar->signed_seq >= registrar->head_entries ||
	      now - registrar->signed_at >= registrar->head_seconds;
	if (!due)
		goto out;
	head.at = now;
	err = sign_head(registrar, &head);
	if (err == SG_OK)
		(void)last_head(registrar, &head);
	else
		sg_log(SG_LOG_ERROR, "The end of the log can't be signed: %s.",
		       sg_err_sentence(err));
out:
	pthread_mutex_unlock(&registrar->signing);
	return err;
}

enum sg_err sg_registrar_tick(struct sg_registrar *registrar, int64_t now)
{
	enum sg_err err = SG_OK;

	for (size_t table = 0; table < SG_FLEET_TABLES && err == SG_OK; table++)
		err = settle_all(registrar->fleet, (enum sg_fleet_table)table, now);
	if (err == SG_OK && registrar->has_signer)
		err = sign_due(registrar, now, false);
	return err;
}

enum sg_err sg_registrar_sign(struct sg_registrar *registrar, int64_t now)
{
	return registrar->has_signer ? sign_due(registrar, now, true) : SG_ERR_ARG;
}
