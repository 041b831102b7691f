/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. General-purpose functions [PKCS#11 3.1 §5.4]. C_Initialize does not touch
 * the hardware, does not block and does not fail because there is none.
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "api/entry.h"

#include "api/call.h"
#include "api/text.h"

/* Check the locking that the caller wants: ours is the system's, always. */
static CK_RV check_args(const CK_C_INITIALIZE_ARGS *args)
{
	unsigned callbacks;

	if (args->pReserved != NULL)
		return CKR_ARGUMENTS_BAD;
	callbacks = (args->CreateMutex != NULL) + (args->DestroyMutex != NULL) +
	            (args->LockMutex != NULL) + (args->UnlockMutex != NULL);
	if (callbacks != 0 && callbacks != 4)
		return CKR_ARGUMENTS_BAD;
	if (callbacks == 4 && (args->flags & CKF_OS_LOCKING_OK) == 0)
		return CKR_CANT_LOCK;
	return CKR_OK;
}

static bool is_initialized(void)
{
	if (sg_module_enter() == NULL)
		return false;
	sg_module_leave();
	return true;
}

CK_RV C_Initialize(void *init_args)
{
	const CK_C_INITIALIZE_ARGS *args = init_args;
	CK_RV rv = args != NULL ? check_args(args) : CKR_OK;

	if (rv != CKR_OK)
		return is_initialized() ? CKR_CRYPTOKI_ALREADY_INITIALIZED : rv;
	return sg_module_start(args == NULL ||
	                       (args->flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS) == 0);
}

CK_RV C_Finalize(void *reserved)
{
	if (reserved != NULL)
		return is_initialized() ? CKR_ARGUMENTS_BAD : CKR_CRYPTOKI_NOT_INITIALIZED;
	return sg_module_stop();
}

CK_RV C_GetInfo(CK_INFO *info)
{
	struct sg_call call;
	CK_RV rv = sg_call_module(&call);

	if (rv != CKR_OK)
		return rv;
	if (info == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	memset(info, 0, sizeof *info);
	info->cryptokiVersion.major = 2;
	info->cryptokiVersion.minor = 40;
	sg_text_pad(info->manufacturerID, sizeof info->manufacturerID, "signet");
	sg_text_pad(info->libraryDescription, sizeof info->libraryDescription,
	            "PKCS#11 token for machines");
	info->libraryVersion = sg_text_version(PACKAGE_VERSION);
	return sg_call_end(&call, CKR_OK);
}
