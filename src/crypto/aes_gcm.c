/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES-GCM through OpenSSL, with a fresh context for every message, and
 * the arithmetic for IVs that are longer than OpenSSL takes. Must never leave a
 * byte of plaintext in the output when the tag is wrong.
 */
#include "crypto/aes_gcm.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ssl.h"

#define BLOCK 16
#define TAG_MIN 12
#define OPENSSL_IV_MAX 128
#define TEXT_MAX (((uint64_t)1 << 36) - 32)             /* [SP 800-38D §5.2.1.1] */

/* One message under way. */
struct run {
	struct sg_cipher cipher;
	void *ctx;
};

struct sg_gcm {
	struct run run;
	uint64_t text_len;
	bool done;              /* final was called, or something failed */
};

/* A field element: the first bit of a block is the highest bit [SP 800-38D §6.3]. */
typedef unsigned __int128 element;

static element load(const uint8_t block[BLOCK])
{
	return (element)sg_get_u64(block) << 64 | sg_get_u64(block + 8);
}

static void store(element x, uint8_t block[BLOCK])
{
	sg_put_u64(block, (uint64_t)(x >> 64));
	sg_put_u64(block + 8, (uint64_t)x);
}

/* Multiply without a branch or an index that depends on the operands. */
static element multiply(element x, element y)
{
	const element reduction = (element)0xe1 << 120;
	element product = 0;

	for (int i = 0; i < 128; i++) {
		product ^= y & -(x >> 127);
		x <<= 1;
		y = y >> 1 ^ (reduction & -(y & 1));
	}
	return product;
}

/* Raise to the power of 2^128 - 2; zero stays zero. */
static element invert(element x)
{
	element inverse = (element)1 << 127;

	for (int i = 1; i < 128; i++) {
		x = multiply(x, x);
		inverse = multiply(inverse, x);
	}
	return inverse;
}

static enum sg_err make_hash_key(const struct sg_ssl *ssl, struct sg_bytes key, element *hash_key)
{
	static const uint8_t zero[BLOCK];
	const struct sg_cipher *ecb = sg_ssl_aes(ssl->ecb, key.len);
	void *ctx = ecb->newctx(ssl->provctx);
	uint8_t block[BLOCK];
	size_t written = 0;
	enum sg_err err = SG_OK;

	if (!ctx || ecb->encrypt_init(ctx, key.data, key.len, NULL, 0, NULL) != 1 ||
	    ecb->update(ctx, block, &written, BLOCK, zero, BLOCK) != 1 || written != BLOCK)
		err = sg_ssl_failed("compute the hash key of GCM");
	else
		*hash_key = load(block);
	if (ctx)
		ecb->freectx(ctx);
	sodium_memzero(block, sizeof(block));
	return err;
}

/* Find the IV of one block that gives the same first counter block as a long IV.
 *
 * With S the hash of the long IV before its last multiplication by H, and L its
 * length in bits, the counter block is ((S H) + L) H [SP 800-38D §7.1 step 2];
 * for one block X it is ((X H) + 128) H. They are equal for X = S + (L + 128) / H. */
static enum sg_err shorten_iv(const struct sg_ssl *ssl, struct sg_bytes key, struct sg_bytes iv,
                              uint8_t block[BLOCK])
{
	element h = 0, x = 0;
	enum sg_err err = make_hash_key(ssl, key, &h);

	if (err != SG_OK)
		return err;
	for (size_t at = 0; at < iv.len; at += BLOCK) {
		uint8_t part[BLOCK] = { 0 };    /* the last one is filled up */

		memcpy(part, iv.data + at, iv.len - at < BLOCK ? iv.len - at : BLOCK);
		x = multiply(x, h) ^ load(part);
	}
	x ^= multiply((element)(iv.len * 8) ^ (BLOCK * 8), invert(h));
	store(x, block);
	sodium_memzero(&h, sizeof(h));
	sodium_memzero(&x, sizeof(x));
	return SG_OK;
}

static void run_end(struct run *run)
{
	if (run->ctx)
		run->cipher.freectx(run->ctx);
	run->ctx = NULL;
}

/* Start with an IV that OpenSSL takes, and for a decryption with the tag to check. */
static enum sg_err run_init(struct run *run, struct sg_bytes key, struct sg_bytes iv,
                            const struct sg_bytes *tag)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	int started;

	if (tag) {
		params[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
		                                              (void *)tag->data, tag->len);
		started = run->cipher.decrypt_init(run->ctx, key.data, key.len, iv.data, iv.len,
		                                   params);
	} else {
		started = run->cipher.encrypt_init(run->ctx, key.data, key.len, iv.data, iv.len,
		                                   params);
	}
	return started == 1 ? SG_OK : sg_ssl_failed("start AES-GCM");
}

