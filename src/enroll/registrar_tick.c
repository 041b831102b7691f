/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What a registrar does because time passes: it notes whose time is over, removes who
 * ended long ago, and has heads of the log signed.
 */
#include <inttypes.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "enroll/audit.h"
#include "enroll/registrar_state.h"
#include "store/chain.h"
#include "util/log.h"

#define KEEP ((int64_t)30 * 86400)      /* seconds that a member is kept after its end was noted */
#define AT_A_TIME 256

static const struct {
	const char *ended, *removed;
} events[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = { "machine-ended", "machine-removed" },
	[SG_FLEET_AGENTS] = { "agent-ended", "agent-removed" },
};

/* One transaction for each table. Who finds the store locked has waited for it already, and
 * waits for nothing else. */
static enum sg_err settle(struct sg_fleet *fleet, int64_t now, bool *more)
{
	enum sg_err err = SG_OK;

	for (size_t table = 0; table < SG_FLEET_TABLES && err == SG_OK; table++) {
		const struct sg_fleet_settling settling = {
			.now = now, .keep = KEEP, .most = AT_A_TIME, .actor = "registrar",
			.ended = events[table].ended, .removed = events[table].removed,
		};
		bool some;

		err = fleet->ops->member_settle(fleet, (enum sg_fleet_table)table, &settling,
		                                &some);
		*more = *more || (err == SG_OK && some);
	}
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

/* Sign the end of the log, and put the head where heads are kept: into the store also while the
 * file is away, as one that is on a disk elsewhere may be. That is told, and is no error: the next
 * head is put into the file again, and covers what this one does. */
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
	if (err == SG_OK && registrar->heads != NULL &&
	    sg_audit_append(registrar->heads, head) != SG_OK)
		sg_log(SG_LOG_ERROR, "The head of entry %" PRIu64 " of the log is in the store alone.",
		       head->seq);
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
	/* A head of a time that is still to come was signed by a clock that was ahead. */
	due = must || head.seq - registrar->signed_seq >= registrar->head_entries ||
	      now < registrar->signed_at ||
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

enum sg_err sg_registrar_tick(struct sg_registrar *registrar, int64_t now, bool *more)
{
	enum sg_err err, signs = SG_OK;

	*more = false;
	err = settle(registrar->fleet, now, more);
	if (err != SG_ERR_STORE_BUSY && registrar->has_signer)
		signs = sign_due(registrar, now, false);
	return err != SG_OK ? err : signs;
}

enum sg_err sg_registrar_sign(struct sg_registrar *registrar, int64_t now)
{
	return registrar->has_signer ? sign_due(registrar, now, true) : SG_ERR_ARG;
}
