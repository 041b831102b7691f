/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Rollback protection.
 */
#include "core/token_anchor.h"

#include <string.h>

#include "core/token_write.h"
#include "seal/counter.h"
#include "util/log.h"

#define TRIES 8

/* The counter moves only for who has the token's public key. */
static enum sg_err authorise(const struct sg_keyset *keys, const struct sg_token_record *record,
                             struct sg_secret **auth)
{
	const struct sg_bytes parts[] = {
		sg_bytes_str("counter"), sg_bytes(record->uuid, SG_UUID),
	};
	enum sg_err err;

	_Static_assert(SG_SEAL_AUTH == SG_MAC, "an authorisation is a MAC");
	err = sg_secret_new(SG_SEAL_AUTH, auth);
	if (err != SG_OK)
		return err;
	(*auth)->len = SG_SEAL_AUTH;
	sg_mac(sg_secret_bytes(keys->mac), parts, 2, (*auth)->data);
	return SG_OK;
}

static enum sg_err counters(const struct sg_sealer *sealer, const struct sg_counter_ops **ops)
{
	*ops = sealer->ops->counter;
	if (*ops != NULL)
		return SG_OK;
	sg_log(SG_LOG_ERROR, "the sealer \"%s\" keeps no counters, so it can't protect a store "
	       "against older copies", sealer->ops->name);
	return SG_ERR_HW_UNSUPPORTED;
}

enum sg_err sg_token_anchor_make(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                 struct sg_keyset *const keys[2], struct sg_token_record *record,
                                 struct sg_anchor *anchor)
{
	const struct sg_counter_ops *ops;
	struct sg_secret *auth = NULL;
	enum sg_err err = counters(sealer, &ops);

	_Static_assert(SG_COUNTER_OWNER == SG_UUID, "the owner of a counter is a token");
	if (err == SG_OK)
		err = authorise(keys[SG_PUBLIC_HALF], record, &auth);
	if (err == SG_OK)
		err = ops->make(sealer, sg_buf_bytes(&record->parent), owner_auth, record->uuid,
		                auth, &record->counter, &anchor->count);
	sg_secret_free(&auth);
	return err;
}

enum sg_err sg_token_anchor_remove(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                   const struct sg_token_record *record)
{
	const struct sg_counter_ops *ops;
	enum sg_err err = counters(sealer, &ops);

	return err != SG_OK ? err
	                    : ops->remove(sealer, sg_buf_bytes(&record->parent), owner_auth,
	                                  record->uuid, sg_buf_bytes(&record->counter));
}

enum sg_err sg_token_anchor_clear(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                  const struct sg_token_record *record, struct sg_bytes keep,
                                  uint32_t *left)
{
	const struct sg_counter_ops *ops;
	enum sg_err err = counters(sealer, &ops);

	*left = 0;
	if (err == SG_OK)
		err = ops->clear(sealer, sg_buf_bytes(&record->parent), owner_auth, record->uuid,
		                 keep, sg_buf_bytes(&record->counter), left);
	if (*left != 0)
		sg_log(SG_LOG_ERROR, "a counter of this token, 0x%08x, could not be removed from "
		       "the TPM: as long as it is there, so is a way back to an older store",
		       *left);
	return err;
}

uint32_t sg_token_anchor_handle(const struct sg_sealer *sealer,
                                const struct sg_token_record *record)
{
	uint32_t handle = 0;

	return sealer->ops->counter != NULL &&
	       sealer->ops->counter->handle(sg_buf_bytes(&record->counter), &handle) == SG_OK
	               ? handle
	               : 0;
}

void sg_token_anchor_drop(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                          const struct sg_token_record *record)
{
	enum sg_err err = sg_token_anchor_remove(sealer, owner_auth, record);

	if (err != SG_OK)
		sg_log(SG_LOG_ERROR, "the counter 0x%08x, which nobody uses, could not be removed "
		       "from the TPM: %s", sg_token_anchor_handle(sealer, record),
		       sg_err_sentence(err));
}

static enum sg_err read_counter(struct sg_sealer *sealer, const struct sg_token_record *record,
                                struct sg_keyset *const keys[2], uint64_t *value)
{
	const struct sg_counter_ops *ops;
	struct sg_secret *auth = NULL;
	enum sg_err err = counters(sealer, &ops);

