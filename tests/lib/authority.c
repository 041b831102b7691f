/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Certificates by libcrypto, whose default context is the test's own affair.
 */
#include "lib/authority.h"

#include <check.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

#define DAY 86400L

static X509 *begin(const char *name, const X509_NAME *issuer, EVP_PKEY *key)
{
	static long serial = 1;
	X509 *one = X509_new();
	X509_NAME *subject = X509_NAME_new();

	ck_assert(one != NULL && subject != NULL);
	if (name != NULL)
		ck_assert_int_eq(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		                                            (const uint8_t *)name, -1, -1, 0), 1);
	ck_assert_int_eq(X509_set_version(one, X509_VERSION_3), 1);
	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(one), serial++), 1);
	ck_assert_int_eq(X509_set_subject_name(one, subject), 1);
	ck_assert_int_eq(X509_set_issuer_name(one, issuer != NULL ? (X509_NAME *)issuer : subject), 1);
	ck_assert_int_eq(X509_set_pubkey(one, key), 1);
	X509_NAME_free(subject);
	return one;
}

static void extend(X509 *one, int which, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, which, value);

	ck_assert_ptr_nonnull(extension);
	ck_assert_int_eq(X509_add_ext(one, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void last(X509 *one, long from, long to)
{
	ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(one), from));
	ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(one), to));
}

static void make(struct test_authority *out, const char *name, const struct test_authority *under,
                 const char *constraints)
{
	out->key = EVP_EC_gen("P-256");
	ck_assert_ptr_nonnull(out->key);
	out->certificate = begin(name, under == NULL ? NULL :
	                         X509_get_subject_name(under->certificate), out->key);
	last(out->certificate, -DAY, DAY);
	extend(out->certificate, NID_basic_constraints, constraints);
	extend(out->certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
	ck_assert_int_gt(X509_sign(out->certificate, under == NULL ? out->key : under->key,
	                           EVP_sha256()), 0);
}

void test_authority_make(struct test_authority *out, const char *name,
                         const struct test_authority *under)
{
	make(out, name, under, "critical,CA:TRUE");
}

void test_authority_make_unfit(struct test_authority *out, const char *name,
                               const struct test_authority *under)
{
	make(out, name, under, "critical,CA:FALSE");
}

void test_authority_free(struct test_authority *authority)
{
	EVP_PKEY_free(authority->key);
	X509_free(authority->certificate);
	memset(authority, 0, sizeof *authority);
}

static void write_der(const X509 *one, struct sg_buf *out)
{
	uint8_t *der = NULL;
	const int len = i2d_X509(one, &der);

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(sg_buf_set(out, sg_bytes(der, (size_t)len)), SG_OK);
	OPENSSL_free(der);
}

void test_authority_der(const struct test_authority *authority, struct sg_buf *out)
{
	write_der(authority->certificate, out);
}

void test_authority_pem(const struct test_authority *authority, struct sg_buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	ck_assert_int_eq(PEM_write_bio_X509(bio, authority->certificate), 1);
	len = BIO_get_mem_data(bio, &text);
	ck_assert_int_eq(sg_buf_append(out, sg_bytes(text, (size_t)len)), SG_OK);
	BIO_free(bio);
}

/* As makers do: the subject is empty, and another name says what TPM it is. */
static void extend_name(X509 *one, const char *maker)
{
	GENERAL_NAMES *names;
	GENERAL_NAME *name;
	X509_NAME *directory;

	if (maker == NULL) {
		extend(one, NID_subject_alt_name, "critical,URI:urn:example:tpm");
		return;
	}
	names = sk_GENERAL_NAME_new_null();
	name = GENERAL_NAME_new();
	directory = X509_NAME_new();
	ck_assert_int_eq(X509_NAME_add_entry_by_txt(directory, "2.23.133.2.1", MBSTRING_UTF8,
	                                            (const uint8_t *)maker, -1, -1, 0), 1);
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, directory);
	ck_assert_int_gt(sk_GENERAL_NAME_push(names, name), 0);
	ck_assert_int_eq(X509_add1_ext_i2d(one, NID_subject_alt_name, names, 1, X509V3_ADD_DEFAULT),
	                 1);
	GENERAL_NAMES_free(names);
}

