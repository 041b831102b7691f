/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. RSA-OAEP. The padding is made here, in guarded memory: from a padded message, which
 * OpenSSL leaves on the heap, anybody reads what it holds.
 */
#include "crypto/rsa_oaep.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/ssl.h"

#define PLAIN_MAX 64
#define HASH_MAX 32

/* A hash, with what it needs. */
struct hash {
	const struct sg_md *md;
	void *provctx;
	size_t len;
	uint8_t of_label[HASH_MAX];
};

static struct hash choose(const struct sg_ssl *ssl, enum sg_oaep_hash hash)
{
	switch (hash) {
	case SG_OAEP_SHA1:
		return (struct hash){ &ssl->sha1, ssl->provctx, 20, { 0 } };
	case SG_OAEP_SHA256:
		return (struct hash){ &ssl->sha256, ssl->provctx, 32, { 0 } };
	}
	return (struct hash){ NULL, NULL, 0, { 0 } };
}

bool sg_rsa_public_valid(const struct sg_rsa_public *key)
{
	static const uint8_t least[] = { 1, 0, 1 };
	const struct sg_bytes n = key->modulus, e = key->exponent;

	return n.len >= SG_RSA_MODULUS_MIN && n.len <= SG_RSA_MODULUS_MAX &&
	       (n.data[0] & 0x80) != 0 && (n.data[n.len - 1] & 1) != 0 &&
	       e.len >= sizeof least && e.len <= SG_RSA_EXPONENT_MAX && e.data[0] != 0 &&
	       (e.data[e.len - 1] & 1) != 0 &&
	       (e.len > sizeof least || memcmp(e.data, least, sizeof least) >= 0);
}

static bool hash_label(struct hash *h, struct sg_bytes label)
{
	void *ctx = h->md->newctx(h->provctx);
	size_t len = 0;
	bool done;

	done = ctx != NULL && h->md->init(ctx, NULL) == 1 &&
	       (label.len == 0 || h->md->update(ctx, label.data, label.len) == 1) &&
	       h->md->final(ctx, h->of_label, &len, sizeof h->of_label) == 1 && len == h->len;
	if (ctx != NULL)
		h->md->freectx(ctx);
	return done;
}

/* Hash a seed and a counter into one block of the mask. */
static bool hash_block(const struct hash *h, struct sg_bytes seed, uint32_t counter,
                       struct sg_secret *block)
{
	void *ctx = h->md->newctx(h->provctx);
	uint8_t count[4];
	size_t len = 0;
	bool done;

	sg_put_u32(count, counter);
	done = ctx != NULL && h->md->init(ctx, NULL) == 1 &&
	       h->md->update(ctx, seed.data, seed.len) == 1 &&
	       h->md->update(ctx, count, sizeof count) == 1 &&
	       h->md->final(ctx, block->data, &len, block->cap) == 1 && len == h->len;
	if (ctx != NULL)
		h->md->freectx(ctx);
	return done;
}

/* Mask bytes by what MGF1 makes of a seed [RFC 8017 §B.2.1]. */
static enum sg_err mask(const struct hash *h, struct sg_bytes seed, uint8_t *out, size_t len)
{
	struct sg_secret *block = NULL;
	enum sg_err err = sg_secret_new(HASH_MAX, &block);

	for (size_t at = 0; at < len && err == SG_OK; at++) {
		if (at % h->len == 0 && !hash_block(h, seed, (uint32_t)(at / h->len), block))
			err = sg_ssl_failed("mask what RSA is to encrypt");
		if (err == SG_OK)
			out[at] ^= block->data[at % h->len];
	}
	sg_secret_free(&block);
	return err;
}

/* Pad a message into as many bytes as em has room for [RFC 8017 §7.1.1, step 2]. */
static enum sg_err pad(const struct hash *h, const struct sg_secret *plain, struct sg_secret *em)
{
	uint8_t *seed = em->data + 1, *db = seed + h->len;
	const size_t db_len = em->cap - 1 - h->len;
	enum sg_err err;

