/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Object functions.
 */
#include "core/object_ops.h"

#include <string.h>

#include "client/rv.h"
#include "core/access.h"
#include "core/attr_value.h"
#include "core/curve.h"
#include "core/template.h"
#include "core/token_material.h"
#include "core/token_objects.h"

CK_RV sg_object_create(struct sg_session *session, const CK_ATTRIBUTE *template, CK_ULONG n,
                       CK_OBJECT_HANDLE *handle)
{
	const struct sg_template_kind kind = {
		SG_BY_CREATE, CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION,
	};
	struct sg_origin imported = { .mechanism = CK_UNAVAILABLE_INFORMATION };
	struct sg_attrs attrs = { 0 };
	struct sg_secret *material = NULL;
	struct sg_object *object = NULL;
	CK_RV rv;

	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = sg_template_build(kind, template, n, &attrs, &material);
	if (rv == CKR_OK && material == NULL &&
	    (sg_attr_class_bit(sg_attrs_ulong(&attrs, CKA_CLASS)) & (SG_IN_PRIVATE | SG_IN_SECRET)))
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK) {
		imported.pin = sg_template_pin(template, n);
		rv = sg_object_new(&attrs, &material, imported, &object);
	}
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &object, 1, handle));
	sg_object_unref(&object);
	sg_secret_free(&material);
	sg_attrs_free(&attrs);
	return rv;
}

CK_RV sg_object_copy_make(struct sg_session *session, CK_OBJECT_HANDLE handle,
                          const CK_ATTRIBUTE *template, CK_ULONG n, struct sg_object **copy)
{
	struct sg_object *object = NULL;
	const struct sg_secret *material = NULL;
	struct sg_attrs attrs = { 0 };
	CK_RV rv = sg_template_check(template, n);

	if (rv == CKR_OK)
		rv = sg_rv(sg_token_object(session->token, handle, &object));
	if (rv == CKR_OK && (!sg_attrs_bool(&object->attrs, CKA_COPYABLE) ||
	                     sg_attrs_bool(&object->attrs, CKA_SIGNET_RESIDENT)))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = sg_rv(sg_attrs_copy(&object->attrs, &attrs));
	if (rv == CKR_OK)
		rv = sg_template_copy(&attrs, template, n);
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK)
		rv = sg_op_material(session, handle, object, &material);
	if (rv == CKR_OK && material != NULL && material->len > SG_SEAL_MAX &&
	    sg_attrs_bool(&attrs, CKA_SIGNET_SEALED))
		rv = CKR_KEY_SIZE_RANGE;
	if (rv == CKR_OK)
		rv = sg_rv(sg_object_copied(&attrs, material, sg_template_pin(template, n),
		                            copy));
	sg_object_unref(&object);
	sg_attrs_free(&attrs);
	return rv;
}

CK_RV sg_object_copy(struct sg_session *session, CK_OBJECT_HANDLE handle,
                     const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *copy)
{
	struct sg_object *copied = NULL;
	CK_RV rv = sg_object_copy_make(session, handle, template, n, &copied);

	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &copied, 1, copy));
	sg_object_unref(&copied);
	return rv;
}

CK_RV sg_object_settle(struct sg_session *session, const struct sg_object *object, enum sg_err err,
                       bool *stale)
{
	*stale = err == SG_ERR_NOT_FOUND;
	if (*stale && object->token) {
		err = sg_token_refresh(session->token);
		*stale = err == SG_OK;
	}
	return *stale ? CKR_OBJECT_HANDLE_INVALID : sg_rv(err);
}

static CK_RV try_destroy(struct sg_session *session, CK_OBJECT_HANDLE handle, bool *stale)
{
	struct sg_object *object = NULL;
	CK_RV rv;

	*stale = false;
	rv = sg_rv(sg_token_object(session->token, handle, &object));
	if (rv == CKR_OK)
		rv = sg_access_change(session, object);
	if (rv == CKR_OK && !sg_attrs_bool(&object->attrs, CKA_DESTROYABLE))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = sg_object_settle(session, object,
		                      sg_token_destroy(session->token, handle, object), stale);
	sg_object_unref(&object);
	return rv;
}

CK_RV sg_object_destroy(struct sg_session *session, CK_OBJECT_HANDLE handle)
{
	CK_RV rv = CKR_OK;
	bool stale = true;

	for (int i = 0; stale && i < SG_OBJECT_TRIES; i++)
		rv = try_destroy(session, handle, &stale);
	return rv;
}

/* Give out key material where that is allowed; of a curve's the private half. */
static CK_RV read_material(struct sg_session *session, CK_OBJECT_HANDLE handle,
                           struct sg_object *object, CK_ATTRIBUTE *attr)
{
	const struct sg_curve *curve = sg_curve_of(&object->attrs);
	const struct sg_secret *secret;
	CK_RV rv;

