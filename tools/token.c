/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Choosing and opening a token.
 */
#include "tools/token.h"
#include "tools/tries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/module.h"
#include "tools/fail.h"
#include "tools/pin.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/time.h"
#include "tools/uri.h"

enum tool_exit tool_start(void)
{
	static bool started;
	CK_RV rv;

	if (started)
		return TOOL_OK;
	rv = C_Initialize(NULL);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't start");
	started = true;
	tool_log_gather();      /* the configuration may have sent the lines to syslog */
	return TOOL_OK;
}

struct sg_bytes tool_field(const unsigned char *field, size_t size)
{
	while (size > 0 && field[size - 1] == ' ')
		size--;
	return sg_bytes(field, size);
}

static enum tool_exit read_slots(CK_SLOT_ID **slots, CK_ULONG *count)
{
	CK_RV rv = C_GetSlotList(CK_FALSE, NULL, count);

	if (rv == CKR_OK) {
		*slots = calloc(*count + 1, sizeof **slots);
		rv = *slots == NULL ? CKR_HOST_MEMORY : C_GetSlotList(CK_FALSE, *slots, count);
	}
	return rv == CKR_OK ? TOOL_OK : tool_fail_rv(rv, "can't list the tokens");
}

enum tool_exit tool_tokens_read(struct tool_tokens *tokens)
{
	CK_SLOT_ID *slots = NULL;
	CK_ULONG count = 0;
	enum tool_exit code = tool_start();

	*tokens = (struct tool_tokens){ NULL };
	if (code == TOOL_OK)
		code = read_slots(&slots, &count);
	if (code == TOOL_OK) {
		tokens->list = calloc(count + 1, sizeof *tokens->list);
		if (tokens->list == NULL)
			code = tool_fail_err(SG_ERR_NOMEM, "can't list the tokens");
	}
	if (code == TOOL_OK && count > 0)
		tokens->empty = slots[count - 1];
	for (CK_ULONG i = 0; i < count && code == TOOL_OK; i++) {
		struct tool_token *token = &tokens->list[tokens->count];

		tool_log_clear();
		token->slot = slots[i];
		token->rv = C_GetTokenInfo(slots[i], &token->info);
		if (token->rv == CKR_OK && (token->info.flags & CKF_TOKEN_INITIALIZED) == 0)
			continue;
		token->err = tool_cause(token->rv);
		snprintf(token->why, sizeof token->why, "%s", tool_log_lines(token->err));
		tokens->count++;
	}
	tool_log_clear();
	free(slots);
	return code;
}

void tool_tokens_free(struct tool_tokens *tokens)
{
	free(tokens->list);
	*tokens = (struct tool_tokens){ NULL };
}

static bool matches(const struct tool_token *token, const char *name)
{
	if (token->rv != CKR_OK)
		return false;
	if (tool_uri_is(name))
		return tool_uri_is_token(name, &token->info);
	return sg_bytes_equal(TOOL_FIELD(token->info.label), sg_bytes_str(name)) ||
	       sg_bytes_equal(TOOL_FIELD(token->info.serialNumber), sg_bytes_str(name));
}

/* Say which tokens there are. */
static void tell_tokens(const struct tool_tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++) {
		const struct tool_token *token = &tokens->list[i];

		if (token->rv == CKR_OK)
			tool_note("slot %lu: \"%.*s\", serial %.*s", token->slot,
			          (int)TOOL_FIELD(token->info.label).len, token->info.label,
			          (int)TOOL_FIELD(token->info.serialNumber).len,
			          token->info.serialNumber);
		else
			tool_note("slot %lu: can't be read: %s", token->slot, token->why);
	}
}

/* Return the one token that is meant, or NULL with the code of what was told. */
static const struct tool_token *choose(const struct tool_tokens *tokens, const char *name,
                                       enum tool_exit *code)
{
	const struct tool_token *chosen = NULL, *broken = NULL;
	size_t hits = 0;

