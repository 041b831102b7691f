/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Session management [PKCS#11 3.1 §5.6].
 */
#include <string.h>

#include "api/entry.h"

#include "api/call.h"
#include "client/rv.h"

#define TRIES 8                         /* while one token after the other takes the place */

/* Another token may take the place of the one that was looked at. */
static CK_RV open_session(struct sg_call *call, struct sg_token *token, CK_FLAGS flags,
                          CK_SESSION_HANDLE *handle)
{
	CK_RV rv = CKR_DEVICE_REMOVED;
	enum sg_err err;

	for (int i = 0; i < TRIES && rv == CKR_DEVICE_REMOVED; i++) {
		err = sg_call_sync(call, token);
		if (err == SG_ERR_STORE_MISSING)
			return CKR_TOKEN_NOT_RECOGNIZED;
		rv = sg_rv(err);
		if (rv == CKR_OK)
			rv = sg_session_open(&call->module->sessions, token, flags, handle);
	}
	return rv;
}

CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                    CK_SESSION_HANDLE *handle)
{
	struct sg_token *token;
	struct sg_call call;
	CK_RV rv = sg_call_slot(&call, slot, &token);

	(void)application;
	(void)notify;           /* there is nothing to notify of */
	if (rv != CKR_OK)
		return rv;
	if (handle == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	if ((flags & CKF_SERIAL_SESSION) == 0)
		return sg_call_end(&call, CKR_SESSION_PARALLEL_NOT_SUPPORTED);
	if (flags & CKF_ASYNC_SESSION)
		return sg_call_end(&call, CKR_SESSION_ASYNC_NOT_SUPPORTED);
	flags &= CKF_SERIAL_SESSION | CKF_RW_SESSION;
	return sg_call_end(&call, open_session(&call, token, flags, handle));
}

CK_RV C_CloseSession(CK_SESSION_HANDLE handle)
{
	struct sg_call call;
	CK_RV rv = sg_call_module(&call);

	if (rv != CKR_OK)
		return rv;
	if (!sg_session_close(&call.module->sessions, handle))
		rv = CKR_SESSION_HANDLE_INVALID;
	return sg_call_end(&call, rv);
}

CK_RV C_CloseAllSessions(CK_SLOT_ID slot)
{
	struct sg_token *token;
	struct sg_call call;
	CK_RV rv = sg_call_slot(&call, slot, &token);

	if (rv != CKR_OK)
		return rv;
	sg_session_close_all(&call.module->sessions, token);
	return sg_call_end(&call, CKR_OK);
}

CK_RV C_SessionCancel(CK_SESSION_HANDLE handle, CK_FLAGS flags)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	sg_session_cancel(call.session, flags);
	return sg_call_end(&call, CKR_OK);
}

/* The state of a session [§5.6, table 6]. */
static CK_STATE session_state(const struct sg_session *session)
{
	static const CK_STATE states[SG_USERS][2] = {
		[SG_NOBODY] = { CKS_RO_PUBLIC_SESSION, CKS_RW_PUBLIC_SESSION },
		[SG_USER] = { CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS },
		[SG_SO] = { CKS_RW_SO_FUNCTIONS, CKS_RW_SO_FUNCTIONS },
	};
	struct sg_token *token = session->token;
	enum sg_user user;

	pthread_rwlock_rdlock(&token->lock);
	user = token->user;
	pthread_rwlock_unlock(&token->lock);
	return states[user][(session->flags & CKF_RW_SESSION) != 0];
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE handle, CK_SESSION_INFO *info)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (info == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	info->slotID = call.session->token->slot;
	info->state = session_state(call.session);
	info->flags = call.session->flags;
	info->ulDeviceError = 0;
	return sg_call_end(&call, CKR_OK);
}

/* Log out, or take off one of several logins; the call gives back its session for it. */
static CK_RV log_out(struct sg_call *call, bool all)
{
	struct sg_token *token = call->session->token;
	CK_RV rv = sg_token_logout(token, all);

	sg_session_release(&call->session);
	if (rv == CKR_OK)
		sg_session_end_private(&call->module->sessions, token);
	return rv;
}

/* The PIN for one operation. Where wrong ones have locked it, the user is logged out [§4.9]. */
static CK_RV log_in_for_operation(struct sg_call *call, struct sg_bytes pin)
{
	CK_RV rv = sg_op_login(call->session, pin);

	if (rv == CKR_PIN_LOCKED)
		(void)log_out(call, true);
	return rv;
}

CK_RV C_Login(CK_SESSION_HANDLE handle, CK_USER_TYPE user_type, unsigned char *pin,
              CK_ULONG pin_len)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (pin == NULL && pin_len > 0)
		rv = CKR_ARGUMENTS_BAD;
	else if (user_type == CKU_CONTEXT_SPECIFIC)
		rv = log_in_for_operation(&call, sg_bytes(pin, pin_len));
	else if (user_type != CKU_USER && user_type != CKU_SO)
		rv = CKR_USER_TYPE_INVALID;
	else
		rv = sg_token_login(call.session->token, user_type == CKU_SO ? SG_SO : SG_USER,
		                    sg_bytes(pin, pin_len));
	return sg_call_end(&call, rv);
}

/* No token of ours knows its users by name. */
CK_RV C_LoginUser(CK_SESSION_HANDLE handle, CK_USER_TYPE user_type, unsigned char *pin,
                  CK_ULONG pin_len, unsigned char *username, CK_ULONG username_len)
{
	struct sg_call call;
	CK_RV rv;

	if (username_len == 0)
		return C_Login(handle, user_type, pin, pin_len);
	rv = sg_call_session(&call, handle);
	if (rv != CKR_OK)
		return rv;
	if (username == NULL || (pin == NULL && pin_len > 0))
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	return sg_call_end(&call, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_Logout(CK_SESSION_HANDLE handle)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = log_out(&call, false);
	return sg_call_end(&call, rv);
}

/* There are no validations, so the last operation met the rules of none. */
CK_RV C_GetSessionValidationFlags(CK_SESSION_HANDLE handle, CK_SESSION_VALIDATION_FLAGS_TYPE type,
                                  CK_FLAGS *flags)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (flags == NULL || type != CKS_LAST_VALIDATION_OK)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	*flags = 0;
	return sg_call_end(&call, CKR_OK);
}
