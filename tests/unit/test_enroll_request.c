/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Certificate requests with an attestation; libcrypto reads them as an authority would.
 */
#include "enroll/request.h"

#include <openssl/x509.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/der.h"
#include "crypto/ed25519.h"
#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_secret *key, *other;
static struct sg_enroll_attest certified;
static struct sg_enroll_request request;
static struct sg_buf der;

static enum sg_err sign(void *context, struct sg_bytes message,
                        uint8_t signature[SG_ENROLL_PROOF_LEN])
{
	return sg_ed25519_sign(sg_secret_bytes(context), message, signature);
}

static enum sg_err write_by(struct sg_secret *by)
{
	const struct sg_enroll_signer signer = { sign, by };

	return sg_enroll_request_write(&request, &signer, &der);
}

static void set_up(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_ed25519_generate(&key), SG_OK);
	ck_assert_int_eq(sg_ed25519_generate(&other), SG_OK);
	ck_assert_int_eq(sg_buf_set(&certified.attest, repeat(1, 171)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&certified.signature, repeat(2, 64)), SG_OK);
	request = (struct sg_enroll_request){
		.name = sg_bytes_str("wörker-7"), .key = sg_ed25519_public(key).data,
		.certified = &certified, .object = repeat(3, 90),
	};
	ck_assert_int_eq(write_by(key), SG_OK);
}

static void tear_down(void)
{
	sg_secret_free(&key);
	sg_secret_free(&other);
	sg_buf_free(&certified.attest);
	sg_buf_free(&certified.signature);
	sg_buf_free(&der);
}

static enum sg_enroll_reason verify(void)
{
	return sg_enroll_request_verify(&request, sg_buf_bytes(&der));
}

START_TEST(libcrypto_verifies_a_request_and_finds_its_subject)
{
	const uint8_t *at = der.data;
	X509_REQ *read = d2i_X509_REQ(NULL, &at, (long)der.len);
	char name[64];

	ck_assert_ptr_nonnull(read);
	ck_assert_ptr_eq(at, der.data + der.len);
	ck_assert_int_eq(X509_REQ_verify(read, X509_REQ_get0_pubkey(read)), 1);
	ck_assert_int_eq(X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(read),
	                                           NID_commonName, name, sizeof name), 9);
	ck_assert_str_eq(name, "wörker-7");
	X509_REQ_free(read);
}
END_TEST

START_TEST(the_attestation_is_the_one_attribute)
{
	const uint8_t *at = der.data;
	X509_REQ *read = d2i_X509_REQ(NULL, &at, (long)der.len);
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113549.1.9.16.2.59", 1);
	struct sg_reader r, bundle, statements, statement, stmt;
	X509_ATTRIBUTE *attribute;
	const ASN1_TYPE *value;

	ck_assert_int_eq(X509_REQ_get_attr_count(read), 1);
	attribute = X509_REQ_get_attr(read, X509_REQ_get_attr_by_OBJ(read, oid, -1));
	ck_assert_ptr_nonnull(attribute);
	ck_assert_int_eq(X509_ATTRIBUTE_count(attribute), 1);
	value = X509_ATTRIBUTE_get0_type(attribute, 0);
	ck_assert_int_eq(value->type, V_ASN1_SEQUENCE);
	r = sg_reader(sg_bytes(value->value.sequence->data,
	                       (size_t)value->value.sequence->length));
	bundle = sg_der_expect(&r, SG_DER_SEQUENCE);
	statements = sg_der_expect(&bundle, SG_DER_SEQUENCE);
	statement = sg_der_expect(&statements, SG_DER_SEQUENCE);
	assert_bytes(sg_der_expect(&statement, SG_DER_OID).rest, hex("6781051401"));
	stmt = sg_der_expect(&statement, SG_DER_SEQUENCE);
	assert_bytes(sg_der_expect(&stmt, SG_DER_OCTET_STRING).rest, repeat(1, 171));
	assert_bytes(sg_read_bytes(&(struct sg_reader){ stmt.rest, false }, 2), hex("0448"));
	ck_assert_uint_eq(sg_der_expect(&stmt, SG_DER_OCTET_STRING).rest.len, 72);
	assert_bytes(sg_der_expect(&stmt, SG_DER_OCTET_STRING).rest, repeat(3, 90));
	ck_assert(sg_reader_done(&stmt) && sg_reader_done(&statement));
	(void)sg_der_expect(&statements, SG_DER_SEQUENCE);
	ck_assert(sg_reader_done(&statements) && sg_reader_done(&bundle) && sg_reader_done(&r));
	ASN1_OBJECT_free(oid);
	X509_REQ_free(read);
}
END_TEST

