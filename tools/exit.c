/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The tables of exit codes.
 */
#include "tools/exit.h"

#include <stddef.h>

static const char *const texts[TOOL_EXITS] = {
	[TOOL_OK] = "it worked",
	[TOOL_FAILED] = "it failed for another reason than those below",
	[TOOL_USAGE] = "the command line is wrong",
	[TOOL_NOT_FOUND] = "no such token, key or file",
	[TOOL_PIN] = "wrong PIN, or no PIN is set",
	[TOOL_LOCKED] = "the TPM refuses PINs for now",
	[TOOL_HARDWARE] = "the TPM is missing, not permitted, busy or broken",
	[TOOL_STORE] = "the store is damaged, unsafe, full or read-only",
	[TOOL_MISMATCH] = "a signature, tag, certificate, share or wrapped key does not match",
	[TOOL_EXISTS] = "such a thing exists already",
	[TOOL_CONFIG] = "the configuration is wrong or does not allow it",
	[TOOL_OTHER_TPM] = "not the TPM that sealed it, or its storage key is gone",
	[TOOL_UNTOLD] = "it was done, but can't be told, or the TPM has yet to do its part",
	[TOOL_REMOTE] = "a server can't be reached, is not ready, or does not answer as it should",
};

static const enum tool_exit codes[SG_ERR_COUNT] = {
	[SG_OK] = TOOL_OK,
	[SG_ERR_NOMEM] = TOOL_FAILED,
	[SG_ERR_ARG] = TOOL_USAGE,
	[SG_ERR_RANGE] = TOOL_FAILED,
	[SG_ERR_SYSTEM] = TOOL_FAILED,
	[SG_ERR_SECURE_MEMORY] = TOOL_FAILED,
	[SG_ERR_CONFIG] = TOOL_CONFIG,
	[SG_ERR_CRYPTO] = TOOL_FAILED,
	[SG_ERR_TAG] = TOOL_MISMATCH,
	[SG_ERR_FORMAT] = TOOL_FAILED,
	[SG_ERR_HW_MISSING] = TOOL_HARDWARE,
	[SG_ERR_HW_PERMISSION] = TOOL_HARDWARE,
	[SG_ERR_HW_BUSY] = TOOL_HARDWARE,
	[SG_ERR_HW_REMOVED] = TOOL_HARDWARE,
	[SG_ERR_HW_FAULT] = TOOL_HARDWARE,
	[SG_ERR_HW_MEMORY] = TOOL_HARDWARE,
	[SG_ERR_HW_OTHER] = TOOL_OTHER_TPM,
	[SG_ERR_HW_NO_PARENT] = TOOL_OTHER_TPM,
	[SG_ERR_HW_FOREIGN] = TOOL_OTHER_TPM,
	[SG_ERR_HW_OWNER_AUTH] = TOOL_HARDWARE,
	[SG_ERR_HW_EK_AUTH] = TOOL_HARDWARE,
	[SG_ERR_HW_UNSUPPORTED] = TOOL_HARDWARE,
	[SG_ERR_HW_RETRY] = TOOL_HARDWARE,
	[SG_ERR_HW_YIELDED] = TOOL_HARDWARE,
	[SG_ERR_HW_TESTING] = TOOL_HARDWARE,
	[SG_ERR_HW_NV_RATE] = TOOL_HARDWARE,
	[SG_ERR_HW_NV_FULL] = TOOL_HARDWARE,
	[SG_ERR_HW_NV_GONE] = TOOL_OTHER_TPM,
	[SG_ERR_HW_FAILURE] = TOOL_HARDWARE,
	[SG_ERR_HW_NOT_STARTED] = TOOL_HARDWARE,
	[SG_ERR_HW_REBOOT] = TOOL_HARDWARE,
	[SG_ERR_HW_TIMEOUT] = TOOL_HARDWARE,
	[SG_ERR_HSM_MISSING] = TOOL_HARDWARE,
	[SG_ERR_HSM_REMOVED] = TOOL_HARDWARE,
	[SG_ERR_HSM_BUSY] = TOOL_HARDWARE,
	[SG_ERR_HSM_TIMEOUT] = TOOL_HARDWARE,
	[SG_ERR_HSM_SESSIONS] = TOOL_HARDWARE,
	[SG_ERR_HSM_FAULT] = TOOL_HARDWARE,
	[SG_ERR_HSM_MECHANISM] = TOOL_HARDWARE,
	[SG_ERR_HSM_PIN] = TOOL_HARDWARE,
	[SG_ERR_HSM_LAST] = TOOL_HARDWARE,
	[SG_ERR_HSM_LOCKED] = TOOL_HARDWARE,
	[SG_ERR_HSM_OTHER] = TOOL_OTHER_TPM,
	[SG_ERR_HSM_KEY] = TOOL_OTHER_TPM,
	[SG_ERR_SEALED_DAMAGED] = TOOL_STORE,
	[SG_ERR_TRIPWIRE] = TOOL_OTHER_TPM,
	[SG_ERR_AUTH] = TOOL_PIN,
	[SG_ERR_KEY_PIN] = TOOL_PIN,
	[SG_ERR_LOCKED] = TOOL_LOCKED,
	[SG_ERR_PIN_SPENT] = TOOL_LOCKED,
	[SG_ERR_PIN_INDEX] = TOOL_OTHER_TPM,
	[SG_ERR_POLICY] = TOOL_OTHER_TPM,
	[SG_ERR_LEASE] = TOOL_OTHER_TPM,
	[SG_ERR_PCR_CHANGED] = TOOL_HARDWARE,
	[SG_ERR_PARCEL_OTHER] = TOOL_OTHER_TPM,
	[SG_ERR_SEALER_OFF] = TOOL_CONFIG,
	[SG_ERR_SEALER_UNKNOWN] = TOOL_CONFIG,
	[SG_ERR_STORE_MISSING] = TOOL_NOT_FOUND,
	[SG_ERR_STORE_EXISTS] = TOOL_EXISTS,
	[SG_ERR_STORE_DAMAGED] = TOOL_STORE,
	[SG_ERR_STORE_OLD] = TOOL_STORE,
	[SG_ERR_UNCOUNTED] = TOOL_UNTOLD,
	[SG_ERR_PIN_LEFT] = TOOL_UNTOLD,
	[SG_ERR_TOKEN_REPLACED] = TOOL_STORE,
	[SG_ERR_STORE_VERSION] = TOOL_STORE,
	[SG_ERR_STORE_UNSAFE] = TOOL_STORE,
	[SG_ERR_STORE_BUSY] = TOOL_STORE,
	[SG_ERR_STORE_FULL] = TOOL_STORE,
	[SG_ERR_STORE_READONLY] = TOOL_STORE,
	[SG_ERR_NOT_FOUND] = TOOL_NOT_FOUND,
	[SG_ERR_CLOSED] = TOOL_FAILED,
};

