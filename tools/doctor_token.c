/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: the tokens. Each is opened, as far as that goes without a PIN.
 */
#include "tools/doctor.h"

#include <stdio.h>
#include <string.h>

#include "core/module.h"
#include "tools/fail.h"
#include "tools/token.h"
#include "tools/tripwire.h"

/* Before the token opens, which notes what is seen. */
static enum sg_err check_tripwire(struct doctor *doctor, struct sg_token *token, CK_SLOT_ID slot)
{
	static const char accept[] = "Find out what was done to the TPM; then signet tripwire accept.";
	bool refuse = token->config->tripwire == SG_TRIPWIRE_REFUSE;
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	struct sg_tripwire_view view;
	enum doctor_result result = FINE;
	const char *fix = NULL;
	char check[64];
	enum sg_err err = sg_token_tripwire_look(token, &view);

	if (err != SG_OK)
		return err;
	snprintf(check, sizeof check, "tripwire of slot %lu", slot);
	tool_tripwire_text(&text, &view);
	if (view.trips != 0 || (view.able && !view.looked)) {
		result = refuse ? FAIL : WARN;
		fix = view.trips != 0 ? accept : NULL;
	} else if (!view.able) {
		result = WARN;
		fix = "Set tripwire = log, or refuse.";
	}
	if (text.err == SG_OK)
		doctor_report(doctor, check, result, fix, "%.*s", (int)text.buf.len,
		              (const char *)text.buf.data);
	sg_buf_free(&text.buf);
	return text.err;
}

/* Look at one token: readable, sealed by this TPM, and really opening. */
static void check_token(struct doctor *doctor, struct sg_module *module,
                        const struct tool_token *found)
{
	struct sg_token *token;
	struct sg_bytes label = TOOL_FIELD(found->info.label);
	struct sg_sealer_status status = { { 0 } };
	char check[64];
	enum sg_err err;

	snprintf(check, sizeof check, "token in slot %lu", found->slot);
	tool_log_clear();
	if (found->rv != CKR_OK) {
		doctor_report(doctor, check, FAIL,
		              found->err == SG_ERR_STORE_UNSAFE ? NULL : sg_err_advice(found->err),
		              "%s (%s)", sg_err_sentence(found->err), found->why);
		return;
	}
	err = sg_module_token(module, found->slot, &token);
	if (err == SG_OK)
		err = sg_token_status(token, &status);
	if (err == SG_OK && strcmp(token->record.sealer, "tpm") == 0 && !status.parent_same)
		err = status.parent_foreign ? SG_ERR_HW_FOREIGN
		      : status.parent_found ? SG_ERR_HW_OTHER : SG_ERR_HW_NO_PARENT;
	if (err == SG_OK && strcmp(token->record.sealer, "tpm") == 0)
		err = check_tripwire(doctor, token, found->slot);
	if (err == SG_OK)
		err = sg_token_open(token);
	if (err != SG_OK)
		doctor_report_err(doctor, check, err);
	else if (strcmp(token->record.sealer, "tpm") != 0)
		doctor_report(doctor, check, WARN, "Make a token with the TPM for anything that "
		              "matters.", "\"%.*s\" opens, but it is sealed by \"%s\", for "
		              "development only", (int)label.len, (const char *)label.data,
		              token->record.sealer);
	else
		doctor_report(doctor, check, FINE, NULL, "\"%.*s\" opens with this TPM",
		              (int)label.len, (const char *)label.data);
}

void doctor_check_tokens(struct doctor *doctor)
{
	struct tool_tokens tokens = { NULL };
	struct sg_module *module = NULL;

	if (tool_tokens_read(&tokens) != TOOL_OK)
		doctor->failed = true;
	module = sg_module_enter();
	for (size_t i = 0; i < tokens.count && module != NULL; i++)
		check_token(doctor, module, &tokens.list[i]);
	if (module != NULL)
		sg_module_leave();
	tool_tokens_free(&tokens);
}
