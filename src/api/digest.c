/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Message digesting [PKCS#11 3.1 §5.12].
 */
#include "api/entry.h"

#include "api/call.h"
#include "core/token_objects.h"

CK_RV C_DigestInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism)
{
	return sg_call_begin(handle, SG_OP_DIGEST, mechanism, CK_INVALID_HANDLE);
}

CK_RV C_Digest(CK_SESSION_HANDLE handle, unsigned char *data, CK_ULONG data_len,
               unsigned char *digest, CK_ULONG *digest_len)
{
	return sg_call_operation(handle, SG_OP_DIGEST, SG_OP_ONCE, sg_bytes(data, data_len), digest,
	                         digest_len, true);
}

CK_RV C_DigestUpdate(CK_SESSION_HANDLE handle, unsigned char *part, CK_ULONG part_len)
{
	return sg_call_operation(handle, SG_OP_DIGEST, SG_OP_UPDATE, sg_bytes(part, part_len), NULL,
	                         NULL, false);
}

CK_RV C_DigestFinal(CK_SESSION_HANDLE handle, unsigned char *digest, CK_ULONG *digest_len)
{
	return sg_call_operation(handle, SG_OP_DIGEST, SG_OP_FINAL, sg_bytes(NULL, 0), digest,
	                         digest_len, true);
}

/* A digest over a key would give out something of the key. */
CK_RV C_DigestKey(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE key)
{
	struct sg_call call;
	struct sg_object *object = NULL;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (call.session->op[SG_OP_DIGEST].mech == NULL)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else if (sg_token_object(call.session->token, key, &object) != SG_OK)
		rv = CKR_KEY_HANDLE_INVALID;
	else
		rv = CKR_KEY_INDIGESTIBLE;
	sg_object_unref(&object);
	sg_op_end(&call.session->op[SG_OP_DIGEST]);
	return sg_call_end(&call, rv);
}
