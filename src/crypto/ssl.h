/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. The OpenSSL library context that is ours alone, with the default
 * provider and no configuration file: the module must not recurse through the
 * provider that loaded it. Algorithms are fetched once, at the first use.
 */
#ifndef SG_CRYPTO_SSL_H
#define SG_CRYPTO_SSL_H

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>

#include "util/err.h"

/* What the other files of this ring fetch; only they may include this header. */
struct sg_ssl {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *provider;
	EVP_CIPHER *ecb[3];             /* AES-128, 192, 256; one block, for GCM's hash key */
	EVP_CIPHER *gcm[3];
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

/* Choose from a row of struct sg_ssl by the length of the key in bytes; NULL
 * unless that is 16, 24 or 32. */
static inline const EVP_CIPHER *sg_ssl_aes(EVP_CIPHER *const row[3], size_t key_len)
{
	return key_len == 16 || key_len == 24 || key_len == 32 ? row[key_len / 8 - 2] : NULL;
}

/* Log that OpenSSL failed to do what, with its newest error; returns CRYPTO. The
 * error queue belongs to the application too: whoever calls OpenSSL sets a mark
 * before and pops to it afterwards. */
enum sg_err sg_ssl_failed(const char *what);

#endif
