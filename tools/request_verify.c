/* SPDX-License-Identifier: Apache-2.0
 *
 * signet request verify: tell whether a request is signed by who may, as a server would.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "enroll/guard.h"
#include "enroll/message.h"
#include "enroll/net.h"
#include "tools/fail.h"
#include "tools/fleet.h"
#include "tools/guard.h"
#include "tools/json.h"
#include "tools/machines.h"
#include "tools/message.h"
#include "tools/object.h"
#include "tools/raw_request.h"
#include "tools/signing.h"
#include "tools/text.h"
#include "tools/token.h"

/* What a run has. */
struct check {
	struct tool *tool;
	struct tool_machines machines;
	struct sg_guard_verifier fleet; /* of --registrar */
	CK_OBJECT_HANDLE hmac_key;      /* of --label */
	struct tool_message message;
	struct tool_raw raw;
	const struct sg_request_message *request;
	struct sg_request_reading reading;
	char *require;
	int64_t now, skew;
	const struct sg_request_verdict *verdict;       /* NULL: it did not come to one */
};

/* See sg_request_coder. */
static int code_of(void *context, const uint8_t *bytes, size_t len, uint8_t code[32])
{
	struct check *check = context;
	CK_MECHANISM mechanism = { CKM_SHA256_HMAC, NULL, 0 };
	CK_ULONG made = 32;
	CK_RV rv = tool_key_open(check->tool, check->hmac_key);

	if (rv == CKR_OK)
		rv = C_SignInit(check->tool->session, &mechanism, check->hmac_key);
	if (rv == CKR_OK)
		rv = C_Sign(check->tool->session, (CK_BYTE *)(uintptr_t)bytes, len, code, &made);
	return rv != CKR_OK || made != 32;
}

static int look_up(void *context, struct sg_request_text id, struct sg_request_text header,
                   struct sg_request_machine *machine)
{
	struct check *check = context;

	if (check->fleet.fleet != NULL)
		return sg_guard_lookup(&check->fleet, id, header, machine);
	if (check->hmac_key == 0)
		return tool_machines_lookup(&check->machines, id, header, machine);
	machine->enabled = true;
	machine->code = code_of;
	machine->code_context = check;
	return 1;
}

static void let_go(void *context, struct sg_request_machine *machine)
{
	struct check *check = context;

	if (check->fleet.fleet != NULL)
		sg_guard_release(&check->fleet, machine);
}

static int allow(void *context, const struct sg_request_message *message,
                 struct sg_request_text source, const struct sg_request_machine *machine,
                 int64_t now)
{
	struct check *check = context;

	return check->fleet.fleet == NULL
	               ? 0
	               : sg_guard_check(&check->fleet, message, source, machine, now);
}

static int64_t clock_of(void *context)
{
	return ((struct check *)context)->now;
}

/* Without --url the request is read from standard input, and so nothing else can be. */
static enum tool_exit check_stdin(const struct tool *tool)
{
	static const enum tool_option readers[] = {
		OPT_PUBLIC_KEY, OPT_MACHINES, OPT_PIN_FILE, OPT_KEY_PIN_FILE,
	};

	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (!tool_given(tool, OPT_URL) && tool_given(tool, readers[i]) &&
		    (strcmp(tool->value[readers[i]], "-") == 0 ||
		     strcmp(tool->value[readers[i]], "fd:0") == 0))
			return tool_fail(TOOL_USAGE, "--url describes a request that is not read from "
			                 "there.", "two things can't both be read from standard input");
	return TOOL_OK;
}

/* Choose the table of a registrar that is looked at: an agent never passes for a machine. */
static enum tool_exit choose_class(struct check *check)
{
	const char *text = check->tool->value[OPT_CLASS];
	enum sg_enroll_class class = SG_CLASS_MACHINE;

	if (text != NULL && !sg_enroll_class_find(text, &class))
		return tool_fail(TOOL_USAGE, NULL, "--class is machine or agent");
	check->fleet.machines = class == SG_CLASS_MACHINE;
	check->fleet.agents = class == SG_CLASS_AGENT;
	return TOOL_OK;
}

/* Open the store of a registrar. */
static enum tool_exit open_fleet(struct check *check)
{
	const char *path = check->tool->value[OPT_REGISTRAR];
	enum tool_exit code = choose_class(check);
	enum sg_err err;

	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = sg_zones_new(SG_ZONE_FOLDER, &check->fleet.zones);
	if (err == SG_OK)
		err = sg_fleet_open(path, false, &check->fleet.fleet);
	return err == SG_OK ? TOOL_OK : tool_fleet_fail(err, path);
}

