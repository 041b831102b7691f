/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/mac.c, crypto/hmac.c and crypto/cmac.c.
 */
#include "crypto/mac.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define AA131 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CMAC128 "2b7e151628aed2a6abf7158809cf4f3c"
#define CMAC192 "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"
#define CMAC256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define MESSAGE16 "6bc1bee22e409f96e93d7e117393172a"
#define MESSAGE40 MESSAGE16 "ae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"
#define MESSAGE64 MESSAGE40 "e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

/* HMAC: [RFC 4231 §4.2, §4.3, §4.7]. CMAC: [RFC 4493 §4] for AES-128, [SP 800-38B, examples]. */
static const struct {
	const struct sg_mac_alg *alg;
	const char *key, *message, *code;
} vectors[] = {
	{ &sg_hmac_sha256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ &sg_hmac_sha384, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	  "faea9ea9076ede7f4af152e8b2fa9cb6" },
	{ &sg_hmac_sha512, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
	{ &sg_hmac_sha256, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ &sg_hmac_sha384, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649" },
	{ &sg_hmac_sha512, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ &sg_hmac_sha256, AA131, "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65"
	  "204b6579202d2048617368204b6579204669727374",
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ &sg_hmac_sha384, AA131, "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65"
	  "204b6579202d2048617368204b6579204669727374",
	  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
	  "0c2ef6ab4030fe8296248df163f44952" },
	{ &sg_hmac_sha512, AA131, "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65"
	  "204b6579202d2048617368204b6579204669727374",
	  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
	/* [RFC 4231 §4.4 and §4.5] */
	{ &sg_hmac_sha256, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ &sg_hmac_sha256, "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ &sg_aes_cmac, CMAC128, "", "bb1d6929e95937287fa37d129b756746" },
	{ &sg_aes_cmac, CMAC128, MESSAGE16, "070a16b46b4d4144f79bdd9dd04a287c" },
	{ &sg_aes_cmac, CMAC128, MESSAGE40, "dfa66747de9ae63030ca32611497c827" },
	{ &sg_aes_cmac, CMAC128, MESSAGE64, "51f0bebf7e3b9d92fc49741779363cfe" },
	{ &sg_aes_cmac, CMAC192, "", "d17ddf46adaacde531cac483de7a9367" },
	{ &sg_aes_cmac, CMAC192, MESSAGE64, "a1d5df0eed790f794d77589659f39a11" },
	{ &sg_aes_cmac, CMAC256, "", "028962f61b7bf89efc6b551f4667d983" },
	{ &sg_aes_cmac, CMAC256, MESSAGE64, "e1992190549f6ed5696a2c056c315410" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static const struct sg_mac_alg *const algs[] = {
	&sg_hmac_sha256, &sg_hmac_sha384, &sg_hmac_sha512, &sg_aes_cmac,
};

#define ALGS ((int)(sizeof algs / sizeof algs[0]))

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

START_TEST(a_message_has_the_published_code)
{
	struct sg_bytes message = hex(vectors[_i].message);
	uint8_t out[SG_MAC_MAX];

	ck_assert_int_eq(sg_mac_once(vectors[_i].alg, hex(vectors[_i].key), &message, 1, out), SG_OK);
	assert_bytes(sg_bytes(out, vectors[_i].alg->len), hex(vectors[_i].code));
}
END_TEST

START_TEST(parts_of_any_length_give_the_code_of_the_whole)
{
	static uint8_t message[700];
	const struct sg_mac_alg *alg = algs[_i];
	struct sg_bytes key = repeat('k', 32);
	uint8_t whole[SG_MAC_MAX], parts[SG_MAC_MAX];

	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len < sizeof message; len = len < 70 ? len + 1 : len * 2 - 37)
		for (size_t step = 1; step <= len + 1; step = step < 40 ? step + 1 : step * 2) {
			struct sg_bytes all = sg_bytes(message, len);
			struct sg_mac_run *run = NULL;

			ck_assert_int_eq(sg_mac_once(alg, key, &all, 1, whole), SG_OK);
			ck_assert_int_eq(sg_mac_run_new(alg, key, &run), SG_OK);
			for (size_t at = 0; at < len; at += step)
				ck_assert_int_eq(sg_mac_run_update(run, sg_bytes(
					message + at, len - at < step ? len - at : step)), SG_OK);
			ck_assert_int_eq(sg_mac_run_final(run, parts), SG_OK);
			ck_assert_mem_eq(whole, parts, alg->len);
			sg_mac_run_free(&run);
		}
}
END_TEST

START_TEST(a_code_is_given_once)
{
	struct sg_mac_run *run = NULL;
	uint8_t out[SG_MAC_MAX];

	ck_assert_int_eq(sg_mac_run_new(algs[_i], repeat('k', 16), &run), SG_OK);
	ck_assert_int_eq(sg_mac_run_final(run, out), SG_OK);
	ck_assert_int_eq(sg_mac_run_final(run, out), SG_ERR_ARG);
	ck_assert_int_eq(sg_mac_run_update(run, sg_bytes("a", 1)), SG_ERR_ARG);
	sg_mac_run_free(&run);
	ck_assert_ptr_null(run);
	sg_mac_run_free(&run);
}
END_TEST

START_TEST(hmac_takes_keys_of_any_length)
{
	struct sg_bytes nothing = sg_bytes(NULL, 0);
	uint8_t one[SG_MAC_MAX], other[SG_MAC_MAX];

	ck_assert_int_eq(sg_mac_once(algs[_i], nothing, &nothing, 1, one), SG_OK);
	for (size_t len = 1; len <= 300; len++) {
		ck_assert_int_eq(sg_mac_once(algs[_i], repeat(7, len), &nothing, 1, other), SG_OK);
		ck_assert_mem_ne(one, other, algs[_i]->len);
		memcpy(one, other, sizeof one);
	}
}
END_TEST

START_TEST(cmac_takes_keys_of_aes_only)
{
	struct sg_mac_run *run = NULL;

	for (size_t len = 0; len <= 40; len++) {
		bool fits = len == 16 || len == 24 || len == 32;

		ck_assert_int_eq(sg_mac_run_new(&sg_aes_cmac, repeat(7, len), &run),
		                 fits ? SG_OK : SG_ERR_RANGE);
		ck_assert((run != NULL) == fits);
		sg_mac_run_free(&run);
	}
}
END_TEST

START_TEST(the_code_of_records_is_hmac_with_sha256)
{
	struct sg_bytes message = hex(vectors[_i].message);
	uint8_t out[SG_MAC];

	if (vectors[_i].alg != &sg_hmac_sha256)
		return;
	sg_mac(hex(vectors[_i].key), &message, 1, out);
	assert_bytes(sg_bytes(out, sizeof out), hex(vectors[_i].code));
}
END_TEST

START_TEST(the_parts_of_a_record_are_one_message)
{
	struct sg_bytes parts[] = {
		sg_bytes_str("what do ya "), sg_bytes(NULL, 0), sg_bytes_str("want for nothing?"),
	};
	struct sg_bytes whole = sg_bytes_str("what do ya want for nothing?");
	uint8_t out[SG_MAC], again[SG_MAC];

	sg_mac(sg_bytes_str("Jefe"), parts, 3, out);
	sg_mac(sg_bytes_str("Jefe"), &whole, 1, again);
	ck_assert_mem_eq(out, again, SG_MAC);
	sg_mac(sg_bytes_str("jefe"), &whole, 1, again);
	ck_assert_mem_ne(out, again, SG_MAC);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mac");
	TCase *tc = tcase_create("mac");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_message_has_the_published_code, 0, VECTORS);
	tcase_add_loop_test(tc, parts_of_any_length_give_the_code_of_the_whole, 0, ALGS);
	tcase_add_loop_test(tc, a_code_is_given_once, 0, ALGS);
	tcase_add_loop_test(tc, hmac_takes_keys_of_any_length, 0, 3);
	tcase_add_test(tc, cmac_takes_keys_of_aes_only);
	tcase_add_loop_test(tc, the_code_of_records_is_hmac_with_sha256, 0, VECTORS);
	tcase_add_test(tc, the_parts_of_a_record_are_one_message);
	return s;
}

int main(void)
{
	return test_run(suite());
}
