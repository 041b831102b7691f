/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. PINs.
 */
#include "tools/pin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/options.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"
#include "util/file.h"

/* The label in it comes out of a store that nothing has checked before the login. */
static void make_prompt(char *out, size_t size, const char *what, const char *end)
{
	snprintf(out, size, "Enter %s%s: ", what, end);
	out[tool_text_clean(out, strlen(out))] = '\0';
}

/* Ask on the terminal; place is where else it could stand. */
static enum tool_exit ask(const char *what, const char *place, bool twice, struct sg_secret **pin)
{
	struct sg_secret *first = NULL, *second = NULL;
	enum tool_exit code = TOOL_OK;
	char prompt[160], advice[160];
	enum sg_err err;
	int fd = tool_terminal_open();

	if (fd < 0) {
		snprintf(advice, sizeof advice, "Name where it is: %s.", place);
		return tool_fail(TOOL_USAGE, advice,
		                 "%s is needed, and there is no terminal to ask for it", what);
	}
	make_prompt(prompt, sizeof prompt, what, "");
	err = sg_secret_new(TOOL_SECRET_MAX, &first);
	if (err == SG_OK)
		err = tool_terminal_ask(fd, prompt, first);
	if (err == SG_OK && twice) {
		make_prompt(prompt, sizeof prompt, what, " again");
		err = sg_secret_new(TOOL_SECRET_MAX, &second);
		if (err == SG_OK)
			err = tool_terminal_ask(fd, prompt, second);
	}
	if (err == SG_ERR_NOT_FOUND)            /* the end of input is no PIN either */
		err = SG_OK;
	if (err == SG_ERR_RANGE) {
		code = tool_fail(TOOL_USAGE, NULL, "%s has more than %d bytes", what,
		                 TOOL_SECRET_MAX);
	} else if (err != SG_OK) {
		code = tool_fail_err(err, "can't read %s", what);
	} else if (first->len == 0) {
		code = tool_fail(TOOL_USAGE, NULL, "%s was not given", what);
	} else if (twice && !sg_secret_equal(sg_secret_bytes(first), sg_secret_bytes(second))) {
		code = tool_fail(TOOL_USAGE, NULL, "the two are not the same; nothing was changed");
	} else {
		*pin = first;
		first = NULL;
	}
	close(fd);
	sg_secret_free(&first);
	sg_secret_free(&second);
	return code;
}

enum tool_exit tool_pin_read(const struct tool *tool, enum tool_option option, const char *what,
                             bool twice, struct sg_secret **pin)
{
	const char *path = tool->value[option];
	char place[96];
	enum sg_err err;

	if (path == NULL || strcmp(path, "tty") == 0) {
		snprintf(place, sizeof place, "%s, with a private file, - for standard input, or fd:N",
		         tool_option_shown(option));
		return ask(what, place, twice, pin);
	}
	tool_log_clear();
	err = sg_file_read_secret(path, TOOL_SECRET_MAX + 2, pin);      /* a newline goes off */
	if (err == SG_OK && (*pin)->len <= TOOL_SECRET_MAX)
		return TOOL_OK;
	if (err == SG_OK || err == SG_ERR_RANGE) {
		sg_secret_free(pin);
		return tool_fail(TOOL_USAGE, NULL, "%s has more than %d bytes", what,
		                 TOOL_SECRET_MAX);
	}
	if (err == SG_ERR_STORE_UNSAFE)
		return tool_fail(TOOL_FAILED, "Whoever can read it has the PIN: what mends it stands "
		                 "above.", "can't read %s: %s", what,
		                 tool_log_lines(err));
	return tool_fail_err(err, "can't read %s from %s", what, path);
}

enum tool_exit tool_pins_read(const struct tool *tool, struct sg_secret **pin,
                              struct sg_secret **so_pin)
{
	bool asks = (tool->token.flags & CKF_LOGIN_REQUIRED) != 0;
	bool given = tool_given(tool, OPT_PIN_FILE) || tool_given(tool, OPT_SO_PIN_FILE);
	enum tool_exit code = TOOL_OK;

	if (!asks && given)
		return tool_fail(TOOL_USAGE, NULL, "a machine token has no PIN");
	if (asks && (tool_given(tool, OPT_PIN_FILE) || !tool_given(tool, OPT_SO_PIN_FILE)))
		code = tool_pin_read(tool, OPT_PIN_FILE, "the PIN", false, pin);
	if (code == TOOL_OK && tool_given(tool, OPT_SO_PIN_FILE))
		code = tool_officer_needed(tool);
	if (code == TOOL_OK && tool_given(tool, OPT_SO_PIN_FILE))
		code = tool_pin_read(tool, OPT_SO_PIN_FILE, "the security officer's PIN", false,
		                     so_pin);
	return code;
}

enum tool_exit tool_owner_auth_read(const struct tool *tool, struct sg_secret **owner)
{
	*owner = NULL;
	return tool_given(tool, OPT_OWNER_AUTH_FILE)
	               ? tool_pin_read(tool, OPT_OWNER_AUTH_FILE, "the TPM's owner password", false,
	                               owner)
	               : TOOL_OK;
}

enum sg_err tool_hsm_pin(const char *label, struct sg_secret **pin)
{
	char what[96];

	snprintf(what, sizeof what, "the PIN of the HSM \"%s\"", label);
	return ask(what, "the pin-source of its URI", false, pin) == TOOL_OK ? SG_OK
	                                                                     : SG_ERR_HSM_PIN;
}
