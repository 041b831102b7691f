/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Errors, and the lines of the library that explain them.
 */
#include "tools/fail.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/rv.h"
#include "tools/text.h"
#include "util/log.h"

#define LINES 8
#define LINE 512
#define MESSAGE (LINE * (LINES + 2))

static char lines[LINES][LINE];
static size_t count;
static bool notices;                    /* are told */
static char joined[LINES * LINE];
static char done[LINE];

static void gather(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level == SG_LOG_NOTICE && notices)
		tool_note("%s", line);
	if (level != SG_LOG_ERROR)
		return;
	if (count > 0 && strcmp(lines[count - 1], line) == 0)
		return;
	if (count == LINES) {
		memmove(lines[0], lines[1], sizeof lines - sizeof lines[0]);
		count--;
	}
	snprintf(lines[count++], LINE, "%s", line);
}

void tool_log_gather(void)
{
	sg_log_set(gather, NULL);
}

void tool_log_notices(bool told)
{
	notices = told;
}

void tool_log_clear(void)
{
	count = 0;
}

const char *tool_log_lines(enum sg_err err)
{
	size_t len = 0;

	joined[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (strcmp(lines[i], sg_err_sentence(err)) == 0)
			continue;
		len += (size_t)snprintf(joined + len, sizeof joined - len, "%s%s",
		                        len > 0 ? "; " : "", lines[i]);
	}
	return joined;
}

enum sg_err tool_cause(CK_RV rv)
{
	if (rv == CKR_OK)
		return SG_OK;
	for (int err = SG_OK + 1; count > 0 && err < SG_ERR_COUNT; err++)
		if (strcmp(lines[count - 1], sg_err_sentence((enum sg_err)err)) == 0)
			return (enum sg_err)err;
	return sg_rv_cause(rv);
}

/* Write one line in one piece, with nothing in it that could steer a terminal. */
static void say(const char *text)
{
	char line[MESSAGE];
	ssize_t written;
	int len = snprintf(line, sizeof line - 1, "signet: %s", text);

	if (len < 0)
		return;
	if (len > (int)sizeof line - 2)
		len = (int)sizeof line - 2;
	len = (int)tool_text_clean(line, (size_t)len);
	line[len++] = '\n';
	written = write(STDERR_FILENO, line, (size_t)len);
	(void)written;          /* there is nobody left to tell */
}

/* Say what failed and why; where there is no sentence, the lines of the library are it. */
static void explain(const char *what, const char *sentence, const char *details,
                    const char *advice)
{
	char line[MESSAGE];

	if (details[0] != '\0')
		snprintf(line, sizeof line, "%s: %s (%s)", what, sentence, details);
	else
		snprintf(line, sizeof line, "%s: %s", what, sentence);
	say(line);
	if (advice != NULL) {
		snprintf(line, sizeof line, "next step: %s", advice);
		say(line);
	}
}

/* Return the exit code of what failed, which may have been no more than telling. */
static enum tool_exit ending(enum tool_exit code)
{
	char line[LINE + 32];

	if (done[0] == '\0')
		return code;
	snprintf(line, sizeof line, "all the same it is done: %s", done);
	say(line);
	return TOOL_UNTOLD;
}

static enum tool_exit fail_err(enum sg_err err, const char *what)
{
	const char *advice = sg_err_advice(err);

	/* The advice of a detail is better than that of the table. */
	if (err == SG_ERR_SYSTEM)
		advice = NULL;
	if (err == SG_ERR_STORE_UNSAFE)
		advice = "What mends it stands above.";
	/* What was tried has not failed. */
	if (err == SG_ERR_UNCOUNTED || err == SG_ERR_PIN_LEFT)
		what = "done, with a fault";
	explain(what, sg_err_sentence(err), tool_log_lines(err), advice);
	return ending(tool_exit_err(err));
}

enum tool_exit tool_fail_err(enum sg_err err, const char *format, ...)
{
	char what[LINE];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return fail_err(err, what);
}

enum tool_exit tool_fail_rv(CK_RV rv, const char *format, ...)
{
	const struct tool_exit_row *row = tool_exit_rv(rv);
	enum sg_err err = tool_cause(rv);
	char what[LINE], unnamed[32];
	const char *name = sg_rv_name(rv);
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (rv == CKR_FUNCTION_CANCELED)        /* of ours, and told: see tool_key_open */
		return ending(TOOL_USAGE);
	if (row != NULL) {
		explain(what, row->sentence, tool_log_lines(SG_OK), row->advice);
		return ending(row->code);
	}
	if (err != SG_OK)
		return fail_err(err, what);
	if (name == NULL) {
		snprintf(unnamed, sizeof unnamed, "CKR 0x%lx", rv);
		name = unnamed;
	}
	explain(what, name, tool_log_lines(SG_OK), NULL);
	return ending(TOOL_FAILED);
}

enum tool_exit tool_fail(enum tool_exit code, const char *advice, const char *format, ...)
{
	char line[MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	say(line);
	if (advice != NULL) {
		snprintf(line, sizeof line, "next step: %s", advice);
		say(line);
	}
	return ending(code);
}

void tool_done(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(done, sizeof done, format, args);
	va_end(args);
	/* A pipe that nobody reads is an error like another now, not the end. */
	signal(SIGPIPE, SIG_IGN);
}

void tool_note(const char *format, ...)
{
	char line[MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	say(line);
}
