/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Setting and changing PINs. The new one is sealed, and takes the place of the
 * old one in the token record, only after whoever asks for it has proved who he is.
 */
#include <string.h>

#include "client/rv.h"
#include "core/token_anchor.h"
#include "core/token_index.h"
#include "core/token_tries.h"

/* One PIN's sealed copy that is to replace the stored one. */
struct new_copy {
	enum sg_seal_slot slot;
	struct sg_sealed_copy copy;
	const struct sg_buf *proved;    /* the copy that the old PIN opened, or NULL */
	struct sg_sealer *sealer;
};

static enum sg_err put_copy(struct sg_token_record *record, void *arg)
{
	struct new_copy *new_copy = arg;
	struct sg_sealed_copy *old = &record->copy[new_copy->slot];

	/* Another process changed the PIN in between: the old one is not valid any more. */
	if (new_copy->proved != NULL &&
	    !sg_bytes_equal(sg_buf_bytes(new_copy->proved), sg_buf_bytes(&old->blob)))
		return SG_ERR_AUTH;
	sg_buf_free(&old->blob);
	*old = new_copy->copy;
	memset(&new_copy->copy, 0, sizeof new_copy->copy);
	return sg_token_index_settle(new_copy->sealer, record);
}

/* Seal the token key under the new PIN of how and store the copy. The caller holds `opening`. */
static enum sg_err replace_pin(struct sg_token *token, const struct sg_token_record *record,
                               enum sg_user user, const struct sg_secret *token_key,
                               struct sg_pin_seal *how, const struct sg_buf *proved)
{
	struct new_copy new_copy = { .slot = sg_user_slot(user), .proved = proved };
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_pin_plan *plan = NULL;
	enum sg_err err;

	err = sg_token_sealer(token, record->sealer, &new_copy.sealer);
	if (err == SG_OK)
		err = sg_token_derive(token_key, record->uuid, keys);
	if (err == SG_OK)       /* the parent it names is about to get the token key */
		err = sg_token_record_check(record, keys);
	if (err == SG_OK)
		err = sg_token_index_plan(new_copy.sealer, record, new_copy.slot, &plan);
	if (err == SG_OK)
		err = sg_token_index_enter(token, new_copy.sealer, keys, how->owner_auth, plan);
	how->plan = plan;
	if (err == SG_OK)
		err = sg_token_seal_pin(new_copy.sealer, record, token_key, how, &new_copy.copy);
	how->plan = NULL;
	if (err == SG_OK)
		err = sg_token_change_record(token, keys, put_copy, &new_copy);
	if (plan != NULL)       /* the old index, or the new one */
		err = sg_token_index_settled(token, new_copy.sealer, keys, how->owner_auth, err);
	sg_pin_plan_free(&plan);
	sg_buf_free(&new_copy.copy.blob);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	return err;
}

/* Get the token key that the officer's login left. */
static CK_RV take_token_key(struct sg_token *token, struct sg_secret **token_key)
{
	CK_RV rv;

	pthread_rwlock_rdlock(&token->lock);
	if (token->user != SG_SO)
		rv = CKR_USER_NOT_LOGGED_IN;
	else
		rv = sg_rv(sg_secret_copy(sg_secret_bytes(token->token_key), token_key));
	pthread_rwlock_unlock(&token->lock);
	return rv;
}

CK_RV sg_token_init_pin(struct sg_token *token, struct sg_bytes pin,
                        const struct sg_secret *owner_auth)
{
	struct sg_pin_seal how = { .pin = pin, .owner_auth = owner_auth };
	struct sg_token_record record = { 0 };
	struct sg_secret *token_key = NULL;
	enum sg_err err;
	CK_RV rv;

	sg_token_opening_lock(token);
	rv = sg_rv(sg_token_read_own(token, &record));
	if (rv == CKR_OK)
		rv = take_token_key(token, &token_key);
	if (rv == CKR_OK && !sg_pin_fits(pin))
		rv = CKR_PIN_LEN_RANGE;
	if (rv == CKR_OK) {
		err = replace_pin(token, &record, SG_USER, token_key, &how, NULL);
		if (sg_token_anchor_stands(err) || err == SG_ERR_PIN_LEFT)
			sg_token_note_pin(token, SG_USER, SG_OK);
		rv = sg_rv(err);
	}
	sg_token_opening_unlock(token);
	sg_secret_free(&token_key);
	sg_token_record_clear(&record);
	return rv;
}

CK_RV sg_token_set_pin(struct sg_token *token, enum sg_user user, struct sg_bytes old_pin,
                       struct sg_bytes new_pin, const struct sg_secret *owner_auth)
{
	struct sg_pin_seal how = { .pin = new_pin, .owner_auth = owner_auth };
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_token_record record = { 0 };
	struct sg_secret *token_key = NULL;
	CK_RV rv;

	sg_token_opening_lock(token);
	rv = sg_rv(sg_token_read_own(token, &record));
	if (rv != CKR_OK)
		goto out;
	if (record.machine)
		rv = CKR_PIN_INCORRECT;
	else if (!sg_pin_fits(new_pin))
		rv = CKR_PIN_LEN_RANGE;
	else if (record.copy[sg_user_slot(user)].blob.len == 0)
		rv = user == SG_USER ? CKR_USER_PIN_NOT_INITIALIZED : CKR_PIN_INCORRECT;
	else
		rv = sg_rv(sg_token_prove_pin(token, user, old_pin, &record, keys, &token_key));
	if (rv == CKR_OK)
		rv = sg_rv(replace_pin(token, &record, user, token_key, &how,
		                       &record.copy[sg_user_slot(user)].blob));
out:
	sg_token_opening_unlock(token);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(&token_key);
	sg_token_record_clear(&record);
	return rv;
}
