/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Key management and random numbers [PKCS#11 3.2 §5.18, §5.19].
 */
#include "api/entry.h"

#include "api/call.h"
#include "core/key_ops.h"
#include "core/op_message.h"
#include "crypto/random.h"

CK_RV C_GenerateKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template,
                    CK_ULONG count, CK_OBJECT_HANDLE *key)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = mechanism == NULL || key == NULL
	             ? CKR_ARGUMENTS_BAD
	             : sg_key_generate(call.session, mechanism, template, count, key);
	return sg_call_end(&call, rv);
}

CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                        CK_ATTRIBUTE *public_template, CK_ULONG public_count,
                        CK_ATTRIBUTE *private_template, CK_ULONG private_count,
                        CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (mechanism == NULL || public_key == NULL || private_key == NULL)
		rv = CKR_ARGUMENTS_BAD;
	else
		rv = sg_key_generate_pair(call.session, mechanism, public_template, public_count,
		                          private_template, private_count, public_key, private_key);
	return sg_call_end(&call, rv);
}

CK_RV C_WrapKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping_key,
                CK_OBJECT_HANDLE key, unsigned char *wrapped, CK_ULONG *wrapped_len)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = mechanism == NULL || wrapped_len == NULL
	             ? CKR_ARGUMENTS_BAD
	             : sg_key_wrap(call.session, mechanism, NULL, wrapping_key, key, wrapped,
	                           wrapped_len);
	return sg_call_end(&call, rv);
}

CK_RV C_UnwrapKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                  CK_OBJECT_HANDLE unwrapping_key, unsigned char *wrapped, CK_ULONG wrapped_len,
                  CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *key)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (mechanism == NULL || wrapped == NULL || key == NULL)
		rv = CKR_ARGUMENTS_BAD;
	else
		rv = sg_key_unwrap(call.session, mechanism, NULL, unwrapping_key,
		                   sg_bytes(wrapped, wrapped_len), template, count, key);
	return sg_call_end(&call, rv);
}

CK_RV C_WrapKeyAuthenticated(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                             CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key,
                             unsigned char *aad, CK_ULONG aad_len, unsigned char *wrapped,
                             CK_ULONG *wrapped_len)
{
	struct sg_message message;
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (mechanism == NULL || (aad == NULL && aad_len > 0) || wrapped_len == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	message = (struct sg_message){ mechanism->pParameter, mechanism->ulParameterLen,
	                               sg_bytes(aad, aad_len) };
	return sg_call_end(&call, sg_key_wrap(call.session, mechanism, &message, wrapping_key, key,
	                                      wrapped, wrapped_len));
}

CK_RV C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                               CK_OBJECT_HANDLE unwrapping_key, unsigned char *wrapped,
                               CK_ULONG wrapped_len, CK_ATTRIBUTE *template, CK_ULONG count,
                               unsigned char *aad, CK_ULONG aad_len, CK_OBJECT_HANDLE *key)
{
	struct sg_message message;
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (mechanism == NULL || wrapped == NULL || (aad == NULL && aad_len > 0) || key == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	message = (struct sg_message){ mechanism->pParameter, mechanism->ulParameterLen,
	                               sg_bytes(aad, aad_len) };
	return sg_call_end(&call, sg_key_unwrap(call.session, mechanism, &message, unwrapping_key,
	                                        sg_bytes(wrapped, wrapped_len), template, count,
	                                        key));
}

CK_RV C_DeriveKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base_key,
                  CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *key)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	rv = mechanism == NULL || key == NULL
	             ? CKR_ARGUMENTS_BAD
	             : sg_key_derive(call.session, mechanism, base_key, template, count, key);
	return sg_call_end(&call, rv);
}

/* The kernel needs no seed. */
CK_RV C_SeedRandom(CK_SESSION_HANDLE handle, unsigned char *seed, CK_ULONG seed_len)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	return sg_call_end(&call, seed == NULL && seed_len > 0 ? CKR_ARGUMENTS_BAD
	                                                       : CKR_RANDOM_SEED_NOT_SUPPORTED);
}

CK_RV C_GenerateRandom(CK_SESSION_HANDLE handle, unsigned char *random, CK_ULONG random_len)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (random == NULL && random_len > 0)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	sg_random(random, random_len);
	return sg_call_end(&call, CKR_OK);
}
