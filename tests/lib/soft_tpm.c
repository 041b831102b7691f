/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A TPM's keys by libcrypto, whose default context is the test's own affair.
 */
#include "lib/soft_tpm.h"

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/mac.h"
#include "crypto/p256.h"
#include "crypto/tpm_kdf.h"
#include "util/cursor.h"

#define AK_ATTRIBUTES 0x00050472u
#define EK_ATTRIBUTES 0x000300b2u
#define PARENT_ATTRIBUTES 0x00030472u
#define NUMBER 32
#define NONE sg_bytes(NULL, 0)

/* PolicyA of the EK profile. */
static const uint8_t ek_policy[] = {
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
	0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
};

static void get_point(EVP_PKEY *key, uint8_t point[SG_P256_POINT])
{
	size_t len = 0;

	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
	                                                 SG_P256_POINT, &len), 1);
	ck_assert_uint_eq(len, SG_P256_POINT);
}

static void write_sized(struct sg_writer *w, struct sg_bytes bytes)
{
	sg_write_u16(w, (uint16_t)bytes.len);
	sg_write_bytes(w, bytes);
}

static void write_head(struct sg_writer *w, uint16_t type, uint32_t attributes,
                       struct sg_bytes policy)
{
	w->buf->len = 0;
	sg_write_u16(w, type);
	sg_write_u16(w, 0x000b);
	sg_write_u32(w, attributes);
	write_sized(w, policy);
}

/* AES-128-CFB, and no scheme. */
static void write_storage(struct sg_writer *w)
{
	static const uint16_t parameters[] = { 0x0006, 128, 0x0043, 0x0010 };

	for (size_t i = 0; i < 4; i++)
		sg_write_u16(w, parameters[i]);
}

static void write_point(struct sg_writer *w, EVP_PKEY *key)
{
	uint8_t point[SG_P256_POINT];

	get_point(key, point);
	sg_write_u16(w, 0x0003);
	sg_write_u16(w, 0x0010);
	write_sized(w, sg_bytes(point + 1, NUMBER));
	write_sized(w, sg_bytes(point + 1 + NUMBER, NUMBER));
}

