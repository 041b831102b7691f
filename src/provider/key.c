/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Keys, and their two kinds.
 */
#include "provider/key.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <signet/pkcs11.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"

static const uint8_t ed25519_algorithm[] = { 0x30, 5, SG_ED25519_OID };
static const uint8_t p256_algorithm[] = { SG_P256_ALGORITHM };

static enum sg_err p256_verify(struct sg_bytes point, struct sg_bytes digest,
                               struct sg_bytes signature)
{
	uint8_t cut[SG_P256_DIGEST];

	sg_p256_digest(digest, cut);
	return sg_p256_verify(point, sg_bytes(cut, sizeof cut), signature);
}

const struct sg_prov_kind sg_prov_kind_ed25519 = {
	.name = "ED25519", .type = CKK_EC_EDWARDS, .mechanism = CKM_EDDSA,
	.point_len = SG_ED25519_PUBLIC, .bits = 256, .security_bits = 128,
	.signature_max = SG_ED25519_SIGNATURE, .digest = "", .digest_mandatory = true,
	.valid = sg_ed25519_public_valid, .verify = sg_ed25519_verify,
	.algorithm = { ed25519_algorithm, sizeof ed25519_algorithm },
	.text_head = "ED25519 Private-Key, in a token:\n", .text_tail = "",
};

const struct sg_prov_kind sg_prov_kind_p256 = {
	.name = "EC", .group = "prime256v1", .type = CKK_EC, .mechanism = CKM_ECDSA,
	.point_len = SG_P256_POINT, .bits = 256, .security_bits = 128,
	.signature_max = SG_P256_DER_MAX, .digest = "SHA256",
	.valid = sg_p256_valid, .verify = p256_verify,
	.algorithm = { p256_algorithm, sizeof p256_algorithm },
	.text_head = "EC Private-Key (256 bit), in a token:\n",
	.text_tail = "ASN1 OID: prime256v1\nNIST CURVE: P-256\n",
};

enum sg_err sg_prov_key_new(struct sg_provider *provider, const struct sg_prov_kind *kind,
                            struct sg_prov_key **out)
{
	struct sg_prov_key *key;
	enum sg_err err = sg_crypto_start();

	*out = NULL;
	if (err != SG_OK)
		return err;
	key = calloc(1, sizeof *key);
	if (key == NULL)
		return SG_ERR_NOMEM;
	atomic_init(&key->users, 1);
	key->provider = provider;
	key->kind = kind;
	*out = key;
	return SG_OK;
}

enum sg_err sg_prov_key_set_point(struct sg_prov_key *key, struct sg_bytes point)
{
	if (key->has_point)
		return sg_bytes_equal(sg_prov_key_point(key), point) ? SG_OK : SG_ERR_ARG;
	if (point.len != key->kind->point_len || !key->kind->valid(point))
		return SG_ERR_FORMAT;
	memcpy(key->point, point.data, point.len);
	key->has_point = true;
	return SG_OK;
}

enum sg_err sg_prov_key_public(const struct sg_prov_key *key, struct sg_prov_key **out)
{
	enum sg_err err = sg_prov_key_new(key->provider, key->kind, out);

	if (err != SG_OK)
		return err;
	memcpy((*out)->point, key->point, sizeof key->point);
	(*out)->has_point = key->has_point;
	return SG_OK;
}

struct sg_prov_key *sg_prov_key_share(struct sg_prov_key *key)
{
	atomic_fetch_add(&key->users, 1);
	return key;
}

int sg_prov_key_give(struct sg_prov_key *key, OSSL_CALLBACK *fn, void *arg)
{
	int type = OSSL_OBJECT_PKEY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_OBJECT_PARAM_TYPE, &type),
		OSSL_PARAM_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)key->kind->name,
		                       strlen(key->kind->name)),
		OSSL_PARAM_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof key),
		OSSL_PARAM_END
	};

	return fn(params, arg);
}

void sg_prov_key_free(struct sg_prov_key **key)
{
	if (*key == NULL)
		return;
	if (atomic_fetch_sub(&(*key)->users, 1) == 1) {
		sg_buf_free(&(*key)->id);
		sg_buf_free(&(*key)->label);
		free(*key);
	}
	*key = NULL;
}

bool sg_prov_key_verify(const struct sg_prov_key *key, struct sg_bytes data,
                        struct sg_bytes signature)
{
	return key->has_point &&
	       key->kind->verify(sg_prov_key_point(key), data, signature) == SG_OK;
}
