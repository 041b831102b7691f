/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time. Where secrets come into our code and where they stop being
 * secret. The linker puts these functions before those that our code calls (--wrap). Each
 * says why what it marks may be known. What libraries do inside is theirs: see libraries.supp.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_esys.h>

#include "core/anchor.h"
#include "core/attrs.h"
#include "core/record.h"
#include "core/state.h"
#include "core/token_record.h"
#include "core/token_resident.h"
#include "crypto/aes_gcm.h"
#include "crypto/pkcs8.h"
#include "crypto/random.h"
#include "ct/mark.h"

/* A pair of declarations: what stands before the function, and the function. */
#define BORDER(type, name, ...) \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

BORDER(size_t, sg_secret_reveal, size_t value);
BORDER(enum sg_err, sg_random_secret, size_t len, struct sg_secret **out);
BORDER(enum sg_err, sg_secret_read_fd, int fd, size_t max, struct sg_secret **out);
BORDER(enum sg_err, sg_token_resident_ecdh, struct sg_token *token, struct sg_object *object,
       const uint8_t point[SG_RESIDENT_POINT], struct sg_secret **shared);
BORDER(TSS2_RC, Esys_NV_Read, ESYS_CONTEXT *esys, ESYS_TR auth, ESYS_TR nv, ESYS_TR s1, ESYS_TR s2,
       ESYS_TR s3, UINT16 size, UINT16 offset, TPM2B_MAX_NV_BUFFER **data);
BORDER(int, sodium_memcmp, const void *a, const void *b, size_t len);
BORDER(int, crypto_sign_seed_keypair, unsigned char *pk, unsigned char *sk,
       const unsigned char *seed);
BORDER(int, crypto_sign_detached, unsigned char *signature, unsigned long long *signature_len,
       const unsigned char *message, unsigned long long len, const unsigned char *sk);
BORDER(int, crypto_scalarmult_ed25519_base_noclamp, unsigned char *q, const unsigned char *n);
BORDER(int, crypto_scalarmult_curve25519_base, unsigned char *q, const unsigned char *n);
BORDER(int, crypto_scalarmult_curve25519, unsigned char *q, const unsigned char *n,
       const unsigned char *p);
BORDER(int, crypto_pwhash, unsigned char *out, unsigned long long out_len, const char *pin,
       unsigned long long pin_len, const unsigned char *salt, unsigned long long passes,
       size_t memory, int alg);
BORDER(enum sg_err, sg_gcm_encrypt, struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
       struct sg_bytes plain, uint8_t *out, uint8_t *tag, size_t tag_len);
BORDER(bool, sg_pkcs8_parse, struct sg_bytes der, struct sg_bytes oid, size_t len,
       struct sg_bytes *private_key, struct sg_bytes *public_key);
BORDER(enum sg_err, sg_attrs_parse, struct sg_bytes stored, struct sg_attrs *attrs);
BORDER(void, sg_set_add, struct sg_set *set, const struct sg_keyset *keys,
       const uint8_t row[SG_UUID], uint64_t generation);
BORDER(void, sg_set_remove, struct sg_set *set, const struct sg_keyset *keys,
       const uint8_t row[SG_UUID], uint64_t generation);
BORDER(void, sg_set_sign, struct sg_set *set, enum sg_half half, const struct sg_keyset *keys,
       const uint8_t token[SG_UUID]);
BORDER(void, sg_witness_add, struct sg_witness *witness, const struct sg_keyset *keys,
       const uint8_t row[SG_UUID], uint64_t generation, struct sg_bytes record);
BORDER(void, sg_witness_remove, struct sg_witness *witness, const struct sg_keyset *keys,
       const uint8_t row[SG_UUID], uint64_t generation, struct sg_bytes record);
BORDER(void, sg_anchor_sign, struct sg_anchor *anchor, struct sg_keyset *const keys[2],
       const struct sg_token_record *record, const struct sg_state *state);
BORDER(enum sg_err, sg_token_record_write, struct sg_token_record *record,
       struct sg_keyset *const keys[2], struct sg_buf *out);

/* What our code says may be known, where it says why. */
size_t __wrap_sg_secret_reveal(size_t value)
{
	ct_public(&value, sizeof value);
	return __real_sg_secret_reveal(value);
}

