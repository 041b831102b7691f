/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES-GCM through OpenSSL, with a fresh context for every message, and
 * the arithmetic for IVs that are longer than OpenSSL takes. Must never leave a
 * byte of plaintext in the output when the tag is wrong.
 */
#include "crypto/aes_gcm.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/ssl.h"

#define BLOCK 16
#define TAG_MIN 12
#define OPENSSL_IV_MAX 128
#define PART_MAX ((size_t)1 << 30)                      /* EVP counts in int */
#define TEXT_MAX (((uint64_t)1 << 36) - 32)             /* [SP 800-38D §5.2.1.1] */

struct sg_gcm {
	EVP_CIPHER_CTX *ctx;
	uint64_t text_len;
	bool done;              /* final was called, or something failed */
};

/* A field element: the first bit of a block is the highest bit [SP 800-38D §6.3]. */
typedef unsigned __int128 element;

static element load(const uint8_t *bytes, size_t len)
{
	element x = 0;

	for (size_t i = 0; i < BLOCK; i++)
		x = x << 8 | (i < len ? bytes[i] : 0);
	return x;
}

static void store(element x, uint8_t block[BLOCK])
{
	for (size_t i = BLOCK; i-- > 0; x >>= 8)
		block[i] = (uint8_t)x;
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

static enum sg_err make_hash_key(const EVP_CIPHER *ecb, struct sg_bytes key, element *hash_key)
{
	static const uint8_t zero[BLOCK];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t block[BLOCK];
	int written = 0;
	enum sg_err err = SG_OK;

	if (!ctx || EVP_CipherInit_ex2(ctx, ecb, key.data, NULL, 1, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, block, &written, zero, BLOCK) != 1 || written != BLOCK)
		err = sg_ssl_failed("compute the hash key of GCM");
	else
		*hash_key = load(block, BLOCK);
	EVP_CIPHER_CTX_free(ctx);
	sodium_memzero(block, sizeof(block));
	return err;
}

/* Find the IV of one block that gives the same first counter block as a long IV.
 *
 * With S the hash of the long IV before its last multiplication by H, and L its
 * length in bits, the counter block is ((S H) + L) H [SP 800-38D §7.1 step 2];
 * for one block X it is ((X H) + 128) H. They are equal for X = S + (L + 128) / H. */
static enum sg_err shorten_iv(const EVP_CIPHER *ecb, struct sg_bytes key, struct sg_bytes iv,
                              uint8_t block[BLOCK])
{
	element h = 0, x = 0;
	enum sg_err err = make_hash_key(ecb, key, &h);

	if (err != SG_OK)
		return err;
	for (size_t at = 0; at < iv.len; at += BLOCK)
		x = multiply(x, h) ^ load(iv.data + at, iv.len - at < BLOCK ? iv.len - at : BLOCK);
	x ^= multiply((element)(iv.len * 8) ^ (BLOCK * 8), invert(h));
	store(x, block);
	sodium_memzero(&h, sizeof(h));
	sodium_memzero(&x, sizeof(x));
	return SG_OK;
}

/* Give a context that has its cipher an IV that is not of SG_GCM_IV bytes, and the key. */
static enum sg_err init_other_iv(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *ecb, struct sg_bytes key,
                                 struct sg_bytes iv, bool encrypt, const OSSL_PARAM *params)
{
	uint8_t block[BLOCK];
	enum sg_err err = SG_OK;

	if (iv.len > OPENSSL_IV_MAX) {
		err = shorten_iv(ecb, key, iv, block);
		if (err != SG_OK)
			goto out;
		iv = sg_bytes(block, sizeof(block));
	}
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)iv.len, NULL) != 1 ||
	    EVP_CipherInit_ex2(ctx, NULL, key.data, iv.data, encrypt, params) != 1)
		err = sg_ssl_failed("start AES-GCM with this length of IV");
out:
	sodium_memzero(block, sizeof(block));
	return err;
}

