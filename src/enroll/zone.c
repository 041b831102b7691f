/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. TZif files [RFC 9636]: the transitions of the second block, of 64-bit times, and
 * the rule behind them for all that comes later. What leap seconds a file knows is not looked at:
 * Unix time has none.
 */
#include "enroll/zone.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enroll/zone_rule.h"
#include "util/cursor.h"
#include "util/file.h"

#define FILE_MAX ((size_t)256 << 10)
#define TRANSITIONS_MAX 4096
#define TYPES_MAX 256
#define TYPE_LEN 6                      /* bytes of a local time type */

struct sg_zone {
	size_t n;                       /* transitions */
	int64_t *at;                    /* ascending */
	int32_t *offset;                /* from then on */
	int32_t first;                  /* before the first one */
	bool has_rule;
	struct sg_zone_rule rule;
};

/* The six counts of a block's header. */
struct counts {
	uint32_t ut, standard, leap, time, type, text;
};

bool sg_zone_name_is(struct sg_bytes name)
{
	bool starts = true;

	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = name.data[i];
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		/* No part begins with what could lead elsewhere or name an option. */
		if (starts ? !letter
		           : !letter && !(c >= '0' && c <= '9') && strchr("+-_/", c) == NULL)
			return false;
		starts = c == '/';
	}
	return name.len > 0 && name.len <= SG_ZONE_NAME && !starts;
}

static bool read_header(struct sg_reader *r, uint8_t *version, struct counts *out)
{
	sg_read_magic(r, "TZif");
	*version = sg_read_u8(r);
	(void)sg_read_bytes(r, 15);
	out->ut = sg_read_u32(r);
	out->standard = sg_read_u32(r);
	out->leap = sg_read_u32(r);
	out->time = sg_read_u32(r);
	out->type = sg_read_u32(r);
	out->text = sg_read_u32(r);
	return !r->failed && out->time <= TRANSITIONS_MAX && out->type > 0 &&
	       out->type <= TYPES_MAX && out->leap <= TRANSITIONS_MAX && out->text <= 4096 &&
	       out->ut <= TYPES_MAX && out->standard <= TYPES_MAX;
}

static int32_t offset_of(struct sg_bytes types, size_t type)
{
	return (int32_t)sg_get_u32(types.data + TYPE_LEN * type);
}

/* Read the block of 64-bit times. */
static bool read_block(struct sg_reader *r, const struct counts *counts, struct sg_zone *zone)
{
	struct sg_bytes times = sg_read_bytes(r, (size_t)counts->time * 8);
	struct sg_bytes indices = sg_read_bytes(r, counts->time);
	struct sg_bytes types = sg_read_bytes(r, (size_t)counts->type * TYPE_LEN);

	(void)sg_read_bytes(r, counts->text + (size_t)counts->leap * 12 + counts->standard +
	                               counts->ut);
	if (r->failed)
		return false;
	zone->n = counts->time;
	zone->first = offset_of(types, 0);
	for (size_t i = 0; i < zone->n; i++) {
		zone->at[i] = (int64_t)sg_get_u64(times.data + 8 * i);
		if (indices.data[i] >= counts->type || (i > 0 && zone->at[i] <= zone->at[i - 1]))
			return false;
		zone->offset[i] = offset_of(types, indices.data[i]);
	}
	for (size_t i = 0; i < counts->type; i++)
		if (offset_of(types, i) < -SG_ZONE_OFFSET_MAX ||
		    offset_of(types, i) > SG_ZONE_OFFSET_MAX)
			return false;
	return true;
}

/* Read the rule between two line ends; none of no characters. */
static bool read_footer(struct sg_reader *r, struct sg_zone *zone)
{
	const size_t len = r->rest.len;

	if (len < 2 || r->rest.data[0] != '\n' || r->rest.data[len - 1] != '\n')
		return false;
	zone->has_rule = len > 2;
	return len == 2 || sg_zone_rule_read(sg_bytes(r->rest.data + 1, len - 2), &zone->rule);
}

enum sg_err sg_zone_read(struct sg_bytes file, struct sg_zone **out)
{
	struct sg_reader r = sg_reader(file);
	struct sg_zone *zone = NULL;
	struct counts counts;
	uint8_t version;
	enum sg_err err = SG_ERR_FORMAT;

	*out = NULL;
	/* The first block, of 32-bit times, is for readers that know no other. */
	if (file.len > FILE_MAX || !read_header(&r, &version, &counts) || version < '2')
		goto out;
	(void)sg_read_bytes(&r, (size_t)counts.time * 5 + (size_t)counts.type * TYPE_LEN +
	                                counts.text + (size_t)counts.leap * 8 + counts.standard +
	                                counts.ut);
	if (!read_header(&r, &version, &counts) || version < '2')
		goto out;
	err = SG_ERR_NOMEM;
	zone = calloc(1, sizeof *zone);
	if (zone == NULL)
		goto out;
	zone->at = calloc(counts.time + 1, sizeof *zone->at);
	zone->offset = calloc(counts.time + 1, sizeof *zone->offset);
	if (zone->at == NULL || zone->offset == NULL)
		goto out;
	err = SG_ERR_FORMAT;
	if (!read_block(&r, &counts, zone) || !read_footer(&r, zone))
		goto out;
	*out = zone;
	zone = NULL;
	err = SG_OK;
out:
	sg_zone_free(&zone);
	return err;
}

void sg_zone_free(struct sg_zone **zone)
{
	if (zone == NULL || *zone == NULL)
		return;
	free((*zone)->at);
	free((*zone)->offset);
	free(*zone);
	*zone = NULL;
}

/* Many names are links to others in the folder: where they lead must be below it. */
enum sg_err sg_zone_load(const char *folder, const char *name, struct sg_zone **out)
{
	char *root = NULL, *path = NULL, *real = NULL;
	struct sg_buf file = { NULL, 0, 0 };
	enum sg_err err;

	*out = NULL;
	if (!sg_zone_name_is(sg_bytes_str(name)))
		return SG_ERR_NOT_FOUND;
	err = sg_path_join(folder, name, &path);
	if (err != SG_OK)
		goto out;
	root = realpath(folder, NULL);
	real = realpath(path, NULL);
	if (root == NULL || real == NULL || strncmp(real, root, strlen(root)) != 0 ||
	    real[strlen(root)] != '/') {
		err = SG_ERR_NOT_FOUND;
		goto out;
	}
	err = sg_file_read_trusted(real, FILE_MAX, &file);
	if (err == SG_OK)
		err = sg_zone_read(sg_buf_bytes(&file), out);
out:
	sg_buf_free(&file);
	free(root);
	free(path);
	free(real);
	return err;
}

int32_t sg_zone_offset(const struct sg_zone *zone, int64_t at)
{
	size_t low = 0, high = zone->n;

	if (zone->n == 0 || at >= zone->at[zone->n - 1]) {
		if (zone->has_rule)
			return sg_zone_rule_offset(&zone->rule, at);
		return zone->n > 0 ? zone->offset[zone->n - 1] : zone->first;
	}
	if (at < zone->at[0])
		return zone->first;
	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (zone->at[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return zone->offset[low];
}
