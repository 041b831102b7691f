/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Converting values. A template in an attribute is kept as an attribute list, so
 * that whatever reads one reads the other; none can be inside another.
 */
#include "core/attr_value.h"

#include <string.h>

#include "client/rv.h"
#include "core/date.h"
#include "seal/policy.h"
#include "util/log.h"

#define STORED_ULONG 8

/* The kinds of object that come of wrapping, unwrapping and deriving. */
#define NESTED_IN (SG_IN_PRIVATE | SG_IN_SECRET | SG_IN_DATA)

/* The way of making objects that the attributes of a template must be allowed in; a wrap
 * template is compared with any. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	unsigned mode;
} nested_modes[] = {
	{ CKA_UNWRAP_TEMPLATE, SG_BY_UNWRAP },
	{ CKA_DERIVE_TEMPLATE, SG_BY_DERIVE },
};

static unsigned nested_mode(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < sizeof nested_modes / sizeof nested_modes[0]; i++)
		if (nested_modes[i].type == type)
			return nested_modes[i].mode;
	return 0;
}

/* Find the row of an attribute inside a template; mode 0 is any. */
static const struct sg_attr_row *find_nested(CK_ATTRIBUTE_TYPE type, unsigned mode)
{
	const struct sg_attr_row *rows;
	size_t n;

	rows = sg_attr_rows(&n);
	for (size_t i = 0; i < n; i++)
		if (rows[i].type == type && (rows[i].in & NESTED_IN) != 0 &&
		    (rows[i].flags & (SG_ATTR_MATERIAL | SG_ATTR_WRITE_ONLY)) == 0 &&
		    rows[i].kind != SG_ATTR_TEMPLATE &&
		    (mode == 0 || (rows[i].allowed & mode) != 0))
			return &rows[i];
	return NULL;
}

const struct sg_attr_row *sg_value_nested_row(CK_ATTRIBUTE_TYPE type)
{
	return find_nested(type, 0);
}

struct sg_attrs sg_value_nested(struct sg_bytes stored)
{
	return (struct sg_attrs){ { (uint8_t *)(uintptr_t)stored.data, stored.len, 0 } };
}

static CK_RV store_mechanisms(const CK_ATTRIBUTE *attr, struct sg_value *value)
{
	const size_t n = attr->ulValueLen / sizeof(CK_MECHANISM_TYPE);
	const uint8_t *given = attr->pValue;
	enum sg_err err = SG_OK;

	/* An empty list could mean every mechanism or none. */
	if (attr->ulValueLen % sizeof(CK_MECHANISM_TYPE) != 0 || n == 0 || n > SG_VALUE_MECHANISMS)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	for (size_t i = 0; i < n && err == SG_OK; i++) {
		CK_MECHANISM_TYPE type;
		uint8_t stored[STORED_ULONG];

		memcpy(&type, given + i * sizeof type, sizeof type);
		sg_put_u64(stored, type);
		err = sg_buf_append(&value->room, sg_bytes(stored, sizeof stored));
	}
	value->stored = sg_buf_bytes(&value->room);
	return sg_rv(err);
}

/* Bring a policy to the form in which it is kept: one policy, one text. */
static CK_RV store_policy(const CK_ATTRIBUTE *attr, struct sg_value *value)
{
	const struct sg_bytes text = sg_bytes(attr->pValue, attr->ulValueLen);
	struct sg_policy policy = { 0 };
	enum sg_err err = SG_ERR_FORMAT;

	if (text.len <= SG_POLICY_TEXT_MAX)
		err = sg_policy_parse(text, &policy);
	if (err == SG_OK)
		err = sg_policy_text(&policy, true, &value->room);
	value->stored = sg_buf_bytes(&value->room);
	sg_policy_clear(&policy);
	return err == SG_ERR_FORMAT ? CKR_ATTRIBUTE_VALUE_INVALID : sg_rv(err);
}

