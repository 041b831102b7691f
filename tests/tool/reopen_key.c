/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What a program may try to have a key wrap that does not any more: change it, copy it as one
 * that does, use it all the same. Exit status 0 where it got something wrapped, 3 where not.
 *
 *     reopen_key MODULE LABEL
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <signet/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static bool find(char *label, CK_OBJECT_HANDLE *key)
{
	CK_ATTRIBUTE template[] = { { CKA_LABEL, label, strlen(label) } };
	CK_ULONG n = 0;

	return p11->C_FindObjectsInit(session, template, 1) == CKR_OK &&
	       p11->C_FindObjects(session, key, 1, &n) == CKR_OK &&
	       p11->C_FindObjectsFinal(session) == CKR_OK && n == 1;
}

static bool wraps(CK_OBJECT_HANDLE with)
{
	CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ULONG size = 32, len = 64;
	CK_ATTRIBUTE template[] = {
		{ CKA_VALUE_LEN, &size, sizeof size }, { CKA_EXTRACTABLE, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE key = 0;
	CK_BYTE out[64];

	return p11->C_GenerateKey(session, &generate, template, 2, &key) == CKR_OK &&
	       p11->C_WrapKey(session, &kwp, with, key, out, &len) == CKR_OK;
}

static bool reopens(CK_OBJECT_HANDLE key)
{
	CK_ATTRIBUTE change[] = { { CKA_WRAP, &yes, sizeof yes } };
	CK_ATTRIBUTE as[] = {
		{ CKA_WRAP, &yes, sizeof yes }, { CKA_TOKEN, &no, sizeof no },
		{ CKA_MODIFIABLE, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE copy = 0;

	(void)p11->C_SetAttributeValue(session, key, change, 1);
	if (wraps(key))
		return true;
	for (CK_ULONG n = 1; n <= 3; n++)
		if (p11->C_CopyObject(session, key, as, n, &copy) == CKR_OK && wraps(copy))
			return true;
	if (p11->C_CopyObject(session, key, as + 1, 1, &copy) != CKR_OK)
		return false;
	(void)p11->C_SetAttributeValue(session, copy, change, 1);
	return wraps(copy);
}

int main(int argc, char **argv)
{
	CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
	CK_OBJECT_HANDLE key = 0;
	CK_SLOT_ID slots[16];
	CK_ULONG n = 16;
	void *module;

	if (argc != 3)
		return 2;
	module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (module != NULL)
		*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (get == NULL || get(&p11) != CKR_OK || p11->C_Initialize(NULL) != CKR_OK ||
	    p11->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK ||
	    p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                       &session) != CKR_OK || !find(argv[2], &key)) {
		fprintf(stderr, "reopen_key: can't begin\n");
		return 1;
	}
	return reopens(key) ? 0 : 3;
}
