/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The file forms of keys, with the examples of RFC 8410. The keys of other
 * kinds were made with openssl for this test and are used nowhere.
 */
#include "crypto/pkcs8.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define END "-----END PRIVATE KEY-----\n"

/* [RFC 8410 §10.3]: one key without and with its public key and an attribute. */
#define BODY_1 "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
#define BODY_2 \
	"MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
	"oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n" \
	"Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"
#define SEED "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
#define PUBLIC "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

#define ALGORITHM "300506032b6570"
#define OCTETS "04220420" SEED
#define ATTRIBUTE "a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273"

#define PUBLIC_PEM \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
	"-----END PUBLIC KEY-----\n"
#define PUBLIC_SSH \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh"

#define RSA_BODY \
	"MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEAum7XwvBbeuPEV9Rm\n" \
	"ng+ANSuPq3jIYw1tbluUWlTYi9b+89g0WJBlby4YctTkRg+npwue28eLQ5lDg9p8\n" \
	"YAKOcwIDAQABAkEAsBEgWWzvqCZU9nGUnC+dcBl8rH78GHfE4lVAzPKWM7ExyX6/\n" \
	"qNqRJIsMc/bwf8AkyKp7C2tzK+ZDAJT7q+XE0QIhAOOA8AecpguozmUwDDDSnsa8\n" \
	"7Bg7Q61mTWDIWK5kPQ7pAiEA0cjyAXrIP3sWImMm68hg8I/9oqM31lbcXuvu8udH\n" \
	"cPsCID31B2mLR801E8CK7Ub+lS8alFGlEjFPAxOwfDZCJj7BAiEAlgdEc6Rwk12e\n" \
	"jcclLZhnI4OGm4pow2PpRAUtJRAb+oMCIB/BmYyrEHf4ADRLif5nl9s+h7c8jFc+\n" \
	"hIJvv3dJC2pD\n"

#define EC_BODY \
	"MHcCAQEEILIGrtS3D8YJTUrKqthJvcqEpeu6VlrH1+u7MwdEKpWzoAoGCCqGSM49\n" \
	"AwEHoUQDQgAESrOZMDb1ipdZ/wvrN/9rZZM1QQFwfW/ppRdiLH+g99JDona3IT2y\n" \
	"Qjy2l98DCqntpSNxxxlGm2KgXeri5ajPQw==\n"
#define EC_PEM "-----BEGIN EC PRIVATE KEY-----\n" EC_BODY "-----END EC PRIVATE KEY-----\n"

#define ENCRYPTED_BODY \
	"MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjT+xlntLU8sQICCAAw\n" \
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEBBYFt280hALUlNlacbrZBkEQMly\n" \
	"e9X0QczZouHGzBQ6xfV8FZKkA6qU03XjaP4X207zroTPqdfDuWCuGMXIbM9IeOoK\n" \
	"mLI7vmonemvOOPrekIQ=\n"

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void assert_seed(struct sg_bytes input)
{
	struct sg_secret *seed = NULL;
	enum sg_pkcs8_kind kind;

	ck_assert_int_eq(sg_pkcs8_ed25519(input, &kind, &seed), SG_OK);
	ck_assert_int_eq(kind, SG_PKCS8_ED25519);
	assert_bytes(sg_secret_bytes(seed), hex(SEED));
	sg_secret_free(&seed);
}

static void assert_refused(struct sg_bytes input, enum sg_pkcs8_kind want)
{
	struct sg_secret *seed = NULL;
	enum sg_pkcs8_kind kind;

	ck_assert_int_eq(sg_pkcs8_ed25519(input, &kind, &seed), SG_ERR_FORMAT);
	ck_assert_int_eq(kind, want);
	ck_assert_ptr_null(seed);
}

static const char *const good_texts[] = {
	BEGIN BODY_1 END,
	BEGIN BODY_2 END,
	/* Text around it, blank lines, and no newline at the end. */
	"Bag Attributes\n  friendlyName: 0\nKey Attributes: none\n" BEGIN BODY_1 END "more\n",
	"\n\n" BEGIN BODY_1 END "\n\n",
	BEGIN BODY_1 "-----END PRIVATE KEY-----",
	"-----BEGIN PRIVATE KEY-----\r\n"
	"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\r\n"
	"-----END PRIVATE KEY-----\r\n",
	"-----BEGIN PRIVATE KEY-----  \n  MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK\n"
	"\t1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\n-----END PRIVATE KEY-----\t\n",
	/* The first private key decides, whatever stands around it. */
	PUBLIC_PEM BEGIN BODY_1 END,
	"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" BEGIN BODY_1 END,
	BEGIN BODY_1 END EC_PEM,
};

