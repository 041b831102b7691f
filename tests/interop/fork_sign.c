/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that uses a key through OpenSSL before a fork and, with the same handle, in
 * the child and in the parent after it. It knows the key by its URI only. provider.sh
 * compiles it; it leaves the three signatures in the files before, child and parent.
 */
#include <openssl/evp.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static EVP_PKEY *load(const char *uri)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return key;
}

static int sign(EVP_PKEY *key, const char *name)
{
	static const unsigned char message[] = "a message of the fork";
	unsigned char signature[64];
	size_t len = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FILE *file = NULL;
	int good = 0;

	if (ctx == NULL || EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key, NULL) != 1)
		goto out;
	if (EVP_DigestSign(ctx, signature, &len, message, sizeof message - 1) != 1)
		goto out;
	file = fopen(name, "wb");
	good = file != NULL && fwrite(signature, 1, len, file) == len;
out:
	if (file != NULL && fclose(file) != 0)
		good = 0;
	EVP_MD_CTX_free(ctx);
	return good;
}

int main(int argc, char **argv)
{
	EVP_PKEY *key = argc == 2 ? load(argv[1]) : NULL;
	int status = 0;
	pid_t child;

	if (key == NULL || !sign(key, "before"))
		return EXIT_FAILURE;
	child = fork();
	if (child == 0)
		return sign(key, "child") ? EXIT_SUCCESS : EXIT_FAILURE;
	if (child < 0 || waitpid(child, &status, 0) != child || !sign(key, "parent"))
		return EXIT_FAILURE;
	EVP_PKEY_free(key);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
