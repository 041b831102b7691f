/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The indices that count wrong PINs of a token.
 */
#include "core/token_index.h"

#include <string.h>

#include "util/log.h"

enum sg_err sg_token_index_plan(struct sg_sealer *sealer, const struct sg_token_record *record,
                                enum sg_seal_slot slot, struct sg_pin_plan **plan)
{
	*plan = NULL;
	/* The officer's PIN is under the hardware's own lockout, which heals: somebody must be
	 * left who can help the user. */
	if (record->pin_tries == 0 || slot != SG_SEAL_USER)
		return SG_OK;
	if (sealer->ops->pin_index == NULL) {
		sg_log(SG_LOG_ERROR, "the sealer \"%s\" can't count the wrong tries of one PIN",
		       sealer->ops->name);
		return SG_ERR_HW_UNSUPPORTED;
	}
	return sealer->ops->pin_index->plan(sealer, sg_buf_bytes(&record->parent),
	                                    record->pin_tries, plan);
}

enum sg_err sg_token_index_add(struct sg_token_record *record, const struct sg_pin_plan *plan)
{
	struct sg_pin_list *list = &record->indices;

	if (list->n == SG_PIN_LIST) {
		sg_log(SG_LOG_ERROR, "%d indices of this token are in the TPM that could not be "
		       "removed", SG_PIN_LIST);
		return SG_ERR_HW_NV_FULL;
	}
	list->entry[list->n++] = (struct sg_pin_entry){ .index = plan->index };
	return SG_OK;
}

static enum sg_err add(struct sg_token_record *record, void *arg)
{
	return sg_token_index_add(record, arg);
}

enum sg_err sg_token_index_enter(struct sg_token *token, struct sg_sealer *sealer,
                                 struct sg_keyset *const keys[2],
                                 const struct sg_secret *owner_auth,
                                 const struct sg_pin_plan *plan)
{
	enum sg_err err;

	if (plan == NULL)
		return SG_OK;
	err = sg_token_change_record(token, keys, add, (void *)plan);
	if (err == SG_ERR_HW_NV_FULL) {
		(void)sg_token_index_sweep(token, sealer, keys, owner_auth);
		err = sg_token_change_record(token, keys, add, (void *)plan);
	}
	/* It is entered; the next change, which is the PIN's, has it counted first. */
	return err == SG_ERR_UNCOUNTED ? SG_OK : err;
}

static struct sg_pin_entry *find(struct sg_pin_list *list, const struct sg_pin_index *index)
{
	for (size_t i = 0; i < list->n; i++)
		if (sg_pin_index_same(&list->entry[i].index, index))
			return &list->entry[i];
	return NULL;
}

enum sg_err sg_token_index_settle(struct sg_sealer *sealer, struct sg_token_record *record)
{
	bool used[SG_PIN_LIST] = { false };

	if (record->pin_tries == 0 || sealer->ops->pin_index == NULL)
		return SG_OK;
	for (int slot = 0; slot < SG_SEAL_SLOTS; slot++) {
		struct sg_bytes blob = sg_buf_bytes(&record->copy[slot].blob);
		struct sg_pin_entry *entry;
		struct sg_pin_index index;
		enum sg_err err;

		if (blob.len == 0)
			continue;
		err = sealer->ops->pin_index->of(blob, &index);
		if (err != SG_OK)
			return err == SG_ERR_FORMAT ? SG_ERR_STORE_DAMAGED : err;
		if (index.handle == 0)
			continue;
		entry = find(&record->indices, &index);
		if (entry == NULL || entry->condemned)
			return SG_ERR_STORE_BUSY;
		used[entry - record->indices.entry] = true;
	}
	for (size_t i = 0; i < record->indices.n; i++)
		record->indices.entry[i].condemned = !used[i];
	return SG_OK;
}

static enum sg_err settle(struct sg_token_record *record, void *arg)
{
	return sg_token_index_settle(arg, record);
}

static void drop(struct sg_pin_list *list, size_t at)
{
	list->n--;
	memmove(&list->entry[at], &list->entry[at + 1],
	        (list->n - at) * sizeof list->entry[0]);
}

/* Take those off the list that are no more in the hardware. */
static enum sg_err forget(struct sg_token_record *record, void *arg)
{
	struct sg_pin_list *gone = arg, *list = &record->indices;

	for (size_t i = list->n; i > 0; i--)
		if (list->entry[i - 1].condemned && find(gone, &list->entry[i - 1].index) != NULL)
			drop(list, i - 1);
	return SG_OK;
}

/* Remove entries of a list from the hardware; it is left with those that could not be removed,
 * and gone gets the others. Return the first error. */
static enum sg_err remove_from(struct sg_sealer *sealer, const struct sg_token_record *record,
                               const struct sg_secret *owner_auth, struct sg_pin_list *list,
                               struct sg_pin_list *gone)
{
	enum sg_err first = SG_OK;

