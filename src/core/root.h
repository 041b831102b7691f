/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Versions of a decryption root (CKA_SIGNET_ROOT, CKA_SIGNET_VERSION): one takes the place
 * of another, which from then on only decrypts and unwraps. PKCS#11 can't do that, because what
 * a root is for never changes by it. Nothing here makes a key or gives one out.
 */
#ifndef SG_CORE_ROOT_H
#define SG_CORE_ROOT_H

#include <stdbool.h>

#include "core/pkcs11.h"

/* Put a copy of fresh, a secret key of the session, into the token as the next version of old,
 * with the changes of a template of C_CopyObject, and close old, in one transaction: both or
 * neither, also where the process dies or another one does the same. Errors:
 * CKR_ACTION_PROHIBITED where old makes nothing new any more, so that another version took its
 * place before; CKR_TEMPLATE_INCONSISTENT where fresh is no later version of the same root;
 * CKR_OBJECT_HANDLE_INVALID, those of C_CopyObject. */
CK_RV sg_root_succeed(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE fresh,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *made);

/* Put a copy of fresh, a secret key of the session, into the token in the place of old, the same
 * version of the same root, with the changes of a template of C_CopyObject, and destroy old, in one
 * transaction. Old need not open. Errors: CKR_TEMPLATE_INCONSISTENT where fresh is another version
 * or of another root; CKR_ACTION_PROHIBITED where old lives in the hardware, may not be destroyed,
 * or makes nothing new any more and fresh would; CKR_OBJECT_HANDLE_INVALID, those of
 * C_CopyObject. */
CK_RV sg_root_replace(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE fresh,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *made);

/* Close a version of which the token holds a later one: it encrypts and wraps nothing any more.
 * *closed tells whether it did before. Errors: CKR_ACTION_PROHIBITED where newer is no later
 * version of the same root; CKR_OBJECT_HANDLE_INVALID, CKR_SESSION_READ_ONLY, those of
 * C_SetAttributeValue. */
CK_RV sg_root_close(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE newer,
                    bool *closed);

#endif