START_TEST(a_pem_file_gives_its_seed)
{
	assert_seed(sg_bytes_str(good_texts[_i]));
}
END_TEST

static const char *const good_der[] = {
	"302e020100" ALGORITHM OCTETS,
	"3072020101" ALGORITHM OCTETS ATTRIBUTE "812100" PUBLIC,
	"3051020101" ALGORITHM OCTETS "812100" PUBLIC,
	"302e020101" ALGORITHM OCTETS,
	"304f020100" ALGORITHM OCTETS ATTRIBUTE,
	"3030020100" ALGORITHM OCTETS "a000",
};

START_TEST(der_gives_its_seed)
{
	assert_seed(hex(good_der[_i]));
}
END_TEST

/* DER that says Ed25519 and is not right. */
static const char *const bad_der[] = {
	/* Another version, and a public key where the version has none. */
	"302e020102" ALGORITHM OCTETS,
	"302f02020000" ALGORITHM OCTETS,
	"3051020100" ALGORITHM OCTETS "812100" PUBLIC,
	/* A public key of another seed, cut short, with unused bits, or twice. */
	"3051020101" ALGORITHM OCTETS "81210018" "bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c"
	"5c38ad703166e1",
	"3050020101" ALGORITHM OCTETS "812000bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c"
	"5c38ad703166e1",
	"3051020101" ALGORITHM OCTETS "812101" PUBLIC,
	"3074020101" ALGORITHM OCTETS "812100" PUBLIC "812100" PUBLIC,
	/* Public key and attributes in the wrong order, and a field that is unknown. */
	"3072020101" ALGORITHM OCTETS "812100" PUBLIC ATTRIBUTE,
	"3030020101" ALGORITHM OCTETS "8200",
	/* A seed of 31 and of 33 bytes, and one without its inner string. */
	"302d020100" ALGORITHM "0421041f"
	"ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842",
	"302f020100" ALGORITHM "04230421" SEED "00",
	"302c020100" ALGORITHM "0420" SEED,
	"302f020100" ALGORITHM "04230420" SEED "00",
	/* Parameters, which this algorithm has none of. */
	"3030020100" "300706032b65700500" OCTETS,
	/* Lengths in more bytes than they need, or of no definite size. */
	"30812e020100" ALGORITHM OCTETS,
	"3082002e020100" ALGORITHM OCTETS,
	"3080020100" ALGORITHM OCTETS "0000",
	/* A byte too many, and lengths that go past the end. */
	"302e020100" ALGORITHM OCTETS "00",
	"302f020100" ALGORITHM OCTETS,
	"30820fff020100" ALGORITHM OCTETS,
};

START_TEST(der_that_is_not_strict_is_refused)
{
	assert_refused(hex(bad_der[_i]), SG_PKCS8_UNKNOWN);
}
END_TEST

START_TEST(der_cut_short_anywhere_is_refused)
{
	struct sg_bytes der = hex(good_der[_i]);
	struct sg_secret *seed = NULL;
	enum sg_pkcs8_kind kind;

	for (size_t len = 0; len < der.len; len++) {
		/* A copy of its own, so that a sanitizer sees a read behind the end. */
		uint8_t *cut = malloc(len + 1);

		memcpy(cut + 1, der.data, len);
		ck_assert_int_eq(sg_pkcs8_ed25519(sg_bytes(cut + 1, len), &kind, &seed),
		                 SG_ERR_FORMAT);
		ck_assert_ptr_null(seed);
		free(cut);
	}
}
END_TEST

/* Whatever byte is changed in a key with its public key, another seed never comes out. */
START_TEST(a_changed_byte_never_gives_another_seed)
{
	struct sg_bytes der = hex(good_der[2]);
	uint8_t changed[128];

	for (size_t at = 0; at < der.len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct sg_secret *seed = NULL;
			enum sg_pkcs8_kind kind;

			memcpy(changed, der.data, der.len);
			changed[at] ^= (uint8_t)(1U << bit);
			ck_assert_int_eq(sg_pkcs8_ed25519(sg_bytes(changed, der.len), &kind, &seed),
			                 SG_ERR_FORMAT);
			ck_assert_ptr_null(seed);
		}
	}
}
END_TEST

