/* SPDX-License-Identifier: Apache-2.0
 *
 * signet unwrap: unwrap a key into the token, or check that it could be.
 */
#include "tools/chain.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/object.h"
#include "tools/text.h"
#include "tools/token.h"

static enum tool_exit check(const struct tool *tool)
{
	if (tool_given(tool, OPT_LABEL) == tool_given(tool, OPT_CHECK))
		return tool_fail(TOOL_USAGE, tool->verb->example,
		                 "say either --label KEY, to keep the key, or --check");
	return tool_check_stdin("signet unwrap --root NAME --check < wrapped");
}

static enum tool_exit tell_good(void)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "The key can be unwrapped.\n");
	return tool_text_out(&text);
}

static enum tool_exit run(struct tool *tool)
{
	bool keep = tool_given(tool, OPT_LABEL);
	struct tool_unwrapped as = { .label = sg_bytes_str(tool->value[OPT_LABEL]) };
	struct sg_buf wrapped = { NULL, 0, 0 }, id = { NULL, 0, 0 };
	struct tool_keys keys = { .last = 0 };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;
	CK_RV rv;

	code = check(tool);
	if (code == TOOL_OK)
		code = tool_usage(tool, "encrypt", &as.wrap, &as.encrypt);
	if (code == TOOL_OK)
		code = tool_wrapped_read("-", &wrapped);
	if (code == TOOL_OK)
		code = tool_open(tool, keep ? CKF_RW_SESSION : 0, TOOL_LOGIN);
	if (code == TOOL_OK && keep)
		code = tool_check_new(tool, tool->value[OPT_LABEL]);
	if (code == TOOL_OK && keep)
		code = tool_new_id(tool, &id);
	if (code == TOOL_OK)
		code = tool_chain(tool, TOOL_CHAIN_WRAP, &keys);
	if (code != TOOL_OK)
		goto out;
	as.id = sg_buf_bytes(&id);
	as.extractable = tool_given(tool, OPT_EXTRACTABLE) ? CK_TRUE : CK_FALSE;
	rv = tool_unwrap(tool, &keys, sg_buf_bytes(&wrapped), &as, &key);
	if (rv != CKR_OK)
		code = tool_fail_rv(rv, "can't unwrap the key");
	else
		code = keep ? tool_object_made(tool, key, as.id, "Unwrapped the key") : tell_good();
out:
	tool_versions_free(&keys.root);
	sg_buf_free(&wrapped);
	sg_buf_free(&id);
	return code;
}

const struct tool_verb tool_verb_unwrap = {
	.name = "unwrap",
	.summary = "unwrap a key into the token, or check that it can be",
	.usage = "--root NAME [--through FILE]... (--label KEY | --check)\n"
	         "                [--usage wrap|encrypt|both] [--extractable] [--id HEX]\n"
	         "                [--token LABEL] [--pin-file FILE] [--key-pin-file FILE] [--json]\n"
	         "                < wrapped",
	.text = "The version of the root that wrapped it is found. The key becomes an object of the\n"
	        "token, for encryption unless --usage says otherwise. Its bytes are never shown.",
	.example = "signet unwrap --root root --check < project.key",
	.run = run,
	.options = { OPT_ROOT, OPT_THROUGH, OPT_LABEL, OPT_CHECK, OPT_USAGE, OPT_EXTRACTABLE,
	             OPT_ID, OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE, OPT_JSON },
	.required = { OPT_ROOT },
	.reads_stdin = true,
	.makes = true,
};
