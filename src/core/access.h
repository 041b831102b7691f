/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Who may do what: the session's kind and login against an object's
 * attributes [PKCS#11 3.1 §5.6, table 6]. Nothing here changes anything.
 */
#ifndef SG_CORE_ACCESS_H
#define SG_CORE_ACCESS_H

#include "core/session.h"

/* Check that the session may add an object with these attributes. Errors:
 * SESSION_READ_ONLY for a token object, USER_NOT_LOGGED_IN for a private one. */
CK_RV sg_access_add(const struct sg_session *session, const struct sg_attrs *attrs);

/* Check that the session may change or destroy an object that it sees. Errors: SESSION_READ_ONLY. */
CK_RV sg_access_change(const struct sg_session *session, const struct sg_object *object);

/* Tell whether an object's material may be given out: CKA_EXTRACTABLE and not CKA_SENSITIVE. */
bool sg_access_reveals(const struct sg_object *object);

/* Check that a key may be used in a way (CKA_SIGN, CKA_WRAP ...) with a mechanism.
 * Errors: KEY_FUNCTION_NOT_PERMITTED. */
CK_RV sg_access_use(const struct sg_object *key, CK_ATTRIBUTE_TYPE usage,
                    CK_MECHANISM_TYPE mechanism);

#endif
