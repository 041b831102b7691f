/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Object tables. Whatever is done with one entry touches that entry, its
 * neighbours in lists and a few places in maps, however many others there are.
 */
#include "core/object_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/template.h"

/* One counter for all tokens: a handle of one token is never a handle of another. */
static atomic_ulong next_handle = SG_HANDLE_FIRST;

/* The attributes that objects are looked for by. */
static const CK_ATTRIBUTE_TYPE listed[SG_LISTS] = {
	[SG_LIST_ID] = CKA_ID,
	[SG_LIST_LABEL] = CKA_LABEL,
};

#define THE_ONLY 1      /* key of a list that is one of a kind */

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

/* FNV-1a. Values that fall together share a list, which costs time and nothing else. No
 * list for nothing: what is not named has the empty label, and may be most objects. */
static uint64_t value_key(struct sg_bytes value)
{
	uint64_t key = UINT64_C(0xcbf29ce484222325);

	if (value.len == 0)
		return 0;
	for (size_t i = 0; i < value.len; i++)
		key = (key ^ value.data[i]) * UINT64_C(0x100000001b3);
	return key != 0 ? key : 1;
}

static uint64_t owner_key(const struct sg_session *session)
{
	return session != NULL ? (uint64_t)(uintptr_t)session : THE_ONLY;
}

/* Find the key of the list that an object belongs in. */
static uint64_t list_key(enum sg_list list, const struct sg_entry *entry,
                         const struct sg_object *object)
{
	struct sg_bytes value;

	if (list == SG_LIST_ALL)
		return THE_ONLY;
	if (list == SG_LIST_OWNER)
		return owner_key(entry->session);
	return sg_attrs_get(&object->attrs, listed[list], &value) ? value_key(value) : 0;
}

/* Put an entry that is in no list of this kind at the end of one. */
static enum sg_err join(struct sg_object_table *table, enum sg_list list, struct sg_entry *entry,
                        uint64_t key)
{
	struct sg_link *link = &entry->link[list];
	struct sg_entry *first;
	enum sg_err err;

	if (key == 0)
		return SG_OK;
	first = sg_map_get(&table->lists[list], key);
	if (first == NULL) {
		err = sg_map_put(&table->lists[list], key, entry);
		if (err != SG_OK)
			return err;
		first = link->last = entry;
	}
	link->next = first;
	link->last = first->link[list].last;
	link->last->link[list].next = entry;
	first->link[list].last = entry;
	entry->key[list] = key;
	return SG_OK;
}

/* Take an entry out of its list of this kind, if it is in one. */
static void leave(struct sg_object_table *table, enum sg_list list, struct sg_entry *entry)
{
	struct sg_map *map = &table->lists[list];
	struct sg_link *link = &entry->link[list];
	uint64_t key = entry->key[list];

	if (key == 0)
		return;
	if (link->next == entry)
		sg_map_take(map, key);
	else if (sg_map_get(map, key) == entry)
		(void)sg_map_put(map, key, link->next);         /* it is there: can't fail */
	link->next->link[list].last = link->last;
	link->last->link[list].next = link->next;
	entry->key[list] = 0;
}

static enum sg_err enter(struct sg_object_table *table, struct sg_entry *entry)
{
	enum sg_err err;

	err = sg_map_put(&table->by_handle, entry->handle, entry);
	if (err == SG_OK && entry->session == NULL)
		err = sg_map_put(&table->by_row, row_key(entry->object->uuid), entry);
	for (int list = 0; list < SG_LISTS && err == SG_OK; list++)
		err = join(table, (enum sg_list)list, entry,
		           list_key((enum sg_list)list, entry, entry->object));
	return err;
}

/* Take an entry out of everything that it is in. */
static void take_out(struct sg_object_table *table, struct sg_entry *entry)
{
	for (int list = 0; list < SG_LISTS; list++)
		leave(table, (enum sg_list)list, entry);
	if (entry->session == NULL && sg_table_find_row(table, entry->object->uuid) == entry)
		sg_map_take(&table->by_row, row_key(entry->object->uuid));
	sg_map_take(&table->by_handle, entry->handle);
}

/* Make room for all places that were promised, and one more. */
static enum sg_err reserve_lists(struct sg_object_table *table)
{
	enum sg_err err = SG_OK;

	for (int list = 0; list < SG_LISTS && err == SG_OK; list++)
		err = sg_map_reserve(&table->lists[list],
		                     table->lists[list].count + table->promised + 1);
	return err;
}

enum sg_err sg_table_place(struct sg_object_table *table, bool stored, struct sg_entry **place)
{
	size_t more = table->promised + 1;
	enum sg_err err;

