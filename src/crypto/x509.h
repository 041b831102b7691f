/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. What certificate.c and authorities.c share: libcrypto's form of a certificate. Only they
 * may include this.
 */
#ifndef SG_CRYPTO_X509_H
#define SG_CRYPTO_X509_H

#include <openssl/x509.h>

#include "crypto/certificate.h"
#include "crypto/ssl.h"

struct sg_certificate {
	X509 *x509;
};

/* Read one whole certificate in DER into our own context; NULL where it is none. */
X509 *sg_x509_read(const struct sg_ssl *ssl, struct sg_bytes der);

#endif
