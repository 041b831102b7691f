/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Versions of roots.
 */
#include "tools/versions.h"

#include <errno.h>
#include <stdlib.h>

#include "core/root.h"
#include "tools/fail.h"
#include "tools/token.h"
#include "tools/uri.h"
#include "util/array.h"

bool tool_version_is_root(const struct tool_object *object)
{
	return object->class == CKO_SECRET_KEY &&
	       (object->sealed || (object->resident && object->key_type == CKK_AES));
}

CK_ULONG tool_version_of(const struct tool *tool, CK_OBJECT_HANDLE key, struct sg_buf *name)
{
	CK_ULONG number = tool_attribute_ulong(tool, key, CKA_SIGNET_VERSION);

	if (tool_attribute(tool, key, CKA_SIGNET_ROOT, name) != CKR_OK)
		name->len = 0;
	return name->len > 0 && number != CK_UNAVAILABLE_INFORMATION ? number : 0;
}

bool tool_version_trusted(const struct tool *tool, const struct tool_object *object)
{
	return tool_version_is_root(object) &&
	       (object->secluded || (tool->token.flags & CKF_LOGIN_REQUIRED) == 0);
}

static void version_free(struct tool_version *version)
{
	tool_object_free(&version->object);
	sg_buf_free(&version->recovery);
}

void tool_versions_free(struct tool_versions *root)
{
	for (size_t i = 0; i < root->n; i++)
		version_free(&root->version[i]);
	free(root->version);
	sg_buf_free(&root->name);
	*root = (struct tool_versions){ { NULL, 0, 0 }, NULL, 0 };
}

static enum tool_exit read_version(const struct tool *tool, CK_OBJECT_HANDLE key,
                                   struct tool_version *out)
{
	struct sg_buf name = { NULL, 0, 0 };
	enum tool_exit code = tool_object_read(tool, key, &out->object);

	out->key = key;
	out->number = tool_version_of(tool, key, &name);
	out->makes = tool_attribute_bool(tool, key, CKA_WRAP) ||
	             tool_attribute_bool(tool, key, CKA_ENCRYPT);
	if (tool_attribute(tool, key, CKA_SIGNET_RECOVERY, &out->recovery) != CKR_OK)
		out->recovery.len = 0;
	sg_buf_free(&name);
	return code;
}

/* Append a version. */
static enum tool_exit append(struct tool_versions *root, size_t *cap,
                             struct tool_version *version)
{
	struct tool_version *grown;

	grown = sg_array_grow(root->version, root->n, cap, sizeof *grown);
	if (grown == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't list the versions of a root");
	root->version = grown;
	root->version[root->n++] = *version;
	*version = (struct tool_version){ 0 };
	return TOOL_OK;
}

/* Append what a template matches: versions that say so, or with the label alone the ones from
 * before there were versions. */
static enum tool_exit gather(struct tool *tool, CK_ATTRIBUTE_TYPE by,
                             struct tool_versions *root)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ by, root->name.data, root->name.len },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0, cap = root->n;
	enum tool_exit code = tool_find_matching(tool, template, 3, &handles, &count);

	for (size_t i = 0; i < count && code == TOOL_OK; i++) {
		struct tool_version version = { 0 };

		code = read_version(tool, handles[i], &version);
		if (code == TOOL_OK && tool_version_trusted(tool, &version.object) &&
		    (by == CKA_SIGNET_ROOT) == (version.number > 0)) {
			version.number += by == CKA_LABEL;
			code = append(root, &cap, &version);
		}
		version_free(&version);
	}
	free(handles);
	return code;
}

enum tool_exit tool_version_check_maker(const struct tool *tool, CK_OBJECT_HANDLE key,
                                        const char *name)
{
	if ((tool->token.flags & CKF_LOGIN_REQUIRED) == 0 ||
	    tool_attribute_bool(tool, key, CKA_PRIVATE))
		return TOOL_OK;
	return tool_fail(TOOL_NOT_FOUND, "signet list --login shows it; signet delete removes it.",
	                 "\"%s\" is a public key object, which anybody can have put there without "
	                 "the PIN: it is not taken for a root of this token", name);
}

/* Begin with a key that was found in another way. */
static enum tool_exit begin_with(struct tool *tool, CK_OBJECT_HANDLE key,
                                 struct tool_versions *root)
{
	struct tool_version version = { 0 };
	struct sg_buf name = { NULL, 0, 0 };
	enum tool_exit code = read_version(tool, key, &version);
	size_t cap = 0;

	(void)tool_version_of(tool, key, &name);
	if (code == TOOL_OK &&
	    sg_buf_set(&root->name, version.number > 0 ? sg_buf_bytes(&name)
	                                               : sg_buf_bytes(&version.object.label)) !=
	            SG_OK)
		code = tool_fail_err(SG_ERR_NOMEM, "can't find the root");
	if (code == TOOL_OK && version.number == 0) {
		version.number = 1;
		code = append(root, &cap, &version);
	}
	version_free(&version);
	sg_buf_free(&name);
	return code;
}