void test_endorse(const struct test_authority *by, EVP_PKEY *key, const struct test_oddity *odd,
                  struct sg_buf *out)
{
	X509 *one = begin(NULL, X509_get_subject_name(by->certificate), key);
	const char *usage = odd->usage != NULL ? odd->usage : "2.23.133.8.1";

	last(one, odd->early ? DAY : -DAY, odd->expired ? -60 : 2 * DAY);
	extend(one, NID_basic_constraints, "critical,CA:FALSE");
	if (*usage != '\0')
		extend(one, NID_ext_key_usage, usage);
	extend_name(one, odd->maker);
	ck_assert_int_gt(X509_sign(one, by->key, EVP_sha256()), 0);
	write_der(one, out);
	X509_free(one);
}

void test_revoke(const struct test_authority *by, struct sg_bytes certificate, bool over,
                 struct sg_buf *out)
{
	const uint8_t *at = certificate.data;
	X509 *one = certificate.len > 0 ? d2i_X509(NULL, &at, (long)certificate.len) : NULL;
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *time = X509_gmtime_adj(NULL, -DAY);
	uint8_t *der = NULL;
	int len;

	ck_assert_int_eq(X509_CRL_set_version(list, X509_CRL_VERSION_2), 1);
	ck_assert_int_eq(X509_CRL_set_issuer_name(list, X509_get_subject_name(by->certificate)), 1);
	ck_assert_int_eq(X509_CRL_set1_lastUpdate(list, time), 1);
	if (one != NULL) {
		X509_REVOKED *entry = X509_REVOKED_new();

		ck_assert_int_eq(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one)), 1);
		ck_assert_int_eq(X509_REVOKED_set_revocationDate(entry, time), 1);
		ck_assert_int_eq(X509_CRL_add0_revoked(list, entry), 1);
	}
	ck_assert_ptr_nonnull(X509_gmtime_adj(time, over ? -60 : DAY));
	ck_assert_int_eq(X509_CRL_set1_nextUpdate(list, time), 1);
	ck_assert_int_gt(X509_CRL_sign(list, by->key, EVP_sha256()), 0);
	len = i2d_X509_CRL(list, &der);
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(sg_buf_set(out, sg_bytes(der, (size_t)len)), SG_OK);
	OPENSSL_free(der);
	ASN1_TIME_free(time);
	X509_CRL_free(list);
	X509_free(one);
}

EVP_PKEY *test_endorsement_key(struct test_tpm *tpm, const char *kind)
{
	char line[128], path[64];
	EVP_PKEY *key;
	FILE *file;

	snprintf(line, sizeof line, "tpm2_createek -Q -G %s -c ek.ctx -u ek.pem -f pem && "
	         "tpm2_flushcontext -t", kind);
	test_tpm_shell(tpm, line);
	snprintf(path, sizeof path, "%s/ek.pem", tpm->folder);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(key);
	fclose(file);
	return key;
}

/* As makers do, with what belongs to the platform. */
static void put(struct test_tpm *tpm, unsigned index, struct sg_bytes bytes)
{
	char line[256], path[64];

	snprintf(path, sizeof path, "%s/ek.crt", tpm->folder);
	test_file_write(path, bytes);
	snprintf(line, sizeof line, "tpm2_nvdefine -Q 0x%x -C p -s %zu -a "
	         "'ppwrite|ppread|ownerread|authread|no_da|platformcreate' && "
	         "tpm2_nvwrite -Q 0x%x -C p -i ek.crt", index, bytes.len, index);
	test_tpm_shell(tpm, line);
}

void test_endorsement_put(struct test_tpm *tpm, const char *kind, struct sg_bytes certificate)
{
	put(tpm, strcmp(kind, "rsa") == 0 ? 0x1c00002 : 0x1c0000a, certificate);
}

void test_endorsement_between(struct test_tpm *tpm, unsigned n, struct sg_bytes bytes)
{
	put(tpm, 0x1c00100 + n, bytes);
}

void test_endorse_tpm(struct test_tpm *tpm, const struct test_authority *by)
{
	const struct test_oddity none = { NULL };
	EVP_PKEY *key = test_endorsement_key(tpm, "ecc");
	struct sg_buf certificate = { 0 };

	test_endorse(by, key, &none, &certificate);
	test_endorsement_put(tpm, "ecc", sg_buf_bytes(&certificate));
	sg_buf_free(&certificate);
	EVP_PKEY_free(key);
}
