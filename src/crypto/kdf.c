/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Derived keys are written straight into guarded memory; costs and
 * lengths are checked before anything is computed or allocated.
 */
#include "crypto/kdf.h"

#include <sodium.h>
#include <string.h>

#include "util/log.h"

#define BLOCKS_MAX 255
#define PASSES_MAX 16
#define MEMORY_MIN 8192
#define MEMORY_MAX 1048576
#define STRETCHED_MIN 16
#define STRETCHED_MAX 64

_Static_assert(SG_ARGON2_SALT == crypto_pwhash_SALTBYTES, "salt length");

const struct sg_argon2_cost sg_argon2_default = { .passes = 2, .memory = 65536 };

/* Written out, because EVP_KDF reads the application's configuration, see crypto/ssl.h. */
enum sg_err sg_hkdf_extract(const struct sg_mac_alg *hmac, struct sg_bytes ikm,
                            struct sg_bytes salt, struct sg_secret **prk)
{
	enum sg_err err;

	*prk = NULL;
	if (ikm.len == 0)
		return SG_ERR_RANGE;
	err = sg_secret_new(hmac->len, prk);
	if (err != SG_OK)
		return err;
	/* HMAC fills its key up with zeros, so no salt is a salt of zeros [§2.2]. */
	(*prk)->len = hmac->len;
	err = sg_mac_once(hmac, salt, &ikm, 1, (*prk)->data);
	if (err != SG_OK)
		sg_secret_free(prk);
	return err;
}

enum sg_err sg_hkdf_expand(const struct sg_mac_alg *hmac, struct sg_bytes prk,
                           struct sg_bytes info, size_t len, struct sg_secret **out)
{
	struct sg_secret *block = NULL, *secret = NULL;
	uint8_t count = 0;
	enum sg_err err = SG_ERR_RANGE;

	*out = NULL;
	if (prk.len < hmac->len || len == 0 || len > BLOCKS_MAX * hmac->len)
		goto out;
	err = sg_secret_new(hmac->len, &block);
	if (err == SG_OK)
		err = sg_secret_new(len, &secret);
	while (err == SG_OK && secret->len < len) {
		size_t left = len - secret->len, n = left < hmac->len ? left : hmac->len;
		struct sg_bytes parts[] = { sg_secret_bytes(block), info, sg_bytes(&count, 1) };

		count++;
		err = sg_mac_once(hmac, prk, parts, 3, block->data);
		block->len = hmac->len;
		memcpy(secret->data + secret->len, block->data, n);
		secret->len += n;
	}
	if (err != SG_OK)
		goto out;
	*out = secret;
	secret = NULL;
out:
	sg_secret_free(&block);
	sg_secret_free(&secret);
	return err;
}

enum sg_err sg_hkdf_sha256(struct sg_bytes ikm, struct sg_bytes salt, struct sg_bytes info,
                           size_t len, struct sg_secret **out)
{
	struct sg_secret *prk = NULL;
	enum sg_err err;

	*out = NULL;
	err = sg_hkdf_extract(&sg_hmac_sha256, ikm, salt, &prk);
	if (err == SG_OK)
		err = sg_hkdf_expand(&sg_hmac_sha256, sg_secret_bytes(prk), info, len, out);
	sg_secret_free(&prk);
	return err;
}

enum sg_err sg_x963_sha256(struct sg_bytes shared, struct sg_bytes info, size_t len,
                           struct sg_secret **out)
{
	crypto_hash_sha256_state state;
	struct sg_secret *secret = NULL;
	uint8_t block[crypto_hash_sha256_BYTES], counter[4];
	enum sg_err err;

	*out = NULL;
	if (len == 0 || len > BLOCKS_MAX * sizeof(block))
		return SG_ERR_RANGE;
	err = sg_secret_new(len, &secret);
	if (err != SG_OK)
		return err;
	for (uint32_t i = 1; secret->len < len; i++) {
		size_t left = len - secret->len, n = left < sizeof(block) ? left : sizeof(block);

		/* These return 0, always. */
		sg_put_u32(counter, i);
		(void)crypto_hash_sha256_init(&state);
		(void)crypto_hash_sha256_update(&state, shared.data, shared.len);
		(void)crypto_hash_sha256_update(&state, counter, sizeof(counter));
		if (info.len > 0)
			(void)crypto_hash_sha256_update(&state, info.data, info.len);
		(void)crypto_hash_sha256_final(&state, block);
		memcpy(secret->data + secret->len, block, n);
		secret->len += n;
	}
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(block, sizeof(block));
	*out = secret;
	return SG_OK;
}

enum sg_err sg_argon2id(struct sg_bytes pin, struct sg_bytes salt, struct sg_argon2_cost cost,
                        size_t len, struct sg_secret **out)
{
	const char *text = pin.len > 0 ? (const char *)pin.data : "";
	enum sg_err err;

	*out = NULL;
	if (pin.len > crypto_pwhash_argon2id_PASSWD_MAX || salt.len != SG_ARGON2_SALT ||
	    cost.passes < 1 || cost.passes > PASSES_MAX ||
	    cost.memory < MEMORY_MIN || cost.memory > MEMORY_MAX ||
	    len < STRETCHED_MIN || len > STRETCHED_MAX)
		return SG_ERR_RANGE;
	err = sg_secret_new(len, out);
	if (err != SG_OK)
		return err;
	if (crypto_pwhash((*out)->data, len, text, pin.len, salt.data, cost.passes,
	                  (size_t)cost.memory * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
		/* With its arguments in range, memory is all that can be missing. */
		sg_log(SG_LOG_ERROR, "Argon2id could not have %u KiB of memory", cost.memory);
		err = SG_ERR_NOMEM;
		goto out;
	}
	(*out)->len = len;
out:
	if (err != SG_OK)
		sg_secret_free(out);
	return err;
}
