/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Words of five letters. All letters are compared with, and the one that fits is kept by
 * a mask: which one it was does not show in what memory is read or where the program goes.
 */
#include "util/proquint.h"

#include <string.h>

#define LETTERS 5

static const char consonants[] = "bdfghjklmnprstvz";
static const char vowels[] = "aiou";

/* What each letter of a word stands for: so many bits, the first the highest. */
static const struct letter {
	const char *of;
	unsigned bits;
} word[LETTERS] = {
	{ consonants, 4 }, { vowels, 2 }, { consonants, 4 }, { vowels, 2 }, { consonants, 4 },
};

/* Return 0xff where they are the same and 0 else. */
static uint8_t same(unsigned a, unsigned b)
{
	return (uint8_t)(((a ^ b) - 1) >> 8);
}

static char letter_of(const struct letter *l, unsigned value)
{
	uint8_t found = 0;

	for (unsigned i = 0; i < 1u << l->bits; i++)
		found |= (uint8_t)(same(i, value) & (uint8_t)l->of[i]);
	return (char)found;
}

/* The value of a letter, and whether it has one. */
static unsigned value_of(const struct letter *l, char c, uint8_t *known)
{
	const unsigned small = (uint8_t)c | 0x20;
	unsigned found = 0;
	uint8_t one, any = 0;

	for (unsigned i = 0; i < 1u << l->bits; i++) {
		one = same(small, (uint8_t)l->of[i]);
		found |= one & i;
		any |= one;
	}
	*known &= any;
	return found;
}

enum sg_err sg_proquint_write(struct sg_bytes bytes, struct sg_secret **text)
{
	const size_t words = (bytes.len + 1) / 2;
	enum sg_err err = sg_secret_new(words * (LETTERS + 1), text);
	uint8_t *p;

	if (err != SG_OK)
		return err;
	p = (*text)->data;
	for (size_t i = 0; i < words; i++) {
		const unsigned low = 2 * i + 1 < bytes.len ? bytes.data[2 * i + 1] : 0;
		const unsigned pair = (unsigned)bytes.data[2 * i] << 8 | low;
		unsigned left = 16;

		for (size_t l = 0; l < LETTERS; l++) {
			left -= word[l].bits;
			*p++ = (uint8_t)letter_of(&word[l],
			                          pair >> left & ((1u << word[l].bits) - 1));
		}
		*p++ = (i + 1) % SG_PROQUINT_LINE == 0 || i + 1 == words ? '\n' : ' ';
	}
	(*text)->len = words * (LETTERS + 1);
	return SG_OK;
}

bool sg_proquint_parts(uint8_t c)
{
	return sg_secret_reveal(same(c, ' ') | same(c, '\t') | same(c, '\n') | same(c, '\r') |
	                        same(c, '-')) != 0;
}

/* Read one word into two bytes. */
static bool read_word(const uint8_t *letters, uint8_t out[2])
{
	unsigned pair = 0;
	uint8_t known = 0xff;

	for (size_t l = 0; l < LETTERS; l++)
		pair = pair << word[l].bits | value_of(&word[l], (char)letters[l], &known);
	out[0] = (uint8_t)(pair >> 8);
	out[1] = (uint8_t)pair;
	return sg_secret_reveal(known) != 0;
}

enum sg_err sg_proquint_read(struct sg_bytes text, struct sg_secret **bytes, size_t *wrong)
{
	enum sg_err err = sg_secret_new(text.len / LETTERS * 2 + 2, bytes);
	size_t at = 0, words = 0;

	*wrong = 0;
	while (err == SG_OK && at < text.len) {
		size_t len = 0;

		while (at + len < text.len && !sg_proquint_parts(text.data[at + len]))
			len++;
		if (len > 0) {
			words++;
			if (len != LETTERS ||
			    !read_word(text.data + at, (*bytes)->data + 2 * (words - 1))) {
				*wrong = words;
				err = SG_ERR_FORMAT;
			}
		}
		at += len + 1;
	}
	if (err == SG_OK && words == 0)
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_secret_free(bytes);
	else
		(*bytes)->len = 2 * words;
	return err;
}
