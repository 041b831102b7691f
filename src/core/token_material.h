/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The material of token objects: closed when the object is made, opened when
 * it is first used. The hardware is asked only for keys that are sealed on their own.
 */
#ifndef SG_CORE_TOKEN_MATERIAL_H
#define SG_CORE_TOKEN_MATERIAL_H

#include "core/token.h"

/* Within this ring: the hardware that guards a token, as its authenticated record names it. */
struct sg_token_guard {
	struct sg_sealer *sealer;               /* the token's */
	struct sg_buf parent;
};

/* Find it; the caller holds `opening`, and frees the parent also after an error. Errors:
 * CLOSED where the record was not authenticated yet, the sealer's. */
enum sg_err sg_token_guard(struct sg_token *token, struct sg_token_guard *guard);

/* Close the material of a new token object that nobody else knows yet. Errors:
 * CLOSED where the object's half is closed, the sealer's. */
enum sg_err sg_token_close_material(struct sg_token *token, struct sg_object *object);

/* Get the material of an object; it is opened at the first use, by the hardware
 * where it is sealed on its own, and lives as long as the caller's reference to
 * the object. NULL for an object that has none, or whose key lives in the hardware.
 * Errors: STORE_DAMAGED, KEY_PIN where the key has a PIN of its own and was not opened with it
 * yet, POLICY where its own policy is not met, the sealer's. */
enum sg_err sg_token_material(struct sg_token *token, struct sg_object *object,
                              const struct sg_secret **out);

/* Let the hardware check the PIN of a key's own, and open the key with it unless it was opened
 * before; it stays so. Errors: ARG for a key without one, AUTH, LOCKED, CLOSED where such keys
 * were closed meanwhile, those of sg_token_material. */
enum sg_err sg_token_material_pin(struct sg_token *token, struct sg_object *object,
                                  struct sg_bytes pin, const struct sg_secret **out);

/* Close the keys of a token that were opened with PINs of their own, so that they ask for them
 * again; operations in progress go on. The caller holds the lock for writing. */
void sg_token_material_end_pins(struct sg_token *token);

/* Get the hardware's blob of a key that lives in it, in the same way. Errors: STORE_DAMAGED,
 * ARG for any other object. */
enum sg_err sg_token_blob(struct sg_token *token, struct sg_object *object,
                          const struct sg_secret **out);

#endif
