/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: src/util/secret.c and src/crypto.
 */
#include <string.h>

#include "crypto/aes_cbc.h"
#include "crypto/aes_gcm.h"
#include "crypto/ed25519.h"
#include "crypto/ed25519_dom.h"
#include "crypto/kdf.h"
#include "crypto/keywrap.h"
#include "crypto/sealed_box.h"
#include "crypto/shamir.h"
#include "crypto/x25519.h"
#include "ct/cases.h"

#define NONE sg_bytes(NULL, 0)

static struct sg_bytes view(const struct sg_secret *secret)
{
	return sg_secret_bytes(secret);
}

START_TEST(two_secrets_are_compared)
{
	struct sg_secret *a = ct_make(32), *b = ct_make(32), *c = NULL;

	ck_assert_int_eq(sg_secret_copy(view(a), &c), SG_OK);
	ck_assert(sg_secret_equal(view(a), view(c)));
	b->data[31] ^= 1;
	ck_assert(!sg_secret_equal(view(a), view(b)));
	sg_secret_free(&a);
	sg_secret_free(&b);
	sg_secret_free(&c);
}
END_TEST

/* The IVs: as long as usual, as long as OpenSSL takes, and longer. */
START_TEST(gcm_encrypts_and_decrypts)
{
	static const size_t iv_len[] = { SG_GCM_IV, 128, 200 };
	struct sg_secret *key = ct_make(32), *text = ct_make(45);
	uint8_t iv[200] = { 7 }, cipher[45], tag[SG_GCM_TAG];
	struct sg_bytes iv_view = sg_bytes(iv, iv_len[_i]);

	ck_assert_int_eq(sg_gcm_encrypt(view(key), iv_view, NONE, view(text), cipher, tag,
	                                sizeof tag), SG_OK);
	ck_assert_int_eq(sg_gcm_decrypt(view(key), iv_view, NONE, sg_bytes(cipher, 45),
	                                sg_bytes(tag, sizeof tag), text->data), SG_OK);
	tag[3] ^= 1;
	ck_assert_int_eq(sg_gcm_decrypt(view(key), iv_view, NONE, sg_bytes(cipher, 45),
	                                sg_bytes(tag, sizeof tag), text->data), SG_ERR_TAG);
	sg_secret_free(&key);
	sg_secret_free(&text);
}
END_TEST

START_TEST(gcm_encrypts_in_parts)
{
	struct sg_secret *key = ct_make(16), *text = ct_make(45);
	uint8_t iv[SG_GCM_IV] = { 7 }, cipher[45], tag[SG_GCM_TAG];
	struct sg_gcm *gcm = NULL;

	ck_assert_int_eq(sg_gcm_new(view(key), sg_bytes(iv, sizeof iv), NONE, &gcm), SG_OK);
	ck_assert_int_eq(sg_gcm_update(gcm, sg_bytes(text->data, 7), cipher), SG_OK);
	ck_assert_int_eq(sg_gcm_update(gcm, sg_bytes(text->data + 7, 38), cipher + 7), SG_OK);
	ck_assert_int_eq(sg_gcm_final(gcm, tag, sizeof tag), SG_OK);
	sg_gcm_free(&gcm);
	sg_secret_free(&key);
	sg_secret_free(&text);
}
END_TEST

/* A padding that is right, and one that is wrong: the difference is what is told. */
START_TEST(cbc_pads_and_looks_at_the_padding)
{
	const struct sg_cbc_form encrypt = { true, true }, decrypt = { false, true };
	struct sg_secret *key = ct_make(32), *text = ct_make(45);
	uint8_t iv[SG_AES_BLOCK] = { 7 }, cipher[48], out[48];
	struct sg_cbc *cbc = NULL;
	struct sg_bytes last;

	ck_assert_int_eq(sg_cbc_new(encrypt, view(key), iv, &cbc), SG_OK);
	ck_assert_int_eq(sg_cbc_update(cbc, view(text), cipher), SG_OK);
	ck_assert_int_eq(sg_cbc_final(cbc, &last), SG_OK);
	memcpy(cipher + 32, last.data, last.len);
	sg_cbc_free(&cbc);
	ct_public(cipher, sizeof cipher);
	for (int wrong = 0; wrong < 2; wrong++) {
		cipher[31] ^= (uint8_t)wrong;
		ck_assert_int_eq(sg_cbc_new(decrypt, view(key), iv, &cbc), SG_OK);
		ck_assert_int_eq(sg_cbc_update(cbc, sg_bytes(cipher, 48), out), SG_OK);
		ck_assert_int_eq(sg_cbc_final(cbc, &last), wrong ? SG_ERR_FORMAT : SG_OK);
		sg_cbc_free(&cbc);
	}
	sg_secret_free(&key);
	sg_secret_free(&text);
}
END_TEST

