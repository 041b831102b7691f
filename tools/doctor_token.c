/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: the tokens. Each is opened, as far as that goes without a PIN.
 */
#include "tools/doctor.h"

#include <stdio.h>
#include <string.h>

#include "core/module.h"
#include "core/token_anchor.h"
#include "core/token_import.h"
#include "core/token_policy.h"
#include "tools/fail.h"
#include "tools/members.h"
#include "tools/token.h"
#include "tools/tries.h"
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
	enum sg_err err;

	tool_log_clear();
	err = sg_token_tripwire_look(token, &view);
	if (err != SG_OK)
		return err;
	snprintf(check, sizeof check, "tripwire of slot %lu", slot);
	tool_tripwire_text(&text, &view);
	if (view.err != SG_OK)
		tool_text_add(&text, " (%s)", tool_log_lines(view.err));
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

/* What counts the wrong PINs of a token. Tell whether it is there, where there should be one. */
static bool check_tries(struct doctor *doctor, struct sg_token *token, CK_SLOT_ID slot)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	struct sg_seal_tries tries;
	char check[64];
	enum sg_err err;

	if (!token->present || token->record.machine)
		return token->present;
	if (token->record.copy[SG_SEAL_USER].blob.len == 0)
		return token->record.pin_tries == 0;
	snprintf(check, sizeof check, "PIN of slot %lu", slot);
	if (sg_sealer_has(token->record.sealer, "tpm") &&
	    strcmp(token->record.sealer, "tpm") != 0) {
		doctor_report(doctor, check, FINE, NULL, "wrong ones are counted by the lockout of "
		              "the TPM where the TPM is asked, and by nobody where another sealer is");
		return true;
	}
	if (strcmp(token->record.sealer, "tpm") != 0) {
		doctor_report(doctor, check, FINE, NULL, "nobody counts wrong ones; each try costs "
		              "the stretching of the PIN and a request to what sealed it");
		return true;
	}
	if (token->record.pin_tries == 0) {
		doctor_report(doctor, check, FINE, NULL, "wrong ones are counted by the lockout of "
		              "the TPM, together with those of others");
		return true;
	}
	tool_log_clear();
	err = sg_token_tries(token, SG_USER, &tries);
	if (err != SG_OK) {
		doctor_report_err(doctor, check, err);
		return false;
	}
	tool_tries_text(&text, &tries);
	if (text.err == SG_OK)
		doctor_report(doctor, check, tries.known && tries.left == 0 ? FAIL
		                             : tries.known && tries.left == 1 ? WARN : FINE,
		              tries.known && tries.left == 0 ? sg_err_advice(SG_ERR_PIN_SPENT)
		                                             : NULL,
		              "%.*s", (int)text.buf.len, (const char *)text.buf.data);
	sg_buf_free(&text.buf);
	return true;
}

/* What of the machine's state a token is bound to. It was opened: what it asks for is met. */
static void check_policy(struct doctor *doctor, const struct sg_token *token, CK_SLOT_ID slot)
{
	struct sg_policy policy = { 0 };
	struct sg_buf text = { 0 };
	char check[64];
	enum sg_err err = sg_token_policy(&token->record, &policy);

	snprintf(check, sizeof check, "policy of slot %lu", slot);
	if (err == SG_OK)
		err = sg_policy_text(&policy, false, &text);
	if (err != SG_OK)
		doctor_report_err(doctor, check, err);
	else if (text.len == 0)
		doctor_report(doctor, check, FINE, NULL,
		              "none: it opens whatever this machine has booted");
	else
		doctor_report(doctor, check, FINE, NULL, "%.*s holds", (int)text.len,
		              (const char *)text.data);
	sg_policy_clear(&policy);
	sg_buf_free(&text);
}

/* Whether older copies of the store are refused. The token was opened: this one is the newest. */
static void check_rollback(struct doctor *doctor, const struct sg_token *token, CK_SLOT_ID slot)
{
	bool anchored = sg_token_record_anchored(&token->record);
	char check[64];

	snprintf(check, sizeof check, "rollback of slot %lu", slot);
	doctor_report(doctor, check, FINE, NULL, "%s",
	              anchored ? "the store is the newest, by a counter in the TPM"
	                       : "nothing tells an older copy of the store from the newest");
}

/* Whether other machines can send keys to it, and what proves to them whose TPM it is. What is
 * wrong with one of several sealers is told of that. */
