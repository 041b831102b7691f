/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Ed25519, with the examples of RFC 8032, and a look at the stack that
 * signing leaves behind.
 */
#include "crypto/ed25519.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

/* [RFC 8032 §7.1] */
static const struct vector {
	const char *seed, *public_key, *message, *signature;
} vectors[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
	  "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
	  "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12"
	  "ee50f8f54e9f77b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe57"
	  "38829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338b"
	  "bd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4fe"
	  "ba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e06203b33890cc9b8"
	  "32f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10"
	  "3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53"
	  "f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2"
	  "d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6"
	  "079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553"
	  "878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2"
	  "cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
	  "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae078"
	  "4504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8"
	  "fcffead94f3c7ca495e056a9b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301"
	  "651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8"
	  "ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc82aebfd9"
	  "04b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
	  "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a"
	  "3ca8e1b939ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a3"
	  "2ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a4"
	  "3dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041"
	  "e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d9"
	  "0d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
	  "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef"
	  "68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0",
	  "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350"
	  "aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03" },
	{ "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	  "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
	  "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704" },
};

#define VECTORS ((int)(sizeof(vectors) / sizeof(vectors[0])))

/* Encodings of points of small order, canonical or not. */
static const char *const small_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

#define SMALL_ORDER ((int)(sizeof(small_order) / sizeof(small_order[0])))

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static struct sg_secret *key_of(const struct vector *v)
{
	struct sg_secret *key = NULL;

	ck_assert_int_eq(sg_ed25519_from_seed(hex(v->seed), &key), SG_OK);
	return key;
}

START_TEST(a_seed_gives_the_published_public_key)
{
	struct sg_secret *key = key_of(&vectors[_i]);

	ck_assert_uint_eq(key->len, SG_ED25519_KEY);
	assert_bytes(sg_bytes(key->data, SG_ED25519_SEED), hex(vectors[_i].seed));
	assert_bytes(sg_ed25519_public(key), hex(vectors[_i].public_key));
	sg_secret_free(&key);
}
END_TEST

START_TEST(a_message_has_the_published_signature)
{
	struct sg_secret *key = key_of(&vectors[_i]);
	uint8_t signature[SG_ED25519_SIGNATURE];

	ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(key), hex(vectors[_i].message), signature),
	                 SG_OK);
	assert_bytes(sg_bytes(signature, sizeof(signature)), hex(vectors[_i].signature));
	sg_secret_free(&key);
}
END_TEST

START_TEST(the_published_signature_verifies)
{
	const struct vector *v = &vectors[_i];

	ck_assert_int_eq(sg_ed25519_verify(hex(v->public_key), hex(v->message), hex(v->signature)),
	                 SG_OK);
	ck_assert(sg_ed25519_public_valid(hex(v->public_key)));
}
END_TEST

START_TEST(no_message_at_all_can_be_signed)
{
	struct sg_secret *key = key_of(&vectors[0]);
	uint8_t signature[SG_ED25519_SIGNATURE];

	ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(key), sg_bytes(NULL, 0), signature),
	                 SG_OK);
	assert_bytes(sg_bytes(signature, sizeof(signature)), hex(vectors[0].signature));
	sg_secret_free(&key);
}
END_TEST

START_TEST(any_changed_bit_of_the_signature_is_noticed)
{
	const struct vector *v = &vectors[2];
	uint8_t bad[SG_ED25519_SIGNATURE];

	for (size_t bit = 0; bit < sizeof(bad) * 8; bit++) {
		memcpy(bad, hex(v->signature).data, sizeof(bad));
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(sg_ed25519_verify(hex(v->public_key), hex(v->message),
		                                   sg_bytes(bad, sizeof(bad))), SG_ERR_TAG);
	}
}
END_TEST

