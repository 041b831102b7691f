/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The alphabets of HTTP. No function here depends on a locale.
 */
#include "request/text.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/base64.h"

bool sg_request_same(struct sg_request_text a, struct sg_request_text b)
{
	return sg_bytes_equal(sg_request_bytes(a), sg_request_bytes(b));
}

char sg_request_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool sg_request_same_name(struct sg_request_text a, struct sg_request_text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (sg_request_lower(a.data[i]) != sg_request_lower(b.data[i]))
			return false;
	return true;
}

bool sg_request_is(struct sg_request_text text, const char *string)
{
	return sg_request_same(text, sg_request_text(string));
}

size_t sg_request_find(struct sg_request_text text, char byte)
{
	size_t i = 0;

	while (i < text.len && text.data[i] != byte)
		i++;
	return i;
}

bool sg_request_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool sg_request_token_byte(char c)
{
	const char lower = sg_request_lower(c);

	return (lower >= 'a' && lower <= 'z') || sg_request_digit(c) ||
	       (c != 0 && strchr("!#$%&'*+-.^_`|~", c));
}

bool sg_request_token(struct sg_request_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!sg_request_token_byte(text.data[i]))
			return false;
	return text.len > 0;
}

bool sg_request_visible(struct sg_request_text text, char refused)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~' ||
		    (refused != 0 && text.data[i] == refused))
			return false;
	return text.len > 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

struct sg_request_text sg_request_trim(struct sg_request_text text)
{
	while (text.len > 0 && blank(text.data[0])) {
		text.data++;
		text.len--;
	}
	while (text.len > 0 && blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

bool sg_request_number(struct sg_request_text text, int64_t *number)
{
	*number = 0;
	if (text.len == 0 || text.len > 15 || (text.data[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!sg_request_digit(text.data[i]))
			return false;
		*number = *number * 10 + (text.data[i] - '0');
	}
	return true;
}

void sg_request_put(struct sg_writer *w, struct sg_request_text text)
{
	sg_write_bytes(w, sg_request_bytes(text));
}

void sg_request_puts(struct sg_writer *w, const char *string)
{
	sg_write_bytes(w, sg_bytes_str(string));
}

void sg_request_put_number(struct sg_writer *w, int64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRId64, number);
	sg_request_puts(w, digits);
}

void sg_request_put_hex(struct sg_writer *w, struct sg_bytes bytes)
{
	char digits[2 * SG_REQUEST_SIGNATURE_MAX];

	if (bytes.len > SG_REQUEST_SIGNATURE_MAX) {
		w->err = SG_ERR_RANGE;
		return;
	}
	sg_bytes_hex(bytes, digits);
	sg_write_bytes(w, sg_bytes(digits, 2 * bytes.len));
}

/* Three bytes at a time, so that a text of any length needs no memory of its own. */
void sg_request_put_base64(struct sg_writer *w, struct sg_bytes bytes)
{
	char digits[5];

	for (size_t done = 0; done < bytes.len; done += 3) {
		const size_t left = bytes.len - done;

		sg_base64_public(sg_bytes(bytes.data + done, left < 3 ? left : 3), digits,
		                 sizeof(digits));
		sg_write_bytes(w, sg_bytes(digits, 4));
	}
}

bool sg_request_unbase64(struct sg_request_text text, uint8_t *out, size_t max, size_t *len)
{
	*len = 0;
	if (text.len == 0)
		return true;
	return sg_request_visible(text, 0) &&
	       sg_base64_read(sg_request_bytes(text), out, max, len);
}
