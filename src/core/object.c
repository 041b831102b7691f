/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Objects and their life.
 */
#include "core/object.h"

#include <stdlib.h>
#include <string.h>

#include "client/rv.h"
#include "core/attr_table.h"
#include "core/attr_value.h"
#include "core/curve.h"
#include "crypto/random.h"
#include "seal/sealer.h"

static void material_unref(struct sg_material **material)
{
	struct sg_material *m = *material;
	struct sg_iv_source *ivs;
	struct sg_secret *open;

	*material = NULL;
	if (m == NULL || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	open = atomic_load_explicit(&m->open, memory_order_relaxed);
	sg_secret_free(&open);
	sg_secret_free(&m->pin);
	ivs = atomic_load_explicit(&m->ivs, memory_order_relaxed);
	sg_iv_source_put(&ivs);
	sg_buf_free(&m->closed);
	sg_buf_free(&m->sealed);
	free(m);
}

static enum sg_err material_new(struct sg_secret **open, struct sg_bytes closed,
                                struct sg_material **out)
{
	struct sg_material *m = calloc(1, sizeof *m);

	if (m == NULL)
		return SG_ERR_NOMEM;
	atomic_init(&m->refs, 1);
	atomic_init(&m->open, open != NULL ? *open : NULL);
	atomic_init(&m->ivs, NULL);
	if (open != NULL)
		*open = NULL;
	*out = m;
	if (sg_buf_set(&m->closed, closed) != SG_OK) {
		material_unref(out);
		return SG_ERR_NOMEM;
	}
	return SG_OK;
}

/* Tell whether a key's uses have to be looked at further than its usage attributes. */
static bool is_limited(const struct sg_attrs *attrs)
{
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	size_t at = 0;

	while (sg_attrs_next(attrs, &at, &type, &value))
		if (((type == CKA_START_DATE || type == CKA_END_DATE) && value.len > 0) ||
		    type == CKA_ALLOWED_MECHANISMS)
			return true;
	return sg_attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE);
}

/* Make an object that takes over the attributes. */
static enum sg_err object_new(struct sg_attrs *attrs, struct sg_object **out)
{
	struct sg_object *object = calloc(1, sizeof *object);

	if (object == NULL)
		return SG_ERR_NOMEM;
	atomic_init(&object->refs, 1);
	object->attrs = *attrs;
	*attrs = (struct sg_attrs){ { NULL, 0, 0 } };
	object->class = sg_attrs_ulong(&object->attrs, CKA_CLASS);
	object->key_type = sg_attrs_ulong(&object->attrs, CKA_KEY_TYPE);
	object->token = sg_attrs_bool(&object->attrs, CKA_TOKEN);
	object->secluded = sg_attrs_bool(&object->attrs, CKA_PRIVATE);
	object->limited = is_limited(&object->attrs);
	object->resident = sg_attrs_bool(&object->attrs, CKA_SIGNET_RESIDENT);
	*out = object;
	return SG_OK;
}

/* Keep private key and point of a curve as one secret, and give the private object the
 * public half, which it may already claim to have. */
static CK_RV finish_private(struct sg_attrs *attrs, struct sg_secret **material)
{
	const struct sg_curve *curve = sg_curve_of(attrs);
	struct sg_secret *key = NULL;
	struct sg_bytes claimed, point;
	bool fits;
	enum sg_err err;
	CK_RV rv;

	if (curve == NULL || curve->from_private == NULL)
		return CKR_TEMPLATE_INCONSISTENT;
	if ((*material)->len == curve->private_len + curve->point_len)
		return sg_rv(sg_curve_set(curve, attrs, sg_curve_material_point(curve, *material)));
	err = curve->from_private(sg_secret_bytes(*material), &key);
	if (err != SG_OK)
		return sg_rv(err);
	point = sg_curve_material_point(curve, key);
	err = sg_curve_info_fits(curve, attrs, point, &fits);
	fits = fits && (!sg_attrs_get(attrs, CKA_EC_POINT, &claimed) ||
	                sg_bytes_equal(claimed, point));
	if (err != SG_OK || !fits) {
		sg_secret_free(&key);
		return err != SG_OK ? sg_rv(err) : CKR_ATTRIBUTE_VALUE_INVALID;
	}
	rv = sg_rv(sg_curve_set(curve, attrs, point));
	sg_secret_free(material);
	*material = key;
	return rv;
}

