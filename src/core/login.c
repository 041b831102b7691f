/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Logging in and out. A PIN is stretched and proved to the hardware, which
 * counts wrong ones; nothing here compares a PIN with anything but, where the
 * configuration wants it, core/login_cache.c.
 */
#include "client/rv.h"
#include "core/token_anchor.h"
#include "core/token_index.h"
#include "core/token_material.h"
#include "core/token_policy.h"
#include "core/token_tries.h"
#include "core/token_tripwire.h"

#define TRIES 8                         /* while other processes change the record */

enum sg_seal_slot sg_user_slot(enum sg_user user)
{
	static const enum sg_seal_slot slots[SG_USERS] = {
		[SG_USER] = SG_SEAL_USER,
		[SG_SO] = SG_SEAL_SO,
	};

	return slots[user];
}

bool sg_pin_fits(struct sg_bytes pin)
{
	return pin.len >= SG_PIN_MIN && pin.len <= SG_PIN_MAX;
}

enum sg_err sg_token_unseal_pin(struct sg_token *token, struct sg_sealer *sealer,
                                const struct sg_token_record *record, enum sg_seal_slot slot,
                                struct sg_bytes pin, struct sg_secret **token_key)
{
	const struct sg_sealed_copy *copy = &record->copy[slot];
	struct sg_policy_signatures signatures = { 0 };
	struct sg_seal_guard guard = { .signatures = &signatures };
	struct sg_secret *auth = NULL, *key = NULL;
	enum sg_err err;

	/* What can't be a PIN is not worth one of the hardware's tries. */
	if (!sg_pin_fits(pin))
		return SG_ERR_AUTH;
	err = sg_argon2id(pin, sg_bytes(copy->salt, sizeof copy->salt), copy->cost, SG_SEAL_AUTH,
	                  &auth);
	if (err == SG_ERR_RANGE)
		err = SG_ERR_STORE_DAMAGED;
	if (err == SG_OK)
		err = sg_token_signatures(token, sg_buf_bytes(&record->policy), &signatures);
	if (err == SG_OK) {
		guard.auth = auth;
		err = sg_token_unseal(token, sealer, record, &guard, sg_buf_bytes(&copy->blob),
		                      &key);
	}
	if (err == SG_ERR_FORMAT || (err == SG_OK && key->len != SG_TOKEN_KEY))
		err = SG_ERR_STORE_DAMAGED;
	if (err != SG_OK)
		sg_secret_free(&key);
	sg_secret_free(&auth);
	sg_policy_signatures_clear(&signatures);
	*token_key = key;
	return err;
}

/* Unseal the token key and check the record with it. */
static enum sg_err prove_copy(struct sg_token *token, struct sg_sealer *sealer, enum sg_user user,
                              struct sg_bytes pin, const struct sg_token_record *record,
                              struct sg_keyset *keys[2], struct sg_secret **token_key)
{
	enum sg_err err;

	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(token_key);
	if (record->copy[sg_user_slot(user)].blob.len == 0)  /* since it was read first */
		return SG_ERR_AUTH;
	err = sg_token_unseal_pin(token, sealer, record, sg_user_slot(user), pin, token_key);
	if (err == SG_OK)
		err = sg_token_derive(*token_key, record->uuid, keys);
	if (err == SG_OK)
		err = sg_token_record_check(record, keys);
	sg_token_note_try(token, sealer, record, user, err);
	return err;
}

/* Take the record that another process wrote over the one that a PIN was proved with. *same tells
 * whether the PIN was proved with this one, too: the hardware need not be asked once more. */
static enum sg_err prove_again(struct sg_token *token, enum sg_user user,
                               struct sg_token_record *record, struct sg_keyset *const keys[2],
                               bool *same)
{
	struct sg_token_record now = { 0 };
	enum sg_err err = sg_token_read_own(token, &now);

	*same = err == SG_OK && sg_bytes_equal(sg_buf_bytes(&record->copy[sg_user_slot(user)].blob),
	                                       sg_buf_bytes(&now.copy[sg_user_slot(user)].blob));
	if (*same)
		err = sg_token_record_check(&now, keys);
	if (err == SG_OK) {
		sg_token_record_clear(record);
		*record = now;
	} else {
		sg_token_record_clear(&now);
	}
	return err;
}

enum sg_err sg_token_prove_pin(struct sg_token *token, enum sg_user user, struct sg_bytes pin,
                               struct sg_token_record *record, struct sg_keyset *keys[2],
                               struct sg_secret **token_key)
{
	struct sg_sealer *sealer;
	enum sg_err err = SG_ERR_CLOSED;
	bool proved = false;

