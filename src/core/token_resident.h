/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Keys of a token that live in its hardware (CKA_SIGNET_RESIDENT): made and used
 * by the token's sealer, one call at a time, while other sessions go on. Their material
 * is the hardware's blob, which opens nothing outside it.
 */
#ifndef SG_CORE_TOKEN_RESIDENT_H
#define SG_CORE_TOKEN_RESIDENT_H

#include "core/token.h"
#include "seal/resident.h"

/* Return what the hardware of a token does with keys that live in it, or of the configured
 * sealer where there is no token yet; NULL: nothing. Asks nobody. */
const struct sg_resident_ops *sg_token_resident(struct sg_token *token);

/* Make a key for an object with these attributes, whose CKA_SIGN, CKA_VERIFY and
 * CKA_DERIVE say what it is for; the caller frees *blob. A P-256 key's point goes to point.
 * Errors: those of sg_token_open and of the hardware, HW_UNSUPPORTED where it keeps no keys. */
enum sg_err sg_token_resident_create(struct sg_token *token, enum sg_resident_kind kind,
                                     const struct sg_attrs *attrs, struct sg_secret **blob,
                                     uint8_t point[SG_RESIDENT_POINT]);

/* Use an object's key; the parameters are those of struct sg_resident_ops. Errors: CLOSED,
 * STORE_DAMAGED where the object's key is no such key, those of the hardware. */
enum sg_err sg_token_resident_sign(struct sg_token *token, struct sg_object *object,
                                   const uint8_t digest[SG_RESIDENT_DIGEST],
                                   uint8_t signature[SG_RESIDENT_SIGNATURE]);
enum sg_err sg_token_resident_ecdh(struct sg_token *token, struct sg_object *object,
                                   const uint8_t point[SG_RESIDENT_POINT],
                                   struct sg_secret **shared);
enum sg_err sg_token_resident_hmac(struct sg_token *token, struct sg_object *object,
                                   struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC]);

#endif
