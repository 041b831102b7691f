/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Signing and verifying [PKCS#11 3.2 §5.13, §5.15].
 */
#include "api/entry.h"

#include "api/call.h"

CK_RV C_SignInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return sg_call_begin(handle, SG_OP_SIGN, mechanism, key);
}

CK_RV C_Sign(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG data_len,
             unsigned char *signature, CK_ULONG *signature_len)
{
	return sg_call_operation(handle, SG_OP_SIGN, SG_OP_ONCE, sg_bytes(data, data_len),
	                         signature, signature_len, true);
}

CK_RV C_SignUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len)
{
	return sg_call_operation(handle, SG_OP_SIGN, SG_OP_UPDATE, sg_bytes(part, part_len), NULL,
	                         NULL, false);
}

CK_RV C_SignFinal(CK_SESSION_HANDLE handle, unsigned char *signature, CK_ULONG *signature_len)
{
	return sg_call_operation(handle, SG_OP_SIGN, SG_OP_FINAL, sg_bytes(NULL, 0), signature,
	                         signature_len, true);
}

CK_RV C_VerifyInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return sg_call_begin(handle, SG_OP_VERIFY, mechanism, key);
}

static CK_RV verify(CK_SESSION_HANDLE handle, enum sg_op_phase phase, struct sg_bytes data,
                    struct sg_bytes signature)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_op_verify(&call.session->op[SG_OP_VERIFY], phase, data,
	                                       signature));
}

CK_RV C_Verify(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG data_len,
               unsigned char *signature, CK_ULONG signature_len)
{
	return verify(handle, SG_OP_ONCE, sg_bytes(data, data_len),
	              sg_bytes(signature, signature_len));
}

CK_RV C_VerifyUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len)
{
	return sg_call_operation(handle, SG_OP_VERIFY, SG_OP_UPDATE, sg_bytes(part, part_len), NULL,
	                         NULL, false);
}

CK_RV C_VerifyFinal(CK_SESSION_HANDLE handle, unsigned char *signature, CK_ULONG signature_len)
{
	return verify(handle, SG_OP_FINAL, sg_bytes(NULL, 0), sg_bytes(signature, signature_len));
}

CK_RV C_VerifySignatureInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key, unsigned char *signature,
                            CK_ULONG signature_len)
{
	struct sg_call call;
	CK_RV rv;

	if (mechanism == NULL)
		return sg_call_begin(handle, SG_OP_VERIFY_SIGNATURE, NULL, key);
	rv = sg_call_session(&call, handle);
	if (rv != CKR_OK)
		return rv;
	rv = signature == NULL && signature_len > 0
	             ? CKR_ARGUMENTS_BAD
	             : sg_op_begin_signature(call.session, mechanism, key,
	                                     sg_bytes(signature, signature_len));
	return sg_call_end(&call, rv);
}

static CK_RV verify_signature(CK_SESSION_HANDLE handle, enum sg_op_phase phase,
                              struct sg_bytes data)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_op_verify_signature(&call.session->op[SG_OP_VERIFY_SIGNATURE],
	                                                 phase, data));
}

CK_RV C_VerifySignature(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG data_len)
{
	return verify_signature(handle, SG_OP_ONCE, sg_bytes(data, data_len));
}

CK_RV C_VerifySignatureUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len)
{
	return verify_signature(handle, SG_OP_UPDATE, sg_bytes(part, part_len));
}

CK_RV C_VerifySignatureFinal(CK_SESSION_HANDLE handle)
{
	return verify_signature(handle, SG_OP_FINAL, sg_bytes(NULL, 0));
}
