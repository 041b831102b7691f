/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. A token's life: reading its record, opening it, closing it.
 */
#include "core/token_policy.h"
#include "core/token_tries.h"
#include "core/token_tripwire.h"

#include <stdlib.h>
#include <string.h>

#include "client/rv.h"
#include "core/token_anchor.h"
#include "core/token_write.h"
#include "crypto/crypto.h"
#include "util/log.h"

#define TRIES 8                         /* while other processes change the record */

/* Readers come all the time: a lock that preferred them would keep writers out for ever. */
static const pthread_rwlock_t fair = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

enum sg_err sg_token_new(const struct sg_config *config, CK_SLOT_ID slot, struct sg_token **out)
{
	struct sg_token *token = calloc(1, sizeof *token);

	*out = NULL;
	if (token == NULL)
		return SG_ERR_NOMEM;
	token->slot = slot;
	token->config = config;
	token->shown[0] = token->shown[1] = SG_NEVER_SHOWN;
	token->path = sg_store_path(config->state, (unsigned)slot);
	if (token->path == NULL)
		goto fail;
	if (sg_login_cache_init(token) != SG_OK)
		goto fail;
	if (pthread_mutex_init(&token->opening, NULL) != 0)
		goto fail_cache;
	token->lock = fair;
	*out = token;
	return SG_OK;
fail_cache:
	sg_login_cache_clear(token);
fail:
	free(token->path);
	free(token);
	return SG_ERR_NOMEM;
}

void sg_token_close(struct sg_token *token)
{
	sg_keyset_free(&token->keys[SG_PUBLIC_HALF]);
	sg_keyset_free(&token->keys[SG_PRIVATE_HALF]);
	sg_secret_free(&token->token_key);
	sg_login_forget(token);
	token->cache.logins = 0;
	sg_table_clear(&token->objects);
	token->user = SG_NOBODY;
	atomic_fetch_add(&token->epoch[SG_PUBLIC_HALF], 1);
	atomic_fetch_add(&token->epoch[SG_PRIVATE_HALF], 1);
	token->shown[0] = token->shown[1] = SG_NEVER_SHOWN;
}

void sg_token_free(struct sg_token **token)
{
	struct sg_token *t = token != NULL ? *token : NULL;

	if (t == NULL)
		return;
	*token = NULL;
	sg_login_cache_clear(t);
	sg_token_close(t);
	sg_token_record_clear(&t->record);
	sg_sealer_free(&t->shared);
	sg_sealer_free(&t->sealer);
	pthread_rwlock_destroy(&t->lock);
	pthread_mutex_destroy(&t->opening);
	free(t->path);
	free(t);
}

void sg_token_opening_lock(struct sg_token *token)
{
	sg_crypto_settle();
	pthread_mutex_lock(&token->opening);
}

void sg_token_opening_unlock(struct sg_token *token)
{
	pthread_mutex_unlock(&token->opening);
}

enum sg_err sg_token_sealer(struct sg_token *token, const char *name, struct sg_sealer **out)
{
	enum sg_err err;

	if (token->sealer != NULL && strcmp(token->sealer->ops->name, name) != 0)
		sg_sealer_free(&token->sealer);
	if (token->sealer == NULL) {
		err = sg_sealer_open(name, token->config, &token->sealer);
		if (err != SG_OK)
			return err;
	}
	*out = token->sealer;
	return SG_OK;
}

enum sg_err sg_token_get_record(struct sg_store_txn *txn, struct sg_token_record *record)
{
	struct sg_buf stored = { 0 };
	enum sg_err err = sg_store_get(txn, SG_STORE_TOKEN, &stored);

	memset(record, 0, sizeof *record);
	if (err == SG_OK)
		err = sg_token_record_parse(sg_buf_bytes(&stored), record);
	sg_buf_free(&stored);
	return err;
}

