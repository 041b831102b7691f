/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Lists of what authorities revoked. Who gave a list wants it looked at: where it is of no
 * use any more, what it would have been about is not believed.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "crypto/der.h"
#include "crypto/pem.h"
#include "crypto/x509.h"
#include "util/log.h"

/* Tell of a list that can't be used, which names its authority. */
static void tell_time(const X509_CRL *list)
{
	const ASN1_TIME *from = X509_CRL_get0_lastUpdate(list);
	const ASN1_TIME *until = X509_CRL_get0_nextUpdate(list);
	const bool early = X509_cmp_current_time(from) > 0;
	char *name;

	if (!early && (until == NULL || X509_cmp_current_time(until) > 0))
		return;
	name = X509_NAME_oneline(X509_CRL_get_issuer(list), NULL, 0);
	sg_log(SG_LOG_NOTICE, "the list of revoked certificates by %s is %s: nothing that it signed "
	       "is believed until there is another one", name != NULL ? name : "an authority",
	       early ? "not yet valid" : "out of date");
	OPENSSL_free(name);
}

static enum sg_err add(const struct sg_ssl *ssl, struct sg_bytes der, struct sg_authorities *to)
{
	const uint8_t *at = der.data;
	X509_CRL *list = X509_CRL_new_ex(ssl->lib, NULL);
	enum sg_err err = SG_OK;

	if (list == NULL)
		return SG_ERR_NOMEM;
	if (d2i_X509_CRL(&list, &at, (long)der.len) == NULL || at != der.data + der.len)
		err = SG_ERR_FORMAT;
	else if (X509_STORE_add_crl(to->trusted, list) != 1)
		err = SG_ERR_CRYPTO;
	else
		tell_time(list);
	X509_CRL_free(list);
	return err;
}

static enum sg_err add_pem(const struct sg_ssl *ssl, const struct sg_pem *pem,
                           struct sg_authorities *to)
{
	struct sg_buf der = { 0 };
	enum sg_err err = sg_pem_decode(pem, pem->body.len, &der);

	if (err == SG_OK)
		err = add(ssl, sg_buf_bytes(&der), to);
	sg_buf_free(&der);
	return err;
}

static enum sg_err add_all(const struct sg_ssl *ssl, struct sg_bytes text,
                           struct sg_authorities *to)
{
	enum sg_err err = SG_OK;
	struct sg_pem pem;
	size_t n = 0;

	if (text.len > 0 && text.data[0] == SG_DER_SEQUENCE)
		return add(ssl, text, to);
	while (err == SG_OK && sg_pem_next(&text, &pem)) {
		if (!sg_bytes_equal(pem.label, sg_bytes_str("X509 CRL")))
			continue;
		err = add_pem(ssl, &pem, to);
		n++;
	}
	return err == SG_OK && n == 0 ? SG_ERR_FORMAT : err;
}

enum sg_err sg_authorities_revoke(struct sg_authorities *authorities, struct sg_bytes lists)
{
	const struct sg_ssl *ssl = sg_ssl();
	enum sg_err err;

	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	ERR_set_mark();
	err = add_all(ssl, lists, authorities);
	ERR_pop_to_mark();
	authorities->revokes = err == SG_OK;
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "there is no list of revoked certificates among what should be "
		       "some, or a damaged one");
	return err;
}

bool sg_authorities_revoking(const struct sg_authorities *authorities)
{
	return authorities->revokes;
}

/* An authority that has no list at all was not meant. */
static int pardon(int good, X509_STORE_CTX *ctx)
{
	const X509 *one = X509_STORE_CTX_get_current_cert(ctx);
	STACK_OF(X509_CRL) *lists;

	if (good == 1 || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_UNABLE_TO_GET_CRL)
		return good;
	lists = X509_STORE_CTX_get1_crls(ctx, X509_get_issuer_name(one));
	good = sk_X509_CRL_num(lists) <= 0;
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	return good;
}

void sg_x509_look_at_lists(X509_STORE_CTX *ctx)
{
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	X509_STORE_CTX_set_verify_cb(ctx, pardon);
}

enum sg_chain_end sg_x509_chain_end(int error)
{
	static const int of_lists[] = {
		X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
		X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_CRL_SIGNATURE_FAILURE,
		X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_HAS_EXPIRED,
		X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD,
		X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
		X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_DIFFERENT_CRL_SCOPE,
		X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
		X509_V_ERR_CRL_PATH_VALIDATION_ERROR,
	};

	for (size_t i = 0; i < sizeof of_lists / sizeof of_lists[0]; i++)
		if (error == of_lists[i])
			return SG_CHAIN_LIST;
	return error == X509_V_ERR_CERT_REVOKED ? SG_CHAIN_REVOKED : SG_CHAIN_UNTRUSTED;
}