START_TEST(a_key_is_wrapped_and_unwrapped)
{
	static const struct {
		enum sg_keywrap_alg alg;
		size_t len;
	} cases[] = { { SG_KW, 32 }, { SG_KWP, 32 }, { SG_KWP, 33 }, { SG_KWP, 3 } };
	struct sg_secret *kek = ct_make(32), *key = ct_make(cases[_i].len), *out = NULL;
	const size_t len = sg_keywrap_len(cases[_i].alg, cases[_i].len);
	uint8_t wrapped[64];

	ck_assert_int_eq(sg_keywrap_wrap(cases[_i].alg, view(kek), view(key), wrapped), SG_OK);
	ct_public(wrapped, len);
	ck_assert_int_eq(sg_keywrap_unwrap(cases[_i].alg, view(kek), sg_bytes(wrapped, len), &out),
	                 SG_OK);
	ck_assert_uint_eq(out->len, cases[_i].len);
	sg_secret_free(&out);
	wrapped[0] ^= 1;
	ck_assert_int_eq(sg_keywrap_unwrap(cases[_i].alg, view(kek), sg_bytes(wrapped, len), &out),
	                 SG_ERR_TAG);
	sg_secret_free(&kek);
	sg_secret_free(&key);
}
END_TEST

/* Keys of a block and more are hashed first; an empty part is left out. */
START_TEST(codes_are_made)
{
	static const struct {
		const struct sg_mac_alg *alg;
		size_t key;
	} cases[] = {
		{ &sg_hmac_sha256, 32 }, { &sg_hmac_sha256, 100 }, { &sg_hmac_sha384, 48 },
		{ &sg_hmac_sha384, 200 }, { &sg_hmac_sha512, 64 }, { &sg_hmac_sha512, 200 },
		{ &sg_aes_cmac, 16 }, { &sg_aes_cmac, 32 },
	};
	struct sg_secret *key = ct_make(cases[_i].key), *message = ct_make(45);
	struct sg_bytes parts[] = { view(message), NONE, sg_bytes(message->data, 16) };
	uint8_t code[SG_MAC_MAX];

	for (size_t n = 1; n <= 3; n++)
		ck_assert_int_eq(sg_mac_once(cases[_i].alg, view(key), parts, n, code), SG_OK);
	sg_secret_free(&key);
	sg_secret_free(&message);
}
END_TEST

START_TEST(keys_are_made_of_keys)
{
	struct sg_secret *ikm = ct_make(40), *salt = ct_make(64), *out = NULL;

	ck_assert_int_eq(sg_hkdf_sha256(view(ikm), view(salt), sg_bytes_str("info"), 77, &out), SG_OK);
	sg_secret_free(&out);
	ck_assert_int_eq(sg_hkdf_extract(&sg_hmac_sha384, view(ikm), NONE, &out), SG_OK);
	sg_secret_free(&out);
	ck_assert_int_eq(sg_x963_sha256(view(ikm), sg_bytes_str("info"), 77, &out), SG_OK);
	sg_secret_free(&out);
	sg_secret_free(&ikm);
	sg_secret_free(&salt);
}
END_TEST

START_TEST(a_key_is_made_of_a_pin)
{
	const uint8_t salt[SG_ARGON2_SALT] = { 1 };
	struct sg_secret *pin = ct_make(13), *out = NULL;

	ck_assert_int_eq(sg_argon2id(view(pin), sg_bytes(salt, sizeof salt), sg_argon2_default, 32,
	                             &out), SG_OK);
	sg_secret_free(&out);
	sg_secret_free(&pin);
}
END_TEST

