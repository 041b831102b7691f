/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Making tokens. Everything is sealed before the first byte is stored. Where storing
 * fails, what was made in the hardware is removed, unless it is in use: what was asked for may
 * have been done all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "core/token_build.h"
#include "core/token_index.h"
#include "core/token_kept.h"
#include "core/token_proof.h"
#include "core/token_tries.h"
#include "core/token_tripwire.h"
#include "crypto/random.h"
#include "util/file.h"
#include "util/log.h"

static enum sg_err check_plan(const struct sg_token_plan *plan)
{
	if (plan->machine && (plan->user_pin != NULL || plan->so_pin != NULL))
		return SG_ERR_ARG;
	if (!plan->machine && plan->user_pin == NULL && plan->so_pin == NULL)
		return SG_ERR_ARG;
	if (plan->pin_tries > SG_PIN_TRIES_MAX || (plan->machine && plan->pin_tries > 0))
		return SG_ERR_RANGE;
	if (plan->user_pin != NULL && !sg_pin_fits(sg_secret_bytes(plan->user_pin)))
		return SG_ERR_RANGE;
	if (plan->so_pin != NULL && !sg_pin_fits(sg_secret_bytes(plan->so_pin)))
		return SG_ERR_RANGE;
	return SG_OK;
}

enum sg_err sg_token_create(struct sg_token *token, const struct sg_token_plan *plan,
                            bool *parent_made)
{
	struct sg_token_made made = { .keys = { NULL, NULL } };
	struct sg_tripwire_fresh fresh = { .made = false };
	struct sg_sealer *sealer = NULL;
	bool parent = false;
	enum sg_err err;

	err = check_plan(plan);
	if (err == SG_OK)
		err = sg_token_record_set_label(&made.record, plan->label);
	if (err != SG_OK)
		return err;
	sg_random(made.record.uuid, sizeof made.record.uuid);
	sg_token_opening_lock(token);
	err = sg_token_sealer(token, plan->sealer, &sealer);
	if (err == SG_OK)
		err = sg_dir_make_private(token->config->state);
	if (err == SG_OK)
		err = sg_token_build(sealer, plan, &made, &parent);
	if (err == SG_OK)
		err = sg_token_tripwire_begin(token, sealer, &made.record, &fresh);
	if (err == SG_OK)
		err = sg_store_create(token->path, sg_buf_bytes(&made.token),
		                      sg_buf_bytes(&made.state), sg_buf_bytes(&made.anchor));
	if (err != SG_OK)
		sg_token_undo(token, sealer, plan->owner_auth, &made.record);
	sg_token_opening_unlock(token);
	/* What can't be kept now is kept at the first use, and said then. */
	if (err == SG_OK)
		(void)sg_token_tripwire_keep(token, &fresh);
	if (parent_made != NULL)
		*parent_made = parent;
	sg_token_made_clear(&made);
	if (err == SG_OK)
		sg_token_sync_written(token);
	return err;
}

/* Put the new records in the place of everything that the store held. */
static enum sg_err overwrite(const struct sg_token *token, struct sg_sealer *sealer,
                             const struct sg_token_record *old, const struct sg_token_made *made)
{
	struct sg_token_record now = { 0 };
	struct sg_store_txn *txn = NULL;
	uint32_t left;
	enum sg_err err;

	err = sg_store_begin(token->path, SG_STORE_WRITE, &txn);
	if (err == SG_OK)
		err = sg_token_get_record(txn, &now);
	/* Another process changed the officer's PIN meanwhile, or made the token new. */
	if (err == SG_OK && !sg_token_record_same(&now, old))
		err = sg_bytes_equal(sg_buf_bytes(&now.copy[SG_SEAL_SO].blob),
		                     sg_buf_bytes(&old->copy[SG_SEAL_SO].blob))
		              ? SG_ERR_STORE_BUSY
		              : SG_ERR_AUTH;
	if (err == SG_OK)
		err = sg_store_object_delete_all(txn);
	if (err == SG_OK)
		err = sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&made->token));
	if (err == SG_OK)
		err = sg_store_put(txn, SG_STORE_STATE, sg_buf_bytes(&made->state));
	if (err == SG_OK && made->anchor.len > 0)
		err = sg_store_put(txn, SG_STORE_ANCHOR, sg_buf_bytes(&made->anchor));
	/* Before the commit: as long as an old counter is there, so is the way back. */
	if (err == SG_OK && sg_token_record_anchored(old))
		err = sg_token_anchor_clear(sealer, NULL, old,
		                            sg_buf_bytes(&made->record.counter), &left);
	if (err == SG_OK)
		err = sg_store_commit(&txn);
	sg_store_abort(&txn);
	sg_token_record_clear(&now);
	return err;
}

bool sg_token_remake_begin(struct sg_token *token)
{
	bool free_to;

	pthread_rwlock_wrlock(&token->lock);
	free_to = token->sessions == 0 && !token->remaking;
	if (free_to)
		token->remaking = true;
	pthread_rwlock_unlock(&token->lock);
	return free_to;
}

void sg_token_remake_end(struct sg_token *token)
{
	pthread_rwlock_wrlock(&token->lock);
	token->remaking = false;
	pthread_rwlock_unlock(&token->lock);
}

