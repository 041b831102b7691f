/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/certificate.c.
 */
#include "crypto/certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/pem.h"
#include "crypto/spki.h"
#include "lib/authority.h"
#include "lib/hex.h"
#include "lib/runner.h"

static struct test_authority root, middle, stranger;
static EVP_PKEY *key;
static struct sg_buf certificate, trusted, out;
static const struct test_oddity none;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_authority_make(&root, "maker", NULL);
	test_authority_make(&middle, "maker, in between", &root);
	test_authority_make(&stranger, "stranger", NULL);
	key = EVP_EC_gen("P-256");
	ck_assert_ptr_nonnull(key);
	test_authority_pem(&root, &trusted);
	test_authority_pem(&middle, &trusted);
	test_endorse(&middle, key, &none, &certificate);
}

static void teardown(void)
{
	test_authority_free(&root);
	test_authority_free(&middle);
	test_authority_free(&stranger);
	EVP_PKEY_free(key);
	sg_buf_free(&certificate);
	sg_buf_free(&trusted);
	sg_buf_free(&out);
	sg_crypto_stop();
}

static enum sg_err verify(void)
{
	return sg_certificate_verify(sg_buf_bytes(&certificate), sg_buf_bytes(&trusted),
	                             SG_EKU_ENDORSEMENT);
}

START_TEST(a_chain_to_a_root_that_is_trusted_verifies)
{
	ck_assert_int_eq(verify(), SG_OK);
	test_endorse(&root, key, &none, &certificate);
	ck_assert_int_eq(verify(), SG_OK);
}
END_TEST

START_TEST(the_key_of_a_certificate_is_what_openssl_says)
{
	struct sg_spki spki;
	uint8_t point[65];
	size_t len = 0;

	ck_assert_int_eq(sg_certificate_key(sg_buf_bytes(&certificate), &out), SG_OK);
	ck_assert_int_eq(sg_spki_read(sg_buf_bytes(&out), &spki), SG_OK);
	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point, sizeof point,
	                                                 &len), 1);
	assert_bytes(spki.key, sg_bytes(point, len));
}
END_TEST

START_TEST(an_authority_in_between_is_not_enough)
{
	trusted.len = 0;
	test_authority_pem(&middle, &trusted);
	ck_assert_int_eq(verify(), SG_ERR_TAG);
	trusted.len = 0;
	test_authority_pem(&stranger, &trusted);
	ck_assert_int_eq(verify(), SG_ERR_TAG);
}
END_TEST

static const struct test_oddity odd[] = {
	{ .usage = "" }, { .usage = "serverAuth" }, { .usage = "2.23.133.8.3" },
	{ .expired = true }, { .early = true },
};

START_TEST(a_certificate_out_of_time_or_for_something_else_is_refused)
{
	test_endorse(&middle, key, &odd[_i], &certificate);
	ck_assert_int_eq(verify(), SG_ERR_TAG);
}
END_TEST

/* Who has the certificate of a TPM is no authority. */
START_TEST(a_certificate_that_a_tpm_would_sign_is_refused)
{
	struct test_authority tpm = { .key = key };
	const uint8_t *at = certificate.data;
	struct sg_buf forged = { 0 };

	tpm.certificate = d2i_X509(NULL, &at, (long)certificate.len);
	test_authority_pem(&tpm, &trusted);
	test_endorse(&tpm, stranger.key, &none, &forged);
	ck_assert_int_eq(sg_certificate_verify(sg_buf_bytes(&forged), sg_buf_bytes(&trusted),
	                                       SG_EKU_ENDORSEMENT), SG_ERR_TAG);
	X509_free(tpm.certificate);
	sg_buf_free(&forged);
}
END_TEST

START_TEST(a_changed_certificate_is_refused)
{
	for (size_t at = 0; at < certificate.len; at += 7) {
		enum sg_err err;

		certificate.data[at] ^= 0x04;
		err = verify();
		ck_assert_msg(err == SG_ERR_TAG || err == SG_ERR_FORMAT, "byte %zu", at);
		certificate.data[at] ^= 0x04;
	}
	certificate.len--;
	ck_assert_int_eq(verify(), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_certificate_key(sg_buf_bytes(&certificate), &out), SG_ERR_FORMAT);
}
END_TEST

static struct sg_certificate *read_own(void)
{
	struct sg_certificate *one = NULL;

	ck_assert_int_eq(sg_certificate_read(sg_buf_bytes(&certificate), &one), SG_OK);
	return one;
}

