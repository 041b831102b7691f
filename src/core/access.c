/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The rules of access.
 */
#include "core/access.h"

CK_RV sg_access_add(const struct sg_session *session, const struct sg_attrs *attrs)
{
	if (sg_attrs_bool(attrs, CKA_TOKEN) && (session->flags & CKF_RW_SESSION) == 0)
		return CKR_SESSION_READ_ONLY;
	if (sg_attrs_bool(attrs, CKA_PRIVATE) && !sg_token_private_open(session->token))
		return CKR_USER_NOT_LOGGED_IN;
	return CKR_OK;
}

CK_RV sg_access_change(const struct sg_session *session, const struct sg_object *object)
{
	if (object->token && (session->flags & CKF_RW_SESSION) == 0)
		return CKR_SESSION_READ_ONLY;
	return CKR_OK;
}

bool sg_access_reveals(const struct sg_object *object)
{
	if (object->class != CKO_PRIVATE_KEY && object->class != CKO_SECRET_KEY)
		return true;
	return sg_attrs_bool(&object->attrs, CKA_EXTRACTABLE) &&
	       !sg_attrs_bool(&object->attrs, CKA_SENSITIVE);
}

CK_RV sg_access_use(const struct sg_object *key, CK_ATTRIBUTE_TYPE usage,
                    CK_MECHANISM_TYPE mechanism)
{
	(void)mechanism;
	return sg_attrs_bool(&key->attrs, usage) ? CKR_OK : CKR_KEY_FUNCTION_NOT_PERMITTED;
}
