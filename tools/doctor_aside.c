/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: what lies beside the stores. A store that was set aside still opens, with the
 * PINs and the keys that it had; one that was never finished only takes room.
 */
#include "tools/doctor.h"

#include "core/module.h"
#include "core/token_aside.h"
#include "store/aside.h"
#include "tools/fail.h"

/* What only this user's folder or another version keeps from being read may be whole, and the only
 * way back. */
static void report_unread(struct doctor *doctor, const char *path, enum sg_err err)
{
	const char *lines = tool_log_lines(err);
	const char *fix = err == SG_ERR_STORE_DAMAGED  ? "rm removes it."
	                  : err == SG_ERR_STORE_UNSAFE ? NULL       /* it stands in the line */
	                                               : sg_err_advice(err);

	doctor_report(doctor, "set aside", WARN, fix, lines[0] != '\0' ? "%s was set aside when a "
	              "token moved, and can't be read: %s (%s)" : "%s was set aside when a token moved, "
	              "and can't be read: %s%s", path, sg_err_sentence(err), lines);
}

static void report_aside(struct doctor *doctor, const char *path)
{
	struct sg_token_record record = { 0 };
	struct sg_bytes label;
	enum sg_err err;

	tool_log_clear();
	err = sg_token_aside_record(path, &record);
	label = sg_bytes(record.label, SG_LABEL);
	while (label.len > 0 && label.data[label.len - 1] == ' ')
		label.len--;
	if (err == SG_OK)
		doctor_report(doctor, "set aside", WARN, "Once nobody wants to go back: signet destroy "
		              "--aside, with --token, removes it.", "%s is a store of token \"%.*s\", "
		              "sealed by \"%s\", from before it moved; who has that hardware and its "
		              "PINs opens it", path, (int)label.len, (const char *)label.data,
		              record.sealer);
	else
		report_unread(doctor, path, err);
	sg_token_record_clear(&record);
}

static enum sg_err report(const char *path, unsigned slot, enum sg_store_rest rest, void *arg)
{
	struct doctor *doctor = arg;

	(void)slot;
	switch (rest) {
	case SG_STORE_ASIDE:
		report_aside(doctor, path);
		break;
	case SG_STORE_MOVING:
		doctor_report(doctor, "set aside", WARN, "signet migrate, again, removes it; or signet "
		              "destroy --aside.", "%s is of a token that is being moved, or was left "
		              "when that was broken off", path);
		break;
	case SG_STORE_DRAFT:
		doctor_report(doctor, "set aside", WARN, "rm removes it, where no signet runs.", "%s is "
		              "a store that was never finished", path);
		break;
	}
	return SG_OK;
}

void doctor_check_asides(struct doctor *doctor, struct sg_module *module)
{
	enum sg_err err;

	tool_log_clear();
	err = sg_store_rest_each(module->config->state, report, doctor);
	if (err != SG_OK)
		doctor_report_err(doctor, "set aside", err);
}
