/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What the object functions of the API do, once the session is locked and
 * the arguments are not NULL [PKCS#11 3.1 §5.7].
 */
#ifndef SG_CORE_OBJECT_OPS_H
#define SG_CORE_OBJECT_OPS_H

#include "core/session.h"

/* C_CreateObject: import an object. Errors: those of templates and of sg_access_add. */
CK_RV sg_object_create(struct sg_session *session, const CK_ATTRIBUTE *template, CK_ULONG n,
                       CK_OBJECT_HANDLE *handle);

/* C_CopyObject [§5.7.2]. Errors: OBJECT_HANDLE_INVALID, ACTION_PROHIBITED where CKA_COPYABLE
 * is false or the key can't leave the hardware, those of sg_template_copy and sg_access_add. */
CK_RV sg_object_copy(struct sg_session *session, CK_OBJECT_HANDLE handle,
                     const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *copy);

/* The first half of that: make the copy, which is in no table and no store yet. The caller has the
 * one reference. */
CK_RV sg_object_copy_make(struct sg_session *session, CK_OBJECT_HANDLE handle,
                          const CK_ATTRIBUTE *template, CK_ULONG n, struct sg_object **copy);

/* How often to try to change what others change too; each failure was a success of theirs. */
#define SG_OBJECT_TRIES 100

/* After a change of an object that ended with err: tell in *stale whether another change came
 * before ours, so that it is worth another try, and learn of what other processes did. */
CK_RV sg_object_settle(struct sg_session *session, const struct sg_object *object,
                       enum sg_err err, bool *stale);

/* C_DestroyObject. Errors: OBJECT_HANDLE_INVALID, SESSION_READ_ONLY, ACTION_PROHIBITED. */
CK_RV sg_object_destroy(struct sg_session *session, CK_OBJECT_HANDLE handle);

/* C_GetAttributeValue: every attribute is answered, also after one that can't be
 * [§5.7.5]. Errors: ATTRIBUTE_SENSITIVE, ATTRIBUTE_TYPE_INVALID, BUFFER_TOO_SMALL. */
CK_RV sg_object_read(struct sg_session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *template,
                     CK_ULONG n);

/* C_SetAttributeValue: all or nothing. */
CK_RV sg_object_write(struct sg_session *session, CK_OBJECT_HANDLE handle,
                      const CK_ATTRIBUTE *template, CK_ULONG n);

/* C_GetObjectSize: the bytes of the attributes and of the material, closed where it is kept so. */
CK_RV sg_object_size(struct sg_session *session, CK_OBJECT_HANDLE handle, CK_ULONG *size);

/* C_FindObjectsInit, C_FindObjects. Errors: OPERATION_ACTIVE, OPERATION_NOT_INITIALIZED. */
CK_RV sg_find_begin(struct sg_session *session, const CK_ATTRIBUTE *template, CK_ULONG n);
CK_RV sg_find_next(struct sg_session *session, CK_OBJECT_HANDLE *handles, CK_ULONG max,
                   CK_ULONG *count);

#endif
