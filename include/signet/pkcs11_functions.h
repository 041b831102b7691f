/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of PKCS#11 3.0 and 3.2, their lists and the interfaces that lead to them
 * [PKCS#11 3.2 §3.6, §5.4]. Include <signet/pkcs11.h> after a PKCS#11 header: what that
 * one has, by its CRYPTOKI_VERSION_MAJOR and _MINOR, is not declared again.
 */
#ifndef SIGNET_PKCS11_FUNCTIONS_H
#define SIGNET_PKCS11_FUNCTIONS_H

/* The functions of each version in the order of its list, which begins with those of the
 * version before: F is a macro of one argument. */
#define SG_CK_FUNCTIONS_2_40(F) \
	F(C_Initialize) F(C_Finalize) F(C_GetInfo) F(C_GetFunctionList) \
	F(C_GetSlotList) F(C_GetSlotInfo) F(C_GetTokenInfo) \
	F(C_GetMechanismList) F(C_GetMechanismInfo) F(C_InitToken) F(C_InitPIN) F(C_SetPIN) \
	F(C_OpenSession) F(C_CloseSession) F(C_CloseAllSessions) F(C_GetSessionInfo) \
	F(C_GetOperationState) F(C_SetOperationState) F(C_Login) F(C_Logout) \
	F(C_CreateObject) F(C_CopyObject) F(C_DestroyObject) F(C_GetObjectSize) \
	F(C_GetAttributeValue) F(C_SetAttributeValue) \
	F(C_FindObjectsInit) F(C_FindObjects) F(C_FindObjectsFinal) \
	F(C_EncryptInit) F(C_Encrypt) F(C_EncryptUpdate) F(C_EncryptFinal) \
	F(C_DecryptInit) F(C_Decrypt) F(C_DecryptUpdate) F(C_DecryptFinal) \
	F(C_DigestInit) F(C_Digest) F(C_DigestUpdate) F(C_DigestKey) F(C_DigestFinal) \
	F(C_SignInit) F(C_Sign) F(C_SignUpdate) F(C_SignFinal) \
	F(C_SignRecoverInit) F(C_SignRecover) \
	F(C_VerifyInit) F(C_Verify) F(C_VerifyUpdate) F(C_VerifyFinal) \
	F(C_VerifyRecoverInit) F(C_VerifyRecover) \
	F(C_DigestEncryptUpdate) F(C_DecryptDigestUpdate) \
	F(C_SignEncryptUpdate) F(C_DecryptVerifyUpdate) \
	F(C_GenerateKey) F(C_GenerateKeyPair) F(C_WrapKey) F(C_UnwrapKey) F(C_DeriveKey) \
	F(C_SeedRandom) F(C_GenerateRandom) \
	F(C_GetFunctionStatus) F(C_CancelFunction) F(C_WaitForSlotEvent)
#define SG_CK_FUNCTIONS_3_0(F) \
	F(C_GetInterfaceList) F(C_GetInterface) F(C_LoginUser) F(C_SessionCancel) \
	F(C_MessageEncryptInit) F(C_EncryptMessage) \
	F(C_EncryptMessageBegin) F(C_EncryptMessageNext) F(C_MessageEncryptFinal) \
	F(C_MessageDecryptInit) F(C_DecryptMessage) \
	F(C_DecryptMessageBegin) F(C_DecryptMessageNext) F(C_MessageDecryptFinal) \
	F(C_MessageSignInit) F(C_SignMessage) \
	F(C_SignMessageBegin) F(C_SignMessageNext) F(C_MessageSignFinal) \
	F(C_MessageVerifyInit) F(C_VerifyMessage) \
	F(C_VerifyMessageBegin) F(C_VerifyMessageNext) F(C_MessageVerifyFinal)
#define SG_CK_FUNCTIONS_3_2(F) \
	F(C_EncapsulateKey) F(C_DecapsulateKey) \
	F(C_VerifySignatureInit) F(C_VerifySignature) \
	F(C_VerifySignatureUpdate) F(C_VerifySignatureFinal) \
	F(C_GetSessionValidationFlags) F(C_AsyncComplete) F(C_AsyncGetID) F(C_AsyncJoin) \
	F(C_WrapKeyAuthenticated) F(C_UnwrapKeyAuthenticated)

#define SG_CK_DECLARE(name, arguments) \
	typedef CK_RV (*CK_##name) arguments; \
	CK_RV name arguments
#define SG_CK_MEMBER(name) CK_##name name;

#ifdef __cplusplus
extern "C" {
#endif

#if CRYPTOKI_VERSION_MAJOR < 3

typedef struct sg_ck_interface {
	CK_UTF8CHAR *pInterfaceName;
	void *pFunctionList;            /* begins with a CK_VERSION */
	CK_FLAGS flags;
} CK_INTERFACE;
typedef CK_INTERFACE *CK_INTERFACE_PTR;
typedef CK_INTERFACE **CK_INTERFACE_PTR_PTR;

SG_CK_DECLARE(C_GetInterfaceList, (CK_INTERFACE *list, CK_ULONG *count));
SG_CK_DECLARE(C_GetInterface, (CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **interface_,
                               CK_FLAGS flags));
SG_CK_DECLARE(C_LoginUser, (CK_SESSION_HANDLE session, CK_USER_TYPE user_type, CK_UTF8CHAR *pin,
                            CK_ULONG pin_len, CK_UTF8CHAR *username, CK_ULONG username_len));
SG_CK_DECLARE(C_SessionCancel, (CK_SESSION_HANDLE session, CK_FLAGS flags));

SG_CK_DECLARE(C_MessageEncryptInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                     CK_OBJECT_HANDLE key));
SG_CK_DECLARE(C_EncryptMessage, (CK_SESSION_HANDLE session, void *parameter,
                                 CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len,
                                 CK_BYTE *plain, CK_ULONG plain_len, CK_BYTE *cipher,
                                 CK_ULONG *cipher_len));
SG_CK_DECLARE(C_EncryptMessageBegin, (CK_SESSION_HANDLE session, void *parameter,
                                      CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len));
SG_CK_DECLARE(C_EncryptMessageNext, (CK_SESSION_HANDLE session, void *parameter,
                                     CK_ULONG parameter_len, CK_BYTE *plain, CK_ULONG plain_len,
                                     CK_BYTE *cipher, CK_ULONG *cipher_len, CK_FLAGS flags));
SG_CK_DECLARE(C_MessageEncryptFinal, (CK_SESSION_HANDLE session));

SG_CK_DECLARE(C_MessageDecryptInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                     CK_OBJECT_HANDLE key));
SG_CK_DECLARE(C_DecryptMessage, (CK_SESSION_HANDLE session, void *parameter,
                                 CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len,
                                 CK_BYTE *cipher, CK_ULONG cipher_len, CK_BYTE *plain,
                                 CK_ULONG *plain_len));
SG_CK_DECLARE(C_DecryptMessageBegin, (CK_SESSION_HANDLE session, void *parameter,
                                      CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len));
SG_CK_DECLARE(C_DecryptMessageNext, (CK_SESSION_HANDLE session, void *parameter,
                                     CK_ULONG parameter_len, CK_BYTE *cipher, CK_ULONG cipher_len,
                                     CK_BYTE *plain, CK_ULONG *plain_len, CK_FLAGS flags));
SG_CK_DECLARE(C_MessageDecryptFinal, (CK_SESSION_HANDLE session));

SG_CK_DECLARE(C_MessageSignInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                  CK_OBJECT_HANDLE key));
SG_CK_DECLARE(C_SignMessage, (CK_SESSION_HANDLE session, void *parameter, CK_ULONG parameter_len,
                              CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
                              CK_ULONG *signature_len));
