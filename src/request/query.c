/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Query strings: decoded byte by byte and encoded again at once. A percent sign that
 * begins no code stands for itself, as it does for all who parse forms.
 */
#include "request/query.h"

#include <stdlib.h>

#include "request/body.h"
#include "util/utf8.h"

/* How a byte is written that may not stay. */
struct way {
	const char *stays;              /* beside letters and digits */
	const char *space;
};

static const struct way of_component = { "*-._", "%20" };
static const struct way of_sorted = { "-._~", "+" };

static bool alphanumeric(char c)
{
	const char lower = sg_request_lower(c);

	return (lower >= 'a' && lower <= 'z') || sg_request_digit(c);
}

/* Take the next decoded byte of a text. */
static uint8_t decode(struct sg_request_text *text)
{
	uint8_t byte = (uint8_t)text->data[0];
	size_t used = 1;

	if (byte == '+')
		byte = ' ';
	else if (byte == '%' && text->len >= 3 &&
	         sg_bytes_unhex(sg_bytes(text->data + 1, 2), &byte, 1))
		used = 3;
	text->data += used;
	text->len -= used;
	return byte;
}

static void encode(struct sg_writer *w, const struct way *way, struct sg_request_text text)
{
	static const char digits[] = "0123456789ABCDEF";

	while (text.len > 0) {
		const uint8_t byte = decode(&text);
		const char code[3] = { '%', digits[byte >> 4], digits[byte & 15] };

		if (alphanumeric((char)byte) || (byte != 0 && strchr(way->stays, (char)byte)))
			sg_write_u8(w, byte);
		else if (byte == ' ')
			sg_request_puts(w, way->space);
		else
			sg_write_bytes(w, sg_bytes(code, sizeof(code)));
	}
}

/* Take the next parameter that is not empty; false at the end. */
static bool next(struct sg_request_text *rest, struct sg_request_text *name,
                 struct sg_request_text *value)
{
	size_t end = 0, equals;

	while (rest->len > 0 && end == 0) {
		end = sg_request_find(*rest, '&');
		*name = sg_request_part(rest->data, end);
		if (end < rest->len) {
			rest->data += end + 1;
			rest->len -= end + 1;
		} else {
			rest->len = 0;
		}
	}
	if (end == 0)
		return false;
	equals = sg_request_find(*name, '=');
	*value = sg_request_part(NULL, 0);
	if (equals < name->len)
		*value = sg_request_part(name->data + equals + 1, name->len - equals - 1);
	name->len = equals;
	return true;
}

static bool is_utf8(struct sg_request_text text, struct sg_buf *room)
{
	struct sg_writer w = sg_writer(room);
	struct sg_bytes left;
	size_t len;

	room->len = 0;
	while (text.len > 0)
		sg_write_u8(&w, decode(&text));
	left = sg_buf_bytes(room);
	while (left.len > 0 && (len = sg_utf8_len(left)) > 0)
		left = sg_bytes(left.data + len, left.len - len);
	return w.err == SG_OK && left.len == 0;
}

enum sg_request_reason sg_request_query_param(struct sg_request_text query,
                                              struct sg_request_text wanted, struct sg_writer *w)
{
	struct sg_buf room = { 0 };
	struct sg_request_text name, value, found = { NULL, 0 };
	enum sg_request_reason reason = SG_REQUEST_COMPONENT_ABSENT;

	while (reason != SG_REQUEST_COMPONENT_AMBIGUOUS && next(&query, &name, &value)) {
		struct sg_writer encoded = sg_writer(&room);

		room.len = 0;
		encode(&encoded, &of_component, name);
		if (encoded.err != SG_OK) {
			reason = sg_request_of_err(encoded.err);
			goto out;
		}
		if (!sg_bytes_equal(sg_buf_bytes(&room), sg_request_bytes(wanted)))
			continue;
		reason = reason == SG_REQUEST_OK ? SG_REQUEST_COMPONENT_AMBIGUOUS : SG_REQUEST_OK;
		found = value;
	}
	if (reason != SG_REQUEST_OK)
		goto out;
	/* What is not UTF-8 would be decoded to the same text as something else. */
	if (!is_utf8(wanted, &room) || !is_utf8(found, &room))
		reason = SG_REQUEST_COMPONENT;
	else
		encode(w, &of_component, found);
out:
	sg_buf_free(&room);
	return reason;
}

static int compare(const void *a, const void *b)
{
	const struct sg_request_text *x = a, *y = b;
	const int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static size_t count(struct sg_request_text query)
{
	struct sg_request_text name, value;
	size_t n = 0;

	while (next(&query, &name, &value))
		n++;
	return n;
}

/* Encode every parameter into room, and note where each one lies. */
static enum sg_err encode_all(struct sg_request_text query, struct sg_buf *room,
                              struct sg_request_text *parts, size_t n)
{
	struct sg_writer w = sg_writer(room);
	struct sg_request_text name, value;

	for (size_t i = 0; i < n && next(&query, &name, &value); i++) {
		const size_t from = room->len;

		encode(&w, &of_sorted, name);
		sg_request_puts(&w, "=");
		encode(&w, &of_sorted, value);
		parts[i].len = room->len - from;
	}
	for (size_t i = 0, from = 0; i < n && w.err == SG_OK; from += parts[i++].len)
		parts[i].data = (const char *)room->data + from;
	return w.err;
}

enum sg_request_reason sg_request_query_sorted(struct sg_request_text query, struct sg_writer *w)
{
	struct sg_request_text *parts = NULL;
	struct sg_buf room = { 0 };
	const size_t n = count(query);
	enum sg_err err = SG_OK;

	if (n == 0)
		return SG_REQUEST_OK;
	parts = calloc(n, sizeof(*parts));
	err = parts ? encode_all(query, &room, parts, n) : SG_ERR_NOMEM;
	if (err != SG_OK)
		goto out;
	qsort(parts, n, sizeof(*parts), compare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sg_request_puts(w, "&");
		sg_request_put(w, parts[i]);
	}
	err = w->err;
out:
	free(parts);
	sg_buf_free(&room);
	return sg_request_of_err(err);
}
