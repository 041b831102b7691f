/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The end of a token.
 */
#include "core/token_remove.h"

#include <stdlib.h>
#include <string.h>

#include "core/token_anchor.h"
#include "core/token_index.h"
#include "core/token_policy.h"
#include "core/token_resident.h"
#include "core/token_tripwire.h"

/* Tell whether the hardware may keep keys of the token. */
static bool keeps_keys(const struct sg_token_record *record)
{
	const struct sg_resident_ops *ops = sg_sealer_resident(record->sealer);

	return ops != NULL && ops->device != NULL;
}

/* Read what the token has in the hardware while there is still a store. An index or a key could be
 * that of another token, so one who could write the store must not say which are removed; who has
 * also the key of the public half can say it of a PIN token. But to name an index he has to know
 * what lets write it, which stands in the store of its token and not in the TPM. A counter tells
 * by itself whose it is. */
static enum sg_err read_record(struct sg_token *token, struct sg_token_record *record)
{
	enum sg_err err = sg_token_read_record(token, record);

	if (err != SG_OK)
		sg_token_record_clear(record);
	if (err != SG_OK || (record->indices.n == 0 && !keeps_keys(record)))
		return err;
	err = sg_token_open(token);
	if (err != SG_OK)
		return err;
	pthread_rwlock_rdlock(&token->lock);
	err = sg_token_record_check(record, token->keys);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

/* Of a token also those that no store names, of a change that was broken off: a copy may name
 * one. */
static void remove_counter(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                           const struct sg_token_record *record, enum sg_token_counters which,
                           struct sg_token_left *left)
{
	if (which == SG_NO_COUNTER)
		return;
	if (which == SG_ALL_COUNTERS)
		left->counter_err = sg_token_anchor_clear(sealer, owner_auth, record,
		                                          sg_bytes(NULL, 0), &left->counter);
	else
		left->counter_err = sg_token_anchor_remove(sealer, owner_auth, record);
	if (left->counter_err == SG_ERR_HW_NV_GONE)
		left->counter_err = SG_OK;
	if (left->counter == 0)
		left->counter = sg_token_anchor_handle(sealer, record);
}

/* Find the keys that go with this store, which says which they are. known tells whether its record
 * is believed. */
static void find_kept(struct sg_token *token, const struct sg_token_record *record,
                      enum sg_token_counters which, enum sg_err known, struct sg_token_left *left)
{
	struct sg_token_kept_which meant = { .in = NULL };
	struct sg_sealer *sealer;
	char *own = NULL;
	enum sg_err err = known;

	memcpy(left->uuid, record->uuid, sizeof left->uuid);
	if (!keeps_keys(record))
		return;
	sg_token_opening_lock(token);
	if (sg_token_sealer(token, record->sealer, &sealer) != SG_OK)
		goto out;
	if (err == SG_OK && which != SG_ALL_COUNTERS) {
		own = sg_store_path(token->config->state, (unsigned)token->slot);
		meant = (struct sg_token_kept_which){ .in = token->path, .not_in = own };
		err = own != NULL ? SG_OK : SG_ERR_NOMEM;
	}
	if (err == SG_OK)
		err = sg_token_kept_find(sealer, record->uuid, &meant, &left->kept);
	if (err != SG_OK) {
		sg_token_kept_clear(&left->kept);
		(void)sg_token_kept_give_up(sealer, err, &left->kept);
	}
out:
	sg_token_opening_unlock(token);
	free(own);
}

/* known tells whether the list of indices is believed. */
static void clear_hardware(struct sg_token *token, const struct sg_secret *owner_auth,
                           const struct sg_token_record *record, enum sg_token_counters which,
                           enum sg_err known, struct sg_token_left *left)
{
	struct sg_sealer *sealer;
	enum sg_err opened;

	sg_token_opening_lock(token);
	opened = sg_token_sealer(token, record->sealer, &sealer);
	if (record->indices.n > 0) {
		left->indices = record->indices;
		left->index_err = known == SG_OK ? opened : known;
		if (left->index_err == SG_OK)
			left->index_err = sg_token_index_abandon(sealer, record, owner_auth,
			                                         &left->indices);
	}
	if (sg_token_record_anchored(record)) {
		left->counter_err = opened;
		if (opened == SG_OK)
			remove_counter(sealer, owner_auth, record, which, left);
	}
	if (opened == SG_OK)
		sg_token_kept_remove(sealer, &left->kept);
	sg_token_opening_unlock(token);
}

enum sg_err sg_token_remove_store(struct sg_token *token, const struct sg_secret *owner_auth,
                                  const struct sg_token_going *going, struct sg_token_left *left)
{
	struct sg_token_record record = { 0 };
	enum sg_err err, known;

	*left = (struct sg_token_left){ .index_err = SG_OK };
	known = read_record(token, &record);
	if (known == SG_OK)
		known = going->known;
	if (going->needed != NULL)
		sg_token_index_spare(&record.indices, going->needed);
	find_kept(token, &record, going->counters, known, left);
	err = sg_store_remove(token->path);
	if (err == SG_OK) {
		sg_token_tripwire_forget(token);
		sg_token_signatures_forget(token);
		clear_hardware(token, owner_auth, &record, going->counters, known, left);
	}
	sg_token_record_clear(&record);
	return err;
}

enum sg_err sg_token_remove(struct sg_token *token, const struct sg_secret *owner_auth,
                            struct sg_token_left *left)
{
	const struct sg_token_going all = { .counters = SG_ALL_COUNTERS, .known = SG_OK };

	return sg_token_remove_store(token, owner_auth, &all, left);
}

void sg_token_left_clear(struct sg_token_left *left)
{
	sg_token_kept_clear(&left->kept);
}
