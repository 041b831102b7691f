/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. An enrolment of before: whether it is the one that is asked for now, and its files once
 * more.
 */
#include <stdlib.h>
#include <string.h>

#include "core/enrolled_key.h"
#include "tools/enroll.h"
#include "tools/fail.h"
#include "tools/object.h"

static const enum sg_enroll_origin origins[] = {
	[SG_KEY_ORIGIN_HOST] = SG_ORIGIN_HOST,
	[SG_KEY_ORIGIN_TPM] = SG_ORIGIN_TPM,
	[SG_KEY_ORIGIN_VAULT] = SG_ORIGIN_VAULT,
};

/* What the messages of an enrolment say of it. */
struct begun {
	struct sg_enroll_hello hello;
	struct sg_enroll_challenge challenge;
};

/* Name the option that says something else than what was sent, or NULL. An option that is not given
 * says nothing. */
static const char *begun_otherwise(const struct tool_enroll *e, const struct begun *begun)
{
	if (e->origin != SG_ORIGIN_ANY && e->origin != begun->challenge.origin)
		return "--origin";
	if (tool_given(e->tool, OPT_CLASS) && e->class != begun->hello.class)
		return "--class";
	if (e->token != NULL &&
	    !sg_bytes_equal(sg_secret_bytes(e->token), sg_buf_bytes(&begun->hello.token)))
		return "--token-file";
	return NULL;
}

enum tool_exit tool_enroll_same(struct tool_enroll *e)
{
	struct begun begun = { .hello = { .class = SG_CLASS_MACHINE } };
	enum tool_exit code = TOOL_OK;
	const char *option = NULL;

	if (e->state.phase != SG_PHASE_ANSWERED && e->state.phase != SG_PHASE_NAMED)
		return TOOL_OK;
	if (sg_enroll_hello_read(sg_buf_bytes(&e->state.hello), &begun.hello) != SG_ENROLL_OK ||
	    sg_enroll_challenge_read(sg_buf_bytes(&e->state.challenge), &begun.challenge) !=
	            SG_ENROLL_OK)
		code = tool_fail(TOOL_STORE, NULL, "%s is damaged", e->path);
	else
		option = begun_otherwise(e, &begun);
	if (option != NULL && tool_given(e->tool, OPT_AGAIN))
		sg_enroll_state_restart(&e->state);
	else if (option != NULL)
		code = tool_fail(TOOL_EXISTS, "With what it was begun with it goes on; --again begins "
		                 "anew.", "an enrolment is under way with another %s", option);
	sg_enroll_hello_clear(&begun.hello);
	sg_enroll_challenge_clear(&begun.challenge);
	return code;
}

/* Find the key of the identity, and what it is called. */
static enum tool_exit find_key(struct tool_enroll *e, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	uint8_t id[TOOL_ENROLL_ID];
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_ID, id, sizeof id },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	struct sg_buf label = { NULL, 0, 0 };
	size_t count = 0;
	enum tool_exit code = tool_enroll_id(e, id);

	if (code == TOOL_OK)
		code = tool_find_matching(e->tool, template, 2, &handles, &count);
	if (code == TOOL_OK && count != 1)
		code = tool_fail(TOOL_NOT_FOUND, "--again enrols once more.",
		                 "this token is enrolled, but its key is not there any more");
	if (code == TOOL_OK) {
		*key = handles[0];
		if (tool_attribute(e->tool, *key, CKA_LABEL, &label) == CKR_OK)
			e->label = label.len > 0 ? strndup((const char *)label.data, label.len)
			                         : strdup("");
		if (e->label == NULL)
			code = tool_fail_err(SG_ERR_NOMEM, "can't name the key");
	}
	sg_buf_free(&label);
	free(handles);
	return code;
}

/* Name the option that says something else than what is enrolled, or NULL. */
static const char *done_otherwise(const struct tool_enroll *e, CK_OBJECT_HANDLE key)
{
	const CK_ULONG origin = tool_attribute_ulong(e->tool, key, CKA_SIGNET_ORIGIN);
	const char *label = e->tool->value[OPT_LABEL];

	if (e->origin != SG_ORIGIN_ANY &&
	    (origin >= sizeof origins / sizeof origins[0] || origins[origin] != e->origin))
		return "--origin";
	if (tool_given(e->tool, OPT_CLASS) && e->class != e->identity.class)
		return "--class";
	return label != NULL && strcmp(label, e->label) != 0 ? "--label" : NULL;
}

enum tool_exit tool_enroll_done(struct tool_enroll *e)
{
	CK_OBJECT_HANDLE key = 0;
	const char *option = NULL;
	enum tool_exit code = find_key(e, &key);

	if (code == TOOL_OK)
		option = done_otherwise(e, key);
	if (option != NULL)
		code = tool_fail(TOOL_EXISTS, "--again enrols once more.",
		                 "this token is enrolled already, with another %s", option);
	if (code == TOOL_OK && tool_given(e->tool, OPT_IDENTITY_DIR))
		code = tool_enroll_files(e);
	return code == TOOL_OK ? tool_enroll_tell(e, true) : code;
}