/* Check that there is a public half, and that it can be used. */
static CK_RV finish_public(const struct sg_attrs *attrs)
{
	const struct sg_curve *curve = sg_curve_of(attrs);
	struct sg_bytes point;

	if (curve == NULL || !sg_attrs_get(attrs, CKA_EC_POINT, &point))
		return CKR_TEMPLATE_INCOMPLETE;
	return curve->valid(point) ? CKR_OK : CKR_PUBLIC_KEY_INVALID;
}

/* Set what was true of the key, and of the one it was made from, all the time. */
static enum sg_err set_history(struct sg_attrs *attrs, struct sg_origin origin)
{
	bool closed = origin.local, kept = origin.local;
	enum sg_err err;

	if (origin.base != NULL) {
		closed = sg_attrs_bool(&origin.base->attrs, CKA_ALWAYS_SENSITIVE);
		kept = sg_attrs_bool(&origin.base->attrs, CKA_NEVER_EXTRACTABLE);
	}
	err = sg_attrs_set_bool(attrs, CKA_ALWAYS_SENSITIVE,
	                        closed && sg_attrs_bool(attrs, CKA_SENSITIVE));
	if (err == SG_OK)
		err = sg_attrs_set_bool(attrs, CKA_NEVER_EXTRACTABLE,
		                        kept && !sg_attrs_bool(attrs, CKA_EXTRACTABLE));
	return err;
}

static enum sg_err set_unique_id(struct sg_attrs *attrs, const uint8_t uuid[SG_UUID])
{
	char id[2 * SG_UUID];

	sg_bytes_hex(sg_bytes(uuid, SG_UUID), id);
	return sg_attrs_set(attrs, CKA_UNIQUE_ID, sg_bytes(id, sizeof id));
}

/* Set what the token knows and the template may not say. */
static CK_RV finish(struct sg_attrs *attrs, struct sg_secret **material, struct sg_origin origin,
                    const uint8_t uuid[SG_UUID])
{
	unsigned in = sg_attr_class_bit(sg_attrs_ulong(attrs, CKA_CLASS));
	bool resident = sg_attrs_bool(attrs, CKA_SIGNET_RESIDENT);
	enum sg_err err;
	CK_RV rv = CKR_OK;

	if (in == SG_IN_PUBLIC || (in == SG_IN_PRIVATE && resident))
		rv = finish_public(attrs);
	else if (in == SG_IN_PRIVATE && *material != NULL)
		rv = finish_private(attrs, material);
	if (rv != CKR_OK)
		return rv;
	err = set_unique_id(attrs, uuid);
	if (err == SG_OK && (in & (SG_IN_PUBLIC | SG_IN_PRIVATE | SG_IN_SECRET))) {
		err = sg_attrs_set_bool(attrs, CKA_LOCAL, origin.local);
		if (err == SG_OK)
			err = sg_attrs_set_ulong(attrs, CKA_KEY_GEN_MECHANISM, origin.mechanism);
	}
	if (err == SG_OK && (in & (SG_IN_PRIVATE | SG_IN_SECRET)))
		err = set_history(attrs, origin);
	if (err == SG_OK && in == SG_IN_SECRET && *material != NULL && !resident)
		err = sg_attrs_set_ulong(attrs, CKA_VALUE_LEN, (*material)->len);
	return sg_rv(err);
}

/* Keep the PIN of a key until the hardware has sealed it. */
static enum sg_err keep_pin(struct sg_object *object, struct sg_bytes pin)
{
	return pin.len == 0 || object->material == NULL
	               ? SG_OK
	               : sg_secret_copy(pin, &object->material->pin);
}

/* Check that there is something which the hardware can seal, where it is to seal it alone. */
static CK_RV check_sealed(const struct sg_attrs *attrs, const struct sg_secret *material)
{
	bool data = sg_attrs_ulong(attrs, CKA_CLASS) == CKO_DATA;

	if (!sg_attrs_bool(attrs, CKA_SIGNET_SEALED))
		return CKR_OK;
	if (material == NULL)
		return data ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_OK;
	if (material->len > SG_SEAL_MAX)
		return data ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_KEY_SIZE_RANGE;
	return CKR_OK;
}

CK_RV sg_object_new(struct sg_attrs *attrs, struct sg_secret **material, struct sg_origin origin,
                    struct sg_object **out)
{
	struct sg_object *object = NULL;
	uint8_t uuid[SG_UUID];
	enum sg_err err = SG_OK;
	CK_RV rv;

