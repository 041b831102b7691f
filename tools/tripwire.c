/* SPDX-License-Identifier: Apache-2.0
 *
 * signet tripwire: what a token's tripwire says, and taking the TPM as it is. PKCS#11 has no
 * call for it, so this verb calls core.
 */
#include "tools/tripwire.h"

#include "core/module.h"
#include "tools/fail.h"
#include "tools/json.h"
#include "tools/time.h"
#include "tools/token.h"

static void add_trips(struct tool_text *text, const struct sg_tripwire_view *view)
{
	char when[64];
	const char *before = "tripped: ";

	for (unsigned bit = 0; bit < SG_TRIPS; bit++) {
		if ((view->trips & 1u << bit) == 0)
			continue;
		tool_text_add(text, "%s%s", before, sg_trip_sentence(bit));
		if (1u << bit == SG_TRIP_RECORD)
			tool_text_add(text, ", in %s", view->file);
		before = "; ";
	}
	if (view->tripped != 0) {
		tool_date(view->tripped, when, sizeof when);
		tool_text_add(text, " (noted %s)", when);
	}
}

void tool_tripwire_text(struct tool_text *text, const struct sg_tripwire_view *view)
{
	if (!view->able)
		tool_text_add(text, "off");
	else if (view->err != SG_OK)
		tool_text_add(text, "does not work: %s", sg_err_sentence(view->err));
	else if (view->trips != 0)
		add_trips(text, view);
	else if (!view->looked)
		tool_text_add(text, "the TPM does not tell its counters and its clock");
	else
		tool_text_add(text, "%u reset%s of the TPM, %u restart%s since the last one, clock "
		              "%s; nothing that a boot does not explain", view->boot.resets,
		              view->boot.resets == 1 ? "" : "s", view->boot.restarts,
		              view->boot.restarts == 1 ? "" : "s",
		              view->boot.safe ? "safe" : "not safe");
}

json_t *tool_tripwire_json(const struct sg_tripwire_view *view)
{
	json_t *json = json_object(), *trips = json_array();

	tool_json_put(json, "on", json_boolean(view->able));
	if (view->err != SG_OK)
		tool_json_put(json, "error", json_string(sg_err_name(view->err)));
	for (unsigned bit = 0; bit < SG_TRIPS; bit++)
		if ((view->trips & 1u << bit) != 0)
			tool_json_append(trips, json_string(sg_trip_name(bit)));
	tool_json_put(json, "tripped", trips);
	if (view->tripped != 0)
		tool_json_put(json, "noted", json_integer((json_int_t)view->tripped));
	if (!view->looked)
		return json;
	tool_json_put(json, "resets", json_integer(view->boot.resets));
	tool_json_put(json, "restarts", json_integer(view->boot.restarts));
	tool_json_put(json, "clock_safe", json_boolean(view->boot.safe));
	return json;
}

static enum tool_exit tell(struct sg_tripwire_view *view)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	if (view->trips == 0) {
		tool_text_add(&text, "It had not tripped; the TPM was noted as it is.\n");
		return tool_text_out(&text);
	}
	tool_text_add(&text, "Accepted, after it had ");
	tool_tripwire_text(&text, view);
	tool_text_add(&text, ".\n");
	return tool_text_out(&text);
}

static enum tool_exit there_is_none(bool off)
{
	if (off)
		return tool_fail(TOOL_CONFIG, "Set tripwire = log, or refuse.",
		                 "there is no tripwire: the configuration says tripwire = off");
	return tool_fail(TOOL_CONFIG, NULL,
	                 "there is no tripwire: the token is not sealed by a TPM");
}

static enum tool_exit run(struct tool *tool)
{
	struct sg_tripwire_view view;
	struct sg_token *token;
	bool off = false;
	enum tool_exit code = tool_token_choose(tool);
	enum sg_err err;

	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = tool_token_enter(tool, &token);
	if (err != SG_OK)
		return tool_fail_err(err, "can't read the token");
	err = sg_token_tripwire_look(token, &view);
	off = token->config->tripwire == SG_TRIPWIRE_OFF;
	if (err == SG_OK && view.able)
		err = sg_token_tripwire_accept(token, &view);
	sg_module_leave();
	if (err == SG_OK && !view.able)
		return there_is_none(off);
	if (err != SG_OK)
		return tool_fail_err(err, "can't accept the TPM as it is");
	tool_done("Accepted the TPM as it is");
	return tell(&view);
}

const struct tool_verb tool_verb_tripwire_accept = {
	.name = "tripwire accept",
	.summary = "take the TPM as it is, after the tripwire has tripped",
	.usage = "[--token LABEL]",
	.text = "Find out first what was done to the TPM: signet status says what the tripwire saw.",
	.example = "signet tripwire accept",
	.run = run,
	.options = { OPT_TOKEN },
	.makes = true,
};