/* Learn who may sign. */
static enum tool_exit read_signers(struct check *check)
{
	struct tool *tool = check->tool;
	enum tool_exit code;

	if (tool_given(tool, OPT_PUBLIC_KEY) + tool_given(tool, OPT_MACHINES) +
	            tool_given(tool, OPT_REGISTRAR) + tool_given(tool, OPT_LABEL) != 1)
		return tool_fail(TOOL_USAGE, tool->verb->example, "one of --public-key, --machines, "
		                 "--registrar and --label says who may sign");
	if (tool_given(tool, OPT_SOURCE) && !tool_given(tool, OPT_REGISTRAR))
		return tool_fail(TOOL_USAGE, NULL, "--source goes with --registrar, which keeps who may "
		                 "ask from where");
	if (tool_given(tool, OPT_SOURCE) &&
	    !sg_net_is_address(sg_bytes_str(tool->value[OPT_SOURCE])))
		return tool_fail(TOOL_USAGE, NULL, "--source takes an address, such as 192.0.2.7");
	if (tool_given(tool, OPT_CLASS) && !tool_given(tool, OPT_REGISTRAR))
		return tool_fail(TOOL_USAGE, NULL, "--class goes with --registrar, which keeps machines "
		                 "and agents apart");
	if (tool_given(tool, OPT_REGISTRAR))
		return open_fleet(check);
	if (tool_given(tool, OPT_PUBLIC_KEY))
		return tool_machines_key(tool->value[OPT_PUBLIC_KEY], &check->machines);
	if (tool_given(tool, OPT_MACHINES))
		return tool_machines_read(tool->value[OPT_MACHINES], &check->machines);
	code = tool_open(tool, 0, TOOL_LOGIN);
	return code == TOOL_OK ? tool_find_one(tool, CKO_SECRET_KEY, tool->value[OPT_LABEL],
	                                       &check->hmac_key)
	                       : code;
}

/* Read how it is to be read and what is to be asked of it. */
static enum tool_exit read_demands(struct check *check)
{
	struct tool *tool = check->tool;
	enum tool_exit code = tool_form_read(tool, &check->reading.form);

	check->reading.size = sizeof check->reading;
	if (code == TOOL_OK)
		code = tool_components_read(tool, OPT_REQUIRE, &check->require);
	if (code == TOOL_OK)
		code = tool_seconds_read(tool, OPT_SKEW, 0, &check->skew);
	if (code == TOOL_OK && tool_given(tool, OPT_SKEW) &&
	    (check->skew < 1 || check->skew > 86400))
		code = tool_fail(TOOL_USAGE, NULL, "--skew takes 1 to 86400 seconds");
	if (code == TOOL_OK)
		code = tool_seconds_read(tool, OPT_TIMESTAMP, time(NULL), &check->now);
	/* A store that was asked in a time to come may forget by that, and refuse until then. */
	if (code == TOOL_OK && tool_given(tool, OPT_TIMESTAMP) && tool_given(tool, OPT_NONCES))
		code = tool_fail(TOOL_USAGE, NULL, "--timestamp looks at a request as of another time, and "
		                 "so goes without --nonces, which keeps what is taken now");
	if (code == TOOL_OK)
		code = tool_sig_label_check(tool);
	check->reading.flags = tool_given(tool, OPT_ALLOW_QUERY) ? SG_REQUEST_ALLOW_QUERY : 0;
	check->reading.label = sg_request_text(tool->value[OPT_SIG_LABEL]);
	check->reading.tag = sg_request_text(tool->value[OPT_TAG]);
	check->reading.require = sg_request_text(check->require);
	return code;
}

/* Read the request: of the options, or of standard input. */
static enum tool_exit read_request(struct check *check, enum sg_request_reason *reason)
{
	const struct tool *tool = check->tool;
	const char *scheme = tool_given(tool, OPT_SCHEME) ? tool->value[OPT_SCHEME] : "https";
	enum tool_exit code;

	*reason = SG_REQUEST_OK;
	if (tool_given(tool, OPT_URL)) {
		if (tool_given(tool, OPT_SCHEME))
			return tool_fail(TOOL_USAGE, NULL, "--url has a scheme, and so needs no --scheme");
		code = tool_message_read(tool, tool->value[OPT_URL], &check->message);
		if (code == TOOL_OK)
			code = tool_message_body(tool, &check->message);
		check->request = &check->message.message;
		return code;
	}
	if (tool_given(tool, OPT_METHOD) || tool_given(tool, OPT_HEADER) ||
	    tool_given(tool, OPT_BODY))
		return tool_fail(TOOL_USAGE, NULL, "--method, --header and --body go with --url; without "
		                 "it the whole request is read from standard input");
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return tool_fail(TOOL_USAGE, NULL, "--scheme is \"%s\", but must be https or http",
		                 scheme);
	code = tool_check_stdin("signet request verify --public-key FILE < request");
	if (code == TOOL_OK)
		code = tool_raw_read(STDIN_FILENO, &check->raw, reason);
	if (code == TOOL_OK && *reason == SG_REQUEST_OK) {
		check->raw.head->message.scheme = sg_request_text(scheme);
		check->request = &check->raw.head->message;
	}
	return code;
}