/* Take key, IV and tag; the caller ends the run, whatever this returns. */
static enum sg_err run_start(struct run *run, struct sg_bytes key, struct sg_bytes iv,
                             const struct sg_bytes *tag)
{
	const struct sg_ssl *ssl = sg_ssl();
	const struct sg_cipher *cipher = NULL;
	uint8_t block[BLOCK];
	enum sg_err err = SG_OK;

	if (!ssl)
		return SG_ERR_CRYPTO;
	cipher = sg_ssl_aes(ssl->gcm, key.len);
	if (!cipher || iv.len < 1 || iv.len > SG_GCM_IV_MAX)
		return SG_ERR_RANGE;
	run->cipher = *cipher;
	run->ctx = cipher->newctx(ssl->provctx);
	if (!run->ctx)
		return sg_ssl_failed("make a context for AES-GCM");
	if (iv.len <= OPENSSL_IV_MAX)
		return run_init(run, key, iv, tag);
	err = shorten_iv(ssl, key, iv, block);
	if (err == SG_OK)
		err = run_init(run, key, sg_bytes(block, sizeof(block)), tag);
	sodium_memzero(block, sizeof(block));
	return err;
}

/* Put bytes through: to out, or as additional data where out is NULL. */
static enum sg_err run_feed(struct run *run, struct sg_bytes bytes, uint8_t *out)
{
	size_t written = 0;

	if (bytes.len == 0)
		return SG_OK;
	if (run->cipher.update(run->ctx, out, &written, bytes.len, bytes.data, bytes.len) != 1 ||
	    written != bytes.len)
		return sg_ssl_failed("compute AES-GCM");
	return SG_OK;
}

/* End the text; in a decryption this checks the tag. */
static bool run_finish(struct run *run)
{
	uint8_t none[BLOCK];
	size_t written = 0;

	return run->cipher.final(run->ctx, none, &written, sizeof(none)) == 1 && written == 0;
}

static enum sg_err run_tag(struct run *run, uint8_t *tag, size_t tag_len)
{
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_len),
		OSSL_PARAM_END,
	};

	if (!run_finish(run) || run->cipher.get_ctx_params(run->ctx, params) != 1)
		return sg_ssl_failed("compute the tag of AES-GCM");
	return SG_OK;
}

static bool is_tag_len(size_t len)
{
	return len >= TAG_MIN && len <= SG_GCM_TAG;
}

enum sg_err sg_gcm_encrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes plain, uint8_t *out, uint8_t *tag, size_t tag_len)
{
	struct run run = { 0 };
	enum sg_err err;

	if (plain.len > TEXT_MAX || !is_tag_len(tag_len))
		return SG_ERR_RANGE;
	if (sg_bytes_shifted(plain, out))
		return SG_ERR_ARG;
	ERR_set_mark();
	err = run_start(&run, key, iv, NULL);
	if (err == SG_OK)
		err = run_feed(&run, aad, NULL);
	if (err == SG_OK)
		err = run_feed(&run, plain, out);
	if (err == SG_OK)
		err = run_tag(&run, tag, tag_len);
	run_end(&run);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_gcm_decrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes cipher, struct sg_bytes tag, uint8_t *out)
{
	struct run run = { 0 };
	enum sg_err err;

	if (cipher.len > TEXT_MAX || !is_tag_len(tag.len))
		return SG_ERR_RANGE;
	if (sg_bytes_shifted(cipher, out))
		return SG_ERR_ARG;
	ERR_set_mark();
	err = run_start(&run, key, iv, &tag);
	if (err != SG_OK)
		goto out;
	err = run_feed(&run, aad, NULL);
	if (err == SG_OK)
		err = run_feed(&run, cipher, out);
	if (err == SG_OK && !run_finish(&run))
		err = SG_ERR_TAG;
	if (err != SG_OK && cipher.len > 0)
		sodium_memzero(out, cipher.len);
out:
	run_end(&run);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_gcm_new(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                       struct sg_gcm **out)
{
	struct sg_gcm *gcm = NULL;
	enum sg_err err = SG_OK;

	*out = NULL;
	ERR_set_mark();
	gcm = calloc(1, sizeof(*gcm));
	if (!gcm) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	err = run_start(&gcm->run, key, iv, NULL);
	if (err == SG_OK)
		err = run_feed(&gcm->run, aad, NULL);
	if (err != SG_OK)
		goto out;
	*out = gcm;
	gcm = NULL;
out:
	sg_gcm_free(&gcm);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_gcm_update(struct sg_gcm *gcm, struct sg_bytes part, uint8_t *out)
{
	enum sg_err err;

	if (gcm->done || sg_bytes_shifted(part, out))
		return SG_ERR_ARG;
	if (part.len > TEXT_MAX - gcm->text_len)
		return SG_ERR_RANGE;
	ERR_set_mark();
	err = run_feed(&gcm->run, part, out);
	gcm->text_len += part.len;
	if (err != SG_OK)
		gcm->done = true;
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_gcm_final(struct sg_gcm *gcm, uint8_t *tag, size_t tag_len)
{
	enum sg_err err;

	if (gcm->done)
		return SG_ERR_ARG;
	if (!is_tag_len(tag_len))
		return SG_ERR_RANGE;
	gcm->done = true;
	ERR_set_mark();
	err = run_tag(&gcm->run, tag, tag_len);
	ERR_pop_to_mark();
	return err;
}

void sg_gcm_free(struct sg_gcm **gcm)
{
	if (!gcm || !*gcm)
		return;
	run_end(&(*gcm)->run);
	free(*gcm);
	*gcm = NULL;
}
