/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Makes, shares and frees the OpenSSL context of this process. Must never
 * touch OpenSSL's default context or its engines, which belong to the application.
 */
#include "crypto/ssl.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/fork.h"
#include "util/log.h"

/* Guards the making and freeing of current; reading it takes no lock. Held while
 * the process forks. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int watch_result;
static struct sg_ssl *_Atomic current;

/* What a child inherited: kept reachable, so that leak checkers see it is no leak of ours.
 * Nobody reads it, which the compiler must not see. */
__attribute__((used)) static struct sg_ssl *inherited;

static const char *const ecb_names[3] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" };
static const char *const cbc_names[3] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" };
static const char *const ctr_names[3] = { "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" };
static const char *const cfb_names[3] = { "AES-128-CFB", "AES-192-CFB", "AES-256-CFB" };
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
	inherited = atomic_exchange(&current, NULL);
	pthread_mutex_unlock(&lock);
}

/* util/fork.h calls us only in children; this needs the moment before, too. */
static void watch_forks(void)
{
	watch_result = pthread_atfork(before_fork, after_fork, forget_context);
}

static void free_context(struct sg_ssl *ssl)
{
	if (!ssl)
		return;
	if (ssl->provider && OSSL_PROVIDER_unload(ssl->provider) != 1)
		sg_ssl_failed("unload its default provider");
	OSSL_LIB_CTX_free(ssl->lib);
	free(ssl);
}

/* Find the functions of an algorithm that has this name as its first of many. */
static const OSSL_DISPATCH *find(const OSSL_ALGORITHM *list, const char *name)
{
	size_t len = strlen(name);

	for (; list && list->algorithm_names; list++) {
		const char *first = list->algorithm_names;

		if (strncmp(first, name, len) == 0 && (first[len] == ':' || first[len] == '\0'))
			return list->implementation;
	}
	return NULL;
}

static bool find_cipher(const OSSL_ALGORITHM *list, const char *name, struct sg_cipher *out)
{
	const OSSL_DISPATCH *fn = find(list, name);

	for (; fn && fn->function_id != 0; fn++) {
		if (fn->function_id == OSSL_FUNC_CIPHER_NEWCTX)
			out->newctx = OSSL_FUNC_cipher_newctx(fn);
		else if (fn->function_id == OSSL_FUNC_CIPHER_ENCRYPT_INIT)
			out->encrypt_init = OSSL_FUNC_cipher_encrypt_init(fn);
		else if (fn->function_id == OSSL_FUNC_CIPHER_DECRYPT_INIT)
			out->decrypt_init = OSSL_FUNC_cipher_decrypt_init(fn);
		else if (fn->function_id == OSSL_FUNC_CIPHER_UPDATE)
			out->update = OSSL_FUNC_cipher_update(fn);
		else if (fn->function_id == OSSL_FUNC_CIPHER_FINAL)
			out->final = OSSL_FUNC_cipher_final(fn);
		else if (fn->function_id == OSSL_FUNC_CIPHER_GET_CTX_PARAMS)
			out->get_ctx_params = OSSL_FUNC_cipher_get_ctx_params(fn);
		else if (fn->function_id == OSSL_FUNC_CIPHER_FREECTX)
			out->freectx = OSSL_FUNC_cipher_freectx(fn);
	}
	return out->newctx && out->encrypt_init && out->decrypt_init && out->update &&
	       out->final && out->get_ctx_params && out->freectx;
}

static bool find_md(const OSSL_ALGORITHM *list, const char *name, struct sg_md *out)
{
	const OSSL_DISPATCH *fn = find(list, name);

	for (; fn && fn->function_id != 0; fn++) {
		if (fn->function_id == OSSL_FUNC_DIGEST_NEWCTX)
			out->newctx = OSSL_FUNC_digest_newctx(fn);
		else if (fn->function_id == OSSL_FUNC_DIGEST_INIT)
			out->init = OSSL_FUNC_digest_init(fn);
		else if (fn->function_id == OSSL_FUNC_DIGEST_UPDATE)
			out->update = OSSL_FUNC_digest_update(fn);
		else if (fn->function_id == OSSL_FUNC_DIGEST_FINAL)
			out->final = OSSL_FUNC_digest_final(fn);
		else if (fn->function_id == OSSL_FUNC_DIGEST_DUPCTX)
			out->dupctx = OSSL_FUNC_digest_dupctx(fn);
		else if (fn->function_id == OSSL_FUNC_DIGEST_FREECTX)
			out->freectx = OSSL_FUNC_digest_freectx(fn);
	}
	return out->newctx && out->init && out->update && out->final && out->dupctx &&
	       out->freectx;
}

