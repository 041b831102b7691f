/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root recover: have a root back on this machine, from shares or with the recovery key.
 */
#include <stdio.h>

#include "tools/fail.h"
#include "tools/progress.h"
#include "tools/recovery.h"
#include "tools/root.h"
#include "tools/shares_in.h"
#include "tools/token.h"

static enum tool_exit bring(const struct tool *tool, const struct tool_root *root,
                            const struct tool_rebuilt *rebuilt)
{
	struct tool_recovery plan = { .way = TOOL_WAY_NONE };
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv;

	snprintf(plan.said, sizeof plan.said, "%s", rebuilt->said);
	tool_log_clear();
	tool_progress_begin("taking the root");
	rv = tool_root_bring(tool, root, rebuilt->root, rebuilt->said, &key);
	tool_progress_end();
	if (rv == CKR_OK && !tool_given(tool, OPT_USAGE))
		tool_note("it wraps and encrypts, as nobody said what it was for; --usage says it");
	return tool_root_made(tool, rv, key, root, &plan, "Recovered the decryption root");
}

static enum tool_exit run(struct tool *tool)
{
	struct sg_buf id = { NULL, 0, 0 };
	struct tool_guard guard = { .pin = NULL };
	struct tool_root root = { .version = 0, .guard = &guard };
	struct tool_rebuilt rebuilt = { .root = NULL };
	enum tool_exit code = tool_usage(tool, "both", &root.wrap, &root.encrypt);

	if (code == TOOL_OK)
		code = tool_root_leave(tool, CKF_SIGNET_LEAVE_RECOVERY, &root.leave);
	if (code == TOOL_OK)
		code = tool_guard_read(tool, &guard);
	if (code == TOOL_OK)
		code = tool_root_open_new(tool, &root, &id);
	if (code == TOOL_OK)
		code = tool_rebuild(tool, false, &rebuilt);
	if (code == TOOL_OK)
		code = bring(tool, &root, &rebuilt);
	tool_guard_clear(&guard);
	sg_secret_free(&rebuilt.root);
	sg_buf_free(&id);
	return code;
}

const struct tool_verb tool_verb_root_recover = {
	.name = "root recover",
	.summary = "have a root back from shares or with the recovery key",
	.usage = "--label NAME\n"
	         "                     [--share FILE]... [--key-file FILE]... [--recovery-file FILE]\n"
	         "                     [--leave recovery,send,deliver|none] [--usage wrap|encrypt|both]\n"
	         "                     [--pcr BANK:PCRS] [--policy-key FILE] [--key-pin-file FILE]\n"
	         "                     [--id HEX] [--token LABEL] [--pin-file FILE] [--json]",
	.text = "Shares come from files, one or more in each, or are typed on the terminal where no file\n"
	        "is named. Encrypted ones, and a recovery file, are opened with the keys of --key-file.\n"
	        "What the root wrapped or encrypted is usable again; the same shares go on holding it.\n"
	        "Usage (both, if it is not said), policy, PIN and ways to leave are those that are said\n"
	        "here. A label NAME-v2 makes it the second version of NAME.",
	.example = "signet root recover --label root",
	.run = run,
	.options = { OPT_LABEL, TOOL_REBUILD_OPTIONS, OPT_LEAVE, OPT_USAGE, TOOL_GUARD_OPTIONS,
	             OPT_ID, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_LABEL },
	.makes = true,
};