static void write_modulus(struct sg_writer *w, EVP_PKEY *key)
{
	uint8_t modulus[256];
	BIGNUM *n = NULL;

	ck_assert_int_eq(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	ck_assert_int_eq(BN_bn2binpad(n, modulus, sizeof modulus), sizeof modulus);
	BN_free(n);
	sg_write_u16(w, 2048);
	sg_write_u32(w, 0);
	write_sized(w, sg_bytes(modulus, sizeof modulus));
}

void soft_tpm_ak_area(EVP_PKEY *key, uint32_t attributes, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	write_head(&w, 0x0023, attributes, NONE);
	sg_write_u16(&w, 0x0010);
	sg_write_u16(&w, 0x0018);
	sg_write_u16(&w, 0x000b);
	write_point(&w, key);
	ck_assert_int_eq(w.err, SG_OK);
}

static void write_decrypting(struct sg_buf *out, EVP_PKEY *key, uint32_t attributes,
                             struct sg_bytes policy)
{
	const bool rsa = EVP_PKEY_is_a(key, "RSA");
	struct sg_writer w = sg_writer(out);

	write_head(&w, rsa ? 0x0001 : 0x0023, attributes, policy);
	write_storage(&w);
	if (rsa)
		write_modulus(&w, key);
	else
		write_point(&w, key);
	ck_assert_int_eq(w.err, SG_OK);
}

void soft_tpm_make(struct soft_tpm *tpm, enum sg_ek kind)
{
	memset(tpm, 0, sizeof *tpm);
	tpm->kind = kind;
	tpm->ek_key = kind == SG_EK_P256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
	tpm->ak_key = EVP_EC_gen("P-256");
	tpm->parent_key = EVP_EC_gen("P-256");
	ck_assert(tpm->ek_key != NULL && tpm->ak_key != NULL && tpm->parent_key != NULL);
	write_decrypting(&tpm->ek, tpm->ek_key, EK_ATTRIBUTES, sg_bytes(ek_policy, sizeof ek_policy));
	soft_tpm_ak_area(tpm->ak_key, AK_ATTRIBUTES, &tpm->ak);
	write_decrypting(&tpm->parent, tpm->parent_key, PARENT_ATTRIBUTES, NONE);
}

void soft_tpm_free(struct soft_tpm *tpm)
{
	EVP_PKEY_free(tpm->ek_key);
	EVP_PKEY_free(tpm->ak_key);
	EVP_PKEY_free(tpm->parent_key);
	sg_buf_free(&tpm->ek);
	sg_buf_free(&tpm->ak);
	sg_buf_free(&tpm->parent);
	memset(tpm, 0, sizeof *tpm);
}

void soft_tpm_sign(EVP_PKEY *key, struct sg_bytes message, struct sg_buf *out)
{
	uint8_t der[SG_P256_DER_MAX], raw[SG_P256_SIGNATURE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof der;

	ck_assert_int_eq(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	ck_assert_int_eq(EVP_DigestSign(ctx, der, &len, message.data, message.len), 1);
	EVP_MD_CTX_free(ctx);
	ck_assert(sg_p256_from_der(sg_bytes(der, len), raw));
	ck_assert_int_eq(sg_buf_set(out, sg_bytes(raw, sizeof raw)), SG_OK);
}

void soft_tpm_spki(EVP_PKEY *key, struct sg_buf *out)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(sg_buf_set(out, sg_bytes(der, (size_t)len)), SG_OK);
	OPENSSL_free(der);
}

/* Agree with the point that stands in encrypted. */
static bool seed_p256(EVP_PKEY *key, const char *label, struct sg_bytes encrypted,
                      struct sg_secret **seed)
{
	uint8_t theirs[SG_P256_POINT] = { 4 }, ours[SG_P256_POINT], shared[NUMBER];
	struct sg_reader r = sg_reader(encrypted);
	EVP_PKEY *peer = EVP_PKEY_new();
	size_t len = sizeof shared;
	EVP_PKEY_CTX *ctx;
	bool done;

	for (size_t i = 0; i < 2; i++) {
		struct sg_bytes number = sg_read_bytes(&r, sg_read_u16(&r));

		if (number.len == NUMBER)
			memcpy(theirs + 1 + NUMBER * i, number.data, NUMBER);
	}
	done = sg_reader_done(&r) && EVP_PKEY_copy_parameters(peer, key) == 1 &&
	       EVP_PKEY_set1_encoded_public_key(peer, theirs, sizeof theirs) == 1;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	done = done && EVP_PKEY_derive_init(ctx) == 1 &&
	       EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	       EVP_PKEY_derive(ctx, shared, &len) == 1;
	get_point(key, ours);
	done = done && sg_tpm_kdfe(sg_bytes(shared, len), label, sg_bytes(theirs + 1, NUMBER),
	                           sg_bytes(ours + 1, NUMBER), NUMBER, seed) == SG_OK;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return done;
}

static bool seed_rsa(EVP_PKEY *key, const char *label, struct sg_bytes encrypted,
                     struct sg_secret **seed)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	const size_t label_len = strlen(label) + 1;
	char *copy = OPENSSL_memdup(label, label_len);
	uint8_t plain[256];
	size_t len = sizeof plain;
	bool done;

	ck_assert(EVP_PKEY_decrypt_init(ctx) == 1 &&
	          EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	          EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	          EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label_len) == 1);
	done = EVP_PKEY_decrypt(ctx, plain, &len, encrypted.data, encrypted.len) == 1 &&
	       sg_secret_copy(sg_bytes(plain, len), seed) == SG_OK;
	EVP_PKEY_CTX_free(ctx);
	return done;
}

