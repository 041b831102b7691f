/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The file in PEM that holds a URI: the very bytes of pkcs11-provider's form, and
 * whatever is not quite that.
 */
#include "crypto/uri_pem.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define URI "pkcs11:token=first;object=machine;type=private?pin-source=file:/etc/signet/pin"

/* SEQUENCE { VisibleString, UTF8String }, put together by hand. */
#define DESCRIPTION "1a19504b435323313120" "50726f766964657220" "5552492076312e30"
#define PEM_BODY \
	"MGsaGVBLQ1MjMTEgUHJvdmlkZXIgVVJJIHYxLjAMTnBrY3MxMTp0b2tlbj1maXJz\n" \
	"dDtvYmplY3Q9bWFjaGluZTt0eXBlPXByaXZhdGU/cGluLXNvdXJjZT1maWxlOi9l\n" \
	"dGMvc2lnbmV0L3Bpbg==\n"
#define PEM \
	"-----BEGIN PKCS#11 PROVIDER URI-----\n" PEM_BODY "-----END PKCS#11 PROVIDER URI-----\n"

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

/* Make a URI of so many characters; the caller frees it. */
static char *long_uri(size_t len)
{
	char *uri = malloc(len + 1);

	ck_assert_ptr_nonnull(uri);
	memset(uri, 'x', len);
	memcpy(uri, "pkcs11:", 7);
	uri[len] = '\0';
	return uri;
}

START_TEST(a_uri_is_written_in_the_form_of_pkcs11_provider)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_uri_pem_write(URI, &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), sg_bytes_str(PEM));
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_uri_is_read_from_a_text_with_other_blocks)
{
	static const char text[] = "subject=CN = machine\n"
		"-----BEGIN CERTIFICATE-----\nAQEB\n-----END CERTIFICATE-----\n" PEM;
	struct sg_buf der = { 0 };
	struct sg_bytes uri;

	ck_assert_int_eq(sg_uri_pem_read(sg_bytes_str(text), &der), SG_OK);
	ck_assert_int_eq(sg_uri_der_read(sg_buf_bytes(&der), &uri), SG_OK);
	assert_bytes(uri, sg_bytes_str(URI));
	sg_buf_wipe(&der);
}
END_TEST

/* Around the lengths at which DER takes one more byte, up to the longest. */
static const size_t lengths[] = { 7, 96, 97, 98, 127, 128, 220, 221, 222, 255, 256, SG_URI_MAX };

START_TEST(a_uri_of_any_length_comes_back)
{
	char *long_one = long_uri(lengths[_i]);
	struct sg_buf pem = { 0 }, der = { 0 };
	struct sg_bytes uri;

	ck_assert_int_eq(sg_uri_pem_write(long_one, &pem), SG_OK);
	ck_assert_uint_le(pem.len, SG_URI_PEM_MAX);
	ck_assert_int_eq(sg_uri_pem_read(sg_buf_bytes(&pem), &der), SG_OK);
	ck_assert_uint_le(der.len, SG_URI_DER_MAX);
	ck_assert_int_eq(sg_uri_der_read(sg_buf_bytes(&der), &uri), SG_OK);
	assert_bytes(uri, sg_bytes_str(long_one));
	sg_buf_free(&pem);
	sg_buf_free(&der);
	free(long_one);
}
END_TEST

static const char *const no_uri[] = {
	"", "pkcs11", "pkcs12:token=first", "PKCS11:token=first", "file:/etc/key.pem",
	"pkcs11:token=first two", "pkcs11:token=first\n", "pkcs11:token=f\xc3\xbcrst",
	"pkcs11:token=\x1b[2J", "pkcs11:token=\x7f",
};

START_TEST(what_is_no_uri_is_not_written)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_uri_pem_write(no_uri[_i], &out), SG_ERR_FORMAT);
	ck_assert_uint_eq(out.len, 0);
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_uri_that_is_too_long_is_neither_written_nor_read)
{
	char *long_one = long_uri(SG_URI_MAX + 1);
	struct sg_buf pem = { 0 }, der = { 0 };
	struct sg_bytes uri;

	ck_assert_int_eq(sg_uri_pem_write(long_one, &pem), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_buf_set(&der, hex("30821020" DESCRIPTION "0c821001")), SG_OK);
	ck_assert_int_eq(sg_buf_append(&der, sg_bytes_str(long_one)), SG_OK);
	ck_assert_int_eq(sg_uri_der_read(sg_buf_bytes(&der), &uri), SG_ERR_FORMAT);
	sg_buf_free(&der);
	free(long_one);
}
END_TEST

