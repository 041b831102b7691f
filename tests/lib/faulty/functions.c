/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The functions of PKCS#11 2.40 and the shapes of their arguments.
 */
#include "lib/faulty/functions.h"

#include <string.h>

const struct faulty_row faulty_rows[FAULTY_FUNCTIONS] = {
	{ "C_Initialize", "w" },
	{ "C_Finalize", "w" },
	{ "C_GetInfo", "w" },
	{ "C_GetFunctionList", "w" },
	{ "C_GetSlotList", "cww" },
	{ "C_GetSlotInfo", "lw" },
	{ "C_GetTokenInfo", "tw" },
	{ "C_GetMechanismList", "tww" },
	{ "C_GetMechanismInfo", "tww" },
	{ "C_InitToken", "twww" },
	{ "C_InitPIN", "sww" },
	{ "C_SetPIN", "swwww" },
	{ "C_OpenSession", "twwwS" },
	{ "C_CloseSession", "s" },
	{ "C_CloseAllSessions", "t" },
	{ "C_GetSessionInfo", "sw" },
	{ "C_GetOperationState", "sbn" },
	{ "C_SetOperationState", "swwkk" },
	{ "C_Login", "swww" },
	{ "C_Logout", "s" },
	{ "C_CreateObject", "swwO" },
	{ "C_CopyObject", "sowwO" },
	{ "C_DestroyObject", "so" },
	{ "C_GetObjectSize", "sow" },
	{ "C_GetAttributeValue", "soww" },
	{ "C_SetAttributeValue", "soww" },
	{ "C_FindObjectsInit", "sww" },
	{ "C_FindObjects", "swww" },
	{ "C_FindObjectsFinal", "s" },
	{ "C_EncryptInit", "smk" },
	{ "C_Encrypt", "swwbn" },
	{ "C_EncryptUpdate", "swwbn" },
	{ "C_EncryptFinal", "sbn" },
	{ "C_DecryptInit", "smk" },
	{ "C_Decrypt", "swwbn" },
	{ "C_DecryptUpdate", "swwbn" },
	{ "C_DecryptFinal", "sbn" },
	{ "C_DigestInit", "sm" },
	{ "C_Digest", "swwbn" },
	{ "C_DigestUpdate", "sww" },
	{ "C_DigestKey", "sk" },
	{ "C_DigestFinal", "sbn" },
	{ "C_SignInit", "smk" },
	{ "C_Sign", "swwbn" },
	{ "C_SignUpdate", "sww" },
	{ "C_SignFinal", "sbn" },
	{ "C_SignRecoverInit", "smk" },
	{ "C_SignRecover", "swwbn" },
	{ "C_VerifyInit", "smk" },
	{ "C_Verify", "swwww" },
	{ "C_VerifyUpdate", "sww" },
	{ "C_VerifyFinal", "sww" },
	{ "C_VerifyRecoverInit", "smk" },
	{ "C_VerifyRecover", "swwbn" },
	{ "C_DigestEncryptUpdate", "swwbn" },
	{ "C_DecryptDigestUpdate", "swwbn" },
	{ "C_SignEncryptUpdate", "swwbn" },
	{ "C_DecryptVerifyUpdate", "swwbn" },
	{ "C_GenerateKey", "smwwO" },
	{ "C_GenerateKeyPair", "smwwwwOO" },
	{ "C_WrapKey", "smkkbn" },
	{ "C_UnwrapKey", "smkwwwwO" },
	{ "C_DeriveKey", "smkwwO" },
	{ "C_SeedRandom", "sww" },
	{ "C_GenerateRandom", "sww" },
	{ "C_GetFunctionStatus", "s" },
	{ "C_CancelFunction", "s" },
	{ "C_WaitForSlotEvent", "www" },
};

size_t faulty_number(const char *name)
{
	size_t i = 0;

	while (i < FAULTY_FUNCTIONS && strcmp(faulty_rows[i].name, name) != 0)
		i++;
	return i;
}
