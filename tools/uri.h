/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. pkcs11: URIs [RFC 7512], read and written by p11-kit. A PIN in a URI is
 * refused: it would be an argument.
 */
#ifndef TOOLS_URI_H
#define TOOLS_URI_H

#include "tools/tool.h"

/* Tell whether a name is a URI: whether it begins with "pkcs11:". */
bool tool_uri_is(const char *name);

/* Tell whether a URI names this token. */
bool tool_uri_is_token(const char *uri, const CK_TOKEN_INFO *info);

/* Return the URI among --label, --root and --tls-key that names a token, or NULL. */
const char *tool_uri_naming_token(const struct tool *tool);

/* Check that a URI can be read and holds no PIN; what is wrong is told. */
enum tool_exit tool_uri_check(const char *uri);

/* Read label and id out of a URI; either stays empty where it is not named. */
enum tool_exit tool_uri_read(const char *uri, struct sg_buf *label, struct sg_buf *id);

/* Make the URI of an object; the caller frees it. NULL: no memory. */
char *tool_uri_make(const CK_TOKEN_INFO *token, CK_OBJECT_CLASS class, struct sg_bytes label,
                    struct sg_bytes id);

/* Make the URI of a private key that also says where its token's PIN is, unless pin_source is
 * NULL; the caller frees it. NULL: no memory. */
char *tool_uri_private(const CK_TOKEN_INFO *token, struct sg_bytes label, struct sg_bytes id,
                       const char *pin_source);

/* Copy a URI without a PIN that stands in it; *pin tells whether one does. The caller frees *out.
 * Errors: FORMAT, NOMEM. */
enum sg_err tool_uri_without_pin(struct sg_bytes uri, char **out, bool *pin);

#endif