START_TEST(another_message_or_key_does_not_verify)
{
	const struct vector *v = &vectors[2];

	ck_assert_int_eq(sg_ed25519_verify(hex(v->public_key), hex("af83"), hex(v->signature)),
	                 SG_ERR_TAG);
	ck_assert_int_eq(sg_ed25519_verify(hex(v->public_key), hex("af8200"), hex(v->signature)),
	                 SG_ERR_TAG);
	ck_assert_int_eq(sg_ed25519_verify(hex(vectors[1].public_key), hex(v->message),
	                                   hex(v->signature)), SG_ERR_TAG);
}
END_TEST

/* S + L is the same scalar, which would give every signature a twin [RFC 8032 §8.4]. */
START_TEST(a_signature_with_a_scalar_that_is_not_reduced_is_refused)
{
	static const char *const order =
		"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
	const struct vector *v = &vectors[1];
	struct sg_bytes l = hex(order);
	uint8_t twin[SG_ED25519_SIGNATURE];
	unsigned carry = 0;

	memcpy(twin, hex(v->signature).data, sizeof(twin));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)twin[32 + i] + l.data[i];
		twin[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	ck_assert_uint_eq(carry, 0);
	ck_assert_int_eq(sg_ed25519_verify(hex(v->public_key), hex(v->message),
	                                   sg_bytes(twin, sizeof(twin))), SG_ERR_TAG);
}
END_TEST

/* With a key of small order, R = S = 0 signs a large part of all messages. */
START_TEST(points_of_small_order_are_refused)
{
	struct sg_bytes point = hex(small_order[_i]);
	uint8_t signature[SG_ED25519_SIGNATURE] = { 0 };

	memcpy(signature, point.data, 32);
	ck_assert(!sg_ed25519_public_valid(point));
	ck_assert_int_eq(sg_ed25519_verify(point, sg_bytes_str("any"),
	                                   sg_bytes(signature, sizeof(signature))), SG_ERR_TAG);
	ck_assert_int_eq(sg_ed25519_verify(hex(vectors[0].public_key), sg_bytes_str("any"),
	                                   sg_bytes(signature, sizeof(signature))), SG_ERR_TAG);
}
END_TEST

START_TEST(bytes_that_are_no_point_are_no_public_key)
{
	/* No x belongs to y = 2; and the field has no element as large as this one. */
	ck_assert(!sg_ed25519_public_valid(
		hex("0200000000000000000000000000000000000000000000000000000000000000")));
	ck_assert(!sg_ed25519_public_valid(
		hex("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
	ck_assert(!sg_ed25519_public_valid(sg_bytes(hex(vectors[0].public_key).data, 31)));
	ck_assert(!sg_ed25519_public_valid(sg_bytes(NULL, 0)));
}
END_TEST

START_TEST(wrong_lengths_are_refused)
{
	const struct vector *v = &vectors[1];
	struct sg_secret *key = NULL;
	uint8_t signature[SG_ED25519_SIGNATURE];

	ck_assert_int_eq(sg_ed25519_from_seed(repeat(1, 31), &key), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_from_seed(repeat(1, 64), &key), SG_ERR_RANGE);
	ck_assert_ptr_null(key);
	ck_assert_int_eq(sg_ed25519_sign(repeat(1, 32), hex("72"), signature), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_verify(repeat(1, 33), hex("72"), hex(v->signature)),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_verify(hex(v->public_key), hex("72"), repeat(1, 63)),
	                 SG_ERR_RANGE);
}
END_TEST

START_TEST(a_signature_may_overwrite_its_message)
{
	uint8_t buffer[2 * SG_ED25519_SIGNATURE], wanted[SG_ED25519_SIGNATURE];
	struct sg_secret *key = NULL;

	ck_assert_int_eq(sg_ed25519_generate(&key), SG_OK);
	for (size_t at = 0; at <= SG_ED25519_SIGNATURE; at += 8) {
		memset(buffer, 'm', sizeof buffer);
		ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(key), sg_bytes(buffer + at, 40),
		                                 wanted), SG_OK);
		ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(key), sg_bytes(buffer + at, 40),
		                                 buffer), SG_OK);
		ck_assert_mem_eq(buffer, wanted, sizeof wanted);
	}
	sg_secret_free(&key);
}
END_TEST

