/* SPDX-License-Identifier: Apache-2.0
 *
 * signet audit verify: whether the log of a registrar is the one that was written.
 */
#include <inttypes.h>

#include "enroll/audit.h"
#include "tools/fail.h"
#include "tools/fleet.h"
#include "tools/io.h"
#include "tools/signer_key.h"

static enum tool_exit tell_json(const struct sg_audit_report *report, bool has_key)
{
	const bool in_line = report->fault == SG_AUDIT_LINE;
	json_t *json = json_object();

	tool_json_put(json, "good", json_boolean(report->fault == SG_AUDIT_SOUND));
	tool_json_put(json, "fault", json_string(sg_audit_name(report->fault)));
	tool_json_put(json, "sentence", json_string(sg_audit_sentence(report->fault)));
	tool_json_put(json, "entry", in_line || report->seq == 0
	                                     ? json_null() : json_integer((json_int_t)report->seq));
	tool_json_put(json, "line", in_line ? json_integer((json_int_t)report->seq) : json_null());
	tool_json_put(json, "entries", json_integer((json_int_t)report->entries));
	tool_json_put(json, "heads", json_integer((json_int_t)report->heads));
	tool_json_put(json, "tornLines", json_integer((json_int_t)report->torn));
	tool_json_put(json, "signedUntil", json_integer((json_int_t)report->signed_seq));
	tool_json_put(json, "signedAt", tool_time_json(report->signed_at));
	tool_json_put(json, "key",
	              report->signed_seq != 0
	                      ? tool_json_hex(sg_bytes(report->key, sizeof report->key))
	                      : json_null());
	tool_json_put(json, "keyGiven", json_boolean(has_key));
	return tool_json_out(json);
}

static enum tool_exit tell_text(const struct sg_audit_report *report, bool has_key)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "The log is whole: %" PRIu64 " entries. ", report->entries);
	if (report->signed_seq == 0) {
		tool_text_add(&text, "None is covered by a signature.\n");
	} else {
		tool_text_add(&text, "Up to entry %" PRIu64 " it was signed, the last time at ",
		              report->signed_seq);
		tool_time_text(&text, report->signed_at, "?");
		tool_text_add(&text, ".\n");
	}
	if (report->torn != 0)
		tool_text_add(&text, "Lines of the file of heads that were cut short, and say nothing: "
		              "%" PRIu64 ".\n", report->torn);
	if (report->signed_seq != 0 && !has_key) {
		tool_text_add(&text, "Without --public-key it is not known whose signature that is: ");
		tool_text_hex(&text, sg_bytes(report->key, sizeof report->key));
		tool_text_add(&text, "\n");
	}
	return tool_text_out(&text);
}

static enum tool_exit verify(struct tool *tool)
{
	const bool has_key = tool_given(tool, OPT_PUBLIC_KEY);
	uint8_t key[SG_ED25519_PUBLIC];
	struct sg_buf heads = { NULL, 0, 0 };
	struct sg_audit_report report;
	struct tool_fleet fleet = { .actor = "" };
	enum tool_exit code = TOOL_OK, told;
	enum sg_err err;

	if (has_key)
		code = tool_signer_key_file(tool->value[OPT_PUBLIC_KEY], key);
	if (code == TOOL_OK && tool_given(tool, OPT_HEADS))
		code = tool_read_file(tool->value[OPT_HEADS], SG_AUDIT_HEADS_MAX, &heads);
	if (code == TOOL_OK)
		code = tool_fleet_open(tool, TOOL_FLEET_READ, &fleet);
	if (code != TOOL_OK)
		goto out;
	err = sg_audit_verify(fleet.manager.fleet, sg_buf_bytes(&heads), has_key ? key : NULL,
	                      &report);
	if (err != SG_OK) {
		code = tool_fail_err(err, "can't read the log");
		goto out;
	}
	if (report.fault != SG_AUDIT_SOUND)
		code = tool_fail(TOOL_MISMATCH, NULL, "%s: %s %" PRIu64 " (%s)",
		                 sg_audit_sentence(report.fault),
		                 report.fault == SG_AUDIT_LINE ? "line" : "entry", report.seq,
		                 sg_audit_name(report.fault));
	told = tool_given(tool, OPT_JSON)         ? tell_json(&report, has_key)
	       : report.fault == SG_AUDIT_SOUND ? tell_text(&report, has_key)
	                                        : TOOL_OK;
	code = code == TOOL_OK ? told : code;
out:
	tool_fleet_close(&fleet);
	sg_buf_free(&heads);
	return code;
}

const struct tool_verb tool_verb_audit_verify = {
	.name = "audit verify",
	.summary = "tell whether a registrar's log was changed",
	.usage = "--registrar FILE [--heads FILE] [--public-key FILE] [--json]",
	.text = "Each entry's hash covers the one before, and the end of the log is signed from time to\n"
	        "time. Who can write the store can cut off the end together with its signatures: that\n"
	        "shows only with --heads, a file of them that was kept elsewhere. --public-key is the\n"
	        "key that signs; without it any will do. The exit code is 8 where something is wrong.",
	.example = "signet audit verify --registrar fleet/db --heads heads --public-key audit.pem",
	.run = verify,
	.options = { OPT_REGISTRAR, OPT_HEADS, OPT_PUBLIC_KEY, OPT_JSON },
	.filled = true,
	.required = { OPT_REGISTRAR },
};
