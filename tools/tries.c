/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The tries of a token's PIN.
 */
#include "tools/tries.h"

#include <stdlib.h>
#include <string.h>

#include "seal/pin_index.h"
#include "tools/fail.h"

void tool_tries_text(struct tool_text *text, const struct sg_seal_tries *tries)
{
	if (!tries->known)
		tool_text_add(text, "wrong ones are counted for this PIN alone, once it is set");
	else if (tries->left == 0)
		tool_text_add(text, "all %u tries are spent, and waiting gives none back",
		              tries->most);
	else
		tool_text_add(text, "%u of %u tries %s left, counted for this PIN alone",
		              tries->left, tries->most, tries->left == 1 ? "is" : "are");
}

json_t *tool_tries_json(const struct sg_seal_tries *tries)
{
	json_t *json = json_object();

	tool_json_put(json, "known", json_boolean(tries->known));
	if (tries->known) {
		tool_json_put(json, "left", json_integer(tries->left));
		tool_json_put(json, "most", json_integer(tries->most));
	}
	return json;
}

enum tool_exit tool_tries_failed(const struct sg_seal_tries *tries, bool officer, const char *what)
{
	const char *next = officer ? "The security officer sets a new one: signet pin reset."
	                           : "The token has no security officer, who could set a new one: "
	                             "what it holds can't be opened any more.";

	if (tries->left == 0)
		return tool_fail(TOOL_PIN, next, "%s is wrong, and that was the last of %u tries; "
		                 "waiting gives none back", what, tries->most);
	return tool_fail(TOOL_PIN, tries->left == 1 ? "A wrong one now is the last: after it only "
	                                              "the security officer can help." : NULL,
	                 "%s is wrong: %u of %u tries %s left, and only the right one gives them back",
	                 what, tries->left, tries->most, tries->left == 1 ? "is" : "are");
}

enum tool_exit tool_tries_read(const struct tool *tool, uint32_t *tries)
{
	const char *text = tool->value[OPT_PIN_TRIES];
	size_t len = strspn(text, "0123456789");

	*tries = len > 0 && len <= 4 ? (uint32_t)strtoul(text, NULL, 10) : 0;
	if (len == 0 || text[len] != '\0' || *tries == 0 || *tries > SG_PIN_TRIES_MAX)
		return tool_fail(TOOL_USAGE, NULL, "--pin-tries needs a number from 1 to %d",
		                 SG_PIN_TRIES_MAX);
	return TOOL_OK;
}