SG_CK_DECLARE(C_SignMessageBegin, (CK_SESSION_HANDLE session, void *parameter,
                                   CK_ULONG parameter_len));
SG_CK_DECLARE(C_SignMessageNext, (CK_SESSION_HANDLE session, void *parameter,
                                  CK_ULONG parameter_len, CK_BYTE *data, CK_ULONG data_len,
                                  CK_BYTE *signature, CK_ULONG *signature_len));
SG_CK_DECLARE(C_MessageSignFinal, (CK_SESSION_HANDLE session));

SG_CK_DECLARE(C_MessageVerifyInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                    CK_OBJECT_HANDLE key));
SG_CK_DECLARE(C_VerifyMessage, (CK_SESSION_HANDLE session, void *parameter,
                                CK_ULONG parameter_len, CK_BYTE *data, CK_ULONG data_len,
                                CK_BYTE *signature, CK_ULONG signature_len));
SG_CK_DECLARE(C_VerifyMessageBegin, (CK_SESSION_HANDLE session, void *parameter,
                                     CK_ULONG parameter_len));
SG_CK_DECLARE(C_VerifyMessageNext, (CK_SESSION_HANDLE session, void *parameter,
                                    CK_ULONG parameter_len, CK_BYTE *data, CK_ULONG data_len,
                                    CK_BYTE *signature, CK_ULONG signature_len));
