/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root create: make a decryption root. It comes into the token when its recovery has been
 * arranged, and not before.
 */
#include "tools/fail.h"
#include "tools/progress.h"
#include "tools/recovery.h"
#include "tools/root.h"
#include "tools/token.h"

static enum tool_exit make(const struct tool *tool, const struct tool_root *root,
                           struct tool_recovery *plan)
{
	static const char made[] = "Made the decryption root";
	CK_OBJECT_HANDLE fresh = 0, key = 0;
	enum tool_exit code = TOOL_OK;
	CK_RV rv;

	if (plan->way != TOOL_WAY_NONE)
		code = tool_root_arrange(tool, root, plan, &fresh);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	tool_progress_begin("making the root");
	rv = plan->way == TOOL_WAY_NONE ? tool_root_generate(tool, root, true, plan->said, &key)
	                                : tool_root_keep(tool, root, fresh, plan->said, &key);
	tool_progress_end();
	if (!tool_rv_is_done(rv))
		tool_recovery_undo(plan);
	return tool_root_made(tool, rv, key, root, plan, made);
}

/* A root that is shared may leave for that; one that is not leaves by no way. */
static enum tool_exit read_root(const struct tool *tool, const struct tool_recovery *plan,
                                struct tool_root *root)
{
	const CK_FLAGS otherwise = plan->way == TOOL_WAY_NONE ? 0 : CKF_SIGNET_LEAVE_RECOVERY;
	enum tool_exit code = tool_usage(tool, "wrap", &root->wrap, &root->encrypt);

	root->inside = tool_given(tool, OPT_IN_HSM) ? CK_TRUE : CK_FALSE;
	if (code == TOOL_OK)
		code = tool_root_leave(tool, otherwise, &root->leave);
	if (code == TOOL_OK && root->inside && (plan->way != TOOL_WAY_NONE || root->leave != 0))
		return tool_fail(TOOL_USAGE, NULL, "a root in the HSM leaves it by no way: it needs "
		                 "--no-recovery");
	if (code == TOOL_OK && (root->leave & otherwise) != otherwise)
		return tool_fail(TOOL_USAGE, NULL, "--leave is \"%s\", but what is shared or closed for "
		                 "a key leaves by the way recovery", tool->value[OPT_LEAVE]);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct sg_buf id = { NULL, 0, 0 };
	struct tool_guard guard = { .pin = NULL };
	struct tool_root root = { .version = 1, .guard = &guard };
	struct tool_recovery plan;
	enum tool_exit code = tool_recovery_read(tool, &plan);

	if (code == TOOL_OK)
		code = read_root(tool, &plan, &root);
	if (code == TOOL_OK)
		code = tool_guard_read(tool, &guard);
	if (code == TOOL_OK)
		code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_check_new(tool, tool->value[OPT_LABEL]);
	if (code == TOOL_OK)
		code = tool_root_check_name(tool);
	if (code == TOOL_OK)
		code = tool_check_in_hsm(tool);
	if (code == TOOL_OK)
		code = tool_new_id(tool, &id);
	if (code == TOOL_OK) {
		root.label = root.name = sg_bytes_str(tool->value[OPT_LABEL]);
		root.id = sg_buf_bytes(&id);
		code = make(tool, &root, &plan);
	}
	tool_guard_clear(&guard);
	sg_buf_free(&id);
	return code;
}

const struct tool_verb tool_verb_root_create = {
	.name = "root create",
	.summary = "make a decryption root",
	.usage = "--label NAME\n"
	         "                     (--shares N --threshold K [--share-key KEY]... [--out-dir DIR]\n"
	         "                     [--format words|base64] [--all-in-one FILE]\n"
	         "                     | --recovery-key KEY --recovery-file FILE | --no-recovery)\n"
	         "                     [--leave recovery,send,deliver|none] [--usage wrap|encrypt|both]\n"
	         "                     [--pcr BANK:PCRS] [--policy-key FILE] [--key-pin-file FILE]\n"
	         "                     [--in-hsm] [--id HEX] [--token LABEL] [--pin-file FILE] [--json]",
	.text = "A root is an AES-256 key, sealed in the TPM or HSM by itself, that never leaves the\n"
	        "token through PKCS#11, not even wrapped. By default it wraps and unwraps keys and does\n"
	        "nothing else. What it wrapped is lost with it, and it is lost with the TPM, unless it\n"
	        "can be had back: from shares, which are shown to one person after the other on the\n"
	        "terminal or encrypted to a key each, or with a key that is kept offline. --leave says\n"
	        "by which ways it may leave; that never changes. With --pcr, --policy-key and\n"
	        "--key-pin-file it asks for more than the token. With --in-hsm it is made in the HSM\n"
	        "and leaves that by no way.",
	.example = "signet root create --label root --shares 5 --threshold 3",
	.run = run,
	.options = { OPT_LABEL, TOOL_RECOVERY_OPTIONS, OPT_NO_RECOVERY, OPT_LEAVE, OPT_USAGE,
	             TOOL_GUARD_OPTIONS, OPT_IN_HSM, OPT_ID, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_LABEL },
	.makes = true,
};
