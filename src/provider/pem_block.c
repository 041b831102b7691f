/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Finds blocks of PEM. Every key file that the program reads passes through here, so what
 * is not ours is wiped and not looked at.
 */
#include "provider/pem_block.h"

#include <string.h>

#include "crypto/uri_pem.h"

#define PIECE 256

/* A line, or a part of one that is longer than this. */
struct piece {
	char text[PIECE];
	size_t len;
	bool starts;            /* a line does */
	bool ended;             /* the next piece starts one */
};

/* Take the next piece; false at the end. */
static bool next(OSSL_FUNC_BIO_gets_fn *gets, OSSL_CORE_BIO *in, struct piece *piece)
{
	const int got = gets(in, piece->text, sizeof piece->text);

	if (got <= 0)
		return false;
	piece->len = strnlen(piece->text, sizeof piece->text);
	piece->starts = piece->ended;
	piece->ended = piece->len == 0 || piece->text[piece->len - 1] == '\n';
	return true;
}

static bool begins(const struct piece *piece, const char *head)
{
	return piece->starts && strncmp(piece->text, head, strlen(head)) == 0;
}

/* Keep a piece of our block, unless it has grown too long. */
static bool keep(const struct piece *piece, struct sg_buf *out)
{
	return out->len + piece->len <= SG_URI_PEM_MAX &&
	       sg_buf_append(out, sg_bytes(piece->text, piece->len)) == SG_OK;
}

/* Go on to the line that ends the block whose first piece this is. */
static enum sg_prov_block read_block(OSSL_FUNC_BIO_gets_fn *gets, OSSL_CORE_BIO *in,
                                     struct piece *piece, struct sg_buf *out)
{
	const bool ours = begins(piece, "-----BEGIN " SG_URI_PEM_LABEL "-----");
	bool kept = ours && keep(piece, out), whole = false;

	while (!whole && next(gets, in, piece)) {
		kept = kept && keep(piece, out);
		whole = begins(piece, "-----END ");
	}
	if (!ours)
		return SG_PROV_BLOCK_OTHER;
	return kept && whole ? SG_PROV_BLOCK_OURS : SG_PROV_BLOCK_DAMAGED;
}

enum sg_prov_block sg_prov_block_next(OSSL_FUNC_BIO_gets_fn *gets, OSSL_CORE_BIO *in,
                                      struct sg_buf *out)
{
	struct piece piece = { .ended = true };
	enum sg_prov_block found = SG_PROV_BLOCK_OTHER;
	bool begun = false;

	/* Room for all of it, so that no copy of a PIN stays behind where it grew. */
	out->len = 0;
	if (sg_buf_reserve(out, SG_URI_PEM_MAX) != SG_OK)
		return SG_PROV_BLOCK_OTHER;
	while (!begun && next(gets, in, &piece))
		begun = begins(&piece, "-----BEGIN ");
	if (begun)
		found = read_block(gets, in, &piece, out);
	explicit_bzero(&piece, sizeof piece);
	return found;
}
