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
 * Errors: STORE_DAMAGED, the sealer's. */
enum sg_err sg_token_material(struct sg_token *token, struct sg_object *object,
                              const struct sg_secret **out);

/* Get the hardware's blob of a key that lives in it, in the same way. Errors: STORE_DAMAGED,
 * ARG for any other object. */
enum sg_err sg_token_blob(struct sg_token *token, struct sg_object *object,
                          const struct sg_secret **out);

#endif
