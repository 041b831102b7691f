/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Making keys and key pairs.
 */
#include "core/key_ops.h"

#include "client/rv.h"
#include "core/access.h"
#include "core/curve.h"
#include "core/mech.h"
#include "core/template.h"
#include "core/token_objects.h"
#include "core/token_resident.h"
#include "crypto/random.h"
#include "util/log.h"

/* Find the row for making keys, of pairs or of single keys. */
static CK_RV find_generator(struct sg_session *session, const CK_MECHANISM *mechanism,
                            CK_FLAGS flag, const struct sg_mech **mech)
{
	struct sg_op op = { .token = session->token };
	CK_RV rv = sg_mech_begin(mechanism, flag, &op);

	*mech = op.mech;
	sg_op_end(&op);
	return rv;
}

/* What a key in the hardware must be like. */
static const struct {
	CK_ULONG value_len;             /* 0: a pair has none */
	bool derives;                   /* may have CKA_DERIVE */
} inside[] = {
	[SG_RESIDENT_P256] = { 0, true },
	[SG_RESIDENT_HMAC_SHA256] = { SG_RESIDENT_MAC, false },
	[SG_RESIDENT_ED25519] = { 0, false },
	[SG_RESIDENT_AES256] = { SG_RESIDENT_AES, false },
};

static CK_RV refuse(const char *why)
{
	sg_log(SG_LOG_ERROR, "%s", why);
	return CKR_TEMPLATE_INCONSISTENT;
}

/* Check that the hardware can make such a key: of its length, for such uses. */
static CK_RV check_inside(enum sg_resident_kind kind, const struct sg_attrs *attrs)
{
	if (inside[kind].value_len != 0 &&
	    sg_attrs_ulong(attrs, CKA_VALUE_LEN) != inside[kind].value_len)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (!inside[kind].derives && sg_attrs_bool(attrs, CKA_DERIVE))
		return refuse("no keys are derived from one of this type in the hardware");
	if (sg_token_resident_uses(kind, attrs) == 0)
		return refuse("a key that lives in the hardware must be for something");
	return CKR_OK;
}

/* Have the hardware make a key that stays there, for an object of that uuid; the material is its
 * blob of it, and *undo a copy of that, with which the caller has the key destroyed where nothing
 * comes of it. */
static CK_RV make_inside(struct sg_token *token, const struct sg_mech *mech,
                         const struct sg_attrs *attrs, const uint8_t uuid[SG_UUID],
                         struct sg_secret **material, struct sg_secret **undo,
                         uint8_t point[SG_RESIDENT_POINT])
{
	const struct sg_resident_ops *ops = sg_token_resident(token);
	CK_RV rv;

	if (mech->resident == NULL || ops == NULL || (ops->kinds & 1u << *mech->resident) == 0)
		return refuse("the token's hardware does not keep keys of this type");
	rv = check_inside(*mech->resident, attrs);
	if (rv != CKR_OK)
		return rv;
	rv = sg_rv(sg_token_resident_create(token, *mech->resident, attrs, uuid, material, point));
	if (rv == CKR_OK)
		rv = sg_rv(sg_secret_copy(sg_secret_bytes(*material), undo));
	if (rv != CKR_OK && *material != NULL)
		sg_token_resident_undo(token, *material);
	return rv;
}

/* Destroy what was made in the hardware unless an object came of it. */
static void settle_inside(struct sg_token *token, CK_RV rv, struct sg_secret **undo)
{
	if (rv != CKR_OK && rv != CKR_SIGNET_UNCOUNTED && *undo != NULL)
		sg_token_resident_undo(token, *undo);
	sg_secret_free(undo);
}