	*out = NULL;
	rv = check_sealed(attrs, *material);
	if (rv != CKR_OK) {
		sg_attrs_free(attrs);
		sg_secret_free(material);
		return rv;
	}
	if (origin.uuid != NULL)
		memcpy(uuid, origin.uuid, sizeof uuid);
	else
		sg_random(uuid, sizeof uuid);
	rv = finish(attrs, material, origin, uuid);
	if (rv == CKR_OK) {
		err = object_new(attrs, &object);
		if (err == SG_OK) {
			memcpy(object->uuid, uuid, sizeof uuid);
			if (*material != NULL)
				err = material_new(material, sg_bytes(NULL, 0), &object->material);
		}
		if (err == SG_OK)
			err = keep_pin(object, origin.pin);
		if (err != SG_OK)
			sg_object_unref(&object);
		rv = sg_rv(err);
	}
	sg_attrs_free(attrs);
	sg_secret_free(material);
	*out = object;
	return rv;
}

enum sg_err sg_object_sealed(struct sg_object *object, struct sg_bytes blob)
{
	return sg_buf_set(&object->material->sealed, blob);
}

/* Tell whether a key pair's half has a curve and a point of it; a secret key needs none. */
static bool has_point(const struct sg_object *object, unsigned in)
{
	const struct sg_curve *curve = sg_curve_of(&object->attrs);
	struct sg_bytes point;

	if (in == SG_IN_SECRET)
		return true;
	return curve != NULL && sg_attrs_get(&object->attrs, CKA_EC_POINT, &point) &&
	       point.len == curve->point_len;
}

/* Tell whether a private or secret key says of itself what is true of a key that lives in
 * the hardware, or of one that does not. */
static bool says_where(const struct sg_object *object, unsigned in)
{
	const struct sg_attrs *attrs = &object->attrs;

	if (!object->resident)
		return !sg_key_type_resident(sg_key_type(object->key_type, in));
	return sg_attrs_bool(attrs, CKA_SENSITIVE) && !sg_attrs_bool(attrs, CKA_EXTRACTABLE) &&
	       !sg_attrs_bool(attrs, CKA_SIGNET_SEALED);
}

/* Tell whether an object that was read is one that this version makes. Its record is
 * authenticated, but on a PIN token whoever asks the TPM can make public ones. */
static bool is_sound(const struct sg_object *object, struct sg_bytes closed)
{
	unsigned in = sg_attr_class_bit(object->class);
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	size_t at = 0;

	if (in == 0 || (in & SG_IN_BUILTIN) || !object->token)
		return false;
	while (sg_attrs_next(&object->attrs, &at, &type, &value)) {
		const struct sg_attr_row *row = sg_attr_row(type, in);

		if (row == NULL || (row->flags & SG_ATTR_MATERIAL) || !sg_value_fits(row, value))
			return false;
	}
	if (in & (SG_IN_PUBLIC | SG_IN_PRIVATE | SG_IN_SECRET)) {
		if (sg_key_type(object->key_type, in) == NULL)
			return false;
		return has_point(object, in) &&
		       (in == SG_IN_PUBLIC || (closed.len > 0 && says_where(object, in)));
	}
	return !sg_attrs_bool(&object->attrs, CKA_SIGNET_SEALED) ||
	       (object->secluded && closed.len > 0);
}

enum sg_err sg_object_stored(struct sg_attrs *attrs, struct sg_bytes closed,
                             const uint8_t uuid[SG_UUID], uint64_t generation,
                             struct sg_object **out)
{
	struct sg_object *object = NULL;
	enum sg_err err;

	err = object_new(attrs, &object);
	sg_attrs_free(attrs);
	if (err != SG_OK)
		return err;
	memcpy(object->uuid, uuid, SG_UUID);
	object->generation = generation;
	if (!is_sound(object, closed))
		err = SG_ERR_STORE_DAMAGED;
	else if (closed.len > 0)
		err = material_new(NULL, closed, &object->material);
	if (err != SG_OK)
		sg_object_unref(&object);
	*out = object;
	return err;
}

enum sg_err sg_object_changed(const struct sg_object *object, struct sg_attrs *attrs,
                              struct sg_object **out)
{
	struct sg_object *changed = NULL;
	enum sg_err err = object_new(attrs, &changed);

	sg_attrs_free(attrs);
	if (err != SG_OK)
		return err;
	memcpy(changed->uuid, object->uuid, SG_UUID);
	changed->generation = object->generation;
	changed->material = object->material;
	if (changed->material != NULL)
		atomic_fetch_add(&changed->material->refs, 1);
	*out = changed;
	return SG_OK;
}

enum sg_err sg_object_closed(const struct sg_object *object, struct sg_object **out)
{
	struct sg_attrs attrs = { 0 };
	enum sg_err err = sg_attrs_copy(&object->attrs, &attrs);

