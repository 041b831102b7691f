/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. AES-GCM, against NIST's vectors and, for every length of IV, against the
 * definitions of SP 800-38D written out below.
 */
#include "crypto/aes_gcm.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define TEXT 100                        /* bytes, for tests with a text of our own */

struct vector {
	const char *key, *iv, *aad, *plain, *cipher, *tag;
};

/* NIST CAVP, gcmEncryptExtIV128.rsp and gcmEncryptExtIV256.rsp. */
static const struct vector good[] = {
	{ "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
	  "516c33929df5a3284ff463d7", "", "", "", "bdc1ac884d332457a1d2664f168c76f0" },
	{ "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22",
	  "0d18e06c7c725ac9e362e1ce", "",
	  "2db5168e932556f8089a0622981d017d",
	  "fa4362189661d163fcd6a56d8bf0405a", "d636ac1bbedd5cc3ee727dc2ab4a9489" },
	{ "92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b",
	  "ac93a1a6145299bde902f21a", "1e0889016f67601c8ebea4943bc23ad6",
	  "2d71bcfa914e4ac045b2aa60955fad24",
	  "8995ae2e6df3dbf96fac7b7137bae67f", "eca5aa77d51d4a0a14d9c51e1da474ab" },
	{ "dc776f0156c15d032623854b625c61868e5db84b7b6f9fbd3672f12f0025e0f6",
	  "67130951c4a57f6ae7f13241",
	  "fd0920faeb7b212932280a009bac969145e5c316cf3922622c3705c3457c4e9f"
	  "124b2076994323fbcfb523f8ed16d241",
	  "9378a727a5119595ad631b12a5a6bc8a91756ef09c8d6eaa2b718fe86876da20",
	  "6d958c20870d401a3c1f7a0ac092c97774d451c09f7aae992a8841ff0ab9d60d",
	  "b876831b4ecd7242963b040aa45c4114" },
	{ "1fded32d5999de4a76e0f8082108823aef60417e1896cf4218a2fa90f632ec8a",
	  "1f3afa4711e9474f32e70462", "",
	  "06b2c75853df9aeb17befd33cea81c630b0fc53667ff45199c629c8e15dce41e"
	  "530aa792f796b8138eeab2e86c7b7bee1d40b0",
	  "91fbd061ddc5a7fcc9513fcdfdc9c3a7c5d4d64cedf6a9c24ab8a77c36eefbf1"
	  "c5dc00bc50121b96456c8cd8b6ff1f8b3e480f",
	  "30096d340f3d5c42d82a6f475def23eb" },
	{ "24501ad384e473963d476edcfe08205237acfd49b5b8f33857f8114e863fec7f",
	  "9ff18563b978ec281b3f2794", "adb5ec720ccf9898500028bf34afccbcaca126ef",
	  "27f348f9cdc0c5bd5e66b1ccb63ad920ff2219d14e8d631b3872265cf117ee86"
	  "757accb158bd9abb3868fdc0d0b074b5f01b2c",
	  "eb7cb754c824e8d96f7c6d9b76c7d26fb874ffbf1d65c6f64a698d839b0b0614"
	  "5dae82057ad55994cf59ad7f67c0fa5e85fab8",
	  "bc95c532fecc594c36d1550286a7a3f0" },
	/* Tags of 14, 15 and 13 bytes. */
	{ "c75116c19f5ea4ed1b10bf0eaaebe5a1", "48a53fc17d4300f4a23a5a39", "",
	  "4569944fcde5b3f4ae4d50eb7a0e3ef88dab44b684c737b90aa88cf579bf0558",
	  "d58b89300c62e0b0ea729d6de39545ea35ddc5a04e22b709f45af532bc67d90d",
	  "c428abd4bf85468d57236ed16d36" },
	{ "da0b615656135194ba6d3c851099bc48", "d39d4b4d3cc927885090e6c3",
	  "e7e5e6f8dac913036cb2ff29e8625e0e", "", "", "ab967711a5770461724460b07237e2" },
	{ "27e3626a8347f252519f3a391712f65a", "e50b6bbe4ac7307f75421a71",
	  "96fe6e72597f596ae93907a820ba79a8", "bf386209503082f15ed8461ddd",
	  "34d347fa1b56d2cf691f1ce062", "cb083ec9d63075bea3bba1c0d4" },
	/* IVs of 8 bits. */
	{ "15b2d414826453f9e1c7dd0b69d8d1eb", "b6", "", "8cfa255530c6fbc19d51bd4aeb39c91b",
	  "4822cb98bd5f5d921ee19285c9032375", "8a40670ebac98cf4e9cc1bf8f803167d" },
	{ "be07c4a0725cc27da0221b4892c959b5", "15", "6f65e713c455988a256d59c754b44f4f",
	  "e4f618a23e93cde8b9480a63e0bcb0806f66f47e36f0cb86c932f43291ca4d52",
	  "6c21f6f08e77a9cb2e4b7a702270cc07bb1c7225cffaaa9d6a310c1dfd5adf4b",
	  "d3770bc1706d83cd4e936d32bc" },
	/* IVs of 1024 bits. */
	{ "71eebc49c8fb773b2224eaff3ad68714",
	  "07e961e67784011f72faafd95b0eb64089c8de15ad685ec57e63d56e679d3e20"
	  "2b18b75fcbbec3185ffc41653bc2ac4ae6ae8be8c85636f353a9d19a86100d0b"
	  "d035cc6bdefcab4318ac7b1a08b819427ad8f6abc782466c6ebd4d6a0dd76e78"
	  "389b0a2a66506bb85f038ffc1da220c24f3817c7b2d02c5e8fc5e7e3be5074bc",
	  "", "705da82292143d2c949dc4ba014f6396",
	  "032363cf0828a03553478bec0f51f372", "c681b2c568feaa21900bc44b86aeb946" },
	{ "ec20b2dd5a4d6f8d2aa49086a7ef9080",
	  "d15fd1d8ba90275826c6b085d9d2a3856e2359e41f2ab3033b6c4a61e4121772"
	  "33afbdd0897d113652e72e37d711627eb43636fd7d7513f213f458d89597e330"
	  "e487adde840c245ce21f3e45d14075c86ee6f70a7dde573dd320786d1ff28ea0"
	  "26c07bfe904dfb904a990123f79a0a32febcc57d2fe529ccd2a393856757065c",
	  "3abfac97f5e569ed960638002ae32738", "7ca608d6dac77682def3e129499d1575",
	  "f7c5704950a6b03a77db660769e1204b", "a0d98b0c38599c1bb16354f61b0f00" },
};

