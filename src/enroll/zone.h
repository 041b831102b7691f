/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The local time of an IANA zone [RFC 9636], without the time zone of the process,
 * which is one for all threads. Reads files below a folder that nobody but root writes.
 */
#ifndef SG_ENROLL_ZONE_H
#define SG_ENROLL_ZONE_H

#include "util/bytes.h"

#define SG_ZONE_NAME 63                 /* characters of "America/Argentina/Buenos_Aires" */
#define SG_ZONE_FOLDER "/usr/share/zoneinfo"

struct sg_zone;

/* Tell whether a text may be the name of a zone: parts of letters, digits, +, - and _, with /
 * between. */
bool sg_zone_name_is(struct sg_bytes name);

/* Read a zone from its file in the folder, or from the bytes of one. The caller frees *out. Errors:
 * NOT_FOUND, FORMAT, STORE_UNSAFE, SYSTEM, NOMEM. */
enum sg_err sg_zone_load(const char *folder, const char *name, struct sg_zone **out);
enum sg_err sg_zone_read(struct sg_bytes file, struct sg_zone **out);
void sg_zone_free(struct sg_zone **zone);

/* Return how many seconds the zone's clocks are ahead of UTC at that time. */
int32_t sg_zone_offset(const struct sg_zone *zone, int64_t at);

/* Zones that were read, so that each is read once an hour at most. Any number of threads. */
struct sg_zones;
enum sg_err sg_zones_new(const char *folder, struct sg_zones **out);
void sg_zones_free(struct sg_zones **zones);

/* Return the offset of a zone by its name. Errors as sg_zone_load. */
enum sg_err sg_zones_offset(struct sg_zones *zones, const char *name, int64_t at, int32_t *out);

#endif
