/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. The functions of PKCS#11 that signet does not have. Each passes the gate
 * first, so that a bad session is said to be one. doc/pkcs11.md lists them.
 */
#include "api/entry.h"

#include "api/call.h"

static CK_RV unsupported(CK_SESSION_HANDLE handle)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	return rv != CKR_OK ? rv : sg_call_end(&call, CKR_FUNCTION_NOT_SUPPORTED);
}

static CK_RV not_parallel(CK_SESSION_HANDLE handle)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	return rv != CKR_OK ? rv : sg_call_end(&call, CKR_FUNCTION_NOT_PARALLEL);
}

CK_RV C_GetOperationState(CK_SESSION_HANDLE handle, unsigned char *state, CK_ULONG *state_len)
{
	(void)state;
	(void)state_len;
	return unsupported(handle);
}

CK_RV C_SetOperationState(CK_SESSION_HANDLE handle, unsigned char *state, CK_ULONG state_len,
                          CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key)
{
	(void)state;
	(void)state_len;
	(void)encryption_key;
	(void)authentication_key;
	return unsupported(handle);
}

CK_RV C_SignRecoverInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	(void)mechanism;
	(void)key;
	return unsupported(handle);
}

CK_RV C_SignRecover(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG data_len,
                    unsigned char *signature, CK_ULONG *signature_len)
{
	(void)data;
	(void)data_len;
	(void)signature;
	(void)signature_len;
	return unsupported(handle);
}

CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	(void)mechanism;
	(void)key;
	return unsupported(handle);
}

CK_RV C_VerifyRecover(CK_SESSION_HANDLE handle, unsigned char *signature, CK_ULONG signature_len,
                      unsigned char *data, CK_ULONG *data_len)
{
	(void)signature;
	(void)signature_len;
	(void)data;
	(void)data_len;
	return unsupported(handle);
}

CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len,
                            unsigned char *out, CK_ULONG *out_len)
{
	(void)part;
	(void)part_len;
	(void)out;
	(void)out_len;
	return unsupported(handle);
}

CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len,
                            unsigned char *out, CK_ULONG *out_len)
{
	return C_DigestEncryptUpdate(handle, part, part_len, out, out_len);
}

CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len,
                          unsigned char *out, CK_ULONG *out_len)
{
	return C_DigestEncryptUpdate(handle, part, part_len, out, out_len);
}

CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len,
                            unsigned char *out, CK_ULONG *out_len)
{
	return C_DigestEncryptUpdate(handle, part, part_len, out, out_len);
}

CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE handle)
{
	return not_parallel(handle);
}

CK_RV C_CancelFunction(CK_SESSION_HANDLE handle)
{
	return not_parallel(handle);
}

CK_RV C_MessageSignInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return C_SignRecoverInit(handle, mechanism, key);
}

CK_RV C_SignMessage(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                    unsigned char *data, CK_ULONG data_len, unsigned char *signature,
                    CK_ULONG *signature_len)
{
	(void)parameter;
	(void)parameter_len;
	return C_SignRecover(handle, data, data_len, signature, signature_len);
}

CK_RV C_SignMessageBegin(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len)
{
	(void)parameter;
	(void)parameter_len;
	return unsupported(handle);
}

CK_RV C_SignMessageNext(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                        unsigned char *data, CK_ULONG data_len, unsigned char *signature,
                        CK_ULONG *signature_len)
{
	return C_SignMessage(handle, parameter, parameter_len, data, data_len, signature,
	                     signature_len);
}

CK_RV C_MessageSignFinal(CK_SESSION_HANDLE handle)
{
	return unsupported(handle);
}

CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return C_SignRecoverInit(handle, mechanism, key);
}

CK_RV C_VerifyMessage(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                      unsigned char *data, CK_ULONG data_len, unsigned char *signature,
                      CK_ULONG signature_len)
{
	return C_SignMessage(handle, parameter, parameter_len, data, data_len, signature,
	                     &signature_len);
}

CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len)
{
	return C_SignMessageBegin(handle, parameter, parameter_len);
}

CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE handle, void *parameter, CK_ULONG parameter_len,
                          unsigned char *data, CK_ULONG data_len, unsigned char *signature,
                          CK_ULONG signature_len)
{
	return C_VerifyMessage(handle, parameter, parameter_len, data, data_len, signature,
	                       signature_len);
}

CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE handle)
{
	return unsupported(handle);
}

CK_RV C_EncapsulateKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                       CK_OBJECT_HANDLE public_key, CK_ATTRIBUTE *template, CK_ULONG count,
                       unsigned char *cipher, CK_ULONG *cipher_len, CK_OBJECT_HANDLE *key)
{
	(void)cipher;
	(void)cipher_len;
	(void)mechanism;
	(void)public_key;
	(void)template;
	(void)count;
	(void)key;
	return unsupported(handle);
}

CK_RV C_DecapsulateKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                       CK_OBJECT_HANDLE private_key, CK_ATTRIBUTE *template, CK_ULONG count,
                       unsigned char *cipher, CK_ULONG cipher_len, CK_OBJECT_HANDLE *key)
{
	return C_EncapsulateKey(handle, mechanism, private_key, template, count, cipher,
	                        &cipher_len, key);
}

CK_RV C_AsyncComplete(CK_SESSION_HANDLE handle, unsigned char *function, CK_ASYNC_DATA *result)
{
	(void)function;
	(void)result;
	return unsupported(handle);
}

CK_RV C_AsyncGetID(CK_SESSION_HANDLE handle, unsigned char *function, CK_ULONG *id)
{
	(void)function;
	(void)id;
	return unsupported(handle);
}

CK_RV C_AsyncJoin(CK_SESSION_HANDLE handle, unsigned char *function, CK_ULONG id,
                  unsigned char *data, CK_ULONG data_len)
{
	(void)function;
	(void)id;
	(void)data;
	(void)data_len;
	return unsupported(handle);
}
