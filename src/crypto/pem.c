/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Finds the blocks of PEM, and writes and reads those of public bytes.
 */
#include "crypto/pem.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/base64.h"

/* A line of PEM has 64 characters, which are 48 bytes [RFC 7468 §2]. */
#define PEM_LINE 64
#define PEM_BYTES 48
#define LABEL_LINE 80

static bool starts_with(struct sg_bytes bytes, const char *head)
{
	size_t len = strlen(head);

	return bytes.len >= len && memcmp(bytes.data, head, len) == 0;
}

static bool ends_with(struct sg_bytes bytes, const char *tail)
{
	size_t len = strlen(tail);

	return bytes.len >= len && memcmp(bytes.data + bytes.len - len, tail, len) == 0;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Take one line off the text, and its end (LF, CRLF or the end of the text) off the line. */
static struct sg_bytes take_line(struct sg_bytes *text)
{
	const uint8_t *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
	size_t len = end ? (size_t)(end - text->data) : text->len;
	struct sg_bytes line = sg_bytes(text->data, len);

	if (text->len > 0)
		*text = sg_bytes(text->data + len + (end ? 1 : 0), text->len - len - (end ? 1 : 0));
	while (line.len > 0 && is_blank(line.data[line.len - 1]))
		line.len--;
	return line;
}

/* Read the label of a line "-----BEGIN label-----", or of the END line. */
static bool read_label(struct sg_bytes line, const char *head, struct sg_bytes *label)
{
	const char *tail = "-----";
	size_t head_len = strlen(head), tail_len = strlen(tail);

	if (!starts_with(line, head) || !ends_with(line, tail) || line.len < head_len + tail_len)
		return false;
	*label = sg_bytes(line.data + head_len, line.len - head_len - tail_len);
	return true;
}

bool sg_pem_next(struct sg_bytes *text, struct sg_pem *pem)
{
	struct sg_bytes line, end_label;
	bool inside = false;

	while (text->len > 0) {
		const uint8_t *start = text->data;

		line = take_line(text);
		if (!inside && read_label(line, "-----BEGIN ", &pem->label)) {
			inside = true;
			pem->body = sg_bytes(text->data, 0);
		} else if (inside && read_label(line, "-----END ", &end_label)) {
			pem->body.len = (size_t)(start - pem->body.data);
			return sg_bytes_equal(pem->label, end_label);
		}
	}
	return false;
}

static enum sg_err write_line(const char *end, const char *label, struct sg_buf *out)
{
	char line[LABEL_LINE];

	snprintf(line, sizeof line, "-----%s %s-----\n", end, label);
	return sg_buf_append(out, sg_bytes_str(line));
}

enum sg_err sg_pem_write(const char *label, struct sg_bytes bytes, struct sg_buf *out)
{
	char line[PEM_LINE + 2];
	enum sg_err err = write_line("BEGIN", label, out);

	for (size_t at = 0; err == SG_OK && at < bytes.len; at += PEM_BYTES) {
		size_t n = bytes.len - at < PEM_BYTES ? bytes.len - at : PEM_BYTES;

		sodium_bin2base64(line, sizeof line, bytes.data + at, n,
		                  sodium_base64_VARIANT_ORIGINAL);
		strcat(line, "\n");
		err = sg_buf_append(out, sg_bytes_str(line));
	}
	return err == SG_OK ? write_line("END", label, out) : err;
}

enum sg_err sg_pem_decode(const struct sg_pem *pem, size_t max, struct sg_buf *out)
{
	const size_t most = pem->body.len < max ? pem->body.len : max;
	enum sg_err err;
	size_t len = 0;

	out->len = 0;
	err = sg_buf_reserve(out, most);
	if (err == SG_OK && !sg_base64_read(pem->body, out->data, most, &len))
		err = SG_ERR_FORMAT;
	out->len = err == SG_OK ? len : 0;
	return err;
}

enum sg_err sg_pem_read(struct sg_bytes text, const char *label, size_t max, struct sg_buf *out)
{
	struct sg_pem pem;

	out->len = 0;
	do {
		if (!sg_pem_next(&text, &pem))
			return SG_ERR_FORMAT;
	} while (!sg_bytes_equal(pem.label, sg_bytes_str(label)));
	return sg_pem_decode(&pem, max, out);
}
