/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Wrapping and unwrapping keys. Nothing of a key is ever given out but wrapped.
 */
#include "core/key_ops.h"

#include <string.h>

#include "client/rv.h"
#include "core/access.h"
#include "core/attr_table.h"
#include "core/curve.h"
#include "core/key_template.h"
#include "core/mech.h"
#include "core/template.h"
#include "core/token_objects.h"
#include "crypto/pkcs8.h"

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

/* Find the curve of a private key that can be written down, or NULL. */
static const struct sg_curve *written_curve(const struct sg_object *object)
{
	const struct sg_curve *curve = sg_curve_of(&object->attrs);

	return curve != NULL && curve->private_len > 0 ? curve : NULL;
}

/* Say how long a key is in the form that is wrapped, without its material: asking for the
 * size costs no hardware. */
static CK_RV plain_len(const struct sg_object *object, size_t *len)
{
	const struct sg_curve *curve;

	if (object->class == CKO_SECRET_KEY) {
		*len = sg_attrs_ulong(&object->attrs, CKA_VALUE_LEN);
		return CKR_OK;
	}
	if (object->class != CKO_PRIVATE_KEY)
		return CKR_KEY_HANDLE_INVALID;
	curve = written_curve(object);
	if (curve == NULL)
		return CKR_KEY_NOT_WRAPPABLE;
	*len = sg_pkcs8_len(curve->algorithm, curve->private_len);
	return CKR_OK;
}

/* Bring a key into the form that is wrapped: a secret key as it is, a private key as
 * PKCS#8. *plain is a view of the material or of *der, which the caller frees. */
static enum sg_err write_plain(const struct sg_object *object, const struct sg_secret *secret,
                               struct sg_secret **der, struct sg_bytes *plain)
{
	const struct sg_curve *curve;
	enum sg_err err;

	*plain = sg_secret_bytes(secret);
	if (object->class != CKO_PRIVATE_KEY)
		return SG_OK;
	curve = written_curve(object);
	err = sg_pkcs8_write(curve->algorithm, sg_bytes(secret->data, curve->private_len), der);
	if (err == SG_OK)
		*plain = sg_secret_bytes(*der);
	return err;
}

/* Wrap what was opened by the wrapping key; out has room for it. */
static CK_RV wrap_material(struct sg_op *op, const struct sg_object *object,
                           const struct sg_secret *secret, uint8_t *out, size_t room)
{
	struct sg_secret *der = NULL;
	struct sg_bytes plain;
	size_t need;
	CK_RV rv;

	rv = sg_rv(write_plain(object, secret, &der, &plain));
	if (rv == CKR_OK)
		rv = fns_of(op)->size(op, plain.len, &need);
	if (rv == CKR_OK && need > room)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv == CKR_OK)
		rv = fns_of(op)->wrap(op, plain, out);
	sg_secret_free(&der);
	return rv;
}

CK_RV sg_key_wrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                  const struct sg_message *message, CK_OBJECT_HANDLE wrapping,
                  CK_OBJECT_HANDLE key, uint8_t *out, CK_ULONG *out_len)
{
	struct sg_object *object = NULL;
	struct sg_op op = { .message = message };
	const struct sg_secret *secret = NULL;
	CK_ULONG room = *out_len;
	size_t len = 0, need;
	CK_RV rv;

	rv = take_wrapper(session, mechanism, wrapping, &for_wrap, &op);
	if (rv == CKR_OK && sg_token_object(session->token, key, &object) != SG_OK)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = plain_len(object, &len);
	if (rv == CKR_OK)
		rv = sg_access_wrap(op.key, object);
	if (rv == CKR_OK)
		rv = fns_of(&op)->size(&op, len, &need);
	if (rv == CKR_OK) {
		*out_len = need;
		if (out != NULL && room < need)
			rv = CKR_BUFFER_TOO_SMALL;
	}
	if (rv == CKR_OK && out != NULL)
		rv = sg_op_material(session, wrapping, op.key, &op.secret);
	if (rv == CKR_OK && out != NULL)
		rv = sg_op_material(session, key, object, &secret);
	if (rv == CKR_OK && out != NULL)
		rv = wrap_material(&op, object, secret, out, room);
	sg_object_unref(&object);
	sg_op_end(&op);
	return rv;
}

/* Build the attributes of what is unwrapped, a secret key unless the template says that
 * it is a private one. */