static const struct other {
	const char *text;
	enum sg_pkcs8_kind kind;
} others[] = {
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" ENCRYPTED_BODY
	  "-----END ENCRYPTED PRIVATE KEY-----\n", SG_PKCS8_ENCRYPTED },
	{ BEGIN ENCRYPTED_BODY END, SG_PKCS8_ENCRYPTED },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n"
	  "-----END OPENSSH PRIVATE KEY-----\n", SG_PKCS8_OPENSSH },
	{ "openssh-key-v1", SG_PKCS8_OPENSSH },
	{ BEGIN RSA_BODY END, SG_PKCS8_OTHER_KEY },
	{ EC_PEM, SG_PKCS8_OTHER_KEY },
	{ "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" EC_PEM,
	  SG_PKCS8_OTHER_KEY },
	{ "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n"
	  "-----END RSA PRIVATE KEY-----\n", SG_PKCS8_OTHER_KEY },
	{ BEGIN "MC4CAQAwBQYDK2VuBCIEINgN3lDoQTG0Jleh5B1EBfOYh7V/cCKu3tyXVFsvdY1f\n" END,
	  SG_PKCS8_OTHER_KEY },
	{ EC_PEM BEGIN BODY_1 END, SG_PKCS8_OTHER_KEY },
	{ PUBLIC_PEM, SG_PKCS8_PUBLIC },
	{ PUBLIC_SSH " comment\n", SG_PKCS8_PUBLIC },
	{ "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n", SG_PKCS8_PUBLIC },
	{ "", SG_PKCS8_UNKNOWN },
	{ "0", SG_PKCS8_UNKNOWN },
	{ "hello\n", SG_PKCS8_UNKNOWN },
	{ SEED, SG_PKCS8_UNKNOWN },
	{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", SG_PKCS8_UNKNOWN },
};

START_TEST(another_kind_of_key_is_named)
{
	assert_refused(sg_bytes_str(others[_i].text), others[_i].kind);
}
END_TEST

static const struct other_der {
	const char *der;
	enum sg_pkcs8_kind kind;
} others_der[] = {
	/* X25519, SEC 1, PKCS#1, an encrypted key, and both forms of public keys. */
	{ "302e020100300506032b656e" OCTETS, SG_PKCS8_OTHER_KEY },
	{ "30250201010420" SEED, SG_PKCS8_OTHER_KEY },
	{ "301b02010002010702010302010502010102010102010102010102010f", SG_PKCS8_OTHER_KEY },
	{ "300a3003060100" "0403010203", SG_PKCS8_ENCRYPTED },
	{ "302a" ALGORITHM "032100" PUBLIC, SG_PKCS8_PUBLIC },
	{ "3006020107020103", SG_PKCS8_PUBLIC },
	/* No key at all. */
	{ "3000", SG_PKCS8_UNKNOWN },
	{ "3003020100", SG_PKCS8_UNKNOWN },
	{ "3009300030000303000000", SG_PKCS8_UNKNOWN },
	{ "300702010030000500", SG_PKCS8_UNKNOWN },
	{ "0420" SEED, SG_PKCS8_UNKNOWN },
};

START_TEST(der_of_another_kind_is_named)
{
	assert_refused(hex(others_der[_i].der), others_der[_i].kind);
}
END_TEST

static const char *const bad_texts[] = {
	/* No end, another end, nothing in between, and all on one line. */
	BEGIN BODY_1,
	BEGIN BODY_1 "-----END PUBLIC KEY-----\n",
	BEGIN END,
	BEGIN "\n\n" END,
	"-----BEGIN PRIVATE KEY-----" BODY_1 END,
	/* The armour does not begin its line. */
	"> -----BEGIN PRIVATE KEY-----\n" BODY_1 END,
	/* Base64 that is damaged, cut short, padded wrongly, or followed by more. */
	BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVh!\n" END,
	BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVh\n" END,
	BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC=\n" END,
	BEGIN BODY_1 "AAAA\n" END,
	BEGIN "Header: x\n\n" BODY_1 END,
	/* The base64 of URLs. */
	BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp-K06_nwoy_HU--CXqI9EdVhC\n" END,
};

