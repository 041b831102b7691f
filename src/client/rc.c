/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The table of return values [PKCS#11 3.1 §5.1].
 */
#include "client/rc.h"

#include <stddef.h>

#include <p11-kit/p11-kit.h>
#include <signet/pkcs11.h>

#include "client/manner.h"
#include "client/rv.h"
#include "util/log.h"

struct row {
	CK_RV rv;
	enum sg_err err;
	bool lost;              /* what was opened before is void; beginning anew may help */
};

static const struct row rows[] = {
	/* The module's memory: of another process or machine, perhaps. */
	{ CKR_HOST_MEMORY,                      SG_ERR_HSM_FAULT,      false },

	{ CKR_SLOT_ID_INVALID,                  SG_ERR_HSM_MISSING,    true },
	{ CKR_TOKEN_NOT_RECOGNIZED,             SG_ERR_HSM_MISSING,    true },
	{ CKR_TOKEN_NOT_PRESENT,                SG_ERR_HSM_REMOVED,    true },
	{ CKR_DEVICE_REMOVED,                   SG_ERR_HSM_REMOVED,    true },
	{ CKR_CRYPTOKI_NOT_INITIALIZED,         SG_ERR_HSM_REMOVED,    true },
	{ CKR_SESSION_HANDLE_INVALID,           SG_ERR_HSM_REMOVED,    true },
	{ CKR_SESSION_CLOSED,                   SG_ERR_HSM_REMOVED,    true },
	{ CKR_USER_NOT_LOGGED_IN,               SG_ERR_HSM_REMOVED,    true },
	{ CKR_KEY_HANDLE_INVALID,               SG_ERR_HSM_OTHER,      true },
	{ CKR_OBJECT_HANDLE_INVALID,            SG_ERR_HSM_OTHER,      true },
	{ CKR_WRAPPING_KEY_HANDLE_INVALID,      SG_ERR_HSM_OTHER,      true },
	{ CKR_UNWRAPPING_KEY_HANDLE_INVALID,    SG_ERR_HSM_OTHER,      true },
	{ CKR_DEVICE_ERROR,                     SG_ERR_HSM_FAULT,      true },

	{ CKR_SESSION_COUNT,                    SG_ERR_HSM_SESSIONS,   false },
	{ CKR_FUNCTION_CANCELED,                SG_ERR_HSM_BUSY,       false },
	{ CKR_OPERATION_ACTIVE,                 SG_ERR_HSM_FAULT,      true },
	{ CKR_OPERATION_NOT_INITIALIZED,        SG_ERR_HSM_FAULT,      true },
	{ CKR_DEVICE_MEMORY,                    SG_ERR_HSM_FAULT,      false },
	{ CKR_ARGUMENTS_BAD,                    SG_ERR_HSM_FAULT,      false },
	{ CKR_BUFFER_TOO_SMALL,                 SG_ERR_HSM_FAULT,      false },
	{ CKR_CANT_LOCK,                        SG_ERR_HSM_FAULT,      false },
	{ CKR_MUTEX_BAD,                        SG_ERR_HSM_FAULT,      false },
	{ CKR_MUTEX_NOT_LOCKED,                 SG_ERR_HSM_FAULT,      false },
	{ CKR_NEED_TO_CREATE_THREADS,           SG_ERR_HSM_FAULT,      false },
	{ CKR_USER_ANOTHER_ALREADY_LOGGED_IN,   SG_ERR_HSM_BUSY,       false },
	{ CKR_USER_TOO_MANY_TYPES,              SG_ERR_HSM_BUSY,       false },

	{ CKR_PIN_INCORRECT,                    SG_ERR_HSM_PIN,        false },
	{ CKR_PIN_INVALID,                      SG_ERR_HSM_PIN,        false },
	{ CKR_PIN_LEN_RANGE,                    SG_ERR_HSM_PIN,        false },
	{ CKR_PIN_EXPIRED,                      SG_ERR_HSM_PIN,        false },
	{ CKR_USER_PIN_NOT_INITIALIZED,         SG_ERR_HSM_PIN,        false },
	{ CKR_PIN_LOCKED,                       SG_ERR_HSM_LOCKED,     false },

	{ CKR_MECHANISM_INVALID,                SG_ERR_HSM_MECHANISM,  false },
	{ CKR_MECHANISM_PARAM_INVALID,          SG_ERR_HSM_MECHANISM,  false },
	{ CKR_FUNCTION_NOT_SUPPORTED,           SG_ERR_HSM_MECHANISM,  false },
	{ CKR_FUNCTION_REJECTED,                SG_ERR_HSM_MECHANISM,  false },
	{ CKR_KEY_TYPE_INCONSISTENT,            SG_ERR_HSM_MECHANISM,  false },
	{ CKR_KEY_SIZE_RANGE,                   SG_ERR_HSM_MECHANISM,  false },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED,       SG_ERR_HSM_MECHANISM,  false },
	{ CKR_ATTRIBUTE_TYPE_INVALID,           SG_ERR_HSM_MECHANISM,  false },
	{ CKR_ATTRIBUTE_VALUE_INVALID,          SG_ERR_HSM_MECHANISM,  false },
	{ CKR_TEMPLATE_INCOMPLETE,              SG_ERR_HSM_MECHANISM,  false },
	{ CKR_TEMPLATE_INCONSISTENT,            SG_ERR_HSM_MECHANISM,  false },
	{ CKR_TOKEN_WRITE_PROTECTED,            SG_ERR_HSM_MECHANISM,  false },

	/* Of another signet, as which ours is to a program. */
	{ CKR_SIGNET_HW_PERMISSION,             SG_ERR_HW_PERMISSION,  false },
	{ CKR_SIGNET_STORE_UNSAFE,              SG_ERR_HW_PERMISSION,  false },
	{ CKR_SIGNET_SECURE_MEMORY,             SG_ERR_SECURE_MEMORY,  false },

	{ CKR_ENCRYPTED_DATA_INVALID,           SG_ERR_SEALED_DAMAGED, false },
	{ CKR_ENCRYPTED_DATA_LEN_RANGE,         SG_ERR_SEALED_DAMAGED, false },
	{ CKR_AEAD_DECRYPT_FAILED,              SG_ERR_SEALED_DAMAGED, false },
	{ CKR_WRAPPED_KEY_INVALID,              SG_ERR_SEALED_DAMAGED, false },
	{ CKR_WRAPPED_KEY_LEN_RANGE,            SG_ERR_SEALED_DAMAGED, false },
};

static const struct row *find(CK_RV rv)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].rv == rv)
			return &rows[i];
	return NULL;
}

bool sg_client_is_vague(CK_RV rv)
{
	return rv != CKR_OK && find(rv) == NULL;
}

/* p11-kit knows those of the specification; another signet may be the module. */
static const char *meaning(CK_RV rv)
{
	const enum sg_err cause = (rv & ~0xffUL) == CKR_SIGNET ? sg_rv_cause(rv) : SG_OK;

	return cause != SG_OK ? sg_err_sentence(cause) : p11_kit_strerror(rv);
}

enum sg_err sg_client_err(const char *function, CK_RV rv, bool *lost)
{
	const struct row *row = find(rv);

	if (rv == CKR_OK)
		return SG_OK;
	sg_log(SG_LOG_ERROR, "the %s answers to %s: %s (0x%lx)", sg_client_noun(), function,
	       meaning(rv), rv);
	if (row != NULL && row->lost && lost != NULL)
		*lost = true;
	return row != NULL ? row->err : SG_ERR_HSM_FAULT;
}
