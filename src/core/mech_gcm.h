/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What the files of CKM_AES_GCM share; the row is in core/mech_aes.c.
 */
#ifndef SG_CORE_MECH_GCM_H
#define SG_CORE_MECH_GCM_H

#include "core/mech.h"
#include "crypto/keywrap.h"

#define SG_GCM_AAD_MAX ((CK_ULONG)16 << 20)
#define SG_GCM_WRAP_MAX ((size_t)SG_KEYWRAP_MAX)        /* bytes of key, as of AES key wrap */

/* Tell whether a tag may have so many bits. */
bool sg_gcm_tag_bits(CK_ULONG bits);

/* Messages: the mechanism's own parameter, and what is done in them. */
CK_RV sg_gcm_message_param(const CK_MECHANISM *mechanism, struct sg_op *op);
extern const struct sg_op_fns sg_gcm_message_encrypt, sg_gcm_message_decrypt;
extern const struct sg_wrap_fns sg_gcm_message_wrap;

#endif