	if (err == SG_OK)
		err = authorise(keys[SG_PUBLIC_HALF], record, &auth);
	if (err == SG_OK)
		err = ops->read(sealer, sg_buf_bytes(&record->parent),
		                sg_buf_bytes(&record->counter), auth, value);
	sg_secret_free(&auth);
	return err == SG_ERR_FORMAT ? SG_ERR_STORE_DAMAGED : err;
}

/* Where the counter of a store is gone, and the token has another, the store was accepted or made
 * anew since: this is a copy from before, and what it asks for must not be the way back. */
static enum sg_err tell_older(struct sg_sealer *sealer, const struct sg_token_record *record)
{
	uint32_t handle = 0;
	enum sg_err err = sealer->ops->counter->other(sealer, sg_buf_bytes(&record->parent),
	                                              record->uuid,
	                                              sg_buf_bytes(&record->counter), &handle);

	if (err == SG_OK && handle != 0)
		sg_log(SG_LOG_ERROR, "the counter that this store names is gone from the TPM, and "
		       "0x%08x counts for the token: another copy of the store was accepted or made "
		       "anew since, or that was broken off", handle);
	if (err != SG_OK)
		return err;
	return handle != 0 ? SG_ERR_STORE_OLD : SG_ERR_HW_NV_GONE;
}

bool sg_token_anchor_is_gone(struct sg_sealer *sealer, const struct sg_token_record *record,
                             struct sg_keyset *const keys[2])
{
	uint64_t value;

	return read_counter(sealer, record, keys, &value) == SG_ERR_HW_NV_GONE;
}

enum sg_err sg_token_anchor_ask(struct sg_sealer *sealer, const struct sg_token_record *record,
                                struct sg_keyset *const keys[2], const struct sg_anchor *anchor,
                                bool *unfinished)
{
	uint64_t value = 0;
	enum sg_err err = read_counter(sealer, record, keys, &value);

	if (err != SG_OK)
		return err == SG_ERR_HW_NV_GONE ? tell_older(sealer, record) : err;
	*unfinished = value + 1 == anchor->count;
	if (value > anchor->count)
		return SG_ERR_STORE_OLD;
	if (value < anchor->count && !*unfinished) {
		sg_log(SG_LOG_ERROR, "the TPM's counter lies behind the store: the TPM's memory was "
		       "put back, as with a machine that is restored from a snapshot");
		return SG_ERR_HW_NV_GONE;
	}
	return SG_OK;
}

/* Move the counter to the anchor, which is committed. */
static enum sg_err move_once(struct sg_sealer *sealer, const struct sg_token_record *record,
                             struct sg_keyset *const keys[2], const struct sg_anchor *anchor)
{
	struct sg_secret *auth = NULL;
	uint64_t value = 0;
	enum sg_err err = authorise(keys[SG_PUBLIC_HALF], record, &auth);

	if (err == SG_OK)
		err = sealer->ops->counter->advance(sealer, sg_buf_bytes(&record->parent),
		                                    sg_buf_bytes(&record->counter), auth,
		                                    anchor->count, &value);
	if (err == SG_OK && value != anchor->count) {
		sg_log(SG_LOG_ERROR, "somebody else moves the counter of this token in the TPM");
		err = SG_ERR_HW_FAULT;
	}
	sg_secret_free(&auth);
	return err;
}

/* What may be over with the next connection. Nobody waits a second time for a TPM that does not
 * answer: the store is locked meanwhile. */
static bool passes(enum sg_err err)
{
	return err == SG_ERR_HW_REMOVED || err == SG_ERR_HW_BUSY || err == SG_ERR_HW_MEMORY ||
	       err == SG_ERR_HW_FAULT || err == SG_ERR_HW_RETRY || err == SG_ERR_HW_YIELDED ||
	       err == SG_ERR_HW_NV_RATE;
}

/* A counter that moved before the answer was lost is not moved again. */
static enum sg_err move(struct sg_sealer *sealer, const struct sg_token_record *record,
                        struct sg_keyset *const keys[2], const struct sg_anchor *anchor)
{
	enum sg_err err = move_once(sealer, record, keys, anchor);

