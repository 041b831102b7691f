/* SPDX-License-Identifier: Apache-2.0
 *
 * signet unseal --check: whether the next boot will unseal, as far as that can be told before.
 * What can be opened is opened; nothing is changed but what the tripwire remembers.
 */
#include <stdio.h>
#include <string.h>

#include "core/module.h"
#include "core/token_anchor.h"
#include "core/token_material.h"
#include "core/token_objects.h"
#include "core/token_policy.h"
#include "tools/doctor.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/io.h"
#include "tools/json.h"
#include "tools/object.h"
#include "tools/token.h"
#include "tools/tripwire.h"
#include "tools/unseal_pcrs.h"
#include "tools/unseal_share.h"
#include "tools/versions.h"
#include "tools/unseal_units.h"

#define PCR_FILE_MAX 65536
#define ROOTS_MAX 1024

/* One check of a machine. */
struct check {
	struct tool *tool;
	struct doctor doctor;
	struct sg_pcrs values;          /* of --pcr-values */
	bool predicted;                 /* it was given */
	size_t found;                   /* shares and roots that open */
	bool pin_wrong;                 /* that of --key-pin-file, which is not tried again */
};

static enum tool_exit read_values(struct check *c)
{
	const char *path = c->tool->value[OPT_PCR_VALUES];
	struct sg_buf text = { NULL, 0, 0 };
	enum tool_exit code;

	if (path == NULL)
		return TOOL_OK;
	code = tool_read_file(path, PCR_FILE_MAX, &text);
	if (code == TOOL_OK && unseal_pcrs_read(sg_buf_bytes(&text), &c->values) != SG_OK)
		code = tool_fail(TOOL_USAGE, "tpm2_pcrread sha256 writes them; or sha256:7=VALUE, as "
		                 "--pcr takes them.", "%s holds no values of PCRs", path);
	c->predicted = code == TOOL_OK;
	sg_buf_free(&text);
	return code;
}

/* What sealed the token: whether it is there, the same, and takes PINs. */
static enum sg_err check_hardware(struct check *c, struct sg_token *token)
{
	struct sg_sealer_status status = { { 0 } };
	bool tpm = strcmp(token->record.sealer, "tpm") == 0;
	enum sg_err err;

	tool_log_clear();
	err = sg_token_status(token, &status);
	if (err == SG_OK && tpm && !status.parent_same)
		err = status.parent_foreign ? SG_ERR_HW_FOREIGN
		      : status.parent_found ? SG_ERR_HW_OTHER : SG_ERR_HW_NO_PARENT;
	if (err != SG_OK)
		doctor_report_err(&c->doctor, "hardware", err);
	else if (!sg_sealer_is_hardware(token->record.sealer))
		doctor_report(&c->doctor, "hardware", WARN, "Seal what matters by a TPM or an HSM.",
		              "the token is sealed by \"%s\", for development only",
		              token->record.sealer);
	else
		doctor_report(&c->doctor, "hardware", FINE, NULL, "%s is there, and sealed the token",
		              status.device);
	if (err == SG_OK && tpm && !token->record.machine && status.lockout_known)
		doctor_report(&c->doctor, "lockout", status.locked ? FAIL : FINE,
		              status.locked ? sg_err_advice(SG_ERR_LOCKED) : NULL,
		              status.locked ? "the TPM refuses every PIN for now"
		                            : "the TPM takes PINs; %u wrong ones until it does not",
		              status.tries_left);
	return err;
}

/* A reset that no boot explains. It is looked at before the token opens, which notes it. */
static enum sg_err check_tripwire(struct check *c, struct sg_token *token)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	bool refuse = token->config->tripwire == SG_TRIPWIRE_REFUSE;
	struct sg_tripwire_view view;
	enum sg_err err;

	if (strcmp(token->record.sealer, "tpm") != 0)
		return SG_OK;
	tool_log_clear();
	err = sg_token_tripwire_look(token, &view);
	if (err != SG_OK) {
		doctor_report_err(&c->doctor, "tripwire", err);
		return err;
	}
	tool_tripwire_text(&text, &view);
	if (text.err == SG_OK)
		doctor_report(&c->doctor, "tripwire",
		              view.trips == 0 ? FINE : refuse ? FAIL : WARN,
		              view.trips == 0 ? NULL : sg_err_advice(SG_ERR_TRIPWIRE), "%.*s",
		              (int)text.buf.len, (const char *)text.buf.data);
	sg_buf_free(&text.buf);
	return text.err;
}

