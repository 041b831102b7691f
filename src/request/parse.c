/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The head of an HTTP/1.1 request [RFC 9112]. It takes what one that is made with care
 * looks like, and nothing that another program could read in another way: then a proxy and a
 * server see the same request.
 */
#include <stdlib.h>

#include "request/body.h"
#include "request/field.h"
#include "request/target.h"

/* What is left of the head. */
struct lines {
	struct sg_request_text rest;
	bool whole;                     /* rest has all that will ever come */
};

/* Take a line without its end. */
static enum sg_request_reason next_line(struct lines *lines, struct sg_request_text *line)
{
	const struct sg_request_text rest = lines->rest;
	size_t i = 0;

	while (i < rest.len && rest.data[i] != '\r' && rest.data[i] != '\n')
		i++;
	if (i == rest.len || (i + 1 == rest.len && rest.data[i] == '\r'))
		return lines->whole ? SG_REQUEST_TOO_LONG : SG_REQUEST_INCOMPLETE;
	if (rest.data[i] != '\r' || rest.data[i + 1] != '\n')
		return SG_REQUEST_LINE_END;
	*line = sg_request_part(rest.data, i);
	lines->rest = sg_request_part(rest.data + i + 2, rest.len - i - 2);
	return SG_REQUEST_OK;
}

/* METHOD SP target SP HTTP/1.x, with exactly these two spaces [RFC 9112 §3]. */
static enum sg_request_reason read_request_line(struct sg_request_text line,
                                                struct sg_request_head *head)
{
	const struct sg_request_text http = sg_request_text("HTTP/1.");
	const size_t first = sg_request_find(line, ' ');
	struct sg_request_text rest, version;
	size_t second;

	if (first == line.len)
		return SG_REQUEST_LINE;
	rest = sg_request_part(line.data + first + 1, line.len - first - 1);
	second = sg_request_find(rest, ' ');
	if (second == rest.len)
		return SG_REQUEST_LINE;
	version = sg_request_part(rest.data + second + 1, rest.len - second - 1);
	if (sg_request_find(version, ' ') < version.len)
		return SG_REQUEST_LINE;
	if (version.len != http.len + 1 || memcmp(version.data, http.data, http.len) != 0 ||
	    (version.data[http.len] != '0' && version.data[http.len] != '1'))
		return SG_REQUEST_VERSION;
	head->minor = (unsigned)(version.data[http.len] - '0');
	head->message.method = sg_request_part(line.data, first);
	head->message.target = sg_request_part(rest.data, second);
	return SG_REQUEST_OK;
}

static enum sg_request_reason read_field(struct sg_request_text line,
                                         struct sg_request_field *field)
{
	const size_t colon = sg_request_find(line, ':');

	if (line.data[0] == ' ' || line.data[0] == '\t')
		return SG_REQUEST_FOLDED;
	field->name = sg_request_part(line.data, colon);
	if (colon == line.len || colon == 0 || line.data[colon - 1] == ' ' ||
	    line.data[colon - 1] == '\t')
		return SG_REQUEST_COLON;
	field->value = sg_request_trim(
		sg_request_part(line.data + colon + 1, line.len - colon - 1));
	return SG_REQUEST_OK;
}

static enum sg_request_reason read_fields(struct lines *lines, struct sg_request_head *head)
{
	for (;;) {
		struct sg_request_text line;
		enum sg_request_reason reason = next_line(lines, &line);

		if (reason != SG_REQUEST_OK || line.len == 0)
			return reason;
		if (head->message.n_fields == SG_REQUEST_FIELDS_MAX)
			return SG_REQUEST_TOO_MANY;
		reason = read_field(line, &head->fields[head->message.n_fields]);
		if (reason != SG_REQUEST_OK)
			return reason;
		head->message.n_fields++;
	}
}

/* Where the body ends [RFC 9112 §6]. */
static enum sg_request_reason read_framing(struct sg_request_head *head)
{
	const struct sg_request_message *message = &head->message;
	struct sg_request_text length, coding;
	enum sg_request_reason has_length, has_coding;
	int64_t number;

	has_length = sg_request_field_only(message, "content-length", &length);
	has_coding = sg_request_field_only(message, "transfer-encoding", &coding);
	if (has_length != SG_REQUEST_MISSING && has_coding != SG_REQUEST_MISSING)
		return SG_REQUEST_FRAMING;
	if (has_coding != SG_REQUEST_MISSING) {
		if (has_coding != SG_REQUEST_OK || head->minor == 0 ||
		    !sg_request_same_name(coding, sg_request_text("chunked")))
			return SG_REQUEST_TRANSFER_CODING;
		head->chunked = true;
	}
	if (has_length == SG_REQUEST_MISSING)
		return SG_REQUEST_OK;
	if (has_length != SG_REQUEST_OK || !sg_request_number(length, &number))
		return SG_REQUEST_CONTENT_LENGTH;
	head->has_content_length = true;
	head->content_length = (uint64_t)number;
	return SG_REQUEST_OK;
}

/* HTTP/1.1 has one Host [RFC 9112 §3.2], and it is that of an absolute target. */
static enum sg_request_reason check_host(const struct sg_request_head *head,
                                         const struct sg_request_target *target)
{
	struct sg_buf room = { 0 };
	struct sg_writer w = sg_writer(&room);
	enum sg_request_reason reason;

	if (!sg_request_field_there(&head->message, "host"))
		return head->minor == 0 ? SG_REQUEST_OK : SG_REQUEST_AUTHORITY;
	reason = sg_request_authority(&head->message, target, &w);
	sg_buf_free(&room);
	return reason != SG_REQUEST_OK ? reason : sg_request_of_err(w.err);
}

static enum sg_request_reason check(struct sg_request_head *head)
{
	struct sg_request_target target;
	enum sg_request_reason reason = sg_request_message_check(&head->message);

	if (reason == SG_REQUEST_OK)
		reason = sg_request_target_read(&head->message, &target);
	if (reason == SG_REQUEST_OK)
		reason = check_host(head, &target);
	return reason == SG_REQUEST_OK ? read_framing(head) : reason;
}

enum sg_request_reason sg_request_parse(const void *data, size_t len,
                                        struct sg_request_head **out)
{
	struct lines lines = {
		.rest = { data, len > SG_REQUEST_HEAD_MAX ? SG_REQUEST_HEAD_MAX : len },
		.whole = len >= SG_REQUEST_HEAD_MAX,
	};
	struct sg_request_head *head = NULL;
	struct sg_request_text line;
	enum sg_request_reason reason;

	if (!out || (!data && len > 0))
		return SG_REQUEST_ARGUMENT;
	*out = NULL;
	reason = next_line(&lines, &line);
	if (reason != SG_REQUEST_OK)
		return reason;
	head = calloc(1, sizeof(*head));
	if (head)
		head->fields = calloc(SG_REQUEST_FIELDS_MAX, sizeof(*head->fields));
	if (!head || !head->fields) {
		reason = SG_REQUEST_NOMEM;
		goto out;
	}
	head->message.fields = head->fields;
	reason = read_request_line(line, head);
	if (reason == SG_REQUEST_OK)
		reason = read_fields(&lines, head);
	if (reason == SG_REQUEST_OK)
		reason = check(head);
	if (reason != SG_REQUEST_OK)
		goto out;
	head->len = (size_t)(lines.rest.data - (const char *)data);
	*out = head;
	head = NULL;
out:
	sg_request_head_free(&head);
	return reason;
}

void sg_request_head_free(struct sg_request_head **head)
{
	if (!head || !*head)
		return;
	free((*head)->fields);
	free(*head);
	*head = NULL;
}
