/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Stores that are no token's any more: set aside when the token moved to another
 * sealer, or left by a move that was broken off. Each is a whole store of its own, with what it
 * has in the hardware that sealed it.
 */
#ifndef SG_CORE_TOKEN_ASIDE_H
#define SG_CORE_TOKEN_ASIDE_H

#include "core/token_remove.h"

/* Read the record of the store of such a file; nothing of it is authenticated. The caller clears
 * it, also after an error. Errors: the store's. */
enum sg_err sg_token_aside_record(const char *path, struct sg_token_record *record);

/* Call fn for each store that was set aside, or left by a move that was broken off, and whose
 * record names that token, until it returns other than SG_OK, which is then returned; and for each
 * that can't be read, with the reason in `read`: it may be any token's that was in its slot.
 * Errors: those of sg_store_rest_each. */
typedef enum sg_err (*sg_token_aside_fn)(const char *path, CK_SLOT_ID slot, enum sg_err read,
                                         void *arg);
enum sg_err sg_token_aside_each(const struct sg_config *config, const uint8_t uuid[SG_UUID],
                                sg_token_aside_fn fn, void *arg);

/* Remove such a store, damaged or not, and then what its record names in the hardware that the
 * configuration names, but nothing that the token needs as it is now. owner_auth may be NULL.
 * The caller gives *left to sg_token_left_clear. Errors: those of sg_token_remove. */
enum sg_err sg_token_aside_remove(const struct sg_config *config, CK_SLOT_ID slot,
                                  const char *path, const struct sg_secret *owner_auth,
                                  struct sg_token_left *left);

#endif