START_TEST(two_generated_keys_differ_and_work)
{
	struct sg_secret *a = NULL, *b = NULL;
	struct sg_bytes message = sg_bytes_str("message");
	uint8_t signature[SG_ED25519_SIGNATURE];

	ck_assert_int_eq(sg_ed25519_generate(&a), SG_OK);
	ck_assert_int_eq(sg_ed25519_generate(&b), SG_OK);
	ck_assert(!sg_secret_equal(sg_secret_bytes(a), sg_secret_bytes(b)));
	ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(a), message, signature), SG_OK);
	ck_assert_int_eq(sg_ed25519_verify(sg_ed25519_public(a), message, sg_bytes(signature, 64)),
	                 SG_OK);
	ck_assert_int_eq(sg_ed25519_verify(sg_ed25519_public(b), message, sg_bytes(signature, 64)),
	                 SG_ERR_TAG);
	sg_secret_free(&a);
	sg_secret_free(&b);
}
END_TEST

/* Whatever library does the work, the answers are libsodium's: short messages, long ones,
 * and those on either side of the length from which another library does it. */
START_TEST(signatures_are_those_of_libsodium)
{
	static const size_t lengths[] = { 0, 1, 31, 63, 64, 111, 112, 127, 128, 1023, 1024, 1025, 5000 };
	uint8_t text[5000], made[SG_ED25519_SIGNATURE], wanted[SG_ED25519_SIGNATURE];

	for (size_t i = 0; i < 20 * sizeof lengths / sizeof lengths[0]; i++) {
		struct sg_bytes message = sg_bytes(text, lengths[i / 20]);
		struct sg_secret *key = NULL;

		randombytes_buf(text, sizeof text);
		ck_assert_int_eq(sg_ed25519_generate(&key), SG_OK);
		ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(key), message, made), SG_OK);
		ck_assert_int_eq(crypto_sign_detached(wanted, NULL, message.data, message.len,
		                                      key->data), 0);
		ck_assert_mem_eq(made, wanted, sizeof wanted);
		ck_assert_int_eq(sg_ed25519_verify(sg_ed25519_public(key), message,
		                                   sg_bytes(made, sizeof made)), SG_OK);
		made[i % sizeof made] ^= 1;
		ck_assert_int_eq(sg_ed25519_verify(sg_ed25519_public(key), message,
		                                   sg_bytes(made, sizeof made)), SG_ERR_TAG);
		sg_secret_free(&key);
	}
}
END_TEST

/* Sign for a public key to which a point of small order was added: one in eight messages
 * has a signature that is good for it. */
static void sign_for(const uint8_t point[32], const struct sg_secret *key, struct sg_bytes message,
                     uint8_t signature[SG_ED25519_SIGNATURE])
{
	uint8_t expanded[64], wide[64], h[32];
	crypto_hash_sha512_state state;

	crypto_hash_sha512(expanded, key->data, 32);
	expanded[0] &= 248;
	expanded[31] = (uint8_t)((expanded[31] & 127) | 64);
	memset(wide, 0, sizeof wide);
	randombytes_buf(wide, 32);
	crypto_core_ed25519_scalar_reduce(signature + 32, wide);
	ck_assert_int_eq(crypto_scalarmult_ed25519_base_noclamp(signature, signature + 32), 0);
	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, signature, 32);
	crypto_hash_sha512_update(&state, point, 32);
	crypto_hash_sha512_update(&state, message.data, message.len);
	crypto_hash_sha512_final(&state, wide);
	crypto_core_ed25519_scalar_reduce(h, wide);
	crypto_core_ed25519_scalar_mul(h, h, expanded);
	crypto_core_ed25519_scalar_add(signature + 32, signature + 32, h);
}