START_TEST(damaged_armour_is_refused)
{
	assert_refused(sg_bytes_str(bad_texts[_i]), SG_PKCS8_UNKNOWN);
}
END_TEST

START_TEST(a_zero_byte_in_the_armour_is_refused)
{
	char text[] = BEGIN BODY_1 END;

	text[sizeof(BEGIN) + 64 - 1] = '\0';
	assert_refused(sg_bytes(text, sizeof(text) - 1), SG_PKCS8_UNKNOWN);
}
END_TEST

START_TEST(a_damaged_key_behind_a_public_key_is_not_called_public)
{
	assert_refused(sg_bytes_str(PUBLIC_PEM BEGIN "!\n" END), SG_PKCS8_UNKNOWN);
}
END_TEST

START_TEST(an_input_that_is_too_long_is_refused)
{
	size_t len = strlen(BEGIN BODY_1 END), all = 16385;
	uint8_t *text = malloc(all);

	memset(text, '\n', all);
	memcpy(text, BEGIN BODY_1 END, len);
	assert_seed(sg_bytes(text, all - 1));
	assert_refused(sg_bytes(text, all), SG_PKCS8_UNKNOWN);
	free(text);
}
END_TEST

START_TEST(a_private_key_is_written_as_it_is_read)
{
	/* [RFC 8410 §10.3] */
	const struct sg_bytes seed =
		hex("d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
	const struct sg_bytes algorithm = hex("300506032b6570");
	struct sg_secret *der = NULL;
	struct sg_bytes key, point;

	ck_assert_int_eq(sg_pkcs8_write(algorithm, seed, &der), SG_OK);
	ck_assert_uint_eq(der->len, sg_pkcs8_len(algorithm, 32));
	assert_bytes(sg_secret_bytes(der),
	             hex("302e020100300506032b657004220420"
	                 "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"));
	ck_assert(sg_pkcs8_parse(sg_secret_bytes(der), hex("06032b6570"), 32, &key, &point));
	assert_bytes(key, seed);
	ck_assert_uint_eq(point.len, 0);
	ck_assert(!sg_pkcs8_parse(sg_secret_bytes(der), hex("06032b656e"), 32, &key, &point));
	ck_assert(!sg_pkcs8_parse(sg_secret_bytes(der), hex("06032b6570"), 31, &key, &point));
	sg_secret_free(&der);
}
END_TEST

START_TEST(a_private_key_that_needs_longer_lengths_is_not_written)
{
	struct sg_secret *der = NULL;

	ck_assert_int_eq(sg_pkcs8_write(hex("300506032b6570"), repeat(1, 64), &der), SG_OK);
	sg_secret_free(&der);
	ck_assert_int_eq(sg_pkcs8_write(hex("300506032b6570"), repeat(1, 65), &der), SG_ERR_RANGE);
	ck_assert_int_eq(sg_pkcs8_write(hex("300506032b6570"), repeat(1, 0), &der), SG_ERR_RANGE);
	ck_assert_int_eq(sg_pkcs8_write(repeat(2, 100), repeat(1, 32), &der), SG_ERR_RANGE);
	ck_assert_ptr_null(der);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("pkcs8");
	TCase *tc = tcase_create("pkcs8");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, a_pem_file_gives_its_seed, 0, N(good_texts));
	tcase_add_loop_test(tc, der_gives_its_seed, 0, N(good_der));
	tcase_add_loop_test(tc, der_that_is_not_strict_is_refused, 0, N(bad_der));
	tcase_add_loop_test(tc, der_cut_short_anywhere_is_refused, 0, N(good_der));
	tcase_add_test(tc, a_changed_byte_never_gives_another_seed);
	tcase_add_loop_test(tc, another_kind_of_key_is_named, 0, N(others));
	tcase_add_loop_test(tc, der_of_another_kind_is_named, 0, N(others_der));
	tcase_add_loop_test(tc, damaged_armour_is_refused, 0, N(bad_texts));
	tcase_add_test(tc, a_zero_byte_in_the_armour_is_refused);
	tcase_add_test(tc, a_damaged_key_behind_a_public_key_is_not_called_public);
	tcase_add_test(tc, an_input_that_is_too_long_is_refused);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_private_key_is_written_as_it_is_read);
	tcase_add_test(tc, a_private_key_that_needs_longer_lengths_is_not_written);
	return s;
}

int main(void)
{
	return test_run(suite());
}
