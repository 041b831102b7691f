/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Rollback protection: keeping a store and its counter in the hardware together. A
 * change commits an anchor that is one ahead of the counter, and then moves the counter, all
 * under the store's lock. So the newest store shows what the counter shows, or, where a change
 * was broken off in between, one more; anything else is an older copy.
 *
 * Before a change the same content is anchored once more, and the counter moved. Otherwise
 * somebody could break off a change with the power, put the store back, and keep what was
 * broken off: it would be valid again after the next change.
 *
 * A change that is committed stands, whatever the hardware does then, but until the counter has
 * moved the copy from before it is accepted too. So the caller is told neither that all is well,
 * which who destroys a key would rely on, nor that it failed, which who changes a PIN would: the
 * cause is UNCOUNTED, and this process takes the change over like any other. Whoever comes next
 * moves the counter: who opens the token, logs in, changes it, or reads changed objects of it.
 */
#ifndef SG_CORE_TOKEN_ANCHOR_H
#define SG_CORE_TOKEN_ANCHOR_H

#include "core/anchor.h"
#include "core/token.h"

/* Tell whether the token's store is anchored. */
static inline bool sg_token_record_anchored(const struct sg_token_record *record)
{
	return record->counter.len > 0;
}

/* Make the counter of a new token, under the record's parent; the record gets the reference, the
 * anchor the value. owner_auth may be NULL. Errors: HW_UNSUPPORTED, the sealer's. */
enum sg_err sg_token_anchor_make(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                 struct sg_keyset *const keys[2], struct sg_token_record *record,
                                 struct sg_anchor *anchor);

/* Remove the counter that the record names, which need not be authenticated: nothing but a
 * counter of that token is removed. Errors: the sealer's. */
enum sg_err sg_token_anchor_remove(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                   const struct sg_token_record *record);

/* Remove every counter of the record's token but the one that keep names, which may be empty; the
 * record's own last, so that where another one can't be removed the store still opens. All have
 * the same authorisation, so that a store which somebody kept is the newest as long as the one
 * that it names is there, and nobody moves that. *left is the handle of one that could not be
 * removed, or 0. owner_auth may be NULL. Errors: the sealer's. */
enum sg_err sg_token_anchor_clear(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                  const struct sg_token_record *record, struct sg_bytes keep,
                                  uint32_t *left);

/* Remove a counter that was made and that no store is anchored to, or say in the log that it is
 * left and where. */
void sg_token_anchor_drop(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                          const struct sg_token_record *record);

/* Tell by which handle the hardware's own tools know the record's counter; 0 where the reference
 * is not that of one. Asks no hardware. */
uint32_t sg_token_anchor_handle(const struct sg_sealer *sealer,
                                const struct sg_token_record *record);

/* Tell whether the counter of an authentic record is gone. */
bool sg_token_anchor_is_gone(struct sg_sealer *sealer, const struct sg_token_record *record,
                             struct sg_keyset *const keys[2]);

/* Ask the hardware whether this is the newest anchor; *unfinished tells that the counter has
 * yet to be moved to it. The record and the anchor are authenticated. Errors: STORE_OLD, also
 * where the counter is gone and the token has another; HW_NV_GONE, the sealer's. */
enum sg_err sg_token_anchor_ask(struct sg_sealer *sealer, const struct sg_token_record *record,
                                struct sg_keyset *const keys[2], const struct sg_anchor *anchor,
                                bool *unfinished);

/* Tell whether a change is made: counted or not. */
static inline bool sg_token_anchor_stands(enum sg_err err)
{
	return err == SG_OK || err == SG_ERR_UNCOUNTED;
}

/* Move the counter to the anchor of a change that was broken off, if it still is. The caller
 * holds `opening`. Errors: those of sg_token_anchor_verify but CLOSED; none where this user may
 * only read, or the record is another by now. */
enum sg_err sg_token_anchor_finish(struct sg_token *token, struct sg_sealer *sealer,
                                   const struct sg_token_record *record,
                                   struct sg_keyset *const keys[2]);

/* Say in the log that the store is an older copy. */
void sg_token_anchor_refuse(const struct sg_token *token);

/* Make sure that the store is the newest, and that the record, which was read a moment ago, is
 * the one that is in it; finish a change that was broken off. The caller holds `opening`.
 * Errors: STORE_OLD, HW_NV_GONE, STORE_DAMAGED, CLOSED where another process changed the
 * record meanwhile, the store's, the sealer's. */
enum sg_err sg_token_anchor_verify(struct sg_token *token, struct sg_sealer *sealer,
                                   const struct sg_token_record *record,
                                   struct sg_keyset *const keys[2]);

/* Read the anchor and check it over the record and the state of the same transaction; with the
 * keys of the private half also what the public rows hold. Errors: STORE_DAMAGED. */
enum sg_err sg_token_anchor_read(struct sg_store_txn *txn, struct sg_keyset *const keys[2],
                                 const struct sg_token_record *record,
                                 const struct sg_state *state, struct sg_anchor *anchor);

/* Before a change, in an ALONE transaction: make sure that the store is the newest, finish what
 * was broken off, and anchor it once more. The caller holds `opening`. Errors: those of
 * sg_token_anchor_verify; CLOSED without the keys of both halves. */
enum sg_err sg_token_anchor_begin(const struct sg_token *token, struct sg_store_txn *txn,
                                  struct sg_sealer *sealer, struct sg_keyset *const keys[2],
                                  const struct sg_token_record *record,
                                  const struct sg_state *state, struct sg_anchor *anchor);

/* Anchor what is stored once more, commit, and move the counter. The caller ends the transaction;
 * the anchor is the one that was read, whose witness holds.
 * Errors: the sealer's; an anchor that is committed is finished by whoever comes next. */
enum sg_err sg_token_anchor_again(struct sg_store_txn *txn, struct sg_sealer *sealer,
                                  struct sg_keyset *const keys[2],
                                  const struct sg_token_record *record,
                                  const struct sg_state *state, struct sg_anchor *anchor);

/* After it: anchor the record and the state, which are written and authenticated, with the
 * witness of the public rows, which the caller keeps in the anchor; commit, and move the counter.
 * The caller ends the transaction. Errors: UNCOUNTED where the hardware failed then, and the
 * change stands; with all others nothing was changed. */
enum sg_err sg_token_anchor_cast(struct sg_store_txn *txn, struct sg_sealer *sealer,
                                 struct sg_keyset *const keys[2],
                                 const struct sg_token_record *record,
                                 const struct sg_state *state, struct sg_anchor *anchor);

/* Set the anchor to what the counter shows now, so that the next cast takes the store as it is;
 * where the counter is gone *made tells that a new one was made, which the record names. It is
 * the token's only one then. owner_auth may be NULL. Errors: STORE_OLD for an older copy, unless
 * `older` asks for that; the sealer's, also where another one can't be removed. */
enum sg_err sg_token_anchor_renew(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                  struct sg_keyset *const keys[2], struct sg_token_record *record,
                                  struct sg_anchor *anchor, bool older, bool *made);

#endif