/* Keys that are made here are secret from the first byte on. */
enum sg_err __wrap_sg_random_secret(size_t len, struct sg_secret **out)
{
	enum sg_err err = __real_sg_random_secret(len, out);

	if (err == SG_OK)
		ct_secret((*out)->data, (*out)->len);
	return err;
}

/* So are PINs and passphrases that are read. */
enum sg_err __wrap_sg_secret_read_fd(int fd, size_t max, struct sg_secret **out)
{
	enum sg_err err = __real_sg_secret_read_fd(fd, max, out);

	if (err == SG_OK)
		ct_secret((*out)->data, (*out)->len);
	return err;
}

/* And what the TPM has agreed on. */
enum sg_err __wrap_sg_token_resident_ecdh(struct sg_token *token, struct sg_object *object,
                                          const uint8_t point[SG_RESIDENT_POINT],
                                          struct sg_secret **shared)
{
	enum sg_err err = __real_sg_token_resident_ecdh(token, object, point, shared);

	if (err == SG_OK)
		ct_secret((*shared)->data, (*shared)->len);
	return err;
}

/* That two codes or two PINs are the same is what the caller is told. */
int __wrap_sodium_memcmp(const void *a, const void *b, size_t len)
{
	int result = __real_sodium_memcmp(a, b, len);

	ct_public(&result, sizeof result);
	return result;
}

/* Public keys are public; the second one stands behind the seed. */
int __wrap_crypto_sign_seed_keypair(unsigned char *pk, unsigned char *sk, const unsigned char *seed)
{
	int result = __real_crypto_sign_seed_keypair(pk, sk, seed);

	ct_public(pk, crypto_sign_PUBLICKEYBYTES);
	ct_public(sk + crypto_sign_SEEDBYTES, crypto_sign_PUBLICKEYBYTES);
	ct_public(&result, sizeof result);
	return result;
}

int __wrap_crypto_scalarmult_curve25519_base(unsigned char *q, const unsigned char *n)
{
	int result = __real_crypto_scalarmult_curve25519_base(q, n);

	ct_public(q, crypto_scalarmult_curve25519_BYTES);
	ct_public(&result, sizeof result);
	return result;
}

/* A signature is given out. */
int __wrap_crypto_sign_detached(unsigned char *signature, unsigned long long *signature_len,
                                const unsigned char *message, unsigned long long len,
                                const unsigned char *sk)
{
	int result = __real_crypto_sign_detached(signature, signature_len, message, len, sk);

	ct_public(signature, crypto_sign_BYTES);
	ct_public(&result, sizeof result);
	return result;
}

/* Here it makes the first half of one, of a number that is zero for nobody. */
int __wrap_crypto_scalarmult_ed25519_base_noclamp(unsigned char *q, const unsigned char *n)
{
	int result = __real_crypto_scalarmult_ed25519_base_noclamp(q, n);

	ct_public(q, crypto_sign_PUBLICKEYBYTES);
	ct_public(&result, sizeof result);
	return result;
}

/* Whether the shared secret is zero depends on the public key alone [RFC 7748 §6.1]. */
int __wrap_crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n,
                                        const unsigned char *p)
{
	int result = __real_crypto_scalarmult_curve25519(q, n, p);

	ct_public(&result, sizeof result);
	return result;
}

/* The second half of Argon2id looks up memory by what it has computed: that is how it is
 * made [RFC 9106 §3.4.1.3]. It computes with a copy that is not watched, at the lowest cost. */
int __wrap_crypto_pwhash(unsigned char *out, unsigned long long out_len, const char *pin,
                         unsigned long long pin_len, const unsigned char *salt,
                         unsigned long long passes, size_t memory, int alg)
{
	char copy[256];
	int result;

	(void)passes;
	(void)memory;
	if (pin_len > sizeof copy)
		return -1;
	memcpy(copy, pin, pin_len);
	ct_public(copy, pin_len);
	result = __real_crypto_pwhash(out, out_len, copy, pin_len, salt,
	                              crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN, alg);
	ct_secret(out, out_len);
	return result;
}

