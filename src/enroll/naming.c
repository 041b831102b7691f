/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Names and identifiers.
 */
#include "enroll/naming.h"

#include <string.h>

#include "crypto/random.h"

#define HOST_MAX 253

void sg_uuid_make(char out[SG_UUID_TEXT + 1])
{
	static const uint8_t parts[] = { 4, 2, 2, 2, 6 };
	uint8_t bytes[16];
	size_t at = 0, from = 0;

	sg_random(bytes, sizeof bytes);
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof parts; i++) {
		if (i > 0)
			out[at++] = '-';
		sg_bytes_hex(sg_bytes(bytes + from, parts[i]), out + at);
		at += 2 * (size_t)parts[i];
		from += parts[i];
	}
	out[at] = '\0';
}

bool sg_uuid_is(struct sg_bytes text)
{
	if (text.len != SG_UUID_TEXT)
		return false;
	for (size_t i = 0; i < SG_UUID_TEXT; i++) {
		const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		const uint8_t c = text.data[i];

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

static bool host_character(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_';
}

bool sg_host_is(struct sg_bytes host)
{
	for (size_t i = 0; i < host.len; i++)
		if (!host_character(host.data[i]))
			return false;
	return host.len > 0 && host.len <= HOST_MAX;
}

bool sg_host_pattern_is(struct sg_bytes pattern)
{
	for (size_t i = 0; i < pattern.len; i++)
		if (!host_character(pattern.data[i]) && pattern.data[i] != '*' &&
		    pattern.data[i] != '?')
			return false;
	return pattern.len > 0 && pattern.len <= HOST_MAX;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Where a character doesn't fit, the last star takes one more. */
bool sg_host_matches(const char *pattern, struct sg_bytes host)
{
	const size_t len = strlen(pattern);
	size_t p = 0, h = 0, star = len, taken = 0;

	while (h < host.len) {
		if (p < len && pattern[p] == '*') {
			star = p++;
			taken = h;
		} else if (p < len && (pattern[p] == '?' ||
		                       lower((uint8_t)pattern[p]) == lower(host.data[h]))) {
			p++;
			h++;
		} else if (star < len) {
			p = star + 1;
			h = ++taken;
		} else {
			return false;
		}
	}
	while (p < len && pattern[p] == '*')
		p++;
	return p == len;
}

/* What stands for a word in braces; NULL for one that is not known. */
static const char *word(const char *at, size_t len, const char *id, const char *host, size_t *n)
{
	const struct {
		const char *word, *text;
		size_t n;
	} words[] = { { "{uuid8}", id, 8 }, { "{uuid}", id, SG_UUID_TEXT },
	              { "{host}", host, strlen(host) } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (len == strlen(words[i].word) && memcmp(at, words[i].word, len) == 0) {
			*n = words[i].n;
			return words[i].text;
		}
	return NULL;
}

bool sg_name_make(const char *template, const char *id, const char *host, char *out, size_t size)
{
	size_t len = 0;

	while (*template != '\0') {
		const char *text = template, *end = strchr(template, '}');
		size_t used = 1, n = 1;

		if (*template == '{' && end != NULL) {
			used = (size_t)(end - template) + 1;
			text = word(template, used, id, host, &n);
		}
		if (text == NULL || (used == 1 && (*text < ' ' || *text > '~' || *text == '{' ||
		                                   *text == '}')))
			return false;
		if (n >= size - len)
			return false;
		memcpy(out + len, text, n);
		len += n;
		template += used;
	}
	out[len] = '\0';
	return len > 0;
}