	memset(em->data, 0, em->cap);
	sg_random(seed, h->len);
	memcpy(db, h->of_label, h->len);
	db[db_len - plain->len - 1] = 1;
	memcpy(db + db_len - plain->len, plain->data, plain->len);
	err = mask(h, sg_bytes(seed, h->len), db, db_len);
	if (err == SG_OK)
		err = mask(h, sg_bytes(db, db_len), seed, h->len);
	em->len = em->cap;
	return err;
}

/* Copy a number as OSSL_PARAM has it, in the order of this machine. */
static void native(struct sg_bytes number, uint8_t *out)
{
	const uint16_t one = 1;
	const bool little = *(const uint8_t *)&one == 1;

	for (size_t i = 0; i < number.len; i++)
		out[i] = number.data[little ? number.len - 1 - i : i];
}

static void *import(const struct sg_ssl *ssl, const struct sg_rsa_public *public)
{
	uint8_t n[SG_RSA_MODULUS_MAX], e[SG_RSA_EXPONENT_MAX];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, public->modulus.len),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, public->exponent.len),
		OSSL_PARAM_construct_end(),
	};
	void *key = ssl->rsa.new(ssl->provctx);

	native(public->modulus, n);
	native(public->exponent, e);
	if (key != NULL && ssl->rsa.import(key, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, params) != 1) {
		ssl->rsa.free(key);
		key = NULL;
	}
	return key;
}

/* Raise the padded message to the exponent. */
static enum sg_err power(const struct sg_ssl *ssl, void *key, const struct sg_secret *em,
                         uint8_t *out)
{
	char none[] = OSSL_PKEY_RSA_PAD_MODE_NONE;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, none, 0),
		OSSL_PARAM_construct_end(),
	};
	void *ctx = ssl->rsa_cipher.newctx(ssl->provctx);
	enum sg_err err = SG_OK;
	size_t len = 0;

	if (ctx == NULL || ssl->rsa_cipher.encrypt_init(ctx, key, params) != 1 ||
	    ssl->rsa_cipher.encrypt(ctx, out, &len, em->len, em->data, em->len) != 1 ||
	    len != em->len)
		err = sg_ssl_failed("encrypt by RSA");
	if (ctx != NULL)
		ssl->rsa_cipher.freectx(ctx);
	return err;
}

enum sg_err sg_rsa_oaep_encrypt(const struct sg_rsa_public *key, enum sg_oaep_hash hash,
                                const struct sg_secret *plain, uint8_t out[SG_RSA_MODULUS_MAX])
{
	return sg_rsa_oaep_encrypt_label(key, hash, sg_bytes(NULL, 0), plain, out);
}

enum sg_err sg_rsa_oaep_encrypt_label(const struct sg_rsa_public *key, enum sg_oaep_hash hash,
                                      struct sg_bytes label, const struct sg_secret *plain,
                                      uint8_t out[SG_RSA_MODULUS_MAX])
{
	const struct sg_ssl *ssl = sg_ssl();
	struct sg_secret *em = NULL;
	struct hash h;
	void *imported;
	enum sg_err err;

	if (!sg_rsa_public_valid(key))
		return SG_ERR_ARG;
	if (plain->len == 0 || plain->len > PLAIN_MAX)
		return SG_ERR_RANGE;
	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	h = choose(ssl, hash);
	err = sg_secret_new(key->modulus.len, &em);
	ERR_set_mark();
	if (err == SG_OK && !hash_label(&h, label))
		err = sg_ssl_failed("hash the label of what RSA is to encrypt");
	if (err == SG_OK)
		err = pad(&h, plain, em);
	if (err == SG_OK) {
		imported = import(ssl, key);
		err = imported != NULL ? power(ssl, imported, em, out)
		                       : sg_ssl_failed("take an RSA key");
		if (imported != NULL)
			ssl->rsa.free(imported);
	}
	ERR_pop_to_mark();
	sg_secret_free(&em);
	return err;
}
