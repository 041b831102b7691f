/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What the verbs of decryption roots have in common: how a root comes into the token.
 */
#ifndef TOOLS_ROOT_H
#define TOOLS_ROOT_H

#include "tools/guard.h"
#include "tools/object.h"
#include "tools/recovery.h"
#include "util/secret.h"

/* What a root is to be. */
struct tool_root {
	struct sg_bytes label;
	struct sg_bytes id;
	struct sg_bytes name;           /* of the root that it is a version of */
	CK_ULONG version;
	bool one_of_several;            /* there are others, or were: worth saying */
	CK_BBOOL wrap, encrypt;
	bool closed;                    /* it only unwraps and decrypts, as an older version */
	CK_FLAGS leave;                 /* by which ways it may leave */
	CK_BBOOL inside;                /* in the HSM */
	const struct tool_guard *guard; /* what guards it beside the token; NULL: nothing */
};

/* Read --leave, a list of recovery, send and deliver, or `otherwise` where it is not given. */
enum tool_exit tool_root_leave(const struct tool *tool, CK_FLAGS otherwise, CK_FLAGS *leave);

/* Write the ways as --leave takes them, or "none". */
const char *tool_root_ways(CK_FLAGS leave);

/* Set name and version of a root that comes from elsewhere: a label "NAME-v2" is of the second
 * version of NAME, any other of the first of that name. */
void tool_root_version(struct tool_root *root);

/* Check that --label is no name that rotate would give a version of another root. */
enum tool_exit tool_root_check_name(const struct tool *tool);

/* Make the key of a root that is told how it can be had back: in the token, or of the session
 * alone, from where tool_root_keep takes it. */
CK_RV tool_root_generate(const struct tool *tool, const struct tool_root *root, bool token,
                         const char *recovery, CK_OBJECT_HANDLE *key);

/* Try whether such a root can come into the token, under its policy and its PIN: a key that is
 * thrown away is closed as it will be. Nothing is to be handed out before that. */
enum tool_exit tool_root_try(const struct tool *tool, const struct tool_root *root);

/* Make the key of a root for the session alone, and hand out what brings it back, once it was
 * tried that it can come into the token. After an error nothing of it is left. */
enum tool_exit tool_root_arrange(const struct tool *tool, const struct tool_root *root,
                                 struct tool_recovery *plan, CK_OBJECT_HANDLE *key);

/* Put a copy of a session key into the token as this root, sealed by itself. */
CK_RV tool_root_keep(const struct tool *tool, const struct tool_root *root, CK_OBJECT_HANDLE key,
                     const char *recovery, CK_OBJECT_HANDLE *kept);

/* Put a value of 32 bytes into the token as a root, sealed by itself. */
CK_RV tool_root_bring(const struct tool *tool, const struct tool_root *root,
                      const struct sg_secret *value, const char *recovery, CK_OBJECT_HANDLE *key);

/* The same, in the place of old, which goes: both or neither. */
CK_RV tool_root_replace(const struct tool *tool, const struct tool_root *root,
                        const struct sg_secret *value, const char *recovery, CK_OBJECT_HANDLE old,
                        CK_OBJECT_HANDLE *key);

/* Open the token for a root that --label names, and set its label, id and version: name and
 * version as tool_root_version does, of which there is none yet. The caller frees id, which it
 * refers to. */
enum tool_exit tool_root_open_new(struct tool *tool, struct tool_root *root, struct sg_buf *id);

/* Tell that the root came into the token, or that it did not: rv is what the call said. */
enum tool_exit tool_root_made(const struct tool *tool, CK_RV rv, CK_OBJECT_HANDLE key,
                              const struct tool_root *root, const struct tool_recovery *plan,
                              const char *made);

#endif
