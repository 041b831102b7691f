/* SPDX-License-Identifier: Apache-2.0
 *
 * signet curl: run curl with a request that is signed. Signet's part ends where curl's begins: it
 * becomes curl, which gets the fields and the body on descriptors, so that neither stands in the
 * list of processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/curl_body.h"
#include "tools/curl_url.h"
#include "tools/fail.h"
#include "tools/signing.h"
#include "tools/text.h"

/* As shells do. */
#define EXIT_NOT_RUN 126
#define EXIT_NO_PROGRAM 127

#define PATH "/dev/fd/"

/* A run: what is known of the request and of what carries it. */
struct run {
	struct curl_args args;
	struct tool_signing signing;
	struct curl_body body;
	char *url;
	struct tool_url parts;          /* of url */
	char length[24];
	int fields;                     /* the descriptor of the fields that are added */
};

static void add_field(struct curl_args *args, const char *name, const char *value)
{
	if (!tool_curl_has_field(args, name))
		args->fields[args->n_fields++] = (struct sg_request_field){
			sg_request_text(name), sg_request_text(value)
		};
}

/* Note the fields that curl adds for the body, so that they may be signed too. */
static void add_fields(struct run *run)
{
	if (run->body.fd < 0)
		return;
	snprintf(run->length, sizeof run->length, "%llu",
	         (unsigned long long)run->body.digest.length);
	add_field(&run->args, "Content-Length", run->length);
	if (run->args.json)
		add_field(&run->args, "Accept", "application/json");
	if (run->args.upload == NULL)
		add_field(&run->args, "Content-Type",
		          run->args.json ? "application/json"
		                         : "application/x-www-form-urlencoded");
}

/* Describe the request that curl will send. */
static struct sg_request_message describe(const struct run *run)
{
	const struct curl_args *args = &run->args;
	const bool hosted = tool_curl_has_field(args, "Host");

	return (struct sg_request_message){
		.method = sg_request_text(tool_curl_method(args)),
		.target = args->target != NULL ? sg_request_text(args->target) : run->parts.target,
		.scheme = run->parts.scheme,
		.authority = hosted ? sg_request_text(NULL) : run->parts.authority,
		.fields = args->fields,
		.n_fields = args->n_fields,
		.body = run->body.fd >= 0 ? &run->body.digest : NULL,
	};
}

/* Read the body, and with it the last part of the address. */
static enum tool_exit prepare(const struct tool *tool, struct run *run)
{
	static const char *const pins[] = { "-", "fd:0" };
	struct sg_request_message message = { .fields = run->args.fields,
	                                      .n_fields = run->args.n_fields };
	enum tool_exit code;

	for (size_t i = 0; i < 2 && tool_curl_body_stdin(&run->args); i++)
		if ((tool_given(tool, OPT_PIN_FILE) &&
		     strcmp(tool->value[OPT_PIN_FILE], pins[i]) == 0) ||
		    (tool_given(tool, OPT_KEY_PIN_FILE) &&
		     strcmp(tool->value[OPT_KEY_PIN_FILE], pins[i]) == 0))
			return tool_fail(TOOL_USAGE, "A PIN can also come from a private file, fd:N or "
			                 "tty.", "two things can't both be read from standard input");
	code = tool_curl_body(&run->args, sg_request_digests_needed(&message), &run->body);
	if (code == TOOL_OK)
		code = tool_curl_url(&run->args, &run->signing.identity,
		                     tool_payload_bytes(&run->body.query), &run->url);
	if (code == TOOL_OK)
		code = tool_url_split(run->url, "the address", &run->parts);
	if (code == TOOL_OK)
		add_fields(run);
	return code;
}

/* Write the fields that are added to a file in memory. */
static enum tool_exit write_fields(const struct sg_request_signature *signature, int *fd)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code = TOOL_OK;

	for (size_t i = 0; i < signature->n_fields; i++)
		tool_text_add(&text, "%.*s: %.*s\n", (int)signature->fields[i].name.len,
		              signature->fields[i].name.data, (int)signature->fields[i].value.len,
		              signature->fields[i].value.data);
	if (text.err != SG_OK)
		code = tool_fail_err(text.err, "can't hold the fields");
	else if ((*fd = tool_curl_file(sg_buf_bytes(&text.buf))) < 0)
		code = tool_fail(TOOL_FAILED, NULL, "can't keep the fields in a file in memory: %s",
		                 strerror(errno));
	sg_buf_free(&text.buf);
	return code;
}

