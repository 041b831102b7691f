/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. X25519 keys that people keep offline, for shares and for recovery: what the options
 * that name them say.
 */
#ifndef TOOLS_OFFLINE_KEY_H
#define TOOLS_OFFLINE_KEY_H

#include "core/recovery.h"
#include "tools/exit.h"

/* A public half, in both forms. */
struct tool_key {
	uint8_t bytes[SG_X25519_LEN];
	char text[SG_RECOVERY_PUBLIC + 1];
};

/* Take the public half that an option gives, "signet1..." itself or a file with it. */
enum tool_exit tool_key_public(const char *option, const char *given, struct tool_key *out);

/* Make the text of the public half of a key that is kept. */
enum tool_exit tool_key_of(const struct sg_secret *key, struct tool_key *out);

/* Read the private half from a private file, - or fd:N; the caller frees *key. */
enum tool_exit tool_key_private(const char *path, struct sg_secret **key);

#endif