	for (size_t i = 0; i < tokens->count; i++) {
		if (tokens->list[i].rv != CKR_OK)
			broken = &tokens->list[i];
		if (name == NULL || matches(&tokens->list[i], name)) {
			chosen = &tokens->list[i];
			hits++;
		}
	}
	if (hits == 1 && chosen->rv == CKR_OK)
		return chosen;
	if (hits > 1) {
		*code = tool_fail(TOOL_USAGE, NULL, name == NULL ? "there are several tokens"
		                                                 : "several tokens have this name");
		tell_tokens(tokens);
		tool_note("next step: choose one with --token and its label or serial");
	} else if (broken != NULL) {
		*code = tool_fail(tool_exit_err(broken->err), broken->err == SG_ERR_STORE_UNSAFE
		                  ? "What mends it stands above."
		                  : sg_err_advice(broken->err),
		                  "can't read the token in slot %lu: %s (%s)", broken->slot,
		                  sg_err_sentence(broken->err), broken->why);
	} else if (tokens->count == 0) {
		*code = tool_fail_err(SG_ERR_STORE_MISSING, "can't choose a token");
	} else {
		*code = tool_fail(TOOL_NOT_FOUND, "signet status lists the tokens.",
		                  "there is no token \"%s\"", name);
	}
	return NULL;
}

enum tool_exit tool_token_choose(struct tool *tool)
{
	const struct tool_token *chosen;
	struct tool_tokens tokens = { NULL };
	const char *name = tool->value[OPT_TOKEN];
	enum tool_exit code = TOOL_OK;

	if (name == NULL)
		name = tool_uri_naming_token(tool);
	if (name != NULL && tool_uri_is(name))
		code = tool_uri_check(name);
	if (code == TOOL_OK)
		code = tool_tokens_read(&tokens);
	if (code != TOOL_OK)
		goto out;
	chosen = choose(&tokens, name, &code);
	if (chosen == NULL)
		goto out;
	tool->slot = chosen->slot;
	tool->token = chosen->info;
out:
	tool_tokens_free(&tokens);
	return code;
}

/* What is known of the PIN that was refused. */
struct refused {
	bool own;                       /* it has an index, which counts for it alone */
	bool officer;                   /* there is one */
	struct sg_seal_tries tries;
	struct sg_sealer_status status;
};

static bool ask_sealer(CK_SLOT_ID slot, enum sg_user user, struct refused *out)
{
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;
	enum sg_err err;

	*out = (struct refused){ .officer = false };
	if (module == NULL)
		return false;
	err = sg_module_token(module, slot, &token);
	if (err == SG_OK)
		err = sg_token_tries(token, user, &out->tries);
	if (err == SG_OK) {
		out->officer = token->record.copy[SG_SEAL_SO].blob.len > 0;
		out->own = token->record.pin_tries > 0 && user == SG_USER;
		err = sg_token_status(token, &out->status);
	}
	sg_module_leave();
	return err == SG_OK && (out->own ? out->tries.known : out->status.lockout_known);
}

/* Where the PIN has no index, its tries are those of the TPM. */
static enum tool_exit tell_refused(const struct refused *refused, CK_RV rv, const char *what)
{
	const struct sg_sealer_status status = refused->status;
	char span[64], until[64];

	tool_span(status.seconds_per_try, span, sizeof span);
	tool_until(status.seconds_per_try, until, sizeof until);
	if (rv == CKR_PIN_LOCKED)
		return tool_fail(TOOL_LOCKED, "Wait. The machine must stay on meanwhile.",
		                 "%s was not tried: %s; the next try is possible at %s, or before",
		                 what, sg_err_sentence(SG_ERR_LOCKED), until);
	if (status.locked)
		return tool_fail(TOOL_PIN, "Wait. The machine must stay on meanwhile.",
		                 "%s is wrong, and that was the last try for now: the next one is "
		                 "possible at %s, or before", what, until);
	return tool_fail(TOOL_PIN, NULL, "%s is wrong: %u %s left until the TPM refuses every PIN; "
	                 "one try is given back every %s", what, status.tries_left,
	                 status.tries_left == 1 ? "try is" : "tries are", span);
}