	for (int i = 0; i < TRIES && err == SG_ERR_CLOSED; i++) {
		err = i == 0 ? SG_OK : prove_again(token, user, record, keys, &proved);
		if (err == SG_OK)
			err = sg_token_sealer(token, record->sealer, &sealer);
		if (err == SG_OK && !proved)
			err = prove_copy(token, sealer, user, pin, record, keys, token_key);
		if (err == SG_OK && sg_token_record_anchored(record))
			err = sg_token_anchor_verify(token, sealer, record, keys);
	}
	return err == SG_ERR_CLOSED ? SG_ERR_STORE_BUSY : err;
}

/* Tell whether a user may log in who has done so: then it is counted. */
static bool may_repeat(const struct sg_token *token, enum sg_user user)
{
	return user == SG_USER && token->config->idempotent_login;
}

/* The caller holds the lock. */
static CK_RV may_log_in(const struct sg_token *token, enum sg_user user)
{
	if (token->replaced)
		return CKR_DEVICE_REMOVED;
	if (token->user == user)
		return may_repeat(token, user) ? CKR_OK : CKR_USER_ALREADY_LOGGED_IN;
	if (token->user != SG_NOBODY)
		return CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
	if (user == SG_SO && token->read_only_sessions > 0)
		return CKR_SESSION_READ_ONLY_EXISTS;
	return CKR_OK;
}

static CK_RV check_login(struct sg_token *token, enum sg_user user)
{
	CK_RV rv;

	pthread_rwlock_rdlock(&token->lock);
	rv = may_log_in(token, user);
	pthread_rwlock_unlock(&token->lock);
	return rv;
}

/* A machine token has no PIN: the empty one opens it, for clients that insist on logging in, and
 * any where the configuration says so, for those that insist on a PIN. */
static CK_RV login_machine(struct sg_token *token, enum sg_user user, struct sg_bytes pin)
{
	CK_RV rv;

	if (user != SG_USER || (pin.len != 0 && !token->config->ignore_pin))
		return CKR_PIN_INCORRECT;
	rv = sg_rv(sg_token_open(token));
	if (rv != CKR_OK)
		return rv;
	pthread_rwlock_wrlock(&token->lock);
	rv = may_log_in(token, user);
	if (rv == CKR_OK) {
		token->user = SG_USER;
		token->cache.logins++;
	}
	pthread_rwlock_unlock(&token->lock);
	return rv;
}

/* Tell whether keys that were proved are those of the record that the token has by now: it may
 * have been made new while the PIN was stretched, or be one that somebody made who has the public
 * half's keys only. The caller holds the lock. */
static bool fit_record(const struct sg_token *token, struct sg_keyset *const keys[2])
{
	return token->present && sg_token_record_check(&token->record, keys) == SG_OK;
}

/* Tell whether keys that a PIN proved are those that the token is open with: whoever can
 * write the store can put a record there whose PIN he knows. The caller holds the lock. */
static bool is_open_with(const struct sg_token *token, struct sg_keyset *const keys[2])
{
	const struct sg_keyset *mine = token->keys[SG_PRIVATE_HALF];

	return mine != NULL && sg_secret_equal(sg_secret_bytes(mine->mac),
	                                       sg_secret_bytes(keys[SG_PRIVATE_HALF]->mac));
}

/* Tell whether a login with keys that were proved may stand by now: while the PIN was stretched
 * somebody may have opened a read-only session, or logged in. The caller holds the lock. */
static CK_RV may_install(const struct sg_token *token, enum sg_user user,
                         struct sg_keyset *const keys[2])
{
	CK_RV rv = may_log_in(token, user);

	if (rv == CKR_OK && token->user == user && !is_open_with(token, keys))
		return CKR_PIN_INCORRECT;
	if (rv == CKR_OK && !fit_record(token, keys))
		return CKR_TOKEN_NOT_RECOGNIZED;
	return rv;
}

/* Give the token the keys that a login proved, and with the officer the token key. */
static CK_RV install_login(struct sg_token *token, enum sg_user user, struct sg_keyset *keys[2],
                           struct sg_secret **token_key, struct sg_login_proof *proof)
{
	CK_RV rv;

	pthread_rwlock_wrlock(&token->lock);
	rv = may_install(token, user, keys);
	if (rv == CKR_OK) {
		for (int half = 0; half < 2; half++) {
			sg_keyset_free(&token->keys[half]);
			token->keys[half] = keys[half];
			keys[half] = NULL;
		}
		if (user == SG_SO) {
			token->token_key = *token_key;
			*token_key = NULL;
			sg_login_forget(token);
		} else {
			sg_login_note(token, proof);
		}
		token->user = user;
	}
	pthread_rwlock_unlock(&token->lock);
	return rv;
}

/* Log in by the hardware; the record, which was read a moment ago, has a PIN of that user. */
static CK_RV login_proving(struct sg_token *token, enum sg_user user, struct sg_bytes pin,
                           struct sg_token_record *record)
{
	struct sg_login_proof proof = { NULL };
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_secret *token_key = NULL;
	CK_RV rv;

