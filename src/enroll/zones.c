/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Zones that were read, so that each is read once an hour at most.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "enroll/zone.h"

#define KEPT 64
#define STALE 3600                      /* seconds */

struct kept {
	char name[SG_ZONE_NAME + 1];
	int64_t read;
	struct sg_zone *zone;
};

struct sg_zones {
	char *folder;
	pthread_mutex_t lock;           /* of what follows */
	struct kept kept[KEPT];
	size_t next;                    /* the oldest, where all are taken */
};

enum sg_err sg_zones_new(const char *folder, struct sg_zones **out)
{
	struct sg_zones *zones = calloc(1, sizeof *zones);

	*out = NULL;
	if (zones != NULL)
		zones->folder = strdup(folder);
	if (zones == NULL || zones->folder == NULL) {
		free(zones);
		return SG_ERR_NOMEM;
	}
	pthread_mutex_init(&zones->lock, NULL);
	*out = zones;
	return SG_OK;
}

void sg_zones_free(struct sg_zones **zones)
{
	if (zones == NULL || *zones == NULL)
		return;
	for (size_t i = 0; i < KEPT; i++)
		sg_zone_free(&(*zones)->kept[i].zone);
	pthread_mutex_destroy(&(*zones)->lock);
	free((*zones)->folder);
	free(*zones);
	*zones = NULL;
}

/* Find the place of a zone, or one for it. */
static struct kept *place(struct sg_zones *zones, const char *name)
{
	for (size_t i = 0; i < KEPT; i++)
		if (zones->kept[i].zone != NULL && strcmp(zones->kept[i].name, name) == 0)
			return &zones->kept[i];
	return &zones->kept[zones->next++ % KEPT];
}

enum sg_err sg_zones_offset(struct sg_zones *zones, const char *name, int64_t at, int32_t *out)
{
	struct kept *kept;
	struct sg_zone *fresh = NULL;
	enum sg_err err = SG_OK;

	*out = 0;
	if (!sg_zone_name_is(sg_bytes_str(name)))
		return SG_ERR_NOT_FOUND;
	pthread_mutex_lock(&zones->lock);
	kept = place(zones, name);
	if (kept->zone == NULL || strcmp(kept->name, name) != 0 || at < kept->read ||
	    at - kept->read > STALE) {
		err = sg_zone_load(zones->folder, name, &fresh);
		if (err == SG_OK) {
			sg_zone_free(&kept->zone);
			kept->zone = fresh;
			kept->read = at;
			memcpy(kept->name, name, strlen(name) + 1);
		}
	}
	if (err == SG_OK)
		*out = sg_zone_offset(kept->zone, at);
	pthread_mutex_unlock(&zones->lock);
	return err;
}
