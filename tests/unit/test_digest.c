/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. SHA-2, with the examples of FIPS 180.
 */
#include "crypto/digest.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define TWO_BLOCKS_32 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define TWO_BLOCKS_64 \
	"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn" \
	"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

static const struct vector {
	enum sg_digest_alg alg;
	const char *message;
	const char *digest;
} vectors[] = {
	{ SG_SHA256, "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ SG_SHA256, "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ SG_SHA256, TWO_BLOCKS_32,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ SG_SHA384, "abc",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
	  "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
	{ SG_SHA384, TWO_BLOCKS_64,
	  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d2"
	  "2fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039" },
	{ SG_SHA512, "abc",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	{ SG_SHA512, TWO_BLOCKS_64,
	  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	  "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
};

#define VECTORS ((int)(sizeof(vectors) / sizeof(vectors[0])))

static const enum sg_digest_alg algs[] = { SG_SHA256, SG_SHA384, SG_SHA512 };

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

START_TEST(a_message_has_the_published_digest)
{
	const struct vector *v = &vectors[_i];
	uint8_t out[SG_DIGEST_MAX];

	ck_assert_int_eq(sg_digest_once(v->alg, sg_bytes_str(v->message), out), SG_OK);
	assert_bytes(sg_bytes(out, sg_digest_len(v->alg)), hex(v->digest));
}
END_TEST

START_TEST(a_message_in_parts_has_the_same_digest)
{
	const struct vector *v = &vectors[_i];
	struct sg_bytes message = sg_bytes_str(v->message);
	struct sg_digest *digest = NULL;
	uint8_t out[SG_DIGEST_MAX];

	ck_assert_int_eq(sg_digest_new(v->alg, &digest), SG_OK);
	ck_assert_int_eq(sg_digest_update(digest, sg_bytes(NULL, 0)), SG_OK);
	for (size_t i = 0; i < message.len; i++)
		ck_assert_int_eq(sg_digest_update(digest, sg_bytes(message.data + i, 1)), SG_OK);
	ck_assert_int_eq(sg_digest_final(digest, out), SG_OK);
	assert_bytes(sg_bytes(out, sg_digest_len(v->alg)), hex(v->digest));
	sg_digest_free(&digest);
	ck_assert_ptr_null(digest);
}
END_TEST

START_TEST(a_million_letters_have_the_published_digest)
{
	struct sg_bytes letters = repeat('a', 1000);
	struct sg_digest *digest = NULL;
	uint8_t out[SG_DIGEST_MAX];

	ck_assert_int_eq(sg_digest_new(SG_SHA256, &digest), SG_OK);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(sg_digest_update(digest, letters), SG_OK);
	ck_assert_int_eq(sg_digest_final(digest, out), SG_OK);
	assert_bytes(sg_bytes(out, 32),
	             hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
	sg_digest_free(&digest);
}
END_TEST

START_TEST(an_ended_digest_refuses_more)
{
	struct sg_digest *digest = NULL;
	uint8_t out[SG_DIGEST_MAX];

	ck_assert_int_eq(sg_digest_new(SG_SHA512, &digest), SG_OK);
	ck_assert_int_eq(sg_digest_final(digest, out), SG_OK);
	ck_assert_int_eq(sg_digest_update(digest, sg_bytes_str("abc")), SG_ERR_ARG);
	ck_assert_int_eq(sg_digest_final(digest, out), SG_ERR_ARG);
	sg_digest_free(&digest);
}
END_TEST

START_TEST(exactly_the_length_of_the_digest_is_written)
{
	uint8_t out[SG_DIGEST_MAX + 1];
	size_t len = sg_digest_len(algs[_i]);

	memset(out, 0xee, sizeof(out));
	ck_assert_int_eq(sg_digest_once(algs[_i], sg_bytes_str("abc"), out), SG_OK);
	for (size_t i = len; i < sizeof(out); i++)
		ck_assert_uint_eq(out[i], 0xee);
}
END_TEST

START_TEST(a_copy_goes_on_from_where_it_was_made)
{
	struct sg_digest *digest = NULL, *copy = NULL;
	uint8_t whole[SG_DIGEST_MAX], out[SG_DIGEST_MAX];
	const size_t len = sg_digest_len(algs[_i]);

	ck_assert_int_eq(sg_digest_new(algs[_i], &digest), SG_OK);
	ck_assert_int_eq(sg_digest_update(digest, sg_bytes_str("ab")), SG_OK);
	ck_assert_int_eq(sg_digest_dup(digest, &copy), SG_OK);
	ck_assert_int_eq(sg_digest_update(digest, sg_bytes_str("x")), SG_OK);
	ck_assert_int_eq(sg_digest_update(copy, sg_bytes_str("c")), SG_OK);
	ck_assert_int_eq(sg_digest_final(copy, out), SG_OK);
	ck_assert_int_eq(sg_digest_once(algs[_i], sg_bytes_str("abc"), whole), SG_OK);
	ck_assert_mem_eq(out, whole, len);
	sg_digest_free(&copy);
	ck_assert_int_eq(sg_digest_final(digest, out), SG_OK);
	ck_assert_int_eq(sg_digest_once(algs[_i], sg_bytes_str("abx"), whole), SG_OK);
	ck_assert_mem_eq(out, whole, len);
	ck_assert_int_eq(sg_digest_dup(digest, &copy), SG_ERR_ARG);
	ck_assert_ptr_null(copy);
	sg_digest_free(&digest);
}
END_TEST

START_TEST(freeing_no_digest_is_fine)
{
	struct sg_digest *digest = NULL;

	sg_digest_free(&digest);
	sg_digest_free(NULL);
	ck_assert_ptr_null(digest);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_message_has_the_published_digest, 0, VECTORS);
	tcase_add_loop_test(tc, a_message_in_parts_has_the_same_digest, 0, VECTORS);
	tcase_add_test(tc, a_million_letters_have_the_published_digest);
	tcase_add_test(tc, an_ended_digest_refuses_more);
	tcase_add_loop_test(tc, exactly_the_length_of_the_digest_is_written, 0, 3);
	tcase_add_loop_test(tc, a_copy_goes_on_from_where_it_was_made, 0, 3);
	tcase_add_test(tc, freeing_no_digest_is_fine);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
