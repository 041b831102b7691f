/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Stores that were set aside.
 */
#include "core/token_aside.h"

#include <stdlib.h>
#include <string.h>

#include "store/aside.h"

enum sg_err sg_token_aside_record(const char *path, struct sg_token_record *record)
{
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	memset(record, 0, sizeof *record);
	err = sg_store_begin(path, SG_STORE_READ, &txn);
	if (err == SG_OK)
		err = sg_token_get_record(txn, record);
	sg_store_abort(&txn);
	return err;
}

/* Whose stores are looked for. */
struct search {
	const uint8_t *uuid;
	sg_token_aside_fn fn;
	void *arg;
};

static enum sg_err meet(const char *path, unsigned slot, enum sg_store_rest rest, void *arg)
{
	const struct search *search = arg;
	struct sg_token_record record = { 0 };
	enum sg_err err, read;

	if (rest == SG_STORE_DRAFT)
		return SG_OK;
	read = sg_token_aside_record(path, &record);
	err = read != SG_OK || memcmp(record.uuid, search->uuid, SG_UUID) == 0
	              ? search->fn(path, slot, read, search->arg)
	              : SG_OK;
	sg_token_record_clear(&record);
	return err;
}

enum sg_err sg_token_aside_each(const struct sg_config *config, const uint8_t uuid[SG_UUID],
                                sg_token_aside_fn fn, void *arg)
{
	struct search search = { uuid, fn, arg };

	return sg_store_rest_each(config->state, meet, &search);
}

/* A counter that is gone can have left its handle to the one of the token as it is now. */
static bool uses_its_counter(const struct sg_token_record *aside,
                             const struct sg_token_record *now)
{
	return aside->counter.len > 0 &&
	       memcmp(aside->sealer, now->sealer, sizeof now->sealer) == 0 &&
	       sg_bytes_equal(sg_buf_bytes(&aside->parent), sg_buf_bytes(&now->parent)) &&
	       sg_bytes_equal(sg_buf_bytes(&aside->counter), sg_buf_bytes(&now->counter));
}

/* Fill in what stays, now holding it. A store that was copied, and not moved, names what the token
 * needs; where the token's own can't be read, nobody knows that. */
static void spare(const struct sg_token *token, const char *path, struct sg_token_record *now,
                  struct sg_token_going *going)
{
	struct sg_token_record aside = { 0 };
	enum sg_err err = sg_token_read_record(token, now);

	*going = (struct sg_token_going){ .counters = SG_OWN_COUNTER, .known = SG_OK };
	if (err == SG_OK) {
		going->needed = &now->indices;
		if (sg_token_aside_record(path, &aside) == SG_OK && uses_its_counter(&aside, now))
			going->counters = SG_NO_COUNTER;
		sg_token_record_clear(&aside);
	} else if (err != SG_ERR_STORE_MISSING) {
		going->counters = SG_NO_COUNTER;
		going->known = err;
	}
}

/* A token like any other, but for where its store lies. Its name in the hardware is that of the
 * token as it is now, whose counters stay. */
enum sg_err sg_token_aside_remove(const struct sg_config *config, CK_SLOT_ID slot,
                                  const char *path, const struct sg_secret *owner_auth,
                                  struct sg_token_left *left)
{
	struct sg_token_record now = { 0 };
	struct sg_token_going going;
	struct sg_token *token = NULL;
	char *own;
	enum sg_err err;

	*left = (struct sg_token_left){ .index_err = SG_OK };
	own = strdup(path);
	if (own == NULL)
		return SG_ERR_NOMEM;
	err = sg_token_new(config, slot, &token);
	if (err != SG_OK) {
		free(own);
		return err;
	}
	spare(token, path, &now, &going);
	free(token->path);
	token->path = own;
	err = sg_token_remove_store(token, owner_auth, &going, left);
	sg_token_record_clear(&now);
	sg_token_free(&token);
	return err;
}
