/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Header fields. Values come from strangers: what isn't text is refused here, once, and
 * nowhere looked for again.
 */
#include "request/field.h"

#include "request/body.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Tell whether a fold begins here: CR LF and a space or tab. */
static bool fold_at(struct sg_request_text value, size_t i)
{
	return value.len - i >= 3 && value.data[i] == '\r' && value.data[i + 1] == '\n' &&
	       blank(value.data[i + 2]);
}

static bool value_valid(struct sg_request_text value)
{
	for (size_t i = 0; i < value.len; i++) {
		const unsigned char c = (unsigned char)value.data[i];

		if (c >= ' ' && c != 0x7f)
			continue;
		if (fold_at(value, i))
			i += 2;
		else if (c == 0x7f || (c < ' ' && c != '\t'))
			return false;
	}
	return true;
}

static bool view_valid(struct sg_request_text text)
{
	return text.data || text.len == 0;
}

static enum sg_request_reason field_check(const struct sg_request_field *field)
{
	if (!view_valid(field->name) || !view_valid(field->value))
		return SG_REQUEST_ARGUMENT;
	if (field->name.len > SG_REQUEST_NAME_MAX || field->value.len > SG_REQUEST_VALUE_MAX)
		return SG_REQUEST_TOO_LONG;
	if (!sg_request_token(field->name))
		return SG_REQUEST_FIELD_NAME;
	return value_valid(field->value) ? SG_REQUEST_OK : SG_REQUEST_FIELD_VALUE;
}

enum sg_request_reason sg_request_message_check(const struct sg_request_message *message)
{
	enum sg_request_reason reason = SG_REQUEST_OK;
	size_t total = message->target.len;

	if (!view_valid(message->method) || !view_valid(message->target) ||
	    !view_valid(message->scheme) || !view_valid(message->authority) ||
	    (!message->fields && message->n_fields > 0) ||
	    (message->body && !sg_request_digest_valid(message->body)))
		return SG_REQUEST_ARGUMENT;
	if (message->method.len > SG_REQUEST_METHOD_MAX)
		return SG_REQUEST_TOO_LONG;
	if (!sg_request_token(message->method))
		return SG_REQUEST_METHOD;
	if (message->n_fields > SG_REQUEST_FIELDS_MAX)
		return SG_REQUEST_TOO_MANY;
	for (size_t i = 0; i < message->n_fields && reason == SG_REQUEST_OK; i++) {
		reason = field_check(&message->fields[i]);
		total += message->fields[i].name.len + message->fields[i].value.len;
		if (reason == SG_REQUEST_OK && total > SG_REQUEST_HEAD_MAX)
			reason = SG_REQUEST_TOO_LONG;
	}
	return reason;
}

bool sg_request_field_there(const struct sg_request_message *message, const char *name)
{
	for (size_t i = 0; i < message->n_fields; i++)
		if (sg_request_same_name(message->fields[i].name, sg_request_text(name)))
			return true;
	return false;
}

enum sg_request_reason sg_request_field_only(const struct sg_request_message *message,
                                             const char *name, struct sg_request_text *value)
{
	size_t n = 0;

	*value = sg_request_part(NULL, 0);
	for (size_t i = 0; i < message->n_fields; i++) {
		if (!sg_request_same_name(message->fields[i].name, sg_request_text(name)))
			continue;
		*value = sg_request_trim(message->fields[i].value);
		n++;
	}
	if (n == 0)
		return SG_REQUEST_MISSING;
	return n == 1 ? SG_REQUEST_OK : SG_REQUEST_REPEATED;
}

/* A value may begin or end with a fold; no carriage return or line feed is anything else. */
static struct sg_request_text trim_folds(struct sg_request_text value)
{
	while (value.len > 0 && strchr(" \t\r\n", value.data[0])) {
		value.data++;
		value.len--;
	}
	while (value.len > 0 && strchr(" \t\r\n", value.data[value.len - 1]))
		value.len--;
	return value;
}

void sg_request_field_line(struct sg_writer *w, struct sg_request_text value)
{
	const struct sg_request_text line = trim_folds(value);
	size_t from = 0;

	if (line.len == 0 || !memchr(line.data, '\r', line.len)) {
		sg_request_put(w, line);
		return;
	}
	for (size_t i = 0; i < line.len; i++) {
		size_t end = i;

		if (!fold_at(line, i))
			continue;
		while (end > from && blank(line.data[end - 1]))
			end--;
		sg_request_put(w, sg_request_part(line.data + from, end - from));
		/* A fold right after another one has nothing before it. */
		if (end > from)
			sg_request_puts(w, " ");
		i += 2;
		while (i + 1 < line.len && blank(line.data[i + 1]))
			i++;
		from = i + 1;
	}
	if (from < line.len)
		sg_request_put(w, sg_request_part(line.data + from, line.len - from));
}

size_t sg_request_field_all(const struct sg_request_message *message, struct sg_request_text name,
                            struct sg_writer *w)
{
	size_t n = 0;

	for (size_t i = 0; i < message->n_fields; i++) {
		if (!sg_request_same_name(message->fields[i].name, name))
			continue;
		if (n++ > 0)
			sg_request_puts(w, ", ");
		sg_request_field_line(w, message->fields[i].value);
	}
	return n;
}
