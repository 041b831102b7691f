/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. The OpenSSL library context that is ours alone, with the default
 * provider and no configuration file: the module must not recurse through the
 * provider that loaded it. Algorithms are fetched once, at the first use.
 */
#ifndef SG_CRYPTO_SSL_H
#define SG_CRYPTO_SSL_H

#include <openssl/evp.h>

#include "util/err.h"

/* What the other files of this ring fetch; only they may include this header. */
struct sg_ssl {
	OSSL_LIB_CTX *lib;
	EVP_CIPHER *gcm[3];             /* AES-128, 192, 256 in GCM */
	EVP_CIPHER *kw[3];              /* RFC 3394 */
	EVP_CIPHER *kwp[3];             /* RFC 5649 */
	EVP_MD *sha256, *sha384, *sha512;
	EVP_KDF *hkdf;
};

/* Return the context, making it at the first call in this process (a child makes
 * its own). Thread-safe; NULL when OpenSSL fails. It stays valid until
 * sg_ssl_free, which no thread may call while another computes. */
const struct sg_ssl *sg_ssl(void);

/* Free the context: at C_Finalize. The next sg_ssl makes a new one. */
void sg_ssl_free(void);

#endif