/* NIST CAVP, gcmDecrypt128.rsp and gcmDecrypt256.rsp: the cases marked FAIL. */
static const struct vector bad[] = {
	{ "e5a8123f2e2e007d4e379ba114a2fb66e6613f57c72d4e4f024964053028a831",
	  "51e43385bf533e168427e1ad", "", NULL, "", "38fe845c66e66bdd884c2aecafd280e6" },
	{ "c997768e2d14e3d38259667a6649079de77beb4543589771e5068e6cd7cd0b14",
	  "835090aed9552dbdd45277e2", "", NULL,
	  "9f6607d68e22ccf21928db0986be126e", "f32617f67c574fd9f44ef76ff880ab9f" },
	{ "9a0343f850a6427120f764789ffec6d237447b898fbf51d2182f065d3861497d",
	  "3deef6f453dd70d92143adcd", "dbb8226a624520863db6897017b2a4f8", NULL,
	  "e93165935ac18e3a2845d15fe31a9286", "f5fc50d18766bc3d9e16dd136d45816b" },
	{ "28ae911ee685872d906de12d7696351df8ef2234a74a95efa4ea15b327338fe0",
	  "2fe6a815d4865181fade5fac", "", NULL,
	  "1168442ef64656ef6577fb42c1919c84aae856388e4db9945bb8c9b8412bbe64"
	  "58bc400444d5d2bf2630f83468f66f9e46e790", "b75f616fd1a3d6563b62b899e5a7e522" },
	{ "e9d381a9c413bee66175d5586a189836e5c20f5583535ab4d3f3e612dc21700e",
	  "23e81571da1c7821c681c7ca", "6f39c9ae7b8e8a58a95f0dd8ea6a9087cbccdfd6", NULL,
	  "a25f3f580306cd5065d22a6b7e9660110af7204bb77d370f7f34bee547feeff7"
	  "b32a596fce29c9040e68b1589aad48da881990", "5b6dcd70eefb0892fab1539298b92a4b" },
	{ "3726cf02fcc6b8639a5497652c94350d", "55fef82cde693ce76efcc193", "", NULL, "",
	  "3d68111a81ed22d2ef5bccac4fc27f" },
	{ "58fab7632bcf10d2bcee58520bf37414", "3c", "", NULL,
	  "15c4db4cbb451211179d57017f", "eae841d4355feeb3f786bc86625f1e5b" },
};

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

