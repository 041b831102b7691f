/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. X.509 certificates [RFC 5280], as far as it is to be known whether somebody who is
 * trusted says of a public key what it is. The chain is verified by libcrypto in our own library
 * context; it goes through EVP, so nothing of it may be called from the module (crypto/ssl.h).
 */
#ifndef SG_CRYPTO_CERTIFICATE_H
#define SG_CRYPTO_CERTIFICATE_H

#include "util/bytes.h"

#define SG_CERTIFICATES_MAX ((size_t)1 << 20)   /* bytes of a file of certificates */

/* What a TPM maker's certificate of an endorsement key is for [TCG EK Credential Profile §3.2]. */
#define SG_EKU_ENDORSEMENT "2.23.133.8.1"

/* Copy the SubjectPublicKeyInfo out of a certificate, in DER; it replaces what spki holds. Nothing
 * is verified. Errors: FORMAT, NOMEM. */
enum sg_err sg_certificate_key(struct sg_bytes certificate, struct sg_buf *spki);

/* A certificate that was read. Nothing of it is believed before a chain was verified. */
struct sg_certificate;

/* Read one in DER; the caller frees *out, before sg_crypto_stop. Errors: FORMAT, CRYPTO. */
enum sg_err sg_certificate_read(struct sg_bytes der, struct sg_certificate **out);
void sg_certificate_free(struct sg_certificate **certificate);

/* Tell whether it may be used for the purpose, an object identifier in dots: one that names no
 * purpose may not. */
bool sg_certificate_is_for(const struct sg_certificate *certificate, const char *purpose);

/* Tell whether it is one of an endorsement key: for that purpose, of no authority, and where it
 * names the usages of its key, encipherment or agreement is among them. */
bool sg_certificate_endorses(const struct sg_certificate *certificate);

/* Tell whether a TPM maker's name is in it: as the identifier of the vendor ("id:53544D20") in the
 * directory name of the TPM [TCG EK Credential Profile §3.1.2], or as an organization of the
 * issuer. */
bool sg_certificate_made_by(const struct sg_certificate *certificate, const char *maker);

/* Call each with all names by which that is so; they may hold any bytes. */
void sg_certificate_makers(const struct sg_certificate *certificate,
                           void (*each)(struct sg_bytes maker, void *arg), void *arg);

/* Write whom it is for and who issued it as text [RFC 2253] of plain ASCII, which replaces what
 * they hold; empty where it does not say. Errors: NOMEM. */
enum sg_err sg_certificate_names(const struct sg_certificate *certificate, struct sg_buf *subject,
                                 struct sg_buf *issuer);

/* Certificates that are trusted, read once. Any number of threads may verify with them, none while
 * sg_crypto_stop runs. */
struct sg_authorities;

/* Read all certificates of a PEM text: those that are signed by themselves are trusted, the others
 * may stand between. The caller frees *out, before sg_crypto_stop. Errors: FORMAT with a log line
 * where there is none or a damaged one, CRYPTO, NOMEM. */
enum sg_err sg_authorities_read(struct sg_bytes pem, struct sg_authorities **out);
void sg_authorities_free(struct sg_authorities **authorities);

#define SG_REVOCATIONS_MAX ((size_t)16 << 20)   /* bytes of a file of lists */

/* Take in lists of revoked certificates [RFC 5280 §5] of the authorities or of those between: a
 * text of them in PEM, or one in DER. What a list names is not believed any more, and nothing at
 * all by an authority whose lists are over, or were not signed by it; an authority that has none is
 * believed as before. A list that is over, or not yet valid, is told in the log. To be called
 * before anybody verifies. Errors: FORMAT with a log line where there is none or a damaged one,
 * CRYPTO, NOMEM. */
enum sg_err sg_authorities_revoke(struct sg_authorities *authorities, struct sg_bytes lists);

/* Tell whether they have any such list. */
bool sg_authorities_revoking(const struct sg_authorities *authorities);

/* Why no chain was found. */
enum sg_chain_end {
	SG_CHAIN_UNTRUSTED,
	SG_CHAIN_REVOKED,               /* one of its certificates is in a list */
	SG_CHAIN_LIST,                  /* a list that counts is over, or is not its authority's */
};

#define SG_CERTIFICATE_BETWEEN 8        /* certificates that stand between at most */

/* Verify that a certificate is valid now, and that a chain leads from it to an authority, also
 * through those in between, in DER, that came with it. Errors: TAG with a log line that says what
 * is wrong, and *end, which may be NULL; FORMAT where one of those between is none, RANGE for too
 * many, CRYPTO, NOMEM. */
enum sg_err sg_certificate_chain(const struct sg_certificate *certificate,
                                 const struct sg_bytes *between, size_t n,
                                 const struct sg_authorities *authorities,
                                 enum sg_chain_end *end);

/* Verify that a certificate, in DER, is valid now, that it may be used for the purpose, and that a
 * chain leads from it to one of the certificates in the PEM text: all of the above at once. Errors:
 * TAG with a log line that says what is wrong, FORMAT for a certificate or a text that is none,
 * CRYPTO, NOMEM. */
enum sg_err sg_certificate_verify(struct sg_bytes certificate, struct sg_bytes authorities,
                                  const char *purpose);

#endif