	return passes(err) ? move_once(sealer, record, keys, anchor) : err;
}

void sg_token_anchor_refuse(const struct sg_token *token)
{
	sg_log(SG_LOG_ERROR, "%s is an older copy of the store: the TPM has counted changes that "
	       "it does not have", token->path);
}

enum sg_err sg_token_anchor_read(struct sg_store_txn *txn, struct sg_keyset *const keys[2],
                                 const struct sg_token_record *record,
                                 const struct sg_state *state, struct sg_anchor *anchor)
{
	struct sg_buf stored = { 0 };
	enum sg_err err = sg_store_get(txn, SG_STORE_ANCHOR, &stored);

	if (err == SG_OK)
		err = sg_anchor_parse(sg_buf_bytes(&stored), anchor);
	if (err == SG_OK)
		err = sg_anchor_check(anchor, keys, record, state);
	if (err == SG_OK && keys[SG_PRIVATE_HALF] != NULL)
		err = sg_witness_check(&anchor->witness, keys[SG_PRIVATE_HALF], txn);
	sg_buf_free(&stored);
	return err;
}

/* Read the anchor of the store as it is now, which must be over this record. */
static enum sg_err look(struct sg_store_txn *txn, const struct sg_token_record *record,
                        struct sg_keyset *const keys[2], struct sg_anchor *anchor)
{
	struct sg_token_record stored = { 0 };
	struct sg_state state;
	enum sg_err err;

	err = sg_token_get_record(txn, &stored);
	if (err == SG_OK && !sg_token_record_same(&stored, record))
		err = SG_ERR_CLOSED;
	if (err == SG_OK)
		err = sg_token_read_state(txn, &state);
	if (err == SG_OK)
		err = sg_token_anchor_read(txn, keys, record, &state, anchor);
	sg_token_record_clear(&stored);
	return err;
}

static enum sg_err look_once(const struct sg_token *token, const struct sg_token_record *record,
                             struct sg_keyset *const keys[2], struct sg_anchor *anchor)
{
	struct sg_store_txn *txn = NULL;
	enum sg_err err = sg_store_begin(token->path, SG_STORE_READ, &txn);

	if (err == SG_OK)
		err = look(txn, record, keys, anchor);
	sg_store_abort(&txn);
	return err;
}

/* Under the store's lock nobody is just about to do that. */
enum sg_err sg_token_anchor_finish(struct sg_token *token, struct sg_sealer *sealer,
                                   const struct sg_token_record *record,
                                   struct sg_keyset *const keys[2])
{
	struct sg_store_txn *txn = NULL;
	struct sg_anchor anchor;
	bool unfinished = false;
	enum sg_err err;

	err = sg_store_begin(token->path, SG_STORE_ALONE, &txn);
	if (err == SG_OK)
		err = look(txn, record, keys, &anchor);
	if (err == SG_OK)
		err = sg_token_anchor_ask(sealer, record, keys, &anchor, &unfinished);
	if (err == SG_OK && unfinished)
		err = move(sealer, record, keys, &anchor);
	sg_store_abort(&txn);
	/* Whoever may only read leaves it to the next who may write; and who changed the record
	 * meanwhile finished it. */
	return err == SG_ERR_STORE_READONLY || err == SG_ERR_CLOSED ? SG_OK : err;
}

/* A store that seems old may have been changed between the two looks. */
enum sg_err sg_token_anchor_verify(struct sg_token *token, struct sg_sealer *sealer,
                                   const struct sg_token_record *record,
                                   struct sg_keyset *const keys[2])
{
	struct sg_anchor anchor = { 0 };
	uint64_t refused = 0;
	bool unfinished = false, again = true;
	enum sg_err err = SG_OK;

	for (int i = 0; again && i < TRIES; i++) {
		err = look_once(token, record, keys, &anchor);
		if (err == SG_OK)
			err = sg_token_anchor_ask(sealer, record, keys, &anchor, &unfinished);
		again = err == SG_ERR_STORE_OLD && anchor.count != refused;
		refused = anchor.count;
	}
	if (err == SG_OK && unfinished)
		err = sg_token_anchor_finish(token, sealer, record, keys);
	if (err == SG_ERR_STORE_OLD)
		sg_token_anchor_refuse(token);
	return err;
}

