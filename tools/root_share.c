/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root share: arrange recovery of a root of the token anew, for other people.
 */
#include "core/leave.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/json.h"
#include "tools/recovery.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/versions.h"

/* Find the version that is meant: the one of that label, and of the root's own name the newest. */
static enum tool_exit find(struct tool *tool, CK_OBJECT_HANDLE *key)
{
	const struct sg_bytes name = sg_bytes_str(tool->value[OPT_ROOT]);
	struct tool_versions root = { .n = 0 };
	enum tool_exit code = tool_versions_find(tool, tool->value[OPT_ROOT], &root);

	if (code == TOOL_OK)
		*key = root.version[0].key;
	for (size_t i = 0; i < root.n && !sg_bytes_equal(sg_buf_bytes(&root.name), name); i++)
		if (sg_bytes_equal(sg_buf_bytes(&root.version[i].object.label), name))
			*key = root.version[i].key;
	tool_versions_free(&root);
	return code;
}

static enum tool_exit take(const struct tool *tool, CK_OBJECT_HANDLE key, struct sg_secret **value)
{
	const char *name = tool->value[OPT_ROOT];
	CK_RV rv;

	tool_log_clear();
	rv = tool_key_open(tool, key);
	if (rv == CKR_OK)
		rv = sg_leave_take(tool->session, key, CKF_SIGNET_LEAVE_RECOVERY, value);
	if (rv == CKR_ACTION_PROHIBITED)
		return tool_fail(TOOL_FAILED, "That was said when it was made, and never changes; what "
		                 "it wrapped can be wrapped by another root.",
		                 "the root \"%s\" may not leave for recovery", name);
	return rv == CKR_OK ? TOOL_OK : tool_fail_rv(rv, "can't share the root \"%s\"", name);
}

/* Write into the token how it is arranged now. What was handed out works in any case. */
static enum tool_exit note(const struct tool *tool, CK_OBJECT_HANDLE key,
                           const struct tool_recovery *plan)
{
	CK_RV rv;

	tool_done("Arranged recovery of the root \"%s\" anew (%s)", tool->value[OPT_ROOT],
	          plan->said);
	tool_log_clear();
	rv = sg_leave_arranged(tool->session, key, plan->said);
	return rv == CKR_OK ? TOOL_OK
	                    : tool_fail_rv(rv, "the token still says what was arranged before");
}

static enum tool_exit tell(const struct tool *tool, const struct tool_recovery *plan)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	json_t *json;

	if (tool_given(tool, OPT_JSON)) {
		json = json_object();
		tool_json_put(json, "root", tool_json_text(sg_bytes_str(tool->value[OPT_ROOT])));
		tool_json_put(json, "recovery", json_string(plan->said));
		return tool_json_out(json);
	}
	if (tool_recovery_takes_stdout(plan)) {
		tool_note("the root can be had back: %s", plan->said);
		return TOOL_OK;
	}
	tool_text_add(&text, "The root can be had back: %s.\n"
	              "What was handed out before brings it back as well.\n", plan->said);
	return tool_text_out(&text);
}

static enum tool_exit run(struct tool *tool)
{
	struct sg_secret *value = NULL;
	struct tool_recovery plan;
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code = tool_recovery_read(tool, &plan);

	if (code == TOOL_OK)
		code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = find(tool, &key);
	if (code == TOOL_OK)
		code = take(tool, key, &value);
	if (code == TOOL_OK && value->len != SG_RECOVERY_ROOT)
		code = tool_fail(TOOL_FAILED, NULL, "\"%s\" is no AES-256 key",
		                 tool->value[OPT_ROOT]);
	if (code == TOOL_OK)
		code = tool_recovery_arrange(&plan, tool->value[OPT_ROOT], value);
	sg_secret_free(&value);
	if (code == TOOL_OK)
		code = note(tool, key, &plan);
	return code == TOOL_OK ? tell(tool, &plan) : code;
}

const struct tool_verb tool_verb_root_share = {
	.name = "root share",
	.summary = "share a root anew, among other people",
	.usage = "--root NAME\n"
	         "                    (--shares N --threshold K [--share-key KEY]... [--out-dir DIR]\n"
	         "                    [--format words|base64] [--all-in-one FILE]\n"
	         "                    | --recovery-key KEY --recovery-file FILE)\n"
	         "                    [--token LABEL] [--pin-file FILE] [--key-pin-file FILE] [--json]",
	.text = "The root must have been made so that it may leave for recovery. Shares that were\n"
	        "handed out before still bring it back, together or not at all; who must not any more\n"
	        "is shut out by a new version of the root alone.",
	.example = "signet root share --root root --shares 5 --threshold 3",
	.run = run,
	.options = { OPT_ROOT, TOOL_RECOVERY_OPTIONS, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_KEY_PIN_FILE, OPT_JSON },
	.required = { OPT_ROOT },
	.makes = true,
};