static enum tool_exit judge(struct check *check, enum sg_request_reason *reason)
{
	struct sg_request_verifying how = {
		.size = sizeof how,
		.flags = SG_REQUEST_NO_LOCKOUT,
		.lookup = look_up,
		.release = let_go,
		.check = allow,
		.context = check,
		.reading = &check->reading,
		.skew = check->skew,
		.nonces = check->tool->value[OPT_NONCES],
		.clock = clock_of,
	};
	struct sg_request_verifier *verifier = NULL;
	const char *why = NULL, *lines;

	if (how.nonces == NULL)
		how.flags |= SG_REQUEST_NO_NONCES;
	tool_log_clear();
	*reason = sg_request_verifier_new(&how, &verifier, &why);
	lines = tool_log_lines(SG_OK);
	if (*reason == SG_REQUEST_NONCES)
		return tool_fail(TOOL_STORE, NULL, "can't use %s, the file of --nonces: %s%s%s",
		                 how.nonces,
		                 why != NULL ? why : sg_request_reason_sentence(*reason),
		                 lines[0] != '\0' ? ": " : "", lines);
	if (*reason == SG_REQUEST_OK)
		*reason = sg_request_verify(verifier, check->request,
		                            sg_request_text(check->tool->value[OPT_SOURCE]),
		                            &check->verdict);
	sg_request_verifier_free(&verifier);
	return TOOL_OK;
}

/* Return the exit code of a reason. */
static enum tool_exit exit_of(enum sg_request_reason reason)
{
	static const struct {
		enum sg_request_reason reason;
		enum tool_exit code;
	} codes[] = {
		{ SG_REQUEST_OK, TOOL_OK },
		{ SG_REQUEST_ARGUMENT, TOOL_USAGE },
		{ SG_REQUEST_NOMEM, TOOL_FAILED },
		{ SG_REQUEST_CRYPTO, TOOL_FAILED },
		{ SG_REQUEST_SIGNER, TOOL_FAILED },
		{ SG_REQUEST_LOOKUP, TOOL_FAILED },
		{ SG_REQUEST_NONCES, TOOL_STORE },
		{ SG_REQUEST_NONCES_FULL, TOOL_STORE },
		{ SG_REQUEST_UNSURE, TOOL_STORE },
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].reason == reason)
			return codes[i].code;
	return TOOL_MISMATCH;
}

static json_t *text_or_null(struct sg_request_text text)
{
	return text.len > 0 ? tool_json_text(sg_bytes(text.data, text.len)) : json_null();
}

static enum tool_exit tell_json(const struct check *check, enum sg_request_reason reason)
{
	const struct sg_request_signature *signature = check->verdict != NULL
	                                                      ? check->verdict->signature
	                                                      : NULL;
	json_t *json = json_object(), *components = json_array();

	tool_json_put(json, "good", json_boolean(reason == SG_REQUEST_OK));
	tool_json_put(json, "reason", json_string(sg_request_reason_name(reason)));
	tool_json_put(json, "sentence", json_string(sg_request_reason_sentence(reason)));
	tool_json_put(json, "status", json_integer(check->verdict != NULL
	                                                   ? (json_int_t)check->verdict->status
	                                                   : 400));
	tool_json_put(json, "replay_checked", json_boolean(tool_given(check->tool, OPT_NONCES)));
	if (signature != NULL) {
		tool_json_put(json, "form", json_string(sg_request_form_name(signature->form)));
		tool_json_put(json, "id", text_or_null(signature->id));
		tool_json_put(json, "created", signature->has_created
		                                       ? json_integer(signature->created)
		                                       : json_null());
		tool_json_put(json, "expires", signature->has_expires
		                                       ? json_integer(signature->expires)
		                                       : json_null());
		tool_json_put(json, "nonce", text_or_null(signature->nonce));
		for (size_t i = 0; i < signature->n_components; i++)
			tool_json_append(components, text_or_null(signature->components[i]));
		tool_json_put(json, "signed", text_or_null(signature->base));
	}
	tool_json_put(json, "components", components);
	if (reason == SG_REQUEST_OK)
		tool_json_put(json, "class",
		              json_string(tool_machine_class(check->verdict->machine->kind)));
	return tool_json_out(json);
}

