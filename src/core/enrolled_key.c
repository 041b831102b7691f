/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Brings the keys of an enrolment into a token.
 */
#include "core/enrolled_key.h"

#include <stdlib.h>

#include "client/rv.h"
#include "core/access.h"
#include "core/curve.h"
#include "core/door.h"
#include "core/key_guard.h"
#include "core/template.h"
#include "core/token_material.h"
#include "core/token_objects.h"
#include "crypto/ed25519.h"
#include "util/log.h"

#define PUBLIC 0
#define PRIVATE 1

enum sg_err sg_token_ask_sealer(struct sg_token *token,
                                enum sg_err (*fn)(struct sg_sealer *sealer, struct sg_bytes parent,
                                                  void *arg), void *arg)
{
	struct sg_token_guard guard = { .sealer = NULL };
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_guard(token, &guard);
	if (err == SG_OK)
		err = fn(guard.sealer, sg_buf_bytes(&guard.parent), arg);
	sg_buf_free(&guard.parent);
	sg_token_opening_unlock(token);
	return err;
}

/* One key on its way. */
struct adding {
	struct sg_token *token;
	const struct sg_enrolled_key *key;
	const struct sg_curve *curve;
	struct sg_attrs attrs[2];
	struct sg_object *objects[2];
	struct sg_secret *material;
};

static struct sg_bytes point_of(const struct sg_enrolled_key *key)
{
	return sg_bytes(key->public_key, SG_ED25519_PUBLIC);
}

/* Tell whether an object is the private half of the key. */
static bool is_key(const struct sg_object *object, const struct sg_enrolled_key *key)
{
	struct sg_bytes point;

	return sg_key_enrolled(&object->attrs) &&
	       sg_attrs_get(&object->attrs, CKA_EC_POINT, &point) &&
	       sg_bytes_equal(point, point_of(key));
}

/* Look for the key; *found stays 0 where it is not there. */
static enum sg_err find(struct sg_token *token, const struct sg_enrolled_key *key,
                        CK_OBJECT_HANDLE *found)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC_EDWARDS;
	const CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_ID, (void *)key->id.data, key->id.len },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	size_t n = 0;
	enum sg_err err = sg_token_find(token, template, sizeof template / sizeof template[0],
	                                &handles, &n);

	for (size_t i = 0; i < n && err == SG_OK && *found == 0; i++) {
		struct sg_object *object = NULL;

		err = sg_token_object(token, handles[i], &object);
		if (err == SG_OK && is_key(object, key))
			*found = handles[i];
		if (err == SG_ERR_NOT_FOUND)            /* gone since */
			err = SG_OK;
		sg_object_unref(&object);
	}
	free(handles);
	return err;
}

/* Build the attributes of both halves. */
static CK_RV build(struct adding *a)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	const struct sg_bytes label = a->key->label, id = a->key->id, params = a->curve->params;
	const CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &no, sizeof no },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len }, { CKA_VERIFY, &yes, sizeof yes },
		{ CKA_EC_PARAMS, (void *)params.data, params.len },
	}, private[] = {
		{ CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len }, { CKA_SIGN, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes }, { CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_COPYABLE, &no, sizeof no }, { CKA_SIGNET_SEALED, &yes, sizeof yes },
	};
	const struct { CK_OBJECT_CLASS class; const CK_ATTRIBUTE *list; CK_ULONG n; } halves[] = {
		[PUBLIC] = { CKO_PUBLIC_KEY, public, sizeof public / sizeof public[0] },
		[PRIVATE] = { CKO_PRIVATE_KEY, private, sizeof private / sizeof private[0] },
	};
	CK_RV rv = CKR_OK;

	for (int half = PUBLIC; half <= PRIVATE && rv == CKR_OK; half++) {
		struct sg_secret *none = NULL;

		rv = sg_template_build((struct sg_template_kind){ SG_BY_GENERATE,
		                                                  halves[half].class,
		                                                  CKK_EC_EDWARDS },
		                       halves[half].list, halves[half].n, &a->attrs[half], &none);
		if (rv == CKR_OK)
			rv = sg_rv(sg_curve_set(a->curve, &a->attrs[half], point_of(a->key)));
		sg_secret_free(&none);
	}
	return rv == CKR_OK ? sg_rv(sg_attrs_set_ulong(&a->attrs[PRIVATE], CKA_SIGNET_ORIGIN,
	                                               (CK_ULONG)a->key->origin))
	                    : rv;
}

static enum sg_err unseal(struct sg_sealer *sealer, struct sg_bytes parent, void *arg)
{
	struct adding *a = arg;

	return sg_key_unseal(a->token, sealer, parent, &a->attrs[PRIVATE], a->key->blob, NULL,
	                     &a->material);
}

/* Open the blob as it will be opened from now on. */
static CK_RV open_blob(struct adding *a)
{
	enum sg_err err = sg_token_ask_sealer(a->token, unseal, a);

	if (err == SG_ERR_STORE_DAMAGED) {
		sg_log(SG_LOG_ERROR, "what was sealed is not the private half of the enrolled key");
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	return sg_rv(err);
}

/* Make both objects. A key that the registrar made was not made here. */
static CK_RV make(struct adding *a)
{
	const bool local = a->key->origin != SG_KEY_ORIGIN_VAULT;
	const struct sg_origin origin = {
		.local = local,
		.mechanism = local ? CKM_EC_EDWARDS_KEY_PAIR_GEN : CK_UNAVAILABLE_INFORMATION,
	};
	struct sg_secret *none = NULL;
	CK_RV rv;

	rv = sg_object_new(&a->attrs[PUBLIC], &none, origin, &a->objects[PUBLIC]);
	if (rv == CKR_OK)
		rv = sg_object_new(&a->attrs[PRIVATE], &a->material, origin, &a->objects[PRIVATE]);
	if (rv == CKR_OK)
		rv = sg_rv(sg_object_sealed(a->objects[PRIVATE], a->key->blob));
	return rv;
}

static CK_RV add(struct sg_session *session, struct adding *a, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_HANDLE handles[2] = { 0, 0 };
	CK_RV rv = build(a);

	for (int half = PUBLIC; half <= PRIVATE && rv == CKR_OK; half++)
		rv = sg_access_add(session, &a->attrs[half]);
	if (rv == CKR_OK)
		rv = open_blob(a);
	if (rv == CKR_OK)
		rv = make(a);
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_add(a->token, session, a->objects, 2, handles));
	*key = handles[PRIVATE];
	for (int half = PUBLIC; half <= PRIVATE; half++) {
		sg_attrs_free(&a->attrs[half]);
		sg_object_unref(&a->objects[half]);
	}
	sg_secret_free(&a->material);
	return rv;
}

CK_RV sg_enrolled_key_add(CK_SESSION_HANDLE session, const struct sg_enrolled_key *enrolled,
                          CK_OBJECT_HANDLE *key)
{
	static const uint8_t oid[] = { SG_ED25519_OID };
	struct adding a = {
		.key = enrolled,
		.curve = sg_curve_named(CKK_EC_EDWARDS, sg_bytes(oid, sizeof oid)),
	};
	struct sg_door door;
	CK_RV rv = sg_door_enter(session, &door);

	*key = 0;
	if (rv == CKR_OK) {
		a.token = door.session->token;
		rv = sg_rv(find(a.token, enrolled, key));
	}
	if (rv == CKR_OK && *key == 0)
		rv = add(door.session, &a, key);
	sg_door_leave(&door);
	return rv;
}