/* Nobody but the officer makes a token new, and what is about to guard the new one is authentic. */
static enum sg_err prove_officer(struct sg_token *token, const struct sg_secret *so_pin,
                                 struct sg_token_proof *old)
{
	const struct sg_token_pins pins = { .so = so_pin };
	enum sg_err err = sg_token_prove(token, &pins, old);

	if (err != SG_OK || !sg_token_record_anchored(&old->record))
		return err;
	err = sg_token_anchor_verify(token, old->sealer, &old->record, old->keys);
	if (err == SG_ERR_CLOSED)       /* another process changed the record meanwhile */
		return SG_ERR_STORE_BUSY;
	/* Somebody broke this off when it was gone already, perhaps with the new one there. */
	return err == SG_ERR_HW_NV_GONE ||
	                       (err == SG_ERR_STORE_OLD &&
	                        sg_token_anchor_is_gone(old->sealer, &old->record, old->keys))
	               ? SG_OK
	               : err;
}

/* Build the new one. It is the same token under the same protection and in the same device, with
 * the officer's PIN alone; the indices of the old one are removed when it is stored. */
static enum sg_err build_anew(const struct sg_token_proof *old, const struct sg_secret *so_pin,
                              struct sg_bytes label, struct sg_token_made *made)
{
	const struct sg_token_plan plan = {
		.label = label,
		.so_pin = so_pin,
		.policy = sg_buf_bytes(&old->record.policy),
		.pin_tries = old->record.pin_tries,
		.rollback_protection = sg_token_record_anchored(&old->record),
	};
	bool parent_made;
	enum sg_err err;

	memcpy(made->record.uuid, old->record.uuid, SG_UUID);
	made->record.indices = old->record.indices;
	err = sg_buf_set(&made->record.parent, sg_buf_bytes(&old->record.parent));
	return err == SG_OK ? sg_token_build(old->sealer, &plan, made, &parent_made) : err;
}

/* This process forgets the old one, and takes the indices that it had out of the hardware. */
static enum sg_err settle(struct sg_token *token, const struct sg_token_made *made)
{
	struct sg_sealer *sealer;
	enum sg_err err = SG_OK;

	pthread_rwlock_wrlock(&token->lock);
	sg_token_close(token);
	pthread_rwlock_unlock(&token->lock);
	sg_token_note_pin(token, SG_USER, SG_OK);
	sg_token_sync_written(token);
	if (made->record.indices.n > 0) {
		/* Who asked for the token meanwhile may have had another sealer opened for it. */
		sg_token_opening_lock(token);
		err = sg_token_sealer(token, made->record.sealer, &sealer);
		err = err != SG_OK ? SG_ERR_PIN_LEFT
		                   : sg_token_index_settled(token, sealer, made->keys, NULL, SG_OK);
		sg_token_opening_unlock(token);
	}
	return err;
}

/* Read the officer's PIN and the record that it is to open. */
static enum sg_err begin_recreate(struct sg_token *token, struct sg_bytes so_pin,
                                  struct sg_token_record *record, struct sg_secret **pin)
{
	enum sg_err err = sg_token_read_record(token, record);

	if (err == SG_OK && (record->machine || record->copy[SG_SEAL_SO].blob.len == 0)) {
		sg_log(SG_LOG_ERROR, "this token has no security officer; remove it with the tool");
		err = SG_ERR_AUTH;
	}
	if (err == SG_OK && !sg_pin_fits(so_pin))
		err = SG_ERR_AUTH;
	return err == SG_OK ? sg_secret_copy(so_pin, pin) : err;
}

/* Destroy the keys in the hardware whose objects went. That one stays is no reason to say that the
 * token was not made new. */
static void remove_kept(struct sg_sealer *sealer, struct sg_token_kept_list *kept)
{
	sg_token_kept_remove(sealer, kept);
	for (size_t i = 0; i < kept->n; i++)
		if (kept->entry[i].asked)
			sg_log(SG_LOG_NOTICE, "a key of the token before this one stayed in %s: %s",
			       kept->entry[i].device, sg_err_sentence(kept->entry[i].err));
}

enum sg_err sg_token_recreate(struct sg_token *token, struct sg_bytes so_pin,
                              struct sg_bytes label)
{
	struct sg_token_proof old = { .sealer = NULL };
	struct sg_token_made made = { .keys = { NULL, NULL } };
	const struct sg_token_kept_which of_this = { .in = token->path };
	struct sg_token_kept_list kept = { .entry = NULL };
	struct sg_secret *pin = NULL;
	enum sg_err err = begin_recreate(token, so_pin, &old.record, &pin);

	if (err != SG_OK)
		goto out;
	sg_token_opening_lock(token);
	err = prove_officer(token, pin, &old);
	if (err == SG_OK)
		err = sg_token_kept_find(old.sealer, old.record.uuid, &of_this, &kept);
	if (err == SG_OK)
		err = build_anew(&old, pin, label, &made);
	if (err == SG_OK)
		err = overwrite(token, old.sealer, &old.record, &made);
	if (err != SG_OK)
		sg_token_undo_counter(token, old.sealer, NULL, &made.record);
	else
		remove_kept(old.sealer, &kept);
	sg_token_opening_unlock(token);
	if (err == SG_OK)
		err = settle(token, &made);
out:
	sg_token_kept_clear(&kept);
	sg_token_made_clear(&made);
	sg_token_proof_clear(&old);
	sg_secret_free(&pin);
	return err;
}