START_TEST(a_request_is_verified_for_its_key_and_its_attestation)
{
	ck_assert_int_eq(verify(), SG_ENROLL_OK);
	request.name = sg_bytes_str("somebody else");
	ck_assert_int_eq(verify(), SG_ENROLL_OK);
}
END_TEST

START_TEST(a_request_of_another_key_is_refused)
{
	request.key = sg_ed25519_public(other).data;
	ck_assert_int_eq(verify(), SG_ENROLL_REQUEST);
	/* Nor may another key have signed it. */
	request.key = sg_ed25519_public(key).data;
	ck_assert_int_eq(write_by(other), SG_OK);
	ck_assert_int_eq(verify(), SG_ENROLL_REQUEST);
}
END_TEST

START_TEST(a_request_with_another_attestation_is_refused)
{
	certified.attest.data[0] ^= 1;
	ck_assert_int_eq(verify(), SG_ENROLL_REQUEST);
	certified.attest.data[0] ^= 1;
	certified.signature.data[63] ^= 1;
	ck_assert_int_eq(verify(), SG_ENROLL_REQUEST);
	certified.signature.data[63] ^= 1;
	request.object = repeat(4, 90);
	ck_assert_int_eq(verify(), SG_ENROLL_REQUEST);
}
END_TEST

START_TEST(any_changed_byte_is_noticed)
{
	for (size_t i = 0; i < der.len; i++) {
		der.data[i] ^= 1;
		ck_assert_msg(verify() == SG_ENROLL_REQUEST, "byte %zu", i);
		der.data[i] ^= 1;
	}
}
END_TEST

START_TEST(a_request_that_is_cut_short_or_goes_on_is_refused)
{
	const size_t whole = der.len;

	for (der.len = 0; der.len < whole; der.len++)
		ck_assert_int_eq(verify(), SG_ENROLL_REQUEST);
	ck_assert_int_eq(sg_buf_append(&der, repeat(0, 1)), SG_OK);
	ck_assert_int_eq(verify(), SG_ENROLL_REQUEST);
}
END_TEST

START_TEST(a_name_that_no_certificate_may_have_is_refused)
{
	request.name = sg_bytes_str("");
	ck_assert_int_eq(write_by(key), SG_ERR_ARG);
	request.name = repeat('a', 65);
	ck_assert_int_eq(write_by(key), SG_ERR_ARG);
	request.name = sg_bytes_str("two\nlines");
	ck_assert_int_eq(write_by(key), SG_ERR_ARG);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("certificate requests");
	TCase *tcase = tcase_create("request");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, libcrypto_verifies_a_request_and_finds_its_subject);
	tcase_add_test(tcase, the_attestation_is_the_one_attribute);
	tcase_add_test(tcase, a_request_is_verified_for_its_key_and_its_attestation);
	tcase_add_test(tcase, a_request_of_another_key_is_refused);
	tcase_add_test(tcase, a_request_with_another_attestation_is_refused);
	tcase_add_test(tcase, any_changed_byte_is_noticed);
	tcase_add_test(tcase, a_request_that_is_cut_short_or_goes_on_is_refused);
	tcase_add_test(tcase, a_name_that_no_certificate_may_have_is_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