CK_RV sg_key_generate(struct sg_session *session, const CK_MECHANISM *mechanism,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *handle)
{
	struct sg_attrs attrs = { 0 };
	struct sg_secret *material = NULL, *undo = NULL;
	struct sg_object *object = NULL;
	const struct sg_mech *mech;
	uint8_t uuid[SG_UUID];
	CK_RV rv;

	sg_random(uuid, sizeof uuid);
	rv = sg_template_check(template, n);
	if (rv == CKR_OK)
		rv = find_generator(session, mechanism, CKF_GENERATE, &mech);
	if (rv == CKR_OK)
		rv = sg_template_build((struct sg_template_kind){ SG_BY_GENERATE, CKO_SECRET_KEY,
		                                                  mech->makes },
		                       template, n, &attrs, &material);
	if (rv == CKR_OK)
		rv = sg_access_add(session, &attrs);
	if (rv == CKR_OK)
		rv = sg_attrs_bool(&attrs, CKA_SIGNET_RESIDENT)
		             ? make_inside(session->token, mech, &attrs, uuid, &material, &undo,
		                           NULL)
		             : mech->generate(&attrs, &material);
	if (rv == CKR_OK)
		rv = sg_object_new(&attrs, &material,
		                   (struct sg_origin){ true, mech->type, NULL, uuid,
		                                       sg_template_pin(template, n) },
		                   &object);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, &object, 1, handle));
	settle_inside(session->token, rv, &undo);
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
	struct sg_secret *undo;         /* what the hardware made */
	uint8_t uuid[SG_UUID];          /* of the private half */
	struct sg_bytes pin;            /* of its own; view of the template */
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

	rv = sg_template_build((struct sg_template_kind){ SG_BY_GENERATE, class, mech->makes },
	                       template, n, attrs, &none);
	if (rv == CKR_OK)
		rv = sg_access_add(session, attrs);
	sg_secret_free(&none);
	return rv;
}

/* Make the key, and tell the private half its curve, and its point where only the
 * hardware knows more. */
static CK_RV pair_key(struct sg_token *token, const struct sg_mech *mech,
                      const struct sg_curve *curve, struct pair *pair)
{
	uint8_t point[SG_RESIDENT_POINT];
	CK_RV rv;

	if (sg_attrs_bool(&pair->attrs[1], CKA_SIGNET_RESIDENT)) {
		rv = make_inside(token, mech, &pair->attrs[1], pair->uuid, &pair->material,
		                 &pair->undo, point);
		return rv != CKR_OK ? rv
		                    : sg_rv(sg_curve_set(curve, &pair->attrs[1],
		                                         sg_bytes(point, curve->point_len)));
	}
	rv = mech->generate(&pair->attrs[0], &pair->material);
	return rv != CKR_OK ? rv
	                    : sg_rv(sg_attrs_set(&pair->attrs[1], CKA_EC_PARAMS, curve->params));
}

/* Make the objects; the public half learns its point from the private one. */
static CK_RV pair_objects(struct sg_token *token, const struct sg_mech *mech, struct pair *pair)
{
	const struct sg_origin private = { true, mech->type, NULL, pair->uuid, pair->pin };
	const struct sg_origin public = { true, mech->type, NULL, NULL, { NULL, 0 } };
	const struct sg_curve *curve = sg_curve_of(&pair->attrs[0]);
	struct sg_secret *none = NULL;
	struct sg_bytes point;
	CK_RV rv;

	if (curve == NULL)
		return CKR_CURVE_NOT_SUPPORTED;
	sg_random(pair->uuid, sizeof pair->uuid);
	rv = pair_key(token, mech, curve, pair);
	if (rv == CKR_OK)
		rv = sg_object_new(&pair->attrs[1], &pair->material, private, &pair->objects[1]);
	if (rv != CKR_OK)
		return rv;
	if (!sg_attrs_get(&pair->objects[1]->attrs, CKA_EC_POINT, &point))
		return CKR_FUNCTION_FAILED;
	rv = sg_rv(sg_curve_set(curve, &pair->attrs[0], point));
	if (rv == CKR_OK)
		rv = sg_object_new(&pair->attrs[0], &none, public, &pair->objects[0]);
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
		rv = find_generator(session, mechanism, CKF_GENERATE_KEY_PAIR, &mech);
	if (rv == CKR_OK)
		rv = pair_half(session, mech, CKO_PUBLIC_KEY, public_template, public_n,
		               &pair.attrs[0]);
	if (rv == CKR_OK)
		rv = pair_half(session, mech, CKO_PRIVATE_KEY, private_template, private_n,
		               &pair.attrs[1]);
	if (rv == CKR_OK) {
		pair.pin = sg_template_pin(private_template, private_n);
		rv = pair_objects(session->token, mech, &pair);
	}
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(session->token, session, pair.objects, 2, handles));
	settle_inside(session->token, rv, &pair.undo);
	if (rv == CKR_OK || rv == CKR_SIGNET_UNCOUNTED) {
		*public_handle = handles[0];
		*private_handle = handles[1];
	}
	pair_free(&pair);
	return rv;
}