/* *moved is what the hardware made of it once the anchor is committed. */
static enum sg_err cast(struct sg_store_txn *txn, struct sg_sealer *sealer,
                        struct sg_keyset *const keys[2], const struct sg_token_record *record,
                        const struct sg_state *state, struct sg_anchor *anchor,
                        enum sg_err *moved)
{
	struct sg_buf stored = { 0 };
	enum sg_err err;

	anchor->count++;
	sg_anchor_sign(anchor, keys, record, state);
	err = sg_anchor_write(anchor, &stored);
	if (err == SG_OK)
		err = sg_store_put(txn, SG_STORE_ANCHOR, sg_buf_bytes(&stored));
	if (err == SG_OK)
		err = sg_store_commit_more(txn);
	if (err == SG_OK)
		*moved = move(sealer, record, keys, anchor);
	sg_buf_free(&stored);
	return err;
}

enum sg_err sg_token_anchor_again(struct sg_store_txn *txn, struct sg_sealer *sealer,
                                  struct sg_keyset *const keys[2],
                                  const struct sg_token_record *record,
                                  const struct sg_state *state, struct sg_anchor *anchor)
{
	enum sg_err moved = SG_OK;
	enum sg_err err = cast(txn, sealer, keys, record, state, anchor, &moved);

	return err == SG_OK ? moved : err;
}

enum sg_err sg_token_anchor_cast(struct sg_store_txn *txn, struct sg_sealer *sealer,
                                 struct sg_keyset *const keys[2],
                                 const struct sg_token_record *record,
                                 const struct sg_state *state, struct sg_anchor *anchor)
{
	enum sg_err moved = SG_OK;
	enum sg_err err = cast(txn, sealer, keys, record, state, anchor, &moved);

	if (err != SG_OK || moved == SG_OK)
		return err;
	sg_log(SG_LOG_ERROR, "the counter in the TPM was not moved: %s", sg_err_sentence(moved));
	return SG_ERR_UNCOUNTED;
}

enum sg_err sg_token_anchor_begin(const struct sg_token *token, struct sg_store_txn *txn,
                                  struct sg_sealer *sealer, struct sg_keyset *const keys[2],
                                  const struct sg_token_record *record,
                                  const struct sg_state *state, struct sg_anchor *anchor)
{
	bool unfinished = false;
	enum sg_err err;

	if (keys[SG_PUBLIC_HALF] == NULL || keys[SG_PRIVATE_HALF] == NULL)
		return SG_ERR_CLOSED;
	err = sg_token_anchor_read(txn, keys, record, state, anchor);
	if (err == SG_OK)
		err = sg_token_anchor_ask(sealer, record, keys, anchor, &unfinished);
	if (err == SG_ERR_STORE_OLD)
		sg_token_anchor_refuse(token);
	if (err == SG_OK && unfinished)
		err = move(sealer, record, keys, anchor);
	return err == SG_OK ? sg_token_anchor_again(txn, sealer, keys, record, state, anchor)
	                    : err;
}

enum sg_err sg_token_anchor_renew(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                  struct sg_keyset *const keys[2], struct sg_token_record *record,
                                  struct sg_anchor *anchor, bool older, bool *made)
{
	const uint64_t stored = anchor->count;
	enum sg_err err = read_counter(sealer, record, keys, &anchor->count);
	const bool gone = err == SG_ERR_HW_NV_GONE;
	uint32_t left;

	*made = false;
	if (gone)
		err = older ? SG_OK : tell_older(sealer, record);
	else if (err == SG_OK && anchor->count > stored && !older)
		err = SG_ERR_STORE_OLD;
	if (err != SG_OK && !(gone && err == SG_ERR_HW_NV_GONE))
		return err;
	err = sg_token_anchor_clear(sealer, owner_auth, record,
	                            gone ? sg_bytes(NULL, 0) : sg_buf_bytes(&record->counter),
	                            &left);
	if (err != SG_OK || !gone)
		return err;
	err = sg_token_anchor_make(sealer, owner_auth, keys, record, anchor);
	*made = err == SG_OK;
	return err;
}
