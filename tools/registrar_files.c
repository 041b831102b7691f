/* SPDX-License-Identifier: Apache-2.0
 *
 * signet registrar begin, finish: the registrar's side of an enrolment whose messages go over
 * another way than HTTPS.
 */
#include <time.h>

#include "enroll/message.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/registrar.h"

typedef enum sg_enroll_reason answerer(struct sg_registrar *registrar,
                                       const struct sg_registrar_caller *caller,
                                       struct sg_bytes json, struct sg_buf *answer);

/* Answer the message on standard input. */
static enum tool_exit answer(struct tool *tool, answerer *call, const char *hint)
{
	const struct sg_registrar_caller caller = { .source = "", .now = time(NULL) };
	struct tool_registrar registrar = { .tool = tool };
	struct sg_buf message = { NULL, 0, 0 }, said = { NULL, 0, 0 };
	enum sg_enroll_reason reason;
	enum tool_exit code = tool_check_stdin(hint), closed;

	if (code == TOOL_OK)
		code = tool_registrar_open(tool, &registrar);
	if (code == TOOL_OK)
		code = tool_read_file("-", SG_ENROLL_MESSAGE_MAX, &message);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	reason = call(registrar.registrar, &caller, sg_enroll_message_trim(sg_buf_bytes(&message)),
	              &said);
	if (reason == SG_ENROLL_OK)
		code = tool_write(sg_buf_bytes(&said));
	else
		code = tool_fail(reason == SG_ENROLL_INTERNAL ? TOOL_FAILED : TOOL_MISMATCH, NULL,
		                 "the enrolment is refused: %s (%s)",
		                 sg_enroll_reason_sentence(reason), sg_enroll_reason_name(reason));
out:
	closed = tool_registrar_close(&registrar);
	sg_buf_wipe(&message);
	sg_buf_free(&said);
	return code == TOOL_OK ? closed : code;
}

static enum tool_exit begin(struct tool *tool)
{
	return answer(tool, sg_registrar_begin, tool->verb->example);
}

static enum tool_exit finish(struct tool *tool)
{
	return answer(tool, sg_registrar_finish, tool->verb->example);
}

#define USAGE(more) \
	"--registrar FILE --vault ID --api-url URL [--ek-ca FILE]\n" \
	"                [--ek-crl FILE]" more "\n" \
	"                [--sign-with KEY [--heads FILE]] [--token LABEL] [--pin-file FILE]\n" \
	"                [--key-pin-file FILE] "

const struct tool_verb tool_verb_registrar_begin = {
	.name = "registrar begin",
	.summary = "answer what signet enroll begin wrote",
	.usage = USAGE("\n                [--challenge-lifetime SPAN]") "< hello > challenge",
	.text = "The messages of an enrolment are the same in files and over HTTPS: signet enroll begin,\n"
	        "signet registrar begin, signet enroll answer, signet registrar finish, signet enroll\n"
	        "finish. The address of who sends them is not known, so a token that asks for one is\n"
	        "refused. A challenge may be answered for five minutes, or for --challenge-lifetime,\n"
	        "which is at most a day.",
	.example = "signet registrar begin --registrar fleet/db --vault vault_main --api-url "
	           "https://vault.example.org --ek-ca makers.pem < hello.json > challenge.json",
	.run = begin,
	.options = { TOOL_REGISTRAR_OPTIONS, OPT_CHALLENGE_LIFETIME },
	.filled = true,
	.required = { OPT_REGISTRAR, OPT_VAULT, OPT_API_URL },
	.reads_stdin = true,
	.makes = true,
};

const struct tool_verb tool_verb_registrar_finish = {
	.name = "registrar finish",
	.summary = "judge what signet enroll answer wrote",
	.usage = USAGE("") "< evidence > identity",
	.text = "The exit code is 8 where the evidence is refused, and the message says why.",
	.example = "signet registrar finish --registrar fleet/db --vault vault_main --api-url "
	           "https://vault.example.org --ek-ca makers.pem < evidence.json > identity.json",
	.run = finish,
	.options = { TOOL_REGISTRAR_OPTIONS },
	.filled = true,
	.required = { OPT_REGISTRAR, OPT_VAULT, OPT_API_URL },
	.reads_stdin = true,
	.makes = true,
};
