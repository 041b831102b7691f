/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Opening the token that enrols, and the state of its enrolment. A process holds its lock
 * from beginning to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/module.h"
#include "tools/enroll.h"
#include "tools/fail.h"
#include "tools/pin.h"
#include "tools/progress.h"
#include "tools/token.h"
#include "tools/uri.h"
#include "util/file.h"

#define LABEL "machine"                 /* of a token that is made */

static bool has(const struct tool_tokens *tokens, const char *name)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (tokens->list[i].rv != CKR_OK ||
		    sg_bytes_equal(TOOL_FIELD(tokens->list[i].info.label), sg_bytes_str(name)) ||
		    sg_bytes_equal(TOOL_FIELD(tokens->list[i].info.serialNumber),
		                   sg_bytes_str(name)))
			return true;
	return false;
}

static enum sg_err make_token(CK_SLOT_ID slot, const char *label, const struct sg_secret *owner)
{
	struct sg_token_plan plan = {
		.label = sg_bytes_str(label), .machine = true, .owner_auth = owner,
	};
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;
	enum sg_err err;

	if (module == NULL)
		return SG_ERR_SYSTEM;
	plan.sealer = module->config->sealer;
	err = sg_module_token(module, slot, &token);
	if (err == SG_OK)
		err = sg_token_create(token, &plan, NULL);
	sg_module_leave();
	return err;
}

/* Make a machine token where there is none that could be meant. */
static enum tool_exit need_token(struct tool *tool)
{
	const char *name = tool->value[OPT_TOKEN];
	struct sg_secret *owner = NULL;
	struct tool_tokens tokens;
	enum tool_exit code = tool_tokens_read(&tokens);
	enum sg_err err;

	if (code != TOOL_OK || (name != NULL && tool_uri_is(name)) ||
	    (name != NULL ? has(&tokens, name) : tokens.count > 0))
		goto out;
	if (name == NULL)
		name = LABEL;
	code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	tool_progress_begin("sealing a new token");
	err = make_token(tokens.empty, name, owner);
	tool_progress_end();
	/* Where another process was first, that one's token is taken. */
	if (err == SG_OK)
		tool_note("made the machine token \"%s\"", name);
	else if (err != SG_ERR_STORE_EXISTS)
		code = tool_fail_err(err, "can't make token \"%s\"", name);
out:
	sg_secret_free(&owner);
	tool_tokens_free(&tokens);
	return code;
}

/* Name the file: there is one for each token. The folder of the tokens and the path are the
 * caller's, who frees them, also after an error. */
static enum tool_exit name_state(const struct tool *tool, char **folder, char **path)
{
	const struct sg_bytes serial = TOOL_FIELD(tool->token.serialNumber);
	struct sg_module *module = sg_module_enter();

	*folder = *path = NULL;
	if (module != NULL) {
		*folder = strdup(module->config->state);
		sg_module_leave();
	}
	if (*folder == NULL || asprintf(path, "%s/enroll-%.*s", *folder, (int)serial.len,
	                                (const char *)serial.data) < 0) {
		*path = NULL;
		return tool_fail_err(SG_ERR_NOMEM, "can't name the state of an enrolment");
	}
	return TOOL_OK;
}

static enum tool_exit take_lock(struct tool_enroll *e)
{
	enum tool_exit code = TOOL_OK;
	char *path = NULL;
	int fd = -1;

