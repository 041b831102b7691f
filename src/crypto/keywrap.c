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

/* Put all bytes through the cipher in one call: to out, which has room for that
 * many bytes. TAG means that the call failed. */
static enum sg_err run(enum sg_keywrap_alg alg, struct sg_bytes key, bool wrap, struct sg_bytes in,
                       uint8_t *out, size_t room, size_t *written)
{
	const struct sg_ssl *ssl = sg_ssl();
	const struct sg_cipher *cipher = NULL;
	void *ctx = NULL;
	int started = 0;
	enum sg_err err = SG_OK;

	if (!ssl)
		return SG_ERR_CRYPTO;
	cipher = sg_ssl_aes(alg == SG_KW ? ssl->kw : ssl->kwp, key.len);
	if (!cipher)
		return SG_ERR_RANGE;
	ctx = cipher->newctx(ssl->provctx);
	if (ctx && wrap)
		started = cipher->encrypt_init(ctx, key.data, key.len, NULL, 0, NULL);
	else if (ctx)
		started = cipher->decrypt_init(ctx, key.data, key.len, NULL, 0, NULL);
	if (started != 1) {
		err = sg_ssl_failed("start a key wrap");
		goto out;
	}
	if (cipher->update(ctx, out, written, room, in.data, in.len) != 1)
		err = SG_ERR_TAG;
out:
	if (ctx)
		cipher->freectx(ctx);
	return err;
}

enum sg_err sg_keywrap_wrap(enum sg_keywrap_alg alg, struct sg_bytes key, struct sg_bytes plain,
                            uint8_t *out)
{
	size_t wrapped_len = sg_keywrap_len(alg, plain.len), written = 0;
	enum sg_err err;

	if (wrapped_len == 0)
		return SG_ERR_RANGE;
	ERR_set_mark();
	err = run(alg, key, true, plain, out, wrapped_len, &written);
	if (err == SG_ERR_TAG || (err == SG_OK && written != wrapped_len)) {
		/* OpenSSL works in the output, so the key may lie there. */
		sodium_memzero(out, wrapped_len);
		err = sg_ssl_failed("wrap a key");
	}
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_keywrap_unwrap(enum sg_keywrap_alg alg, struct sg_bytes key, struct sg_bytes wrapped,
                              struct sg_secret **plain)
{
	struct sg_secret *room = NULL;
	size_t written = 0;
	enum sg_err err = SG_ERR_RANGE;

	*plain = NULL;
	ERR_set_mark();
	if (!is_wrapped_len(alg, wrapped.len))
		goto out;

	/* OpenSSL wipes as many bytes of the output as the input has when the check
	 * fails. What is kept gets memory of its own size: there are many such keys. */
	err = sg_secret_new(wrapped.len, &room);
	if (err != SG_OK)
		goto out;
	err = run(alg, key, false, wrapped, room->data, room->cap, &written);
	if (err != SG_OK)
		goto out;
	/* The length of a key is no secret, though it stands beside the key. */
	written = sg_secret_reveal(written);
	if (written < 1 || written > wrapped.len - 8) {
		err = SG_ERR_TAG;
		goto out;
	}
	room->len = written;
	err = sg_secret_copy(sg_secret_bytes(room), plain);
out:
	sg_secret_free(&room);
	ERR_pop_to_mark();
	return err;
}