static int newest_first(const void *a, const void *b)
{
	const struct tool_version *x = a, *y = b;

	return x->number < y->number ? 1 : x->number > y->number ? -1 : 0;
}

enum tool_exit tool_versions_find(struct tool *tool, const char *name, struct tool_versions *out)
{
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code = TOOL_OK;

	*out = (struct tool_versions){ { NULL, 0, 0 }, NULL, 0 };
	if (!tool_uri_is(name) && name[0] != '\0') {
		if (sg_buf_set(&out->name, sg_bytes_str(name)) != SG_OK)
			code = tool_fail_err(SG_ERR_NOMEM, "can't find the root");
		if (code == TOOL_OK)
			code = gather(tool, CKA_SIGNET_ROOT, out);
		if (code == TOOL_OK)
			code = gather(tool, CKA_LABEL, out);
	}
	if (code == TOOL_OK && out->n == 0) {
		code = tool_find_one(tool, CKO_SECRET_KEY, name, &key);
		if (code == TOOL_OK)
			code = tool_version_check_maker(tool, key, name);
		if (code == TOOL_OK)
			code = begin_with(tool, key, out);
		if (code == TOOL_OK && out->name.len > 0)
			code = gather(tool, CKA_SIGNET_ROOT, out);
	}
	if (code == TOOL_OK && out->n == 0)
		code = tool_fail(TOOL_NOT_FOUND, "signet root list shows the roots.",
		                 "there is no root \"%s\"", name);
	if (code == TOOL_OK)
		qsort(out->version, out->n, sizeof *out->version, newest_first);
	return code;
}

enum tool_exit tool_version_choose(const struct tool *tool, const struct tool_versions *root,
                                   size_t *which)
{
	const char *text = tool->value[OPT_VERSION];
	unsigned long number;
	char *end = NULL;

	*which = 0;
	if (text == NULL)
		return tool_versions_newest(root);
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '1' || text[0] > '9')
		return tool_fail(TOOL_USAGE, NULL, "--version is \"%s\", but must be a number from 1 on",
		                 text);
	for (; *which < root->n; (*which)++)
		if (root->version[*which].number == number)
			return TOOL_OK;
	return tool_fail(TOOL_NOT_FOUND, "signet root list shows the versions.",
	                 "root \"%s\" has no version %lu", tool->value[OPT_ROOT], number);
}

enum tool_exit tool_version_place(struct tool *tool, const struct tool_object *object,
                               struct tool_version_place *out)
{
	struct tool_versions root = { .n = 0 };
	enum tool_exit code;

	*out = (struct tool_version_place){ .number = 0 };
	if (!tool_version_trusted(tool, object))
		return TOOL_OK;
	code = begin_with(tool, object->handle, &root);
	out->number = root.n > 0 ? root.version[0].number
	                         : tool_attribute_ulong(tool, object->handle, CKA_SIGNET_VERSION);
	if (code == TOOL_OK && root.name.len > 0)
		code = gather(tool, CKA_SIGNET_ROOT, &root);
	out->newest = true;
	for (size_t i = 0; i < root.n; i++)
		out->newest = out->newest && root.version[i].number <= out->number;
	if (tool_attribute(tool, object->handle, CKA_SIGNET_RECOVERY, &out->recovery) != CKR_OK)
		out->recovery.len = 0;
	out->name = root.name;
	root.name = (struct sg_buf){ NULL, 0, 0 };
	tool_versions_free(&root);
	return code;
}

enum tool_exit tool_versions_newest(const struct tool_versions *root)
{
	if (root->n < 2 || root->version[0].number != root->version[1].number)
		return TOOL_OK;
	return tool_fail(TOOL_FAILED, "signet list shows a pkcs11: URI for each; signet delete "
	                 "removes one, and with it what it alone opens.",
	                 "two keys say that they are version %lu of root \"%.*s\"",
	                 root->version[0].number, (int)root->name.len,
	                 (const char *)root->name.data);
}

enum tool_exit tool_versions_close_old(const struct tool *tool, const struct tool_versions *root)
{
	bool closed;
	CK_RV rv = CKR_OK;

	for (size_t i = 1; i < root->n && rv == CKR_OK; i++) {
		if (!root->version[i].makes || root->version[i].number == root->version[0].number)
			continue;
		tool_log_clear();
		rv = sg_root_close(tool->session, root->version[i].key, root->version[0].key,
		                   &closed);
		if (rv != CKR_OK)
			return tool_fail_rv(rv, "can't make version %lu one that opens only",
			                    root->version[i].number);
		root->version[i].makes = false;
	}
	return TOOL_OK;
}
