/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What any program of the user may do to a token that asks for a PIN: without one it makes a
 * public AES key of a known value, which may leave by every way and says that it is that version of
 * a root; or data that looks like an unseal share of so many bytes, private where there is no PIN.
 *
 *     plant_key MODULE TOKEN LABEL [ROOT VERSION]
 *     plant_key MODULE TOKEN LABEL share BYTES public|private
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <signet/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
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

static CK_RV plant_key(CK_SESSION_HANDLE session, char *label, char *root, CK_ULONG version)
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
		{ CKA_WRAP, &yes, sizeof yes }, { CKA_UNWRAP, &yes, sizeof yes },
		{ CKA_SIGNET_ROOT, root, root != NULL ? strlen(root) : 0 },
		{ CKA_SIGNET_VERSION, &version, sizeof version },
	};
	CK_ULONG n = sizeof template / sizeof template[0] - (root != NULL ? 0 : 2);
	CK_OBJECT_HANDLE key;

	return p11->C_CreateObject(session, template, n, &key);
}

static CK_RV plant_share(CK_SESSION_HANDLE session, char *label, CK_BBOOL private, CK_ULONG len)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	char application[] = "signet unseal share";
	CK_BYTE value[64] = "it is known to who planted it..";
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &private, sizeof private },
		{ CKA_APPLICATION, application, sizeof application - 1 },
		{ CKA_LABEL, label, strlen(label) },
		{ CKA_VALUE, value, len <= sizeof value ? len : sizeof value },
		{ CKA_SIGNET_SEALED, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE data;

	/* What is public can't be sealed. */
	return p11->C_CreateObject(session, template,
	                           sizeof template / sizeof template[0] - !private, &data);
}

static CK_RV plant(CK_SLOT_ID slot, int argc, char **argv)
{
	CK_SESSION_HANDLE session;
	CK_RV rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                              &session);

	if (rv != CKR_OK)
		return rv;
	if (argc == 7)
		return plant_share(session, argv[3], strcmp(argv[6], "private") == 0,
		                   strtoul(argv[5], NULL, 10));
	return plant_key(session, argv[3], argc == 6 ? argv[4] : NULL,
	                 argc == 6 ? strtoul(argv[5], NULL, 10) : 0);
}

int main(int argc, char **argv)
{
	CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
	CK_SLOT_ID slot = 0;
	CK_RV rv;
	void *module;

	if (argc != 4 && argc != 6 && argc != 7)
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
		rv = plant(slot, argc, argv);
	if (rv != CKR_OK)
		fprintf(stderr, "plant_key: 0x%lx\n", rv);
	return rv != CKR_OK;
}
