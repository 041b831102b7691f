/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Keys of a token that live in its hardware (CKA_SIGNET_RESIDENT): made and used
 * by the token's sealer, one call at a time, while other sessions go on. Their material
 * is the hardware's blob, which opens nothing outside it.
 */
#ifndef SG_CORE_TOKEN_RESIDENT_H
#define SG_CORE_TOKEN_RESIDENT_H

#include "core/token_material.h"
#include "seal/resident.h"

/* Return what the hardware of a token does with keys that live in it, or of the configured
 * sealer where there is no token yet; NULL: nothing. Asks nobody. */
const struct sg_resident_ops *sg_token_resident(struct sg_token *token);

/* Return what a key of this kind would be for (SG_RESIDENT_SIGN ...), as CKA_SIGN and the others
 * say; 0: nothing. */
unsigned sg_token_resident_uses(enum sg_resident_kind kind, const struct sg_attrs *attrs);

/* Tell whether such a key takes so many bytes more than it has got; where not, that is logged. */
bool sg_token_resident_takes(size_t has, size_t more);

/* Make a key for an object with these attributes, for the uses that they say, and of that uuid; the
 * caller frees *blob. A pair's point goes to point. Errors: those of sg_token_open, the hardware's,
 * HW_UNSUPPORTED where it keeps no keys. */
enum sg_err sg_token_resident_create(struct sg_token *token, enum sg_resident_kind kind,
                                     const struct sg_attrs *attrs, const uint8_t uuid[SG_UUID],
                                     struct sg_secret **blob, uint8_t point[SG_RESIDENT_POINT]);

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
enum sg_err sg_token_resident_eddsa(struct sg_token *token, struct sg_object *object,
                                    struct sg_bytes message,
                                    uint8_t signature[SG_RESIDENT_SIGNATURE]);
enum sg_err sg_token_resident_encrypt(struct sg_token *token, struct sg_object *object,
                                      const struct sg_resident_gcm *gcm, struct sg_bytes plain,
                                      uint8_t *out);
enum sg_err sg_token_resident_decrypt(struct sg_token *token, struct sg_object *object,
                                      const struct sg_resident_gcm *gcm, struct sg_bytes in,
                                      uint8_t *out);
enum sg_err sg_token_resident_wrap(struct sg_token *token, struct sg_object *object,
                                   struct sg_bytes plain, uint8_t *out);
enum sg_err sg_token_resident_unwrap(struct sg_token *token, struct sg_object *object,
                                     struct sg_bytes wrapped, struct sg_secret **plain);

/* A key that is about to be destroyed where the hardware keeps it. */
struct sg_token_doomed {
	struct sg_token_guard guard;
	struct sg_bytes blob;           /* borrowed from the object */
};

/* Find it; the caller gives *doomed to sg_token_resident_spare, also after an error. Nothing is
 * doomed of an object whose key is nowhere but in its row. */
enum sg_err sg_token_resident_doom(struct sg_token *token, struct sg_object *object,
                                   struct sg_token_doomed *doomed);

/* Destroy it, if there is something; takes no lock of the token, so that the store may be locked.
 * One that is gone is fine. Errors: the hardware's. */
enum sg_err sg_token_resident_destroy(const struct sg_token_doomed *doomed);

void sg_token_resident_spare(struct sg_token_doomed *doomed);

/* Destroy a key that was made and of which no object came; as well as that can be done. */
void sg_token_resident_undo(struct sg_token *token, const struct sg_secret *blob);

#endif
