/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Attribute lists. Lookups walk the list: an object has some twenty
 * attributes, and a walk over 300 bytes costs less than a table would.
 */
#include "core/attrs.h"

#include <string.h>

#include "util/cursor.h"

#define HEAD 8
#define TYPICAL 384                     /* bytes of a key's attributes */

/* A list is made by sg_attrs_set or checked by sg_attrs_parse, so its lengths are right
 * and every look-up may walk it without a reader. */
bool sg_attrs_next(const struct sg_attrs *attrs, size_t *at, CK_ATTRIBUTE_TYPE *type,
                   struct sg_bytes *value)
{
	const uint8_t *entry;

	if (*at >= attrs->list.len)
		return false;
	entry = attrs->list.data + *at;
	*type = sg_get_u32(entry);
	*value = sg_bytes(entry + HEAD, sg_get_u32(entry + 4));
	*at += HEAD + value->len;
	return true;
}

/* Find where type stands or would stand; *len is the size of its entry, 0 if it is not there. */
static size_t find(const struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, size_t *len)
{
	CK_ATTRIBUTE_TYPE found;
	struct sg_bytes value;
	size_t at = 0, start = 0;

	*len = 0;
	while (sg_attrs_next(attrs, &at, &found, &value)) {
		if (found == type)
			*len = at - start;
		if (found >= type)
			return start;
		start = at;
	}
	return start;
}

bool sg_attrs_get(const struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, struct sg_bytes *value)
{
	size_t len, at = find(attrs, type, &len);

	if (len == 0)
		return false;
	*value = sg_bytes(attrs->list.data + at + HEAD, len - HEAD);
	return true;
}

bool sg_attrs_bool(const struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	struct sg_bytes value;

	return sg_attrs_get(attrs, type, &value) && value.len == 1 && value.data[0] == CK_TRUE;
}

CK_ULONG sg_attrs_ulong(const struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	struct sg_bytes value;

	if (!sg_attrs_get(attrs, type, &value) || value.len != 8)
		return CK_UNAVAILABLE_INFORMATION;
	return sg_get_u64(value.data);
}

enum sg_err sg_attrs_set(struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, struct sg_bytes value)
{
	struct sg_buf *list = &attrs->list;
	size_t len, at, entry = HEAD + value.len;
	enum sg_err err;

	if (type > UINT32_MAX || value.len > SG_VALUE_MAX)
		return SG_ERR_RANGE;
	at = find(attrs, type, &len);
	err = sg_buf_reserve(list, list->len == 0 && entry < TYPICAL ? TYPICAL : entry);
	if (err != SG_OK)
		return err;
	memmove(list->data + at + entry, list->data + at + len, list->len - at - len);
	list->len = list->len - len + entry;
	sg_put_u32(list->data + at, (uint32_t)type);
	sg_put_u32(list->data + at + 4, (uint32_t)value.len);
	if (value.len > 0)
		memcpy(list->data + at + HEAD, value.data, value.len);
	return SG_OK;
}

enum sg_err sg_attrs_set_bool(struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value)
{
	uint8_t byte = value ? CK_TRUE : CK_FALSE;

	return sg_attrs_set(attrs, type, sg_bytes(&byte, 1));
}

enum sg_err sg_attrs_set_ulong(struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	uint8_t stored[8];

	sg_put_u64(stored, value);
	return sg_attrs_set(attrs, type, sg_bytes(stored, sizeof stored));
}

enum sg_err sg_attrs_parse(struct sg_bytes stored, struct sg_attrs *attrs)
{
	struct sg_reader r = sg_reader(stored);
	uint32_t last = 0;
	bool first = true;

	while (!r.failed && r.rest.len > 0) {
		uint32_t type = sg_read_u32(&r);

		sg_read_var(&r, SG_VALUE_MAX);
		if (!first && type <= last)
			return SG_ERR_FORMAT;
		first = false;
		last = type;
	}
	if (!sg_reader_done(&r))
		return SG_ERR_FORMAT;
	return sg_buf_set(&attrs->list, stored);
}

enum sg_err sg_attrs_copy(const struct sg_attrs *attrs, struct sg_attrs *out)
{
	return sg_buf_set(&out->list, sg_buf_bytes(&attrs->list));
}

void sg_attrs_free(struct sg_attrs *attrs)
{
	sg_buf_free(&attrs->list);
}