static EVP_CIPHER_CTX *ecb_start(struct sg_bytes key)
{
	const EVP_CIPHER *ecb = key.len == 16 ? EVP_aes_128_ecb() :
	                        key.len == 24 ? EVP_aes_192_ecb() : EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	ck_assert_int_eq(EVP_EncryptInit_ex(ctx, ecb, NULL, key.data, NULL), 1);
	return ctx;
}

static void ecb_block(EVP_CIPHER_CTX *ctx, const uint8_t in[16], uint8_t out[16])
{
	int written = 0;

	ck_assert_int_eq(EVP_EncryptUpdate(ctx, out, &written, in, 16), 1);
	ck_assert_int_eq(written, 16);
}

/* Multiply x by h, bit by bit [SP 800-38D §6.3]. */
static void book_multiply(uint8_t x[16], const uint8_t h[16])
{
	uint8_t z[16] = { 0 }, v[16];

	memcpy(v, h, 16);
	for (int i = 0; i < 128; i++) {
		bool carry = v[15] & 1;

		for (int j = 0; j < 16 && x[i / 8] >> (7 - i % 8) & 1; j++)
			z[j] ^= v[j];
		for (int j = 15; j > 0; j--)
			v[j] = (uint8_t)(v[j] >> 1 | v[j - 1] << 7);
		v[0] >>= 1;
		if (carry)
			v[0] ^= 0xe1;
	}
	memcpy(x, z, 16);
}

/* Continue a hash with bytes that are padded to whole blocks [SP 800-38D §6.4]. */
static void book_hash(uint8_t y[16], const uint8_t h[16], struct sg_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		y[i % 16] ^= bytes.data[i];
		if (i % 16 == 15 || i + 1 == bytes.len)
			book_multiply(y, h);
	}
}

static void book_hash_lengths(uint8_t y[16], const uint8_t h[16], uint64_t a, uint64_t b)
{
	uint8_t lengths[16];

	for (int i = 0; i < 8; i++) {
		lengths[i] = (uint8_t)(a * 8 >> (56 - 8 * i));
		lengths[8 + i] = (uint8_t)(b * 8 >> (56 - 8 * i));
	}
	book_hash(y, h, sg_bytes(lengths, 16));
}

/* Encrypt as SP 800-38D §7.1 writes it down. */
static void encrypt_by_the_book(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                                struct sg_bytes plain, uint8_t *cipher, uint8_t tag[16])
{
	EVP_CIPHER_CTX *ctx = ecb_start(key);
	uint8_t h[16] = { 0 }, start[16] = { 0 }, counter[16], stream[16], hash[16] = { 0 };

	ecb_block(ctx, h, h);
	if (iv.len == 12) {
		memcpy(start, iv.data, 12);
		start[15] = 1;
	} else {
		book_hash(start, h, iv);
		book_hash_lengths(start, h, 0, iv.len);
	}
	memcpy(counter, start, 16);
	for (size_t i = 0; i < plain.len; i++) {
		if (i % 16 == 0) {
			for (int j = 15; j >= 12 && ++counter[j] == 0; j--)
				;
			ecb_block(ctx, counter, stream);
		}
		cipher[i] = plain.data[i] ^ stream[i % 16];
	}
	book_hash(hash, h, aad);
	book_hash(hash, h, sg_bytes(cipher, plain.len));
	book_hash_lengths(hash, h, aad.len, plain.len);
	ecb_block(ctx, start, tag);
	for (int i = 0; i < 16; i++)
		tag[i] ^= hash[i];
	EVP_CIPHER_CTX_free(ctx);
}

static void fill(uint8_t *data, size_t len, size_t seed)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 31 + seed * 7 + (i >> 8));
}

START_TEST(a_plaintext_encrypts_to_the_published_bytes)
{
	const struct vector *v = &good[_i];
	struct sg_bytes plain = hex(v->plain), tag = hex(v->tag);
	uint8_t out[64], got[16];

	ck_assert_int_eq(sg_gcm_encrypt(hex(v->key), hex(v->iv), hex(v->aad), plain, out, got,
	                                tag.len), SG_OK);
	assert_bytes(sg_bytes(out, plain.len), hex(v->cipher));
	assert_bytes(sg_bytes(got, tag.len), tag);
}
END_TEST

