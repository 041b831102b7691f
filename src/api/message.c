/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Message-based encryption and decryption [PKCS#11 3.1 §5.9, §5.11].
 */
#include "api/entry.h"

#include "api/call.h"
#include "core/op_message.h"

static struct sg_message message_of(void *param, CK_ULONG param_len, struct sg_bytes aad)
{
	return (struct sg_message){ .param = param, .param_len = param_len, .aad = aad };
}

static CK_RV once(CK_SESSION_HANDLE handle, enum sg_op_kind kind, struct sg_message message,
                  struct sg_bytes in, unsigned char *out, CK_ULONG *out_len)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_message_once(&call.session->op[kind], &message, in, out,
	                                          out_len));
}

static CK_RV begin(CK_SESSION_HANDLE handle, enum sg_op_kind kind, struct sg_message message)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_message_begin(&call.session->op[kind], &message));
}

static CK_RV next(CK_SESSION_HANDLE handle, enum sg_op_kind kind, struct sg_message message,
                  struct sg_bytes in, unsigned char *out, CK_ULONG *out_len, CK_FLAGS flags)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_message_next(&call.session->op[kind], &message, in, out,
	                                          out_len, (flags & CKF_END_OF_MESSAGE) != 0));
}

static CK_RV final(CK_SESSION_HANDLE handle, enum sg_op_kind kind)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, sg_message_final(&call.session->op[kind]));
}

CK_RV C_MessageEncryptInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                           CK_OBJECT_HANDLE key)
{
	return sg_call_begin(handle, SG_OP_MESSAGE_ENCRYPT, mechanism, key);
}

CK_RV C_EncryptMessage(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                       unsigned char *aad, CK_ULONG aad_len, unsigned char *plain,
                       CK_ULONG plain_len, unsigned char *cipher, CK_ULONG *cipher_len)
{
	return once(handle, SG_OP_MESSAGE_ENCRYPT,
	            message_of(parameter, parameter_len, sg_bytes(aad, aad_len)),
	            sg_bytes(plain, plain_len), cipher, cipher_len);
}

CK_RV C_EncryptMessageBegin(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                            unsigned char *aad, CK_ULONG aad_len)
{
	return begin(handle, SG_OP_MESSAGE_ENCRYPT,
	             message_of(parameter, parameter_len, sg_bytes(aad, aad_len)));
}

CK_RV C_EncryptMessageNext(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                           unsigned char *plain, CK_ULONG plain_len, unsigned char *cipher,
                           CK_ULONG *cipher_len, CK_FLAGS flags)
{
	return next(handle, SG_OP_MESSAGE_ENCRYPT,
	            message_of(parameter, parameter_len, sg_bytes(NULL, 0)),
	            sg_bytes(plain, plain_len), cipher, cipher_len, flags);
}

CK_RV C_MessageEncryptFinal(CK_SESSION_HANDLE handle)
{
	return final(handle, SG_OP_MESSAGE_ENCRYPT);
}

CK_RV C_MessageDecryptInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                           CK_OBJECT_HANDLE key)
{
	return sg_call_begin(handle, SG_OP_MESSAGE_DECRYPT, mechanism, key);
}

CK_RV C_DecryptMessage(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                       unsigned char *aad, CK_ULONG aad_len, unsigned char *cipher,
                       CK_ULONG cipher_len, unsigned char *plain, CK_ULONG *plain_len)
{
	return once(handle, SG_OP_MESSAGE_DECRYPT,
	            message_of(parameter, parameter_len, sg_bytes(aad, aad_len)),
	            sg_bytes(cipher, cipher_len), plain, plain_len);
}

CK_RV C_DecryptMessageBegin(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                            unsigned char *aad, CK_ULONG aad_len)
{
	return begin(handle, SG_OP_MESSAGE_DECRYPT,
	             message_of(parameter, parameter_len, sg_bytes(aad, aad_len)));
}

CK_RV C_DecryptMessageNext(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                           unsigned char *cipher, CK_ULONG cipher_len, unsigned char *plain,
                           CK_ULONG *plain_len, CK_FLAGS flags)
{
	return next(handle, SG_OP_MESSAGE_DECRYPT,
	            message_of(parameter, parameter_len, sg_bytes(NULL, 0)),
	            sg_bytes(cipher, cipher_len), plain, plain_len, flags);
}

CK_RV C_MessageDecryptFinal(CK_SESSION_HANDLE handle)
{
	return final(handle, SG_OP_MESSAGE_DECRYPT);
}
