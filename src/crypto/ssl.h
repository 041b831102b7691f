/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. The OpenSSL library context that is ours alone, and the algorithms of
 * its default provider. They are called by their provider functions [provider(7),
 * provider-cipher(7)], not through EVP: EVP_CipherInit looks for an ENGINE first,
 * and that reads the application's configuration file, which may load a provider
 * that calls this very module.
 */
#ifndef SG_CRYPTO_SSL_H
#define SG_CRYPTO_SSL_H

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>

#include "util/err.h"

/* A cipher: what its functions take and return stands in provider-cipher(7). A
 * copy may be kept beyond sg_ssl_free, to free what was made with it. */
struct sg_cipher {
	OSSL_FUNC_cipher_newctx_fn *newctx;
	OSSL_FUNC_cipher_encrypt_init_fn *encrypt_init;
	OSSL_FUNC_cipher_decrypt_init_fn *decrypt_init;
	OSSL_FUNC_cipher_update_fn *update;
	OSSL_FUNC_cipher_final_fn *final;
	OSSL_FUNC_cipher_get_ctx_params_fn *get_ctx_params;
	OSSL_FUNC_cipher_freectx_fn *freectx;
};

/* A digest, as in provider-digest(7). The same holds for copies. */
struct sg_md {
	OSSL_FUNC_digest_newctx_fn *newctx;
	OSSL_FUNC_digest_init_fn *init;
	OSSL_FUNC_digest_update_fn *update;
	OSSL_FUNC_digest_final_fn *final;
	OSSL_FUNC_digest_dupctx_fn *dupctx;
	OSSL_FUNC_digest_freectx_fn *freectx;
};

/* Keys of one kind, as in provider-keymgmt(7). */
struct sg_keymgmt {
	OSSL_FUNC_keymgmt_new_fn *new;
	OSSL_FUNC_keymgmt_import_fn *import;
	OSSL_FUNC_keymgmt_free_fn *free;
};

/* The making of keys of a curve, as in provider-keymgmt(7), and what they agree on, as in
 * provider-keyexch(7). */
struct sg_ecdh {
	OSSL_FUNC_keymgmt_gen_init_fn *gen_init;
	OSSL_FUNC_keymgmt_gen_fn *gen;
	OSSL_FUNC_keymgmt_gen_cleanup_fn *gen_cleanup;
	OSSL_FUNC_keymgmt_get_params_fn *get_params;
	OSSL_FUNC_keyexch_newctx_fn *newctx;
	OSSL_FUNC_keyexch_init_fn *init;
	OSSL_FUNC_keyexch_set_peer_fn *set_peer;
	OSSL_FUNC_keyexch_derive_fn *derive;
	OSSL_FUNC_keyexch_freectx_fn *freectx;
};

/* Verification with those of a curve over a prime field, as in provider-signature(7). */
struct sg_ecdsa {
	OSSL_FUNC_signature_newctx_fn *newctx;
	OSSL_FUNC_signature_verify_init_fn *verify_init;
	OSSL_FUNC_signature_verify_fn *verify;
	OSSL_FUNC_signature_freectx_fn *freectx;
};

/* Encryption with those of RSA, as in provider-asym_cipher(7). */
struct sg_asym_cipher {
	OSSL_FUNC_asym_cipher_newctx_fn *newctx;
	OSSL_FUNC_asym_cipher_encrypt_init_fn *encrypt_init;
	OSSL_FUNC_asym_cipher_encrypt_fn *encrypt;
	OSSL_FUNC_asym_cipher_freectx_fn *freectx;
};

/* What the other files of this ring call; only they may include this header. */
struct sg_ssl {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *provider;
	void *provctx;                  /* what newctx takes */
	struct sg_cipher ecb[3];        /* AES-128, 192, 256; one block, for GCM's hash key */
	struct sg_cipher cbc[3], ctr[3], cfb[3], gcm[3];
	struct sg_cipher kw[3];         /* RFC 3394 */
	struct sg_cipher kwp[3];        /* RFC 5649 */
	struct sg_md sha1;              /* of RSA-OAEP, where an HSM knows no other */
	struct sg_md sha256, sha384, sha512;
	struct sg_keymgmt ec;
	struct sg_ecdsa ecdsa;
	struct sg_ecdh ecdh;
	struct sg_keymgmt rsa;
	struct sg_asym_cipher rsa_cipher;
};

/* Watch for forks, once: before anybody who waits in a fork for others that compute,
 * because the last to watch is the first to wait. Errors: NOMEM. */
enum sg_err sg_ssl_start(void);

/* Return the context, making it at the first call in this process (a child makes
 * its own). Thread-safe; NULL when OpenSSL fails. It stays valid until
 * sg_ssl_free, which no thread may call while another computes. */
const struct sg_ssl *sg_ssl(void);

/* Free the context: at C_Finalize. The next sg_ssl makes a new one. */
void sg_ssl_free(void);

/* Choose from a row of struct sg_ssl by the length of the key in bytes; NULL
 * unless that is 16, 24 or 32. */
static inline const struct sg_cipher *sg_ssl_aes(const struct sg_cipher row[3], size_t key_len)
{
	return key_len == 16 || key_len == 24 || key_len == 32 ? &row[key_len / 8 - 2] : NULL;
}

/* Log that OpenSSL failed to do what, with its newest error; returns CRYPTO. The
 * error queue belongs to the application too: whoever calls OpenSSL sets a mark
 * before and pops to it afterwards. */
enum sg_err sg_ssl_failed(const char *what);

#endif