/* Where the PIN comes from at boot, when nobody is there to type it. */
static bool check_pin(struct check *c)
{
	bool asks = (c->tool->token.flags & CKF_LOGIN_REQUIRED) != 0;
	const char *path = c->tool->value[OPT_PIN_FILE];

	if (!asks)
		doctor_report(&c->doctor, "PIN", FINE, NULL, "the token has none");
	else if (path == NULL || strcmp(path, "tty") == 0)
		doctor_report(&c->doctor, "PIN", FAIL, "Give --pin-file FILE as the service does, with "
		              "a private file or a credential of systemd.",
		              "the token asks for one, and nobody types it at boot");
	else
		return true;
	return !asks;
}

/* Open the token as a service does. */
static bool check_open(struct check *c, struct sg_token *token)
{
	bool asks = (c->tool->token.flags & CKF_LOGIN_REQUIRED) != 0;
	enum sg_err err;

	tool_log_clear();
	err = sg_token_open(token);
	if (err != SG_OK) {
		doctor_report_err(&c->doctor, "token", err);
		return false;
	}
	if (tool_open(c->tool, 0, TOOL_LOGIN) != TOOL_OK) {
		doctor_report(&c->doctor, "token", FAIL, "Standard error says why.", "it does not %s",
		              asks ? "open with this PIN" : "open");
		return false;
	}
	doctor_report(&c->doctor, "token", FINE, NULL, "\"%.*s\" opens now",
	              (int)TOOL_FIELD(c->tool->token.label).len, c->tool->token.label);
	doctor_report(&c->doctor, "rollback", FINE, NULL, "%s",
	              sg_token_record_anchored(&token->record)
	                      ? "the store is the newest, by a counter in the TPM"
	                      : "nothing tells an older copy of the store from the newest");
	return true;
}

/* Tell whether a policy holds with the values that were given. */
static enum sg_err report_predicted(struct check *c, const char *check, const char *text,
                                    const struct sg_policy *policy,
                                    const struct sg_policy_signatures *signatures)
{
	static const char reseal[] = "Before the reboot: signet reseal --pcr none, or with the new "
	                             "values; afterwards signet reseal --pcr again.";
	static const char sign[] = "Have the new values signed, and take them in with signet policy "
	                           "update.";
	enum unseal_policy says;
	char which[64];
	enum sg_err err = unseal_pcrs_compare(policy, signatures, &c->values, &says, which);

	if (err != SG_OK)
		return err;
	switch (says) {
	case UNSEAL_POLICY_HOLDS:
		doctor_report(&c->doctor, check, FINE, NULL, "%s holds with the values given",
		              text);
		break;
	case UNSEAL_POLICY_DIFFERS:
		doctor_report(&c->doctor, check, FAIL, reseal, "%s does not hold with the values "
		              "given: %s differs", text, which);
		break;
	case UNSEAL_POLICY_UNSIGNED:
		doctor_report(&c->doctor, check, FAIL, sign, "%s does not hold with the values given: "
		              "nobody has signed them", text);
		break;
	case UNSEAL_POLICY_UNKNOWN:
		doctor_report(&c->doctor, check, FAIL, "Add its value to the file.", "%s asks for "
		              "%s, and the file does not say what that will be", text, which);
		break;
	}
	return SG_OK;
}

/* What of the boot something is bound to, by the text of its policy. It was opened: today's values
 * are good. */
static void check_policy(struct check *c, const struct sg_token *token, const char *check,
                         struct sg_bytes stored)
{
	struct sg_policy_signatures signatures = { NULL };
	struct sg_policy policy = { 0 };
	struct sg_buf text = { 0 };
	char words[300];
	enum sg_err err;

