/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What the faulty module tells of slots and token, whom it lets initialise it, and
 * answers whose bytes or lengths are wrong.
 */
#include <string.h>

#include "lib/faulty/call.h"

#define MAX_SLOTS 64
#define SHORT_LABEL 16

/* The bits that a maker refuses, and what it says. */
static CK_RV initialize_refusal(const CK_C_INITIALIZE_ARGS *args)
{
	if (args == NULL)
		return faulty_quirk(FAULTY_NEEDS_ARGUMENTS) ? CKR_ARGUMENTS_BAD : CKR_OK;
	if ((args->flags & CKF_OS_LOCKING_OK) != 0 && faulty_quirk(FAULTY_NO_OS_LOCKING))
		return CKR_CANT_LOCK;
	if ((args->flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS) != 0
	    && faulty_quirk(FAULTY_NEEDS_THREADS))
		return CKR_NEED_TO_CREATE_THREADS;
	return CKR_OK;
}

static CK_RV initialize(struct faulty_call *call)
{
	CK_RV rv = initialize_refusal(call->w[0].p);

	if (rv == CKR_OK)
		rv = faulty_pass(call);
	if (rv == CKR_OK)
		faulty_sessions_forget();
	return rv;
}

static CK_RV slot_list(struct faulty_call *call)
{
	CK_SLOT_ID all[MAX_SLOTS], *out = call->w[1].p;
	CK_ULONG n = MAX_SLOTS, *count = call->w[2].p, room = *count;
	CK_RV rv = faulty_below->C_GetSlotList(call->w[0].c, all, &n);

	if (rv != CKR_OK)
		return rv;
	if (call->w[0].c && atomic_load(&faulty->absent))
		n = 0;
	*count = n;
	if (out == NULL) {
		if (n > 0 && faulty_quirk(FAULTY_SLOTS_GROW))
			*count = n - 1;
		return CKR_OK;
	}
	if (room < n)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(out, all, n * sizeof all[0]);
	return CKR_OK;
}

static CK_RV slot_info(struct faulty_call *call)
{
	CK_SLOT_INFO *info = call->w[1].p;
	CK_RV rv = faulty_pass(call);

	if (rv == CKR_OK && atomic_load(&faulty->absent))
		info->flags &= ~(CK_FLAGS)CKF_TOKEN_PRESENT;
	return rv;
}

static void unpad(CK_UTF8CHAR *field, size_t len)
{
	while (len > 0 && field[len - 1] == ' ')
		field[--len] = '\0';
}

static CK_RV token_info(struct faulty_call *call)
{
	CK_TOKEN_INFO *info = call->w[1].p;
	CK_RV rv = faulty_pass(call);

	if (rv == CKR_OK && faulty_quirk(FAULTY_UNPADDED)) {
		unpad(info->label, sizeof info->label);
		unpad(info->manufacturerID, sizeof info->manufacturerID);
		unpad(info->model, sizeof info->model);
		unpad(info->serialNumber, sizeof info->serialNumber);
	}
	if (rv == CKR_OK && faulty_quirk(FAULTY_SAYS_SIGNET)) {
		memset(info->manufacturerID, ' ', sizeof info->manufacturerID);
		memcpy(info->manufacturerID, "signet", 6);
	}
	if (rv == CKR_OK && faulty_quirk(FAULTY_LAST_TRY))
		info->flags |= CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY;
	if (rv == CKR_OK && faulty_quirk(FAULTY_NO_LOGIN))
		info->flags &= ~(CK_FLAGS)CKF_LOGIN_REQUIRED;
	if (rv == CKR_OK && atomic_load(&faulty->session_limit) != 0)
		info->ulMaxSessionCount = atomic_load(&faulty->session_limit);
	return rv;
}

static void spoil(const struct faulty_function *f, CK_BYTE *bytes, CK_ULONG *len)
{
	for (CK_ULONG i = 0; atomic_load(&f->garbles) && i < *len; i++)
		bytes[i] ^= 0x5a;
	if (atomic_load(&f->lies))
		*len = atomic_load(&f->length);
}

/* A question for a length is answered truly; lies are told of what was written. */
void faulty_answer_spoil(const struct faulty_call *call)
{
	const char *shape = faulty_rows[call->number].shape;
	const char *buffer = strchr(shape, 'b');
	size_t at = buffer != NULL ? (size_t)(buffer - shape) : 0;

	if (buffer != NULL && call->w[at].p != NULL)
		spoil(&faulty->functions[call->number], call->w[at].p, call->w[at + 1].p);
}

static bool is_hidden(CK_ATTRIBUTE_TYPE type)
{
	return faulty_quirk(FAULTY_TELLS_NO_ORIGIN) &&
	       (type == CKA_LOCAL || type == CKA_ALWAYS_SENSITIVE || type == CKA_NEVER_EXTRACTABLE);
}

static CK_RV get_attribute_value(struct faulty_call *call)
{
	CK_ATTRIBUTE *template = call->w[2].p;
	CK_RV rv = faulty_pass(call);
	bool hidden = false;

	for (CK_ULONG i = 0; rv == CKR_OK && i < call->w[3].n; i++)
		if (template[i].type == CKA_MODULUS && template[i].pValue != NULL &&
		    faulty_quirk(FAULTY_OTHER_MODULUS))
			((CK_BYTE *)template[i].pValue)[template[i].ulValueLen / 2] ^= 0x5a;
	for (CK_ULONG i = 0; rv == CKR_OK && i < call->w[3].n; i++)
		if (template[i].type == CKA_LABEL && template[i].ulValueLen > SHORT_LABEL &&
		    faulty_quirk(FAULTY_CUTS_LABELS))
			template[i].ulValueLen = SHORT_LABEL;
	for (CK_ULONG i = 0; rv == CKR_OK && i < call->w[3].n; i++)
		if (template[i].pValue != NULL)
			spoil(&faulty->functions[call->number], template[i].pValue,
			      &template[i].ulValueLen);
	for (CK_ULONG i = 0; rv == CKR_OK && i < call->w[3].n; i++) {
		if (!is_hidden(template[i].type))
			continue;
		template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
		hidden = true;
	}
	return hidden ? CKR_ATTRIBUTE_TYPE_INVALID : rv;
}

static CK_RV find_objects_init(struct faulty_call *call)
{
	if (faulty_quirk(FAULTY_FINDS_ALL))
		call->w[2].n = 0;
	return faulty_pass(call);
}

const struct faulty_hook faulty_answer_hooks[] = {
	{ "C_FindObjectsInit", find_objects_init },
	{ "C_GetAttributeValue", get_attribute_value },
	{ "C_GetSlotInfo", slot_info },
	{ "C_GetSlotList", slot_list },
	{ "C_GetTokenInfo", token_info },
	{ "C_Initialize", initialize },
	{ NULL, NULL },
};
