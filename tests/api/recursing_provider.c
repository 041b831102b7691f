/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. An OpenSSL provider that, while it is being loaded, uses the PKCS#11 module
 * named by SIGNET_TEST_MODULE, as providers for PKCS#11 may. It offers nothing.
 */
#include <dlfcn.h>
#include <openssl/core.h>
#include <stdlib.h>

#include "core/pkcs11.h"

static const OSSL_DISPATCH nothing[] = { { 0, NULL } };

static void use_module(const char *path)
{
	void *module = path != NULL ? dlopen(path, RTLD_NOW) : NULL;
	CK_FUNCTION_LIST *p11 = NULL;
	CK_C_GetFunctionList get;
	CK_SESSION_HANDLE session;
	CK_ULONG n = 0;

	if (module == NULL)
		return;
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (get == NULL || get(&p11) != CKR_OK)
		return;
	if (p11->C_Initialize(NULL) != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return;
	if (p11->C_GetSlotList(CK_TRUE, NULL, &n) != CKR_OK)
		return;
	if (p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
		return;
	if (p11->C_FindObjectsInit(session, NULL, 0) == CKR_OK)
		setenv("SIGNET_TEST_PROVIDER", "found", 1);
	p11->C_CloseSession(session);
}

__attribute__((visibility("default"))) int OSSL_provider_init(const OSSL_CORE_HANDLE *handle,
                                                             const OSSL_DISPATCH *in,
                                                             const OSSL_DISPATCH **out,
                                                             void **context)
{
	(void)in;
	use_module(getenv("SIGNET_TEST_MODULE"));
	*out = nothing;
	*context = (void *)handle;
	return 1;
}
