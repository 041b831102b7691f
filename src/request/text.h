/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What is asked of texts in a request: the alphabets of HTTP, numbers, and writing them
 * one after the other. Owns nothing.
 */
#ifndef SG_REQUEST_TEXT_H
#define SG_REQUEST_TEXT_H

#include <signet/request.h>

#include "util/cursor.h"

/* Make a text of len bytes. */
static inline struct sg_request_text sg_request_part(const void *data, size_t len)
{
	return (struct sg_request_text){ data, len };
}

static inline struct sg_bytes sg_request_bytes(struct sg_request_text text)
{
	return sg_bytes(text.data, text.len);
}

/* Tell whether two texts are the same; the second one may differ in the case of its letters. */
bool sg_request_same(struct sg_request_text a, struct sg_request_text b);
bool sg_request_same_name(struct sg_request_text a, struct sg_request_text b);

/* Tell whether a text is that string. */
bool sg_request_is(struct sg_request_text text, const char *string);

/* Find a byte; len where it isn't there. */
size_t sg_request_find(struct sg_request_text text, char byte);

/* Return a letter in lower case, and any other byte as it is. */
char sg_request_lower(char c);

bool sg_request_digit(char c);

/* Tell whether a byte may stand in a token [RFC 9110 §5.6.2]. */
bool sg_request_token_byte(char c);

/* Tell whether it is a token: at least one byte, and no other. */
bool sg_request_token(struct sg_request_text text);

/* Tell whether it is at least one byte, all of them visible ASCII, and none the one that is
 * refused; 0 refuses none. */
bool sg_request_visible(struct sg_request_text text, char refused);

/* Take spaces and tabs from both ends. */
struct sg_request_text sg_request_trim(struct sg_request_text text);

/* Read a number from 0 to SG_REQUEST_TIME_MAX in decimal: without a sign, and without a zero
 * before another digit. */
bool sg_request_number(struct sg_request_text text, int64_t *number);

/* Append a text, a string, a number in decimal, bytes in lower-case hexadecimal or in base64. */
void sg_request_put(struct sg_writer *w, struct sg_request_text text);
void sg_request_puts(struct sg_writer *w, const char *string);
void sg_request_put_number(struct sg_writer *w, int64_t number);
void sg_request_put_hex(struct sg_writer *w, struct sg_bytes bytes);
void sg_request_put_base64(struct sg_writer *w, struct sg_bytes bytes);

/* Read base64 of public bytes, with its padding, its last bits zero and nothing between, into at
 * most max bytes. */
bool sg_request_unbase64(struct sg_request_text text, uint8_t *out, size_t max, size_t *len);

#endif
