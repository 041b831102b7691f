/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Making tokens. Everything is sealed before the first byte is stored. Where storing
 * fails, what was made in the hardware is removed, unless it is in use: what was asked for may
 * have been done all the same.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/token_anchor.h"
#include "core/token_index.h"
#include "core/token_policy.h"
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

enum sg_err sg_token_seal_pin(struct sg_sealer *sealer, const struct sg_token_record *record,
                              const struct sg_secret *token_key, const struct sg_pin_seal *how,
                              struct sg_sealed_copy *copy)
{
	struct sg_policy policy = { 0 };
	struct sg_seal_guard guard = {
		.policy = &policy, .plan = how->plan, .owner_auth = how->owner_auth,
	};
	struct sg_secret *auth = NULL;
	enum sg_err err;

	sg_random(copy->salt, sizeof copy->salt);
	copy->cost = sg_argon2_default;
	err = sg_token_policy(record, &policy);
	if (err == SG_OK)
		err = sg_argon2id(how->pin, sg_bytes(copy->salt, sizeof copy->salt), copy->cost,
		                  SG_SEAL_AUTH, &auth);
	if (err == SG_OK) {
		guard.auth = auth;
		err = sealer->ops->seal(sealer, sg_buf_bytes(&record->parent), &guard, token_key,
		                        &copy->blob);
	}
	sg_secret_free(&auth);
	sg_policy_clear(&policy);
	return err;
}

enum sg_err sg_token_seal_open(struct sg_sealer *sealer, const struct sg_secret *token_key,
                               struct sg_token_record *record)
{
	struct sg_policy policy = { 0 };
	const struct sg_seal_guard guard = { .policy = &policy };
	struct sg_secret *public_key = NULL;
	enum sg_err err;

	err = sg_token_policy(record, &policy);
	if (err == SG_OK && !record->machine)
		err = sg_public_key_derive(token_key, record->uuid, &public_key);
	if (err == SG_OK)
		err = sealer->ops->seal(sealer, sg_buf_bytes(&record->parent), &guard,
		                        record->machine ? token_key : public_key,
		                        &record->copy[SG_SEAL_OPEN].blob);
	sg_secret_free(&public_key);
	sg_policy_clear(&policy);
	return err;
}

/* Seal the token key of a record that is not stored yet under the PINs of the plan. */
static enum sg_err seal_pins(struct sg_sealer *sealer, const struct sg_token_plan *plan,
                             const struct sg_secret *token_key, struct sg_token_record *record)
{
	const struct sg_secret *const pins[SG_SEAL_SLOTS] = {
		[SG_SEAL_USER] = plan->user_pin,
		[SG_SEAL_SO] = plan->so_pin,
	};
	enum sg_err err = SG_OK;

	for (int slot = 0; slot < SG_SEAL_SLOTS && err == SG_OK; slot++) {
		struct sg_pin_seal how = { .owner_auth = plan->owner_auth };
		struct sg_pin_plan *index = NULL;

		if (pins[slot] == NULL)
			continue;
		how.pin = sg_secret_bytes(pins[slot]);
		err = sg_token_index_plan(sealer, record, (enum sg_seal_slot)slot, &index);
		if (err == SG_OK && index != NULL)
			err = sg_token_index_add(record, index);
		how.plan = index;
		if (err == SG_OK)
			err = sg_token_seal_pin(sealer, record, token_key, &how,
			                        &record->copy[slot]);
		sg_pin_plan_free(&index);
	}
	return err;
}

/* What a new store holds. */
struct stored {
	struct sg_buf token, state;
	struct sg_buf anchor;           /* empty: there is none */
};

static void stored_clear(struct stored *stored)
{
	sg_buf_free(&stored->token);
	sg_buf_free(&stored->state);
	sg_buf_free(&stored->anchor);
}

/* Fill a record with a new token key, sealed, and write the records of an empty token. The last
 * thing that is made in the hardware is the counter. The caller frees the keys. */
static enum sg_err build(struct sg_sealer *sealer, const struct sg_token_plan *plan,
                         struct sg_token_record *record, bool *parent_made,
                         struct sg_keyset *keys[2], struct stored *stored)
{
	struct sg_secret *token_key = NULL;
	struct sg_anchor anchor = { 0 };
	struct sg_state state;
	enum sg_err err;