	for (size_t i = list->n; i > 0; i--) {
		const struct sg_pin_entry entry = list->entry[i - 1];
		enum sg_err err;

		err = sealer->ops->pin_index->remove(sealer, sg_buf_bytes(&record->parent),
		                                     owner_auth, &entry.index);
		if (err == SG_OK) {
			gone->entry[gone->n++] = entry;
			drop(list, i - 1);
		} else {
			sg_log(SG_LOG_NOTICE, "the index 0x%08x, which nobody uses any more, could not "
			       "be removed from the TPM: %s", entry.index.handle,
			       sg_err_sentence(err));
			first = first == SG_OK ? err : first;
		}
	}
	return first;
}

static size_t marked(const struct sg_token_record *record)
{
	size_t n = 0;

	for (size_t i = 0; i < record->indices.n; i++)
		n += record->indices.entry[i].condemned;
	return n;
}

static enum sg_err read_checked(struct sg_token *token, struct sg_keyset *const keys[2],
                                struct sg_token_record *record)
{
	enum sg_err err;

	sg_token_record_clear(record);
	err = sg_token_read_record(token, record);
	return err == SG_OK ? sg_token_record_check(record, keys) : err;
}

/* Mark what no copy uses, and read the record. Only what is marked in the stored record may be
 * removed: another process may just have brought into use what was unused when it was read. */
static enum sg_err read_settled(struct sg_token *token, struct sg_sealer *sealer,
                                struct sg_keyset *const keys[2], struct sg_token_record *record)
{
	size_t before;
	enum sg_err err = read_checked(token, keys, record);

	before = marked(record);
	if (err == SG_OK)
		err = sg_token_index_settle(sealer, record);
	if (err != SG_OK || marked(record) == before)
		return err;
	err = sg_token_change_record(token, keys, settle, sealer);
	return err == SG_OK ? read_checked(token, keys, record) : err;
}

enum sg_err sg_token_index_sweep(struct sg_token *token, struct sg_sealer *sealer,
                                 struct sg_keyset *const keys[2],
                                 const struct sg_secret *owner_auth)
{
	struct sg_token_record record = { 0 };
	struct sg_pin_list gone = { .n = 0 };
	enum sg_err err, removed = SG_OK;

	if (sealer->ops->pin_index == NULL)
		return SG_OK;
	err = read_settled(token, sealer, keys, &record);
	if (err == SG_OK) {
		for (size_t i = record.indices.n; i > 0; i--)
			if (!record.indices.entry[i - 1].condemned)
				drop(&record.indices, i - 1);
		removed = remove_from(sealer, &record, owner_auth, &record.indices, &gone);
	} else {
		removed = err;
	}
	if (err == SG_OK && gone.n > 0)
		err = sg_token_change_record(token, keys, forget, &gone);
	if (err != SG_OK)
		sg_log(SG_LOG_NOTICE, "indices of the TPM that nobody uses any more stay for now: %s",
		       sg_err_sentence(err));
	sg_token_record_clear(&record);
	return removed;
}

enum sg_err sg_token_index_settled(struct sg_token *token, struct sg_sealer *sealer,
                                   struct sg_keyset *const keys[2],
                                   const struct sg_secret *owner_auth, enum sg_err err)
{
	enum sg_err swept = sg_token_index_sweep(token, sealer, keys, owner_auth);

	return err == SG_OK && swept != SG_OK ? SG_ERR_PIN_LEFT : err;
}

void sg_token_index_resume(struct sg_token *token, const struct sg_token_record *record,
                           struct sg_keyset *const keys[2])
{
	struct sg_sealer *sealer;

	if (marked(record) == 0 || sg_token_sealer(token, record->sealer, &sealer) != SG_OK)
		return;
	if (sg_token_index_sweep(token, sealer, keys, NULL) == SG_ERR_HW_OWNER_AUTH)
		sg_log(SG_LOG_ERROR, "an older copy of the store opens with a PIN that was changed: "
		       "what counts for that is removed by the TPM's owner, who has a password; "
		       "signet reseal with --owner-auth-file does it");
}

void sg_token_index_spare(struct sg_pin_list *list, const struct sg_pin_list *needed)
{
	for (size_t i = 0; i < needed->n; i++) {
		struct sg_pin_entry *entry = find(list, &needed->entry[i].index);

		if (entry != NULL)
			drop(list, (size_t)(entry - list->entry));
	}
}

enum sg_err sg_token_index_abandon(struct sg_sealer *sealer, const struct sg_token_record *record,
                                   const struct sg_secret *owner_auth, struct sg_pin_list *left)
{
	struct sg_pin_list gone = { .n = 0 };

	*left = record->indices;
	if (sealer->ops->pin_index == NULL)
		return left->n == 0 ? SG_OK : SG_ERR_HW_UNSUPPORTED;
	return remove_from(sealer, record, owner_auth, left, &gone);
}
