/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Signatures with ECDSA on P-256 [provider-signature(7), FIPS 186-5]: of a digest, and of a
 * message whose digest is made here. The token signs the digest.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "provider/operation.h"
#include "provider/reason.h"

/* A digest, by the names that OpenSSL and others have for it, and the AlgorithmIdentifier of a
 * signature over it [RFC 5758 §3.2]. */
struct sg_prov_hash {
	const char *names[4];
	enum sg_digest_alg alg;
	uint8_t algorithm[12];
};

#define ECDSA_WITH(n) { 0x30, 10, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, (n) }

static const struct sg_prov_hash hashes[] = {
	{ { "SHA256", "SHA2-256", "SHA-256", "2.16.840.1.101.3.4.2.1" }, SG_SHA256, ECDSA_WITH(2) },
	{ { "SHA384", "SHA2-384", "SHA-384", "2.16.840.1.101.3.4.2.2" }, SG_SHA384, ECDSA_WITH(3) },
	{ { "SHA512", "SHA2-512", "SHA-512", "2.16.840.1.101.3.4.2.3" }, SG_SHA512, ECDSA_WITH(4) },
};

static const struct sg_prov_hash *find_hash(const char *name)
{
	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
		for (size_t j = 0; j < 4; j++)
			if (strcasecmp(hashes[i].names[j], name) == 0)
				return &hashes[i];
	return NULL;
}

static int set_hash(struct sg_prov_operation *op, const char *name)
{
	const struct sg_prov_hash *hash = find_hash(name);

	if (hash == NULL)
		return sg_prov_raise(op->provider, SG_PROV_DIGEST);
	op->hash = hash;
	return 1;
}

static int op_set(void *arg, const OSSL_PARAM params[])
{
	struct sg_prov_operation *op = arg;
	const OSSL_PARAM *digest = params == NULL ? NULL
	        : OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	const OSSL_PARAM *nonce = params == NULL ? NULL
	        : OSSL_PARAM_locate_const(params, "nonce-type");
	const char *name = NULL;
	unsigned type = 0;

	sg_prov_begin();
	/* How the nonce is made is the token's affair. */
	if (nonce != NULL && (OSSL_PARAM_get_uint(nonce, &type) != 1 || type != 0))
		return sg_prov_raise(op->provider, SG_PROV_PARAMETER);
	if (digest == NULL)
		return 1;
	if (OSSL_PARAM_get_utf8_string_ptr(digest, &name) != 1 || name == NULL)
		return sg_prov_raise(op->provider, SG_PROV_PARAMETER);
	/* What was hashed already was hashed by the other one. */
	if (op->digest != NULL && find_hash(name) != op->hash)
		return sg_prov_raise(op->provider, SG_PROV_DIGEST);
	return set_hash(op, name);
}

static int take_key(struct sg_prov_operation *op, struct sg_prov_key *key)
{
	if (key == NULL && op->key == NULL)
		return sg_prov_raise(op->provider, SG_PROV_KEY);
	if (key == NULL)
		return 1;
	sg_prov_key_free(&op->key);
	op->key = sg_prov_key_share(key);
	return 1;
}

/* Of a digest that the caller made. */
static int init(void *arg, void *provided, const OSSL_PARAM params[])
{
	struct sg_prov_operation *op = arg;

	sg_prov_begin();
	sg_digest_free(&op->digest);
	op->hash = NULL;
	return take_key(op, provided) && op_set(op, params);
}

/* Of a message. */
static int digest_init(void *arg, const char *name, void *provided, const OSSL_PARAM params[])
{
	struct sg_prov_operation *op = arg;
	enum sg_err err;

	sg_prov_begin();
	sg_digest_free(&op->digest);
	if (!take_key(op, provided))
		return 0;
	if (name == NULL || name[0] == '\0')
		name = op->hash != NULL ? op->hash->names[0] : sg_prov_kind_p256.digest;
	if (!set_hash(op, name) || !op_set(op, params))
		return 0;
	err = sg_digest_new(op->hash->alg, &op->digest);
	return err == SG_OK ? 1 : sg_prov_raise_err(op->provider, err);
}

static int update(void *arg, const unsigned char *data, size_t len)
{
	struct sg_prov_operation *op = arg;

	sg_prov_begin();
	if (op->digest == NULL)
		return sg_prov_raise(op->provider, SG_PROV_PARAMETER);
	return sg_digest_update(op->digest, sg_bytes(data, len)) == SG_OK
	       ? 1 : sg_prov_raise(op->provider, SG_PROV_FAULT);
}