/* What stands between may come with the certificate, and is not trusted for that. */
START_TEST(a_chain_may_go_through_what_came_along)
{
	struct sg_authorities *authorities = NULL;
	struct sg_certificate *one = read_own();
	struct sg_bytes between[SG_CERTIFICATE_BETWEEN + 1];
	uint8_t *der = NULL, *own = NULL;
	int len = i2d_X509(middle.certificate, &der), own_len = i2d_X509(root.certificate, &own);

	ck_assert(len > 0 && own_len > 0);
	for (size_t i = 0; i <= SG_CERTIFICATE_BETWEEN; i++)
		between[i] = sg_bytes(der, (size_t)len);
	trusted.len = 0;
	test_authority_pem(&root, &trusted);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&trusted), &authorities), SG_OK);
	ck_assert_int_eq(sg_certificate_chain(one, NULL, 0, authorities, NULL), SG_ERR_TAG);
	ck_assert_int_eq(sg_certificate_chain(one, between, 1, authorities, NULL), SG_OK);
	ck_assert_int_eq(sg_certificate_chain(one, NULL, 0, authorities, NULL), SG_ERR_TAG);
	ck_assert_int_eq(sg_certificate_chain(one, between, SG_CERTIFICATE_BETWEEN + 1, authorities,
	                                      NULL), SG_ERR_RANGE);
	between[1].len--;
	ck_assert_int_eq(sg_certificate_chain(one, between, 2, authorities, NULL), SG_ERR_FORMAT);
	sg_authorities_free(&authorities);
	trusted.len = 0;
	test_authority_pem(&stranger, &trusted);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&trusted), &authorities), SG_OK);
	between[1] = sg_bytes(own, (size_t)own_len);
	ck_assert_int_eq(sg_certificate_chain(one, between, 2, authorities, NULL), SG_ERR_TAG);
	sg_authorities_free(&authorities);
	sg_certificate_free(&one);
	OPENSSL_free(der);
	OPENSSL_free(own);
}
END_TEST

/* Verify where these lists, in DER or PEM, were taken in. */
static enum sg_err verify_with(const struct sg_buf *lists, size_t n, enum sg_chain_end *end)
{
	struct sg_authorities *authorities = NULL;
	struct sg_certificate *one = read_own();
	enum sg_err err;

	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&trusted), &authorities), SG_OK);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(sg_authorities_revoke(authorities, sg_buf_bytes(&lists[i])), SG_OK);
	*end = SG_CHAIN_UNTRUSTED;
	err = sg_certificate_chain(one, NULL, 0, authorities, end);
	sg_authorities_free(&authorities);
	sg_certificate_free(&one);
	return err;
}

static void revoked(const struct sg_buf *lists, size_t n, enum sg_chain_end wanted)
{
	enum sg_chain_end end;

	ck_assert_int_eq(verify_with(lists, n, &end), SG_ERR_TAG);
	ck_assert_int_eq(end, wanted);
}

START_TEST(what_an_authority_revoked_is_refused)
{
	const struct sg_bytes nothing = sg_bytes(NULL, 0);
	struct sg_buf lists[3] = { { 0 } }, der = { 0 };
	enum sg_chain_end end;

	test_revoke(&middle, nothing, false, &lists[0]);
	test_revoke(&root, nothing, false, &lists[1]);
	test_revoke(&stranger, sg_buf_bytes(&certificate), false, &lists[2]);
	ck_assert_int_eq(verify_with(lists, 1, &end), SG_OK);   /* of the root there is none */
	ck_assert_int_eq(verify_with(lists, 3, &end), SG_OK);
	test_revoke(&middle, sg_buf_bytes(&certificate), false, &lists[0]);
	revoked(lists, 1, SG_CHAIN_REVOKED);
	test_authority_der(&middle, &der);
	test_revoke(&root, sg_buf_bytes(&der), false, &lists[0]);
	revoked(lists, 1, SG_CHAIN_REVOKED);
	/* As text, beside something else. */
	lists[1].len = 0;
	test_authority_pem(&root, &lists[1]);
	ck_assert_int_eq(sg_pem_write("X509 CRL", sg_buf_bytes(&lists[2]), &lists[1]), SG_OK);
	ck_assert_int_eq(sg_pem_write("X509 CRL", sg_buf_bytes(&lists[0]), &lists[1]), SG_OK);
	revoked(lists + 1, 1, SG_CHAIN_REVOKED);
	for (size_t i = 0; i < 3; i++)
		sg_buf_free(&lists[i]);
	sg_buf_free(&der);
}
END_TEST

/* Who gave a list wants it looked at; one that can't be is not passed over. */
START_TEST(a_list_that_is_over_or_forged_lets_nobody_through)
{
	struct test_authority forger = { stranger.key, middle.certificate };
	struct sg_buf list = { 0 };

	test_revoke(&middle, sg_bytes(NULL, 0), true, &list);
	revoked(&list, 1, SG_CHAIN_LIST);
	test_revoke(&forger, sg_bytes(NULL, 0), false, &list);
	revoked(&list, 1, SG_CHAIN_LIST);
	sg_buf_free(&list);
}
END_TEST

START_TEST(what_is_no_list_is_not_taken_for_one)
{
	struct sg_authorities *authorities = NULL;
	struct sg_buf list = { 0 };

	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&trusted), &authorities), SG_OK);
	ck_assert_int_eq(sg_authorities_revoke(authorities, sg_buf_bytes(&trusted)), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_authorities_revoke(authorities, sg_bytes(NULL, 0)), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_authorities_revoke(authorities, sg_buf_bytes(&certificate)),
	                 SG_ERR_FORMAT);
	test_revoke(&middle, sg_bytes(NULL, 0), false, &list);
	list.len--;
	ck_assert_int_eq(sg_authorities_revoke(authorities, sg_buf_bytes(&list)), SG_ERR_FORMAT);
	sg_authorities_free(&authorities);
	sg_buf_free(&list);
}
END_TEST

