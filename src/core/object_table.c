/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Object tables.
 */
#include "core/object_table.h"

#include <stdlib.h>
#include <string.h>

/* One counter for all tokens: a handle of one token is never a handle of another. */
static atomic_ulong next_handle = 1;

/* Rows are random, so eight bytes of them are a key; a row that starts with zeros
 * takes the next eight. The full row is compared by whoever looks one up. */
static uint64_t row_key(const uint8_t row[SG_UUID])
{
	uint64_t key;

	memcpy(&key, row, sizeof key);
	if (key == 0)
		memcpy(&key, row + sizeof key, sizeof key);
	return key != 0 ? key : 1;
}

enum sg_err sg_table_add(struct sg_object_table *table, struct sg_object **object,
                         const struct sg_session *session, CK_OBJECT_HANDLE *handle)
{
	struct sg_entry *entry = calloc(1, sizeof *entry);
	enum sg_err err;

	if (entry == NULL)
		return SG_ERR_NOMEM;
	entry->handle = atomic_fetch_add(&next_handle, 1);
	entry->session = session;
	entry->object = *object;
	entry->seen = true;
	err = sg_map_put(&table->by_handle, entry->handle, entry);
	if (err == SG_OK && session == NULL)
		err = sg_map_put(&table->by_row, row_key(entry->object->uuid), entry);
	if (err != SG_OK) {
		sg_map_take(&table->by_handle, entry->handle);
		free(entry);
		return err;
	}
	*object = NULL;
	*handle = entry->handle;
	return SG_OK;
}

struct sg_entry *sg_table_find(const struct sg_object_table *table, CK_OBJECT_HANDLE handle)
{
	return handle == CK_INVALID_HANDLE ? NULL : sg_map_get(&table->by_handle, handle);
}

struct sg_entry *sg_table_find_row(const struct sg_object_table *table, const uint8_t row[SG_UUID])
{
	struct sg_entry *entry = sg_map_get(&table->by_row, row_key(row));

	if (entry != NULL && memcmp(entry->object->uuid, row, SG_UUID) != 0)
		return NULL;
	return entry;
}

void sg_table_replace(struct sg_entry *entry, struct sg_object **object)
{
	sg_object_unref(&entry->object);
	entry->object = *object;
	*object = NULL;
}

void sg_table_remove(struct sg_object_table *table, struct sg_entry *entry)
{
	sg_map_take(&table->by_handle, entry->handle);
	if (entry->session == NULL && sg_table_find_row(table, entry->object->uuid) == entry)
		sg_map_take(&table->by_row, row_key(entry->object->uuid));
	sg_object_unref(&entry->object);
	free(entry);
}

void sg_table_remove_if(struct sg_object_table *table,
                        bool (*fn)(const struct sg_entry *entry, const void *arg), const void *arg)
{
	bool again = true;

	/* The map may not change while it is walked: gather a batch, remove it, walk again. */
	while (again) {
		struct sg_entry *batch[256];
		size_t n = 0, at = 0;
		uint64_t key;
		void *value;

		while (n < 256 && sg_map_next(&table->by_handle, &at, &key, &value))
			if (fn(value, arg))
				batch[n++] = value;
		for (size_t i = 0; i < n; i++)
			sg_table_remove(table, batch[i]);
		again = n == 256;
	}
}

static bool everything(const struct sg_entry *entry, const void *arg)
{
	(void)entry;
	(void)arg;
	return true;
}

void sg_table_clear(struct sg_object_table *table)
{
	sg_table_remove_if(table, everything, NULL);
	sg_map_free(&table->by_handle);
	sg_map_free(&table->by_row);
}
