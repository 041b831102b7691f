/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The steps of an enrolment that ask the hardware.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/enrolled_key.h"
#include "core/module.h"
#include "crypto/crypto.h"
#include "tools/enroll.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/progress.h"
#include "tools/token.h"
#include "tools/unseal_client.h"
#include "util/file.h"
#include "util/utf8.h"

#define CHAIN_MAX ((size_t)1 << 16)
/* Where the kernel keeps what the firmware measured. */
#define EVENT_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"

/* What is done with the sealer of the token. */
struct step {
	struct sg_enroll_state *state;
	const struct sg_enroll_wish *wish;
	struct sg_bytes challenge, eventlog;
};

static enum tool_exit read_token(struct tool_enroll *e)
{
	e->token_err = sg_file_read_secret(e->tool->value[OPT_TOKEN_FILE], SG_ENROLL_TEXT_MAX,
	                                   &e->token);
	if (e->token_err == SG_ERR_NOT_FOUND)
		return TOOL_OK;
	if (e->token_err != SG_OK)
		return tool_fail_err(e->token_err, "can't read the token of --token-file");
	if (e->token->len == 0 || !sg_utf8_plain(sg_secret_bytes(e->token)))
		return tool_fail(TOOL_USAGE, NULL, "--token-file holds no enrolment token");
	return TOOL_OK;
}

enum tool_exit tool_enroll_options(struct tool *tool, struct tool_enroll *e)
{
	const char *origin = tool->value[OPT_ORIGIN], *class = tool->value[OPT_CLASS];
	enum sg_err err = sg_crypto_start();    /* it has the memory that is guarded */

	*e = (struct tool_enroll){ .tool = tool };
	if (err != SG_OK)
		return tool_fail_err(err, "can't enrol");
	if (origin != NULL && !sg_enroll_origin_find(origin, &e->origin))
		return tool_fail(TOOL_USAGE, NULL, "--origin is host, tpm or vault");
	if (class != NULL && !sg_enroll_class_find(class, &e->class))
		return tool_fail(TOOL_USAGE, NULL, "--class is machine or agent");
	return read_token(e);
}

/* Call fn with the sealer of the token. */
static enum sg_err ask(const struct tool *tool, const char *text,
                       enum sg_err (*fn)(struct sg_sealer *sealer, struct sg_bytes parent,
                                         void *arg), struct step *step)
{
	struct sg_token *token;
	enum sg_err err;

	tool_log_clear();
	err = tool_token_enter(tool, &token);
	if (err != SG_OK)
		return err;
	tool_progress_begin(text);
	err = sg_token_open(token);
	if (err == SG_OK)
		err = sg_token_ask_sealer(token, fn, step);
	tool_progress_end();
	sg_module_leave();
	return err;
}

static enum sg_err hello(struct sg_sealer *sealer, struct sg_bytes parent, void *arg)
{
	const struct sg_enroll_device device = { sealer, parent };
	struct step *step = arg;

	return sg_enroll_machine_hello(&device, step->wish, step->state);
}

static enum sg_err answer(struct sg_sealer *sealer, struct sg_bytes parent, void *arg)
{
	const struct sg_enroll_device device = { sealer, parent };
	struct step *step = arg;

	return sg_enroll_machine_answer(&device, step->challenge, step->eventlog, step->state);
}

static enum tool_exit read_chain(const char *path, struct sg_buf *out)
{
	enum tool_exit code = tool_read_file(path, CHAIN_MAX, out);

	return code == TOOL_OK && out->len == 0
	               ? tool_fail(TOOL_FAILED, NULL, "the file of --ek-chain is empty") : code;
}

enum tool_exit tool_enroll_hello(struct tool_enroll *e)
{
	struct sg_enroll_wish wish = {
		.software = sg_bytes_str("signet " PACKAGE_VERSION),
		.class = e->class, .origin = e->origin,
	};
	struct step step = { .state = &e->state, .wish = &wish };
	char host[SG_ENROLL_TEXT_MAX + 1] = "";
	struct sg_buf between = { NULL, 0, 0 };
	enum tool_exit code = TOOL_OK;
	enum sg_err err;

	if (e->token == NULL)
		return tool_fail_err(e->token_err, "can't read the token of --token-file");
	if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0' ||
	    !sg_utf8_plain(sg_bytes_str(host)))
		return tool_fail(TOOL_FAILED, "hostname(1) sets it.",
		                 "this machine has no name that could be told to a registrar");
	wish.token = sg_secret_bytes(e->token);
	wish.host = sg_bytes_str(host);
	if (tool_given(e->tool, OPT_EK_CHAIN))
		code = read_chain(e->tool->value[OPT_EK_CHAIN], &between);
	if (code != TOOL_OK)
		goto out;
	wish.between = sg_buf_bytes(&between);
	err = ask(e->tool, "making an attestation key", hello, &step);
	code = err == SG_OK ? tool_enroll_save(e)
	                    : tool_fail_err(err, "can't show what the token is sealed by");
out:
	sg_buf_free(&between);
	return code;
}

static enum tool_exit read_eventlog(const struct tool *tool, struct sg_buf *log)
{
	const char *path = tool->value[OPT_EVENT_LOG];
	enum tool_exit code = tool_read_file(path != NULL ? path : EVENT_LOG,
	                                     SG_ENROLL_EVENTLOG_MAX, log);