static bool find_row(const OSSL_ALGORITHM *list, const char *const names[3],
                     struct sg_cipher row[3])
{
	return find_cipher(list, names[0], &row[0]) && find_cipher(list, names[1], &row[1]) &&
	       find_cipher(list, names[2], &row[2]);
}

static bool find_ciphers(struct sg_ssl *ssl)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *list = OSSL_PROVIDER_query_operation(ssl->provider, OSSL_OP_CIPHER,
	                                                           &no_cache);
	bool found = find_row(list, ecb_names, ssl->ecb) && find_row(list, cbc_names, ssl->cbc) &&
	             find_row(list, ctr_names, ssl->ctr) && find_row(list, cfb_names, ssl->cfb) &&
	             find_row(list, gcm_names, ssl->gcm) &&
	             find_row(list, kw_names, ssl->kw) && find_row(list, kwp_names, ssl->kwp);

	OSSL_PROVIDER_unquery_operation(ssl->provider, OSSL_OP_CIPHER, list);
	return found;
}

static bool find_digests(struct sg_ssl *ssl)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *list = OSSL_PROVIDER_query_operation(ssl->provider, OSSL_OP_DIGEST,
	                                                           &no_cache);
	bool found = find_md(list, "SHA1", &ssl->sha1) &&
	             find_md(list, "SHA2-256", &ssl->sha256) &&
	             find_md(list, "SHA2-384", &ssl->sha384) &&
	             find_md(list, "SHA2-512", &ssl->sha512);

	OSSL_PROVIDER_unquery_operation(ssl->provider, OSSL_OP_DIGEST, list);
	return found;
}

static bool find_keymgmt(const OSSL_ALGORITHM *list, const char *name, struct sg_keymgmt *out)
{
	const OSSL_DISPATCH *fn = find(list, name);

	for (; fn && fn->function_id != 0; fn++) {
		if (fn->function_id == OSSL_FUNC_KEYMGMT_NEW)
			out->new = OSSL_FUNC_keymgmt_new(fn);
		else if (fn->function_id == OSSL_FUNC_KEYMGMT_IMPORT)
			out->import = OSSL_FUNC_keymgmt_import(fn);
		else if (fn->function_id == OSSL_FUNC_KEYMGMT_FREE)
			out->free = OSSL_FUNC_keymgmt_free(fn);
	}
	return out->new && out->import && out->free;
}

static bool find_ecdsa(const OSSL_ALGORITHM *list, struct sg_ecdsa *out)
{
	const OSSL_DISPATCH *fn = find(list, "ECDSA");

	for (; fn && fn->function_id != 0; fn++) {
		if (fn->function_id == OSSL_FUNC_SIGNATURE_NEWCTX)
			out->newctx = OSSL_FUNC_signature_newctx(fn);
		else if (fn->function_id == OSSL_FUNC_SIGNATURE_VERIFY_INIT)
			out->verify_init = OSSL_FUNC_signature_verify_init(fn);
		else if (fn->function_id == OSSL_FUNC_SIGNATURE_VERIFY)
			out->verify = OSSL_FUNC_signature_verify(fn);
		else if (fn->function_id == OSSL_FUNC_SIGNATURE_FREECTX)
			out->freectx = OSSL_FUNC_signature_freectx(fn);
	}
	return out->newctx && out->verify_init && out->verify && out->freectx;
}

static bool find_generation(const OSSL_ALGORITHM *list, struct sg_ecdh *out)
{
	const OSSL_DISPATCH *fn = find(list, "EC");

	for (; fn && fn->function_id != 0; fn++) {
		if (fn->function_id == OSSL_FUNC_KEYMGMT_GEN_INIT)
			out->gen_init = OSSL_FUNC_keymgmt_gen_init(fn);
		else if (fn->function_id == OSSL_FUNC_KEYMGMT_GEN)
			out->gen = OSSL_FUNC_keymgmt_gen(fn);
		else if (fn->function_id == OSSL_FUNC_KEYMGMT_GEN_CLEANUP)
			out->gen_cleanup = OSSL_FUNC_keymgmt_gen_cleanup(fn);
		else if (fn->function_id == OSSL_FUNC_KEYMGMT_GET_PARAMS)
			out->get_params = OSSL_FUNC_keymgmt_get_params(fn);
	}
	return out->gen_init && out->gen && out->gen_cleanup && out->get_params;
}

