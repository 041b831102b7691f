/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Object management [PKCS#11 3.1 §5.7].
 */
#include "api/entry.h"

#include "api/call.h"
#include "core/object_ops.h"

CK_RV C_CreateObject(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template, CK_ULONG count,
                     CK_OBJECT_HANDLE *object)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = object == NULL ? CKR_ARGUMENTS_BAD
	                    : sg_object_create(call.session, template, count, object);
	return sg_call_end(&call, rv);
}

CK_RV C_CopyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
                   CK_ULONG count, CK_OBJECT_HANDLE *copy)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = copy == NULL ? CKR_ARGUMENTS_BAD
	                  : sg_object_copy(call.session, object, template, count, copy);
	return sg_call_end(&call, rv);
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_object_destroy(call.session, object));
}

CK_RV C_GetObjectSize(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ULONG *size)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = size == NULL ? CKR_ARGUMENTS_BAD : sg_object_size(call.session, object, size);
	return sg_call_end(&call, rv);
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object,
                          CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = template == NULL && count > 0
	             ? CKR_ARGUMENTS_BAD
	             : sg_object_read(call.session, object, template, count);
	return sg_call_end(&call, rv);
}

CK_RV C_SetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object,
                          CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_object_write(call.session, object, template, count));
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_find_begin(call.session, template, count));
}

CK_RV C_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG max,
                    CK_ULONG *count)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = count == NULL || (objects == NULL && max > 0)
	             ? CKR_ARGUMENTS_BAD
	             : sg_find_next(call.session, objects, max, count);
	return sg_call_end(&call, rv);
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE handle)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (!call.session->find.active)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	sg_find_end(&call.session->find);
	return sg_call_end(&call, rv);
}