	tool_log_clear();
	err = sg_token_policy_text(stored, &policy);
	if (err == SG_OK)
		err = sg_policy_text(&policy, false, &text);
	if (err == SG_OK)
		err = sg_token_signatures(token, stored, &signatures);
	snprintf(words, sizeof words, "%.*s", (int)text.len, (const char *)text.data);
	if (err == SG_OK && text.len == 0)
		doctor_report(&c->doctor, check, FINE, NULL,
		              "none: the token opens whatever this machine boots");
	else if (err == SG_OK && c->predicted)
		err = report_predicted(c, check, words, &policy, &signatures);
	else if (err == SG_OK)
		doctor_report(&c->doctor, check, FINE, NULL, "%s holds now, and at the next boot if "
		              "that measures the same; --pcr-values checks other values", words);
	if (err != SG_OK)
		doctor_report_err(&c->doctor, check, err);
	sg_policy_signatures_clear(&signatures);
	sg_policy_clear(&policy);
	sg_buf_free(&text);
}

/* Open all shares of a vault. */
static void check_vault(struct check *c, const struct unseal_vault *vault)
{
	CK_OBJECT_HANDLE handles[UNSEAL_SHARES_MAX];
	struct sg_secret *share = NULL;
	char check[UNSEAL_VAULT_NAME + 16];
	size_t n = 0, good = 0;
	CK_RV rv;

	snprintf(check, sizeof check, "shares of %s", vault->name);
	tool_log_clear();
	rv = unseal_shares_find(c->tool, vault->name, handles, UNSEAL_SHARES_MAX, &n);
	for (size_t i = 0; i < n && rv == CKR_OK; i++) {
		rv = unseal_share_open(c->tool, handles[i], &share);
		good += share != NULL;
		sg_secret_free(&share);
	}
	if (rv != CKR_OK) {
		doctor_report_err(&c->doctor, check, tool_cause(rv));
		return;
	}
	c->found += good;
	if (good == 0)
		doctor_report(&c->doctor, check, FAIL, "signet unseal remove, then signet unseal "
		              "add.", "what is kept is no share: none has the size of one");
	else
		doctor_report(&c->doctor, check, FINE, NULL,
		              "%zu open; the vault must need no more", good);
}

static void check_shares(struct check *c)
{
	struct unseal_vaults vaults;
	CK_RV rv;

	tool_log_clear();
	rv = unseal_vaults_read(c->tool, &vaults);
	if (rv != CKR_OK)
		doctor_report_err(&c->doctor, "shares", tool_cause(rv));
	for (size_t i = 0; i < vaults.n; i++)
		check_vault(c, &vaults.list[i]);
}

/* Where the PIN of a root's own comes from at boot. A wrong one costs a try of the hardware, so it
 * is not tried with the next root. */
static bool pin_is_given(struct check *c, const char *check)
{
	const char *path = c->tool->value[OPT_KEY_PIN_FILE];

	if (path == NULL || strcmp(path, "tty") == 0)
		doctor_report(&c->doctor, check, WARN, "Give --key-pin-file FILE as the service does, "
		              "with a private file or a credential of systemd.",
		              "it has a PIN of its own, which nobody types at boot");
	else if (c->pin_wrong)
		doctor_report(&c->doctor, check, WARN, "Check it again with the PIN of its own.",
		              "it was not opened: the PIN was wrong for another root");
	else
		return true;
	return false;
}

static enum sg_err open_root(struct check *c, struct sg_token *token, struct sg_object *object,
                             const struct tool_object *root)
{
	const struct sg_secret *material;
	struct sg_secret *pin = NULL;
	enum sg_err err;

	if (!root->pin)
		return sg_token_material(token, object, &material);
	if (tool_key_pin(c->tool, sg_buf_bytes(&root->label), &pin) != TOOL_OK)
		return SG_ERR_KEY_PIN;
	tool_log_clear();
	err = sg_token_material_pin(token, object, sg_secret_bytes(pin), &material);
	c->pin_wrong = err == SG_ERR_AUTH;
	sg_secret_free(&pin);
	return err;
}