static bool find_exchange(const OSSL_ALGORITHM *list, struct sg_ecdh *out)
{
	const OSSL_DISPATCH *fn = find(list, "ECDH");

	for (; fn && fn->function_id != 0; fn++) {
		if (fn->function_id == OSSL_FUNC_KEYEXCH_NEWCTX)
			out->newctx = OSSL_FUNC_keyexch_newctx(fn);
		else if (fn->function_id == OSSL_FUNC_KEYEXCH_INIT)
			out->init = OSSL_FUNC_keyexch_init(fn);
		else if (fn->function_id == OSSL_FUNC_KEYEXCH_SET_PEER)
			out->set_peer = OSSL_FUNC_keyexch_set_peer(fn);
		else if (fn->function_id == OSSL_FUNC_KEYEXCH_DERIVE)
			out->derive = OSSL_FUNC_keyexch_derive(fn);
		else if (fn->function_id == OSSL_FUNC_KEYEXCH_FREECTX)
			out->freectx = OSSL_FUNC_keyexch_freectx(fn);
	}
	return out->newctx && out->init && out->set_peer && out->derive && out->freectx;
}

static bool find_asym_cipher(const OSSL_ALGORITHM *list, struct sg_asym_cipher *out)
{
	const OSSL_DISPATCH *fn = find(list, "RSA");

	for (; fn && fn->function_id != 0; fn++) {
		if (fn->function_id == OSSL_FUNC_ASYM_CIPHER_NEWCTX)
			out->newctx = OSSL_FUNC_asym_cipher_newctx(fn);
		else if (fn->function_id == OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT)
			out->encrypt_init = OSSL_FUNC_asym_cipher_encrypt_init(fn);
		else if (fn->function_id == OSSL_FUNC_ASYM_CIPHER_ENCRYPT)
			out->encrypt = OSSL_FUNC_asym_cipher_encrypt(fn);
		else if (fn->function_id == OSSL_FUNC_ASYM_CIPHER_FREECTX)
			out->freectx = OSSL_FUNC_asym_cipher_freectx(fn);
	}
	return out->newctx && out->encrypt_init && out->encrypt && out->freectx;
}

static bool find_pairs(struct sg_ssl *ssl)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *keys = OSSL_PROVIDER_query_operation(ssl->provider, OSSL_OP_KEYMGMT,
	                                                           &no_cache);
	const OSSL_ALGORITHM *signatures = OSSL_PROVIDER_query_operation(
		ssl->provider, OSSL_OP_SIGNATURE, &no_cache);
	const OSSL_ALGORITHM *asym = OSSL_PROVIDER_query_operation(
		ssl->provider, OSSL_OP_ASYM_CIPHER, &no_cache);
	const OSSL_ALGORITHM *exchanges = OSSL_PROVIDER_query_operation(
		ssl->provider, OSSL_OP_KEYEXCH, &no_cache);
	bool found = find_keymgmt(keys, "EC", &ssl->ec) && find_ecdsa(signatures, &ssl->ecdsa) &&
	             find_generation(keys, &ssl->ecdh) && find_exchange(exchanges, &ssl->ecdh) &&
	             find_keymgmt(keys, "RSA", &ssl->rsa) &&
	             find_asym_cipher(asym, &ssl->rsa_cipher);

	OSSL_PROVIDER_unquery_operation(ssl->provider, OSSL_OP_KEYEXCH, exchanges);
	OSSL_PROVIDER_unquery_operation(ssl->provider, OSSL_OP_ASYM_CIPHER, asym);
	OSSL_PROVIDER_unquery_operation(ssl->provider, OSSL_OP_SIGNATURE, signatures);
	OSSL_PROVIDER_unquery_operation(ssl->provider, OSSL_OP_KEYMGMT, keys);
	return found;
}

static bool start_provider(struct sg_ssl *ssl)
{
	ssl->lib = OSSL_LIB_CTX_new();
	if (!ssl->lib)
		return false;
	ssl->provider = OSSL_PROVIDER_load(ssl->lib, "default");
	if (!ssl->provider)
		return false;
	ssl->provctx = OSSL_PROVIDER_get0_provider_ctx(ssl->provider);
	return find_ciphers(ssl) && find_digests(ssl) && find_pairs(ssl);
}

static struct sg_ssl *make_context(void)
{
	struct sg_ssl *ssl = NULL;

	ERR_set_mark();
	ssl = calloc(1, sizeof(*ssl));
	if (!ssl)
		goto out;
	if (!start_provider(ssl)) {
		sg_ssl_failed("start its default provider");
		free_context(ssl);
		ssl = NULL;
	}
out:
	ERR_pop_to_mark();
	return ssl;
}

enum sg_err sg_ssl_start(void)
{
	/* In this order, as in store/db.c. */
	if (sg_fork_watch() != SG_OK || pthread_once(&once, watch_forks) != 0 || watch_result != 0)
		return SG_ERR_NOMEM;
	return SG_OK;
}

const struct sg_ssl *sg_ssl(void)
{
	struct sg_ssl *ssl = atomic_load_explicit(&current, memory_order_acquire);

	if (ssl)
		return ssl;

	if (sg_ssl_start() != SG_OK)
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
