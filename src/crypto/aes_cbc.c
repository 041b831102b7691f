/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Blocks out of parts, and the padding of the last one. What is held back lies
 * in guarded memory, because it may be plaintext.
 */
#include "crypto/aes_cbc.h"

#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

#define BLOCK SG_AES_BLOCK
#define CHUNK 1024

struct sg_cbc {
	struct sg_cbc_form form;
	struct sg_aes *aes;
	size_t held_len;
	bool done;                      /* the last bytes were made, or something failed */
	enum sg_err result;             /* of making them */
	size_t last_len;
	struct sg_secret *room;         /* the bytes held back, then a chunk */
};

size_t sg_cbc_part_len(struct sg_cbc_form form, size_t held, size_t len)
{
	size_t total = held + len;

	/* The last block of a padded text shows how much of it is text. */
	if (form.padded && !form.encrypt && total > 0)
		total--;
	return total / BLOCK * BLOCK;
}

enum sg_err sg_cbc_new(struct sg_cbc_form form, struct sg_bytes key,
                       const uint8_t iv[SG_AES_BLOCK], struct sg_cbc **out)
{
	struct sg_cbc *cbc = calloc(1, sizeof(*cbc));
	enum sg_err err;

	*out = NULL;
	if (!cbc)
		return SG_ERR_NOMEM;
	cbc->form = form;
	err = sg_aes_new(form.encrypt ? SG_AES_CBC_ENCRYPT : SG_AES_CBC_DECRYPT, key, iv,
	                 &cbc->aes);
	if (err == SG_OK)
		err = sg_secret_new(BLOCK + CHUNK, &cbc->room);
	if (err == SG_OK) {
		*out = cbc;
		cbc = NULL;
	}
	sg_cbc_free(&cbc);
	return err;
}

size_t sg_cbc_held(const struct sg_cbc *cbc)
{
	return cbc->held_len;
}

/* Hold back some of the part's first bytes, and take them off it. */
static void hold(struct sg_cbc *cbc, struct sg_bytes *part, size_t n)
{
	if (n > part->len)
		n = part->len;
	if (n > 0)
		memcpy(cbc->room->data + cbc->held_len, part->data, n);
	cbc->held_len += n;
	*part = sg_bytes(part->data + n, part->len - n);
}

/* Put n bytes through, those that are held first. As many of the part as were held are
 * read before anything is written: the output may lie over the part. */
static enum sg_err run(struct sg_cbc *cbc, struct sg_bytes *part, size_t n, uint8_t *out)
{
	uint8_t *chunk = cbc->room->data + BLOCK;
	size_t held = cbc->held_len;

	if (held > 0)
		memcpy(chunk, cbc->room->data, held);
	memcpy(chunk + held, part->data, n - held);
	*part = sg_bytes(part->data + n - held, part->len - (n - held));
	cbc->held_len = 0;
	hold(cbc, part, held);
	return sg_aes_run(cbc->aes, sg_bytes(chunk, n), out);
}

enum sg_err sg_cbc_update(struct sg_cbc *cbc, struct sg_bytes part, uint8_t *out)
{
	size_t left = sg_cbc_part_len(cbc->form, cbc->held_len, part.len);
	enum sg_err err = SG_OK;

	if (cbc->done || part.len > SIZE_MAX - 2 * BLOCK)
		return SG_ERR_ARG;
	while (err == SG_OK && left > 0) {
		size_t n = left < CHUNK ? left : CHUNK;

		/* With nothing held the cipher can work on the part itself. */
		if (cbc->held_len == 0) {
			n = left;
			err = sg_aes_run(cbc->aes, sg_bytes(part.data, n), out);
			part = sg_bytes(part.data + n, part.len - n);
		} else {
			err = run(cbc, &part, n, out);
		}
		out += n;
		left -= n;
	}
	if (err == SG_OK)
		hold(cbc, &part, part.len);
	cbc->done = err != SG_OK;
	cbc->result = err;
	return err;
}

/* Find the length of the text in a padded block, without a branch or an index that
 * depends on it; BLOCK where the padding is wrong. */
static size_t text_len(const uint8_t block[BLOCK])
{
	const unsigned pad = block[BLOCK - 1];
	unsigned wrong = (pad - 1) >> 4;

	for (unsigned i = 0; i < BLOCK; i++) {
		const unsigned in_pad = (BLOCK - 1 - i - pad) >> 31;

		wrong |= -in_pad & (block[i] ^ pad);
	}
	wrong = (wrong | -wrong) >> 31;
	return BLOCK - (pad & (wrong - 1));
}

static enum sg_err make_last(struct sg_cbc *cbc)
{
	uint8_t *block = cbc->room->data, *out = block + BLOCK;
	const size_t held = cbc->held_len;
	enum sg_err err;

	if (!cbc->form.padded)
		return held == 0 ? SG_OK : SG_ERR_RANGE;
	if (cbc->form.encrypt)
		memset(block + held, (int)(BLOCK - held), BLOCK - held);
	else if (held != BLOCK)
		return SG_ERR_RANGE;
	err = sg_aes_run(cbc->aes, sg_bytes(block, BLOCK), out);
	/* The caller is told how long his text is, and that a padding is wrong. */
	cbc->last_len = cbc->form.encrypt ? BLOCK : sg_secret_reveal(text_len(out));
	if (err == SG_OK && !cbc->form.encrypt && cbc->last_len == BLOCK)
		err = SG_ERR_FORMAT;
	return err;
}

enum sg_err sg_cbc_final(struct sg_cbc *cbc, struct sg_bytes *last)
{
	if (!cbc->done)
		cbc->result = make_last(cbc);
	cbc->done = true;
	*last = sg_bytes(cbc->room->data + BLOCK, cbc->result == SG_OK ? cbc->last_len : 0);
	return cbc->result;
}

void sg_cbc_free(struct sg_cbc **cbc)
{
	if (!cbc || !*cbc)
		return;
	sg_aes_free(&(*cbc)->aes);
	sg_secret_free(&(*cbc)->room);
	free(*cbc);
	*cbc = NULL;
}
