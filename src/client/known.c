/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The table of handles. It has a lock of its own: who is in a call takes this one
 * only, for whoever has the connection's may be waiting for a fork to end, which waits for those
 * in calls.
 */
#include "client/known.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 32                 /* handles remembered */

struct known_key {
	CK_OBJECT_CLASS class;
	uint8_t id[SG_CLIENT_ID_MAX];
	size_t id_len;                  /* 0: a free place */
	CK_OBJECT_HANDLE handle;
};

struct sg_client_known {
	pthread_mutex_t lock;           /* of all that follows */
	uint64_t epoch;                 /* of the connection whose handles they are */
	struct known_key keys[KEYS];
	size_t next;                    /* the place that is overwritten next */
};

enum sg_err sg_client_known_new(struct sg_client_known **out)
{
	struct sg_client_known *known = calloc(1, sizeof *known);

	*out = NULL;
	if (known == NULL || pthread_mutex_init(&known->lock, NULL) != 0) {
		free(known);
		return SG_ERR_NOMEM;
	}
	*out = known;
	return SG_OK;
}

void sg_client_known_free(struct sg_client_known **known, bool inherited)
{
	if (*known == NULL)
		return;
	if (!inherited)
		pthread_mutex_destroy(&(*known)->lock);
	free(*known);
	*known = NULL;
}

void sg_client_known_begin(struct sg_client_known *known, uint64_t epoch)
{
	pthread_mutex_lock(&known->lock);
	memset(known->keys, 0, sizeof known->keys);
	known->epoch = epoch;
	pthread_mutex_unlock(&known->lock);
}

static bool is_key(const struct known_key *key, CK_OBJECT_CLASS class, struct sg_bytes id)
{
	return key->class == class && sg_bytes_equal(sg_bytes(key->id, key->id_len), id);
}

bool sg_client_known_find(struct sg_client_known *known, uint64_t epoch, CK_OBJECT_CLASS class,
                          struct sg_bytes id, CK_OBJECT_HANDLE *key)
{
	bool found = false;

	pthread_mutex_lock(&known->lock);
	for (size_t i = 0; i < KEYS && known->epoch == epoch && !found; i++) {
		found = is_key(&known->keys[i], class, id);
		if (found)
			*key = known->keys[i].handle;
	}
	pthread_mutex_unlock(&known->lock);
	return found;
}

void sg_client_known_put(struct sg_client_known *known, uint64_t epoch, CK_OBJECT_CLASS class,
                         struct sg_bytes id, CK_OBJECT_HANDLE key)
{
	struct known_key *place;

	pthread_mutex_lock(&known->lock);
	if (known->epoch == epoch) {
		place = &known->keys[known->next++ % KEYS];
		*place = (struct known_key){ .class = class, .id_len = id.len, .handle = key };
		memcpy(place->id, id.data, id.len);
	}
	pthread_mutex_unlock(&known->lock);
}

void sg_client_known_drop(struct sg_client_known *known, CK_OBJECT_CLASS class,
                          struct sg_bytes id)
{
	pthread_mutex_lock(&known->lock);
	for (size_t i = 0; i < KEYS; i++)
		if (is_key(&known->keys[i], class, id))
			known->keys[i] = (struct known_key){ .id_len = 0 };
	pthread_mutex_unlock(&known->lock);
}
