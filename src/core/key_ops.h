/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What the key functions of the API do, once the session is locked and the
 * arguments are not NULL [PKCS#11 3.1 §5.18].
 */
#ifndef SG_CORE_KEY_OPS_H
#define SG_CORE_KEY_OPS_H

#include "core/session.h"

/* C_GenerateKey. */
CK_RV sg_key_generate(struct sg_session *session, const CK_MECHANISM *mechanism,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *handle);

/* C_GenerateKeyPair: both objects are stored in one transaction. */
CK_RV sg_key_generate_pair(struct sg_session *session, const CK_MECHANISM *mechanism,
                           const CK_ATTRIBUTE *public_template, CK_ULONG public_n,
                           const CK_ATTRIBUTE *private_template, CK_ULONG private_n,
                           CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle);

/* C_WrapKey, or with a message C_WrapKeyAuthenticated. out may be NULL to ask for the size.
 * Errors: WRAPPING_KEY_HANDLE_INVALID, KEY_UNEXTRACTABLE, KEY_NOT_WRAPPABLE, KEY_SIZE_RANGE,
 * BUFFER_TOO_SMALL. */
CK_RV sg_key_wrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                  const struct sg_message *message, CK_OBJECT_HANDLE wrapping,
                  CK_OBJECT_HANDLE key, uint8_t *out, CK_ULONG *out_len);

/* C_UnwrapKey, or with a message C_UnwrapKeyAuthenticated, into a session or token object.
 * Errors: UNWRAPPING_KEY_HANDLE_INVALID, WRAPPED_KEY_INVALID, WRAPPED_KEY_LEN_RANGE, those
 * of templates. */
CK_RV sg_key_unwrap(struct sg_session *session, const CK_MECHANISM *mechanism,
                    const struct sg_message *message, CK_OBJECT_HANDLE unwrapping,
                    struct sg_bytes wrapped, const CK_ATTRIBUTE *template, CK_ULONG n,
                    CK_OBJECT_HANDLE *handle);

/* C_DeriveKey, into a session or token object. Errors: KEY_HANDLE_INVALID,
 * KEY_TYPE_INCONSISTENT, KEY_FUNCTION_NOT_PERMITTED, KEY_SIZE_RANGE, those of templates. */
CK_RV sg_key_derive(struct sg_session *session, const CK_MECHANISM *mechanism,
                    CK_OBJECT_HANDLE base, const CK_ATTRIBUTE *template, CK_ULONG n,
                    CK_OBJECT_HANDLE *handle);

#endif