/* What is encrypted may be seen, and its tag: both go to the disk. */
enum sg_err __wrap_sg_gcm_encrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                                  struct sg_bytes plain, uint8_t *out, uint8_t *tag, size_t tag_len)
{
	enum sg_err err = __real_sg_gcm_encrypt(key, iv, aad, plain, out, tag, tag_len);

	if (err == SG_OK) {
		ct_public(out, plain.len);
		ct_public(tag, tag_len);
	}
	return err;
}

/* What stands around a private key is the same for all keys, or public. */
bool __wrap_sg_pkcs8_parse(struct sg_bytes der, struct sg_bytes oid, size_t len,
                           struct sg_bytes *private_key, struct sg_bytes *public_key)
{
	const size_t head = oid.len + 11;

	if (der.len >= head + len) {
		ct_public(der.data, head);
		ct_public(der.data + head + len, der.len - head - len);
	}
	return __real_sg_pkcs8_parse(der, oid, len, private_key, public_key);
}

/* Attributes are encrypted on the disk, but no secrets in the process: whoever asks gets
 * them. Key material is never among them. */
enum sg_err __wrap_sg_attrs_parse(struct sg_bytes stored, struct sg_attrs *attrs)
{
	ct_public(stored.data, stored.len);
	return __real_sg_attrs_parse(stored, attrs);
}

/* The sums over all rows and their code stand in the store, for everybody who reads it. */
void __wrap_sg_set_add(struct sg_set *set, const struct sg_keyset *keys,
                       const uint8_t row[SG_UUID], uint64_t generation)
{
	__real_sg_set_add(set, keys, row, generation);
	ct_public(set->sum, sizeof set->sum);
}

void __wrap_sg_set_remove(struct sg_set *set, const struct sg_keyset *keys,
                          const uint8_t row[SG_UUID], uint64_t generation)
{
	__real_sg_set_remove(set, keys, row, generation);
	ct_public(set->sum, sizeof set->sum);
}

void __wrap_sg_set_sign(struct sg_set *set, enum sg_half half, const struct sg_keyset *keys,
                        const uint8_t token[SG_UUID])
{
	__real_sg_set_sign(set, half, keys, token);
	ct_public(set->mac, sizeof set->mac);
}

/* So does the witness. */
void __wrap_sg_witness_add(struct sg_witness *witness, const struct sg_keyset *keys,
                           const uint8_t row[SG_UUID], uint64_t generation,
                           struct sg_bytes record)
{
	__real_sg_witness_add(witness, keys, row, generation, record);
	ct_public(witness->sum, sizeof witness->sum);
}

void __wrap_sg_witness_remove(struct sg_witness *witness, const struct sg_keyset *keys,
                              const uint8_t row[SG_UUID], uint64_t generation,
                              struct sg_bytes record)
{
	__real_sg_witness_remove(witness, keys, row, generation, record);
	ct_public(witness->sum, sizeof witness->sum);
}

/* What a counter of the TPM shows stands beside them. It comes encrypted with a key that an
 * authorisation is part of. */
TSS2_RC __wrap_Esys_NV_Read(ESYS_CONTEXT *esys, ESYS_TR auth, ESYS_TR nv, ESYS_TR s1, ESYS_TR s2,
                            ESYS_TR s3, UINT16 size, UINT16 offset, TPM2B_MAX_NV_BUFFER **data)
{
	TSS2_RC rc = __real_Esys_NV_Read(esys, auth, nv, s1, s2, s3, size, offset, data);

	if (rc == TSS2_RC_SUCCESS)
		ct_public(*data, sizeof **data);
	return rc;
}

/* So do the codes of the anchor. */
void __wrap_sg_anchor_sign(struct sg_anchor *anchor, struct sg_keyset *const keys[2],
                           const struct sg_token_record *record, const struct sg_state *state)
{
	__real_sg_anchor_sign(anchor, keys, record, state);
	ct_public(anchor->mac, sizeof anchor->mac);
}

/* So do the codes of the token's record. */
enum sg_err __wrap_sg_token_record_write(struct sg_token_record *record,
                                         struct sg_keyset *const keys[2],
                                         struct sg_buf *out)
{
	enum sg_err err = __real_sg_token_record_write(record, keys, out);

	if (err == SG_OK) {
		ct_public(record->mac, sizeof record->mac);
		ct_public(out->data, out->len);
	}
	return err;
}
