/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. One change of a token's rows: a transaction of the store in which rows and
 * the state over them change together. The keys that the token had at the beginning are
 * held to the end, so that it needs no lock meanwhile and nobody waits for the disk.
 */
#ifndef SG_CORE_TOKEN_WRITE_H
#define SG_CORE_TOKEN_WRITE_H

#include "core/token_anchor.h"

struct sg_token_write {
	uint8_t uuid[SG_UUID];          /* the token's */
	struct sg_keyset *keys[2];      /* NULL: that half was closed */
	struct sg_store_txn *txn;
	struct sg_state state;
	/* Of an anchored store; `opening` is held then. */
	struct sg_token *anchored;
	struct sg_sealer *sealer;
	struct sg_token_record record;
	struct sg_anchor anchor;
	uint64_t before[2];             /* generations it started from */
	bool uncounted;                 /* it stands, but the counter did not move */
};

/* Begin: take the store's write lock and check the state. Give *w to sg_token_write_end
 * also after an error. The caller holds no lock of the token. Errors: the store's,
 * STORE_DAMAGED, CLOSED; TOKEN_REPLACED where the token that sessions belong to is gone. */
enum sg_err sg_token_write_begin(struct sg_token *token, struct sg_token_write *w);

/* Write the object's row under a new generation, which *generation gets. Errors:
 * CLOSED where the object's half is closed. */
enum sg_err sg_token_write_row(struct sg_token_write *w, const struct sg_object *object,
                               uint64_t *generation);

/* Make sure that the object's row is the one this process knows, and take it out of
 * its set; the row itself stays. Errors: NOT_FOUND where another version stands there,
 * or this one of a public row was read with nobody logged in, CLOSED. */
enum sg_err sg_token_write_release(struct sg_token_write *w, const struct sg_object *object);

/* Commit, or drop everything where err is an error, which is then returned. Errors: UNCOUNTED
 * where the change stands, and is to be taken over, but the hardware has yet to count it. */
enum sg_err sg_token_write_end(struct sg_token_write *w, enum sg_err err);

/* After a change of ours: the table shows the new state if it showed the one before. Where it is
 * not counted the store is to be read anew, which makes up for that. The caller holds the lock for
 * writing. */
void sg_token_write_shown(struct sg_token *token, const struct sg_token_write *w);

/* Read the state record. Errors: STORE_DAMAGED. */
enum sg_err sg_token_read_state(struct sg_store_txn *txn, struct sg_state *state);

#endif