enum tool_exit tool_login_failed(struct tool *tool, CK_USER_TYPE user, CK_RV rv, const char *what)
{
	struct refused refused;

	if (rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LOCKED)
		return tool_fail_rv(rv, "can't use %s", what);
	/* What the library said comes first: asking says more. */
	if (tool_cause(rv) == SG_ERR_PIN_SPENT ||
	    !ask_sealer(tool->slot, user == CKU_SO ? SG_SO : SG_USER, &refused))
		return tool_fail_rv(rv, "%s was not accepted", what);
	return refused.own ? tool_tries_failed(&refused.tries, refused.officer, what)
	                   : tell_refused(&refused, rv, what);
}

enum tool_exit tool_log_in(struct tool *tool, CK_USER_TYPE user, enum tool_option option)
{
	struct sg_bytes label = TOOL_FIELD(tool->token.label);
	struct sg_secret *pin = NULL;
	enum tool_exit code;
	char what[96];
	CK_RV rv;

	snprintf(what, sizeof what, "the %sPIN of token \"%.*s\"",
	         user == CKU_SO ? "security officer's " : "", (int)label.len,
	         (const char *)label.data);
	code = tool_pin_read(tool, option, what, false, &pin);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	tool_progress_begin("proving the PIN to the TPM");
	rv = C_Login(tool->session, user, pin->data, pin->len);
	tool_progress_end();
	sg_secret_free(&pin);
	if (rv != CKR_OK)
		return tool_login_failed(tool, user, rv, what);
	tool->logged_in = true;
	return TOOL_OK;
}

enum sg_err tool_token_enter(const struct tool *tool, struct sg_token **token)
{
	struct sg_module *module = sg_module_enter();
	enum sg_err err;

	if (module == NULL)
		return SG_ERR_SYSTEM;
	err = sg_module_token(module, tool->slot, token);
	if (err == SG_OK)
		err = sg_token_sync(*token);
	if (err != SG_OK)
		sg_module_leave();
	return err;
}

enum tool_exit tool_officer_needed(const struct tool *tool)
{
	struct sg_bytes label = TOOL_FIELD(tool->token.label);
	struct sg_token *token;
	bool there = false;
	enum sg_err err;

	tool_log_clear();
	err = tool_token_enter(tool, &token);
	if (err != SG_OK)
		return tool_fail_err(err, "can't read the token");
	there = token->record.copy[SG_SEAL_SO].blob.len > 0;
	sg_module_leave();
	return there ? TOOL_OK
	             : tool_fail(TOOL_FAILED, "Only who knows the user's PIN can change it: signet pin "
	                         "set.", "token \"%.*s\" has no security officer",
	                         (int)label.len, (const char *)label.data);
}

enum tool_exit tool_open(struct tool *tool, CK_FLAGS flags, enum tool_login login)
{
	bool given = tool_given(tool, OPT_PIN_FILE) || tool_given(tool, OPT_LOGIN);
	enum tool_exit code = tool_token_choose(tool);
	CK_RV rv;

	if (code != TOOL_OK)
		return code;
	/* Who means a PIN token does not go on in another one that somebody put in its place. */
	if ((tool->token.flags & CKF_LOGIN_REQUIRED) == 0 && login != TOOL_NO_LOGIN && given)
		return tool_fail(TOOL_USAGE, "signet status shows what the token is.",
		                 "token \"%.*s\" is a machine token, which has no PIN",
		                 (int)TOOL_FIELD(tool->token.label).len, tool->token.label);
	tool_log_clear();
	rv = C_OpenSession(tool->slot, flags | CKF_SERIAL_SESSION, NULL, NULL, &tool->session);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't open the token");
	if ((tool->token.flags & CKF_LOGIN_REQUIRED) == 0 || login == TOOL_NO_LOGIN ||
	    (login == TOOL_LOGIN_IF_GIVEN && !given))
		return TOOL_OK;
	return tool_log_in(tool, CKU_USER, OPT_PIN_FILE);
}