	return code == TOOL_OK && log->len == 0
	               ? tool_fail(TOOL_NOT_FOUND, NULL, "the registrar asks for the event log of the "
	                           "firmware, which is empty")
	               : code;
}

/* Read which origin the hello asked for, on whichever day and with whichever options that was. */
static enum tool_exit read_wish(const struct tool_enroll *e, enum sg_enroll_origin *origin)
{
	struct sg_enroll_hello hello = { .class = SG_CLASS_MACHINE };
	const enum sg_enroll_reason reason = sg_enroll_hello_read(sg_buf_bytes(&e->state.hello),
	                                                          &hello);

	*origin = hello.origin;
	sg_enroll_hello_clear(&hello);
	return reason == SG_ENROLL_OK ? TOOL_OK
	                              : tool_fail(TOOL_STORE, NULL, "%s is damaged", e->path);
}

enum tool_exit tool_enroll_answer(struct tool_enroll *e, struct sg_bytes challenge)
{
	struct sg_buf log = { NULL, 0, 0 };
	struct sg_enroll_asked asked;
	enum sg_enroll_origin origin;
	enum sg_enroll_reason reason;
	enum tool_exit code = read_wish(e, &origin);
	enum sg_err err;

	if (code != TOOL_OK)
		return code;
	reason = sg_enroll_machine_asked(challenge, origin, &asked);
	if (reason == SG_ENROLL_ORIGIN)
		return tool_fail(TOOL_REMOTE, NULL, "the registrar wants a key of origin %s",
		                 sg_enroll_origin_name(asked.origin));
	if (reason != SG_ENROLL_OK)
		return tool_fail(TOOL_REMOTE, NULL, "that is no challenge: %s",
		                 sg_enroll_reason_sentence(reason));
	if (asked.eventlog)
		code = read_eventlog(e->tool, &log);
	if (code == TOOL_OK) {
		struct step step = {
			.state = &e->state, .challenge = challenge, .eventlog = sg_buf_bytes(&log),
		};

		err = ask(e->tool, "making a key and showing how", answer, &step);
		if (err == SG_ERR_SEALED_DAMAGED)
			code = tool_fail(TOOL_OTHER_TPM, "It must be the answer to the hello of this "
			                 "machine: signet enroll begin writes a new one.",
			                 "the challenge is for another TPM, or was changed");
		else if (err != SG_OK)
			code = tool_fail_err(err, "can't answer the challenge");
	}
	sg_buf_free(&log);
	return code == TOOL_OK ? tool_enroll_save(e) : code;
}

enum tool_exit tool_enroll_take(struct tool_enroll *e, struct sg_bytes json)
{
	const enum sg_enroll_reason reason = sg_enroll_machine_named(json, &e->state, &e->identity);
	enum tool_exit code;
	const char *why = sg_enroll_reason_sentence(reason);
	char *url;

	if (reason == SG_ENROLL_LEVEL)
		why = "It claims more than a key of this origin can prove";
	if (reason == SG_ENROLL_CLASS)
		why = "It is of another class than was asked for";
	if (reason != SG_ENROLL_OK)
		return tool_fail(TOOL_REMOTE, NULL, "that is no identity for this machine: %s",
		                 why);
	/* Clients send requests, and what is secret in them, to where it says. */
	url = strndup((const char *)e->identity.api_url.data, e->identity.api_url.len);
	if (url == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't read the identity");
	code = unseal_client_check("the address in the identity", url, true);
	free(url);
	return code == TOOL_OK ? tool_enroll_save(e) : TOOL_REMOTE;
}

#define ASK_FOR_TOKEN "An enrolment token comes from signet registrar token create."

enum tool_exit tool_enroll_refused(enum sg_enroll_reason reason)
{
	/* What to do next, where this machine knows it. */
	static const char *const advice[SG_ENROLL_REASON_COUNT] = {
		[SG_ENROLL_TOKEN_UNKNOWN] = ASK_FOR_TOKEN,
		[SG_ENROLL_TOKEN_ENDED] = ASK_FOR_TOKEN,
		[SG_ENROLL_TOKEN_REVOKED] = ASK_FOR_TOKEN,
		[SG_ENROLL_TOKEN_USED] = ASK_FOR_TOKEN,
		[SG_ENROLL_CLASS] = "--class says what enrols: a machine or an agent.",
		[SG_ENROLL_LEVEL] = "A key of --origin tpm proves more than one of host, and one of "
				    "vault most.",
		[SG_ENROLL_EK_UNCERTIFIED] =
			"signet enroll ek shows the number by which the registrar's --eks can name this "
			"TPM instead.",
		[SG_ENROLL_EK_CHAIN] =
			"signet enroll ek shows who certified this TPM: the registrar needs the "
			"certificates of that authority in its file of --ek-ca.",
		[SG_ENROLL_EK_MAKER] =
			"signet enroll ek shows by which names the --maker of a token can know this TPM.",
		[SG_ENROLL_EK_UNLISTED] =
			"signet enroll ek shows the number that the list of the token must have, by "
			"--eks.",
	};

	return tool_fail(TOOL_REMOTE, advice[reason], "the registrar refuses (%s): %s",
	                 sg_enroll_reason_name(reason), sg_enroll_reason_sentence(reason));
}
