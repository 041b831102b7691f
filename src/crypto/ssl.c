/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Makes, shares and frees the OpenSSL context of this process. Must never
 * touch OpenSSL's default context, which belongs to the application.
 */
#include "crypto/ssl.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/log.h"

/* Guards the making and freeing of current; reading it takes no lock. Held while
 * the process forks. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int watch_result;
static struct sg_ssl *_Atomic current;

static const char *const ecb_names[3] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" };
static const char *const gcm_names[3] = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" };
static const char *const kw_names[3] = { "AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP" };
static const char *const kwp_names[3] = {
	"AES-128-WRAP-PAD", "AES-192-WRAP-PAD", "AES-256-WRAP-PAD",
};

enum sg_err sg_ssl_failed(const char *what)
{
	char reason[256];

	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	sg_log(SG_LOG_ERROR, "OpenSSL could not %s: %s", what, reason);
	return SG_ERR_CRYPTO;
}

/* What another thread has half made, a child can never finish: OpenSSL takes locks
 * of the whole process to make a context, and when a thread first meets an error.
 * So let no context be in the making, and have the error queue of the thread that
 * will be the child's only one. */
static void before_fork(void)
{
	(void)ERR_peek_error();
	pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

/* The locks inside the parent's context may be held by threads that a child does
 * not have, so the child can neither use nor free it. */
static void forget_context(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

	atomic_store(&current, NULL);
	lock = unlocked;
}

/* util/fork.h knows only about children; this needs the moment before, too. */
static void watch_forks(void)
{
	watch_result = pthread_atfork(before_fork, after_fork, forget_context);
}

static void free_context(struct sg_ssl *ssl)
{
	if (!ssl)
		return;
	for (size_t i = 0; i < 3; i++) {
		EVP_CIPHER_free(ssl->ecb[i]);
		EVP_CIPHER_free(ssl->gcm[i]);
		EVP_CIPHER_free(ssl->kw[i]);
		EVP_CIPHER_free(ssl->kwp[i]);
	}
	EVP_MD_free(ssl->sha256);
	EVP_MD_free(ssl->sha384);
	EVP_MD_free(ssl->sha512);
	EVP_KDF_free(ssl->hkdf);
	if (ssl->provider && OSSL_PROVIDER_unload(ssl->provider) != 1)
		sg_ssl_failed("unload its default provider");
	OSSL_LIB_CTX_free(ssl->lib);
	free(ssl);
}

static bool fetch_row(OSSL_LIB_CTX *lib, const char *const names[3], EVP_CIPHER *row[3])
{
	for (size_t i = 0; i < 3; i++) {
		row[i] = EVP_CIPHER_fetch(lib, names[i], NULL);
		if (!row[i])
			return false;
	}
	return true;
}

static bool fetch_all(struct sg_ssl *ssl)
{
	if (!fetch_row(ssl->lib, ecb_names, ssl->ecb) ||
	    !fetch_row(ssl->lib, gcm_names, ssl->gcm) ||
	    !fetch_row(ssl->lib, kw_names, ssl->kw) ||
	    !fetch_row(ssl->lib, kwp_names, ssl->kwp))
		return false;
	ssl->sha256 = EVP_MD_fetch(ssl->lib, "SHA256", NULL);
	ssl->sha384 = EVP_MD_fetch(ssl->lib, "SHA384", NULL);
	ssl->sha512 = EVP_MD_fetch(ssl->lib, "SHA512", NULL);
	ssl->hkdf = EVP_KDF_fetch(ssl->lib, "HKDF", NULL);
	return ssl->sha256 && ssl->sha384 && ssl->sha512 && ssl->hkdf;
}

static struct sg_ssl *make_context(void)
{
	struct sg_ssl *ssl = NULL;

	ERR_set_mark();
	ssl = calloc(1, sizeof(*ssl));
	if (!ssl)
		goto out;
	ssl->lib = OSSL_LIB_CTX_new();
	if (ssl->lib)
		ssl->provider = OSSL_PROVIDER_load(ssl->lib, "default");
	if (!ssl->provider || !fetch_all(ssl)) {
		sg_ssl_failed("start its default provider");
		free_context(ssl);
		ssl = NULL;
	}
out:
	ERR_pop_to_mark();
	return ssl;
}

const struct sg_ssl *sg_ssl(void)
{
	struct sg_ssl *ssl = atomic_load_explicit(&current, memory_order_acquire);

	if (ssl)
		return ssl;

	if (pthread_once(&once, watch_forks) != 0 || watch_result != 0)
		return NULL;
	pthread_mutex_lock(&lock);
	ssl = atomic_load_explicit(&current, memory_order_relaxed);
	if (!ssl) {
		ssl = make_context();
		atomic_store_explicit(&current, ssl, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return ssl;
}

void sg_ssl_free(void)
{
	struct sg_ssl *ssl;

	pthread_mutex_lock(&lock);
	ssl = atomic_exchange(&current, NULL);
	pthread_mutex_unlock(&lock);
	free_context(ssl);
}
