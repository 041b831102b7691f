/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Wrapping and unwrapping keys. Nothing of a key is ever given out but wrapped.
 */
#include "core/key_ops.h"

#include "core/access.h"
#include "core/attr_table.h"
#include "core/key_template.h"
#include "core/mech.h"
#include "core/rv.h"
#include "core/template.h"
#include "core/token_material.h"
#include "core/token_objects.h"

/* The return values that differ between wrapping and unwrapping keys. */
struct wrap_errors {
	CK_FLAGS flag;
	CK_ATTRIBUTE_TYPE usage;
	CK_RV handle_invalid;
	CK_RV type_inconsistent;
};

static const struct wrap_errors for_wrap = {
	CKF_WRAP, CKA_WRAP, CKR_WRAPPING_KEY_HANDLE_INVALID,
	CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
};

static const struct wrap_errors for_unwrap = {
	CKF_UNWRAP, CKA_UNWRAP, CKR_UNWRAPPING_KEY_HANDLE_INVALID,
	CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
};

/* What the mechanism does, with a message or without; NULL where it does not. */
static const struct sg_wrap_fns *fns_of(const struct sg_op *op)
{
	return op->message != NULL ? op->mech->wrap_message : op->mech->wrap;
}

/* Find the mechanism and the key that does the work; the caller ends op. */
static CK_RV take_wrapper(struct sg_session *session, const CK_MECHANISM *mechanism,
                          CK_OBJECT_HANDLE handle, const struct wrap_errors *errors,
                          struct sg_op *op)
{
	CK_RV rv;

	op->token = session->token;
	rv = sg_mech_begin(mechanism, errors->flag, op);
	if (rv != CKR_OK)
		return rv;
	if (fns_of(op) == NULL)
		return CKR_MECHANISM_INVALID;
	if (sg_token_object(session->token, handle, &op->key) != SG_OK)
		return errors->handle_invalid;
	if (!sg_mech_takes(fns_of(op)->keys, op->key))
		return errors->type_inconsistent;
	return sg_access_use(op->key, errors->usage, op->mech->type);
}

/* Open both keys and wrap one by the other; out has room for it. */
static CK_RV wrap_material(struct sg_op *op, struct sg_object *object, uint8_t *out, size_t room)
{
	const struct sg_secret *secret;
	enum sg_err err;
	size_t need;
	CK_RV rv;

	err = sg_token_material(op->token, op->key, &op->secret);
	if (err == SG_OK)
		err = sg_token_material(op->token, object, &secret);
	if (err != SG_OK)
		return sg_rv(err);
	rv = fns_of(op)->size(op, secret->len, &need);
	if (rv == CKR_OK && need > room)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv == CKR_OK)
		rv = fns_of(op)->wrap(op, sg_secret_bytes(secret), out);
	return rv;
}

CK_RV sg_key_wrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                  const struct sg_message *message, CK_OBJECT_HANDLE wrapping,
                  CK_OBJECT_HANDLE key, uint8_t *out, CK_ULONG *out_len)
{
	struct sg_object *object = NULL;
	struct sg_op op = { .message = message };
	CK_ULONG room = *out_len;
	size_t need;
	CK_RV rv;

	rv = take_wrapper(session, mechanism, wrapping, &for_wrap, &op);
	if (rv == CKR_OK && sg_token_object(session->token, key, &object) != SG_OK)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK && object->class != CKO_SECRET_KEY)
		rv = object->class == CKO_PRIVATE_KEY ? CKR_KEY_NOT_WRAPPABLE : CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = sg_access_wrap(op.key, object);
	/* The size is known without the material: asking for it costs no hardware. */
	if (rv == CKR_OK)
		rv = fns_of(&op)->size(&op, sg_attrs_ulong(&object->attrs, CKA_VALUE_LEN), &need);
	if (rv == CKR_OK) {
		*out_len = need;
		if (out != NULL)
			rv = room < need ? CKR_BUFFER_TOO_SMALL
			                 : wrap_material(&op, object, out, room);
	}
	sg_object_unref(&object);
	sg_op_end(&op);
	return rv;
}

CK_RV sg_key_unwrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                    const struct sg_message *message, CK_OBJECT_HANDLE unwrapping,
                    struct sg_bytes wrapped, const CK_ATTRIBUTE *template, CK_ULONG n,
                    CK_OBJECT_HANDLE *handle)
{
	const struct sg_origin unwrapped = { false, CK_UNAVAILABLE_INFORMATION, NULL };
	const struct sg_template_kind kind = {
		SG_BY_UNWRAP, CKO_SECRET_KEY, CK_UNAVAILABLE_INFORMATION,
	};
	struct sg_object *object = NULL;
	struct sg_secret *material = NULL, *none = NULL;
	struct sg_merged merged = { NULL };
	struct sg_attrs attrs = { 0 };
	const struct sg_key_type *type;
	struct sg_op op = { .message = message };
	CK_ULONG announced;
	CK_RV rv;

	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = take_wrapper(session, mechanism, unwrapping, &for_unwrap, &op);
	if (rv == CKR_OK)
		rv = sg_key_template_merge(op.key, CKA_UNWRAP_TEMPLATE, template, n, &merged);
	if (rv == CKR_OK)
		rv = sg_template_build(kind, merged.attr, merged.n, &attrs, &none);
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_material(op.token, op.key, &op.secret));
	if (rv == CKR_OK)
		rv = fns_of(&op)->unwrap(&op, wrapped, &material);
	if (rv != CKR_OK)
		goto out;
	type = sg_key_type(sg_attrs_ulong(&attrs, CKA_KEY_TYPE), SG_IN_SECRET);
	announced = sg_attrs_ulong(&attrs, CKA_VALUE_LEN);
	if (type == NULL || !sg_key_type_takes(type, material->len) ||
	    (announced != CK_UNAVAILABLE_INFORMATION && announced != material->len))
		rv = CKR_WRAPPED_KEY_LEN_RANGE;
	if (rv == CKR_OK)
		rv = sg_object_new(&attrs, &material, unwrapped, &object);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &object, 1, handle));
out:
	sg_object_unref(&object);
	sg_op_end(&op);
	sg_secret_free(&material);
	sg_secret_free(&none);
	sg_attrs_free(&attrs);
	sg_merged_free(&merged);
	return rv;
}
