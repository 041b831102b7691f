/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. One key, used by EVP through the provider, and by the functions of the module.
 */
#include "bench/provider.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "lib/file.h"
#include "lib/scratch.h"

#define LABEL "of OpenSSL"

struct at {
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE handle;
	OSSL_LIB_CTX *lib;
	EVP_PKEY *key;
	EVP_MD_CTX *ctx;
	unsigned char message[64];
};

static void ours(void *arg)
{
	struct at *at = arg;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[64];
	size_t len = sizeof signature;

	if (EVP_DigestSignInit_ex(ctx, NULL, NULL, at->lib, NULL, at->key, NULL) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, at->message, sizeof at->message) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
}

/* The same in a context that is used again, as a program does that signs often. */
static void again(void *arg)
{
	struct at *at = arg;
	unsigned char signature[64];
	size_t len = sizeof signature;

	if (EVP_DigestSignInit_ex(at->ctx, NULL, NULL, at->lib, NULL, NULL, NULL) != 1 ||
	    EVP_DigestSign(at->ctx, signature, &len, at->message, sizeof at->message) != 1)
		abort();
}

static void raw(void *arg)
{
	struct at *at = arg;
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	unsigned char signature[64];
	CK_ULONG len = sizeof signature;

	bench_check(at->p11->C_SignInit(at->session, &eddsa, at->handle), "C_SignInit");
	bench_check(at->p11->C_Sign(at->session, at->message, sizeof at->message, signature, &len),
	            "C_Sign");
}

static void make_key(struct at *at)
{
	CK_MECHANISM pair = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	unsigned char curve[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, 1 }, { CKA_EC_PARAMS, curve, sizeof curve },
		{ CKA_LABEL, (void *)LABEL, strlen(LABEL) },
	};
	CK_ATTRIBUTE private[] = {
		{ CKA_TOKEN, &yes, 1 }, { CKA_LABEL, (void *)LABEL, strlen(LABEL) },
	};
	CK_OBJECT_HANDLE public_key;

	bench_check(at->p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                                   &at->session), "C_OpenSession");
	bench_check(at->p11->C_GenerateKeyPair(at->session, &pair, public, 3, private, 2,
	                                       &public_key, &at->handle), "C_GenerateKeyPair");
}

/* Have OpenSSL load the provider, which loads the module. */
static void activate(struct at *at, const char *folder, const char *module)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char *conf = scratch_path(folder, "openssl.cnf"), *real = realpath(module, NULL);
	char *real_build = realpath(build != NULL ? build : ".", NULL);
	char text[8192];

	ck_assert_ptr_nonnull(real);
	ck_assert_ptr_nonnull(real_build);
	snprintf(text, sizeof text,
	         "openssl_conf = all\n[all]\nproviders = list\n[list]\ndefault = on\n"
	         "signet = ours\n[on]\nactivate = 1\n[ours]\nactivate = 1\n"
	         "module = %s/src/provider/.libs/signet.so\npkcs11-module-path = %s\n", real_build,
	         real);
	test_file_write(conf, sg_bytes_str(text));
	at->lib = OSSL_LIB_CTX_new();
	ck_assert_int_eq(OSSL_LIB_CTX_load_config(at->lib, conf), 1);
	free(real_build);
	free(real);
	free(conf);
}

static void load_key(struct at *at)
{
	OSSL_STORE_CTX *store;
	OSSL_STORE_INFO *info;

	store = OSSL_STORE_open_ex("pkcs11:slot-id=0;object=of%20OpenSSL;type=private", at->lib, NULL,
	                           NULL, NULL, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(store);
	info = OSSL_STORE_load(store);
	ck_assert_ptr_nonnull(info);
	at->key = OSSL_STORE_INFO_get1_PKEY(info);
	ck_assert_ptr_nonnull(at->key);
	OSSL_STORE_INFO_free(info);
	OSSL_STORE_close(store);
}

void bench_provider(CK_FUNCTION_LIST *p11, const char *module)
{
	struct at at = { .p11 = p11 };
	char *folder = scratch_make();

	make_key(&at);
	activate(&at, folder, module);
	load_key(&at);
	bench_row("EVP_DigestSignInit + EVP_DigestSign, 64 bytes", "the module's C_Sign",
	          bench_measure((struct bench_work){ ours, &at }, (struct bench_work){ raw, &at }));
	at.ctx = EVP_MD_CTX_new();
	ck_assert_ptr_nonnull(at.ctx);
	ck_assert_int_eq(EVP_DigestSignInit_ex(at.ctx, NULL, NULL, at.lib, NULL, at.key, NULL), 1);
	bench_row("  the same in one context", "the module's C_Sign",
	          bench_measure((struct bench_work){ again, &at }, (struct bench_work){ raw, &at }));
	EVP_MD_CTX_free(at.ctx);
	EVP_PKEY_free(at.key);
	OSSL_LIB_CTX_free(at.lib);
	bench_check(p11->C_CloseSession(at.session), "C_CloseSession");
	scratch_remove(&folder);
}