/* Open one root, and look at a policy of its own. */
static void check_root(struct check *c, struct sg_token *token, const struct tool_object *root)
{
	struct sg_object *object = NULL;
	struct sg_buf policy = { NULL, 0, 0 };
	char check[320];
	enum sg_err err;

	snprintf(check, sizeof check, "root %.*s", (int)root->label.len,
	         (const char *)root->label.data);
	if (root->resident) {
		doctor_report(&c->doctor, check, FINE, NULL, "it lives in the hardware");
		c->found++;
		return;
	}
	if (root->pin && !pin_is_given(c, check))
		return;
	tool_log_clear();
	err = sg_token_object(token, root->handle, &object);
	if (err == SG_OK)
		err = open_root(c, token, object, root);
	sg_object_unref(&object);
	if (err != SG_OK) {
		doctor_report_err(&c->doctor, check, err);
		return;
	}
	c->found++;
	doctor_report(&c->doctor, check, FINE, NULL, "it opens");
	if (tool_attribute(c->tool, root->handle, CKA_SIGNET_POLICY, &policy) == CKR_OK &&
	    policy.len > 0)
		check_policy(c, token, check, sg_buf_bytes(&policy));
	sg_buf_free(&policy);
}

static void check_roots(struct check *c, struct sg_token *token)
{
	CK_OBJECT_HANDLE *handles = NULL;
	size_t n = 0;

	if (tool_find(c->tool, CKO_SECRET_KEY, NULL, &handles, &n) != TOOL_OK)
		c->doctor.failed = true;
	for (size_t i = 0; i < n && i < ROOTS_MAX; i++) {
		struct tool_object object;

		if (tool_object_read(c->tool, handles[i], &object) == TOOL_OK &&
		    tool_version_trusted(c->tool, &object))
			check_root(c, token, &object);
		tool_object_free(&object);
	}
	free(handles);
}

static void check_units(struct check *c)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	unseal_units("", &text);
	if (text.buf.len == 0)
		doctor_report(&c->doctor, "units", WARN, "systemctl enable signet-unseal.service; or "
		              "the unit of the vault does it itself.",
		              "systemd starts none of signet's at boot");
	else
		doctor_report(&c->doctor, "units", FINE, NULL, "systemd starts %.*s at boot",
		              (int)text.buf.len, (const char *)text.buf.data);
	sg_buf_free(&text.buf);
}

/* Go through all that the next boot needs; what can't be asked needs no second line about it. */
static void check_all(struct check *c, struct sg_token *token)
{
	enum sg_err err = check_hardware(c, token);
	bool pin;

	if (err == SG_OK)
		err = check_tripwire(c, token);
	pin = check_pin(c);
	if (err == SG_OK && pin && check_open(c, token)) {
		check_policy(c, token, "policy", sg_buf_bytes(&token->record.policy));
		check_shares(c);
		check_roots(c, token);
		if (c->found == 0 && !c->doctor.failed)
			doctor_report(&c->doctor, "kept", WARN, "signet unseal add keeps a vault's "
			              "shares, signet root create makes a root.",
			              "the token has nothing that unseals a vault");
	}
	check_units(c);
}

static enum tool_exit run(struct tool *tool)
{
	struct check c = { .tool = tool };
	struct sg_token *token;
	enum tool_exit code;
	enum sg_err err;

	code = tool_token_choose(tool);
	if (code == TOOL_OK)            /* digests are computed */
		code = read_values(&c);
	if (code != TOOL_OK)
		return code;
	if (tool_given(tool, OPT_JSON)) {
		c.doctor.json = json_array();
		if (c.doctor.json == NULL)
			return tool_fail_err(SG_ERR_NOMEM, "can't look at the token");
	}
	tool_log_clear();
	err = tool_token_enter(tool, &token);
	if (err != SG_OK) {
		json_decref(c.doctor.json);
		return tool_fail_err(err, "can't read the token");
	}
	check_all(&c, token);
	sg_module_leave();
	code = c.doctor.json != NULL ? tool_json_out(c.doctor.json) : tool_text_out(&c.doctor.text);
	return code == TOOL_OK && c.doctor.failed ? TOOL_FAILED : code;
}

const struct tool_verb tool_verb_unseal_check = {
	.name = "unseal check",
	.summary = "tell whether the next boot will unseal",
	.usage = "[--pcr-values FILE] [--token LABEL] [--pin-file FILE]\n"
	         "                    [--key-pin-file FILE] [--json]",
	.text = "The same as signet unseal --check. Opens the token, and the shares and roots in it,\n"
	        "as a service does. Each line begins with ok, warn or FAIL, and says what to do.\n"
	        "The exit code is 0 if nothing fails.",
	.example = "signet unseal check --pcr-values predicted",
	.run = run,
	.options = { OPT_PCR_VALUES, OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE, OPT_JSON },
};
