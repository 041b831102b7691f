/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root rehearse: prove that shares or a recovery key still bring a root back. It is put
 * nowhere; where it stands in a token, the two are compared.
 */
#include <stdio.h>

#include "core/leave.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/json.h"
#include "tools/shares_in.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/versions.h"

/* What came back, in the token. */
struct compared {
	CK_ULONG version, newest;
	struct sg_buf said;             /* CKA_SIGNET_RECOVERY */
};

/* Compare with one version of the root; *same tells whether it is that one. */
static enum tool_exit compare_one(const struct tool *tool, CK_OBJECT_HANDLE key,
                                  const struct tool_rebuilt *rebuilt, bool *same)
{
	const char *name = tool->value[OPT_ROOT];
	struct sg_secret *value = NULL;
	CK_RV rv;

	tool_log_clear();
	rv = tool_key_open(tool, key);
	if (rv == CKR_OK)
		rv = sg_leave_take(tool->session, key, CKF_SIGNET_LEAVE_RECOVERY, &value);
	if (rv == CKR_ACTION_PROHIBITED)
		return tool_fail(TOOL_FAILED, "Without --root the shares alone are looked at.",
		                 "the root \"%s\" may not leave for recovery, so nothing can be compared "
		                 "with it", name);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't compare with the root \"%s\"", name);
	*same = sg_secret_equal(sg_secret_bytes(value), sg_secret_bytes(rebuilt->root));
	sg_secret_free(&value);
	return TOOL_OK;
}

static bool may_leave(const struct tool *tool, CK_OBJECT_HANDLE key)
{
	const CK_ULONG ways = tool_attribute_ulong(tool, key, CKA_SIGNET_LEAVE);

	return ways != CK_UNAVAILABLE_INFORMATION && (ways & CKF_SIGNET_LEAVE_RECOVERY) != 0;
}

/* Find the version of the token's root that came back, the newest first. */
static enum tool_exit compare(struct tool *tool, const struct tool_rebuilt *rebuilt,
                              struct compared *found)
{
	const char *name = tool->value[OPT_ROOT];
	struct tool_versions root = { .n = 0 };
	enum tool_exit code = tool_versions_find(tool, name, &root);
	bool same = false;

	for (size_t i = 0; i < root.n && code == TOOL_OK && !same; i++) {
		/* The last one says why it can't be compared. */
		if (i + 1 < root.n && !may_leave(tool, root.version[i].key))
			continue;
		code = compare_one(tool, root.version[i].key, rebuilt, &same);
		found->version = root.version[i].number;
		found->newest = root.version[0].number;
		if (code == TOOL_OK && same &&
		    sg_buf_set(&found->said, sg_buf_bytes(&root.version[i].recovery)) != SG_OK)
			code = tool_fail_err(SG_ERR_NOMEM, "can't compare");
	}
	if (code == TOOL_OK && !same)
		code = tool_fail(TOOL_MISMATCH, NULL, "what came back is another root than \"%s\"",
		                 name);
	tool_versions_free(&root);
	return code;
}

static enum tool_exit tell_json(const struct tool *tool, const struct tool_rebuilt *rebuilt,
                                const struct compared *found)
{
	json_t *json = json_object(), *places = json_array();

	for (size_t i = 0; i < rebuilt->places; i++)
		tool_json_append(places, json_integer((json_int_t)rebuilt->place[i]));
	tool_json_put(json, "recovery", json_string(rebuilt->said));
	tool_json_put(json, "shares", places);
	tool_json_put(json, "compared_with", tool_given(tool, OPT_ROOT)
	                                             ? json_string(tool->value[OPT_ROOT])
	                                             : json_null());
	tool_json_put(json, "version", tool_given(tool, OPT_ROOT)
	                                       ? json_integer((json_int_t)found->version)
	                                       : json_null());
	return tool_json_out(json);
}

static enum tool_exit tell(const struct tool *tool, const struct tool_rebuilt *rebuilt,
                           const struct compared *found)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	if (tool_given(tool, OPT_JSON))
		return tell_json(tool, rebuilt, found);
	if (rebuilt->places > 0) {
		tool_text_add(&text, "Shares");
		for (size_t i = 0; i < rebuilt->places; i++)
			tool_text_add(&text, "%s %u", i > 0 ? "," : "", rebuilt->place[i]);
		tool_text_add(&text, " of %u (set %s) bring a root back; it takes %u.\n",
		              rebuilt->n, rebuilt->set, rebuilt->k);
	} else {
		tool_text_add(&text, "The recovery key and the recovery file bring a root back.\n");
	}
	if (tool_given(tool, OPT_ROOT))
		tool_text_add(&text, "It is version %lu of the root \"%s\" in this token%s.\n",
		              found->version, tool->value[OPT_ROOT],
		              found->version == found->newest ? "" : ", not the newest");
	return tool_text_out(&text);
}

static enum tool_exit run(struct tool *tool)
{
	struct tool_rebuilt rebuilt = { .root = NULL };
	struct compared found = { .version = 0 };
	enum tool_exit code = TOOL_OK;

	if (tool_given(tool, OPT_ROOT))
		code = tool_open(tool, 0, TOOL_LOGIN);
	else if (tool_given(tool, OPT_TOKEN) || tool_given(tool, OPT_PIN_FILE))
		code = tool_fail(TOOL_USAGE, NULL, "--token and --pin-file are for --root, which says "
		                 "what to compare with");
	if (code == TOOL_OK)
		code = tool_rebuild(tool, true, &rebuilt);
	if (code == TOOL_OK && tool_given(tool, OPT_ROOT))
		code = compare(tool, &rebuilt, &found);
	if (code == TOOL_OK)
		code = tell(tool, &rebuilt, &found);
	if (code == TOOL_OK && found.said.len > 0 &&
	    !sg_bytes_equal(sg_buf_bytes(&found.said), sg_bytes_str(rebuilt.said)))
		tool_note("of this root the token says \"%.*s\"; what was rehearsed is another "
		          "and works as well", (int)found.said.len, (const char *)found.said.data);
	if (code == TOOL_OK && rebuilt.wrong > 0)
		code = tool_fail(TOOL_MISMATCH, "signet root share makes a new sharing.",
		                 "the root comes back, but not with all of these shares");
	sg_secret_free(&rebuilt.root);
	sg_buf_free(&found.said);
	return code;
}

const struct tool_verb tool_verb_root_rehearse = {
	.name = "root rehearse",
	.summary = "prove that shares or a recovery key still bring a root back",
	.usage = "[--share FILE]... [--key-file FILE]... [--recovery-file FILE]\n"
	         "                       [--root NAME [--token LABEL] [--pin-file FILE]\n"
	         "                       [--key-pin-file FILE]] [--json]",
	.text = "The root is put nowhere. With --root it is compared with that root of the token;\n"
	        "without, no token is needed. Shares are read as root recover reads them.",
	.example = "signet root rehearse --root root",
	.run = run,
	.options = { TOOL_REBUILD_OPTIONS, OPT_ROOT, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_KEY_PIN_FILE, OPT_JSON },
};
