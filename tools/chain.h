/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The chain of keys from a root: the first file of --through holds a key that some
 * version of the root has wrapped, each other one a key that the one before has. All of them stay
 * in the session and die with it.
 */
#ifndef TOOLS_CHAIN_H
#define TOOLS_CHAIN_H

#include "tools/versions.h"

/* What the last key of the chain is for. */
enum tool_chain_use {
	TOOL_CHAIN_WRAP,        /* to wrap and unwrap keys */
	TOOL_CHAIN_ENCRYPT,     /* to encrypt and decrypt files: AES-256 */
};

/* Keys of which one is meant: with --through the last of the chain, else the versions of the
 * root, the newest first. */
struct tool_keys {
	struct tool_versions root;      /* free it with tool_versions_free */
	CK_OBJECT_HANDLE last;          /* of the chain; 0: it is the root */
};

/* Go from --root through the files of --through; the token is open. The caller frees keys->root,
 * also after an error. */
enum tool_exit tool_chain(struct tool *tool, enum tool_chain_use use, struct tool_keys *keys);

/* Return one of them, or 0 where there are no more. */
CK_OBJECT_HANDLE tool_chain_key(const struct tool_keys *keys, size_t i);

/* Find the one of them that makes something new. */
enum tool_exit tool_chain_maker(const struct tool *tool, const struct tool_keys *keys,
                                CK_OBJECT_HANDLE *key);

/* Tell whether a return value says that another key made what is to be opened. */
bool tool_chain_not_mine(CK_RV rv);

/* Tell whether an older version may still open it: this one did not make it, or does not open now,
 * which *closed keeps from the first on. Where none opens it, that is the answer. */
bool tool_chain_goes_on(CK_RV rv, CK_RV *closed);

/* How an unwrapped key is to be. */
struct tool_unwrapped {
	struct sg_bytes label;          /* empty: a session object */
	struct sg_bytes id;
	CK_BBOOL wrap, encrypt, extractable;
	CK_ULONG len;                   /* that it must have, 0: any of AES */
};

/* Unwrap by RFC 5649 with the key that wrapped it. */
CK_RV tool_unwrap(const struct tool *tool, const struct tool_keys *keys, struct sg_bytes wrapped,
                  const struct tool_unwrapped *as, CK_OBJECT_HANDLE *key);

/* Read a wrapped key, raw or in base64; "-" is standard input. */
enum tool_exit tool_wrapped_read(const char *path, struct sg_buf *wrapped);

#endif
