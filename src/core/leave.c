/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Values of keys that may leave their token.
 */
#include "core/leave.h"

#include "client/rv.h"
#include "core/access.h"
#include "core/curve.h"
#include "core/door.h"
#include "core/object_ops.h"
#include "core/token_objects.h"

static bool may_leave(const struct sg_object *key, CK_FLAGS way)
{
	struct sg_bytes ways;

	return sg_attrs_get(&key->attrs, CKA_SIGNET_LEAVE, &ways) &&
	       (sg_attrs_ulong(&key->attrs, CKA_SIGNET_LEAVE) & way) == way;
}

static CK_RV take(struct sg_session *session, CK_OBJECT_HANDLE handle, CK_FLAGS way,
                  struct sg_secret **out)
{
	struct sg_object *key = NULL;
	const struct sg_secret *material = NULL;
	const struct sg_curve *curve;
	CK_RV rv = sg_rv(sg_token_object(session->token, handle, &key));

	if (rv == CKR_OK && !may_leave(key, way))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK && sg_attrs_bool(&key->attrs, CKA_ALWAYS_AUTHENTICATE))
		rv = CKR_USER_NOT_LOGGED_IN;
	if (rv == CKR_OK)
		rv = sg_op_material(session, handle, key, &material);
	if (rv == CKR_OK && material == NULL)
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK) {
		curve = sg_curve_of(&key->attrs);
		rv = sg_rv(sg_secret_copy(sg_bytes(material->data, curve != NULL
		                                                           ? curve->private_len
		                                                           : material->len),
		                          out));
	}
	sg_object_unref(&key);
	return rv;
}

CK_RV sg_leave_take(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_FLAGS way,
                    struct sg_secret **out)
{
	struct sg_door door;
	CK_RV rv = sg_door_enter(session, &door);

	*out = NULL;
	if (rv == CKR_OK)
		rv = take(door.session, key, way, out);
	sg_door_leave(&door);
	return rv;
}

static CK_RV try_note(struct sg_session *session, CK_OBJECT_HANDLE handle, struct sg_bytes recovery,
                      bool *stale)
{
	struct sg_object *key = NULL;
	struct sg_attrs attrs = { 0 };
	CK_RV rv = sg_rv(sg_token_object(session->token, handle, &key));

	*stale = false;
	if (rv == CKR_OK)
		rv = sg_access_change(session, key);
	if (rv == CKR_OK && !may_leave(key, CKF_SIGNET_LEAVE_RECOVERY))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = sg_rv(sg_attrs_copy(&key->attrs, &attrs));
	if (rv == CKR_OK)
		rv = sg_rv(sg_attrs_set(&attrs, CKA_SIGNET_RECOVERY, recovery));
	if (rv == CKR_OK)
		rv = sg_object_settle(session, key,
		                      sg_token_change(session->token, handle, key, &attrs), stale);
	sg_attrs_free(&attrs);
	sg_object_unref(&key);
	return rv;
}

CK_RV sg_leave_arranged(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *recovery)
{
	struct sg_door door;
	CK_RV rv = sg_door_enter(session, &door);
	bool stale = rv == CKR_OK;

	for (int i = 0; stale && i < SG_OBJECT_TRIES; i++)
		rv = try_note(door.session, key, sg_bytes_str(recovery), &stale);
	sg_door_leave(&door);
	return rv;
}