	if (asprintf(&path, "%s.lock", e->path) < 0)
		return tool_fail_err(SG_ERR_NOMEM, "can't enrol");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		code = tool_fail(TOOL_STORE, NULL, "can't write %s: %s", path, strerror(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		code = tool_fail(TOOL_FAILED, "Wait until it is done.",
		                 "another process enrols this token");
	else
		e->lock = fd;
	if (fd >= 0 && code != TOOL_OK)
		close(fd);
	free(path);
	return code;
}

static enum tool_exit load(struct tool_enroll *e)
{
	struct sg_buf bytes = { NULL, 0, 0 };
	enum sg_err err = sg_file_read_trusted(e->path, SG_ENROLL_STATE_MAX, &bytes);

	if (err == SG_OK)
		err = sg_enroll_state_read(sg_buf_bytes(&bytes), &e->state);
	sg_buf_wipe(&bytes);
	if (err == SG_ERR_NOT_FOUND)
		return TOOL_OK;
	if (err != SG_ERR_FORMAT && err != SG_ERR_STORE_VERSION)
		return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't read %s", e->path);
	/* What it was nobody knows any more: a machine of the fleet, perhaps. */
	sg_enroll_state_clear(&e->state);
	if (tool_given(e->tool, OPT_AGAIN))
		return TOOL_OK;
	return tool_fail(TOOL_STORE, "--again enrols once more, as another machine: the registrar "
	                 "keeps one that came before until somebody deletes it.", "%s is %s",
	                 e->path, err == SG_ERR_FORMAT ? "damaged" : "of another version");
}

enum tool_exit tool_enroll_save(struct tool_enroll *e)
{
	struct sg_buf bytes = { NULL, 0, 0 };
	enum sg_err err = sg_enroll_state_write(&e->state, &bytes);

	if (err == SG_OK)
		err = sg_file_replace_private(e->path, sg_buf_bytes(&bytes));
	sg_buf_wipe(&bytes);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't write %s", e->path);
}

/* Tell of the file of an enrolment token that is not there, where nothing can be enrolled
 * already: without it no token is made. */
static enum tool_exit miss_token(const struct tool_enroll *e)
{
	struct tool_tokens tokens;
	enum tool_exit code = tool_tokens_read(&tokens);

	if (code == TOOL_OK && tokens.count == 0)
		code = tool_fail_err(e->token_err, "can't read the token of --token-file: %s",
		                     e->tool->value[OPT_TOKEN_FILE]);
	tool_tokens_free(&tokens);
	return code;
}

enum tool_exit tool_enroll_open(struct tool_enroll *e)
{
	enum tool_exit code = tool_start();

	if (code == TOOL_OK && e->token_err == SG_ERR_NOT_FOUND)
		code = miss_token(e);
	if (code == TOOL_OK && e->token != NULL)
		code = need_token(e->tool);
	if (code == TOOL_OK)
		code = tool_open(e->tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = name_state(e->tool, &e->folder, &e->path);
	if (code == TOOL_OK)
		code = take_lock(e);
	if (code == TOOL_OK)
		code = load(e);
	return code;
}

void tool_enroll_close(struct tool_enroll *e)
{
	if (e->lock > 0)
		close(e->lock);
	sg_secret_free(&e->token);
	free(e->label);
	free(e->folder);
	free(e->path);
	sg_enroll_state_clear(&e->state);
	sg_enroll_identity_clear(&e->identity);
	*e = (struct tool_enroll){ .tool = NULL };
}

enum tool_exit tool_enroll_forget(const struct tool *tool)
{
	/* The lock goes last: who holds it enrols a token that is no more. */
	static const char *const ends[] = {
		"", ".identity/" TOOL_ENROLL_IDENTITY, ".identity/" TOOL_ENROLL_KEY_FILE,
		".identity", ".lock",
	};
	char *folder, *path, *each;
	enum tool_exit code = name_state(tool, &folder, &path);

	for (size_t i = 0; i < sizeof ends / sizeof ends[0] && code == TOOL_OK; i++) {
		if (asprintf(&each, "%s%s", path, ends[i]) < 0) {
			each = NULL;
			code = tool_fail_err(SG_ERR_NOMEM, "can't forget an enrolment");
		}
		if (each != NULL && remove(each) != 0 && errno != ENOENT)
			code = tool_fail(TOOL_STORE, NULL, "the token is destroyed, but %s of its "
			                 "enrolment can't be removed: %s", each, strerror(errno));
		free(each);
	}
	free(folder);
	free(path);
	return code;
}