static void check_node(struct doctor *doctor, struct sg_token *token, CK_SLOT_ID slot)
{
	struct sg_node node = { .host = { NULL, 0, 0 } };
	char check[64];
	enum sg_err err;

	if (!sg_sealer_has(token->record.sealer, "tpm"))
		return;
	snprintf(check, sizeof check, "receiving in slot %lu", slot);
	tool_log_clear();
	err = sg_token_describe(token, &node);
	if (err != SG_OK && strcmp(token->record.sealer, "tpm") == 0)
		doctor_report_err(doctor, check, err);
	else if (err == SG_OK)
		doctor_report(doctor, check, FINE, NULL, "%s",
		              node.certificate[SG_EK_P256].len > 0 ||
		              node.certificate[SG_EK_RSA2048].len > 0
		              ? "a certificate of the TPM's maker proves to others that it is one"
		              : "the TPM has no certificate of its maker: who sends a key here must "
		                "compare the fingerprint of signet root node");
	sg_node_clear(&node);
}

static const char *what_opens(const char *sealer)
{
	if (strchr(sealer, '+') != NULL)
		return "one of its sealers";
	return strcmp(sealer, "tpm") == 0 ? "this TPM" : "this HSM";
}

/* Whether each of a list of sealers would open it, were it alone. */
static void check_members(struct doctor *doctor, struct sg_token *token, CK_SLOT_ID slot)
{
	static const char advice[] = "The token opens without it as long as another one does, but "
	                             "its PIN can't be changed. signet status shows all of them.";
	struct tool_members members;
	enum sg_err err = tool_members_read(token, &members);

	for (size_t i = 0; i < members.n && err == SG_OK; i++) {
		const struct tool_member *member = &members.list[i];
		struct tool_text text = { { NULL, 0, 0 }, SG_OK };
		char check[64];

		snprintf(check, sizeof check, "sealer %zu of slot %lu", i + 1, slot);
		tool_member_text(&text, member, true);
		doctor_report(doctor, check, member->is.err == SG_OK ? FINE : WARN,
		              member->is.err == SG_OK ? NULL : advice, "%.*s", (int)text.buf.len,
		              (const char *)text.buf.data);
		sg_buf_free(&text.buf);
	}
}

/* Look at one token: readable, sealed by this TPM, and really opening. Tell whether what its
 * record names in the TPM is all that it needs there: it opens, and is the newest, or has what an
 * older copy has not. */
static bool check_token(struct doctor *doctor, struct sg_module *module,
                        const struct tool_token *found)
{
	struct sg_token *token;
	struct sg_bytes label = TOOL_FIELD(found->info.label);
	struct sg_sealer_status status = { { 0 } };
	bool counted;
	char check[64];
	enum sg_err err;

	snprintf(check, sizeof check, "token in slot %lu", found->slot);
	tool_log_clear();
	if (found->rv != CKR_OK) {
		doctor_report(doctor, check, FAIL,
		              found->err == SG_ERR_STORE_UNSAFE ? NULL : sg_err_advice(found->err),
		              "%s (%s)", sg_err_sentence(found->err), found->why);
		return false;
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
	else if (!sg_sealer_is_hardware(token->record.sealer))
		doctor_report(doctor, check, WARN, "Make a token with the TPM for anything that "
		              "matters.", "\"%.*s\" opens, but it is sealed by \"%s\", for "
		              "development only", (int)label.len, (const char *)label.data,
		              token->record.sealer);
	else
		doctor_report(doctor, check, FINE, NULL, "\"%.*s\" opens with %s", (int)label.len,
		              (const char *)label.data, what_opens(token->record.sealer));
	check_members(doctor, token, found->slot);
	if (err != SG_OK)
		return false;
	counted = check_tries(doctor, token, found->slot);
	check_policy(doctor, token, found->slot);
	doctor_check_keys(doctor, found->slot);
	check_rollback(doctor, token, found->slot);
	check_node(doctor, token, found->slot);
	return counted || sg_token_record_anchored(&token->record);
}

void doctor_check_tokens(struct doctor *doctor)
{
	struct tool_tokens tokens = { NULL };
	struct sg_module *module = NULL;
	bool all_tell = true;

	if (tool_tokens_read(&tokens) != TOOL_OK) {
		doctor->failed = true;
		all_tell = false;
	}
	module = sg_module_enter();
	for (size_t i = 0; i < tokens.count && module != NULL; i++)
		if (!check_token(doctor, module, &tokens.list[i]))
			all_tell = false;
	if (module != NULL) {
		doctor_check_asides(doctor, module);
		doctor_check_strays(doctor, module, &tokens, all_tell);
		doctor_check_kept(doctor, module, &tokens);
	}
	if (module != NULL)
		sg_module_leave();
	for (size_t i = 0; i < tokens.count; i++)
		doctor_check_roots(doctor, &tokens.list[i]);
	tool_tokens_free(&tokens);
}
