/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sealing a token anew.
 */
#include "core/token_reseal.h"

#include <string.h>

#include "core/token_index.h"
#include "core/token_tries.h"

/* The record that was read, and the one that is to take its place. */
struct change {
	const struct sg_token_record *old;
	struct sg_token_record fresh;   /* its policy, and the copies that are not empty */
	struct sg_sealer *sealer;
	struct sg_pin_plan *plan[SG_SEAL_SLOTS];        /* of their indices, or NULL */
};

static const struct sg_secret *pin_of(const struct sg_token_reseal *how, enum sg_seal_slot slot)
{
	return slot == SG_SEAL_USER ? how->user_pin : slot == SG_SEAL_SO ? how->so_pin : NULL;
}

/* Prove every PIN that is given, so that none becomes another by mistake; each opens the
 * same token key. */
static enum sg_err prove_pins(struct sg_token *token, struct sg_sealer *sealer,
                              const struct sg_token_record *record,
                              const struct sg_token_reseal *how, struct sg_secret **token_key)
{
	enum sg_err err = SG_ERR_ARG;

	for (int slot = SG_SEAL_USER; slot < SG_SEAL_SLOTS; slot++) {
		const struct sg_secret *pin = pin_of(how, (enum sg_seal_slot)slot);

		if (pin == NULL)
			continue;
		sg_secret_free(token_key);
		err = record->copy[slot].blob.len == 0
		              ? SG_ERR_AUTH
		              : sg_token_unseal_pin(token, sealer, record, (enum sg_seal_slot)slot,
		                                    sg_secret_bytes(pin), token_key);
		sg_token_note_try(token, sealer, record, slot == SG_SEAL_USER ? SG_USER : SG_SO,
		                  err);
		if (err != SG_OK)
			break;
	}
	return err;
}

enum sg_err sg_token_reseal_open(struct sg_token *token, struct sg_sealer *sealer,
                                 const struct sg_token_record *record,
                                 const struct sg_token_reseal *how, struct sg_secret **token_key)
{
	if (!record->machine)
		return prove_pins(token, sealer, record, how, token_key);
	if (how->user_pin != NULL || how->so_pin != NULL)
		return SG_ERR_ARG;
	return sg_token_unseal_open(token, sealer, record, token_key);
}

/* Plan the index of every PIN that has one, and enter it in the stored record. */
static enum sg_err plan_indices(struct sg_token *token, struct sg_keyset *const keys[2],
                                const struct sg_token_reseal *how, struct change *change)
{
	enum sg_err err = SG_OK;

	for (int slot = SG_SEAL_USER; slot < SG_SEAL_SLOTS && err == SG_OK; slot++) {
		if (pin_of(how, (enum sg_seal_slot)slot) == NULL)
			continue;
		err = sg_token_index_plan(change->sealer, change->old, (enum sg_seal_slot)slot,
		                          &change->plan[slot]);
		if (err == SG_OK)
			err = sg_token_index_enter(token, change->sealer, keys,
			                           how->owner_auth, change->plan[slot]);
	}
	return err;
}

static enum sg_err seal_all(const struct sg_token_reseal *how, const struct sg_secret *token_key,
                            struct change *change)
{
	struct sg_token_record *fresh = &change->fresh;
	enum sg_err err;

	memcpy(fresh->uuid, change->old->uuid, SG_UUID);
	fresh->machine = change->old->machine;
	err = sg_buf_set(&fresh->parent, sg_buf_bytes(&change->old->parent));
	if (err == SG_OK)
		err = sg_buf_set(&fresh->policy, how->other_policy
		                                         ? how->policy
		                                         : sg_buf_bytes(&change->old->policy));
	if (err == SG_OK)
		err = sg_token_seal_open(change->sealer, token_key, fresh);
	for (int slot = SG_SEAL_USER; slot < SG_SEAL_SLOTS && err == SG_OK; slot++) {
		const struct sg_secret *pin = pin_of(how, (enum sg_seal_slot)slot);
		struct sg_pin_seal with = {
			.plan = change->plan[slot], .owner_auth = how->owner_auth,
		};

		if (pin == NULL)
			continue;
		with.pin = sg_secret_bytes(pin);
		err = sg_token_seal_pin(change->sealer, fresh, token_key, &with,
		                        &fresh->copy[slot]);
	}
	return err;
}

static enum sg_err put(struct sg_token_record *record, void *arg)
{
	struct change *change = arg;
	enum sg_err err;

	/* Another process changed a PIN in between: the one that was proved is void. */
	for (int slot = SG_SEAL_USER; slot < SG_SEAL_SLOTS; slot++)
		if (change->fresh.copy[slot].blob.len > 0 &&
		    !sg_bytes_equal(sg_buf_bytes(&change->old->copy[slot].blob),
		                    sg_buf_bytes(&record->copy[slot].blob)))
			return SG_ERR_AUTH;
	for (int slot = 0; slot < SG_SEAL_SLOTS; slot++) {
		if (change->fresh.copy[slot].blob.len == 0)
			continue;
		sg_buf_free(&record->copy[slot].blob);
		record->copy[slot] = change->fresh.copy[slot];
		memset(&change->fresh.copy[slot], 0, sizeof change->fresh.copy[slot]);
	}
	err = sg_buf_set(&record->policy, sg_buf_bytes(&change->fresh.policy));
	return err == SG_OK ? sg_token_index_settle(change->sealer, record) : err;
}

enum sg_err sg_token_reseal(struct sg_token *token, const struct sg_token_reseal *how)
{
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_token_record record = { 0 };
	struct change change = { .old = &record };
	struct sg_secret *token_key = NULL;
	enum sg_err err;

	err = sg_token_read_record(token, &record);
	if (err != SG_OK)
		return err;
	sg_token_opening_lock(token);
	err = sg_token_sealer(token, record.sealer, &change.sealer);
	if (err == SG_OK)
		err = sg_token_reseal_open(token, change.sealer, &record, how, &token_key);
	if (err == SG_OK)
		err = sg_token_derive(token_key, record.uuid, keys);
	if (err == SG_OK)       /* the parent it names is about to get the token key */
		err = sg_token_record_check(&record, keys);
	if (err == SG_OK)
		err = plan_indices(token, keys, how, &change);
	if (err == SG_OK)
		err = seal_all(how, token_key, &change);
	if (err == SG_OK)
		err = sg_token_change_record(token, keys, put, &change);
	if (change.plan[SG_SEAL_USER] != NULL)  /* the old index, or the new one */
		sg_token_index_sweep(token, change.sealer, keys, how->owner_auth);
	sg_token_opening_unlock(token);
	for (int slot = 0; slot < SG_SEAL_SLOTS; slot++)
		sg_pin_plan_free(&change.plan[slot]);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(&token_key);
	sg_token_record_clear(&change.fresh);
	sg_token_record_clear(&record);
	return err;
}
