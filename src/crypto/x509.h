/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. What certificate.c, authorities.c and revocations.c share: libcrypto's form of a
 * certificate. Only they may include this.
 */
#ifndef SG_CRYPTO_X509_H
#define SG_CRYPTO_X509_H

#include <openssl/x509.h>

#include "crypto/certificate.h"
#include "crypto/ssl.h"

struct sg_certificate {
	X509 *x509;
};

/* All of it is only read once it is made; libcrypto locks what it keeps in it. */
struct sg_authorities {
	X509_STORE *trusted;            /* and the lists of what was revoked */
	STACK_OF(X509) *between;
	bool revokes;                   /* there is such a list */
};

/* Have a verification look at the lists. */
void sg_x509_look_at_lists(X509_STORE_CTX *ctx);

/* Tell what an error of libcrypto's verification means. */
enum sg_chain_end sg_x509_chain_end(int error);

/* Read one whole certificate in DER into our own context; NULL where it is none. */
X509 *sg_x509_read(const struct sg_ssl *ssl, struct sg_bytes der);

#endif
