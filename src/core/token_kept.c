/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Keys that hardware keeps for a token. Nothing here is secret: of a store, only which rows
 * it has is read.
 */
#include "core/token_kept.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static const struct sg_resident_ops *ops_of(const struct sg_sealer *sealer)
{
	const struct sg_resident_ops *ops = sealer->ops->resident;

	return ops != NULL && ops->device != NULL ? ops : NULL;
}

static enum sg_err enter(struct sg_token_kept_list *list, const struct sg_token_kept *kept)
{
	struct sg_token_kept *grown;

	grown = sg_array_grow(list->entry, list->n, &list->cap, sizeof *list->entry);
	if (grown == NULL)
		return SG_ERR_NOMEM;
	list->entry = grown;
	list->entry[list->n++] = *kept;
	return SG_OK;
}

enum sg_err sg_token_kept_recorded(const char *path, const uint8_t key[SG_RESIDENT_ID],
                                   bool *recorded)
{
	struct sg_store_txn *txn = NULL;
	struct sg_buf row = { 0 };
	enum sg_err err = sg_store_begin(path, SG_STORE_READ, &txn);

	if (err == SG_OK)
		err = sg_store_object_get(txn, key, &row);
	*recorded = err == SG_OK;
	sg_store_abort(&txn);
	sg_buf_free(&row);
	return err == SG_ERR_NOT_FOUND ? SG_OK : err;
}

/* Tell whether a key is one of those that are meant. */
static enum sg_err is_meant(const struct sg_token_kept_which *which, const uint8_t *key, bool *is)
{
	bool in = true, not_in = false;
	enum sg_err err = SG_OK;

	if (which->in != NULL)
		err = sg_token_kept_recorded(which->in, key, &in);
	if (err == SG_OK && in && which->not_in != NULL)
		err = sg_token_kept_recorded(which->not_in, key, &not_in);
	if (err == SG_ERR_STORE_MISSING)
		err = SG_OK;
	*is = in && !not_in;
	return err;
}

/* Enter the keys of one device, or that it does not answer. */
static enum sg_err find_in(struct sg_sealer *sealer, const uint8_t *uuid,
                           const struct sg_token_kept_which *which, struct sg_token_kept *device,
                           struct sg_token_kept_list *list)
{
	struct sg_resident_list found = { .found = NULL };
	enum sg_err err;
	bool is = false;

	device->key = (struct sg_resident_found){ .halves = 0 };
	device->err = ops_of(sealer)->list(sealer, device->i, uuid, &found);
	device->asked = device->err == SG_OK;
	err = device->asked ? SG_OK : enter(list, device);
	for (size_t i = 0; i < found.n && device->asked && err == SG_OK; i++) {
		device->key = found.found[i];
		err = is_meant(which, device->key.name.key, &is);
		if (err == SG_OK && is)
			err = enter(list, device);
	}
	sg_resident_list_clear(&found);
	return err;
}

enum sg_err sg_token_kept_find(struct sg_sealer *sealer, const uint8_t uuid[SG_UUID],
                               const struct sg_token_kept_which *which,
                               struct sg_token_kept_list *list)
{
	struct sg_token_kept device = { .i = 0 };
	enum sg_err err = SG_OK;

	if (ops_of(sealer) == NULL)
		return SG_OK;
	while (err == SG_OK && ops_of(sealer)->device(sealer, device.i, device.device)) {
		err = find_in(sealer, uuid, which, &device, list);
		device.i++;
	}
	return err;
}

enum sg_err sg_token_kept_give_up(struct sg_sealer *sealer, enum sg_err why,
                                  struct sg_token_kept_list *list)
{
	struct sg_token_kept device = { .err = why };
	enum sg_err err = SG_OK;

	if (ops_of(sealer) == NULL)
		return SG_OK;
	while (err == SG_OK && ops_of(sealer)->device(sealer, device.i, device.device)) {
		err = enter(list, &device);
		device.i++;
	}
	return err;
}

void sg_token_kept_remove(struct sg_sealer *sealer, struct sg_token_kept_list *list)
{
	size_t stay = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct sg_token_kept *kept = &list->entry[i];

		if (kept->asked)
			kept->err = ops_of(sealer)->remove(sealer, kept->i, &kept->key.name);
		if (kept->err != SG_OK)
			list->entry[stay++] = *kept;
	}
	list->n = stay;
}

void sg_token_kept_clear(struct sg_token_kept_list *list)
{
	free(list->entry);
	*list = (struct sg_token_kept_list){ .entry = NULL };
}