START_TEST(what_libsodium_accepts_and_refuses_is_accepted_and_refused)
{
	struct sg_bytes torsion = hex(small_order[2]);
	uint8_t point[32], signature[SG_ED25519_SIGNATURE], text[8];
	int accepted = 0;

	for (int i = 0; i < 200; i++) {
		struct sg_secret *key = NULL;
		bool good;

		randombytes_buf(text, sizeof text);
		ck_assert_int_eq(sg_ed25519_generate(&key), SG_OK);
		ck_assert_int_eq(crypto_core_ed25519_add(point, sg_ed25519_public(key).data,
		                                         torsion.data), 0);
		sign_for(point, key, sg_bytes(text, sizeof text), signature);
		good = crypto_sign_verify_detached(signature, text, sizeof text, point) == 0;
		ck_assert_int_eq(sg_ed25519_verify(sg_bytes(point, 32), sg_bytes(text, sizeof text),
		                                   sg_bytes(signature, sizeof signature)),
		                 good ? SG_OK : SG_ERR_TAG);
		accepted += good;
		sg_secret_free(&key);
	}
	ck_assert_int_gt(accepted, 0);
	ck_assert_int_lt(accepted, 200);
}
END_TEST

/* Bytes of every kind in the place of the key and of R, with the highest bit and without. */
START_TEST(odd_points_are_judged_as_libsodium_judges_them)
{
	static const char *const odd[] = {
		"0200000000000000000000000000000000000000000000000000000000000000",
		"ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	const struct vector *v = &vectors[1];
	uint8_t point[32], signature[SG_ED25519_SIGNATURE];

	for (size_t i = 0; i < 2 * (SMALL_ORDER + 4); i++) {
		memcpy(point, hex(i / 2 < SMALL_ORDER ? small_order[i / 2]
		                                      : odd[i / 2 - SMALL_ORDER]).data, 32);
		point[31] |= i % 2 ? 0x80 : 0;
		for (int zero = 0; zero < 2; zero++) {
			memcpy(signature, hex(v->signature).data, sizeof signature);
			memcpy(signature, point, 32);
			if (zero)
				memset(signature + 32, 0, 32);
			ck_assert_int_ne(crypto_sign_verify_detached(signature, (const uint8_t *)"r",
			                                             1, point), 0);
			ck_assert_int_eq(sg_ed25519_verify(sg_bytes(point, 32), hex("72"),
			                                   sg_bytes(signature, 64)), SG_ERR_TAG);
			ck_assert_int_eq(sg_ed25519_verify(hex(v->public_key), hex("72"),
			                                   sg_bytes(signature, 64)), SG_ERR_TAG);
		}
	}
}
END_TEST

#define STACK (2 * 1024 * 1024)

/* What must not be found, and where: set before the thread starts. */
static struct {
	uint8_t *stack;
	struct sg_bytes seed, message;
	struct sg_bytes traces[6];
	bool found[6];
	bool planted;
} residue;

/* The signed digits in base 16 by which libsodium multiplies the base point. */
static struct sg_bytes digits_of(struct sg_bytes scalar)
{
	struct sg_bytes digits = repeat(0, 64);
	int8_t *e = (int8_t *)digits.data;
	int carry = 0;

	for (size_t i = 0; i < 64; i++)
		e[i] = (int8_t)(scalar.data[i / 2] >> 4 * (i % 2) & 15);
	for (size_t i = 0; i < 63; i++) {
		int digit = e[i] + carry;

		carry = (digit + 8) >> 4;
		e[i] = (int8_t)(digit - carry * 16);
	}
	e[63] = (int8_t)(e[63] + carry);
	return digits;
}

/* Compute all secret values that signing passes through [RFC 8032 §5.1.6]. */
static void prepare_traces(const struct vector *v)
{
	struct sg_bytes expanded = repeat(0, 64), wide = repeat(0, 64), r = repeat(0, 32);
	uint8_t *a = (uint8_t *)expanded.data;
	crypto_hash_sha512_state state;

	residue.seed = hex(v->seed);
	residue.message = hex(v->message);
	crypto_hash_sha512(a, residue.seed.data, 32);
	a[0] &= 248;
	a[31] = (uint8_t)((a[31] & 127) | 64);
	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, a + 32, 32);
	crypto_hash_sha512_update(&state, residue.message.data, residue.message.len);
	crypto_hash_sha512_final(&state, (uint8_t *)wide.data);
	crypto_core_ed25519_scalar_reduce((uint8_t *)r.data, wide.data);
	residue.traces[0] = residue.seed;
	residue.traces[1] = sg_bytes(a, 32);
	residue.traces[2] = sg_bytes(a + 32, 32);
	residue.traces[3] = r;
	residue.traces[4] = digits_of(residue.traces[1]);
	residue.traces[5] = digits_of(r);
}

