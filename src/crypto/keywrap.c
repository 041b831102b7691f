/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES key wrap through OpenSSL. No key that was unwrapped leaves guarded
 * memory, and none is given out before its integrity value was checked.
 */
#include "crypto/keywrap.h"

#include <openssl/err.h>
#include <sodium.h>

#include "crypto/ssl.h"

size_t sg_keywrap_len(enum sg_keywrap_alg alg, size_t len)
{
	if (len > SG_KEYWRAP_MAX)
		return 0;
	switch (alg) {
	case SG_KW:
		return len >= 16 && len % 8 == 0 ? len + 8 : 0;
	case SG_KWP:
		return len >= 1 ? (len + 7) / 8 * 8 + 8 : 0;
	}
	return 0;
}

/* Whether some key has this length when it is wrapped. */
static bool is_wrapped_len(enum sg_keywrap_alg alg, size_t len)
{
	return len > 8 && len % 8 == 0 && sg_keywrap_len(alg, len - 8) == len;
}

/* Make a context that is ready for its one call of EVP_CipherUpdate. */
static enum sg_err make_context(enum sg_keywrap_alg alg, struct sg_bytes key, bool wrap,
                                EVP_CIPHER_CTX **out)
{
	const struct sg_ssl *ssl = sg_ssl();
	const EVP_CIPHER *cipher = NULL;
	EVP_CIPHER_CTX *ctx = NULL;
	enum sg_err err = SG_OK;

	if (!ssl) {
		err = SG_ERR_CRYPTO;
		goto out;
	}
	cipher = sg_ssl_aes(alg == SG_KW ? ssl->kw : ssl->kwp, key.len);
	if (!cipher) {
		err = SG_ERR_RANGE;
		goto out;
	}
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx) {
		err = sg_ssl_failed("make a context for key wrap");
		goto out;
	}
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(ctx, cipher, key.data, NULL, wrap, NULL) != 1) {
		err = sg_ssl_failed("start a key wrap");
		goto out;
	}
	*out = ctx;
	ctx = NULL;
out:
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

enum sg_err sg_keywrap_wrap(enum sg_keywrap_alg alg, struct sg_bytes key, struct sg_bytes plain,
                            uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = NULL;
	size_t wrapped_len = sg_keywrap_len(alg, plain.len);
	int written = 0;
	enum sg_err err = SG_ERR_RANGE;

	ERR_set_mark();
	if (wrapped_len == 0)
		goto out;
	err = make_context(alg, key, true, &ctx);
	if (err != SG_OK)
		goto out;
	if (EVP_CipherUpdate(ctx, out, &written, plain.data, (int)plain.len) != 1 ||
	    (size_t)written != wrapped_len) {
		/* OpenSSL works in the output, so the key may lie there. */
		sodium_memzero(out, wrapped_len);
		err = sg_ssl_failed("wrap a key");
	}
out:
	EVP_CIPHER_CTX_free(ctx);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_keywrap_unwrap(enum sg_keywrap_alg alg, struct sg_bytes key, struct sg_bytes wrapped,
                              struct sg_secret **plain)
{
	EVP_CIPHER_CTX *ctx = NULL;
	struct sg_secret *room = NULL;
	int written = 0;
	enum sg_err err = SG_ERR_RANGE;

	*plain = NULL;
	ERR_set_mark();
	if (!is_wrapped_len(alg, wrapped.len))
		goto out;
	err = make_context(alg, key, false, &ctx);
	if (err != SG_OK)
		goto out;

	/* OpenSSL wipes as many bytes of the output as the input has when the check
	 * fails. What is kept gets memory of its own size: there are many such keys. */
	err = sg_secret_new(wrapped.len, &room);
	if (err != SG_OK)
		goto out;
	if (EVP_CipherUpdate(ctx, room->data, &written, wrapped.data, (int)wrapped.len) != 1 ||
	    written < 1 || (size_t)written > wrapped.len - 8) {
		err = SG_ERR_TAG;
		goto out;
	}
	room->len = (size_t)written;
	err = sg_secret_copy(sg_secret_bytes(room), plain);
out:
	EVP_CIPHER_CTX_free(ctx);
	sg_secret_free(&room);
	ERR_pop_to_mark();
	return err;
}