	sg_token_opening_lock(token);
	if (user == SG_USER && sg_login_recall(token, pin)) {   /* another thread was first */
		sg_token_opening_unlock(token);
		return CKR_OK;
	}
	rv = check_login(token, user);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_prove_pin(token, user, pin, record, keys, &token_key));
	if (rv == CKR_OK)
		sg_token_index_resume(token, record, keys);
	if (rv == CKR_OK && user == SG_USER)
		rv = sg_rv(sg_login_proof_make(token->config, pin, record, &proof));
	if (rv == CKR_OK)
		rv = install_login(token, user, keys, &token_key, &proof);
	sg_token_opening_unlock(token);
	sg_login_proof_clear(&proof);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(&token_key);
	return rv;
}

/* A PIN was refused: what is left of a login is not to be a way around that. */
static void note_refusal(struct sg_token *token)
{
	pthread_rwlock_wrlock(&token->lock);
	if (token->user == SG_NOBODY)
		sg_login_forget(token);
	pthread_rwlock_unlock(&token->lock);
}

CK_RV sg_token_login(struct sg_token *token, enum sg_user user, struct sg_bytes pin)
{
	struct sg_token_record record = { 0 };
	enum sg_err err;
	CK_RV rv;

	rv = check_login(token, user);
	if (rv != CKR_OK)
		return rv;
	err = sg_token_sync(token);
	if (err != SG_OK)
		return sg_rv(err);
	if (user == SG_USER && sg_login_recall(token, pin))
		return CKR_OK;
	err = sg_token_read_record(token, &record);
	if (err != SG_OK)
		return sg_rv(err);
	if (record.machine)
		rv = login_machine(token, user, pin);
	else if (record.copy[sg_user_slot(user)].blob.len == 0)
		rv = user == SG_USER ? CKR_USER_PIN_NOT_INITIALIZED : CKR_PIN_INCORRECT;
	else
		rv = login_proving(token, user, pin, &record);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED)
		note_refusal(token);
	sg_token_record_clear(&record);
	return rv;
}

static void forget_private(struct sg_token *token)
{
	struct sg_walk walk = sg_walk_all(&token->objects);
	struct sg_entry *entry;

	while ((entry = sg_walk_next(&walk)) != NULL)
		if (entry->object->secluded)
			sg_table_remove(&token->objects, entry);
}

CK_RV sg_token_confirm_user(struct sg_token *token, struct sg_bytes pin)
{
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_token_record record = { 0 };
	struct sg_secret *token_key = NULL;
	CK_RV rv;

	sg_token_opening_lock(token);
	rv = sg_rv(sg_token_read_own(token, &record));
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_prove_pin(token, SG_USER, pin, &record, keys, &token_key));
	if (rv == CKR_OK) {
		pthread_rwlock_rdlock(&token->lock);
		if (!is_open_with(token, keys))
			rv = CKR_PIN_INCORRECT;
		pthread_rwlock_unlock(&token->lock);
	}
	sg_token_opening_unlock(token);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(&token_key);
	sg_token_record_clear(&record);
	return rv;
}

/* The caller holds the lock for writing. */
static void log_out(struct sg_token *token)
{
	sg_token_material_end_pins(token);      /* what is kept for the next login asks again */
	sg_login_keep(token);
	token->user = SG_NOBODY;
	if (token->record.machine)
		return;
	atomic_fetch_add(&token->epoch[SG_PRIVATE_HALF], 1);
	sg_keyset_free(&token->keys[SG_PRIVATE_HALF]);
	sg_secret_free(&token->token_key);
	forget_private(token);
	token->shown[SG_PRIVATE_HALF] = SG_NEVER_SHOWN;
}

CK_RV sg_token_logout(struct sg_token *token, bool all)
{
	CK_RV rv = CKR_OK;

	pthread_rwlock_wrlock(&token->lock);
	if (token->user == SG_NOBODY)
		rv = CKR_USER_NOT_LOGGED_IN;
	else if (sg_login_is_last(token, all))
		log_out(token);
	pthread_rwlock_unlock(&token->lock);
	return rv;
}

void sg_token_session_closed(struct sg_token *token, CK_FLAGS flags)
{
	pthread_rwlock_wrlock(&token->lock);
	token->sessions--;
	if ((flags & CKF_RW_SESSION) == 0)
		token->read_only_sessions--;
	if (token->sessions == 0) {
		token->replaced = false;
		sg_token_material_end_pins(token);
		if (token->user != SG_NOBODY && sg_login_is_last(token, true))
			log_out(token);
	}
	pthread_rwlock_unlock(&token->lock);
}
