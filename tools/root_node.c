/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root node: describe this machine's TPM, for others that send keys to it.
 */
#include "core/module.h"
#include "core/token_import.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/json.h"
#include "tools/node.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/token.h"

static enum sg_err describe(const struct tool *tool, struct sg_node *node)
{
	struct sg_token *token;
	enum sg_err err = tool_token_enter(tool, &token);

	if (err != SG_OK)
		return err;
	err = sg_token_describe(token, node);
	sg_module_leave();
	return err;
}

static enum tool_exit tell(const struct tool *tool, const struct sg_node *node)
{
	const bool endorsed = node->certificate[SG_EK_P256].len > 0 ||
	                      node->certificate[SG_EK_RSA2048].len > 0;
	char fingerprint[TOOL_FINGERPRINT];
	struct sg_buf text = { 0 };
	enum tool_exit code = tool_node_fingerprint(node, fingerprint);
	enum sg_err err = code == TOOL_OK ? sg_node_write(node, &text) : SG_OK;

	if (err != SG_OK)
		code = tool_fail_err(err, "can't describe this machine");
	if (code == TOOL_OK && tool_given(tool, OPT_JSON)) {
		json_t *json = json_object();

		tool_json_put(json, "host", tool_json_text(sg_buf_bytes(&node->host)));
		tool_json_put(json, "fingerprint", json_string(fingerprint));
		tool_json_put(json, "endorsed", json_boolean(endorsed));
		tool_json_put(json, "node", tool_json_text(sg_buf_bytes(&text)));
		code = tool_json_out(json);
	} else if (code == TOOL_OK) {
		code = tool_write(sg_buf_bytes(&text));
		if (code == TOOL_OK)
			tool_note("the fingerprint is %s", fingerprint);
		if (code == TOOL_OK && !endorsed)
			tool_note("the TPM has no certificate of its maker that could prove this");
	}
	sg_buf_free(&text);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct sg_node node = { .host = { NULL, 0, 0 } };
	enum tool_exit code = tool_start();
	enum sg_err err;

	if (code == TOOL_OK)
		code = tool_token_choose(tool);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	tool_progress_begin("asking the TPM");
	err = describe(tool, &node);
	tool_progress_end();
	code = err == SG_OK ? tell(tool, &node)
	                    : tool_fail_err(err, "can't describe this machine");
	sg_node_clear(&node);
	return code;
}

const struct tool_verb tool_verb_root_node = {
	.name = "root node",
	.summary = "describe this machine's TPM, so that keys can be sent to it",
	.usage = "[--token LABEL] [--json] > node.pub",
	.text = "What is written is public: the key under which the TPM seals, and the certificates\n"
	        "that its maker left in it. signet root send on another machine takes it. The\n"
	        "fingerprint goes to standard error; whoever sends compares it, or has the\n"
	        "certificate verified.",
	.example = "signet root node > node.pub",
	.run = run,
	.options = { OPT_TOKEN, OPT_JSON },
};