static CK_RV build(const struct sg_merged *merged, struct sg_attrs *attrs)
{
	const CK_ATTRIBUTE *class = sg_template_find(merged->attr, merged->n, CKA_CLASS);
	struct sg_template_kind kind = { SG_BY_UNWRAP, CKO_SECRET_KEY, CK_UNAVAILABLE_INFORMATION };
	const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
	struct sg_secret *none = NULL;  /* no template for unwrapping has a value */
	CK_RV rv;

	if (class != NULL && class->ulValueLen == sizeof private_class &&
	    memcmp(class->pValue, &private_class, sizeof private_class) == 0)
		kind.class = CKO_PRIVATE_KEY;
	rv = sg_template_build(kind, merged->attr, merged->n, attrs, &none);
	sg_secret_free(&none);
	return rv;
}

/* Check that what was unwrapped is a secret key as the template says. */
static CK_RV check_secret(const struct sg_attrs *attrs, const struct sg_secret *material)
{
	const struct sg_key_type *type = sg_key_type(sg_attrs_ulong(attrs, CKA_KEY_TYPE),
	                                             SG_IN_SECRET);
	CK_ULONG announced = sg_attrs_ulong(attrs, CKA_VALUE_LEN);

	if (type == NULL || !sg_key_type_takes(type, material->len) ||
	    (announced != CK_UNAVAILABLE_INFORMATION && announced != material->len))
		return CKR_WRAPPED_KEY_LEN_RANGE;
	return CKR_OK;
}

/* Replace PKCS#8 that was unwrapped by the private key in it, of a curve for keys of the
 * template's type. A public key beside it goes to the attributes, where it is compared. */
static CK_RV read_private(struct sg_attrs *attrs, struct sg_secret **material)
{
	CK_KEY_TYPE type = sg_attrs_ulong(attrs, CKA_KEY_TYPE);
	struct sg_bytes der = sg_secret_bytes(*material), private_key, point;
	struct sg_secret *key = NULL;
	const struct sg_curve *curves;
	enum sg_err err;
	size_t n, i = 0;

	curves = sg_curves(&n);
	while (i < n && !(curves[i].key_type == type && curves[i].private_len > 0 &&
	                  sg_pkcs8_parse(der, curves[i].params, curves[i].private_len,
	                                 &private_key, &point)))
		i++;
	if (i == n)
		return CKR_WRAPPED_KEY_INVALID;
	err = sg_attrs_set(attrs, CKA_EC_PARAMS, curves[i].params);
	if (err == SG_OK && point.len > 0)
		err = sg_attrs_set(attrs, CKA_EC_POINT, point);
	if (err == SG_OK)
		err = sg_secret_copy(private_key, &key);
	if (err == SG_OK) {
		sg_secret_free(material);
		*material = key;
	}
	return sg_rv(err);
}

/* Make the object of what was unwrapped; takes over attributes and material. */
static CK_RV make_object(struct sg_attrs *attrs, struct sg_secret **material, struct sg_bytes pin,
                         struct sg_object **object)
{
	const struct sg_origin unwrapped = { .mechanism = CK_UNAVAILABLE_INFORMATION, .pin = pin };
	const bool private = sg_attrs_ulong(attrs, CKA_CLASS) == CKO_PRIVATE_KEY;
	CK_RV rv;

	rv = private ? read_private(attrs, material) : check_secret(attrs, *material);
	if (rv == CKR_OK)
		rv = sg_object_new(attrs, material, unwrapped, object);
	/* Then the two halves in the PKCS#8 are not those of one pair. */
	return private && rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_WRAPPED_KEY_INVALID : rv;
}

CK_RV sg_key_unwrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                    const struct sg_message *message, CK_OBJECT_HANDLE unwrapping,
                    struct sg_bytes wrapped, const CK_ATTRIBUTE *template, CK_ULONG n,
                    CK_OBJECT_HANDLE *handle)
{
	struct sg_object *object = NULL;
	struct sg_secret *material = NULL;
	struct sg_merged merged = { NULL };
	struct sg_attrs attrs = { 0 };
	struct sg_op op = { .message = message };
	CK_RV rv;

	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = take_wrapper(session, mechanism, unwrapping, &for_unwrap, &op);
	if (rv == CKR_OK)
		rv = sg_key_template_merge(op.key, CKA_UNWRAP_TEMPLATE, template, n, &merged);
	if (rv == CKR_OK)
		rv = build(&merged, &attrs);
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK)
		rv = sg_op_material(session, unwrapping, op.key, &op.secret);
	if (rv == CKR_OK)
		rv = fns_of(&op)->unwrap(&op, wrapped, &material);
	if (rv == CKR_OK)
		rv = make_object(&attrs, &material, sg_template_pin(merged.attr, merged.n),
		                 &object);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &object, 1, handle));
	sg_object_unref(&object);
	sg_op_end(&op);
	sg_secret_free(&material);
	sg_attrs_free(&attrs);
	sg_merged_free(&merged);
	return rv;
}
