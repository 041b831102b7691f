/* SPDX-License-Identifier: Apache-2.0
 *
 * signet migrate: move a token to another sealer, or to other hardware of the same kind.
 * PKCS#11 has no call for it, so this verb calls core.
 */
#include <stdio.h>
#include <string.h>

#include "core/module.h"
#include "core/token_migrate.h"
#include "tools/fail.h"
#include "tools/hsm.h"
#include "tools/json.h"
#include "tools/pin.h"
#include "tools/policy.h"
#include "tools/progress.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/tries.h"

/* What is read for it. */
struct migration {
	struct sg_token_migration how;
	struct sg_config *config;
	struct sg_buf policy;
	struct sg_secret *pin, *so_pin, *owner;
	struct sg_token_migrated out;
	char serial[SG_SERIAL];
};

static void clear(struct migration *m)
{
	sg_token_migrated_clear(&m->out);
	sg_config_free(&m->config);
	sg_buf_free(&m->policy);
	sg_secret_free(&m->pin);
	sg_secret_free(&m->so_pin);
	sg_secret_free(&m->owner);
}

/* Where the new hardware is: as the configuration says, but for what is named here. */
static enum tool_exit read_target(const struct tool *tool, struct migration *m)
{
	enum sg_err err = sg_config_load(&m->config);

	if (err == SG_OK && tool_given(tool, OPT_TPM))
		err = sg_config_set_tcti(m->config, tool->value[OPT_TPM]);
	if (err == SG_OK)
		err = tool_hsms_take(tool, m->config);
	if (err == SG_ERR_ARG)
		return tool_fail(TOOL_USAGE, NULL, "--tpm needs the name of a TPM");
	m->how.sealer = tool->value[OPT_TO];
	m->how.config = m->config;
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't tell where the new sealer is");
}

/* Which PINs the token has: each seals a copy of its key, so all of them are needed. */
static enum tool_exit look_at_pins(const struct tool *tool, bool *user, bool *officer)
{
	struct sg_token *token;
	enum sg_err err;

	tool_log_clear();
	err = tool_token_enter(tool, &token);
	if (err != SG_OK)
		return tool_fail_err(err, "can't read the token");
	*user = token->record.copy[SG_SEAL_USER].blob.len > 0;
	*officer = token->record.copy[SG_SEAL_SO].blob.len > 0;
	sg_module_leave();
	return TOOL_OK;
}

/* Refuse what can't be meant, before anybody is asked for a PIN. */
static enum tool_exit check_pins(const struct tool *tool, bool user, bool officer)
{
	bool without = tool_given(tool, OPT_WITHOUT_OFFICER);
	bool given = tool_given(tool, OPT_SO_PIN_FILE);

	if (!user && !officer && (tool_given(tool, OPT_PIN_FILE) || given || without))
		return tool_fail(TOOL_USAGE, NULL, "a machine token has no PIN, and no security officer");
	if (without && given)
		return tool_fail(TOOL_USAGE, NULL, "--without-officer and --so-pin-file don't go together");
	if (tool_given(tool, OPT_PIN_FILE) && !user)
		return tool_fail(TOOL_USAGE, "Move the token with --so-pin-file alone.",
		                 "the user's PIN of this token is not set");
	if ((given || without) && !officer)
		return tool_fail(TOOL_USAGE, NULL, "this token has no security officer");
	if (without && !user)
		return tool_fail(TOOL_USAGE, NULL, "the user's PIN is not set: without its security "
		                 "officer nobody could open this token");
	if (officer && !given && !without && !tool_terminal_there())
		return tool_fail(TOOL_USAGE, "--so-pin-file FILE names it; with --without-officer the "
		                 "token has no security officer from now on.",
		                 "the security officer's PIN is needed too");
	return TOOL_OK;
}

static enum tool_exit read_pins(const struct tool *tool, struct migration *m)
{
	bool user = false, officer = false;
	enum tool_exit code = look_at_pins(tool, &user, &officer);

