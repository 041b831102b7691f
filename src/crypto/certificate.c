/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Verifies chains of certificates. Must never use OpenSSL's default context or its
 * default store: what the system trusts for the web says nothing about TPMs.
 */
#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/der.h"
#include "crypto/pem.h"
#include "crypto/ssl.h"
#include "util/log.h"

#define STRENGTH 2                      /* 112 bits [SSL_CTX_set_security_level(3)] */
#define OID_TEXT 64

enum sg_err sg_certificate_key(struct sg_bytes certificate, struct sg_buf *spki)
{
	struct sg_reader file = sg_reader(certificate);
	struct sg_reader top = sg_der_expect(&file, SG_DER_SEQUENCE);
	struct sg_reader tbs = sg_der_expect(&top, SG_DER_SEQUENCE);
	const uint8_t *start;

	spki->len = 0;
	sg_der_expect(&tbs, SG_DER_CONTEXT_0);          /* version 3, or it has no extensions */
	sg_der_expect(&tbs, SG_DER_INTEGER);
	for (int i = 0; i < 4; i++)                     /* signature, issuer, validity, subject */
		sg_der_expect(&tbs, SG_DER_SEQUENCE);
	start = tbs.rest.data;
	sg_der_expect(&tbs, SG_DER_SEQUENCE);
	if (tbs.failed || !sg_reader_done(&file))
		return SG_ERR_FORMAT;
	return sg_buf_set(spki, sg_bytes(start, (size_t)(tbs.rest.data - start)));
}

/* Read one whole certificate; NULL where it is none. */
static X509 *read_one(const struct sg_ssl *ssl, struct sg_bytes der)
{
	const uint8_t *at = der.data;
	X509 *one = X509_new_ex(ssl->lib, NULL);

	if (one != NULL && (d2i_X509(&one, &at, (long)der.len) == NULL ||
	                    at != der.data + der.len)) {
		X509_free(one);
		one = NULL;
	}
	return one;
}

/* Add a certificate of the text: one that is signed by itself is trusted, the others may stand
 * between. */
static enum sg_err add(const struct sg_ssl *ssl, const struct sg_pem *pem, X509_STORE *trusted,
                       STACK_OF(X509) *between)
{
	struct sg_buf der = { 0 };
	X509 *one = NULL;
	size_t len = 0;
	bool added = false;
	enum sg_err err;

	err = sg_buf_reserve(&der, pem->body.len);
	if (err == SG_OK && !sg_base64_read(pem->body, der.data, pem->body.len, &len))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		goto out;
	one = read_one(ssl, sg_bytes(der.data, len));
	if (one == NULL) {
		err = SG_ERR_FORMAT;
		goto out;
	}
	if (X509_self_signed(one, 1) == 1)
		added = X509_STORE_add_cert(trusted, one) == 1;
	else
		added = X509_add_cert(between, one, X509_ADD_FLAG_UP_REF) == 1;
	err = added ? SG_OK : SG_ERR_CRYPTO;
out:
	X509_free(one);
	sg_buf_free(&der);
	return err;
}

static enum sg_err add_all(const struct sg_ssl *ssl, struct sg_bytes text, X509_STORE *trusted,
                           STACK_OF(X509) *between)
{
	enum sg_err err = SG_OK;
	struct sg_pem pem;
	size_t n = 0;

	while (err == SG_OK && sg_pem_next(&text, &pem)) {
		if (!sg_bytes_equal(pem.label, sg_bytes_str("CERTIFICATE")))
			continue;
		err = add(ssl, &pem, trusted, between);
		n++;
	}
	if (err == SG_OK && n == 0)
		err = SG_ERR_FORMAT;
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "there is no certificate in PEM among what is to be trusted, or "
		       "a damaged one");
	return err;
}

/* Look for the purpose among those that the certificate names; one that names none is refused. */
static enum sg_err check_purpose(X509 *one, const char *purpose)
{
	EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(one, NID_ext_key_usage, NULL, NULL);
	char text[OID_TEXT];
	bool found = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
		int len = OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(list, i), 1);

		found = found || (len > 0 && len < (int)sizeof text && strcmp(text, purpose) == 0);
	}
	EXTENDED_KEY_USAGE_free(list);
	if (!found)
		sg_log(SG_LOG_ERROR, "the certificate is not one for this purpose: %s%s", purpose,
		       strcmp(purpose, SG_EKU_ENDORSEMENT) == 0 ? ", endorsing TPMs" : "");
	return found ? SG_OK : SG_ERR_TAG;
}

static enum sg_err check_chain(const struct sg_ssl *ssl, X509 *one, X509_STORE *trusted,
                               STACK_OF(X509) *between)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(ssl->lib, NULL);
	enum sg_err err = SG_OK;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, trusted, one, between) != 1) {
		err = sg_ssl_failed("begin to verify a certificate");
		goto out;
	}
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), STRENGTH);
	if (X509_verify_cert(ctx) != 1) {
		sg_log(SG_LOG_ERROR, "the certificate is not to be believed: %s",
		       X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
		err = SG_ERR_TAG;
	}
out:
	X509_STORE_CTX_free(ctx);
	return err;
}

enum sg_err sg_certificate_verify(struct sg_bytes certificate, struct sg_bytes authorities,
                                  const char *purpose)
{
	const struct sg_ssl *ssl = sg_ssl();
	STACK_OF(X509) *between = NULL;
	X509_STORE *trusted = NULL;
	X509 *one = NULL;
	enum sg_err err;

	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	ERR_set_mark();
	between = sk_X509_new_null();
	trusted = X509_STORE_new();
	one = read_one(ssl, certificate);
	if (one == NULL) {
		sg_log(SG_LOG_ERROR, "what should be a certificate is none");
		err = SG_ERR_FORMAT;
	} else {
		err = between != NULL && trusted != NULL
		              ? add_all(ssl, authorities, trusted, between) : SG_ERR_NOMEM;
	}
	if (err == SG_OK)
		err = check_chain(ssl, one, trusted, between);
	if (err == SG_OK)
		err = check_purpose(one, purpose);
	X509_free(one);
	X509_STORE_free(trusted);
	sk_X509_pop_free(between, X509_free);
	ERR_pop_to_mark();
	return err;
}
