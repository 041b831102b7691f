/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The kinds of key pair that it makes and signs with.
 */
#ifndef TOOLS_KIND_H
#define TOOLS_KIND_H

#include "tools/tool.h"

struct tool_kind {
	const char *name;               /* of --type */
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate, sign;
	struct sg_bytes params;         /* CKA_EC_PARAMS */
	const char *made;               /* "Made the ... key pair" */
	bool der;                       /* signatures are shown in DER, as openssl reads them */
};

/* Find the kind that --type names; Ed25519 where it is not given. */
enum tool_exit tool_kind_named(const struct tool *tool, const struct tool_kind **kind);

/* Find the kind of a key that is there, to sign or verify with it. */
enum tool_exit tool_kind_of(const struct tool *tool, CK_OBJECT_HANDLE key,
                            const struct tool_kind **kind);

#endif