enum sg_err sg_token_read_record(const struct sg_token *token, struct sg_token_record *record)
{
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	memset(record, 0, sizeof *record);
	err = sg_store_begin(token->path, SG_STORE_READ, &txn);
	if (err == SG_OK)
		err = sg_token_get_record(txn, record);
	sg_store_abort(&txn);
	return err;
}

/* Tell whether a record is of the token that is known: it has its uuid, and is signed with our
 * keys, where we have some. The caller holds the lock. */
static enum sg_err check_same(const struct sg_token *token, const struct sg_token_record *record,
                              bool *same)
{
	enum sg_err err = SG_OK;

	*same = memcmp(token->record.uuid, record->uuid, SG_UUID) == 0;
	if (*same && token->keys[SG_PUBLIC_HALF] != NULL)
		err = sg_token_record_check(record, token->keys);
	if (err != SG_ERR_STORE_DAMAGED)
		return err;
	*same = false;
	return SG_OK;
}

/* The token that was known is no more. Who has sessions with it, or is logged in, gave a PIN to
 * that one, and makes keys in that one: he gets no other in its place without a word. The
 * caller holds the lock for writing. */
static enum sg_err leave(struct sg_token *token)
{
	const bool bound = token->sessions > 0 || token->user != SG_NOBODY;

	sg_token_close(token);
	token->replaced = token->sessions > 0;
	token->era++;
	return bound ? SG_ERR_TOKEN_REPLACED : SG_OK;
}

/* Put a record that was just read in the place of the known one, taking it over. The stamp is
 * from before it was read: a newer record that this one replaces is seen by the next look. The
 * caller holds the lock for writing. */
static enum sg_err install_record(struct sg_token *token, struct sg_token_record *record,
                                  struct sg_store_stamp stamp)
{
	bool same = true;
	enum sg_err err = SG_OK;

	if (token->replaced)
		return SG_ERR_TOKEN_REPLACED;
	if (token->present || token->sessions > 0)
		err = check_same(token, record, &same);
	if (err == SG_OK && !same)
		err = leave(token);
	if (err != SG_OK)
		return err;
	sg_token_tries_renew(token, record);
	sg_token_record_clear(&token->record);
	token->record = *record;
	token->record_stamp = stamp;
	token->present = true;
	memset(record, 0, sizeof *record);
	sg_login_review(token);
	return SG_OK;
}

/* Tell whether the record is that of the store as it is now. */
static bool knows_record(struct sg_token *token)
{
	struct sg_store_stamp stamp;
	bool present;

	pthread_rwlock_rdlock(&token->lock);
	present = token->present;
	stamp = token->record_stamp;
	pthread_rwlock_unlock(&token->lock);
	return present && sg_store_stamp_holds(&stamp, token->path);
}

enum sg_err sg_token_sync(struct sg_token *token)
{
	return knows_record(token) ? SG_OK : sg_token_sync_anew(token);
}

void sg_token_sync_written(struct sg_token *token)
{
	enum sg_err err = sg_token_sync(token);

	if (err != SG_OK)
		sg_log(SG_LOG_NOTICE, "%s was written, but can't be read again just now: %s",
		       token->path, sg_err_sentence(err));
}

enum sg_err sg_token_sync_anew(struct sg_token *token)
{
	struct sg_token_record record;
	struct sg_store_stamp stamp;
	enum sg_err err;

	sg_store_stamp_take(token->path, &stamp);
	err = sg_token_read_record(token, &record);
	pthread_rwlock_wrlock(&token->lock);
	if (err == SG_OK) {
		err = install_record(token, &record, stamp);
	} else if (err == SG_ERR_STORE_MISSING) {
		(void)leave(token);
		token->present = false;
	}
	pthread_rwlock_unlock(&token->lock);
	sg_token_record_clear(&record);
	return err;
}

enum sg_err sg_token_read_own(struct sg_token *token, struct sg_token_record *record)
{
	bool same = false;
	enum sg_err err;

