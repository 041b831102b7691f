/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES-CBC without padding, AES-CTR and AES-CFB through OpenSSL, whose contexts hold the
 * key schedule as long as an operation lasts and are wiped when they are freed.
 */
#include "crypto/aes.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "crypto/ssl.h"

struct sg_aes {
	struct sg_cipher cipher;
	void *ctx;
	size_t multiple;        /* of which lengths must be */
};

static const struct sg_cipher *choose(const struct sg_ssl *ssl, enum sg_aes_mode mode,
                                      size_t key_len)
{
	switch (mode) {
	case SG_AES_CBC_ENCRYPT:
	case SG_AES_CBC_DECRYPT:
		return sg_ssl_aes(ssl->cbc, key_len);
	case SG_AES_CTR:
		return sg_ssl_aes(ssl->ctr, key_len);
	case SG_AES_CFB_ENCRYPT:
		return sg_ssl_aes(ssl->cfb, key_len);
	}
	return NULL;
}

static int start(enum sg_aes_mode mode, struct sg_aes *aes, struct sg_bytes key, const uint8_t *iv)
{
	unsigned int padding = 0;
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding), OSSL_PARAM_END,
	};

	return mode == SG_AES_CBC_DECRYPT
	               ? aes->cipher.decrypt_init(aes->ctx, key.data, key.len, iv, SG_AES_BLOCK,
	                                          params)
	               : aes->cipher.encrypt_init(aes->ctx, key.data, key.len, iv, SG_AES_BLOCK,
	                                          params);
}

enum sg_err sg_aes_new(enum sg_aes_mode mode, struct sg_bytes key,
                       const uint8_t iv[SG_AES_BLOCK], struct sg_aes **out)
{
	const struct sg_ssl *ssl = sg_ssl();
	const struct sg_cipher *cipher = NULL;
	struct sg_aes *aes = NULL;
	enum sg_err err = SG_OK;

	*out = NULL;
	if (!ssl)
		return SG_ERR_CRYPTO;
	cipher = choose(ssl, mode, key.len);
	if (!cipher)
		return SG_ERR_RANGE;
	ERR_set_mark();
	aes = calloc(1, sizeof(*aes));
	if (!aes) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	aes->cipher = *cipher;
	aes->multiple = mode == SG_AES_CTR || mode == SG_AES_CFB_ENCRYPT ? 1 : SG_AES_BLOCK;
	aes->ctx = cipher->newctx(ssl->provctx);
	if (!aes->ctx || start(mode, aes, key, iv) != 1) {
		err = sg_ssl_failed("start AES");
		goto out;
	}
	*out = aes;
	aes = NULL;
out:
	sg_aes_free(&aes);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_aes_run(struct sg_aes *aes, struct sg_bytes in, uint8_t *out)
{
	size_t written = 0;
	enum sg_err err = SG_OK;

	if (in.len % aes->multiple != 0 || sg_bytes_shifted(in, out))
		return SG_ERR_ARG;
	if (in.len == 0)
		return SG_OK;
	ERR_set_mark();
	if (aes->cipher.update(aes->ctx, out, &written, in.len, in.data, in.len) != 1 ||
	    written != in.len)
		err = sg_ssl_failed("compute AES");
	ERR_pop_to_mark();
	return err;
}

void sg_aes_free(struct sg_aes **aes)
{
	if (!aes || !*aes)
		return;
	if ((*aes)->ctx)
		(*aes)->cipher.freectx((*aes)->ctx);
	free(*aes);
	*aes = NULL;
}
