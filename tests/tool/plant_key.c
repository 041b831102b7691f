/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What any program of the user may do to a token that asks for a PIN: without one it makes a
 * public AES key of a known value, which may leave by every way.
 *
 *     plant_key MODULE TOKEN LABEL
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <signet/pkcs11.h>
#include <stdio.h>
#include <string.h>

static CK_FUNCTION_LIST *p11;

static CK_RV find_slot(const char *label, CK_SLOT_ID *slot)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = 64;
	CK_RV rv = p11->C_GetSlotList(CK_TRUE, slots, &n);

	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
		CK_TOKEN_INFO info;

		rv = p11->C_GetTokenInfo(slots[i], &info);
		if (rv == CKR_OK && strlen(label) <= sizeof info.label &&
		    memcmp(info.label, label, strlen(label)) == 0) {
			*slot = slots[i];
			return CKR_OK;
		}
	}
	return rv == CKR_OK ? CKR_TOKEN_NOT_PRESENT : rv;
}

static CK_RV plant(CK_SLOT_ID slot, char *label)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG ways = CKF_SIGNET_LEAVE_RECOVERY | CKF_SIGNET_LEAVE_SEND |
	                CKF_SIGNET_LEAVE_DELIVER;
	CK_BYTE value[32] = "it is known to who planted it..";
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &no, sizeof no },
		{ CKA_SIGNET_SEALED, &yes, sizeof yes }, { CKA_SIGNET_LEAVE, &ways, sizeof ways },
		{ CKA_LABEL, label, strlen(label) }, { CKA_VALUE, value, sizeof value },
	};
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_RV rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                              &session);

	return rv == CKR_OK ? p11->C_CreateObject(session, template,
	                                          sizeof template / sizeof template[0], &key)
	                    : rv;
}

int main(int argc, char **argv)
{
	CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
	CK_SLOT_ID slot = 0;
	CK_RV rv;
	void *module;

	if (argc != 4)
		return 2;
	module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (module != NULL)
		*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (get == NULL || get(&p11) != CKR_OK)
		return 1;
	rv = p11->C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = find_slot(argv[2], &slot);
	if (rv == CKR_OK)
		rv = plant(slot, argv[3]);
	if (rv != CKR_OK)
		fprintf(stderr, "plant_key: 0x%lx\n", rv);
	return rv != CKR_OK;
}