	memset(record, 0, sizeof *record);
	err = sg_token_sync(token);
	if (err == SG_OK)
		err = sg_token_read_record(token, record);
	if (err != SG_OK)
		return err;
	pthread_rwlock_rdlock(&token->lock);
	if (token->present && !token->replaced)
		err = check_same(token, record, &same);
	pthread_rwlock_unlock(&token->lock);
	return err == SG_OK && !same ? SG_ERR_TOKEN_REPLACED : err;
}

enum sg_err sg_token_derive(const struct sg_secret *token_key, const uint8_t uuid[SG_UUID],
                            struct sg_keyset *keys[2])
{
	struct sg_secret *public_key = NULL;
	enum sg_err err;

	err = sg_public_key_derive(token_key, uuid, &public_key);
	if (err == SG_OK)
		err = sg_keyset_derive(public_key, uuid, &keys[SG_PUBLIC_HALF]);
	if (err == SG_OK)
		err = sg_keyset_derive(token_key, uuid, &keys[SG_PRIVATE_HALF]);
	sg_secret_free(&public_key);
	if (err != SG_OK) {
		sg_keyset_free(&keys[SG_PUBLIC_HALF]);
		sg_keyset_free(&keys[SG_PRIVATE_HALF]);
	}
	return err;
}

static bool is_open(struct sg_token *token)
{
	bool open;

	pthread_rwlock_rdlock(&token->lock);
	open = token->keys[SG_PUBLIC_HALF] != NULL;
	pthread_rwlock_unlock(&token->lock);
	return open;
}

enum sg_err sg_token_unseal_open(struct sg_token *token, struct sg_sealer *sealer,
                                 const struct sg_token_record *record, struct sg_secret **key)
{
	struct sg_policy_signatures signatures = { 0 };
	struct sg_seal_guard guard = { .signatures = &signatures };
	enum sg_err err = sg_token_signatures(token, sg_buf_bytes(&record->policy),
	                                      &signatures);

	*key = NULL;
	if (err == SG_OK)
		err = sg_token_unseal(token, sealer, record, &guard,
		                      sg_buf_bytes(&record->copy[SG_SEAL_OPEN].blob), key);
	if (err == SG_ERR_FORMAT || err == SG_ERR_AUTH)
		err = SG_ERR_STORE_DAMAGED;
	if (err == SG_OK && (*key)->len != SG_TOKEN_KEY) {
		sg_secret_free(key);
		err = SG_ERR_STORE_DAMAGED;
	}
	sg_policy_signatures_clear(&signatures);
	return err;
}

/* Unseal what needs no PIN and install it; the caller holds `opening`. */
static enum sg_err open_sealed(struct sg_token *token)
{
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_token_record record = { 0 };
	struct sg_secret *key = NULL;
	struct sg_store_stamp stamp;
	struct sg_sealer *sealer;
	enum sg_err err;

	sg_store_stamp_take(token->path, &stamp);
	err = sg_token_read_record(token, &record);
	if (err == SG_OK)
		err = sg_token_sealer(token, record.sealer, &sealer);
	if (err == SG_OK)
		err = sg_token_unseal_open(token, sealer, &record, &key);
	if (err == SG_OK)
		err = record.machine ? sg_token_derive(key, record.uuid, keys)
		                     : sg_keyset_derive(key, record.uuid, &keys[SG_PUBLIC_HALF]);
	if (err == SG_OK)
		err = sg_token_record_check(&record, keys);
	if (err == SG_OK && sg_token_record_anchored(&record))
		err = sg_token_anchor_verify(token, sealer, &record, keys);
	if (err == SG_OK) {
		pthread_rwlock_wrlock(&token->lock);
		err = install_record(token, &record, stamp);
		for (int half = 0; half < 2 && err == SG_OK; half++) {
			struct sg_keyset *old = token->keys[half];

			if (keys[half] == NULL)
				continue;
			token->keys[half] = keys[half];
			keys[half] = old;
		}
		pthread_rwlock_unlock(&token->lock);
	}
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(&key);
	sg_token_record_clear(&record);
	return err;
}

