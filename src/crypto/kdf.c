/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Derived keys are written straight into guarded memory; costs and
 * lengths are checked before anything is computed or allocated.
 */
#include "crypto/kdf.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <sodium.h>

#include "crypto/ssl.h"
#include "util/log.h"

#define HKDF_MAX (255 * 32)
#define PASSES_MAX 16
#define MEMORY_MIN 8192
#define MEMORY_MAX 1048576
#define STRETCHED_MIN 16
#define STRETCHED_MAX 64

_Static_assert(SG_ARGON2_SALT == crypto_pwhash_SALTBYTES, "salt length");
_Static_assert(SG_MAC == crypto_auth_hmacsha256_BYTES, "length of the code");

const struct sg_argon2_cost sg_argon2_default = { .passes = 2, .memory = 65536 };

static OSSL_PARAM octets(const char *name, struct sg_bytes bytes)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)bytes.data, bytes.len);
}

enum sg_err sg_hkdf_sha256(struct sg_bytes ikm, struct sg_bytes salt, struct sg_bytes info,
                           size_t len, struct sg_secret **out)
{
	const struct sg_ssl *ssl = NULL;
	EVP_KDF_CTX *ctx = NULL;
	struct sg_secret *secret = NULL;
	OSSL_PARAM params[5], *p = params;
	enum sg_err err;

	*out = NULL;
	ERR_set_mark();
	if (ikm.len == 0 || len == 0 || len > HKDF_MAX) {
		err = SG_ERR_RANGE;
		goto out;
	}
	err = sg_secret_new(len, &secret);
	if (err != SG_OK)
		goto out;
	ssl = sg_ssl();
	if (!ssl) {
		err = SG_ERR_CRYPTO;
		goto out;
	}
	ctx = EVP_KDF_CTX_new(ssl->hkdf);
	if (!ctx) {
		err = sg_ssl_failed("prepare HKDF");
		goto out;
	}
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){ "SHA256" }, 0);
	*p++ = octets(OSSL_KDF_PARAM_KEY, ikm);
	if (salt.len > 0)
		*p++ = octets(OSSL_KDF_PARAM_SALT, salt);
	if (info.len > 0)
		*p++ = octets(OSSL_KDF_PARAM_INFO, info);
	*p = OSSL_PARAM_construct_end();
	if (EVP_KDF_derive(ctx, secret->data, len, params) != 1) {
		err = sg_ssl_failed("derive a key with HKDF");
		goto out;
	}
	secret->len = len;
	*out = secret;
	secret = NULL;
out:
	EVP_KDF_CTX_free(ctx);
	sg_secret_free(&secret);
	ERR_pop_to_mark();
	return err;
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

void sg_mac(struct sg_bytes key, const struct sg_bytes *parts, size_t n, uint8_t out[SG_MAC])
{
	crypto_auth_hmacsha256_state state;

	/* libsodium documents that these three cannot fail: they return 0, always. */
	(void)crypto_auth_hmacsha256_init(&state, key.data, key.len);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > 0)
			(void)crypto_auth_hmacsha256_update(&state, parts[i].data, parts[i].len);
	}
	(void)crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}
