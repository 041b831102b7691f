/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Encryption and decryption [PKCS#11 3.1 §5.8, §5.10].
 */
#include "api/entry.h"

#include "api/call.h"

CK_RV C_EncryptInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return sg_call_begin(handle, SG_OP_ENCRYPT, mechanism, key);
}

CK_RV C_Encrypt(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG data_len,
                unsigned char *encrypted, CK_ULONG *encrypted_len)
{
	return sg_call_operation(handle, SG_OP_ENCRYPT, SG_OP_ONCE, sg_bytes(data, data_len),
	                         encrypted, encrypted_len, true);
}

CK_RV C_EncryptUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len,
                      unsigned char *encrypted, CK_ULONG *encrypted_len)
{
	return sg_call_operation(handle, SG_OP_ENCRYPT, SG_OP_UPDATE, sg_bytes(part, part_len),
	                         encrypted, encrypted_len, true);
}

CK_RV C_EncryptFinal(CK_SESSION_HANDLE handle, unsigned char *last, CK_ULONG *last_len)
{
	return sg_call_operation(handle, SG_OP_ENCRYPT, SG_OP_FINAL, sg_bytes(NULL, 0), last,
	                         last_len, true);
}

CK_RV C_DecryptInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return sg_call_begin(handle, SG_OP_DECRYPT, mechanism, key);
}

CK_RV C_Decrypt(CK_SESSION_HANDLE handle, unsigned char *encrypted, CK_ULONG encrypted_len,
                unsigned char *data, CK_ULONG *data_len)
{
	return sg_call_operation(handle, SG_OP_DECRYPT, SG_OP_ONCE,
	                         sg_bytes(encrypted, encrypted_len), data, data_len, true);
}

CK_RV C_DecryptUpdate(CK_SESSION_HANDLE handle, unsigned char *encrypted, CK_ULONG encrypted_len,
                      unsigned char *part, CK_ULONG *part_len)
{
	return sg_call_operation(handle, SG_OP_DECRYPT, SG_OP_UPDATE,
	                         sg_bytes(encrypted, encrypted_len), part, part_len, true);
}

CK_RV C_DecryptFinal(CK_SESSION_HANDLE handle, unsigned char *last, CK_ULONG *last_len)
{
	return sg_call_operation(handle, SG_OP_DECRYPT, SG_OP_FINAL, sg_bytes(NULL, 0), last,
	                         last_len, true);
}