	*place = NULL;
	err = sg_map_reserve(&table->by_handle, table->by_handle.count + more);
	if (err == SG_OK && stored)
		err = sg_map_reserve(&table->by_row, table->by_row.count + more);
	if (err == SG_OK)
		err = reserve_lists(table);
	if (err != SG_OK)
		return err;
	*place = calloc(1, sizeof **place);
	if (*place == NULL)
		return SG_ERR_NOMEM;
	table->promised = more;
	return SG_OK;
}

CK_OBJECT_HANDLE sg_table_take(struct sg_object_table *table, struct sg_entry **place,
                               struct sg_object **object, const struct sg_session *session)
{
	struct sg_entry *entry = *place;
	enum sg_err err;

	*place = NULL;
	table->promised--;
	entry->handle = atomic_fetch_add(&next_handle, 1);
	entry->session = session;
	entry->object = *object;
	entry->seen = true;
	*object = NULL;
	err = enter(table, entry);
	assert(err == SG_OK);   /* there was room */
	(void)err;
	return entry->handle;
}

CK_OBJECT_HANDLE sg_table_dead_handle(void)
{
	return atomic_fetch_add(&next_handle, 1);
}

void sg_table_give_back(struct sg_object_table *table, struct sg_entry **place)
{
	if (*place != NULL)
		table->promised--;
	free(*place);
	*place = NULL;
}

enum sg_err sg_table_add(struct sg_object_table *table, struct sg_object **object,
                         const struct sg_session *session, CK_OBJECT_HANDLE *handle)
{
	struct sg_entry *place = NULL;
	enum sg_err err = sg_table_place(table, session == NULL, &place);

	if (err == SG_OK)
		*handle = sg_table_take(table, &place, object, session);
	return err;
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

/* Move an entry to the list where its next version belongs. */
static enum sg_err move(struct sg_object_table *table, enum sg_list list, struct sg_entry *entry,
                        const struct sg_object *object)
{
	uint64_t key = list_key(list, entry, object);

	if (key == entry->key[list])
		return SG_OK;
	leave(table, list, entry);
	return join(table, list, entry, key);
}

enum sg_err sg_table_replace(struct sg_object_table *table, struct sg_entry *entry,
                             struct sg_object **object)
{
	enum sg_err err = reserve_lists(table);

	if (err != SG_OK)
		return err;
	for (int list = 0; list < SG_LISTS; list++) {
		err = move(table, (enum sg_list)list, entry, *object);
		assert(err == SG_OK);   /* there was room */
		(void)err;
	}
	sg_object_unref(&entry->object);
	entry->object = *object;
	*object = NULL;
	return SG_OK;
}

void sg_table_remove(struct sg_object_table *table, struct sg_entry *entry)
{
	take_out(table, entry);
	sg_object_unref(&entry->object);
	free(entry);
}

void sg_table_clear(struct sg_object_table *table)
{
	struct sg_walk walk = sg_walk_all(table);
	struct sg_entry *entry;

	while ((entry = sg_walk_next(&walk)) != NULL)
		sg_table_remove(table, entry);
	sg_map_free(&table->by_handle);
	sg_map_free(&table->by_row);
	for (int list = 0; list < SG_LISTS; list++)
		sg_map_free(&table->lists[list]);
}

static struct sg_walk along(const struct sg_object_table *table, enum sg_list list, uint64_t key)
{
	struct sg_entry *first = sg_map_get(&table->lists[list], key);

	return (struct sg_walk){ list, first, first != NULL ? first->link[list].last : NULL };
}

struct sg_walk sg_walk_all(const struct sg_object_table *table)
{
	return along(table, SG_LIST_ALL, THE_ONLY);
}

struct sg_walk sg_walk_owner(const struct sg_object_table *table, const struct sg_session *session)
{
	return along(table, SG_LIST_OWNER, owner_key(session));
}

struct sg_walk sg_walk_template(const struct sg_object_table *table, const CK_ATTRIBUTE *template,
                                CK_ULONG n)
{
	for (int list = SG_LIST_ID; list < SG_LISTS; list++) {
		const CK_ATTRIBUTE *attr = sg_template_find(template, n, listed[list]);

		if (attr != NULL && attr->ulValueLen > 0)
			return along(table, (enum sg_list)list,
			             value_key(sg_bytes(attr->pValue, attr->ulValueLen)));
	}
	return sg_walk_all(table);
}

struct sg_entry *sg_walk_next(struct sg_walk *walk)
{
	struct sg_entry *entry = walk->next;

	if (entry != NULL)
		walk->next = entry != walk->end ? entry->link[walk->list].next : NULL;
	return entry;
}