#define URI_DER "0c09706b637331313a783d"        /* pkcs11:x= */

static const char *const refused[] = {
	"",
	"3026" DESCRIPTION URI_DER "00",
	"3027" DESCRIPTION URI_DER "00",
	"3126" DESCRIPTION URI_DER,
	"3080" DESCRIPTION URI_DER "0000",
	"308126" DESCRIPTION URI_DER,
	/* Another description, another version, another order. */
	"3026" "1a19504b435323313120" "50726f766964657220" "5552492076312e31" URI_DER,
	"3026" "0c19504b435323313120" "50726f766964657220" "5552492076312e30" URI_DER,
	"3026" URI_DER DESCRIPTION,
	/* A URI of another type, with a length in two bytes, with a zero, a blank, of another scheme. */
	"3026" DESCRIPTION "1a09706b637331313a783d",
	"3027" DESCRIPTION "0c8109706b637331313a783d",
	"3026" DESCRIPTION "0c09706b637331313a7800",
	"3026" DESCRIPTION "0c09706b637331313a7820",
	"3026" DESCRIPTION "0c09706b637331323a783d",
	"301d" DESCRIPTION "0c00",
	"301b" DESCRIPTION,
};

START_TEST(what_is_not_of_the_form_is_refused)
{
	struct sg_bytes uri;

	ck_assert_int_eq(sg_uri_der_read(hex(refused[_i]), &uri), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_file_cut_short_anywhere_is_refused)
{
	const struct sg_bytes whole = hex("3026" DESCRIPTION URI_DER);
	struct sg_bytes uri;
	struct sg_buf der = { 0 };

	ck_assert_int_eq(sg_uri_der_read(whole, &uri), SG_OK);
	for (size_t i = 0; i < whole.len; i++)
		ck_assert_int_eq(sg_uri_der_read(sg_bytes(whole.data, i), &uri), SG_ERR_FORMAT);
	/* The last line needs no end. */
	for (size_t i = 0; i + 1 < strlen(PEM); i++)
		ck_assert_int_eq(sg_uri_pem_read(sg_bytes(PEM, i), &der), SG_ERR_FORMAT);
	sg_buf_free(&der);
}
END_TEST

static const char *const no_block[] = {
	"",
	"-----BEGIN PRIVATE KEY-----\n" PEM_BODY "-----END PRIVATE KEY-----\n",
	"-----BEGIN PKCS#11 PROVIDER URI-----\n" PEM_BODY "-----END PRIVATE KEY-----\n",
	"-----BEGIN PKCS#11 PROVIDER URI-----\n*" PEM_BODY "-----END PKCS#11 PROVIDER URI-----\n",
};

START_TEST(another_block_is_not_read)
{
	struct sg_buf der = { 0 };

	ck_assert_int_eq(sg_uri_pem_read(sg_bytes_str(no_block[_i]), &der), SG_ERR_FORMAT);
	sg_buf_free(&der);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("uri_pem");
	TCase *tc = tcase_create("uri_pem");

	tcase_add_unchecked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_uri_is_written_in_the_form_of_pkcs11_provider);
	tcase_add_test(tc, a_uri_is_read_from_a_text_with_other_blocks);
	tcase_add_loop_test(tc, a_uri_of_any_length_comes_back, 0, N(lengths));
	tcase_add_loop_test(tc, what_is_no_uri_is_not_written, 0, N(no_uri));
	tcase_add_test(tc, a_uri_that_is_too_long_is_neither_written_nor_read);
	tcase_add_loop_test(tc, what_is_not_of_the_form_is_refused, 0, N(refused));
	tcase_add_test(tc, a_file_cut_short_anywhere_is_refused);
	tcase_add_loop_test(tc, another_block_is_not_read, 0, N(no_block));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
