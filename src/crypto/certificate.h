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

/* Verify that a certificate, in DER, is valid now, that it may be used for the purpose, an object
 * identifier in dots, and that a chain leads from it to one of the certificates in the PEM text
 * that are signed by themselves, through others of that text. Errors: TAG with a log line that says
 * what is wrong, FORMAT for a certificate or a text that is none, CRYPTO, NOMEM. */
enum sg_err sg_certificate_verify(struct sg_bytes certificate, struct sg_bytes authorities,
                                  const char *purpose);

#endif
