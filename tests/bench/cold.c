/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. The cold start.
 */
#include "bench/cold.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "core/token.h"
#include "crypto/crypto.h"
#include "seal/tripwire.h"

CK_FUNCTION_LIST *bench_load(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_FUNCTION_LIST *p11 = NULL;
	CK_C_GetFunctionList get;

	if (module == NULL) {
		fprintf(stderr, "bench: %s\n", dlerror());
		exit(EXIT_FAILURE);
	}
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	bench_check(get != NULL ? get(&p11) : CKR_FUNCTION_NOT_SUPPORTED, "C_GetFunctionList");
	return p11;
}

CK_OBJECT_HANDLE bench_find(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session,
                            CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class } };
	CK_OBJECT_HANDLE found;
	CK_ULONG n;

	bench_check(p11->C_FindObjectsInit(session, template, 1), "C_FindObjectsInit");
	bench_check(p11->C_FindObjects(session, &found, 1, &n), "C_FindObjects");
	bench_check(p11->C_FindObjectsFinal(session), "C_FindObjectsFinal");
	bench_check(n == 1 ? CKR_OK : CKR_OBJECT_HANDLE_INVALID, "find the key");
	return found;
}

static struct bench_cold begin(void)
{
	return (struct bench_cold){ bench_now(), bench_computed() };
}

static void end(struct bench_cold start)
{
	printf("%.0f %.0f\n", bench_now() - start.passed, bench_computed() - start.computed);
}

int bench_cold_child(const char *module)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	unsigned char message[64] = { 0 }, signature[64];
	CK_ULONG len = sizeof signature;
	CK_SESSION_HANDLE session;
	CK_FUNCTION_LIST *p11;
	const struct bench_cold start = begin();

	p11 = bench_load(module);
	bench_check(p11->C_Initialize(NULL), "C_Initialize");
	bench_check(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session),
	            "C_OpenSession");
	bench_check(p11->C_SignInit(session, &eddsa, bench_find(p11, session, CKO_PRIVATE_KEY)),
	            "C_SignInit");
	bench_check(p11->C_Sign(session, message, sizeof message, signature, &len), "C_Sign");
	end(start);
	bench_check(p11->C_Finalize(NULL), "C_Finalize");
	return EXIT_SUCCESS;
}

int bench_unseal_child(void)
{
	struct sg_boot_look look = { .whole = false };
	const struct sg_seal_guard guard = { .look = &look };
	struct sg_token_record record = { 0 };
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_sealer *sealer = NULL;
	struct sg_secret *key = NULL;
	enum sg_err err;
	struct bench_cold start;

	err = sg_crypto_start();
	if (err == SG_OK)
		err = sg_sealer_start(true);
	if (err == SG_OK)
		err = sg_config_load(&config);
	if (err == SG_OK)
		err = sg_token_new(config, 0, &token);
	if (err == SG_OK)
		err = sg_token_read_record(token, &record);
	start = begin();
	if (err == SG_OK)
		err = sg_sealer_open("tpm", config, &sealer);
	if (err == SG_OK)
		err = sealer->ops->unseal(sealer, sg_buf_bytes(&record.parent), &guard,
		                          sg_buf_bytes(&record.copy[SG_SEAL_OPEN].blob), &key);
	end(start);
	sg_secret_free(&key);
	sg_sealer_free(&sealer);
	sg_token_record_clear(&record);
	sg_token_free(&token);
	sg_config_free(&config);
	return err == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct bench_cold bench_cold_sample(const char *self, const char *module)
{
	char command[512];
	struct bench_cold sample;
	FILE *child;
	int length;

	length = module != NULL ? snprintf(command, sizeof command, "'%s' --cold '%s'", self, module)
	                        : snprintf(command, sizeof command, "'%s' --unseal", self);
	if (length < 0 || (size_t)length >= sizeof command) {
		fprintf(stderr, "bench: the path of the build folder is too long\n");
		exit(EXIT_FAILURE);
	}
	child = popen(command, "r");
	if (child == NULL || fscanf(child, "%lf %lf", &sample.passed, &sample.computed) != 2 || pclose(child) != 0) {
		fprintf(stderr, "bench: the cold start failed\n");
		exit(EXIT_FAILURE);
	}
	return sample;
}
