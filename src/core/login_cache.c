/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Remembering a login. A PIN is compared here only with one that the hardware has
 * accepted, in constant time; must never refuse one, nor outlive the time, the PIN, the record or
 * the token that it was for.
 */
#include "core/login_cache.h"

#include <stdlib.h>
#include <time.h>

#include "core/token.h"
#include "core/token_anchor.h"
#include "crypto/mac.h"
#include "crypto/random.h"

#define CODE_KEY 32

/* Milliseconds of a clock that nobody sets and that counts the machine's sleep. */
static uint64_t now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static const struct sg_buf *user_copy(const struct sg_token_record *record)
{
	return &record->copy[SG_SEAL_USER].blob;
}

/* Compute the code of a PIN under the proof's key into out. */
static void code_of(const struct sg_secret *code, struct sg_bytes pin, uint8_t out[SG_MAC])
{
	sg_mac(sg_bytes(code->data, CODE_KEY), &pin, 1, out);
}

enum sg_err sg_login_proof_make(const struct sg_config *config, struct sg_bytes pin,
                                const struct sg_token_record *record,
                                struct sg_login_proof *out)
{
	enum sg_err err;

	*out = (struct sg_login_proof){ NULL };
	if (config->login_cache == 0 && !config->idempotent_login)
		return SG_OK;
	err = sg_random_secret(CODE_KEY + SG_MAC, &out->code);
	if (err == SG_OK)
		err = sg_buf_set(&out->copy, sg_buf_bytes(user_copy(record)));
	if (err == SG_OK)
		code_of(out->code, pin, out->code->data + CODE_KEY);
	else
		sg_login_proof_clear(out);
	return err;
}

void sg_login_proof_clear(struct sg_login_proof *proof)
{
	sg_secret_free(&proof->code);
	sg_buf_free(&proof->copy);
}

/* Tell whether a PIN is the one of the proof, and opens the record as it is now. */
static bool proves(const struct sg_token *token, struct sg_bytes pin)
{
	const struct sg_login_proof *proof = &token->cache.proof;
	struct sg_secret *code = NULL;
	bool same;

	if (proof->code == NULL || !token->present || token->replaced ||
	    !sg_bytes_equal(sg_buf_bytes(&proof->copy),
	                    sg_buf_bytes(user_copy(&token->record))) ||
	    sg_secret_new(SG_MAC, &code) != SG_OK)
		return false;
	code_of(proof->code, pin, code->data);
	same = sg_secret_equal(sg_bytes(code->data, SG_MAC),
	                       sg_bytes(proof->code->data + CODE_KEY, SG_MAC));
	sg_secret_free(&code);
	return same;
}

/* Wipe what a logout left. */
static void drop_left(struct sg_login_cache *cache)
{
	for (size_t i = 0; i < cache->n; i++)
		sg_object_unref(&cache->objects[i]);
	free(cache->objects);
	cache->objects = NULL;
	cache->n = 0;
	sg_keyset_free(&cache->keys);
}

void sg_login_forget(struct sg_token *token)
{
	drop_left(&token->cache);
	sg_login_proof_clear(&token->cache.proof);
}

void sg_login_review(struct sg_token *token)
{
	if (!sg_bytes_equal(sg_buf_bytes(&token->cache.proof.copy),
	                    sg_buf_bytes(user_copy(&token->record))))
		sg_login_forget(token);
}

/* The time is up, unless somebody logged in and out again meanwhile. */
static void ring(void *arg)
{
	struct sg_token *token = arg;
	const uint64_t at = now();

	pthread_rwlock_wrlock(&token->lock);
	if (token->cache.keys != NULL && at >= token->cache.until)
		sg_login_forget(token);
	else if (token->cache.keys != NULL &&
	         !sg_alarm_set(&token->cache.alarm, (unsigned)(token->cache.until - at) + 1))
		sg_login_forget(token);
	pthread_rwlock_unlock(&token->lock);
}

enum sg_err sg_login_cache_init(struct sg_token *token)
{
	return sg_alarm_init(&token->cache.alarm, ring, token);
}

void sg_login_cache_clear(struct sg_token *token)
{
	sg_alarm_clear(&token->cache.alarm);
	sg_login_forget(token);
}

void sg_login_note(struct sg_token *token, struct sg_login_proof *proof)
{
	sg_login_forget(token);
	token->cache.proof = *proof;
	*proof = (struct sg_login_proof){ NULL };
	token->cache.logins++;
}

bool sg_login_is_last(struct sg_token *token, bool all)
{
	if (!all && token->config->idempotent_login && token->cache.logins > 1) {
		token->cache.logins--;
		return false;
	}
	token->cache.logins = 0;
	return true;
}

