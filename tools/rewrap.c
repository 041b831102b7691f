/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Streams of wrapped keys.
 */
#include "tools/rewrap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/text.h"
#include "tools/wrapped_line.h"

/* Tell on a terminal, once a second, how far it is. */
static void tell_progress(const struct tool_rewrap_count *count, bool end)
{
	static time_t last;
	struct timespec now;

	if (!isatty(STDERR_FILENO) || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return;
	if (last == 0 && !end)
		last = now.tv_sec;
	if (now.tv_sec == last && !end)
		return;
	last = now.tv_sec;
	fprintf(stderr, "\rsignet: %" PRIu64 " lines, %" PRIu64 " keys rewrapped%s", count->lines,
	        count->done, end ? "\n" : " ...");
}

static void tell_failed(struct tool_rewrap_count *count, const char *why)
{
	count->failed++;
	tool_note("line %" PRIu64 ": %s; it stays as it was", count->lines, why);
}

/* Make of a line what it becomes; *out is it, or line itself. */
static enum tool_exit change(const struct tool_rewrapper *how, struct sg_bytes line,
                             struct tool_rewrap_count *count, struct sg_buf *buf,
                             struct sg_bytes *out)
{
	struct sg_buf wrapped = { NULL, 0, 0 }, anew = { NULL, 0, 0 };
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	struct tool_wrapped_place place = { 0, 0 };
	enum tool_exit code = TOOL_OK;
	const char *why = tool_wrapped_find(line, how->field, &place, &wrapped);
	enum tool_rewrapped verdict = TOOL_REWRAP_UNOPENED;

	*out = line;
	if (why == NULL && place.len == 0)
		goto out;
	if (why == NULL)
		verdict = how->key(how->arg, sg_buf_bytes(&wrapped), &anew, &why);
	switch (verdict) {
	case TOOL_REWRAP_DONE:
		tool_text_base64(&text, sg_buf_bytes(&anew));
		if (text.err == SG_OK)
			text.err = tool_wrapped_put(line, place, sg_buf_bytes(&text.buf), buf);
		if (text.err != SG_OK)
			code = tool_fail_err(text.err, "can't write line %" PRIu64, count->lines);
		*out = sg_buf_bytes(buf);
		count->done++;
		break;
	case TOOL_REWRAP_KEPT:
		count->kept++;
		break;
	case TOOL_REWRAP_UNOPENED:
		tell_failed(count, why);
		break;
	case TOOL_REWRAP_STOPPED:
		code = TOOL_FAILED;
		break;
	}
out:
	sg_buf_free(&wrapped);
	sg_buf_free(&anew);
	sg_buf_free(&text.buf);
	return code;
}

enum tool_exit tool_rewrap(struct tool_lines *in, const struct tool_rewrapper *how,
                           struct tool_rewrap_sink *sink, struct tool_rewrap_count *count)
{
	struct sg_buf buf = { NULL, 0, 0 };
	enum tool_exit code = TOOL_OK;

	for (;;) {
		struct tool_line line;
		struct sg_bytes out;
		enum sg_err err = tool_lines_next(in, &line);

		if (err != SG_OK)
			code = tool_fail(TOOL_FAILED, NULL, "can't read the input: %s",
			                 err == SG_ERR_SYSTEM ? strerror(errno)
			                                      : sg_err_sentence(err));
		if (err != SG_OK || line.bytes.len == 0)
			break;
		count->lines = in->number;
		out = line.bytes;
		if (line.piece && line.first)
			tell_failed(count, "it has more than 1 MiB, which is the limit");
		else if (!line.piece)
			code = change(how, line.bytes, count, &buf, &out);
		if (code == TOOL_OK)
			code = sink->put(sink, line.bytes, out, count);
		if (code != TOOL_OK)
			break;
		tell_progress(count, false);
	}
	tell_progress(count, true);
	sg_buf_free(&buf);
	return code;
}
