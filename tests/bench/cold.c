/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. The cold start.
 */
#include "bench/cold.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/rv.h"

void bench_check(CK_RV rv, const char *what)
{
	const char *name = sg_rv_name(rv);

	if (rv == CKR_OK)
		return;
	fprintf(stderr, "bench: %s: %s (0x%lx)\n", what, name != NULL ? name : "?", rv);
	exit(EXIT_FAILURE);
}

double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

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

int bench_cold_child(const char *module)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	unsigned char message[64] = { 0 }, signature[64];
	CK_ULONG len = sizeof signature;
	CK_SESSION_HANDLE session;
	CK_FUNCTION_LIST *p11;
	double start = bench_now();

	p11 = bench_load(module);
	bench_check(p11->C_Initialize(NULL), "C_Initialize");
	bench_check(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session),
	            "C_OpenSession");
	bench_check(p11->C_SignInit(session, &eddsa, bench_find(p11, session, CKO_PRIVATE_KEY)),
	            "C_SignInit");
	bench_check(p11->C_Sign(session, message, sizeof message, signature, &len), "C_Sign");
	printf("%.0f\n", bench_now() - start);
	bench_check(p11->C_Finalize(NULL), "C_Finalize");
	return EXIT_SUCCESS;
}

double bench_cold_sample(const char *self, const char *module)
{
	char command[512];
	double ns = 0;
	FILE *child;
	int length;

	length = snprintf(command, sizeof command, "'%s' --cold '%s'", self, module);
	if (length < 0 || (size_t)length >= sizeof command) {
		fprintf(stderr, "bench: the path of the build folder is too long\n");
		exit(EXIT_FAILURE);
	}
	child = popen(command, "r");
	if (child == NULL || fscanf(child, "%lf", &ns) != 1 || pclose(child) != 0) {
		fprintf(stderr, "bench: the cold start failed\n");
		exit(EXIT_FAILURE);
	}
	return ns;
}
