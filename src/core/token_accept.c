/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Taking a store as it is.
 */
#include "core/token_accept.h"

#include <string.h>

#include "core/token_build.h"
#include "core/token_write.h"

/* Anchor what the transaction holds. The anchor that is there must be over all of it: parts of
 * several copies are no store. */
static enum sg_err renew(struct sg_store_txn *txn, struct sg_sealer *sealer,
                         const struct sg_secret *owner_auth, struct sg_keyset *const keys[2],
                         struct sg_token_record *record, bool older, bool *made)
{
	struct sg_buf stored = { 0 };
	struct sg_anchor anchor;
	struct sg_state state;
	enum sg_err err;

	err = sg_token_read_state(txn, &state);
	if (err == SG_OK)
		err = sg_token_anchor_read(txn, keys, record, &state, &anchor);
	if (err == SG_OK)
		err = sg_token_anchor_renew(sealer, owner_auth, keys, record, &anchor, older,
		                            made);
	if (err == SG_OK && *made)
		err = sg_token_record_write(record, keys, &stored);
	if (err == SG_OK && *made)
		err = sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&stored));
	/* Twice, as before a change: what somebody kept of one that was broken off is one ahead. */
	if (err == SG_OK)
		err = sg_token_anchor_again(txn, sealer, keys, record, &state, &anchor);
	if (err == SG_OK)
		err = sg_token_anchor_cast(txn, sealer, keys, record, &state, &anchor);
	sg_buf_free(&stored);
	return err;
}

static enum sg_err renew_stored(struct sg_token *token, struct sg_sealer *sealer,
                                const struct sg_secret *owner_auth,
                                struct sg_keyset *const keys[2], bool older)
{
	struct sg_token_record record = { 0 };
	struct sg_store_txn *txn = NULL;
	bool made = false;
	enum sg_err err;

	err = sg_store_begin(token->path, SG_STORE_ALONE, &txn);
	if (err == SG_OK)
		err = sg_token_get_record(txn, &record);
	if (err == SG_OK)
		err = sg_token_record_check(&record, keys);
	if (err == SG_OK)
		err = renew(txn, sealer, owner_auth, keys, &record, older, &made);
	sg_store_abort(&txn);
	if (err != SG_OK && made)
		sg_token_undo_counter(token, sealer, owner_auth, &record);
	sg_token_record_clear(&record);
	return err;
}

enum sg_err sg_token_accept(struct sg_token *token, const struct sg_token_pins *pins, bool older)
{
	struct sg_token_proof proof = { .sealer = NULL };
	enum sg_err err;

	err = sg_token_read_record(token, &proof.record);
	if (err == SG_OK && !sg_token_record_anchored(&proof.record))
		err = SG_ERR_ARG;
	if (err != SG_OK)
		goto out;
	sg_token_opening_lock(token);
	err = sg_token_prove(token, pins, &proof);
	if (err == SG_OK)
		err = renew_stored(token, proof.sealer, pins->owner_auth, proof.keys, older);
	sg_token_opening_unlock(token);
out:
	sg_token_proof_clear(&proof);
	return err;
}