	if (code == TOOL_OK)
		code = check_pins(tool, user, officer);
	if (code == TOOL_OK && user && (tool->token.flags & CKF_LOGIN_REQUIRED) != 0)
		code = tool_pin_read(tool, OPT_PIN_FILE, "the PIN", false, &m->pin);
	if (code == TOOL_OK && officer && !tool_given(tool, OPT_WITHOUT_OFFICER))
		code = tool_pin_read(tool, OPT_SO_PIN_FILE, "the security officer's PIN", false,
		                     &m->so_pin);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &m->owner);
	m->how.pins = (struct sg_token_pins){ m->pin, m->so_pin, m->owner };
	return code;
}

static enum tool_exit read_all(struct tool *tool, struct migration *m)
{
	enum tool_exit code = tool_token_choose(tool);

	m->how.dry = tool_given(tool, OPT_DRY_RUN);
	m->how.leave_behind = tool_given(tool, OPT_LEAVE_BEHIND);
	m->how.without_officer = tool_given(tool, OPT_WITHOUT_OFFICER);
	m->how.rollback_protection = tool_given(tool, OPT_ROLLBACK_PROTECTION);
	m->how.other_policy = tool_policy_given(tool);
	m->how.other_tries = tool_given(tool, OPT_PIN_TRIES);
	if (code == TOOL_OK && m->how.other_tries &&
	    (tool->token.flags & CKF_LOGIN_REQUIRED) == 0)
		code = tool_fail(TOOL_USAGE, NULL, "a machine token has no PIN whose tries could be "
		                 "counted");
	if (code == TOOL_OK && m->how.other_policy)
		code = tool_policy_read(tool, &m->policy);
	m->how.policy = sg_buf_bytes(&m->policy);
	if (code == TOOL_OK && m->how.other_tries)
		code = tool_tries_read(tool, &m->how.pin_tries);
	if (code == TOOL_OK)
		code = tool_hsms_check(tool);
	if (code == TOOL_OK)
		code = read_target(tool, m);
	return code == TOOL_OK ? read_pins(tool, m) : code;
}

static enum sg_err migrate(const struct tool *tool, struct migration *m)
{
	struct sg_token *token;
	enum sg_err err = tool_token_enter(tool, &token);

	if (err != SG_OK)
		return err;
	sg_token_record_serial(&token->record, m->serial);
	err = sg_token_migrate(token, &m->how, &m->out);
	sg_module_leave();
	return err;
}

static const char *const whys[SG_STAY_WHYS] = {
	[SG_STAY_RESIDENT] = "lives in the hardware that it was made in, and never leaves it",
	[SG_STAY_CLOSED] = "is not opened by the hardware that sealed it",
	[SG_STAY_KEY_POLICY] = "has a policy of its own, which the new sealer can't enforce",
	[SG_STAY_KEY_PIN] = "has a PIN of its own, without which nothing opens it",
	[SG_STAY_ORIGIN] = "was enrolled, and the registrar knows the hardware that has it",
	[SG_STAY_POLICY] = "the policy of the token, which the new sealer can't enforce",
	[SG_STAY_TRIES] = "the count of wrong PINs, which the new sealer can't keep",
	[SG_STAY_COUNTER] = "rollback protection, for which the new sealer has no counter",
};

static struct sg_bytes value(const struct sg_stay *stay, CK_ATTRIBUTE_TYPE type)
{
	struct sg_bytes bytes = sg_bytes("", 0);

	if (stay->object != NULL && !sg_attrs_get(&stay->object->attrs, type, &bytes))
		bytes = sg_bytes("", 0);
	return bytes;
}

/* A line for each thing that can't move. */
static void add_stays(struct tool_text *text, const struct migration *m)
{
	for (size_t i = 0; i < m->out.n_stays; i++) {
		const struct sg_stay *stay = &m->out.stays[i];

		tool_text_add(text, "  ");
		if (stay->object != NULL) {
			tool_text_add(text, "key \"");
			tool_text_name(text, value(stay, CKA_LABEL));
			tool_text_add(text, "\" (id ");
			tool_text_hex(text, value(stay, CKA_ID));
			tool_text_add(text, "): ");
		}
		tool_text_add(text, "%s", whys[stay->why]);
		if (stay->err != SG_OK)
			tool_text_add(text, " (%s)", sg_err_sentence(stay->err));
		tool_text_add(text, "\n");
	}
}