/* Make a context that has its key and IV, and for a decryption the tag to check. */
static enum sg_err make_context(struct sg_bytes key, struct sg_bytes iv,
                                const struct sg_bytes *tag, EVP_CIPHER_CTX **out)
{
	const bool encrypt = !tag, usual = iv.len == SG_GCM_IV;
	const struct sg_ssl *ssl = NULL;
	const EVP_CIPHER *cipher = NULL;
	EVP_CIPHER_CTX *ctx = NULL;
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	enum sg_err err = SG_OK;

	if (iv.len < 1 || iv.len > SG_GCM_IV_MAX) {
		err = SG_ERR_RANGE;
		goto out;
	}
	ssl = sg_ssl();
	if (!ssl) {
		err = SG_ERR_CRYPTO;
		goto out;
	}
	cipher = sg_ssl_aes(ssl->gcm, key.len);
	if (!cipher) {
		err = SG_ERR_RANGE;
		goto out;
	}
	if (tag)
		params[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
		                                              (void *)tag->data, tag->len);
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx || EVP_CipherInit_ex2(ctx, cipher, usual ? key.data : NULL, usual ? iv.data : NULL,
	                               encrypt, usual ? params : NULL) != 1) {
		err = sg_ssl_failed("start AES-GCM");
		goto out;
	}
	if (!usual) {
		err = init_other_iv(ctx, sg_ssl_aes(ssl->ecb, key.len), key, iv, encrypt, params);
		if (err != SG_OK)
			goto out;
	}
	*out = ctx;
	ctx = NULL;
out:
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

/* Put bytes through the context: to out, or as additional data where out is NULL. */
static enum sg_err feed(EVP_CIPHER_CTX *ctx, struct sg_bytes bytes, uint8_t *out)
{
	size_t at = 0;

	while (at < bytes.len) {
		size_t left = bytes.len - at;
		int len = (int)(left < PART_MAX ? left : PART_MAX), written = 0;
		uint8_t *to = out ? out + at : NULL;

		if (EVP_CipherUpdate(ctx, to, &written, bytes.data + at, len) != 1 ||
		    written != len)
			return sg_ssl_failed("compute AES-GCM");
		at += (size_t)len;
	}
	return SG_OK;
}

static bool is_tag_len(size_t len)
{
	return len >= TAG_MIN && len <= SG_GCM_TAG;
}

static enum sg_err get_tag(EVP_CIPHER_CTX *ctx, uint8_t *tag, size_t tag_len)
{
	uint8_t none[BLOCK];
	int written = 0;

	if (EVP_CipherFinal_ex(ctx, none, &written) != 1 || written != 0 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)tag_len, tag) != 1)
		return sg_ssl_failed("compute the tag of AES-GCM");
	return SG_OK;
}

enum sg_err sg_gcm_encrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes plain, uint8_t *out, uint8_t *tag, size_t tag_len)
{
	EVP_CIPHER_CTX *ctx = NULL;
	enum sg_err err = SG_ERR_RANGE;

	ERR_set_mark();
	if (plain.len > TEXT_MAX || !is_tag_len(tag_len))
		goto out;
	err = make_context(key, iv, NULL, &ctx);
	if (err == SG_OK)
		err = feed(ctx, aad, NULL);
	if (err == SG_OK)
		err = feed(ctx, plain, out);
	if (err == SG_OK)
		err = get_tag(ctx, tag, tag_len);
out:
	EVP_CIPHER_CTX_free(ctx);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_gcm_decrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes cipher, struct sg_bytes tag, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t none[BLOCK];
	int written = 0;
	enum sg_err err = SG_ERR_RANGE;

	ERR_set_mark();
	if (cipher.len > TEXT_MAX || !is_tag_len(tag.len))
		goto out;
	err = make_context(key, iv, &tag, &ctx);
	if (err != SG_OK)
		goto out;
	err = feed(ctx, aad, NULL);
	if (err == SG_OK)
		err = feed(ctx, cipher, out);
	if (err == SG_OK && EVP_CipherFinal_ex(ctx, none, &written) != 1)
		err = SG_ERR_TAG;
	if (err != SG_OK && cipher.len > 0)
		sodium_memzero(out, cipher.len);
out:
	EVP_CIPHER_CTX_free(ctx);
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
	err = make_context(key, iv, NULL, &gcm->ctx);
	if (err == SG_OK)
		err = feed(gcm->ctx, aad, NULL);
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

	if (gcm->done)
		return SG_ERR_ARG;
	if (part.len > TEXT_MAX - gcm->text_len)
		return SG_ERR_RANGE;
	ERR_set_mark();
	err = feed(gcm->ctx, part, out);
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
	err = get_tag(gcm->ctx, tag, tag_len);
	ERR_pop_to_mark();
	return err;
}

void sg_gcm_free(struct sg_gcm **gcm)
{
	if (!gcm || !*gcm)
		return;
	EVP_CIPHER_CTX_free((*gcm)->ctx);
	free(*gcm);
	*gcm = NULL;
}
