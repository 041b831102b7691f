/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Deriving keys, and data, from keys. What may come out of which key is the
 * mechanism's affair; that the base key allows it, and what its history says of the
 * new key, is decided here.
 */
#include "core/key_ops.h"

#include "client/rv.h"
#include "core/access.h"
#include "core/attr_table.h"
#include "core/key_template.h"
#include "core/mech.h"
#include "core/template.h"
#include "core/token_objects.h"

/* Bytes of the shortest key that is derived. Of a shorter one the whole could be guessed
 * by using it, and it is the beginning or the end of every longer one. */
#define DERIVED_MIN 16

/* Find the mechanism and the base key; the caller ends op. */
static CK_RV take_base(struct sg_session *session, const CK_MECHANISM *mechanism,
                       CK_OBJECT_HANDLE handle, struct sg_op *op)
{
	CK_RV rv;

	op->token = session->token;
	rv = sg_mech_begin(mechanism, CKF_DERIVE, op);
	if (rv != CKR_OK)
		return rv;
	if (sg_token_object(session->token, handle, &op->key) != SG_OK ||
	    op->key->key_type == CK_UNAVAILABLE_INFORMATION)
		return CKR_KEY_HANDLE_INVALID;
	if (!sg_mech_takes(op->mech->derive->keys, op->key))
		return CKR_KEY_TYPE_INCONSISTENT;
	return sg_access_use(op->key, CKA_DERIVE, op->mech->type);
}

/* Build the attributes of what is derived. Where the template names no type of key, it is
 * a generic secret; data that came out of a private key is private [PKCS#11 3.1 §4.4]. */
static CK_RV build(const struct sg_op *op, const CK_ATTRIBUTE *template, CK_ULONG n,
                   struct sg_attrs *attrs)
{
	struct sg_template_kind kind = {
		SG_BY_DERIVE, op->mech->derive->makes, CK_UNAVAILABLE_INFORMATION,
	};
	struct sg_secret *none = NULL;  /* no template for deriving has a value */
	CK_RV rv;

	if (kind.class == CKO_SECRET_KEY && sg_template_find(template, n, CKA_KEY_TYPE) == NULL)
		kind.key_type = CKK_GENERIC_SECRET;
	rv = sg_template_build(kind, template, n, attrs, &none);
	if (rv == CKR_OK && kind.class == CKO_DATA && op->key->secluded &&
	    sg_template_find(template, n, CKA_PRIVATE) == NULL)
		rv = sg_rv(sg_attrs_set_bool(attrs, CKA_PRIVATE, true));
	sg_secret_free(&none);
	return rv;
}

/* Tell whether a key of the template's type can have len bytes; data can have any. */
static bool fits(const struct sg_attrs *attrs, CK_ULONG len)
{
	CK_ULONG type = sg_attrs_ulong(attrs, CKA_KEY_TYPE);

	return type == CK_UNAVAILABLE_INFORMATION ||
	       sg_key_type_takes(sg_key_type(type, SG_IN_SECRET), len);
}

/* Derive as much as the template asks for. */
static CK_RV derive(struct sg_op *op, const struct sg_attrs *attrs, struct sg_secret **material)
{
	CK_ULONG len = sg_attrs_ulong(attrs, CKA_VALUE_LEN);
	CK_RV rv;

	if (len == CK_UNAVAILABLE_INFORMATION)
		len = 0;
	else if (len == 0 || !fits(attrs, len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	else if (op->mech->derive->makes == CKO_SECRET_KEY && len < DERIVED_MIN)
		return CKR_KEY_SIZE_RANGE;
	rv = op->mech->derive->derive(op, len, material);
	if (rv == CKR_OK && !fits(attrs, (*material)->len))
		rv = CKR_TEMPLATE_INCONSISTENT;
	return rv;
}

/* Make the object of what was derived; takes over attributes and material. */
static CK_RV make_object(struct sg_attrs *attrs, struct sg_secret **material,
                         const struct sg_object *base, struct sg_bytes pin,
                         struct sg_object **object)
{
	const struct sg_origin origin = {
		.mechanism = CK_UNAVAILABLE_INFORMATION, .base = base, .pin = pin,
	};

	return sg_object_new(attrs, material, origin, object);
}

CK_RV sg_key_derive(struct sg_session *session, const CK_MECHANISM *mechanism,
                    CK_OBJECT_HANDLE base, const CK_ATTRIBUTE *template, CK_ULONG n,
                    CK_OBJECT_HANDLE *handle)
{
	struct sg_object *object = NULL;
	struct sg_secret *material = NULL;
	struct sg_merged merged = { NULL };
	struct sg_attrs attrs = { 0 };
	struct sg_op op = { NULL };
	CK_RV rv;

	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = take_base(session, mechanism, base, &op);
	if (rv == CKR_OK)
		rv = sg_key_template_merge(op.key, CKA_DERIVE_TEMPLATE, template, n, &merged);
	if (rv == CKR_OK)
		rv = build(&op, merged.attr, merged.n, &attrs);
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK)
		rv = sg_op_material(session, base, op.key, &op.secret);
	if (rv == CKR_OK)
		rv = derive(&op, &attrs, &material);
	if (rv == CKR_OK)
		rv = make_object(&attrs, &material, op.key,
		                 sg_template_pin(merged.attr, merged.n), &object);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &object, 1, handle));
	sg_object_unref(&object);
	sg_op_end(&op);
	sg_secret_free(&material);
	sg_attrs_free(&attrs);
	sg_merged_free(&merged);
	return rv;
}
