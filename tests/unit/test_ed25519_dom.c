/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/ed25519_dom.c.
 */
#include "crypto/ed25519_dom.h"

#include <sodium.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define SEED "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6"
#define POINT "dfc9425e4f968f7f0c29f0259cf5f9aed6851c2bb4ad8bfb860cfee0ab248292"
#define OTHER_SEED "ab9c2853ce297ddab85c993b3ae14bcad39b2c682beabc27d6d4eb20711d6560"
#define OTHER_POINT "0f1d1274943b91415889152e893d80e93275a1fc0b65fd71b4b0dda10ad7d772"
#define PH_SEED "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"
#define PH_POINT "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"
#define MESSAGE "f726936d19c800494e3fdaff20b276a8"

/* Ed25519ctx [RFC 8032 §7.2], Ed25519ph [§7.3]. */
static const struct {
	bool prehashed;
	const char *seed, *point, *message, *context, *signature;
} vectors[] = {
	{ false, SEED, POINT, MESSAGE, "666f6f",
	  "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a"
	  "8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d" },
	{ false, SEED, POINT, MESSAGE, "626172",
	  "fc60d5872fc46b3aa69f8b5b4351d5808f92bcc044606db097abab6dbcb1aee3"
	  "216c48e8b3b66431b5b186d1d28f8ee15a5ca2df6668346291c2043d4eb3e90d" },
	{ false, SEED, POINT, "508e9e6882b979fea900f62adceaca35", "666f6f",
	  "8b70c1cc8310e1de20ac53ce28ae6e7207f33c3295e03bb5c0732a1d20dc6490"
	  "8922a8b052cf99b7c4fe107a5abb5b2c4085ae75890d02df26269d8945f84b0b" },
	{ false, OTHER_SEED, OTHER_POINT, MESSAGE, "666f6f",
	  "21655b5f1aa965996b3f97b3c849eafba922a0a62992f73b3d1b73106a84ad85"
	  "e9b86a7b6005ea868337ff2d20a7f5fbd4cd10b0be49a68da2b2e0dc0ad8960f" },
	{ true, PH_SEED, PH_POINT, "616263", "",
	  "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
	  "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

/* What is signed: a message, or its digest in buf. */
static struct sg_bytes signed_bytes(bool prehashed, struct sg_bytes message, uint8_t buf[64])
{
	if (!prehashed)
		return message;
	ck_assert_int_eq(sg_digest_once(SG_SHA512, message, buf), SG_OK);
	return sg_bytes(buf, 64);
}

static void sign(struct sg_ed25519_dom dom, struct sg_bytes seed, struct sg_bytes message,
                 uint8_t out[64])
{
	struct sg_secret *key = NULL;

	ck_assert_int_eq(sg_ed25519_from_seed(seed, &key), SG_OK);
	ck_assert_int_eq(sg_ed25519_dom_sign(dom, sg_secret_bytes(key), message, out), SG_OK);
	sg_secret_free(&key);
}

START_TEST(the_published_signatures_are_made_and_verified)
{
	struct sg_ed25519_dom dom = { vectors[_i].prehashed, hex(vectors[_i].context) };
	uint8_t digest[64], out[64];
	struct sg_bytes message = signed_bytes(dom.prehashed, hex(vectors[_i].message), digest);

	sign(dom, hex(vectors[_i].seed), message, out);
	assert_bytes(sg_bytes(out, 64), hex(vectors[_i].signature));
	ck_assert_int_eq(sg_ed25519_dom_verify(dom, hex(vectors[_i].point), message,
	                                       sg_bytes(out, 64)), SG_OK);
}
END_TEST

START_TEST(every_changed_bit_is_noticed)
{
	struct sg_ed25519_dom dom = { vectors[_i].prehashed, hex(vectors[_i].context) };
	uint8_t digest[64], bad[64];
	struct sg_bytes message = signed_bytes(dom.prehashed, hex(vectors[_i].message), digest);

	for (int bit = 0; bit < 512; bit++) {
		memcpy(bad, hex(vectors[_i].signature).data, 64);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(sg_ed25519_dom_verify(dom, hex(vectors[_i].point), message,
		                                       sg_bytes(bad, 64)), SG_ERR_TAG);
	}
	memcpy(bad, message.data, message.len);
	bad[0] ^= 1;
	ck_assert_int_eq(sg_ed25519_dom_verify(dom, hex(vectors[_i].point),
	                                       sg_bytes(bad, message.len),
	                                       hex(vectors[_i].signature)), SG_ERR_TAG);
	ck_assert_int_eq(sg_ed25519_dom_verify(dom, hex(_i == 3 ? POINT : OTHER_POINT), message,
	                                       hex(vectors[_i].signature)), SG_ERR_TAG);
}
END_TEST

START_TEST(a_prehashed_message_is_signed_as_libsodium_does)
{
	static uint8_t message[600];
	unsigned char pk[32], sk[64], want[64];
	uint8_t digest[64], out[64], seed[32];

	for (size_t len = 0; len < sizeof message; len += 7) {
		struct sg_ed25519_dom dom = { .prehashed = true };
		crypto_sign_ed25519ph_state state;
		struct sg_bytes hashed;

		randombytes_buf(seed, sizeof seed);
		randombytes_buf(message, sizeof message);
		ck_assert_int_eq(crypto_sign_ed25519_seed_keypair(pk, sk, seed), 0);
		crypto_sign_ed25519ph_init(&state);
		crypto_sign_ed25519ph_update(&state, message, len);
		ck_assert_int_eq(crypto_sign_ed25519ph_final_create(&state, want, NULL, sk), 0);
		hashed = signed_bytes(true, sg_bytes(message, len), digest);
		sign(dom, sg_bytes(seed, 32), hashed, out);
		ck_assert_mem_eq(out, want, 64);
		ck_assert_int_eq(sg_ed25519_dom_verify(dom, sg_bytes(pk, 32), hashed,
		                                       sg_bytes(want, 64)), SG_OK);
	}
}
END_TEST

START_TEST(domains_do_not_sign_for_each_other)
{
	const struct sg_ed25519_dom doms[] = {
		{ false, repeat('a', 1) }, { false, repeat('a', 2) }, { false, repeat('a', 255) },
		{ true, sg_bytes(NULL, 0) }, { true, repeat('a', 1) }, { true, repeat('a', 255) },
	};
	struct sg_bytes message = repeat('m', 64);
	uint8_t out[64];

	for (size_t i = 0; i < 6; i++) {
		sign(doms[i], hex(SEED), message, out);
		ck_assert_int_eq(sg_ed25519_verify(hex(POINT), message, sg_bytes(out, 64)), SG_ERR_TAG);
		for (size_t j = 0; j < 6; j++)
			ck_assert_int_eq(sg_ed25519_dom_verify(doms[j], hex(POINT), message,
			                                       sg_bytes(out, 64)),
			                 i == j ? SG_OK : SG_ERR_TAG);
	}
}
END_TEST

START_TEST(the_signature_may_overwrite_the_message)
{
	struct sg_ed25519_dom dom = { false, repeat('c', 3) };
	struct sg_bytes message = repeat('m', 64);
	uint8_t want[64], buffer[64];

	sign(dom, hex(SEED), message, want);
	memcpy(buffer, message.data, 64);
	sign(dom, hex(SEED), sg_bytes(buffer, 64), buffer);
	ck_assert_mem_eq(buffer, want, 64);
}
END_TEST

/* The order of the group is added to the scalar, and the identity put in the place of points. */
START_TEST(numbers_have_one_form_and_points_no_small_order)
{
	static const uint8_t order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
		0xde, 0x14, [31] = 0x10,
	};
	struct sg_ed25519_dom dom = { false, hex(vectors[0].context) };
	uint8_t bad[64], identity[32] = { 1 };

	memcpy(bad, hex(vectors[0].signature).data, 64);
	sodium_add(bad + 32, order, 32);
	ck_assert_int_eq(sg_ed25519_dom_verify(dom, hex(POINT), hex(MESSAGE), sg_bytes(bad, 64)),
	                 SG_ERR_TAG);
	memset(bad, 0, sizeof bad);
	bad[0] = 1;
	ck_assert_int_eq(sg_ed25519_dom_verify(dom, hex(POINT), hex(MESSAGE), sg_bytes(bad, 64)),
	                 SG_ERR_TAG);
	ck_assert_int_eq(sg_ed25519_dom_verify(dom, sg_bytes(identity, 32), hex(MESSAGE),
	                                       sg_bytes(bad, 64)), SG_ERR_TAG);
	ck_assert_int_eq(sg_ed25519_dom_verify(dom, sg_bytes(identity, 32), hex(MESSAGE),
	                                       hex(vectors[0].signature)), SG_ERR_TAG);
}
END_TEST

START_TEST(lengths_are_checked)
{
	const struct sg_ed25519_dom good = { false, repeat('c', 1) };
	const struct sg_ed25519_dom none = { false, sg_bytes(NULL, 0) }, ph = { .prehashed = true };
	const struct sg_ed25519_dom long_context = { false, repeat('c', 256) };
	struct sg_bytes key = repeat(1, 64), m = repeat('m', 10);
	uint8_t out[64];

	ck_assert_int_eq(sg_ed25519_dom_sign(good, repeat(1, 32), m, out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_dom_sign(none, key, m, out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_dom_sign(long_context, key, m, out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_dom_sign(ph, key, m, out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_dom_verify(good, hex(POINT), m, repeat(1, 63)), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_dom_verify(good, repeat(1, 33), m, key), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ed25519_dom_verify(ph, hex(POINT), m, key), SG_ERR_RANGE);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ed25519_dom");
	TCase *tc = tcase_create("ed25519_dom");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, the_published_signatures_are_made_and_verified, 0, VECTORS);
	tcase_add_loop_test(tc, every_changed_bit_is_noticed, 0, VECTORS);
	tcase_add_test(tc, a_prehashed_message_is_signed_as_libsodium_does);
	tcase_add_test(tc, domains_do_not_sign_for_each_other);
	tcase_add_test(tc, the_signature_may_overwrite_the_message);
	tcase_add_test(tc, numbers_have_one_form_and_points_no_small_order);
	tcase_add_test(tc, lengths_are_checked);
	return s;
}

int main(void)
{
	return test_run(suite());
}
