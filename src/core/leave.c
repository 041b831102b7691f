/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Values of keys that may leave their token.
 */
#include "core/leave.h"

#include "core/curve.h"
#include "core/module.h"
#include "core/rv.h"
#include "core/token_material.h"
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
		rv = sg_rv(sg_token_material(session->token, key, &material));
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
	struct sg_module *module = sg_module_enter();
	struct sg_session *locked;
	CK_RV rv = CKR_SESSION_HANDLE_INVALID;

	*out = NULL;
	if (module == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	locked = sg_session_acquire(&module->sessions, session);
	if (locked != NULL)
		rv = take(locked, key, way, out);
	sg_session_release(&locked);
	sg_module_leave();
	return rv;
}
