/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. A hash table with open addressing and linear probing. Entries are
 * moved back when one is taken, so there are no tombstones and taking can't fail.
 */
#include "util/map.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_SIZE 16

static size_t home_of(const struct sg_map *map, uint64_t key)
{
	/* Handles are dense numbers: the multiplication spreads their low bits upward. */
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(key >> 32) & (map->size - 1);
}

/* Return the slot that holds key, or the free one where it would go. */
static size_t slot_of(const struct sg_map *map, uint64_t key)
{
	size_t i = home_of(map, key);

	while (map->slots[i].key != 0 && map->slots[i].key != key)
		i = (i + 1) & (map->size - 1);
	return i;
}

static enum sg_err grow(struct sg_map *map)
{
	struct sg_map bigger = { NULL, map->size == 0 ? FIRST_SIZE : map->size * 2, map->count };

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return SG_ERR_NOMEM;
	for (size_t i = 0; i < map->size; i++) {
		if (map->slots[i].key != 0)
			bigger.slots[slot_of(&bigger, map->slots[i].key)] = map->slots[i];
	}
	free(map->slots);
	*map = bigger;
	return SG_OK;
}

enum sg_err sg_map_reserve(struct sg_map *map, size_t count)
{
	enum sg_err err = SG_OK;

	while (count > map->size / 4 * 3 && err == SG_OK)
		err = grow(map);
	return err;
}

enum sg_err sg_map_put(struct sg_map *map, uint64_t key, void *value)
{
	enum sg_err err;
	size_t i;

	assert(key != 0);
	if (map->size > 0) {
		i = slot_of(map, key);
		if (map->slots[i].key == key) {
			map->slots[i].value = value;
			return SG_OK;
		}
	}
	err = sg_map_reserve(map, map->count + 1);
	if (err != SG_OK)
		return err;
	map->slots[slot_of(map, key)] = (struct sg_map_slot){ key, value };
	map->count++;
	return SG_OK;
}

void *sg_map_get(const struct sg_map *map, uint64_t key)
{
	if (map->size == 0 || key == 0)
		return NULL;
	return map->slots[slot_of(map, key)].value;
}

void *sg_map_take(struct sg_map *map, uint64_t key)
{
	size_t hole, i;
	void *value;

	if (map->size == 0 || key == 0)
		return NULL;
	hole = slot_of(map, key);
	if (map->slots[hole].key == 0)
		return NULL;
	value = map->slots[hole].value;
	map->count--;

	/* Close the gap: an entry moves into the hole unless its home lies behind the hole. */
	for (i = (hole + 1) & (map->size - 1); map->slots[i].key != 0;
	     i = (i + 1) & (map->size - 1)) {
		size_t from_home = (i - home_of(map, map->slots[i].key)) & (map->size - 1);
		size_t from_hole = (i - hole) & (map->size - 1);

		if (from_home < from_hole)
			continue;
		map->slots[hole] = map->slots[i];
		hole = i;
	}
	map->slots[hole] = (struct sg_map_slot){ 0, NULL };
	return value;
}

bool sg_map_next(const struct sg_map *map, size_t *at, uint64_t *key, void **value)
{
	while (*at < map->size && map->slots[*at].key == 0)
		(*at)++;
	if (*at >= map->size)
		return false;
	*key = map->slots[*at].key;
	*value = map->slots[*at].value;
	(*at)++;
	return true;
}

void sg_map_free(struct sg_map *map)
{
	if (map == NULL)
		return;
	free(map->slots);
	*map = (struct sg_map){ NULL, 0, 0 };
}
