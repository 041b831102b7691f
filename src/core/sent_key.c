/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Keys that travel, between attributes and bytes. The value is in guarded memory all the
 * way.
 */
#include "core/sent_key.h"

#include <string.h>

#include "core/attr_table.h"
#include "core/attr_value.h"
#include "core/leave.h"
#include "util/cursor.h"
#include "util/utf8.h"

#define ATTRS_MAX 8192

static const char magic[4] = { 'S', 'G', 'Y', '1' };

/* Whatever says what the key is, what it may do and who it is. What says where it stands
 * (CKA_TOKEN, CKA_PRIVATE) and what never changes (CKA_SENSITIVE, CKA_EXTRACTABLE) is the
 * receiver's affair. */
static const CK_ATTRIBUTE_TYPE types[] = {
	CKA_CLASS, CKA_KEY_TYPE, CKA_LABEL, CKA_ID, CKA_START_DATE, CKA_END_DATE, CKA_ENCRYPT,
	CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE, CKA_MODIFIABLE,
	CKA_COPYABLE, CKA_ALLOWED_MECHANISMS, CKA_WRAP_WITH_TRUSTED, CKA_ALWAYS_AUTHENTICATE,
	CKA_EC_PARAMS, CKA_SIGNET_LEAVE, CKA_SIGNET_ROOT, CKA_SIGNET_VERSION, CKA_SIGNET_RECOVERY,
	CKA_VALUE,
};

const CK_ATTRIBUTE_TYPE *sg_sent_key_types(void)
{
	return types;
}

static bool travels(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; types[i] != CKA_VALUE; i++)
		if (types[i] == type)
			return true;
	return false;
}

/* Return what kind of key it is, as the table of attributes has it, or 0. */
static unsigned kind(const struct sg_sent_key *key)
{
	return sg_attr_class_bit(sg_attrs_ulong(&key->attrs, CKA_CLASS)) &
	       (SG_IN_PRIVATE | SG_IN_SECRET);
}

CK_RV sg_sent_key_set(struct sg_sent_key *key, const CK_ATTRIBUTE *attr)
{
	const struct sg_attr_row *row = sg_attr_row(attr->type, attr->type == CKA_CLASS
	                                                                ? SG_IN_SECRET : kind(key));
	struct sg_value value = { .room = { NULL, 0, 0 } };
	CK_RV rv;

	if (row == NULL || !travels(attr->type))
		return CKR_ATTRIBUTE_TYPE_INVALID;
	if (attr->ulValueLen == 0)
		return CKR_OK;
	rv = sg_value_store(row, attr, &value);
	if (rv == CKR_OK && sg_attrs_set(&key->attrs, attr->type, value.stored) != SG_OK)
		rv = CKR_HOST_MEMORY;
	sg_value_free(&value);
	return rv;
}

enum sg_err sg_sent_key_write(const struct sg_sent_key *key, struct sg_secret **out)
{
	struct sg_buf head = { 0 };
	struct sg_writer w = sg_writer(&head);
	struct sg_bytes label;
	enum sg_err err;

	*out = NULL;
	if (!sg_attrs_get(&key->attrs, CKA_LABEL, &label))
		return SG_ERR_FORMAT;
	sg_write_magic(&w, magic);
	sg_write_u64(&w, key->made);
	sg_write_var(&w, sg_buf_bytes(&key->host));
	sg_write_var(&w, sg_buf_bytes(&key->attrs.list));
	sg_write_u32(&w, (uint32_t)key->value->len);
	err = w.err;
	if (err == SG_OK)
		err = sg_secret_new(head.len + key->value->len, out);
	if (err == SG_OK) {
		memcpy((*out)->data, head.data, head.len);
		memcpy((*out)->data + head.len, key->value->data, key->value->len);
		(*out)->len = head.len + key->value->len;
	}
	sg_buf_free(&head);
	return err;
}

/* Tell whether every attribute is one that travels, and has a value that its row can have. */
static bool attributes_fit(const struct sg_sent_key *key)
{
	unsigned in = kind(key);
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	size_t at = 0;

	while (sg_attrs_next(&key->attrs, &at, &type, &value)) {
		const struct sg_attr_row *row = sg_attr_row(type, in);

		if (row == NULL || !travels(type) || !sg_value_fits(row, value))
			return false;
	}
	return in != 0;
}

/* Tell whether it is a key that can be made, with a name for people, and leaves by known ways. */
static bool fits(const struct sg_sent_key *key)
{
	CK_ULONG leave = sg_attrs_ulong(&key->attrs, CKA_SIGNET_LEAVE);
	const struct sg_key_type *type;
	struct sg_bytes label, root;

	if (!attributes_fit(key))
		return false;
	type = sg_key_type(sg_attrs_ulong(&key->attrs, CKA_KEY_TYPE), kind(key));
	if (type == NULL || sg_key_type_resident(type) || !sg_key_type_takes(type, key->value->len))
		return false;
	if (!sg_attrs_get(&key->attrs, CKA_LABEL, &label) || !sg_utf8_plain(label))
		return false;
	if (sg_attrs_get(&key->attrs, CKA_SIGNET_ROOT, &root) && !sg_utf8_plain(root))
		return false;
	return leave == CK_UNAVAILABLE_INFORMATION ||
	       (leave & ~(CK_ULONG)CKF_SIGNET_LEAVE_ALL) == 0;
}

enum sg_err sg_sent_key_read(struct sg_bytes bytes, struct sg_sent_key *key)
{
	struct sg_reader r = sg_reader(bytes);
	struct sg_bytes host, attrs, value;
	enum sg_err err;

	sg_read_magic(&r, magic);
	key->made = sg_read_u64(&r);
	host = sg_read_var(&r, SG_SENT_HOST_MAX);
	attrs = sg_read_var(&r, ATTRS_MAX);
	value = sg_read_var(&r, SG_SECRET_KEY_MAX);
	if (!sg_reader_done(&r) || value.len == 0 || !sg_utf8_plain(host))
		return SG_ERR_FORMAT;
	err = sg_buf_set(&key->host, host);
	if (err == SG_OK)
		err = sg_attrs_parse(attrs, &key->attrs);
	if (err == SG_OK)
		err = sg_secret_copy(value, &key->value);
	if (err == SG_OK && !fits(key))
		err = SG_ERR_FORMAT;
	return err;
}

void sg_sent_key_clear(struct sg_sent_key *key)
{
	sg_buf_free(&key->host);
	sg_attrs_free(&key->attrs);
	sg_secret_free(&key->value);
}