static const struct tool_exit_row rows[] = {
	{ CKR_KEY_UNEXTRACTABLE, TOOL_FAILED, "This key may not leave the token, not even wrapped",
	  "Only keys that were made extractable can be wrapped." },
	{ CKR_KEY_NOT_WRAPPABLE, TOOL_FAILED, "A key of this kind can't be wrapped", NULL },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, TOOL_FAILED, "The key was not made for this use",
	  "signet list shows what each key may be used for; --usage says it when a key is made." },
	{ CKR_KEY_TYPE_INCONSISTENT, TOOL_FAILED, "The key is of another type", NULL },
	{ CKR_KEY_SIZE_RANGE, TOOL_FAILED, "The key has a size that can't be used here", NULL },
	{ CKR_WRAPPING_KEY_TYPE_INCONSISTENT, TOOL_FAILED, "The wrapping key is no AES key", NULL },
	{ CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, TOOL_FAILED, "The unwrapping key is no AES key",
	  NULL },
	{ CKR_WRAPPED_KEY_INVALID, TOOL_MISMATCH,
	  "The wrapped key was changed, or another key wrapped it",
	  "Look whether --root and the files of --through are the ones it was wrapped with, in "
	  "that order." },
	{ CKR_WRAPPED_KEY_LEN_RANGE, TOOL_MISMATCH, "This has not the length of a wrapped AES key",
	  "signet wrap writes 24, 32 or 40 bytes, or the same in base64." },
	{ CKR_SIGNATURE_INVALID, TOOL_MISMATCH, "The signature does not fit the data and the key",
	  NULL },
	{ CKR_SIGNATURE_LEN_RANGE, TOOL_MISMATCH, "A signature has 64 bytes, this one has not",
	  NULL },
	{ CKR_ENCRYPTED_DATA_LEN_RANGE, TOOL_MISMATCH, "The encrypted data is too short", NULL },
	{ CKR_PIN_LEN_RANGE, TOOL_USAGE, "A PIN must have 4 to 255 bytes", NULL },
	{ CKR_USER_PIN_NOT_INITIALIZED, TOOL_PIN, "The user's PIN is not set yet",
	  "The security officer sets it with signet pin reset." },
	{ CKR_USER_NOT_LOGGED_IN, TOOL_PIN, "This needs the PIN", "Give it with --pin-file." },
	{ CKR_OBJECT_HANDLE_INVALID, TOOL_NOT_FOUND, "The object is gone, another process deleted it",
	  NULL },
	{ CKR_KEY_HANDLE_INVALID, TOOL_NOT_FOUND, "The key is gone, another process deleted it",
	  NULL },
	{ CKR_ACTION_PROHIBITED, TOOL_FAILED, "The object was made so that this is not allowed",
	  NULL },
};

const char *tool_exit_text(enum tool_exit code)
{
	return texts[code];
}

enum tool_exit tool_exit_err(enum sg_err err)
{
	return codes[err];
}

bool tool_rv_is_done(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_SIGNET_UNCOUNTED;
}

const struct tool_exit_row *tool_exit_rv(CK_RV rv)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].rv == rv)
			return &rows[i];
	return NULL;
}