	record->machine = plan->machine;
	record->pin_tries = plan->pin_tries;
	record->created = (uint64_t)time(NULL);
	memset(record->sealer, 0, sizeof record->sealer);
	strncpy(record->sealer, sealer->ops->name, sizeof record->sealer - 1);
	err = sg_token_record_set_label(record, plan->label);
	if (err == SG_OK)
		err = sg_buf_set(&record->policy, plan->policy);
	if (err == SG_OK)
		err = sealer->ops->provision(sealer, plan->owner_auth, &record->parent,
		                             parent_made);
	if (err == SG_OK)
		err = sg_random_secret(SG_TOKEN_KEY, &token_key);
	if (err == SG_OK)
		err = sg_token_seal_open(sealer, token_key, record);
	if (err == SG_OK)
		err = seal_pins(sealer, plan, token_key, record);
	if (err == SG_OK)
		err = sg_token_derive(token_key, record->uuid, keys);
	if (err == SG_OK) {
		sg_state_init(&state);
		for (int half = 0; half < 2; half++)
			sg_set_sign(&state.set[half], (enum sg_half)half, keys[half], record->uuid);
		err = sg_state_write(&state, &stored->state);
	}
	if (err == SG_OK && plan->rollback_protection)
		err = sg_token_anchor_make(sealer, plan->owner_auth, keys, record, &anchor);
	if (err == SG_OK)
		err = sg_token_record_write(record, keys, &stored->token);
	if (err == SG_OK && plan->rollback_protection) {
		sg_anchor_sign(&anchor, keys, record, &state);
		err = sg_anchor_write(&anchor, &stored->anchor);
	}
	sg_secret_free(&token_key);
	return err;
}

bool sg_token_is_stored(const struct sg_token *token, const struct sg_token_record *record)
{
	struct sg_token_record now = { 0 };
	enum sg_err err = sg_token_read_record(token, &now);
	bool same = err == SG_OK && sg_token_record_same(&now, record);

	sg_token_record_clear(&now);
	return same || (err != SG_OK && err != SG_ERR_STORE_MISSING);
}

/* Remove what was made in the hardware for a record that could not be stored. */
static void undo(const struct sg_token *token, struct sg_sealer *sealer,
                 const struct sg_secret *owner_auth, const struct sg_token_record *record)
{
	struct sg_pin_list left;

	if ((record->indices.n == 0 && !sg_token_record_anchored(record)) ||
	    sg_token_is_stored(token, record))
		return;
	(void)sg_token_index_abandon(sealer, record, owner_auth, &left);        /* it logs */
	if (sg_token_record_anchored(record))
		sg_token_anchor_drop(sealer, owner_auth, record);
}

enum sg_err sg_token_create(struct sg_token *token, const struct sg_token_plan *plan,
                            bool *parent_made)
{
	struct sg_token_record record = { 0 };
	struct stored stored = { { 0 } };
	struct sg_tripwire_fresh fresh = { .made = false };
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_sealer *sealer = NULL;
	bool made = false;
	enum sg_err err;

	err = check_plan(plan);
	if (err == SG_OK)
		err = sg_token_record_set_label(&record, plan->label);
	if (err != SG_OK)
		return err;
	sg_random(record.uuid, sizeof record.uuid);
	sg_token_opening_lock(token);
	err = sg_token_sealer(token, plan->sealer, &sealer);
	if (err == SG_OK)
		err = sg_dir_make_private(token->config->state);
	if (err == SG_OK)
		err = build(sealer, plan, &record, &made, keys, &stored);
	if (err == SG_OK)
		err = sg_token_tripwire_begin(token, sealer, &record, &fresh);
	if (err == SG_OK)
		err = sg_store_create(token->path, sg_buf_bytes(&stored.token),
		                      sg_buf_bytes(&stored.state), sg_buf_bytes(&stored.anchor));
	if (err != SG_OK)
		undo(token, sealer, plan->owner_auth, &record);
	sg_token_opening_unlock(token);
	/* What can't be kept now is kept at the first use, and said then. */
	if (err == SG_OK)
		(void)sg_token_tripwire_keep(token, &fresh);
	if (parent_made != NULL)
		*parent_made = made;
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_token_record_clear(&record);
	stored_clear(&stored);
	if (err == SG_OK)
		sg_token_sync_written(token);
	return err;
}

