/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Opening one key, and sealing it anew.
 */
#include "core/key_reseal.h"

#include "client/rv.h"
#include "core/access.h"
#include "core/door.h"
#include "core/key_guard.h"
#include "core/token_material.h"
#include "core/token_objects.h"
#include "util/log.h"

/* Open the key as it is sealed now. */
static CK_RV open_now(struct sg_token *token, struct sg_object *object, struct sg_bytes pin,
                      const struct sg_secret **material)
{
	const bool asks = sg_key_closed_by(&object->attrs) == SG_CLOSED_BY_PIN;

	return sg_rv(asks && pin.len > 0 ? sg_token_material_pin(token, object, pin, material)
	                                 : sg_token_material(token, object, material));
}

/* Write what guards the key from now on into its attributes. */
static CK_RV set_guard(struct sg_attrs *attrs, const struct sg_key_reseal *how)
{
	struct sg_policy policy = { 0 };
	struct sg_buf text = { 0 };
	enum sg_err err = SG_OK;

	if (how->other_policy)
		err = sg_policy_parse(how->policy, &policy);
	if (how->other_policy && err == SG_OK)
		err = sg_policy_text(&policy, true, &text);
	if (how->other_policy && err == SG_OK)
		err = sg_attrs_set(attrs, CKA_SIGNET_POLICY, sg_buf_bytes(&text));
	if (err == SG_OK && how->new_pin.len > 0)
		err = sg_attrs_set_bool(attrs, CKA_SIGNET_HAS_PIN, true);
	sg_policy_clear(&policy);
	sg_buf_free(&text);
	return err == SG_ERR_FORMAT ? CKR_ATTRIBUTE_VALUE_INVALID : sg_rv(err);
}

static CK_RV reseal(struct sg_session *session, CK_OBJECT_HANDLE handle, struct sg_object *object,
                    const struct sg_key_reseal *how)
{
	const struct sg_bytes pin = how->new_pin.len > 0 ? how->new_pin : how->pin;
	const struct sg_secret *material = NULL;
	struct sg_object *changed = NULL;
	struct sg_attrs attrs = { 0 };
	CK_RV rv = CKR_OK;

	/* It is sealed under the PIN again, which must be right. */
	if (how->pin.len == 0 && sg_key_closed_by(&object->attrs) == SG_CLOSED_BY_PIN)
		rv = sg_rv(SG_ERR_KEY_PIN);
	if (rv == CKR_OK)
		rv = open_now(session->token, object, how->pin, &material);
	if (rv == CKR_OK)
		rv = sg_rv(sg_attrs_copy(&object->attrs, &attrs));
	if (rv == CKR_OK)
		rv = set_guard(&attrs, how);
	if (rv == CKR_OK)
		rv = sg_rv(sg_object_resealed(object, &attrs, material, pin, &changed));
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_close_material(session->token, changed));
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_put(session->token, handle, object, &changed));
	sg_attrs_free(&attrs);
	sg_object_unref(&changed);
	return rv;
}

/* Check that the session may, and that there is something to seal anew. */
static CK_RV check(struct sg_session *session, const struct sg_object *object,
                   const struct sg_key_reseal *how)
{
	if (!sg_attrs_bool(&object->attrs, CKA_SIGNET_SEALED)) {
		sg_log(SG_LOG_ERROR, "the hardware did not seal this on its own: what guards it is "
		       "what guards its token");
		return CKR_ACTION_PROHIBITED;
	}
	if (sg_key_enrolled(&object->attrs)) {
		sg_log(SG_LOG_ERROR, "this key was enrolled: the registrar was shown the very object "
		       "that has it, and what guards it; for another one enrol again");
		return CKR_ACTION_PROHIBITED;
	}
	if (how->new_pin.len > 0 && object->class == CKO_DATA)
		return CKR_ACTION_PROHIBITED;
	if (how->new_pin.len > 0 && !sg_pin_fits(how->new_pin))
		return CKR_PIN_LEN_RANGE;
	return sg_access_change(session, object);
}

/* Do one of both with a key of a session, which is locked meanwhile; how is NULL to open it. */
static CK_RV with_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, struct sg_bytes pin,
                      const struct sg_key_reseal *how)
{
	const struct sg_secret *material;
	struct sg_object *object = NULL;
	struct sg_door door;
	CK_RV rv = sg_door_enter(session, &door);

	if (rv == CKR_OK)
		rv = sg_rv(sg_token_object(door.session->token, key, &object));
	if (rv == CKR_OK && how != NULL)
		rv = check(door.session, object, how);
	if (rv == CKR_OK)
		rv = how != NULL ? reseal(door.session, key, object, how)
		                 : open_now(door.session->token, object, pin, &material);
	sg_object_unref(&object);
	sg_door_leave(&door);
	return rv;
}

CK_RV sg_key_open(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, struct sg_bytes pin)
{
	return with_key(session, key, pin, NULL);
}

CK_RV sg_key_reseal(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                    const struct sg_key_reseal *how)
{
	return with_key(session, key, how->pin, how);
}