static bool is_replaced(struct sg_token *token)
{
	bool replaced;

	pthread_rwlock_rdlock(&token->lock);
	replaced = token->replaced && token->present;
	pthread_rwlock_unlock(&token->lock);
	return replaced;
}

enum sg_err sg_token_open(struct sg_token *token)
{
	enum sg_err err = SG_OK;

	if (is_open(token))
		return SG_OK;
	if (is_replaced(token))         /* the hardware of the next one is not asked for it */
		return SG_ERR_TOKEN_REPLACED;
	sg_token_opening_lock(token);
	if (!is_open(token))
		err = open_sealed(token);
	/* Where the record was changed meanwhile. */
	for (int i = 0; i < TRIES && err == SG_ERR_CLOSED; i++)
		err = open_sealed(token);
	sg_token_opening_unlock(token);
	return err;
}

bool sg_token_private_is_open(const struct sg_token *token)
{
	return token->user == SG_USER || (token->present && token->record.machine);
}

bool sg_token_private_open(struct sg_token *token)
{
	bool open;

	pthread_rwlock_rdlock(&token->lock);
	open = sg_token_private_is_open(token);
	pthread_rwlock_unlock(&token->lock);
	return open;
}

/* Put the changed record in the place of the one that was read. */
static enum sg_err put_record(struct sg_store_txn *txn, struct sg_keyset *const keys[2],
                              struct sg_token_record *record)
{
	struct sg_buf stored = { 0 };
	enum sg_err err = sg_token_record_write(record, keys, &stored);

	if (err == SG_OK)
		err = sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&stored));
	sg_buf_free(&stored);
	return err;
}

/* The same where the store is anchored. */
static enum sg_err change_anchored(struct sg_token *token, struct sg_store_txn *txn,
                                   struct sg_keyset *const keys[2], struct sg_token_record *record,
                                   enum sg_err (*fn)(struct sg_token_record *record, void *arg),
                                   void *arg)
{
	struct sg_sealer *sealer;
	struct sg_anchor anchor;
	struct sg_state state;
	enum sg_err err;

	err = sg_token_sealer(token, record->sealer, &sealer);
	if (err == SG_OK)
		err = sg_token_read_state(txn, &state);
	if (err == SG_OK)
		err = sg_token_anchor_begin(token, txn, sealer, keys, record, &state, &anchor);
	if (err == SG_OK)
		err = fn(record, arg);
	if (err == SG_OK)
		err = put_record(txn, keys, record);
	if (err == SG_OK)
		err = sg_token_anchor_cast(txn, sealer, keys, record, &state, &anchor);
	return err;
}

/* Have the store read anew by the next search, which has the change counted. */
static void unshow(struct sg_token *token)
{
	pthread_rwlock_wrlock(&token->lock);
	token->shown[0] = token->shown[1] = SG_NEVER_SHOWN;
	pthread_rwlock_unlock(&token->lock);
}

enum sg_err sg_token_change_record(struct sg_token *token, struct sg_keyset *const keys[2],
                                   enum sg_err (*fn)(struct sg_token_record *record, void *arg),
                                   void *arg)
{
	struct sg_token_record record = { 0 };
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	err = sg_store_begin(token->path, SG_STORE_ALONE, &txn);
	if (err == SG_OK)
		err = sg_token_get_record(txn, &record);
	if (err == SG_OK)
		err = sg_token_record_check(&record, keys);
	if (err == SG_OK && sg_token_record_anchored(&record)) {
		err = change_anchored(token, txn, keys, &record, fn, arg);
	} else {
		if (err == SG_OK)
			err = fn(&record, arg);
		if (err == SG_OK)
			err = put_record(txn, keys, &record);
		if (err == SG_OK)
			err = sg_store_commit(&txn);
	}
	sg_store_abort(&txn);
	sg_token_record_clear(&record);
	if (sg_token_anchor_stands(err))
		sg_token_sync_written(token);
	if (err == SG_ERR_UNCOUNTED)
		unshow(token);
	return err;
}