/* Check one attribute inside a template and add it to the list. */
static CK_RV store_nested(unsigned mode, const CK_ATTRIBUTE *attr, struct sg_attrs *list)
{
	const struct sg_attr_row *row = find_nested(attr->type, mode);
	struct sg_value value = { 0 };
	struct sg_bytes there;
	CK_RV rv;

	if (attr->ulValueLen > SG_VALUE_MAX || (attr->pValue == NULL && attr->ulValueLen > 0))
		return CKR_ARGUMENTS_BAD;
	if (row == NULL) {
		sg_log(SG_LOG_ERROR, "attribute 0x%lx can't be in such a template", attr->type);
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (sg_attrs_get(list, attr->type, &there))
		return CKR_TEMPLATE_INCONSISTENT;
	rv = sg_value_store(row, attr, &value);
	if (rv == CKR_OK && value.stored.len > SG_VALUE_NESTED_BYTES - list->list.len)
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	if (rv == CKR_OK)
		rv = sg_rv(sg_attrs_set(list, attr->type, value.stored));
	if (rv == CKR_OK && list->list.len > SG_VALUE_NESTED_BYTES)
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	sg_value_free(&value);
	return rv;
}

static CK_RV store_template(CK_ATTRIBUTE_TYPE type, const CK_ATTRIBUTE *attr,
                            struct sg_value *value)
{
	const size_t n = attr->ulValueLen / sizeof(CK_ATTRIBUTE);
	const unsigned mode = nested_mode(type);
	const uint8_t *given = attr->pValue;
	struct sg_attrs list = { { NULL, 0, 0 } };
	CK_RV rv = CKR_OK;

	if (attr->ulValueLen % sizeof(CK_ATTRIBUTE) != 0 || n > SG_VALUE_NESTED)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	for (size_t i = 0; i < n && rv == CKR_OK; i++) {
		CK_ATTRIBUTE nested;

		memcpy(&nested, given + i * sizeof nested, sizeof nested);
		rv = store_nested(mode, &nested, &list);
	}
	value->room = list.list;
	value->stored = sg_buf_bytes(&value->room);
	return rv;
}

CK_RV sg_value_store(const struct sg_attr_row *row, const CK_ATTRIBUTE *attr,
                     struct sg_value *value)
{
	CK_ULONG number;

	*value = (struct sg_value){ { NULL, 0 }, { 0 }, { NULL, 0, 0 } };
	switch (row->kind) {
	case SG_ATTR_BOOL:
		if (attr->ulValueLen != sizeof(CK_BBOOL))
			return CKR_ATTRIBUTE_VALUE_INVALID;
		value->small[0] = *(const CK_BBOOL *)attr->pValue;
		value->stored = sg_bytes(value->small, 1);
		break;
	case SG_ATTR_ULONG:
		if (attr->ulValueLen != sizeof number)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		memcpy(&number, attr->pValue, sizeof number);
		sg_put_u64(value->small, number);
		value->stored = sg_bytes(value->small, STORED_ULONG);
		break;
	case SG_ATTR_DATE:
	case SG_ATTR_BYTES:
		value->stored = sg_bytes(attr->pValue, attr->ulValueLen);
		break;
	case SG_ATTR_MECHANISMS:
		return store_mechanisms(attr, value);
	case SG_ATTR_TEMPLATE:
		return store_template(row->type, attr, value);
	case SG_ATTR_POLICY:
		return store_policy(attr, value);
	}
	return sg_value_fits(row, value->stored) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

void sg_value_free(struct sg_value *value)
{
	sg_buf_free(&value->room);
	value->stored = sg_bytes(NULL, 0);
}

/* A stored template comes out of an authenticated record, and yet is looked at like the
 * list that it is in. */
static bool template_fits(struct sg_bytes stored)
{
	struct sg_attrs list = { { NULL, 0, 0 } };
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	bool fits = sg_attrs_parse(stored, &list) == SG_OK;
	size_t at = 0;

	while (fits && sg_attrs_next(&list, &at, &type, &value)) {
		const struct sg_attr_row *row = sg_value_nested_row(type);

		fits = row != NULL && sg_value_fits(row, value);
	}
	sg_attrs_free(&list);
	return fits;
}

static bool policy_fits(struct sg_bytes stored)
{
	struct sg_policy policy = { 0 };
	bool fits = stored.len <= SG_POLICY_TEXT_MAX && sg_policy_parse(stored, &policy) == SG_OK;

	sg_policy_clear(&policy);
	return fits;
}

bool sg_value_fits(const struct sg_attr_row *row, struct sg_bytes stored)
{
	switch (row->kind) {
	case SG_ATTR_BOOL:
		return stored.len == 1 && (stored.data[0] == CK_TRUE || stored.data[0] == CK_FALSE);
	case SG_ATTR_ULONG:
		return stored.len == STORED_ULONG;
	case SG_ATTR_DATE:
		return stored.len == 0 || sg_date_valid(stored);
	case SG_ATTR_BYTES:
		return true;
	case SG_ATTR_MECHANISMS:
		return stored.len > 0 && stored.len % STORED_ULONG == 0;
	case SG_ATTR_TEMPLATE:
		return template_fits(stored);
	case SG_ATTR_POLICY:
		return policy_fits(stored);
	}
	return false;
}

/* Tell whether there is room for len bytes, say how many there are, and in *rv if that is
 * an answer [PKCS#11 3.1 §5.7.5]. */
static bool has_room(CK_ATTRIBUTE *attr, size_t len, CK_RV *rv)
{
	bool room = attr->pValue != NULL && attr->ulValueLen >= len;

	*rv = room || attr->pValue == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	attr->ulValueLen = *rv == CKR_OK ? len : CK_UNAVAILABLE_INFORMATION;
	return room;
}

CK_RV sg_value_give_bytes(CK_ATTRIBUTE *attr, const void *value, size_t len)
{
	CK_RV rv;

	if (has_room(attr, len, &rv) && len > 0)
		memcpy(attr->pValue, value, len);
	return rv;
}

static CK_RV give_mechanisms(struct sg_bytes stored, CK_ATTRIBUTE *attr)
{
	CK_MECHANISM_TYPE list[SG_VALUE_MECHANISMS];
	size_t n = 0;

	for (; n < stored.len / STORED_ULONG && n < SG_VALUE_MECHANISMS; n++)
		list[n] = sg_get_u64(stored.data + n * STORED_ULONG);
	return sg_value_give_bytes(attr, list, n * sizeof list[0]);
}

static size_t count(const struct sg_attrs *list)
{
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	size_t at = 0, n = 0;

	while (sg_attrs_next(list, &at, &type, &value))
		n++;
	return n;
}

/* The caller's array says on the way in where each value goes, and on the way out what it
 * is; its types are not read. */
static CK_RV give_template(struct sg_bytes stored, CK_ATTRIBUTE *attr)
{
	const struct sg_attrs list = sg_value_nested(stored);
	const size_t need = count(&list) * sizeof(CK_ATTRIBUTE);
	uint8_t *array = attr->pValue;
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	size_t at = 0;
	CK_RV rv;

	if (!has_room(attr, need, &rv))
		return rv;
	while (sg_attrs_next(&list, &at, &type, &value)) {
		const struct sg_attr_row *row = sg_value_nested_row(type);
		CK_ATTRIBUTE nested;
		CK_RV one;

		memcpy(&nested, array, sizeof nested);
		nested.type = type;
		one = row != NULL ? sg_value_give(row, value, &nested) : CKR_ATTRIBUTE_TYPE_INVALID;
		if (one != CKR_OK)
			rv = one;
		memcpy(array, &nested, sizeof nested);
		array += sizeof nested;
	}
	return rv;
}

CK_RV sg_value_give(const struct sg_attr_row *row, struct sg_bytes stored, CK_ATTRIBUTE *attr)
{
	CK_ULONG number;

	switch (row->kind) {
	case SG_ATTR_BOOL:
	case SG_ATTR_BYTES:
	case SG_ATTR_DATE:
	case SG_ATTR_POLICY:
		return sg_value_give_bytes(attr, stored.data, stored.len);
	case SG_ATTR_ULONG:
		number = sg_get_u64(stored.data);
		return sg_value_give_bytes(attr, &number, sizeof number);
	case SG_ATTR_MECHANISMS:
		return give_mechanisms(stored, attr);
	case SG_ATTR_TEMPLATE:
		return give_template(stored, attr);
	}
	return CKR_ATTRIBUTE_TYPE_INVALID;
}
