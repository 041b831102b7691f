/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. P-256: points, digests, verification, and the two forms of a signature.
 */
#include "crypto/p256.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/p256_agree.h"
#include "crypto/ssl.h"

#define HALF 32                         /* bytes of a number */
#define UNCOMPRESSED 0x04
#define DER_SEQUENCE 0x30
#define DER_INTEGER 0x02

/* OpenSSL looks whether it is on the curve. */
void *sg_p256_import(const struct sg_ssl *ssl, struct sg_bytes point)
{
	char group[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.data,
		                                  point.len),
		OSSL_PARAM_construct_end(),
	};
	void *key;

	if (point.len != SG_P256_POINT || point.data[0] != UNCOMPRESSED)
		return NULL;
	key = ssl->ec.new(ssl->provctx);
	if (key != NULL && ssl->ec.import(key, OSSL_KEYMGMT_SELECT_PUBLIC_KEY |
	                                  OSSL_KEYMGMT_SELECT_ALL_PARAMETERS, params) != 1) {
		ssl->ec.free(key);
		key = NULL;
	}
	return key;
}

bool sg_p256_valid(struct sg_bytes point)
{
	const struct sg_ssl *ssl = sg_ssl();
	void *key;

	if (ssl == NULL)
		return false;
	ERR_set_mark();
	key = sg_p256_import(ssl, point);
	if (key != NULL)
		ssl->ec.free(key);
	ERR_pop_to_mark();
	return key != NULL;
}

void sg_p256_digest(struct sg_bytes digest, uint8_t out[SG_P256_DIGEST])
{
	size_t len = digest.len < SG_P256_DIGEST ? digest.len : SG_P256_DIGEST;

	memset(out, 0, SG_P256_DIGEST - len);
	if (len > 0)
		memcpy(out + SG_P256_DIGEST - len, digest.data, len);
}

/* Write one positive number as an INTEGER; return the length. */
static size_t put_integer(const uint8_t number[HALF], uint8_t *out)
{
	size_t skip = 0, pad;

	while (skip < HALF - 1 && number[skip] == 0)
		skip++;
	pad = number[skip] & 0x80 ? 1 : 0;
	out[0] = DER_INTEGER;
	out[1] = (uint8_t)(HALF - skip + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, number + skip, HALF - skip);
	return 2 + pad + HALF - skip;
}

size_t sg_p256_to_der(const uint8_t signature[SG_P256_SIGNATURE], uint8_t out[SG_P256_DER_MAX])
{
	size_t len = 2;

	len += put_integer(signature, out + len);
	len += put_integer(signature + HALF, out + len);
	out[0] = DER_SEQUENCE;
	out[1] = (uint8_t)(len - 2);
	return len;
}

/* Read one INTEGER of at most HALF bytes off the front; false where there is none. */
static bool get_integer(struct sg_bytes *der, uint8_t number[HALF])
{
	const uint8_t *at = der->data + 2;
	size_t len;

	if (der->len < 3 || der->data[0] != DER_INTEGER || der->data[1] > der->len - 2)
		return false;
	len = der->data[1];
	*der = sg_bytes(at + len, der->len - 2 - len);
	if (len > 1 && at[0] == 0) {
		at++;
		len--;
	}
	if (len == 0 || len > HALF)
		return false;
	memset(number, 0, HALF - len);
	memcpy(number + HALF - len, at, len);
	return true;
}

bool sg_p256_from_der(struct sg_bytes der, uint8_t signature[SG_P256_SIGNATURE])
{
	uint8_t again[SG_P256_DER_MAX];
	struct sg_bytes rest;

	if (der.len < 2 || der.len > sizeof again || der.data[0] != DER_SEQUENCE ||
	    der.data[1] != der.len - 2)
		return false;
	rest = sg_bytes(der.data + 2, der.len - 2);
	if (!get_integer(&rest, signature) || !get_integer(&rest, signature + HALF))
		return false;
	/* There is one right form of each number, and nothing behind them. */
	return sg_bytes_equal(sg_bytes(again, sg_p256_to_der(signature, again)), der);
}

/* Verify with a key that OpenSSL has taken. */
static enum sg_err check(const struct sg_ssl *ssl, void *key, struct sg_bytes digest,
                         struct sg_bytes signature)
{
	uint8_t der[SG_P256_DER_MAX];
	size_t len = sg_p256_to_der(signature.data, der);
	enum sg_err err = SG_OK;
	void *ctx;

	ctx = ssl->ecdsa.newctx(ssl->provctx, NULL);
	if (ctx == NULL || ssl->ecdsa.verify_init(ctx, key, NULL) != 1)
		err = sg_ssl_failed("begin to verify a signature");
	else if (ssl->ecdsa.verify(ctx, der, len, digest.data, digest.len) != 1)
		err = SG_ERR_TAG;
	if (ctx != NULL)
		ssl->ecdsa.freectx(ctx);
	return err;
}

enum sg_err sg_p256_verify(struct sg_bytes point, struct sg_bytes digest,
                           struct sg_bytes signature)
{
	const struct sg_ssl *ssl = sg_ssl();
	enum sg_err err = SG_ERR_FORMAT;
	void *key;

	if (signature.len != SG_P256_SIGNATURE || digest.len != SG_P256_DIGEST)
		return SG_ERR_RANGE;
	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	ERR_set_mark();
	key = sg_p256_import(ssl, point);
	if (key != NULL) {
		err = check(ssl, key, digest, signature);
		ssl->ec.free(key);
	}
	ERR_pop_to_mark();
	return err;
}
