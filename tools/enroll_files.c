/* SPDX-License-Identifier: Apache-2.0
 *
 * signet enroll begin, answer and finish: the same enrolment, with its messages in files or pipes.
 */
#include <string.h>

#include "tools/enroll.h"
#include "tools/fail.h"
#include "tools/io.h"

/* Read a message without what stands around it, which is not hashed. */
static enum tool_exit read_message(const char *hint, struct sg_buf *message)
{
	enum tool_exit code = tool_check_stdin(hint);
	struct sg_bytes json;

	if (code == TOOL_OK)
		code = tool_read_file("-", SG_ENROLL_MESSAGE_MAX, message);
	json = sg_enroll_message_trim(sg_buf_bytes(message));
	if (json.len > 0)
		memmove(message->data, json.data, json.len);
	message->len = json.len;
	return code;
}

static enum tool_exit write_message(const struct sg_buf *message)
{
	enum tool_exit code = tool_write(sg_buf_bytes(message));

	return code == TOOL_OK ? tool_write(sg_bytes_str("\n")) : code;
}

static enum tool_exit run_begin(struct tool *tool)
{
	struct tool_enroll e = { .tool = tool };
	enum tool_exit code = tool_enroll_options(tool, &e);

	if (code == TOOL_OK)
		code = tool_enroll_open(&e);
	if (code == TOOL_OK && !tool_given(tool, OPT_AGAIN) &&
	    (e.state.phase == SG_PHASE_DONE || e.state.before.len > 0))
		code = tool_fail(TOOL_EXISTS, "--again enrols once more.",
		                 "this token is enrolled already");
	/* Evidence may have made it a machine of the fleet already. */
	if (code == TOOL_OK && !tool_given(tool, OPT_AGAIN) &&
	    (e.state.phase == SG_PHASE_ANSWERED || e.state.phase == SG_PHASE_NAMED))
		code = tool_fail(TOOL_EXISTS, "signet enroll finish < identity.json ends it; --again "
		                 "begins anew.", "an enrolment is under way, whose evidence is made");
	if (code == TOOL_OK)
		code = tool_enroll_hello(&e);
	if (code == TOOL_OK)
		code = write_message(&e.state.hello);
	tool_enroll_close(&e);
	return code;
}

/* The same challenge is answered as it was before; another one by another key, where that is
 * asked for: evidence that was made may have made it a machine of the fleet already. */
static enum tool_exit run_answer(struct tool *tool)
{
	struct tool_enroll e = { .tool = tool };
	struct sg_buf challenge = { NULL, 0, 0 };
	enum tool_exit code = read_message("signet enroll answer < challenge.json > evidence.json",
	                                   &challenge);
	bool same;

	if (code == TOOL_OK)
		code = tool_enroll_open(&e);
	if (code != TOOL_OK)
		goto out;
	same = sg_bytes_equal(sg_buf_bytes(&challenge), sg_buf_bytes(&e.state.challenge));
	if (e.state.phase != SG_PHASE_BEGUN && e.state.phase != SG_PHASE_ANSWERED)
		code = tool_fail(TOOL_FAILED, "signet enroll begin > hello.json",
		                 "no enrolment is under way that waits for a challenge");
	else if (e.state.phase == SG_PHASE_BEGUN ||
	         (!same && tool_given(tool, OPT_AGAIN)))
		code = tool_enroll_answer(&e, sg_buf_bytes(&challenge));
	else if (!same)
		code = tool_fail(TOOL_EXISTS, "--again answers this one, with another key.",
		                 "another challenge is answered already");
	if (code == TOOL_OK)
		code = write_message(&e.state.evidence);
out:
	sg_buf_free(&challenge);
	tool_enroll_close(&e);
	return code;
}

static enum tool_exit run_finish(struct tool *tool)
{
	struct tool_enroll e = { .tool = tool };
	struct sg_buf identity = { NULL, 0, 0 };
	enum tool_exit code = read_message("signet enroll finish < identity.json", &identity);

	if (code == TOOL_OK)
		code = tool_enroll_open(&e);
	if (code == TOOL_OK && e.state.phase != SG_PHASE_ANSWERED &&
	    e.state.phase != SG_PHASE_NAMED)
		code = tool_fail(TOOL_FAILED, "signet enroll answer < challenge.json > evidence.json",
		                 "no enrolment is under way that waits for an identity");
	if (code == TOOL_OK)
		code = tool_enroll_take(&e, sg_buf_bytes(&identity));
	if (code == TOOL_OK)
		code = tool_enroll_finish(&e);
	sg_buf_free(&identity);
	tool_enroll_close(&e);
	return code;
}

const struct tool_verb tool_verb_enroll_begin = {
	.name = "enroll begin",
	.summary = "write the first message of an enrolment",
	.usage = "--token-file FILE [--origin host|tpm|vault]\n"
	         "                     [--class machine|agent] [--ek-chain FILE] [--again]\n"
	         "                     [--owner-auth-file FILE] [--token LABEL] [--pin-file FILE]\n"
	         "                     > hello.json",
	.text = "Makes a machine token where there is none. The registrar answers with a challenge,\n"
	        "which signet enroll answer takes. The message has the enrolment token in it.",
	.example = "signet enroll begin --token-file token > hello.json",
	.run = run_begin,
	.options = { OPT_TOKEN_FILE, OPT_ORIGIN, OPT_CLASS, OPT_EK_CHAIN, OPT_AGAIN,
	             OPT_OWNER_AUTH_FILE, OPT_TOKEN, OPT_PIN_FILE },
	.required = { OPT_TOKEN_FILE },
	.makes = true,
};

const struct tool_verb tool_verb_enroll_answer = {
	.name = "enroll answer",
	.summary = "make a key for a challenge, and show how",
	.usage = "[--event-log FILE] [--again] [--token LABEL] [--pin-file FILE]\n"
	         "                     < challenge.json > evidence.json",
	.text = "The registrar answers the evidence with an identity, which signet enroll finish takes.",
	.example = "signet enroll answer < challenge.json > evidence.json",
	.run = run_answer,
	.options = { OPT_EVENT_LOG, OPT_AGAIN, OPT_TOKEN, OPT_PIN_FILE },
	.reads_stdin = true,
	.makes = true,
};

const struct tool_verb tool_verb_enroll_finish = {
	.name = "enroll finish",
	.summary = "take the identity that a registrar gave",
	.usage = "[--label NAME] [--identity DIR] [--token LABEL]\n"
	         "                     [--pin-file FILE] [--json] < identity.json",
	.text = "Puts the key into the token, and writes identity.json and private.pem.",
	.example = "signet enroll finish --identity /etc/vault < identity.json",
	.run = run_finish,
	.options = { OPT_LABEL, OPT_IDENTITY_DIR, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.reads_stdin = true,
	.makes = true,
};