static int sign(void *arg, unsigned char *signature, size_t *len, size_t room,
                const unsigned char *digest, size_t digest_len)
{
	struct sg_prov_operation *op = arg;
	uint8_t made[SG_PROV_SIGNATURE], der[SG_P256_DER_MAX], cut[SG_P256_DIGEST];

	if (signature == NULL) {
		*len = SG_P256_DER_MAX;
		return 1;
	}
	sg_prov_begin();
	if (room < SG_P256_DER_MAX || digest_len == 0 || digest_len > SG_DIGEST_MAX ||
	    (op->hash != NULL && digest_len != sg_digest_len(op->hash->alg)))
		return sg_prov_raise(op->provider, SG_PROV_LENGTH);
	/* Not every token cuts a longer digest itself. */
	sg_p256_digest(sg_bytes(digest, digest_len), cut);
	if (!sg_prov_key_sign(op->key, sg_bytes(cut, sizeof cut), made))
		return 0;
	*len = sg_p256_to_der(made, der);
	memcpy(signature, der, *len);
	return 1;
}

static int digest_sign_final(void *arg, unsigned char *signature, size_t *len, size_t room)
{
	struct sg_prov_operation *op = arg;
	uint8_t digest[SG_DIGEST_MAX];

	if (signature == NULL)
		return sign(op, NULL, len, 0, NULL, 0);
	sg_prov_begin();
	if (op->digest == NULL)
		return sg_prov_raise(op->provider, SG_PROV_PARAMETER);
	if (sg_digest_final(op->digest, digest) != SG_OK)
		return sg_prov_raise(op->provider, SG_PROV_FAULT);
	return sign(op, signature, len, room, digest, sg_digest_len(op->hash->alg));
}

static int verify(void *arg, const unsigned char *signature, size_t len,
                  const unsigned char *digest, size_t digest_len)
{
	const struct sg_prov_operation *op = arg;
	uint8_t raw[SG_P256_SIGNATURE];

	if (op->hash != NULL && digest_len != sg_digest_len(op->hash->alg))
		return 0;
	return sg_p256_from_der(sg_bytes(signature, len), raw) &&
	       sg_prov_key_verify(op->key, sg_bytes(digest, digest_len),
	                          sg_bytes(raw, sizeof raw));
}

static int digest_verify_final(void *arg, const unsigned char *signature, size_t len)
{
	struct sg_prov_operation *op = arg;
	uint8_t digest[SG_DIGEST_MAX];

	return op->digest != NULL && sg_digest_final(op->digest, digest) == SG_OK &&
	       verify(op, signature, len, digest, sg_digest_len(op->hash->alg));
}

static int op_get(void *arg, OSSL_PARAM params[])
{
	const struct sg_prov_operation *op = arg;
	const struct sg_prov_hash *hash = op->hash;
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);

	if (p != NULL && (hash == NULL ||
	                  OSSL_PARAM_set_octet_string(p, hash->algorithm,
	                                              sizeof hash->algorithm) != 1))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p != NULL && OSSL_PARAM_set_utf8_string(p, hash != NULL ? hash->names[0] : "") != 1)
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST_SIZE);
	return p == NULL ||
	       OSSL_PARAM_set_size_t(p, hash != NULL ? sg_digest_len(hash->alg) : 0) == 1;
}

static const OSSL_PARAM *gettable(void *op, void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_size_t(OSSL_SIGNATURE_PARAM_DIGEST_SIZE, NULL),
		OSSL_PARAM_END
	};

	(void)op;
	(void)ctx;
	return params;
}

static const OSSL_PARAM *settable(void *op, void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_uint("nonce-type", NULL),
		OSSL_PARAM_END
	};

	(void)op;
	(void)ctx;
	return params;
}

const OSSL_DISPATCH sg_prov_ecdsa[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))sg_prov_operation_new },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))sg_prov_operation_free },
	{ OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))sg_prov_operation_dup },
	{ OSSL_FUNC_SIGNATURE_SIGN_INIT, (void (*)(void))init },
	{ OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))sign },
	{ OSSL_FUNC_SIGNATURE_VERIFY_INIT, (void (*)(void))init },
	{ OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))verify },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))digest_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (void (*)(void))update },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (void (*)(void))digest_sign_final },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (void (*)(void))digest_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, (void (*)(void))update },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, (void (*)(void))digest_verify_final },
	{ OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))op_get },
	{ OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (void (*)(void))gettable },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))op_set },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))settable },
	{ 0, NULL }
};