	*out = NULL;
	if (err == SG_OK)
		err = sg_object_stored(&attrs, sg_buf_bytes(&object->material->closed),
		                       object->uuid, object->generation, out);
	if (err == SG_OK)
		(*out)->witnessed = object->witnessed;
	sg_attrs_free(&attrs);
	return err;
}

enum sg_err sg_object_builtin(struct sg_attrs *attrs, struct sg_object **out)
{
	return object_new(attrs, out);
}

/* Make an object of attributes, which it takes over, and a copy of material, which may be NULL. */
static enum sg_err object_of(struct sg_attrs *attrs, const struct sg_secret *material,
                             struct sg_bytes pin, struct sg_object **out)
{
	struct sg_secret *secret = NULL;
	enum sg_err err = object_new(attrs, out);

	if (err == SG_OK && material != NULL)
		err = sg_secret_copy(sg_secret_bytes(material), &secret);
	if (err == SG_OK && material != NULL)
		err = material_new(&secret, sg_bytes(NULL, 0), &(*out)->material);
	if (err == SG_OK)
		err = keep_pin(*out, pin);
	if (err != SG_OK)
		sg_object_unref(out);
	sg_secret_free(&secret);
	return err;
}

enum sg_err sg_object_copied(struct sg_attrs *attrs, const struct sg_secret *material,
                             struct sg_bytes pin, struct sg_object **out)
{
	uint8_t uuid[SG_UUID];
	enum sg_err err;

	*out = NULL;
	sg_random(uuid, sizeof uuid);
	err = set_unique_id(attrs, uuid);
	if (err == SG_OK)
		err = object_of(attrs, material, pin, out);
	if (err == SG_OK)
		memcpy((*out)->uuid, uuid, sizeof uuid);
	sg_attrs_free(attrs);
	return err;
}

enum sg_err sg_object_resealed(const struct sg_object *object, struct sg_attrs *attrs,
                               const struct sg_secret *material, struct sg_bytes pin,
                               struct sg_object **out)
{
	enum sg_err err;

	*out = NULL;
	err = object_of(attrs, material, pin, out);
	if (err == SG_OK) {
		memcpy((*out)->uuid, object->uuid, SG_UUID);
		(*out)->generation = object->generation;
	}
	sg_attrs_free(attrs);
	return err;
}

size_t sg_object_material_size(const struct sg_object *object)
{
	const struct sg_secret *open;

	if (object->material == NULL)
		return 0;
	if (object->material->closed.len > 0)
		return object->material->closed.len;
	open = atomic_load_explicit(&object->material->open, memory_order_acquire);
	return open != NULL ? open->len : 0;
}

struct sg_object *sg_object_ref(struct sg_object *object)
{
	atomic_fetch_add(&object->refs, 1);
	return object;
}

void sg_object_unref(struct sg_object **object)
{
	struct sg_object *o = object != NULL ? *object : NULL;

	if (o == NULL)
		return;
	*object = NULL;
	if (atomic_fetch_sub(&o->refs, 1) != 1)
		return;
	material_unref(&o->material);
	sg_attrs_free(&o->attrs);
	free(o);
}

/* Bring a value that names a curve or a point of it to the form that is kept. */
static void to_kept_form(const struct sg_object *object, CK_ATTRIBUTE_TYPE type,
                         struct sg_bytes *value)
{
	const struct sg_curve *curve = NULL;

	if (type == CKA_EC_POINT || type == CKA_EC_PARAMS)
		curve = sg_curve_of(&object->attrs);
	if (curve == NULL)
		return;
	if (type == CKA_EC_POINT)
		(void)sg_curve_point(curve, *value, value);
	else if (sg_curve_named(object->key_type, *value) == curve)
		*value = curve->params;
}

static bool has(const struct sg_object *object, const struct sg_attr_row *row,
                const CK_ATTRIBUTE *attr)
{
	struct sg_value wanted;
	struct sg_bytes have;
	bool same = false;

	if (sg_value_store(row, attr, &wanted) == CKR_OK &&
	    sg_attrs_get(&object->attrs, row->type, &have)) {
		to_kept_form(object, row->type, &wanted.stored);
		same = sg_bytes_equal(wanted.stored, have);
	}
	sg_value_free(&wanted);
	return same;
}

bool sg_object_matches(const struct sg_object *object, const CK_ATTRIBUTE *template, CK_ULONG n)
{
	unsigned in = sg_attr_class_bit(object->class);

	for (CK_ULONG i = 0; i < n; i++) {
		const struct sg_attr_row *row = sg_attr_row(template[i].type, in);

		if (row == NULL || sg_value_is_array(row) || !has(object, row, &template[i]))
			return false;
	}
	return true;
}
