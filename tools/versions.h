/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The versions of a decryption root: which keys of the token they are, and which is the
 * newest. Only it makes something new; each opens what it made. Roots from before there were
 * versions have a label alone, and are their own first one.
 */
#ifndef TOOLS_VERSIONS_H
#define TOOLS_VERSIONS_H

#include "tools/object.h"

/* One version. */
struct tool_version {
	CK_OBJECT_HANDLE key;
	CK_ULONG number;
	bool makes;                     /* it may wrap or encrypt */
	struct tool_object object;
	struct sg_buf recovery;         /* CKA_SIGNET_RECOVERY, or empty */
};

/* A root; free it with tool_versions_free. */
struct tool_versions {
	struct sg_buf name;
	struct tool_version *version;   /* the newest first */
	size_t n;
};

/* Find the root of that name, or the one that the object of a label or a pkcs11: URI is a version
 * of. A secret key that is no root counts as one with a single version. Errors: NOT_FOUND. */
enum tool_exit tool_versions_find(struct tool *tool, const char *name, struct tool_versions *out);
void tool_versions_free(struct tool_versions *root);

/* Make sure that one version is the newest, which two may claim that came from different places. */
enum tool_exit tool_versions_newest(const struct tool_versions *root);

/* Choose the version that --version names, or else the newest, as an index into root. */
enum tool_exit tool_version_choose(const struct tool *tool, const struct tool_versions *root,
                                   size_t *which);

/* Make sure that older versions make nothing new: a rotation that was killed, or a newer version
 * that came from another machine, left them open. The session is for writing. */
enum tool_exit tool_versions_close_old(const struct tool *tool, const struct tool_versions *root);

/* What list says of a root; free the buffers. */
struct tool_version_place {
	struct sg_buf name;
	CK_ULONG number;                /* 0: it is none that is taken for a version */
	bool newest;
	struct sg_buf recovery;
};

/* Tell which version of which root an object is. */
enum tool_exit tool_version_place(struct tool *tool, const struct tool_object *object,
                               struct tool_version_place *out);

/* Tell of an object which version of which root it is: 0 where of none. name is set where there
 * is an attribute that says it, and else empty. */
CK_ULONG tool_version_of(const struct tool *tool, CK_OBJECT_HANDLE key, struct sg_buf *name);

/* Tell whether an object is a root: a secret key that is sealed by itself, or an AES key that
 * lives in an HSM. */
bool tool_version_is_root(const struct tool_object *object);

/* Refuse a key of a PIN token that who has no PIN can have made. */
enum tool_exit tool_version_check_maker(const struct tool *tool, CK_OBJECT_HANDLE key,
                                        const char *name);

/* Tell whether it is one that only who may use the token's private objects can have made: on a PIN
 * token everybody makes public ones. */
bool tool_version_trusted(const struct tool *tool, const struct tool_object *object);

#endif
