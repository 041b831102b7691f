/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Building the records of a token that is stored nowhere yet.
 */
#include "core/token_build.h"

#include <string.h>
#include <time.h>

#include "core/token_index.h"
#include "core/token_policy.h"
#include "crypto/random.h"
#include "util/log.h"

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

void sg_token_made_clear(struct sg_token_made *made)
{
	sg_token_record_clear(&made->record);
	sg_keyset_free(&made->keys[0]);
	sg_keyset_free(&made->keys[1]);
	sg_buf_free(&made->token);
	sg_buf_free(&made->state);
	sg_buf_free(&made->anchor);
}

/* What the sealer can't do at all is refused before anything is made in its hardware. */
static enum sg_err check_able(const struct sg_sealer_ops *ops, const struct sg_token_plan *plan)
{
	const struct {
		bool asked, able;
		const char *lack;
	} rows[] = {
		{ plan->policy.len > 0, ops->policies, "has no PCRs, and so no policies" },
		{ plan->pin_tries > 0, ops->pin_index != NULL,
		  "can't count the wrong tries of one PIN" },
		{ plan->rollback_protection, ops->counter != NULL,
		  "keeps no counters, so it can't protect a store against older copies" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!rows[i].asked || rows[i].able)
			continue;
		sg_log(SG_LOG_ERROR, "the sealer \"%s\" %s", ops->name, rows[i].lack);
		return SG_ERR_HW_UNSUPPORTED;
	}
	return SG_OK;
}

enum sg_err sg_token_build(struct sg_sealer *sealer, const struct sg_token_plan *plan,
                           struct sg_token_made *made, bool *parent_made)
{
	struct sg_token_record *record = &made->record;
	struct sg_keyset **keys = made->keys;
	struct sg_secret *token_key = NULL;
	struct sg_anchor anchor = { 0 };
	struct sg_state state;
	enum sg_err err;

	record->machine = plan->machine;
	record->pin_tries = plan->pin_tries;
	if (record->created == 0)
		record->created = (uint64_t)time(NULL);
	memset(record->sealer, 0, sizeof record->sealer);
	strncpy(record->sealer, sealer->ops->name, sizeof record->sealer - 1);
	err = check_able(sealer->ops, plan);
	if (err == SG_OK)
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
		err = sg_state_write(&state, &made->state);
	}
	if (err == SG_OK && plan->rollback_protection)
		err = sg_token_anchor_make(sealer, plan->owner_auth, keys, record, &anchor);
	if (err == SG_OK)
		err = sg_token_record_write(record, keys, &made->token);
	if (err == SG_OK && plan->rollback_protection) {
		sg_anchor_sign(&anchor, keys, record, &state);
		err = sg_anchor_write(&anchor, &made->anchor);
	}
	sg_secret_free(&token_key);
	return err;
}

enum in_use { NOT_IN_USE, IN_USE, NOBODY_KNOWS };

/* Tell whether the stored record is this one. */
static enum in_use is_stored(const struct sg_token *token, const struct sg_token_record *record)
{
	struct sg_token_record now = { 0 };
	enum sg_err err = sg_token_read_record(token, &now);
	enum in_use in_use = NOT_IN_USE;

	if (err == SG_OK)
		in_use = sg_token_record_same(&now, record) ? IN_USE : NOT_IN_USE;
	else if (err != SG_ERR_STORE_MISSING)
		in_use = NOBODY_KNOWS;
	sg_token_record_clear(&now);
	return in_use;
}

static void tell_unknown(const char *what, uint32_t handle)
{
	sg_log(SG_LOG_ERROR, "the %s 0x%08x stays in the TPM: the store can't be read, so nobody "
	       "knows whether it is in use", what, handle);
}

void sg_token_undo_counter(const struct sg_token *token, struct sg_sealer *sealer,
                           const struct sg_secret *owner_auth,
                           const struct sg_token_record *record)
{
	enum in_use in_use;

	if (!sg_token_record_anchored(record))
		return;
	in_use = is_stored(token, record);
	if (in_use == NOT_IN_USE)
		sg_token_anchor_drop(sealer, owner_auth, record);
	else if (in_use == NOBODY_KNOWS)
		tell_unknown("counter", sg_token_anchor_handle(sealer, record));
}

void sg_token_undo(const struct sg_token *token, struct sg_sealer *sealer,
                   const struct sg_secret *owner_auth, const struct sg_token_record *record)
{
	const struct sg_pin_list *made = &record->indices;
	struct sg_pin_list left = { .n = 0 };
	enum in_use in_use;
	enum sg_err err = SG_OK;

	sg_token_undo_counter(token, sealer, owner_auth, record);
	if (made->n == 0)
		return;
	in_use = is_stored(token, record);
	if (in_use == NOT_IN_USE)
		err = sg_token_index_abandon(sealer, record, owner_auth, &left);
	for (size_t i = 0; i < left.n; i++)
		sg_log(SG_LOG_ERROR, "the index 0x%08x, which nobody uses, could not be removed "
		       "from the TPM: %s", left.entry[i].index.handle, sg_err_sentence(err));
	for (size_t i = 0; i < made->n && in_use == NOBODY_KNOWS; i++)
		tell_unknown("index", made->entry[i].index.handle);
}