static void __attribute__((noinline)) look_for_traces(void)
{
	const uint8_t *here = __builtin_frame_address(0);

	for (size_t i = 0; i < 6; i++)
		residue.found[i] = memmem(residue.stack, (size_t)(here - residue.stack),
		                          residue.traces[i].data, residue.traces[i].len) != NULL;
}

static void __attribute__((noinline)) plant_a_trace(void)
{
	volatile uint8_t copy[4096];

	for (size_t i = 0; i < sizeof(copy); i++)
		copy[i] = residue.seed.data[i % 32];
}

static void *derive_and_sign(void *arg)
{
	uint8_t signature[SG_ED25519_SIGNATURE];
	struct sg_secret *key = NULL;
	bool *good = arg;

	*good = sg_ed25519_from_seed(residue.seed, &key) == SG_OK &&
	        sg_ed25519_sign(sg_secret_bytes(key), residue.message, signature) == SG_OK;
	sg_secret_free(&key);
	if (residue.planted)
		plant_a_trace();
	look_for_traces();
	return NULL;
}

/* Run on a stack of our own, whose bytes below the caller can be read. */
static void run_on_own_stack(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool good = false;

	residue.stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                     -1, 0);
	ck_assert_ptr_ne(residue.stack, MAP_FAILED);
	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstack(&attr, residue.stack, STACK), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, derive_and_sign, &good), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(good);
	pthread_attr_destroy(&attr);
	munmap(residue.stack, STACK);
}

START_TEST(signing_leaves_no_secret_on_the_stack)
{
	prepare_traces(&vectors[_i]);
	run_on_own_stack();
	for (size_t i = 0; i < 6; i++)
		ck_assert_msg(!residue.found[i], "secret value %zu was found", i);
}
END_TEST

START_TEST(the_look_at_the_stack_finds_what_is_there)
{
	prepare_traces(&vectors[1]);
	residue.planted = true;
	run_on_own_stack();
	ck_assert(residue.found[0]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ed25519");
	TCase *tc = tcase_create("ed25519");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, a_seed_gives_the_published_public_key, 0, VECTORS);
	tcase_add_loop_test(tc, a_message_has_the_published_signature, 0, VECTORS);
	tcase_add_loop_test(tc, the_published_signature_verifies, 0, VECTORS);
	tcase_add_test(tc, no_message_at_all_can_be_signed);
	tcase_add_test(tc, any_changed_bit_of_the_signature_is_noticed);
	tcase_add_test(tc, another_message_or_key_does_not_verify);
	tcase_add_test(tc, a_signature_with_a_scalar_that_is_not_reduced_is_refused);
	tcase_add_loop_test(tc, points_of_small_order_are_refused, 0, SMALL_ORDER);
	tcase_add_test(tc, bytes_that_are_no_point_are_no_public_key);
	tcase_add_test(tc, wrong_lengths_are_refused);
	tcase_add_test(tc, a_signature_may_overwrite_its_message);
	tcase_add_test(tc, two_generated_keys_differ_and_work);
	tcase_add_test(tc, signatures_are_those_of_libsodium);
	tcase_add_test(tc, what_libsodium_accepts_and_refuses_is_accepted_and_refused);
	tcase_add_test(tc, odd_points_are_judged_as_libsodium_judges_them);
	tcase_add_loop_test(tc, signing_leaves_no_secret_on_the_stack, 0, VECTORS);
	tcase_add_test(tc, the_look_at_the_stack_finds_what_is_there);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
