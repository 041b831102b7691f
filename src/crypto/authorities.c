/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Verifies chains of certificates. Must never use OpenSSL's default context or its
 * default store: what the system trusts for the web says nothing about TPMs.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "crypto/pem.h"
#include "crypto/x509.h"
#include "util/log.h"

#define STRENGTH 2                      /* 112 bits [SSL_CTX_set_security_level(3)] */

/* Add a certificate of the text: one that is signed by itself is trusted, the others may stand
 * between. */
static enum sg_err add(const struct sg_ssl *ssl, const struct sg_pem *pem,
                       struct sg_authorities *to)
{
	struct sg_buf der = { 0 };
	X509 *one = NULL;
	bool added = false;
	enum sg_err err = sg_pem_decode(pem, pem->body.len, &der);

	if (err != SG_OK)
		goto out;
	one = sg_x509_read(ssl, sg_buf_bytes(&der));
	if (one == NULL) {
		err = SG_ERR_FORMAT;
		goto out;
	}
	if (X509_self_signed(one, 1) == 1)
		added = X509_STORE_add_cert(to->trusted, one) == 1;
	else
		added = X509_add_cert(to->between, one, X509_ADD_FLAG_UP_REF) == 1;
	err = added ? SG_OK : SG_ERR_CRYPTO;
out:
	X509_free(one);
	sg_buf_free(&der);
	return err;
}

static enum sg_err add_all(const struct sg_ssl *ssl, struct sg_bytes text,
                           struct sg_authorities *to)
{
	enum sg_err err = SG_OK;
	struct sg_pem pem;
	size_t n = 0;

	while (err == SG_OK && sg_pem_next(&text, &pem)) {
		if (!sg_bytes_equal(pem.label, sg_bytes_str("CERTIFICATE")))
			continue;
		err = add(ssl, &pem, to);
		n++;
	}
	if (err == SG_OK && n == 0)
		err = SG_ERR_FORMAT;
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "there is no certificate in PEM among what is to be trusted, or "
		       "a damaged one");
	return err;
}

enum sg_err sg_authorities_read(struct sg_bytes pem, struct sg_authorities **out)
{
	const struct sg_ssl *ssl = sg_ssl();
	struct sg_authorities *all;
	enum sg_err err = SG_ERR_NOMEM;

	*out = NULL;
	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	ERR_set_mark();
	all = calloc(1, sizeof *all);
	if (all == NULL)
		goto out;
	all->trusted = X509_STORE_new();
	all->between = sk_X509_new_null();
	if (all->trusted != NULL && all->between != NULL)
		err = add_all(ssl, pem, all);
	if (err == SG_OK) {
		*out = all;
		all = NULL;
	}
out:
	sg_authorities_free(&all);
	ERR_pop_to_mark();
	return err;
}

void sg_authorities_free(struct sg_authorities **authorities)
{
	if (*authorities == NULL)
		return;
	X509_STORE_free((*authorities)->trusted);
	sk_X509_pop_free((*authorities)->between, X509_free);
	free(*authorities);
	*authorities = NULL;
}

/* List what may stand between: those of the authorities, and those that came along. The list owns
 * a reference of each. */
static enum sg_err list_between(const struct sg_ssl *ssl, const struct sg_bytes *between, size_t n,
                                const struct sg_authorities *authorities, STACK_OF(X509) **out)
{
	*out = sk_X509_new_null();
	if (*out == NULL || X509_add_certs(*out, authorities->between, X509_ADD_FLAG_UP_REF) != 1)
		return SG_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		X509 *one = sg_x509_read(ssl, between[i]);

		if (one == NULL) {
			sg_log(SG_LOG_ERROR, "what should be a certificate is none");
			return SG_ERR_FORMAT;
		}
		if (X509_add_cert(*out, one, 0) != 1) {
			X509_free(one);
			return SG_ERR_NOMEM;
		}
	}
	return SG_OK;
}

static enum sg_err check(const struct sg_ssl *ssl, X509 *one,
                         const struct sg_authorities *authorities, STACK_OF(X509) *between,
                         enum sg_chain_end *end)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(ssl->lib, NULL);
	X509_VERIFY_PARAM *how;
	enum sg_err err = SG_OK;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, authorities->trusted, one,
	                                               between) != 1) {
		err = sg_ssl_failed("begin to verify a certificate");
		goto out;
	}
	how = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_auth_level(how, STRENGTH);
	X509_VERIFY_PARAM_set_depth(how, SG_CERTIFICATE_BETWEEN);
	if (authorities->revokes)
		sg_x509_look_at_lists(ctx);
	if (X509_verify_cert(ctx) != 1) {
		if (end != NULL)
			*end = sg_x509_chain_end(X509_STORE_CTX_get_error(ctx));
		sg_log(SG_LOG_ERROR, "the certificate is not to be believed: %s",
		       X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
		err = SG_ERR_TAG;
	}
out:
	X509_STORE_CTX_free(ctx);
	return err;
}

enum sg_err sg_certificate_chain(const struct sg_certificate *certificate,
                                 const struct sg_bytes *between, size_t n,
                                 const struct sg_authorities *authorities,
                                 enum sg_chain_end *end)
{
	const struct sg_ssl *ssl = sg_ssl();
	STACK_OF(X509) *list = NULL;
	enum sg_err err;

	if (n > SG_CERTIFICATE_BETWEEN)
		return SG_ERR_RANGE;
	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	ERR_set_mark();
	err = list_between(ssl, between, n, authorities, &list);
	if (err == SG_OK)
		err = check(ssl, certificate->x509, authorities, list, end);
	sk_X509_pop_free(list, X509_free);
	ERR_pop_to_mark();
	return err;
}
