/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Public keys as SubjectPublicKeyInfo: written and read.
 */
#include "crypto/spki.h"

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define PUBLIC "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

#define PUBLIC_PEM \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
	"-----END PUBLIC KEY-----\n"

/* Keys that openssl made for this test; they are used nowhere. */
#define POINT \
	"041fa2dd5e0e0561d2e564250400e936c83c846d2b80c2a1e71a89c046075148bb2da8242f310719" \
	"050ac0a56549b2d82a3c9795d806331f4437756b2ff3964127"
#define MODULUS \
	"8dc1b7383e76a084947f7e7bbc1a143a1fc12a79262ae018bd653341b78270a9eb1a189cd24b4d18" \
	"cb4adada9fdfec6a5e2856b400e1d3ee2c8b91baab20e7e3d8bc147911b5d0fd75a5f4da3c8fd48a" \
	"1f644018d575b961df5291ce9795931de7bb2c5cb1d72f273ba63f942380ec690a0be5e381a7ae47" \
	"908dd28b55e1f9dee543d68539533914517e14892ddeb616389cd2e7a5d5bb8b6a98290c05707bf4" \
	"c3822ecc9e0105f3df71e88236be1ef8278e5a1378f03e6fccd6a7de70e690b6595fb9581dc5bc8f" \
	"3615eb4b432aa3f4c017e96402947b86443d9f1986559afd19fbd0f1bb23e462efad2ecb0e3108b2" \
	"f14784cfd09324dbf9feb4ae918ef647"

#define P256_ALGORITHM "301306072a8648ce3d020106082a8648ce3d030107"
#define P256_SPKI "3059" P256_ALGORITHM "034200" POINT
#define RSA_ALGORITHM "300d06092a864886f70d0101010500"
#define RSA_SPKI "30820122" RSA_ALGORITHM "0382010f003082010a0282010100" MODULUS "0203010001"

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

START_TEST(a_public_key_is_written_as_pem)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_spki_pem(hex("302a300506032b6570032100" PUBLIC), &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), sg_bytes_str(PUBLIC_PEM));
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_public_key_is_written_as_der)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_spki_der(hex("300506032b6570"), hex(PUBLIC), &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), hex("302a300506032b6570032100" PUBLIC));
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_public_key_of_another_length_is_not_written)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_spki_der(hex("300506032b6570"), repeat(1, 118), &out), SG_ERR_RANGE);
	ck_assert_uint_eq(out.len, 0);
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_longer_public_key_takes_lines_of_64_characters)
{
	static const char wanted[] = "-----BEGIN PUBLIC KEY-----\n"
		"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\nAQE=\n"
		"-----END PUBLIC KEY-----\n";
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_spki_pem(repeat(1, 50), &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), sg_bytes_str(wanted));
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_p256_key_is_read)
{
	struct sg_spki spki;

	ck_assert_int_eq(sg_spki_read(hex(P256_SPKI), &spki), SG_OK);
	ck_assert_int_eq(spki.kind, SG_SPKI_P256);
	assert_bytes(spki.key, hex(POINT));
}
END_TEST

START_TEST(an_rsa_key_is_read)
{
	struct sg_spki spki;

	ck_assert_int_eq(sg_spki_read(hex(RSA_SPKI), &spki), SG_OK);
	ck_assert_int_eq(spki.kind, SG_SPKI_RSA);
	assert_bytes(spki.key, hex(MODULUS));
	ck_assert_uint_eq(spki.exponent, 65537);
}
END_TEST

static const char *const refused[] = {
	"",
	"302a300506032b6570032100" PUBLIC,                      /* Ed25519: no TPM verifies it */
	P256_SPKI "00",
	"3058" P256_ALGORITHM "034100" POINT,
	"3059" P256_ALGORITHM "034201" POINT,
	/* A point beside the curve. */
	"3059" P256_ALGORITHM "03420004" PUBLIC PUBLIC,
	/* An exponent that is negative, one with a zero too many, and one beyond 32 bits. */
	"30820120" RSA_ALGORITHM "0382010d00308201080282010100" MODULUS "0201ff",
	"30820123" RSA_ALGORITHM "03820110003082010b0282010100" MODULUS "020400010001",
	"30820124" RSA_ALGORITHM "03820111003082010c0282010100" MODULUS "02050100000001",
	/* 1024 bits. */
	"305c300d06092a864886f70d0101010500034b003048024100" PUBLIC PUBLIC "0203010001",
};

START_TEST(another_key_is_refused)
{
	struct sg_spki spki;

	ck_assert_int_eq(sg_spki_read(hex(refused[_i]), &spki), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_key_cut_short_anywhere_is_refused)
{
	struct sg_bytes whole[] = { hex(P256_SPKI), hex(RSA_SPKI) };
	struct sg_spki spki;

	for (size_t i = 0; i < whole[_i].len; i++)
		ck_assert_int_eq(sg_spki_read(sg_bytes(whole[_i].data, i), &spki), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_key_is_found_in_pem)
{
	struct sg_buf pem = { 0 }, der = { 0 };

	ck_assert_int_eq(sg_buf_append(&pem, sg_bytes_str("made by openssl\n")), SG_OK);
	ck_assert_int_eq(sg_spki_pem(hex(RSA_SPKI), &pem), SG_OK);
	ck_assert_int_eq(sg_spki_from_pem(sg_buf_bytes(&pem), &der), SG_OK);
	assert_bytes(sg_buf_bytes(&der), hex(RSA_SPKI));
	sg_buf_free(&pem);
	sg_buf_free(&der);
}
END_TEST

START_TEST(text_without_such_a_key_is_refused)
{
	struct sg_buf der = { 0 };

	ck_assert_int_eq(sg_spki_from_pem(sg_bytes_str(""), &der), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_spki_from_pem(sg_bytes_str(PUBLIC_PEM), &der), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_spki_from_pem(sg_bytes_str("-----BEGIN PUBLIC KEY-----\n!\n"
	                                               "-----END PUBLIC KEY-----\n"), &der),
	                 SG_ERR_FORMAT);
	sg_buf_free(&der);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("spki");
	TCase *tc = tcase_create("spki");

	tcase_add_test(tc, a_public_key_is_written_as_pem);
	tcase_add_test(tc, a_public_key_is_written_as_der);
	tcase_add_test(tc, a_public_key_of_another_length_is_not_written);
	tcase_add_test(tc, a_longer_public_key_takes_lines_of_64_characters);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_p256_key_is_read);
	tcase_add_test(tc, an_rsa_key_is_read);
	tcase_add_loop_test(tc, another_key_is_refused, 0, N(refused));
	tcase_add_loop_test(tc, a_key_cut_short_anywhere_is_refused, 0, 2);
	tcase_add_test(tc, a_key_is_found_in_pem);
	tcase_add_test(tc, text_without_such_a_key_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
