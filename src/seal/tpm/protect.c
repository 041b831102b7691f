/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Seeds and what they close. No TPM is asked for any of it.
 */
#include "seal/tpm/protect.h"

#include <string.h>

#include "crypto/aes.h"
#include "crypto/p256_agree.h"
#include "crypto/random.h"
#include "crypto/rsa_oaep.h"
#include "crypto/tpm_kdf.h"
#include "util/cursor.h"

#define NUMBER 32                       /* bytes of a coordinate */
#define SYMMETRIC 16                    /* bytes of a key for AES-128 */
#define NONE sg_bytes(NULL, 0)

/* An exponent of 0 stands for this one [TPM2 Part 2 §12.2.3.5]. */
static const uint8_t exponent[] = { 1, 0, 1 };

/* Agree with an ephemeral key: what goes to the TPM is its point, each half behind its size. */
static enum sg_err seed_p256(const TPMT_PUBLIC *key, const char *label, struct sg_secret **seed,
                             struct sg_buf *encrypted)
{
	const TPMS_ECC_POINT *to = &key->unique.ecc;
	uint8_t point[SG_P256_POINT] = { 4 }, ephemeral[SG_P256_POINT];
	struct sg_bytes x = sg_bytes(ephemeral + 1, NUMBER), y = sg_bytes(x.data + NUMBER, NUMBER);
	struct sg_writer w = sg_writer(encrypted);
	struct sg_secret *shared = NULL;
	enum sg_err err;

	if (to->x.size != NUMBER || to->y.size != NUMBER)
		return SG_ERR_FORMAT;
	memcpy(point + 1, to->x.buffer, NUMBER);
	memcpy(point + 1 + NUMBER, to->y.buffer, NUMBER);
	err = sg_p256_agree(sg_bytes(point, sizeof point), ephemeral, &shared);
	if (err == SG_OK)
		err = sg_tpm_kdfe(sg_secret_bytes(shared), label, x, sg_bytes(point + 1, NUMBER),
		                  SG_TPM_SEED, seed);
	sg_secret_free(&shared);
	sg_write_u16(&w, NUMBER);
	sg_write_bytes(&w, x);
	sg_write_u16(&w, NUMBER);
	sg_write_bytes(&w, y);
	return err == SG_OK ? w.err : err;
}

static enum sg_err seed_rsa(const TPMT_PUBLIC *key, const char *label, struct sg_secret **seed,
                            struct sg_buf *encrypted)
{
	const TPM2B_PUBLIC_KEY_RSA *modulus = &key->unique.rsa;
	const struct sg_rsa_public to = {
		sg_bytes(modulus->buffer, modulus->size), sg_bytes(exponent, sizeof exponent),
	};
	uint8_t out[SG_RSA_MODULUS_MAX];
	enum sg_err err;

	if (modulus->size != SG_RSA_MODULUS_MIN || !sg_rsa_public_valid(&to))
		return SG_ERR_FORMAT;
	err = sg_random_secret(SG_TPM_SEED, seed);
	if (err == SG_OK)       /* the label goes in with its zero */
		err = sg_rsa_oaep_encrypt_label(&to, SG_OAEP_SHA256,
		                                sg_bytes(label, strlen(label) + 1), *seed, out);
	return err == SG_OK ? sg_buf_append(encrypted, sg_bytes(out, modulus->size)) : err;
}

enum sg_err sg_tpm_protect_seed(const TPMT_PUBLIC *key, const char *label, struct sg_secret **seed,
                                struct sg_buf *encrypted)
{
	enum sg_err err = SG_ERR_FORMAT;

	*seed = NULL;
	encrypted->len = 0;
	if (key->type == TPM2_ALG_ECC)
		err = seed_p256(key, label, seed, encrypted);
	else if (key->type == TPM2_ALG_RSA)
		err = seed_rsa(key, label, seed, encrypted);
	if (err != SG_OK)
		sg_secret_free(seed);
	return err;
}

/* Encrypt under a key that is used once, so that the IV may be zero. */
static enum sg_err encrypt(const struct sg_secret *seed, struct sg_bytes name,
                           const struct sg_secret *inner, uint8_t *out)
{
	static const uint8_t iv[SG_AES_BLOCK];
	struct sg_secret *key = NULL;
	struct sg_aes *aes = NULL;
	enum sg_err err;

	err = sg_tpm_kdfa(sg_secret_bytes(seed), "STORAGE", name, NONE, SYMMETRIC, &key);
	if (err == SG_OK)
		err = sg_aes_new(SG_AES_CFB_ENCRYPT, sg_secret_bytes(key), iv, &aes);
	if (err == SG_OK)
		err = sg_aes_run(aes, sg_secret_bytes(inner), out);
	sg_aes_free(&aes);
	sg_secret_free(&key);
	return err;
}

enum sg_err sg_tpm_protect(const struct sg_secret *seed, struct sg_bytes name,
                           const struct sg_secret *inner, struct sg_buf *out)
{
	const size_t head = sizeof(uint16_t) + SG_MAC;
	struct sg_secret *key = NULL;
	struct sg_bytes parts[2];
	enum sg_err err;

	out->len = 0;
	err = sg_buf_reserve(out, head + inner->len);
	if (err != SG_OK)
		return err;
	out->data[0] = 0;
	out->data[1] = SG_MAC;
	parts[0] = sg_bytes(out->data + head, inner->len);
	parts[1] = name;
	err = encrypt(seed, name, inner, out->data + head);
	if (err == SG_OK)
		err = sg_tpm_kdfa(sg_secret_bytes(seed), "INTEGRITY", NONE, NONE, SG_MAC, &key);
	if (err == SG_OK) {
		sg_mac(sg_secret_bytes(key), parts, 2, out->data + sizeof(uint16_t));
		out->len = head + inner->len;
	}
	sg_secret_free(&key);
	return err;
}
