/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The file in which a vault's clients keep who they are: identity.json. Of a private key
 * that it may name only a URI is taken, of a file that holds one instead of a key.
 */
#ifndef TOOLS_IDENTITY_H
#define TOOLS_IDENTITY_H

#include "tools/url.h"

/* An identity. All zero is none; free it with tool_identity_free. */
struct tool_identity {
	char *id;
	char *address;                  /* of the vault, without a "/" at its end; or NULL */
	char *key;                      /* the URI of its key, or NULL */
	unsigned flags;                 /* SG_REQUEST_AS_TUNNEL, or none */
};

/* Read the file: an object that has machineId, agentId or tunnelId, and mostly apiUrl or
 * tunnelUrl. */
enum tool_exit tool_identity_read(const char *path, struct tool_identity *out);
void tool_identity_free(struct tool_identity *identity);

/* Make the whole address of what is asked for: of a path alone that of the vault is put before it,
 * any other must be one of that vault's, since who gets a signed request could send it there.
 * The caller frees *url. */
enum tool_exit tool_identity_url(const struct tool_identity *identity, const char *given,
                                 const char *option, char **url);

#endif