START_TEST(the_published_bytes_decrypt_to_the_plaintext)
{
	const struct vector *v = &good[_i];
	struct sg_bytes cipher = hex(v->cipher);
	uint8_t out[64];

	ck_assert_int_eq(sg_gcm_decrypt(hex(v->key), hex(v->iv), hex(v->aad), cipher, hex(v->tag),
	                                out), SG_OK);
	assert_bytes(sg_bytes(out, cipher.len), hex(v->plain));
}
END_TEST

START_TEST(a_wrong_tag_gives_no_plaintext)
{
	const struct vector *v = &bad[_i];
	struct sg_bytes cipher = hex(v->cipher);
	uint8_t out[64];

	memset(out, 0xee, sizeof(out));
	ck_assert_int_eq(sg_gcm_decrypt(hex(v->key), hex(v->iv), hex(v->aad), cipher, hex(v->tag),
	                                out), SG_ERR_TAG);
	for (size_t i = 0; i < sizeof(out); i++)
		ck_assert_uint_eq(out[i], i < cipher.len ? 0 : 0xee);
}
END_TEST

/* Change one byte of each input of a good vector. */
START_TEST(any_changed_input_is_noticed)
{
	const struct vector *v = &good[5];
	struct sg_bytes in[] = {
		hex(v->key), hex(v->iv), hex(v->aad), hex(v->cipher), hex(v->tag),
	};
	uint8_t changed[64], out[64];
	struct sg_bytes kept = in[_i];

	for (size_t at = 0; at < kept.len; at++) {
		memcpy(changed, kept.data, kept.len);
		changed[at] ^= 0x80;
		in[_i] = sg_bytes(changed, kept.len);
		ck_assert_int_eq(sg_gcm_decrypt(in[0], in[1], in[2], in[3], in[4], out),
		                 SG_ERR_TAG);
	}
}
END_TEST

/* OpenSSL itself takes no more than 128 bytes; all lengths go through both ways. */
START_TEST(every_length_of_iv_gives_what_the_standard_defines)
{
	static const size_t key_lens[] = { 16, 24, 32 };
	uint8_t key[32], iv[SG_GCM_IV_MAX], plain[TEXT], aad[20], want[TEXT], want_tag[16];
	uint8_t ours[TEXT], tag[16];
	struct sg_bytes key_view = sg_bytes(key, key_lens[_i]);

	for (size_t len = 1; len <= SG_GCM_IV_MAX; len++) {
		struct sg_bytes iv_view = sg_bytes(iv, len), aad_view = sg_bytes(aad, sizeof(aad));

		fill(key, sizeof(key), len);
		fill(iv, sizeof(iv), len + 1);
		fill(aad, sizeof(aad), len + 2);
		fill(plain, TEXT, len + 3);
		encrypt_by_the_book(key_view, iv_view, aad_view, sg_bytes(plain, TEXT), want,
		                    want_tag);
		ck_assert_int_eq(sg_gcm_encrypt(key_view, iv_view, aad_view, sg_bytes(plain, TEXT),
		                                ours, tag, 16), SG_OK);
		ck_assert_mem_eq(ours, want, TEXT);
		ck_assert_mem_eq(tag, want_tag, 16);
		ck_assert_int_eq(sg_gcm_decrypt(key_view, iv_view, aad_view, sg_bytes(want, TEXT),
		                                sg_bytes(want_tag, 16), ours), SG_OK);
		ck_assert_mem_eq(ours, plain, TEXT);
	}
}
END_TEST

START_TEST(every_length_of_text_round_trips_in_place)
{
	struct sg_bytes key = repeat(1, 32), iv = repeat(2, 12), aad = sg_bytes_str("aad");
	uint8_t plain[200], text[200], separate[200], tag[16], separate_tag[16];

	fill(plain, sizeof(plain), 1);
	for (size_t len = 0; len <= sizeof(plain); len++) {
		memcpy(text, plain, sizeof(plain));
		ck_assert_int_eq(sg_gcm_encrypt(key, iv, aad, sg_bytes(plain, len), separate,
		                                separate_tag, 16), SG_OK);
		ck_assert_int_eq(sg_gcm_encrypt(key, iv, aad, sg_bytes(text, len), text, tag, 16),
		                 SG_OK);
		ck_assert_mem_eq(tag, separate_tag, 16);
		assert_bytes(sg_bytes(text, len), sg_bytes(separate, len));
		ck_assert_int_eq(sg_gcm_decrypt(key, iv, aad, sg_bytes(text, len),
		                                sg_bytes(tag, 16), text), SG_OK);
		ck_assert_mem_eq(text, plain, sizeof(plain));
	}
}
END_TEST