START_TEST(ed25519_signs)
{
	const struct sg_ed25519_dom pure = { .context = sg_bytes_str("context") };
	struct sg_secret *seed = ct_make(SG_ED25519_SEED), *key = NULL, *made = NULL;
	struct sg_bytes text = sg_bytes_str("a message");
	uint8_t signature[SG_ED25519_SIGNATURE];

	ck_assert_int_eq(sg_ed25519_from_seed(view(seed), &key), SG_OK);
	ck_assert_int_eq(sg_ed25519_sign(view(key), text, signature), SG_OK);
	ct_public(signature, sizeof signature);
	ck_assert_int_eq(sg_ed25519_verify(sg_ed25519_public(key), text,
	                                   sg_bytes(signature, sizeof signature)), SG_OK);
	ck_assert_int_eq(sg_ed25519_dom_sign(pure, view(key), text, signature), SG_OK);
	ck_assert_int_eq(sg_ed25519_generate(&made), SG_OK);
	sg_secret_free(&seed);
	sg_secret_free(&key);
	sg_secret_free(&made);
}
END_TEST

/* The second public key is one of those with which there is no secret. */
START_TEST(x25519_agrees)
{
	struct sg_secret *private_key = ct_make(SG_X25519_LEN), *key = NULL, *shared = NULL;
	uint8_t base[SG_X25519_LEN] = { 9 }, zero[SG_X25519_LEN] = { 0 };

	ck_assert_int_eq(sg_x25519_from_private(view(private_key), &key), SG_OK);
	ck_assert_int_eq(sg_x25519_shared(key, sg_bytes(base, sizeof base), &shared), SG_OK);
	sg_secret_free(&shared);
	ck_assert_int_eq(sg_x25519_shared(key, sg_bytes(zero, sizeof zero), &shared), SG_ERR_TAG);
	sg_secret_free(&private_key);
	sg_secret_free(&key);
}
END_TEST

/* What is wrong with a place is told, and no other byte. */
START_TEST(a_secret_is_shared_and_comes_back)
{
	struct sg_secret *secret = ct_make(32), *share[5], *back = NULL;

	ck_assert_int_eq(sg_shamir_split(secret, 5, 3, share), SG_OK);
	ck_assert_int_eq(sg_shamir_combine((const struct sg_secret *const *)share + 1, 3, &back),
	                 SG_OK);
	ck_assert(sg_secret_equal(view(secret), view(back)));
	for (size_t i = 0; i < 5; i++)
		sg_secret_free(&share[i]);
	sg_secret_free(&back);
	sg_secret_free(&secret);
}
END_TEST

START_TEST(a_box_is_closed_and_opened)
{
	struct sg_secret *key = NULL, *plain = ct_make(45), *back = NULL;
	struct sg_buf box = { NULL, 0, 0 };
	uint8_t public_key[SG_X25519_LEN];

	ck_assert_int_eq(sg_x25519_generate(&key), SG_OK);
	memcpy(public_key, key->data + SG_X25519_LEN, sizeof public_key);
	ct_public(public_key, sizeof public_key);
	ck_assert_int_eq(sg_box_close(sg_bytes(public_key, sizeof public_key), plain, &box), SG_OK);
	ct_public(box.data, box.len);
	ck_assert_int_eq(sg_box_open(key, sg_buf_bytes(&box), &back), SG_OK);
	ck_assert(sg_secret_equal(view(plain), view(back)));
	sg_secret_free(&back);
	box.data[60] ^= 1;
	ck_assert_int_eq(sg_box_open(key, sg_buf_bytes(&box), &back), SG_ERR_TAG);
	sg_buf_free(&box);
	sg_secret_free(&key);
	sg_secret_free(&plain);
}
END_TEST

void ct_crypto_add(TCase *tcase)
{
	tcase_add_test(tcase, two_secrets_are_compared);
	tcase_add_loop_test(tcase, gcm_encrypts_and_decrypts, 0, 3);
	tcase_add_test(tcase, gcm_encrypts_in_parts);
	tcase_add_test(tcase, cbc_pads_and_looks_at_the_padding);
	tcase_add_loop_test(tcase, a_key_is_wrapped_and_unwrapped, 0, 4);
	tcase_add_loop_test(tcase, codes_are_made, 0, 8);
	tcase_add_test(tcase, keys_are_made_of_keys);
	tcase_add_test(tcase, a_key_is_made_of_a_pin);
	tcase_add_test(tcase, ed25519_signs);
	tcase_add_test(tcase, x25519_agrees);
	tcase_add_test(tcase, a_secret_is_shared_and_comes_back);
	tcase_add_test(tcase, a_box_is_closed_and_opened);
}