SG_CK_DECLARE(C_MessageVerifyFinal, (CK_SESSION_HANDLE session));

typedef struct sg_ck_function_list_3_0 {
	CK_VERSION version;
	SG_CK_FUNCTIONS_2_40(SG_CK_MEMBER)
	SG_CK_FUNCTIONS_3_0(SG_CK_MEMBER)
} CK_FUNCTION_LIST_3_0;
typedef CK_FUNCTION_LIST_3_0 *CK_FUNCTION_LIST_3_0_PTR;
typedef CK_FUNCTION_LIST_3_0 **CK_FUNCTION_LIST_3_0_PTR_PTR;

#endif

#if CRYPTOKI_VERSION_MAJOR < 3 || (CRYPTOKI_VERSION_MAJOR == 3 && CRYPTOKI_VERSION_MINOR < 2)

typedef CK_ULONG CK_SESSION_VALIDATION_FLAGS_TYPE;

typedef struct sg_ck_async_data {
	CK_ULONG ulVersion;
	CK_BYTE *pValue;
	CK_ULONG ulValue;
	CK_OBJECT_HANDLE hObject;
	CK_OBJECT_HANDLE hAdditionalObject;
} CK_ASYNC_DATA;
typedef CK_ASYNC_DATA *CK_ASYNC_DATA_PTR;

SG_CK_DECLARE(C_EncapsulateKey, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                 CK_OBJECT_HANDLE public_key, CK_ATTRIBUTE *template_,
                                 CK_ULONG count, CK_BYTE *cipher, CK_ULONG *cipher_len,
                                 CK_OBJECT_HANDLE *key));
SG_CK_DECLARE(C_DecapsulateKey, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                 CK_OBJECT_HANDLE private_key, CK_ATTRIBUTE *template_,
                                 CK_ULONG count, CK_BYTE *cipher, CK_ULONG cipher_len,
                                 CK_OBJECT_HANDLE *key));
SG_CK_DECLARE(C_VerifySignatureInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                      CK_OBJECT_HANDLE key, CK_BYTE *signature,
                                      CK_ULONG signature_len));
SG_CK_DECLARE(C_VerifySignature, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len));
SG_CK_DECLARE(C_VerifySignatureUpdate, (CK_SESSION_HANDLE session, CK_BYTE *part,
                                        CK_ULONG part_len));
SG_CK_DECLARE(C_VerifySignatureFinal, (CK_SESSION_HANDLE session));
SG_CK_DECLARE(C_GetSessionValidationFlags, (CK_SESSION_HANDLE session,
                                            CK_SESSION_VALIDATION_FLAGS_TYPE type,
                                            CK_FLAGS *flags));
SG_CK_DECLARE(C_AsyncComplete, (CK_SESSION_HANDLE session, CK_UTF8CHAR *function,
                                CK_ASYNC_DATA *result));
SG_CK_DECLARE(C_AsyncGetID, (CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG *id));
SG_CK_DECLARE(C_AsyncJoin, (CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG id,
                            CK_BYTE *data, CK_ULONG data_len));
SG_CK_DECLARE(C_WrapKeyAuthenticated, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                       CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key,
                                       CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *wrapped,
                                       CK_ULONG *wrapped_len));
SG_CK_DECLARE(C_UnwrapKeyAuthenticated, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                         CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped,
                                         CK_ULONG wrapped_len, CK_ATTRIBUTE *template_,
                                         CK_ULONG count, CK_BYTE *aad, CK_ULONG aad_len,
                                         CK_OBJECT_HANDLE *key));

typedef struct sg_ck_function_list_3_2 {
	CK_VERSION version;
	SG_CK_FUNCTIONS_2_40(SG_CK_MEMBER)
	SG_CK_FUNCTIONS_3_0(SG_CK_MEMBER)
	SG_CK_FUNCTIONS_3_2(SG_CK_MEMBER)
} CK_FUNCTION_LIST_3_2;
typedef CK_FUNCTION_LIST_3_2 *CK_FUNCTION_LIST_3_2_PTR;
typedef CK_FUNCTION_LIST_3_2 **CK_FUNCTION_LIST_3_2_PTR_PTR;

#endif

#ifdef __cplusplus
}
#endif

#undef SG_CK_DECLARE
#undef SG_CK_MEMBER

#endif