/* Take references to the private token objects. */
static enum sg_err keep_objects(struct sg_token *token)
{
	struct sg_login_cache *cache = &token->cache;
	struct sg_walk walk = sg_walk_owner(&token->objects, NULL);
	struct sg_entry *entry;

	cache->objects = calloc(token->objects.by_handle.count + 1, sizeof *cache->objects);
	if (cache->objects == NULL)
		return SG_ERR_NOMEM;
	while ((entry = sg_walk_next(&walk)) != NULL)
		if (entry->object->secluded)
			cache->objects[cache->n++] = sg_object_ref(entry->object);
	return SG_OK;
}

void sg_login_keep(struct sg_token *token)
{
	struct sg_login_cache *cache = &token->cache;
	const unsigned seconds = token->config->login_cache;

	drop_left(cache);
	if (seconds == 0 || token->user != SG_USER || cache->proof.code == NULL ||
	    token->keys[SG_PRIVATE_HALF] == NULL) {
		sg_login_proof_clear(&cache->proof);
		return;
	}
	/* Where nobody would wipe it, it is not kept. */
	if (keep_objects(token) != SG_OK || !sg_alarm_set(&cache->alarm, seconds * 1000)) {
		sg_login_forget(token);
		return;
	}
	cache->keys = sg_keyset_ref(token->keys[SG_PRIVATE_HALF]);
	cache->shown = token->shown[SG_PRIVATE_HALF];
	cache->stamp = token->shown_stamp;
	cache->changes = token->changes;
	cache->until = now() + (uint64_t)seconds * 1000;
}

/* Tell whether the table shows, but for what was left, the store as it was at the logout. */
static bool shows_the_same(const struct sg_token *token)
{
	const struct sg_login_cache *cache = &token->cache;

	return cache->shown != SG_NEVER_SHOWN && cache->changes == token->changes &&
	       sg_store_stamp_same(&cache->stamp, &token->shown_stamp);
}

/* Put the objects back, under new handles. What has no room is read from the store again. */
static void put_objects_back(struct sg_token *token)
{
	struct sg_login_cache *cache = &token->cache;
	CK_OBJECT_HANDLE handle;
	bool same = shows_the_same(token);

	for (size_t i = 0; i < cache->n; i++)
		if (sg_table_add(&token->objects, &cache->objects[i], NULL, &handle) != SG_OK)
			same = false;
	token->shown[SG_PRIVATE_HALF] = same ? cache->shown : SG_NEVER_SHOWN;
}

/* Log in by what a logout left. The store has this stamp now, or one that nothing equals. Where it
 * is anchored and another one by now, it may be an old copy, which only the hardware knows. */
static bool log_in(struct sg_token *token, const struct sg_store_stamp *stamp)
{
	struct sg_login_cache *cache = &token->cache;
	struct sg_keyset *const keys[2] = {
		[SG_PUBLIC_HALF] = token->keys[SG_PUBLIC_HALF],
		[SG_PRIVATE_HALF] = cache->keys,
	};

	if (cache->keys == NULL || keys[SG_PUBLIC_HALF] == NULL || now() >= cache->until ||
	    sg_token_record_check(&token->record, keys) != SG_OK)
		return false;
	if (sg_token_record_anchored(&token->record) &&
	    !(stamp->settled && shows_the_same(token) &&
	      sg_store_stamp_same(&cache->stamp, stamp)))
		return false;
	put_objects_back(token);
	sg_keyset_free(&token->keys[SG_PRIVATE_HALF]);
	token->keys[SG_PRIVATE_HALF] = cache->keys;
	cache->keys = NULL;
	drop_left(cache);
	token->user = SG_USER;
	cache->logins++;
	return true;
}

/* Get the stamp of the store at the last logout, if it still holds. */
static void look_at_store(struct sg_token *token, struct sg_store_stamp *stamp)
{
	pthread_rwlock_rdlock(&token->lock);
	*stamp = token->cache.stamp;
	pthread_rwlock_unlock(&token->lock);
	if (!sg_store_stamp_holds(stamp, token->path))
		*stamp = (struct sg_store_stamp){ .settled = false };
}

bool sg_login_recall(struct sg_token *token, struct sg_bytes pin)
{
	const struct sg_config *config = token->config;
	struct sg_store_stamp stamp;
	bool done = false;

	if (config->login_cache == 0 && !config->idempotent_login)
		return false;
	look_at_store(token, &stamp);
	pthread_rwlock_wrlock(&token->lock);
	if (proves(token, pin)) {
		if (token->user == SG_USER && config->idempotent_login) {
			token->cache.logins++;
			done = true;
		} else if (token->user == SG_NOBODY) {
			done = log_in(token, &stamp);
		}
	}
	pthread_rwlock_unlock(&token->lock);
	return done;
}