/* Say in words what the answer is. */
static enum tool_exit tell(const struct check *check, enum sg_request_reason reason)
{
	const struct sg_request_signature *signature = check->verdict != NULL
	                                                      ? check->verdict->signature
	                                                      : NULL;
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code = exit_of(reason);

	if (code != TOOL_OK)
		return tool_fail(code, NULL, "the request is refused: %s (%s)",
		                 sg_request_reason_sentence(reason),
		                 sg_request_reason_name(reason));
	tool_text_add(&text, "The request is signed by ");
	if (check->fleet.fleet != NULL)
		tool_text_add(&text, "the %s ", tool_machine_class(check->verdict->machine->kind));
	if (signature->id.len > 0)
		tool_text_name(&text, sg_bytes(signature->id.data, signature->id.len));
	else
		tool_text_add(&text, "the key that was given");
	tool_text_add(&text, ", in the form %s.\n", sg_request_form_name(signature->form));
	if (!tool_given(check->tool, OPT_NONCES))
		tool_text_add(&text, "Whether it was used before is known only with --nonces.\n");
	return tool_text_out(&text);
}

static enum tool_exit run(struct tool *tool)
{
	struct check *check = calloc(1, sizeof *check);
	enum sg_request_reason reason = SG_REQUEST_OK;
	enum tool_exit code, told;

	if (check == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't check the request");
	check->tool = tool;
	code = read_demands(check);
	if (code == TOOL_OK)
		code = check_stdin(tool);
	if (code == TOOL_OK)
		code = read_signers(check);
	if (code == TOOL_OK)
		code = read_request(check, &reason);
	if (code == TOOL_OK && reason == SG_REQUEST_OK)
		code = judge(check, &reason);
	if (code == TOOL_OK && tool_given(tool, OPT_JSON)) {
		told = tell_json(check, reason);
		code = told == TOOL_OK ? exit_of(reason) : told;
	} else if (code == TOOL_OK) {
		code = tell(check, reason);
	}
	sg_request_verdict_free(&check->verdict);
	tool_raw_free(&check->raw);
	tool_message_free(&check->message);
	tool_machines_free(&check->machines);
	sg_fleet_close(&check->fleet.fleet);
	sg_zones_free(&check->fleet.zones);
	free(check->require);
	free(check);
	return code;
}

const struct tool_verb tool_verb_request_verify = {
	.name = "request verify",
	.summary = "tell whether an HTTP request is signed by who may",
	.usage = "(--public-key FILE | --machines FILE | --registrar FILE | --label NAME)\n"
	         "                [--class machine|agent] [--source ADDRESS]\n"
	         "                [--form vault|rfc9421|hmac] [--skew SECONDS]\n"
	         "                [--nonces FILE] [--require LIST] [--sig-label LABEL] [--tag TEXT]\n"
	         "                [--allow-query] [--timestamp SECONDS] [--json] [--token LABEL]\n"
	         "                [--pin-file FILE] [--key-pin-file FILE]\n"
	         "                ([--scheme SCHEME] < request | --url URL [--method METHOD]\n"
	         "                [--header FIELD]... [--body FILE])",
	.text = "The request is read as it came, head and body, from standard input, or is what --url,\n"
	        "--method, --header and --body say. The exit code is 0 for a good one and 8 for one that\n"
	        "is refused; the answer says why. A request may be 300 seconds old if --skew does not say\n"
	        "otherwise; with --nonces it is taken once. With --registrar the machines are those that\n"
	        "enrolled, or the agents with --class agent, never both, and each may ask only from where\n"
	        "and when its entry says; --source is the address that the request came from. --label is\n"
	        "for the form hmac, whose key is in the token; the others need neither token nor TPM.",
	.example = "signet request verify --public-key machine.pem --nonces nonces.db < request",
	.run = run,
	.options = { OPT_PUBLIC_KEY, OPT_MACHINES, OPT_REGISTRAR, OPT_CLASS, OPT_SOURCE, OPT_LABEL,
	             OPT_FORM, OPT_SKEW, OPT_NONCES, OPT_REQUIRE, OPT_SIG_LABEL, OPT_TAG,
	             OPT_ALLOW_QUERY, OPT_TIMESTAMP,
	             OPT_SCHEME, TOOL_MESSAGE_OPTIONS, OPT_JSON, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_KEY_PIN_FILE },
};
