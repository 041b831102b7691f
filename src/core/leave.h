/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The ways out of a token that a key was given when it was made (CKA_SIGNET_LEAVE), for
 * what the command does with decryption roots: sharing them for recovery, sending them to
 * another machine, handing them to a program. Nothing of PKCS#11 comes here.
 */
#ifndef SG_CORE_LEAVE_H
#define SG_CORE_LEAVE_H

#include "core/pkcs11.h"
#include "util/secret.h"

#define CKF_SIGNET_LEAVE_ALL \
	(CKF_SIGNET_LEAVE_RECOVERY | CKF_SIGNET_LEAVE_SEND | CKF_SIGNET_LEAVE_DELIVER)

/* Copy the value of a private or secret key that the session sees and that may leave by this way,
 * one of CKF_SIGNET_LEAVE_RECOVERY, _SEND and _DELIVER; of a curve's key the private half. The
 * caller frees *out. Errors: CKR_ACTION_PROHIBITED where the key may not, CKR_USER_NOT_LOGGED_IN
 * where it wants a PIN for each use, CKR_OBJECT_HANDLE_INVALID, those of opening it. */
CK_RV sg_leave_take(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_FLAGS way,
                    struct sg_secret **out);

/* Write into a key of the token that may leave for recovery how that is arranged now
 * (CKA_SIGNET_RECOVERY), which nothing of PKCS#11 changes. Errors: CKR_ACTION_PROHIBITED where it
 * may not leave so, those of C_SetAttributeValue. */
CK_RV sg_leave_arranged(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *recovery);

#endif
