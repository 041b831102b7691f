/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: what is wrong with this machine for this job, and what to do. Each
 * check stands by itself; none of them changes anything.
 */
#include "tools/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/json.h"

#define LINE 1024

void doctor_report(struct doctor *doctor, const char *check, enum doctor_result result,
                   const char *fix, const char *format, ...)
{
	static const char *const names[] = { "ok", "warn", "FAIL" };
	char line[LINE];
	va_list args;
	json_t *json;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	doctor->failed = doctor->failed || result == FAIL;
	if (doctor->json == NULL) {
		tool_text_add(&doctor->text, "%-4s  %s: ", names[result], check);
		tool_text_name(&doctor->text, sg_bytes_str(line));
		tool_text_add(&doctor->text, fix != NULL ? "\n      -> %s\n" : "\n", fix);
		return;
	}
	json = json_object();
	tool_json_put(json, "check", json_string(check));
	tool_json_put(json, "result", json_string(names[result]));
	tool_json_put(json, "text", tool_json_text(sg_bytes_str(line)));
	tool_json_put(json, "advice", fix != NULL ? tool_json_text(sg_bytes_str(fix))
	                                          : json_null());
	tool_json_append(doctor->json, json);
}

void doctor_report_err(struct doctor *doctor, const char *check, enum sg_err err)
{
	const char *lines = tool_log_lines(err);
	const char *fix = sg_err_advice(err);

	/* The command that mends these stands in the line itself. */
	if (err == SG_ERR_STORE_UNSAFE || err == SG_ERR_SYSTEM || err == SG_ERR_HW_PERMISSION)
		fix = NULL;
	doctor_report(doctor, check, FAIL, fix, lines[0] != '\0' ? "%s (%s)" : "%s%s",
	              sg_err_sentence(err), lines);
}

static bool check_config(struct doctor *doctor, struct sg_config **config)
{
	enum sg_err err;

	tool_log_clear();
	err = sg_config_load(config);
	if (err != SG_OK)
		doctor_report_err(doctor, "configuration", err);
	else
		doctor_report(doctor, "configuration", FINE, NULL, "%s%s; the TPM is %s",
		              (*config)->path, access((*config)->path, F_OK) == 0 ? "" :
		              " (not there: the defaults hold)", (*config)->tcti);
	return err == SG_OK;
}

/* What makes logins cheaper leaves more for somebody to find. */
static void check_logins(struct doctor *doctor, const struct sg_config *config)
{
	if (config->login_cache > 0)
		doctor_report(doctor, "logins", FINE, NULL, "a token stays unsealed in memory for "
		              "%u seconds after a logout (login-cache)", config->login_cache);
	else
		doctor_report(doctor, "logins", FINE, NULL, "nothing of a token that has a PIN stays "
		              "unsealed after a logout");
}

static void check_p11kit(struct doctor *doctor)
{
	static const char *const files[] = {
		P11CONFIGDIR "/signet.module", "/etc/pkcs11/modules/signet.module",
	};
	bool listed = false;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		listed = listed || access(files[i], R_OK) == 0;
	if (!listed)
		doctor_report(doctor, "p11-kit", WARN, "make install puts it there.", "%s is not "
		              "there: programs that use p11-kit don't find signet", files[0]);
	else if (access(P11MODULEDIR "/signet.so", R_OK) != 0)
		doctor_report(doctor, "p11-kit", WARN, "make install puts it there.", "signet is "
		              "registered, but %s is not there", P11MODULEDIR "/signet.so");
	else
		doctor_report(doctor, "p11-kit", FINE, NULL, "programs that use p11-kit find %s",
		              P11MODULEDIR "/signet.so");
}

static enum tool_exit run(struct tool *tool)
{
	struct doctor doctor = { NULL };
	struct sg_config *config = NULL;
	enum tool_exit code;

	if (tool_given(tool, OPT_JSON)) {
		doctor.json = json_array();
		if (doctor.json == NULL)
			return tool_fail_err(SG_ERR_NOMEM, "can't look at the machine");
	}
	doctor_check_crypto(&doctor);
	doctor_check_memory(&doctor);
	if (check_config(&doctor, &config)) {
		bool reachable = doctor_check_tpm(&doctor, config);

		doctor_check_hsms(&doctor, config);
		/* What can't be asked needs no second line about it. */
		if (doctor_check_state(&doctor, config) && reachable)
			doctor_check_tokens(&doctor);
		doctor_check_device(&doctor, config);
		check_logins(&doctor, config);
	}
	doctor_check_privileges(&doctor);
	check_p11kit(&doctor);
	sg_config_free(&config);
	code = doctor.json != NULL ? tool_json_out(doctor.json) : tool_text_out(&doctor.text);
	if (code == TOOL_OK && doctor.failed)
		code = TOOL_FAILED;
	return code;
}

const struct tool_verb tool_verb_doctor = {
	.name = "doctor",
	.summary = "look for what is wrong with this machine, and say what to do",
	.usage = "[--json]",
	.text = "Each line begins with ok, warn or FAIL. The exit code is 0 if nothing fails. Nothing\n"
	        "is changed but what the tripwire remembers.",
	.example = "signet doctor",
	.run = run,
	.options = { OPT_JSON },
};
