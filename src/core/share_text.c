/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Shares as text. A letter that was mistyped may make another word that there is; the
 * four bytes of its sum then tell for which word another letter makes the share whole.
 */
#include "core/share_text.h"

#include <string.h>

#include "crypto/base64.h"
#include "util/proquint.h"

#define BYTES (2 * SG_SHARE_TEXT_WORDS - 1)     /* of a share; the last word has half a byte pair */
#define LONGEST_WORD 10                 /* two words without a blank between them */

enum sg_err sg_share_text_write(const struct sg_share *share, enum sg_share_form form,
                                struct sg_secret **text)
{
	struct sg_secret *bytes = NULL;
	enum sg_err err;

	if (share->part->len != SG_SHARE_SECRET + 1)
		return SG_ERR_RANGE;
	err = sg_share_write(share, &bytes);
	if (err == SG_OK && form == SG_SHARE_WORDS)
		err = sg_proquint_write(sg_secret_bytes(bytes), text);
	else if (err == SG_OK)
		err = sg_base64_write(sg_secret_bytes(bytes), text);
	sg_secret_free(&bytes);
	return err;
}

/* Step over one thing in text, and over what stands before it; return its length. */
static size_t step(struct sg_bytes text, size_t *at)
{
	size_t from;

	while (*at < text.len && sg_proquint_parts(text.data[*at]))
		(*at)++;
	for (from = *at; *at < text.len && !sg_proquint_parts(text.data[*at]); (*at)++)
		continue;
	return *at - from;
}

/* Step over blanks, and over a word or (NULL) a number behind them; false where it is not there. */
static bool step_over(struct sg_bytes text, size_t *at, const char *word)
{
	const size_t len = word != NULL ? strlen(word) : 0;
	size_t from;

	while (*at < text.len && (text.data[*at] == ' ' || text.data[*at] == '\t'))
		(*at)++;
	from = *at;
	if (word != NULL && text.len - *at >= len && memcmp(text.data + *at, word, len) == 0)
		*at += len;
	while (word == NULL && *at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9')
		(*at)++;
	return *at > from;
}

void sg_share_text_clean(struct sg_secret *text)
{
	static const char *const head[] = { "words", NULL, "to", NULL, ":" };
	const struct sg_bytes all = sg_secret_bytes(text);

	for (size_t line = 0; line < all.len;) {
		const uint8_t *end = memchr(all.data + line, '\n', all.len - line);
		size_t at = line, i = 0;

		while (i < sizeof head / sizeof head[0] && step_over(all, &at, head[i]))
			i++;
		if (i == sizeof head / sizeof head[0])
			memset(text->data + line, ' ', at - line);
		line = end != NULL ? (size_t)(end - all.data) + 1 : all.len;
	}
}

size_t sg_share_text_count(struct sg_bytes text)
{
	size_t count = 0;

	for (size_t at = 0; step(text, &at) > 0;)
		count++;
	return count;
}

bool sg_share_text_is_words(struct sg_bytes text)
{
	size_t len, longest = 0;

	for (size_t at = 0; (len = step(text, &at)) > 0;)
		longest = len > longest ? len : longest;
	return longest <= LONGEST_WORD;
}

/* Read the bytes that words make, of which the last is filled up with a zero. */
static enum sg_err read_padded(const struct sg_secret *bytes, struct sg_share *share)
{
	if (sg_secret_reveal(bytes->data[BYTES]) != 0)
		return SG_ERR_TAG;
	return sg_share_read(sg_bytes(bytes->data, BYTES), share);
}

/* Tell whether the share is whole with these bits of a word turned round. */
static bool mended_by(struct sg_secret *bytes, size_t word, unsigned bits)
{
	struct sg_share share = { .part = NULL };
	bool mended;

	bytes->data[2 * word] ^= (uint8_t)(bits >> 8);
	bytes->data[2 * word + 1] ^= (uint8_t)bits;
	mended = read_padded(bytes, &share) == SG_OK;
	sg_share_clear(&share);
	bytes->data[2 * word] ^= (uint8_t)(bits >> 8);
	bytes->data[2 * word + 1] ^= (uint8_t)bits;
	return mended;
}

/* Find the word in which another letter makes the share whole; 0: there is none. */
static size_t find_wrong(struct sg_secret *bytes)
{
	static const struct { unsigned shift, values; } letter[] = {
		{ 12, 16 }, { 10, 4 }, { 6, 16 }, { 4, 4 }, { 0, 16 },
	};

	for (size_t word = 0; word < SG_SHARE_TEXT_WORDS; word++)
		for (size_t l = 0; l < sizeof letter / sizeof letter[0]; l++)
			for (unsigned change = 1; change < letter[l].values; change++)
				if (mended_by(bytes, word, change << letter[l].shift))
					return word + 1;
	return 0;
}

static enum sg_err read_words(struct sg_bytes text, struct sg_share *share, size_t *wrong)
{
	struct sg_secret *bytes = NULL;
	enum sg_err err = sg_proquint_read(text, &bytes, wrong);

	if (err == SG_ERR_FORMAT && *wrong != 0)
		err = SG_ERR_TAG;
	if (err != SG_OK)
		return err;
	if (bytes->len != 2 * SG_SHARE_TEXT_WORDS) {
		err = SG_ERR_RANGE;
		goto out;
	}
	err = read_padded(bytes, share);
	if (err == SG_ERR_TAG || err == SG_ERR_FORMAT)
		*wrong = find_wrong(bytes);
	if (*wrong != 0)
		err = SG_ERR_TAG;
out:
	sg_secret_free(&bytes);
	return err;
}

static enum sg_err read_base64(struct sg_bytes text, struct sg_share *share)
{
	struct sg_secret *bytes = NULL;
	enum sg_err err = sg_secret_new(BYTES, &bytes);

	if (err == SG_OK && !sg_base64_read(text, bytes->data, BYTES, &bytes->len))
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_share_read(sg_secret_bytes(bytes), share);
	sg_secret_free(&bytes);
	return err;
}

enum sg_err sg_share_text_read(struct sg_bytes text, struct sg_share *share, size_t *wrong)
{
	enum sg_err err;

	*share = (struct sg_share){ .part = NULL };
	*wrong = 0;
	if (text.len > SG_SHARE_TEXT_MAX)
		return SG_ERR_FORMAT;
	err = sg_share_text_is_words(text) ? read_words(text, share, wrong)
	                                   : read_base64(text, share);
	if (err == SG_OK && share->part->len != SG_SHARE_SECRET + 1)
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_share_clear(share);
	return err;
}
