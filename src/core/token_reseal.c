/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sealing a token anew.
 */
#include "core/token_reseal.h"

#include <string.h>

#include "core/token_anchor.h"
#include "core/token_index.h"

/* The record that was read, and the one that is to take its place. */
struct change {
	const struct sg_token_record *old;
	struct sg_token_record fresh;   /* its policy, and the copies that are not empty */
	struct sg_sealer *sealer;
	struct sg_pin_plan *plan[SG_SEAL_SLOTS];        /* of their indices, or NULL */
};

/* Plan the index of every PIN that has one, and enter it in the stored record. */
static enum sg_err plan_indices(struct sg_token *token, struct sg_keyset *const keys[2],
                                const struct sg_token_reseal *how, struct change *change)
{
	enum sg_err err = SG_OK;

	for (int slot = SG_SEAL_USER; slot < SG_SEAL_SLOTS && err == SG_OK; slot++) {
		if (sg_token_pin(&how->pins, (enum sg_seal_slot)slot) == NULL)
			continue;
		err = sg_token_index_plan(change->sealer, change->old, (enum sg_seal_slot)slot,
		                          &change->plan[slot]);
		if (err == SG_OK)
			err = sg_token_index_enter(token, change->sealer, keys,
			                           how->pins.owner_auth, change->plan[slot]);
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
		const struct sg_secret *pin = sg_token_pin(&how->pins, (enum sg_seal_slot)slot);
		struct sg_pin_seal with = {
			.plan = change->plan[slot], .owner_auth = how->pins.owner_auth,
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
	struct sg_token_proof proof = { .sealer = NULL };
	struct change change = { .old = &proof.record };
	enum sg_err err;

	err = sg_token_read_record(token, &proof.record);
	if (err != SG_OK)
		goto out;
	sg_token_opening_lock(token);
	err = sg_token_prove(token, &how->pins, &proof);
	change.sealer = proof.sealer;
	if (err == SG_OK)
		err = plan_indices(token, proof.keys, how, &change);
	if (err == SG_OK)
		err = seal_all(how, proof.token_key, &change);
	if (err == SG_OK)
		err = sg_token_change_record(token, proof.keys, put, &change);
	/* The old index, or the new one, or what could not be removed before. */
	if (change.plan[SG_SEAL_USER] != NULL ||
	    (sg_token_anchor_stands(err) && proof.record.indices.n > 0))
		err = sg_token_index_settled(token, change.sealer, proof.keys,
		                             how->pins.owner_auth, err);
	sg_token_opening_unlock(token);
out:
	for (int slot = 0; slot < SG_SEAL_SLOTS; slot++)
		sg_pin_plan_free(&change.plan[slot]);
	sg_token_record_clear(&change.fresh);
	sg_token_proof_clear(&proof);
	return err;
}
