/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Text.
 */
#include "tools/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "util/utf8.h"

#define WORD 32

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void append(struct tool_text *text, struct sg_bytes bytes)
{
	if (text->err == SG_OK)
		text->err = sg_buf_append(&text->buf, bytes);
}

void tool_text_add(struct tool_text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (text->err == SG_OK)
		text->err = len < 0 ? SG_ERR_SYSTEM : sg_buf_reserve(&text->buf, (size_t)len + 1);
	if (text->err != SG_OK)
		return;
	va_start(args, format);
	vsnprintf((char *)text->buf.data + text->buf.len, (size_t)len + 1, format, args);
	va_end(args);
	text->buf.len += (size_t)len;
}

/* Return how many bytes of the character at the beginning may be shown, 0 where a "?" has
 * to stand for it; *len is its length, at least 1. */
static size_t shown(struct sg_bytes text, size_t *len)
{
	size_t all = sg_utf8_len(text);

	*len = all > 0 ? all : 1;
	return sg_utf8_control(text) || sg_utf8_invisible(text) ? 0 : all;
}

void tool_text_name(struct tool_text *text, struct sg_bytes name)
{
	while (name.len > 0) {
		size_t len, show = shown(name, &len);

		append(text, show > 0 ? sg_bytes(name.data, show) : sg_bytes_str("?"));
		name = sg_bytes(name.data + len, name.len - len);
	}
}

size_t tool_text_clean(char *text, size_t len)
{
	size_t to = 0, step;

	for (size_t from = 0; from < len; from += step) {
		size_t show = shown(sg_bytes(text + from, len - from), &step);

		if (show > 0)
			memmove(text + to, text + from, show);
		else
			text[to] = '?';
		to += show > 0 ? show : 1;
	}
	return to;
}

void tool_text_hex(struct tool_text *text, struct sg_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		tool_text_add(text, "%02x", bytes.data[i]);
}

void tool_text_base64(struct tool_text *text, struct sg_bytes bytes)
{
	uint8_t quad[4];

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint32_t bits = (uint32_t)bytes.data[i] << 16;

		if (n > 1)
			bits |= (uint32_t)bytes.data[i + 1] << 8;
		if (n > 2)
			bits |= bytes.data[i + 2];
		quad[0] = (uint8_t)digits[bits >> 18 & 63];
		quad[1] = (uint8_t)digits[bits >> 12 & 63];
		quad[2] = n > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
		quad[3] = n > 2 ? (uint8_t)digits[bits & 63] : '=';
		append(text, sg_bytes(quad, sizeof quad));
	}
}

enum tool_exit tool_text_out(struct tool_text *text)
{
	enum tool_exit code;

	if (text->err != SG_OK)
		code = tool_fail_err(text->err, "can't make the output");
	else
		code = tool_write(sg_buf_bytes(&text->buf));
	sg_buf_free(&text->buf);
	return code;
}

/* Put out the bytes of one group of digits; the bits that are left over must be zero. */
static enum sg_err base64_group(uint32_t bits, size_t n, struct sg_buf *out)
{
	uint8_t bytes[3];

	bits <<= 6 * (4 - n);
	for (size_t i = 0; i < 3; i++)
		bytes[i] = (uint8_t)(bits >> (16 - 8 * i));
	if (n == 1 || (n == 2 && (bits & 0xffff) != 0) || (n == 3 && (bits & 0xff) != 0))
		return SG_ERR_FORMAT;
	return n == 0 ? SG_OK : sg_buf_append(out, sg_bytes(bytes, n - 1));
}

enum sg_err tool_base64_read(struct sg_bytes text, struct sg_buf *out)
{
	size_t n = 0, padding = 0;
	enum sg_err err = SG_OK;
	uint32_t bits = 0;

	out->len = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		const char *digit = c != 0 ? strchr(digits, c) : NULL;

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '=' && n + padding < 4 && n >= 2) {
			padding++;
			continue;
		}
		if (digit == NULL || padding > 0)
			return SG_ERR_FORMAT;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if (++n < 4)
			continue;
		err = base64_group(bits, n, out);
		if (err != SG_OK)
			return err;
		n = 0;
		bits = 0;
	}
	return n == 0 || n + padding == 4 ? base64_group(bits, n, out) : SG_ERR_FORMAT;
}

enum sg_err tool_hex_read(const char *text, struct sg_buf *out)
{
	struct sg_bytes hex = sg_bytes_str(text);
	enum sg_err err;

	out->len = 0;
	if (hex.len == 0)
		return SG_ERR_FORMAT;
	err = sg_buf_reserve(out, hex.len / 2);
	if (err != SG_OK)
		return err;
	if (!sg_bytes_unhex(hex, out->data, hex.len / 2))
		return SG_ERR_FORMAT;
	out->len = hex.len / 2;
	return SG_OK;
}

/* Levenshtein's distance, one row at a time. */
size_t tool_text_distance(const char *a, const char *b, size_t limit)
{
	size_t row[WORD + 1], a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD || b_len > WORD)
		return limit + 1;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len] <= limit ? row[b_len] : limit + 1;
}