/* Put the new records in the place of everything that the store held. */
static enum sg_err overwrite(const struct sg_token *token, struct sg_sealer *sealer,
                             const struct sg_token_record *old, const struct stored *stored)
{
	struct sg_token_record now = { 0 };
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	err = sg_store_begin(token->path, SG_STORE_WRITE, &txn);
	if (err == SG_OK)
		err = sg_token_get_record(txn, &now);
	/* Another process changed the officer's PIN meanwhile, or made the token new. */
	if (err == SG_OK && !sg_token_record_same(&now, old))
		err = SG_ERR_AUTH;
	if (err == SG_OK)
		err = sg_store_object_delete_all(txn);
	if (err == SG_OK)
		err = sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&stored->token));
	if (err == SG_OK)
		err = sg_store_put(txn, SG_STORE_STATE, sg_buf_bytes(&stored->state));
	if (err == SG_OK && stored->anchor.len > 0)
		err = sg_store_put(txn, SG_STORE_ANCHOR, sg_buf_bytes(&stored->anchor));
	/* Before the commit: as long as the old counter is there, so is the way back. */
	if (err == SG_OK && sg_token_record_anchored(old)) {
		err = sg_token_anchor_remove(sealer, NULL, old);
		if (err == SG_ERR_HW_NV_GONE)
			err = SG_OK;
	}
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

enum sg_err sg_token_recreate(struct sg_token *token, struct sg_bytes so_pin,
                              struct sg_bytes label)
{
	struct sg_token_record record = { 0 }, fresh = { 0 };
	struct stored stored = { { 0 } };
	struct sg_secret *token_key = NULL, *pin = NULL;
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_token_plan plan = { .label = label };
	struct sg_sealer *sealer;
	bool made;
	enum sg_err err;

	err = sg_token_read_record(token, &record);
	if (err != SG_OK)
		goto out;
	if (record.machine || record.copy[SG_SEAL_SO].blob.len == 0) {
		sg_log(SG_LOG_ERROR, "this token has no security officer; remove it with the tool");
		err = SG_ERR_AUTH;
		goto out;
	}
	sg_token_opening_lock(token);
	err = sg_token_sealer(token, record.sealer, &sealer);
	if (err == SG_OK) {
		err = sg_token_unseal_pin(token, sealer, &record, SG_SEAL_SO, so_pin, &token_key);
		sg_token_note_try(token, sealer, &record, SG_SO, err);
	}
	if (err == SG_OK)
		err = sg_token_derive(token_key, record.uuid, keys);
	if (err == SG_OK)       /* its policy is about to guard the new one */
		err = sg_token_record_check(&record, keys);
	if (err == SG_OK && sg_token_record_anchored(&record))
		err = sg_token_anchor_verify(token, sealer, &record, keys);
	if (err == SG_ERR_HW_NV_GONE)   /* somebody broke this off when it was gone already */
		err = SG_OK;
	if (err == SG_OK)
		err = sg_secret_copy(so_pin, &pin);
	if (err == SG_OK) {
		plan.so_pin = pin;
		plan.policy = sg_buf_bytes(&record.policy);
		plan.pin_tries = record.pin_tries;
		plan.rollback_protection = sg_token_record_anchored(&record);
		memcpy(fresh.uuid, record.uuid, SG_UUID);
		fresh.indices = record.indices;         /* to be removed when it is stored */
		sg_keyset_free(&keys[0]);
		sg_keyset_free(&keys[1]);
		err = build(sealer, &plan, &fresh, &made, keys, &stored);
	}
	if (err == SG_OK)
		err = overwrite(token, sealer, &record, &stored);
	if (err != SG_OK && sg_token_record_anchored(&fresh) && !sg_token_is_stored(token, &fresh))
		sg_token_anchor_drop(sealer, NULL, &fresh);
	sg_token_opening_unlock(token);
	if (err == SG_OK) {
		pthread_rwlock_wrlock(&token->lock);
		sg_token_close(token);
		pthread_rwlock_unlock(&token->lock);
		sg_token_note_pin(token, SG_USER, SG_OK);
		sg_token_sync_written(token);
	}
	if (err == SG_OK && fresh.indices.n > 0) {
		sg_token_opening_lock(token);
		sg_token_index_sweep(token, sealer, keys, NULL);
		sg_token_opening_unlock(token);
	}
out:
	sg_token_record_clear(&record);
	sg_token_record_clear(&fresh);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(&token_key);
	sg_secret_free(&pin);
	stored_clear(&stored);
	return err;
}
