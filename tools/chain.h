/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The chain of keys from a root: each file of --through holds a key that
 * the one before has wrapped. All of them stay in the session and die with it.
 */
#ifndef TOOLS_CHAIN_H
#define TOOLS_CHAIN_H

#include "tools/tool.h"

/* What the last key of the chain is for. */
enum tool_chain_use {
	TOOL_CHAIN_WRAP,        /* to wrap and unwrap keys */
	TOOL_CHAIN_ENCRYPT,     /* to encrypt and decrypt files: AES-256 */
};

/* Go from --root through the files of --through; the token is open. */
enum tool_exit tool_chain(struct tool *tool, enum tool_chain_use use, CK_OBJECT_HANDLE *key);

/* How an unwrapped key is to be. */
struct tool_unwrapped {
	struct sg_bytes label;          /* empty: a session object */
	struct sg_bytes id;
	CK_BBOOL wrap, encrypt, extractable;
	CK_ULONG len;                   /* that it must have, 0: any of AES */
};

/* Unwrap by RFC 5649 with a key. */
CK_RV tool_unwrap(const struct tool *tool, CK_OBJECT_HANDLE with, struct sg_bytes wrapped,
                  const struct tool_unwrapped *as, CK_OBJECT_HANDLE *key);

/* Read a wrapped key, raw or in base64; "-" is standard input. */
enum tool_exit tool_wrapped_read(const char *path, struct sg_buf *wrapped);

#endif
