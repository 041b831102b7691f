/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. The gate.
 */
#include "api/call.h"

#include "client/rv.h"

#define TRIES 8                         /* while one token after the other takes the place */

CK_RV sg_call_module(struct sg_call *call)
{
	*call = (struct sg_call){ NULL, NULL };
	call->module = sg_module_enter();
	return call->module != NULL ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED;
}

CK_RV sg_call_session(struct sg_call *call, CK_SESSION_HANDLE handle)
{
	CK_RV rv = sg_call_module(call);

	if (rv != CKR_OK)
		return rv;
	call->session = sg_session_acquire(&call->module->sessions, handle);
	if (call->session == NULL)
		return sg_call_end(call, CKR_SESSION_HANDLE_INVALID);
	return CKR_OK;
}

CK_RV sg_call_slot(struct sg_call *call, CK_SLOT_ID slot, struct sg_token **token)
{
	enum sg_err err;
	CK_RV rv = sg_call_module(call);

	if (rv != CKR_OK)
		return rv;
	err = sg_module_token(call->module, slot, token);
	if (err == SG_OK)
		return CKR_OK;
	return sg_call_end(call, err == SG_ERR_NOT_FOUND ? CKR_SLOT_ID_INVALID : sg_rv(err));
}

enum sg_err sg_call_sync(struct sg_call *call, struct sg_token *token)
{
	enum sg_err err = sg_token_sync(token);

	for (int i = 0; i < TRIES && err == SG_ERR_TOKEN_REPLACED; i++) {
		sg_session_close_gone(&call->module->sessions, token);
		err = sg_token_sync(token);
	}
	return err;
}

CK_RV sg_call_end(struct sg_call *call, CK_RV rv)
{
	sg_session_release(&call->session);
	sg_module_leave();
	return rv;
}

CK_RV sg_call_operation(CK_SESSION_HANDLE handle, enum sg_op_kind kind, enum sg_op_phase phase,
                        struct sg_bytes in, uint8_t *out, CK_ULONG *out_len, bool has_output)
{
	struct sg_call call;
	struct sg_op *op;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	op = &call.session->op[kind];
	if (has_output && out_len == NULL) {
		rv = op->mech == NULL ? CKR_OPERATION_NOT_INITIALIZED : CKR_ARGUMENTS_BAD;
		sg_op_end(op);
	} else {
		rv = sg_op_run(op, phase, in, out, out_len);
	}
	return sg_call_end(&call, rv);
}

CK_RV sg_call_begin(CK_SESSION_HANDLE handle, enum sg_op_kind kind, const CK_MECHANISM *mechanism,
                    CK_OBJECT_HANDLE key)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (mechanism != NULL) {
		rv = sg_op_begin(call.session, kind, mechanism, key);
	} else {
		rv = sg_op_active(&call.session->op[kind]) ? CKR_OK : CKR_ARGUMENTS_BAD;
		sg_op_end(&call.session->op[kind]);
	}
	return sg_call_end(&call, rv);
}