	if (!sg_access_reveals(object)) {
		attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	}
	rv = sg_op_material(session, handle, object, &secret);
	if (rv != CKR_OK) {
		attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return rv;
	}
	if (secret == NULL)
		return sg_value_give_bytes(attr, NULL, 0);
	return sg_value_give_bytes(attr, secret->data,
	                           curve != NULL ? curve->private_len : secret->len);
}

static CK_RV read_one(struct sg_session *session, CK_OBJECT_HANDLE handle,
                      struct sg_object *object, CK_ATTRIBUTE *attr)
{
	const struct sg_attr_row *row = sg_attr_row(attr->type, sg_attr_class_bit(object->class));
	struct sg_bytes stored;
	uint8_t point[SG_CURVE_EMIT_MAX];
	const struct sg_curve *curve;

	if (row != NULL && (row->flags & SG_ATTR_MATERIAL))
		return read_material(session, handle, object, attr);
	if (row != NULL && (row->flags & SG_ATTR_WRITE_ONLY)) {
		attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	}
	if (row == NULL || !sg_attrs_get(&object->attrs, row->type, &stored)) {
		attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	curve = row->type == CKA_EC_POINT ? sg_curve_of(&object->attrs) : NULL;
	if (curve != NULL)
		return sg_value_give_bytes(attr, point,
		                           sg_curve_emit(curve, stored,
		                                         session->token->config->ec_point,
		                                         point));
	return sg_value_give(row, stored, attr);
}

CK_RV sg_object_read(struct sg_session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *template,
                     CK_ULONG n)
{
	struct sg_object *object = NULL;
	CK_RV rv = CKR_OK;

	if (sg_token_object(session->token, handle, &object) != SG_OK)
		return CKR_OBJECT_HANDLE_INVALID;
	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV one = read_one(session, handle, object, &template[i]);

		if (one != CKR_OK)
			rv = one;
	}
	sg_object_unref(&object);
	return rv;
}

static CK_RV try_write(struct sg_session *session, CK_OBJECT_HANDLE handle,
                       const CK_ATTRIBUTE *template, CK_ULONG n, bool *stale)
{
	struct sg_object *object = NULL;
	struct sg_attrs attrs = { 0 };
	CK_RV rv;

	*stale = false;
	rv = sg_rv(sg_token_object(session->token, handle, &object));
	if (rv == CKR_OK)
		rv = sg_access_change(session, object);
	if (rv == CKR_OK)
		rv = sg_rv(sg_attrs_copy(&object->attrs, &attrs));
	if (rv == CKR_OK)
		rv = sg_template_change(&attrs, template, n);
	if (rv == CKR_OK)
		rv = sg_access_trust(session, &object->attrs, &attrs);
	if (rv == CKR_OK)
		rv = sg_object_settle(session, object,
		                      sg_token_change(session->token, handle, object, &attrs),
		                      stale);
	sg_attrs_free(&attrs);
	sg_object_unref(&object);
	return rv;
}

CK_RV sg_object_write(struct sg_session *session, CK_OBJECT_HANDLE handle,
                      const CK_ATTRIBUTE *template, CK_ULONG n)
{
	CK_RV rv = sg_template_check(template, n);
	bool stale = rv == CKR_OK;

	for (int i = 0; stale && i < SG_OBJECT_TRIES; i++)
		rv = try_write(session, handle, template, n, &stale);
	return rv;
}

CK_RV sg_object_size(struct sg_session *session, CK_OBJECT_HANDLE handle, CK_ULONG *size)
{
	struct sg_object *object = NULL;

	if (sg_token_object(session->token, handle, &object) != SG_OK)
		return CKR_OBJECT_HANDLE_INVALID;
	*size = object->attrs.list.len + sg_object_material_size(object);
	sg_object_unref(&object);
	return CKR_OK;
}

CK_RV sg_find_begin(struct sg_session *session, const CK_ATTRIBUTE *template, CK_ULONG n)
{
	struct sg_find *find = &session->find;
	CK_RV rv;

	if (find->active)
		return CKR_OPERATION_ACTIVE;
	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_find(session->token, template, n, &find->handles,
		                         &find->count));
	find->active = rv == CKR_OK;
	find->at = 0;
	return rv;
}

CK_RV sg_find_next(struct sg_session *session, CK_OBJECT_HANDLE *handles, CK_ULONG max,
                   CK_ULONG *count)
{
	struct sg_find *find = &session->find;

	if (!find->active)
		return CKR_OPERATION_NOT_INITIALIZED;
	for (*count = 0; *count < max && find->at < find->count; (*count)++)
		handles[*count] = find->handles[find->at++];
	return CKR_OK;
}