/* Leave a descriptor open for curl and pass on an option that reads it. */
static bool pass_file(struct curl_args *args, const char *option, const char *before, int fd)
{
	char word[32];
	int flags = fcntl(fd, F_GETFD);

	snprintf(word, sizeof word, "%s" PATH "%d", before, fd);
	return flags >= 0 && fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) == 0 &&
	       tool_curl_pass(args, option) && tool_curl_pass(args, word);
}

/* Become curl. */
static enum tool_exit become(struct run *run)
{
	struct curl_args *args = &run->args;
	const char *with = args->upload != NULL ? "-T" : args->json ? "--json" : "--data-binary";
	int error;

	if (!pass_file(args, "-H", "@", run->fields) ||
	    (run->body.fd >= 0 &&
	     !pass_file(args, with, args->upload != NULL ? "" : "@", run->body.fd)) ||
	    !tool_curl_pass(args, "--url") || !tool_curl_pass(args, run->url))
		return tool_fail_err(SG_ERR_NOMEM, "can't run curl");
	execvp(args->words[0], args->words);
	error = errno;
	(void)tool_fail(TOOL_FAILED, error == ENOENT ? "apt install curl brings it." : NULL,
	                "can't run curl: %s", strerror(error));
	return (enum tool_exit)(error == ENOENT ? EXIT_NO_PROGRAM : EXIT_NOT_RUN);
}

static enum tool_exit run(struct tool *tool)
{
	struct run run = { .body = { .fd = -1 }, .fields = -1 };
	struct sg_request_signature *signature = NULL;
	struct sg_request_message message;
	enum tool_exit code;

	code = tool_signing_read(tool, &run.signing);
	if (code == TOOL_OK)
		code = tool_curl_args_read(tool->operand, &run.args);
	if (code == TOOL_OK)
		code = prepare(tool, &run);
	if (code == TOOL_OK) {
		message = describe(&run);
		code = tool_signing_make(tool, &run.signing, &message, &signature);
	}
	if (code == TOOL_OK)
		code = write_fields(signature, &run.fields);
	/* What is open of the token is wiped before curl is there. */
	(void)C_Finalize(NULL);
	if (code == TOOL_OK)
		code = become(&run);
	if (run.fields >= 0)
		close(run.fields);
	sg_request_signature_free(&signature);
	tool_curl_body_free(&run.body);
	tool_url_free(&run.parts);
	tool_signing_free(&run.signing);
	tool_curl_args_free(&run.args);
	free(run.url);
	return code;
}

const struct tool_verb tool_verb_curl = {
	.name = "curl",
	.summary = "run curl with a request that is signed",
	.usage = "[--label NAME] [--form vault|rfc9421|hmac] [--id ID | --identity FILE]\n"
	         "                [--as machine|agent|tunnel] [--timestamp SECONDS] [--nonce TEXT]\n"
	         "                [--allow-query] [--components LIST] [--sig-label LABEL] [--tag TEXT]\n"
	         "                [--lifetime SECONDS] [--token LABEL] [--pin-file FILE]\n"
	         "                [--key-pin-file FILE] [--] CURL-ARGUMENT...",
	.text = "What is no option of signet begins the command line of curl, which is passed on: method,\n"
	        "address and body are signed as curl sends them. Refused is what would change them\n"
	        "afterwards or send them twice: -F, -K, -L, --next, --retry, several addresses. ~/.curlrc\n"
	        "is not read. With --identity an address may be a path, and can't be one of another\n"
	        "server. The exit code is that of curl, 127 where there is none.",
	.example = "signet curl --identity identity.json /v1/secrets/list -d @body.json",
	.run = run,
	.options = { TOOL_SIGNING_OPTIONS, OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE },
	.operands = "the arguments of curl",
	.passes = true,
};