START_TEST(a_wrong_tag_wipes_the_text_in_place)
{
	struct sg_bytes none = sg_bytes(NULL, 0);
	uint8_t text[40], tag[16];

	memset(text, 1, sizeof(text));
	ck_assert_int_eq(sg_gcm_encrypt(repeat(1, 32), repeat(2, 12), none, sg_bytes(text, 40),
	                                text, tag, 16), SG_OK);
	tag[15] ^= 1;
	ck_assert_int_eq(sg_gcm_decrypt(repeat(1, 32), repeat(2, 12), none, sg_bytes(text, 40),
	                                sg_bytes(tag, 16), text), SG_ERR_TAG);
	assert_bytes(sg_bytes(text, sizeof(text)), repeat(0, sizeof(text)));
}
END_TEST

START_TEST(sizes_outside_their_limits_are_refused)
{
	static const struct {
		size_t key, iv, tag;
	} sizes[] = {
		{ 0, 12, 16 }, { 15, 12, 16 }, { 17, 12, 16 }, { 33, 12, 16 }, { 64, 12, 16 },
		{ 32, 0, 16 }, { 32, SG_GCM_IV_MAX + 1, 16 },
		{ 32, 12, 0 }, { 32, 12, 4 }, { 32, 12, 11 }, { 32, 12, 17 },
	};
	struct sg_bytes key = repeat(1, sizes[_i].key), iv = repeat(2, sizes[_i].iv);
	struct sg_bytes none = sg_bytes(NULL, 0), text = repeat(3, 16);
	uint8_t out[16], tag[32] = { 0 };

	memset(out, 0xee, sizeof(out));
	ck_assert_int_eq(sg_gcm_encrypt(key, iv, none, text, out, tag, sizes[_i].tag),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(sg_gcm_decrypt(key, iv, none, text, sg_bytes(tag, sizes[_i].tag), out),
	                 SG_ERR_RANGE);
	assert_bytes(sg_bytes(out, sizeof(out)), repeat(0xee, sizeof(out)));
}
END_TEST

START_TEST(a_text_longer_than_the_mode_allows_is_refused)
{
	struct sg_bytes none = sg_bytes(NULL, 0);
	uint8_t one = 0, tag[16];

	ck_assert_int_eq(sg_gcm_encrypt(repeat(1, 32), repeat(2, 12), none,
	                                sg_bytes(&one, ((size_t)1 << 36) - 31), &one, tag, 16),
	                 SG_ERR_RANGE);
}
END_TEST

/* Encrypt text in parts of n bytes and compare with the whole. */
static void assert_parts(size_t n, size_t iv_len)
{
	struct sg_bytes key = repeat(1, 32), iv = repeat(2, iv_len), aad = sg_bytes_str("aad");
	uint8_t plain[TEXT], want[TEXT], want_tag[16], out[TEXT], tag[16];
	struct sg_gcm *gcm = NULL;

	fill(plain, TEXT, n);
	ck_assert_int_eq(sg_gcm_encrypt(key, iv, aad, sg_bytes(plain, TEXT), want, want_tag, 16),
	                 SG_OK);
	ck_assert_int_eq(sg_gcm_new(key, iv, aad, &gcm), SG_OK);
	for (size_t at = 0; at < TEXT; at += n) {
		size_t len = TEXT - at < n ? TEXT - at : n;

		ck_assert_int_eq(sg_gcm_update(gcm, sg_bytes(plain + at, len), out + at), SG_OK);
	}
	ck_assert_int_eq(sg_gcm_final(gcm, tag, 16), SG_OK);
	ck_assert_mem_eq(out, want, TEXT);
	ck_assert_mem_eq(tag, want_tag, 16);
	sg_gcm_free(&gcm);
	ck_assert_ptr_null(gcm);
}

START_TEST(parts_of_any_size_give_the_same_bytes)
{
	for (size_t n = 1; n <= TEXT; n++) {
		assert_parts(n, 12);
		if (n % 33 == 0)
			assert_parts(n, SG_GCM_IV_MAX);
	}
}
END_TEST

START_TEST(no_parts_at_all_authenticate_the_additional_data)
{
	const struct vector *v = &good[7];
	struct sg_bytes tag = hex(v->tag);
	struct sg_gcm *gcm = NULL;
	uint8_t got[16];

	ck_assert_int_eq(sg_gcm_new(hex(v->key), hex(v->iv), hex(v->aad), &gcm), SG_OK);
	ck_assert_int_eq(sg_gcm_update(gcm, sg_bytes(NULL, 0), NULL), SG_OK);
	ck_assert_int_eq(sg_gcm_final(gcm, got, tag.len), SG_OK);
	assert_bytes(sg_bytes(got, tag.len), tag);
	sg_gcm_free(&gcm);
}
END_TEST

START_TEST(an_ended_encryption_refuses_more)
{
	struct sg_gcm *gcm = NULL;
	uint8_t out[16], tag[16];

	ck_assert_int_eq(sg_gcm_new(repeat(1, 32), repeat(2, 12), sg_bytes(NULL, 0), &gcm), SG_OK);
	ck_assert_int_eq(sg_gcm_final(gcm, tag, 3), SG_ERR_RANGE);
	ck_assert_int_eq(sg_gcm_final(gcm, tag, 16), SG_OK);
	ck_assert_int_eq(sg_gcm_update(gcm, repeat(3, 16), out), SG_ERR_ARG);
	ck_assert_int_eq(sg_gcm_final(gcm, tag, 16), SG_ERR_ARG);
	sg_gcm_free(&gcm);
}
END_TEST

START_TEST(an_encryption_that_cannot_start_leaves_nothing)
{
	struct sg_gcm *gcm = NULL;

	ck_assert_int_eq(sg_gcm_new(repeat(1, 20), repeat(2, 12), sg_bytes(NULL, 0), &gcm),
	                 SG_ERR_RANGE);
	ck_assert_ptr_null(gcm);
	sg_gcm_free(&gcm);
	sg_gcm_free(NULL);
}
END_TEST

START_TEST(an_output_that_overlaps_its_input_is_refused)
{
	static const uint8_t key[32], iv[12];
	uint8_t data[128] = { 0 }, tag[16];
	struct sg_bytes k = sg_bytes(key, 32), i = sg_bytes(iv, 12), none = sg_bytes(NULL, 0);
	struct sg_bytes in = sg_bytes(data + 32, 64);
	struct sg_gcm *gcm = NULL;

	ck_assert_int_eq(sg_gcm_encrypt(k, i, none, in, data + 52, tag, 16), SG_ERR_ARG);
	ck_assert_int_eq(sg_gcm_encrypt(k, i, none, in, data + 12, tag, 16), SG_ERR_ARG);
	ck_assert_int_eq(sg_gcm_decrypt(k, i, none, in, sg_bytes(tag, 16), data + 33), SG_ERR_ARG);
	ck_assert_int_eq(sg_gcm_new(k, i, none, &gcm), SG_OK);
	ck_assert_int_eq(sg_gcm_update(gcm, in, data + 95), SG_ERR_ARG);
	ck_assert_int_eq(sg_gcm_update(gcm, in, data + 32), SG_OK);
	sg_gcm_free(&gcm);
	ck_assert_int_eq(sg_gcm_encrypt(k, i, none, in, data + 32, tag, 16), SG_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("aes_gcm");
	TCase *tc = tcase_create("aes_gcm");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_plaintext_encrypts_to_the_published_bytes, 0, N(good));
	tcase_add_loop_test(tc, the_published_bytes_decrypt_to_the_plaintext, 0, N(good));
	tcase_add_loop_test(tc, a_wrong_tag_gives_no_plaintext, 0, N(bad));
	tcase_add_loop_test(tc, any_changed_input_is_noticed, 0, 5);
	tcase_add_loop_test(tc, every_length_of_iv_gives_what_the_standard_defines, 0, 3);
	tcase_add_test(tc, every_length_of_text_round_trips_in_place);
	tcase_add_test(tc, a_wrong_tag_wipes_the_text_in_place);
	tcase_add_loop_test(tc, sizes_outside_their_limits_are_refused, 0, 11);
	tcase_add_test(tc, a_text_longer_than_the_mode_allows_is_refused);
	tcase_add_test(tc, parts_of_any_size_give_the_same_bytes);
	tcase_add_test(tc, no_parts_at_all_authenticate_the_additional_data);
	tcase_add_test(tc, an_ended_encryption_refuses_more);
	tcase_add_test(tc, an_encryption_that_cannot_start_leaves_nothing);
	tcase_add_test(tc, an_output_that_overlaps_its_input_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
