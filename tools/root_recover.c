/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root recover: have a root back on this machine, from shares or with the recovery key.
 */
#include <stdio.h>

#include "tools/fail.h"
#include "tools/progress.h"
#include "tools/recovery.h"
#include "tools/root.h"
#include "tools/root_replace.h"
#include "tools/shares_in.h"
#include "tools/token.h"

/* What is to come back, and what is there in its place; version NULL: nothing. */
struct recovering {
	struct tool_root root;
	struct tool_guard guard;
	struct tool_rebuilt rebuilt;
	struct tool_replaced old;
	struct sg_buf id;
};

static enum tool_exit bring(const struct tool *tool, const struct recovering *r)
{
	const bool replace = r->old.version != NULL;
	struct tool_recovery plan = { .way = TOOL_WAY_NONE };
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv;

	snprintf(plan.said, sizeof plan.said, "%s", r->rebuilt.said);
	tool_log_clear();
	tool_progress_begin("taking the root");
	rv = replace ? tool_root_replace(tool, &r->root, r->rebuilt.root, r->rebuilt.said,
	                                 r->old.version->key, &key)
	             : tool_root_bring(tool, &r->root, r->rebuilt.root, r->rebuilt.said, &key);
	tool_progress_end();
	if (rv == CKR_OK && !replace && !tool_given(tool, OPT_USAGE))
		tool_note("it wraps and encrypts, as nobody said what it was for; --usage says it");
	return tool_root_made(tool, rv, key, &r->root, &plan,
	                      replace ? "Replaced the decryption root"
	                              : "Recovered the decryption root");
}

static enum tool_exit prepare(struct tool *tool, struct recovering *r)
{
	enum tool_exit code = tool_usage(tool, "both", &r->root.wrap, &r->root.encrypt);

	if (code == TOOL_OK && tool_given(tool, OPT_YES) && !tool_given(tool, OPT_REPLACE))
		code = tool_fail(TOOL_USAGE, NULL, "--yes is for --replace");
	if (code == TOOL_OK)
		code = tool_root_leave(tool, CKF_SIGNET_LEAVE_RECOVERY, &r->root.leave);
	if (code == TOOL_OK)
		code = tool_guard_read(tool, &r->guard);
	if (code == TOOL_OK && tool_given(tool, OPT_REPLACE))
		code = tool_replaced_find(tool, &r->root, &r->guard, &r->old);
	else if (code == TOOL_OK)
		code = tool_root_open_new(tool, &r->root, &r->id);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct recovering r = { .guard = { .pin = NULL } };
	enum tool_exit code;

	r.root.guard = &r.guard;
	code = prepare(tool, &r);
	if (code == TOOL_OK)
		code = tool_rebuild(tool, false, &r.rebuilt);
	if (code == TOOL_OK && r.old.version != NULL)
		code = tool_replaced_compare(tool, &r.old, &r.rebuilt);
	if (code == TOOL_OK)
		code = bring(tool, &r);
	tool_guard_clear(&r.guard);
	tool_replaced_free(&r.old);
	sg_secret_free(&r.rebuilt.root);
	sg_buf_free(&r.id);
	return code;
}

const struct tool_verb tool_verb_root_recover = {
	.name = "root recover",
	.summary = "have a root back from shares or with the recovery key",
	.usage = "--label NAME [--replace [--yes]]\n"
	         "                     [--share FILE]... [--key-file FILE]... [--recovery-file FILE]\n"
	         "                     [--leave recovery,send,deliver|none] [--usage wrap|encrypt|both]\n"
	         "                     [--pcr BANK:PCRS] [--policy-key FILE] [--key-pin-file FILE]\n"
	         "                     [--id HEX] [--token LABEL] [--pin-file FILE] [--json]",
	.text = "Shares come from files, one or more in each, or are typed on the terminal where no file\n"
	        "is named. Encrypted ones, and a recovery file, are opened with the keys of --key-file.\n"
	        "What the root wrapped or encrypted is usable again; the same shares go on holding it.\n"
	        "Usage (both, if it is not said), policy, PIN and ways to leave are those that are said\n"
	        "here. A label NAME-v2 makes it the second version of NAME.\n"
	        "With --replace it takes the place of the root of that label on this machine, which is\n"
	        "destroyed in the same step, once the shares have proved good. Then id, usage, policy\n"
	        "(for what the machine is now) and ways to leave stay as they are unless they are said.\n"
	        "A root that opens is compared first; of one that does not, you are asked.",
	.example = "signet root recover --label root",
	.run = run,
	.options = { OPT_LABEL, OPT_REPLACE, OPT_YES, TOOL_REBUILD_OPTIONS, OPT_LEAVE, OPT_USAGE,
	             TOOL_GUARD_OPTIONS, OPT_ID, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_LABEL },
	.makes = true,
};
