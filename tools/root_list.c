/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root list: the decryption roots of a token, each version of them.
 */
#include "tools/show.h"
#include "tools/token.h"
#include "tools/versions.h"

static enum tool_exit list(struct tool *tool)
{
	enum tool_exit code = tool_open(tool, 0, TOOL_LOGIN);

	return code == TOOL_OK ? tool_show_objects(tool, tool_version_is_root) : code;
}

const struct tool_verb tool_verb_root_list = {
	.name = "root list",
	.summary = "list the decryption roots",
	.usage = "[--token LABEL] [--pin-file FILE] [--json]",
	.text = "Shows every version of each root, and which is the newest: the one that wraps.",
	.example = "signet root list",
	.run = list,
	.options = { OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
};
