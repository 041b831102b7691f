/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. One stored object takes the place of another: a new row, and a change or the end of an
 * old one, in the same transaction. Which may do so is decided above, in core/root.c.
 */
#ifndef SG_CORE_TOKEN_SUCCEED_H
#define SG_CORE_TOKEN_SUCCEED_H

#include "core/token.h"

/* Store a new token object, whose material was closed (sg_token_close_material), and give old these
 * other attributes, which this takes over. old is the version that they were made from. After an
 * error but UNCOUNTED nothing is stored of either. Errors: NOT_FOUND where old isn't the newest
 * any more, those of sg_token_write_begin and sg_token_write_end. */
enum sg_err sg_token_succeed(struct sg_token *token, const struct sg_object *old,
                             struct sg_attrs *attrs, struct sg_object *made,
                             CK_OBJECT_HANDLE *handle);

/* Store a new token object, whose material was closed, and destroy old, whose key the hardware must
 * not keep. Errors: as above. */
enum sg_err sg_token_replace(struct sg_token *token, const struct sg_object *old,
                             struct sg_object *made, CK_OBJECT_HANDLE *handle);

#endif
