/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The objects that every token has and nobody made: one a profile that signet meets
 * [PKCS#11 3.1 §4.13], and one a mechanism [§4.12]. They are public, read-only and nowhere
 * stored, and a search finds them only if it asks for their class, so that whoever lists
 * all objects is not shown what he never put there.
 */
#ifndef SG_CORE_BUILTIN_H
#define SG_CORE_BUILTIN_H

#include "core/object.h"

struct sg_token;

/* Tell whether a checked search template asks for a class of built-in objects. */
bool sg_builtin_asked(const CK_ATTRIBUTE *template, CK_ULONG n);

/* Gather the handles of those that match, ascending; the caller frees *handles. A mechanism
 * that the token's hardware lacks has no object; token may be NULL. Errors: NOMEM. */
enum sg_err sg_builtin_find(struct sg_token *token, const CK_ATTRIBUTE *template, CK_ULONG n,
                            CK_OBJECT_HANDLE **handles, size_t *count);

/* Make the object that a handle below SG_HANDLE_FIRST names; the caller has the only
 * reference. Errors: NOT_FOUND, NOMEM. */
enum sg_err sg_builtin_object(struct sg_token *token, CK_OBJECT_HANDLE handle,
                              struct sg_object **out);

#endif
