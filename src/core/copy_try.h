/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Trying a copy into the token: the hardware closes it as it would for good, and nothing
 * of it is stored or kept. So the command hands out no share of a root that can't come to be.
 */
#ifndef SG_CORE_COPY_TRY_H
#define SG_CORE_COPY_TRY_H

#include "core/pkcs11.h"

/* Do what C_CopyObject with this template would do before it stores the copy. Errors: those of
 * C_CopyObject, CKR_SIGNET_HW_UNSUPPORTED where the hardware can't enforce the policy or PIN. */
CK_RV sg_copy_try(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const CK_ATTRIBUTE *template,
                  CK_ULONG n);

#endif
