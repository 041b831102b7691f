/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Key functions.
 */
#include "core/key_ops.h"

#include "core/access.h"
#include "core/edwards.h"
#include "core/mech.h"
#include "core/rv.h"
#include "core/template.h"
#include "core/token_material.h"
#include "core/token_objects.h"

/* Find the row for making keys, of pairs or of single keys. */
static CK_RV find_generator(const CK_MECHANISM *mechanism, bool pair, const struct sg_mech **mech)
{
	*mech = sg_mech(mechanism->mechanism);
	if (*mech == NULL || (*mech)->generate == NULL || (*mech)->pair != pair)
		return CKR_MECHANISM_INVALID;
	return sg_mech_no_param(mechanism);
}

CK_RV sg_key_generate(struct sg_session *session, const CK_MECHANISM *mechanism,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *handle)
{
	struct sg_attrs attrs = { 0 };
	struct sg_secret *material = NULL;
	struct sg_object *object = NULL;
	const struct sg_mech *mech;
	CK_RV rv;

	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = find_generator(mechanism, false, &mech);
	if (rv == CKR_OK)
		rv = sg_template_build((struct sg_template_kind){ SG_BY_GENERATE, CKO_SECRET_KEY,
		                                                  mech->key_type },
		                       template, n, &attrs, &material);
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK)
		rv = mech->generate(sg_attrs_ulong(&attrs, CKA_VALUE_LEN), &material);
	if (rv == CKR_OK)
		rv = sg_object_new(&attrs, &material, (struct sg_origin){ true, mech->type }, &object);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &object, 1, handle));
	sg_object_unref(&object);
	sg_secret_free(&material);
	sg_attrs_free(&attrs);
	return rv;
}

/* The two halves of a pair that is being made. */
struct pair {
	struct sg_attrs attrs[2];       /* public, private; also in what follows */
	struct sg_object *objects[2];
	struct sg_secret *material;
};

static void pair_free(struct pair *pair)
{
	for (int half = 0; half < 2; half++) {
		sg_object_unref(&pair->objects[half]);
		sg_attrs_free(&pair->attrs[half]);
	}
	sg_secret_free(&pair->material);
}

/* Build the attributes of one half; the session must be allowed to add it. */
static CK_RV pair_half(struct sg_session *session, const struct sg_mech *mech,
                       CK_OBJECT_CLASS class, const CK_ATTRIBUTE *template, CK_ULONG n,
                       struct sg_attrs *attrs)
{
	struct sg_secret *none = NULL;  /* no template for making keys has a value */
	CK_RV rv;

	rv = sg_template_build((struct sg_template_kind){ SG_BY_GENERATE, class, mech->key_type },
	                       template, n, attrs, &none);
	if (rv == CKR_OK)
		rv = sg_access_add(session, attrs);
	sg_secret_free(&none);
	return rv;
}

/* Make the objects; the public half learns its point from the private one. */
static CK_RV pair_objects(const struct sg_mech *mech, struct pair *pair)
{
	const struct sg_origin origin = { true, mech->type };
	struct sg_secret *none = NULL;
	struct sg_bytes point;
	CK_RV rv;

	rv = mech->generate(0, &pair->material);
	if (rv == CKR_OK)
		rv = sg_object_new(&pair->attrs[1], &pair->material, origin, &pair->objects[1]);
	if (rv != CKR_OK)
		return rv;
	if (!sg_attrs_get(&pair->objects[1]->attrs, CKA_EC_POINT, &point))
		return CKR_FUNCTION_FAILED;
	rv = sg_rv(sg_edwards_set(&pair->attrs[0], point));
	if (rv == CKR_OK)
		rv = sg_object_new(&pair->attrs[0], &none, origin, &pair->objects[0]);
	return rv;
}

CK_RV sg_key_generate_pair(struct sg_session *session, const CK_MECHANISM *mechanism,
                           const CK_ATTRIBUTE *public_template, CK_ULONG public_n,
                           const CK_ATTRIBUTE *private_template, CK_ULONG private_n,
                           CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle)
{
	struct pair pair = { 0 };
	CK_OBJECT_HANDLE handles[2];
	const struct sg_mech *mech;
	CK_RV rv;

	rv = sg_template_check(public_template, public_n);
	if (rv == CKR_OK)
		rv = sg_template_check(private_template, private_n);
	if (rv == CKR_OK)
		rv = find_generator(mechanism, true, &mech);
	if (rv == CKR_OK)
		rv = pair_half(session, mech, CKO_PUBLIC_KEY, public_template, public_n,
		               &pair.attrs[0]);
	if (rv == CKR_OK)
		rv = pair_half(session, mech, CKO_PRIVATE_KEY, private_template, private_n,
		               &pair.attrs[1]);
	if (rv == CKR_OK)
		rv = pair_objects(mech, &pair);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, pair.objects, 2, handles));
	if (rv == CKR_OK) {
		*public_handle = handles[0];
		*private_handle = handles[1];
	}
	pair_free(&pair);
	return rv;
}

/* The return values that differ between wrapping and unwrapping keys. */
struct wrap_errors {
	CK_ATTRIBUTE_TYPE usage;
	CK_RV handle_invalid;
	CK_RV type_inconsistent;
};