START_TEST(a_certificate_says_what_it_is_for_and_who_made_the_tpm)
{
	const struct test_oddity named = { .maker = "id:53474E54" }, other = { .usage = "2.5.29.37.0" };
	struct sg_certificate *one = read_own();

	ck_assert(sg_certificate_is_for(one, SG_EKU_ENDORSEMENT) && sg_certificate_endorses(one));
	ck_assert(!sg_certificate_is_for(one, "2.23.133.8.3"));
	ck_assert(!sg_certificate_made_by(one, "id:53474E54"));
	sg_certificate_free(&one);
	test_endorse(&middle, key, &named, &certificate);
	one = read_own();
	ck_assert(sg_certificate_made_by(one, "id:53474E54"));
	ck_assert(!sg_certificate_made_by(one, "id:53474E5") && !sg_certificate_made_by(one, ""));
	sg_certificate_free(&one);
	/* That it is for anything does not say that it is for this. */
	test_endorse(&middle, key, &other, &certificate);
	one = read_own();
	ck_assert(!sg_certificate_endorses(one));
	sg_certificate_free(&one);
}
END_TEST

static void append(struct sg_bytes maker, void *arg)
{
	ck_assert_int_eq(sg_buf_append(arg, maker), SG_OK);
	ck_assert_int_eq(sg_buf_append(arg, sg_bytes_str(";")), SG_OK);
}

START_TEST(it_tells_the_names_by_which_its_maker_is_known)
{
	const struct test_oddity named = { .maker = "id:53474E54" };
	struct sg_buf subject = { NULL, 0, 0 }, issuer = { NULL, 0, 0 }, makers = { NULL, 0, 0 };
	struct sg_certificate *one;

	test_endorse(&middle, key, &named, &certificate);
	one = read_own();
	sg_certificate_makers(one, append, &makers);
	assert_bytes(sg_buf_bytes(&makers), sg_bytes_str("id:53474E54;"));
	ck_assert_int_eq(sg_buf_set(&subject, sg_bytes_str("of before")), SG_OK);
	ck_assert_int_eq(sg_certificate_names(one, &subject, &issuer), SG_OK);
	assert_bytes(sg_buf_bytes(&issuer), sg_bytes_str("CN=maker\\, in between"));
	ck_assert(memmem(subject.data, subject.len, "of before", 9) == NULL);
	sg_certificate_free(&one);
	sg_buf_free(&subject);
	sg_buf_free(&issuer);
	sg_buf_free(&makers);
}
END_TEST

START_TEST(an_authority_is_no_endorsement_key)
{
	struct sg_certificate *one = NULL;
	uint8_t *der = NULL;
	int len = i2d_X509(middle.certificate, &der);

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(sg_certificate_read(sg_bytes(der, (size_t)len), &one), SG_OK);
	ck_assert(!sg_certificate_endorses(one));
	sg_certificate_free(&one);
	OPENSSL_free(der);
}
END_TEST

START_TEST(something_that_is_no_certificate_is_not_trusted)
{
	ck_assert_int_eq(sg_buf_set(&trusted, sg_bytes_str("nothing")), SG_OK);
	ck_assert_int_eq(verify(), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_buf_set(&trusted, sg_bytes_str("-----BEGIN CERTIFICATE-----\nAAAA\n"
	                                                   "-----END CERTIFICATE-----\n")), SG_OK);
	ck_assert_int_eq(verify(), SG_ERR_FORMAT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("certificate");
	TCase *tc = tcase_create("certificate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_chain_to_a_root_that_is_trusted_verifies);
	tcase_add_test(tc, the_key_of_a_certificate_is_what_openssl_says);
	tcase_add_test(tc, an_authority_in_between_is_not_enough);
	tcase_add_loop_test(tc, a_certificate_out_of_time_or_for_something_else_is_refused, 0,
	                    sizeof odd / sizeof odd[0]);
	tcase_add_test(tc, a_certificate_that_a_tpm_would_sign_is_refused);
	tcase_add_test(tc, a_changed_certificate_is_refused);
	tcase_add_test(tc, a_chain_may_go_through_what_came_along);
	tcase_add_test(tc, what_an_authority_revoked_is_refused);
	tcase_add_test(tc, a_list_that_is_over_or_forged_lets_nobody_through);
	tcase_add_test(tc, what_is_no_list_is_not_taken_for_one);
	tcase_add_test(tc, a_certificate_says_what_it_is_for_and_who_made_the_tpm);
	tcase_add_test(tc, it_tells_the_names_by_which_its_maker_is_known);
	tcase_add_test(tc, an_authority_is_no_endorsement_key);
	tcase_add_test(tc, something_that_is_no_certificate_is_not_trusted);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
