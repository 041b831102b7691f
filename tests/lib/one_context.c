/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. One context of OpenSSL for all that tpm2-tss computes: this stands in front of libcrypto, in
 * the whole program and in the module that it loads. tpm2-tss makes a context with all its
 * algorithms for each digest and each HMAC, which would be most of what tests with a TPM compute. What
 * others make is their own. Programs that look for what lies about in memory do without this one
 * (tests/local.mk), and so do other people's programs.
 */
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *(*make)(void);
static void (*destroy)(OSSL_LIB_CTX *context);
static OSSL_LIB_CTX *one;

static void find(void)
{
	*(void **)&make = dlsym(RTLD_NEXT, "OSSL_LIB_CTX_new");
	*(void **)&destroy = dlsym(RTLD_NEXT, "OSSL_LIB_CTX_free");
	if (make == NULL || destroy == NULL)
		abort();
	one = make();
}

static bool is_tss(void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
	       strstr(info.dli_fname, "/libtss2-esys") != NULL;
}

__attribute__((visibility("default"))) OSSL_LIB_CTX *OSSL_LIB_CTX_new(void)
{
	pthread_once(&once, find);
	return is_tss(__builtin_return_address(0)) ? one : make();
}

__attribute__((visibility("default"))) void OSSL_LIB_CTX_free(OSSL_LIB_CTX *context)
{
	pthread_once(&once, find);
	if (context != one)
		destroy(context);
}