static json_t *stays_json(const struct migration *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->out.n_stays; i++) {
		static const char *const whats[SG_STAY_WHYS] = {
			[SG_STAY_RESIDENT] = "resident key", [SG_STAY_CLOSED] = "closed key",
			[SG_STAY_KEY_POLICY] = "key policy", [SG_STAY_KEY_PIN] = "key pin",
			[SG_STAY_ORIGIN] = "enrolled key",
			[SG_STAY_POLICY] = "policy", [SG_STAY_TRIES] = "pin tries",
			[SG_STAY_COUNTER] = "rollback protection",
		};
		const struct sg_stay *stay = &m->out.stays[i];
		struct tool_text id = { { NULL, 0, 0 }, SG_OK };
		json_t *json = json_object();

		tool_text_hex(&id, value(stay, CKA_ID));
		tool_json_put(json, "what", json_string(whats[stay->why]));
		tool_json_put(json, "label", tool_json_text(value(stay, CKA_LABEL)));
		tool_json_put(json, "id", tool_json_text(sg_buf_bytes(&id.buf)));
		tool_json_put(json, "error",
		              stay->err == SG_OK ? json_null()
		                                 : json_string(sg_err_name(stay->err)));
		tool_json_append(list, json);
		sg_buf_free(&id.buf);
	}
	return list;
}

static enum tool_exit tell_json(const struct tool *tool, const struct migration *m)
{
	const struct sg_token_migrated *out = &m->out;
	json_t *json = json_object();

	tool_json_put(json, "label", tool_json_text(TOOL_FIELD(tool->token.label)));
	tool_json_put(json, "serial", tool_json_text(sg_bytes(m->serial, SG_SERIAL)));
	tool_json_put(json, "from", json_string(out->from));
	tool_json_put(json, "to", tool_json_text(sg_bytes_str(m->how.sealer)));
	tool_json_put(json, "device", tool_json_text(sg_bytes_str(out->device)));
	tool_json_put(json, "dry_run", json_boolean(m->how.dry));
	tool_json_put(json, "done", json_boolean(out->done));
	tool_json_put(json, "objects", json_integer((json_int_t)out->objects));
	tool_json_put(json, "sealed", json_integer((json_int_t)out->sealed));
	tool_json_put(json, "storage_key_made", json_boolean(out->parent_made));
	tool_json_put(json, "left_behind", stays_json(m));
	tool_json_put(json, "aside", out->aside != NULL
	                                     ? tool_json_text(sg_bytes_str(out->aside))
	                                     : json_null());
	return tool_json_out(json);
}

static enum tool_exit tell(const struct tool *tool, const struct migration *m)
{
	const struct sg_token_migrated *out = &m->out;
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "%s token \"", out->done ? "Moved" : "Would move");
	tool_text_name(&text, TOOL_FIELD(tool->token.label));
	tool_text_add(&text, "\", serial %.*s, from %s to %s (%s).\n", SG_SERIAL, m->serial,
	              out->from, m->how.sealer, out->device);
	tool_text_add(&text, "Objects: %zu, of which %zu are sealed one by one%s.\n", out->objects,
	              out->sealed, out->done ? "; all were read again and compared" : "");
	if (out->n_stays > 0)
		tool_text_add(&text, out->done ? "Left behind:\n" : "It would leave behind:\n");
	add_stays(&text, m);
	if (!out->done)
		return tool_text_out(&text);
	tool_text_add(&text, "The old store is kept as %s, with all its keys: signet destroy --aside "
	              "removes it, or mv puts it back in its place.\n", out->aside);
	if (tool_given(tool, OPT_TPM))
		tool_text_add(&text, "This TPM must be named from now on: tcti = %s in signet.conf(5), "
		              "or SIGNET_TCTI=%s in the environment.\n", m->config->tcti,
		              m->config->tcti);
	tool_hsms_tell(tool, &text);
	return tool_text_out(&text);
}

