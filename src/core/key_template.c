/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Comparing with and adding the templates that keys carry.
 */
#include "core/key_template.h"

#include <stdlib.h>
#include <string.h>

#include "client/rv.h"
#include "core/attr_value.h"
#include "core/template.h"
#include "util/log.h"

bool sg_key_template_matches(const struct sg_object *wrapping, const struct sg_object *object)
{
	struct sg_bytes stored, wanted, have;
	struct sg_attrs list;
	CK_ATTRIBUTE_TYPE type;
	size_t at = 0;

	if (!sg_attrs_get(&wrapping->attrs, CKA_WRAP_TEMPLATE, &stored))
		return true;
	list = sg_value_nested(stored);
	while (sg_attrs_next(&list, &at, &type, &wanted))
		if (!sg_attrs_get(&object->attrs, type, &have) || !sg_bytes_equal(wanted, have)) {
			sg_log(SG_LOG_ERROR, "the key differs from CKA_WRAP_TEMPLATE in "
			       "attribute 0x%lx", type);
			return false;
		}
	return true;
}

/* Compare a caller's attribute with the key's template. */
static CK_RV agree(const struct sg_attr_row *row, const CK_ATTRIBUTE *attr, struct sg_bytes stored)
{
	struct sg_value value;
	CK_RV rv = sg_value_store(row, attr, &value);

	if (rv == CKR_OK && !sg_bytes_equal(value.stored, stored)) {
		sg_log(SG_LOG_ERROR, "the key's own template has another %s", row->name);
		rv = CKR_TEMPLATE_INCONSISTENT;
	}
	sg_value_free(&value);
	return rv;
}

/* The values of a list have at most so many words as callers give them: no value grows. */
static size_t words(const struct sg_attrs *list, size_t *count)
{
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	size_t at = 0, n = 0;

	*count = 0;
	while (sg_attrs_next(list, &at, &type, &value)) {
		n += value.len / sizeof(uint64_t) + 1;
		(*count)++;
	}
	return n;
}

/* Add what the caller left out of one list to out, which has room. */
static CK_RV add(const struct sg_attrs *list, const CK_ATTRIBUTE *template, CK_ULONG n,
                 struct sg_merged *out)
{
	uint64_t *room = out->room;
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes stored;
	size_t at = 0;
	CK_RV rv = CKR_OK;

	while (rv == CKR_OK && sg_attrs_next(list, &at, &type, &stored)) {
		const struct sg_attr_row *row = sg_value_nested_row(type);
		const CK_ATTRIBUTE *given = sg_template_find(template, n, type);
		const size_t len = stored.len / sizeof *room + 1;
		CK_ATTRIBUTE *attr = &out->attr[out->n];

		if (row == NULL)
			return CKR_TEMPLATE_INCONSISTENT;
		if (given != NULL) {
			rv = agree(row, given, stored);
			continue;
		}
		*attr = (CK_ATTRIBUTE){ type, room, len * sizeof *room };
		rv = sg_value_give(row, stored, attr);
		room += len;
		out->n++;
	}
	return rv;
}

CK_RV sg_key_template_merge(const struct sg_object *key, CK_ATTRIBUTE_TYPE which,
                            const CK_ATTRIBUTE *template, CK_ULONG n, struct sg_merged *out)
{
	struct sg_attrs list = { { NULL, 0, 0 } };
	struct sg_bytes stored;
	size_t count, len;

	*out = (struct sg_merged){ NULL, 0, NULL };
	if (sg_attrs_get(&key->attrs, which, &stored))
		list = sg_value_nested(stored);
	len = words(&list, &count);
	out->attr = calloc(n + count + 1, sizeof *out->attr);
	out->room = calloc(len + 1, sizeof *out->room);
	if (out->attr == NULL || out->room == NULL)
		return CKR_HOST_MEMORY;
	if (n > 0)
		memcpy(out->attr, template, n * sizeof *template);
	out->n = n;
	return add(&list, template, n, out);
}

void sg_merged_free(struct sg_merged *merged)
{
	free(merged->attr);
	free(merged->room);
	*merged = (struct sg_merged){ NULL, 0, NULL };
}
