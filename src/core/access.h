/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Who may do what: the session's kind and login against an object's
 * attributes [PKCS#11 3.1 §5.6, table 6]. Nothing here changes anything.
 */
#ifndef SG_CORE_ACCESS_H
#define SG_CORE_ACCESS_H

#include "core/session.h"

/* Check that the session may add an object with these attributes. Errors:
 * SESSION_READ_ONLY for a token object, USER_NOT_LOGGED_IN for a private one,
 * ATTRIBUTE_VALUE_INVALID for CKA_ALWAYS_AUTHENTICATE where there is no PIN, of the user or of the
 * key, and those of
 * sg_access_trust. */
CK_RV sg_access_add(const struct sg_session *session, const struct sg_attrs *attrs);

/* Check that the session may change or destroy an object that it sees. Errors:
 * SESSION_READ_ONLY. */
CK_RV sg_access_change(const struct sg_session *session, const struct sg_object *object);

/* Tell whether an object's material may be given out: CKA_EXTRACTABLE and not CKA_SENSITIVE. */
bool sg_access_reveals(const struct sg_object *object);

/* Check that the session may make an object trusted, if after says so and before, which
 * is NULL for a new object, does not: only the security officer may. Errors:
 * ATTRIBUTE_READ_ONLY. */
CK_RV sg_access_trust(const struct sg_session *session, const struct sg_attrs *before,
                      const struct sg_attrs *after);

/* Check that a key may be used in a way (CKA_SIGN, CKA_WRAP ...) with a mechanism, today.
 * Outside its dates a key makes nothing new: it does not sign, encrypt, wrap or derive, but
 * verifies, decrypts and unwraps what there is. A use that has no Init function after which
 * a PIN could be given is refused where the key wants one [PKCS#11 3.1 §4.9]. Errors:
 * KEY_FUNCTION_NOT_PERMITTED, USER_NOT_LOGGED_IN. */
CK_RV sg_access_use(const struct sg_object *key, CK_ATTRIBUTE_TYPE usage,
                    CK_MECHANISM_TYPE mechanism);

/* Check that a key may leave the token wrapped by another [PKCS#11 3.1 §5.18.3]. One that wants a
 * PIN for each use does not: what is unwrapped elsewhere would want none. Errors:
 * KEY_UNEXTRACTABLE, KEY_NOT_WRAPPABLE where it needs a trusted wrapping key, USER_NOT_LOGGED_IN,
 * KEY_HANDLE_INVALID where it differs from CKA_WRAP_TEMPLATE. */
CK_RV sg_access_wrap(const struct sg_object *wrapping, const struct sg_object *key);

#endif