/* Something can't move, and nobody said that it may stay. */
static enum tool_exit refuse(const struct tool *tool, const struct migration *m)
{
	struct sg_bytes label = TOOL_FIELD(tool->token.label);
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "signet: this can't move:\n");
	add_stays(&text, m);
	if (text.err == SG_OK)
		(void)fwrite(text.buf.data, 1, text.buf.len, stderr);
	sg_buf_free(&text.buf);
	return tool_fail(TOOL_FAILED, "With --leave-behind the token moves without it, and it stays in "
	                 "the old store, which is kept.",
	                 "not all of token \"%.*s\" can move to %s; nothing was changed",
	                 (int)label.len, (const char *)label.data, m->how.sealer);
}

static enum tool_exit conclude(const struct tool *tool, const struct migration *m, enum sg_err err)
{
	struct sg_bytes label = TOOL_FIELD(tool->token.label);
	bool refused = m->out.n_stays > 0 && !m->how.leave_behind;
	enum tool_exit code = TOOL_OK;

	if (m->out.done)
		tool_done("Moved the token; the old store is %s", m->out.aside);
	if (err == SG_ERR_ARG && m->out.same)
		return tool_fail(TOOL_EXISTS, strcmp(m->how.sealer, "tpm") == 0
		                                      ? "--tpm names another TPM." : NULL,
		                 "token \"%.*s\" is sealed by this hardware already; nothing was changed",
		                 (int)label.len, (const char *)label.data);
	if (err != SG_OK)
		return tool_fail_err(err, "can't move token \"%.*s\"%s", (int)label.len,
		                     (const char *)label.data, m->out.done ? " for good" : "");
	if (tool_given(tool, OPT_JSON))
		code = tell_json(tool, m);
	else if (m->out.done || !refused)
		code = tell(tool, m);
	return code == TOOL_OK && refused ? refuse(tool, m) : code;
}

static enum tool_exit run(struct tool *tool)
{
	struct migration m = { .config = NULL };
	enum tool_exit code = read_all(tool, &m);
	enum sg_err err;

	if (code == TOOL_OK) {
		tool_log_clear();
		tool_progress_begin("moving the token");
		err = migrate(tool, &m);
		tool_progress_end();
		code = conclude(tool, &m, err);
	}
	clear(&m);
	return code;
}

const struct tool_verb tool_verb_migrate = {
	.name = "migrate",
	.summary = "move a token to another sealer",
	.usage = "--to NAME [--tpm TCTI] [--hsm URI] [--pin-file FILE] [--so-pin-file FILE |\n"
	         "              --without-officer] [--leave-behind] [--dry-run] [--pcr BANK:PCRS]\n"
	         "              [--policy-key FILE] [--pin-tries N] [--rollback-protection]\n"
	         "              [--owner-auth-file FILE] [--token LABEL] [--json]",
	.text = "Everything is sealed anew and compared before the new store takes the place of the old\n"
	        "one, which is kept beside it. Label, serial number and objects stay, also what\n"
	        "protects the token, unless said otherwise. What can't move is named, and nothing is\n"
	        "done then. The TPM that the token moves to is that of --tpm, the HSM that of --hsm, or\n"
	        "as configured; the TPM's owner may need --owner-auth-file.",
	.example = "signet migrate --token vault --to tpm --dry-run",
	.run = run,
	.options = { OPT_TO, OPT_TPM, OPT_HSM, OPT_PIN_FILE, OPT_SO_PIN_FILE, OPT_WITHOUT_OFFICER,
	             OPT_LEAVE_BEHIND, OPT_DRY_RUN, OPT_PCR, OPT_POLICY_KEY, OPT_PIN_TRIES,
	             OPT_ROLLBACK_PROTECTION, OPT_OWNER_AUTH_FILE, OPT_TOKEN, OPT_JSON },
	.required = { OPT_TO },
	.makes = true,
};