static void decrypt(const struct sg_secret *seed, struct sg_bytes name, struct sg_bytes cipher,
                    uint8_t *out)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct sg_secret *key = NULL;
	int len = 0;

	ck_assert_int_eq(sg_tpm_kdfa(sg_secret_bytes(seed), "STORAGE", name, NONE, 16, &key), SG_OK);
	ck_assert_int_eq(EVP_DecryptInit_ex(ctx, EVP_aes_128_cfb128(), NULL, key->data, iv), 1);
	ck_assert_int_eq(EVP_DecryptUpdate(ctx, out, &len, cipher.data, (int)cipher.len), 1);
	EVP_CIPHER_CTX_free(ctx);
	sg_secret_free(&key);
}

/* Open what was closed under a seed for a Name: an HMAC behind its size, and the ciphertext. */
static bool unprotect(const struct sg_secret *seed, struct sg_bytes name, struct sg_bytes blob,
                      struct sg_secret **out)
{
	struct sg_reader r = sg_reader(blob);
	struct sg_bytes code = sg_read_bytes(&r, sg_read_u16(&r));
	struct sg_bytes parts[2] = { r.rest, name };
	struct sg_secret *key = NULL;
	uint8_t wanted[SG_MAC];

	ck_assert_int_eq(sg_tpm_kdfa(sg_secret_bytes(seed), "INTEGRITY", NONE, NONE, SG_MAC, &key),
	                 SG_OK);
	sg_mac(sg_secret_bytes(key), parts, 2, wanted);
	sg_secret_free(&key);
	if (r.failed || !sg_bytes_equal(code, sg_bytes(wanted, sizeof wanted)))
		return false;
	ck_assert_int_eq(sg_secret_new(r.rest.len, out), SG_OK);
	(*out)->len = r.rest.len;
	decrypt(seed, name, r.rest, (*out)->data);
	return true;
}

static bool open_for(EVP_PKEY *key, const char *label, struct sg_bytes name, struct sg_bytes blob,
                     struct sg_bytes encrypted, struct sg_secret **out)
{
	struct sg_secret *seed = NULL;
	bool done = EVP_PKEY_is_a(key, "RSA") ? seed_rsa(key, label, encrypted, &seed)
	                                      : seed_p256(key, label, encrypted, &seed);

	done = done && unprotect(seed, name, blob, out);
	sg_secret_free(&seed);
	return done;
}

/* Keep the last field of what was read, which stands behind its size. */
static bool keep_from(struct sg_secret **all, size_t at)
{
	struct sg_reader r = sg_reader(sg_bytes((*all)->data + at, (*all)->len - at));
	struct sg_bytes field = sg_read_bytes(&r, sg_read_u16(&r));
	struct sg_secret *kept = NULL;

	if (!sg_reader_done(&r) || sg_secret_copy(field, &kept) != SG_OK)
		return false;
	sg_secret_free(all);
	*all = kept;
	return true;
}

bool soft_tpm_activate(const struct soft_tpm *tpm, struct sg_bytes name, struct sg_bytes credential,
                       struct sg_bytes encrypted, struct sg_secret **out)
{
	*out = NULL;
	return open_for(tpm->ek_key, "IDENTITY", name, credential, encrypted, out) &&
	       keep_from(out, 0);
}

bool soft_tpm_import(const struct soft_tpm *tpm, struct sg_bytes area, struct sg_bytes duplicate,
                     struct sg_bytes encrypted, struct sg_secret **out)
{
	/* The size of all, the type, an empty authValue, and the seed that goes into unique. */
	const size_t sealed_at = 2 + 2 + 2 + 2 + 32;
	uint8_t name[SG_NODE_NAME] = { 0x00, 0x0b };

	*out = NULL;
	ck_assert_int_eq(sg_digest_once(SG_SHA256, area, name + 2), SG_OK);
	return open_for(tpm->parent_key, "DUPLICATE", sg_bytes(name, sizeof name), duplicate,
	                encrypted, out) &&
	       (*out)->len > sealed_at && keep_from(out, sealed_at);
}