static const struct wrap_errors for_wrap = {
	CKA_WRAP, CKR_WRAPPING_KEY_HANDLE_INVALID, CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
};

static const struct wrap_errors for_unwrap = {
	CKA_UNWRAP, CKR_UNWRAPPING_KEY_HANDLE_INVALID, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
};

/* Find the mechanism and the key that does the work. */
static CK_RV take_wrapper(struct sg_session *session, const CK_MECHANISM *mechanism,
                          CK_OBJECT_HANDLE handle, const struct wrap_errors *errors,
                          const struct sg_mech **mech, struct sg_object **key)
{
	CK_RV rv;

	*mech = sg_mech(mechanism->mechanism);
	if (*mech == NULL || (*mech)->wrap == NULL)
		return CKR_MECHANISM_INVALID;
	rv = sg_mech_no_param(mechanism);
	if (rv != CKR_OK)
		return rv;
	if (sg_token_object(session->token, handle, key) != SG_OK)
		return errors->handle_invalid;
	if ((*key)->class != CKO_SECRET_KEY || (*key)->key_type != (*mech)->key_type)
		return errors->type_inconsistent;
	if (!sg_attrs_bool(&(*key)->attrs, errors->usage))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return CKR_OK;
}

/* Open both keys and wrap one by the other; out has room for it. */
static CK_RV wrap_material(struct sg_session *session, const struct sg_mech *mech,
                           struct sg_object *wrapper, struct sg_object *object, uint8_t *out,
                           size_t room)
{
	const struct sg_secret *wrapping, *secret;
	enum sg_err err;
	size_t need;
	CK_RV rv;

	err = sg_token_material(session->token, wrapper, &wrapping);
	if (err == SG_OK)
		err = sg_token_material(session->token, object, &secret);
	if (err != SG_OK)
		return sg_rv(err);
	rv = mech->wrap->size(secret->len, &need);
	if (rv == CKR_OK && need > room)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv == CKR_OK)
		rv = mech->wrap->wrap(sg_secret_bytes(wrapping), sg_secret_bytes(secret), out);
	return rv;
}

CK_RV sg_key_wrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                  CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, uint8_t *out,
                  CK_ULONG *out_len)
{
	struct sg_object *wrapper = NULL, *object = NULL;
	const struct sg_mech *mech;
	CK_ULONG room = *out_len;
	size_t need;
	CK_RV rv;

	rv = take_wrapper(session, mechanism, wrapping, &for_wrap, &mech, &wrapper);
	if (rv == CKR_OK && sg_token_object(session->token, key, &object) != SG_OK)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK && object->class != CKO_SECRET_KEY)
		rv = object->class == CKO_PRIVATE_KEY ? CKR_KEY_NOT_WRAPPABLE : CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK && !sg_attrs_bool(&object->attrs, CKA_EXTRACTABLE))
		rv = CKR_KEY_UNEXTRACTABLE;
	/* The size is known without the material: asking for it costs no hardware. */
	if (rv == CKR_OK)
		rv = mech->wrap->size(sg_attrs_ulong(&object->attrs, CKA_VALUE_LEN), &need);
	if (rv == CKR_OK) {
		*out_len = need;
		if (out != NULL)
			rv = room < need ? CKR_BUFFER_TOO_SMALL
			                 : wrap_material(session, mech, wrapper, object, out, room);
	}
	sg_object_unref(&object);
	sg_object_unref(&wrapper);
	return rv;
}

CK_RV sg_key_unwrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                    CK_OBJECT_HANDLE unwrapping, struct sg_bytes wrapped,
                    const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *handle)
{
	const struct sg_origin unwrapped = { false, CK_UNAVAILABLE_INFORMATION };
	const struct sg_template_kind kind = {
		SG_BY_UNWRAP, CKO_SECRET_KEY, CK_UNAVAILABLE_INFORMATION,
	};
	struct sg_object *unwrapper = NULL, *object = NULL;
	struct sg_secret *material = NULL, *none = NULL;
	struct sg_attrs attrs = { 0 };
	const struct sg_secret *secret;
	const struct sg_key_type *type;
	const struct sg_mech *mech;
	CK_ULONG announced;
	CK_RV rv;

	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = take_wrapper(session, mechanism, unwrapping, &for_unwrap, &mech, &unwrapper);
	if (rv == CKR_OK)
		rv = sg_template_build(kind, template, n, &attrs, &none);
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_material(session->token, unwrapper, &secret));
	if (rv == CKR_OK)
		rv = mech->wrap->unwrap(sg_secret_bytes(secret), wrapped, &material);
	if (rv != CKR_OK)
		goto out;
	type = sg_key_type(sg_attrs_ulong(&attrs, CKA_KEY_TYPE), SG_IN_SECRET);
	announced = sg_attrs_ulong(&attrs, CKA_VALUE_LEN);
	if (type == NULL || !sg_key_type_takes(type, material->len))
		rv = CKR_WRAPPED_KEY_LEN_RANGE;
	else if (announced != CK_UNAVAILABLE_INFORMATION && announced != material->len)
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK)
		rv = sg_object_new(&attrs, &material, unwrapped, &object);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &object, 1, handle));
out:
	sg_object_unref(&object);
	sg_object_unref(&unwrapper);
	sg_secret_free(&material);
	sg_secret_free(&none);
	sg_attrs_free(&attrs);
	return rv;
}
