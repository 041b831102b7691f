/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Reads certificates, and says what stands in them. Whether it is true is the affair of
 * authorities.c.
 */
#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/der.h"
#include "crypto/x509.h"
#include "util/log.h"

#define OID_TEXT 64
#define OID_ORGANIZATION "2.5.4.10"
#define OID_MANUFACTURER "2.23.133.2.1" /* tcg-at-tpmManufacturer */

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

X509 *sg_x509_read(const struct sg_ssl *ssl, struct sg_bytes der)
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

enum sg_err sg_certificate_read(struct sg_bytes der, struct sg_certificate **out)
{
	const struct sg_ssl *ssl = sg_ssl();
	struct sg_certificate *one;
	enum sg_err err = SG_OK;

	*out = NULL;
	if (ssl == NULL)
		return SG_ERR_CRYPTO;
	one = calloc(1, sizeof *one);
	if (one == NULL)
		return SG_ERR_NOMEM;
	ERR_set_mark();
	one->x509 = sg_x509_read(ssl, der);
	if (one->x509 == NULL) {
		sg_log(SG_LOG_ERROR, "what should be a certificate is none");
		err = SG_ERR_FORMAT;
	} else {
		*out = one;
		one = NULL;
	}
	sg_certificate_free(&one);
	ERR_pop_to_mark();
	return err;
}

void sg_certificate_free(struct sg_certificate **certificate)
{
	if (*certificate == NULL)
		return;
	X509_free((*certificate)->x509);
	free(*certificate);
	*certificate = NULL;
}

/* Tell whether an object has that identifier, which is written in dots. */
static bool is_oid(const ASN1_OBJECT *object, const char *oid)
{
	char text[OID_TEXT];
	int len = OBJ_obj2txt(text, sizeof text, object, 1);

	return len > 0 && len < (int)sizeof text && strcmp(text, oid) == 0;
}

bool sg_certificate_is_for(const struct sg_certificate *certificate, const char *purpose)
{
	EXTENDED_KEY_USAGE *list;
	bool found = false;

	ERR_set_mark();
	list = X509_get_ext_d2i(certificate->x509, NID_ext_key_usage, NULL, NULL);
	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++)
		found = found || is_oid(sk_ASN1_OBJECT_value(list, i), purpose);
	EXTENDED_KEY_USAGE_free(list);
	ERR_pop_to_mark();
	if (!found)
		sg_log(SG_LOG_ERROR, "the certificate is not one for this purpose: %s%s", purpose,
		       strcmp(purpose, SG_EKU_ENDORSEMENT) == 0 ? ", endorsing TPMs" : "");
	return found;
}

bool sg_certificate_endorses(const struct sg_certificate *certificate)
{
	const uint32_t wanted = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
	bool fits;

	if (!sg_certificate_is_for(certificate, SG_EKU_ENDORSEMENT))
		return false;
	ERR_set_mark();
	/* Where none is named, all bits are set. */
	fits = X509_check_ca(certificate->x509) == 0 &&
	       (X509_get_key_usage(certificate->x509) & wanted) != 0;
	ERR_pop_to_mark();
	if (!fits)
		sg_log(SG_LOG_ERROR, "the certificate is that of an authority, or of a key that "
		       "signs, and not of an endorsement key");
	return fits;
}

/* Call each with the values of the entries of that identifier. */
static void walk_entries(const X509_NAME *name, const char *oid,
                         void (*each)(struct sg_bytes value, void *arg), void *arg)
{
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const ASN1_STRING *data = X509_NAME_ENTRY_get_data(entry);

		if (is_oid(X509_NAME_ENTRY_get_object(entry), oid))
			each(sg_bytes(ASN1_STRING_get0_data(data),
			              (size_t)ASN1_STRING_length(data)), arg);
	}
}

void sg_certificate_makers(const struct sg_certificate *certificate,
                           void (*each)(struct sg_bytes maker, void *arg), void *arg)
{
	GENERAL_NAMES *names;

	ERR_set_mark();
	names = X509_get_ext_d2i(certificate->x509, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

		if (one->type == GEN_DIRNAME)
			walk_entries(one->d.directoryName, OID_MANUFACTURER, each, arg);
	}
	walk_entries(X509_get_issuer_name(certificate->x509), OID_ORGANIZATION, each, arg);
	GENERAL_NAMES_free(names);
	ERR_pop_to_mark();
}

/* A maker that is looked for. */
struct wanted {
	struct sg_bytes maker;
	bool found;
};

static void compare(struct sg_bytes maker, void *arg)
{
	struct wanted *wanted = arg;

	wanted->found = wanted->found || sg_bytes_equal(maker, wanted->maker);
}

bool sg_certificate_made_by(const struct sg_certificate *certificate, const char *maker)
{
	struct wanted wanted = { sg_bytes_str(maker), false };

	sg_certificate_makers(certificate, compare, &wanted);
	return wanted.found;
}

/* Write a name as text [RFC 2253], in which all but plain ASCII is escaped. */
static enum sg_err write_name(const X509_NAME *name, struct sg_buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;
	enum sg_err err = SG_ERR_NOMEM;

	out->len = 0;
	if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
		len = BIO_get_mem_data(bio, &text);
		err = sg_buf_append(out, sg_bytes(text, (size_t)len));
	}
	BIO_free(bio);
	return err;
}

enum sg_err sg_certificate_names(const struct sg_certificate *certificate, struct sg_buf *subject,
                                 struct sg_buf *issuer)
{
	enum sg_err err;

	ERR_set_mark();
	err = write_name(X509_get_subject_name(certificate->x509), subject);
	if (err == SG_OK)
		err = write_name(X509_get_issuer_name(certificate->x509), issuer);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_certificate_verify(struct sg_bytes certificate, struct sg_bytes authorities,
                                  const char *purpose)
{
	struct sg_authorities *all = NULL;
	struct sg_certificate *one = NULL;
	enum sg_err err;

	err = sg_certificate_read(certificate, &one);
	if (err == SG_OK)
		err = sg_authorities_read(authorities, &all);
	if (err == SG_OK)
		err = sg_certificate_chain(one, NULL, 0, all, NULL);
	if (err == SG_OK && !sg_certificate_is_for(one, purpose))
		err = SG_ERR_TAG;
	sg_authorities_free(&all);
	sg_certificate_free(&one);
	return err;
}
