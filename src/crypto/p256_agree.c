/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. ECDH with an ephemeral key of P-256, by OpenSSL's provider functions. The ephemeral
 * private key lives in OpenSSL's memory for the length of one call, and is wiped there.
 */
#include "crypto/p256_agree.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto/ssl.h"

static void *generate(const struct sg_ssl *ssl)
{
	char group[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_end(),
	};
	void *gen, *key = NULL;

	gen = ssl->ecdh.gen_init(ssl->provctx, OSSL_KEYMGMT_SELECT_ALL, params);
	if (gen != NULL) {
		key = ssl->ecdh.gen(gen, NULL, NULL);
		ssl->ecdh.gen_cleanup(gen);
	}
	return key;
}

static bool public_point(const struct sg_ssl *ssl, void *key, uint8_t point[SG_P256_POINT])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
		                                  SG_P256_POINT),
		OSSL_PARAM_construct_end(),
	};

	return ssl->ecdh.get_params(key, params) == 1 && params[0].return_size == SG_P256_POINT;
}

static bool derive(const struct sg_ssl *ssl, void *key, void *peer, struct sg_secret *shared)
{
	void *ctx = ssl->ecdh.newctx(ssl->provctx);
	size_t len = 0;
	bool done;

	done = ctx != NULL && ssl->ecdh.init(ctx, key, NULL) == 1 &&
	       ssl->ecdh.set_peer(ctx, peer) == 1 &&
	       ssl->ecdh.derive(ctx, shared->data, &len, shared->cap) == 1 && len == SG_P256_SHARED;
	if (ctx != NULL)
		ssl->ecdh.freectx(ctx);
	shared->len = SG_P256_SHARED;
	return done;
}

enum sg_err sg_p256_agree(struct sg_bytes point, uint8_t ephemeral[SG_P256_POINT],
                          struct sg_secret **shared)
{
	const struct sg_ssl *ssl = sg_ssl();
	void *peer, *key = NULL;
	enum sg_err err;

	*shared = NULL;
	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	ERR_set_mark();
	peer = sg_p256_import(ssl, point);
	err = peer != NULL ? sg_secret_new(SG_P256_SHARED, shared) : SG_ERR_FORMAT;
	if (err != SG_OK)
		goto out;
	key = generate(ssl);
	if (key == NULL || !public_point(ssl, key, ephemeral) || !derive(ssl, key, peer, *shared))
		err = sg_ssl_failed("agree on a secret over P-256");
out:
	if (key != NULL)
		ssl->ec.free(key);
	if (peer != NULL)
		ssl->ec.free(peer);
	ERR_pop_to_mark();
	if (err != SG_OK)
		sg_secret_free(shared);
	return err;
}
