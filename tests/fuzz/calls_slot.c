/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The module and its slots. Structures that are filled lie in memory of
 * exactly their size.
 */
#include "client/rv.h"
#include "fuzz/calls.h"
#include "fuzz/mechanism.h"
#include "fuzz/model.h"
#include "fuzz/pin.h"

/* The slots that there are, one more, and none. */
static CK_SLOT_ID slot(struct fuzz_input *in)
{
	static const CK_SLOT_ID slots[] = { 0, 1, 2, 3, 0, 1, 10000, ~0UL };

	return slots[fuzz_below(in, 8)];
}

/* Room for a structure that the call fills, or NULL. */
static void *room(struct fuzz_input *in, size_t size)
{
	return fuzz_below(in, 16) == 15 ? NULL : fuzz_alloc(size);
}

void fuzz_initialize(struct fuzz_input *in)
{
	static CK_C_INITIALIZE_ARGS args[] = {
		{ .flags = CKF_OS_LOCKING_OK }, { .flags = 0 }, { .pReserved = args },
		{ .flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS },
	};
	unsigned choice = fuzz_below(in, 8);
	CK_RV rv = C_Initialize(choice < 4 ? &args[choice] : NULL);

	model_answer("C_Initialize", rv);
	if (rv == CKR_OK)
		model_initialized(true);
}

void fuzz_finalize(struct fuzz_input *in)
{
	CK_RV rv = C_Finalize(fuzz_below(in, 16) == 15 ? in : NULL);

	model_answer("C_Finalize", rv);
	if (rv == CKR_OK)
		model_initialized(false);
}

void fuzz_get_info(struct fuzz_input *in)
{
	model_answer("C_GetInfo", C_GetInfo(room(in, sizeof(CK_INFO))));
}

void fuzz_get_function_list(struct fuzz_input *in)
{
	model_answer("C_GetFunctionList", C_GetFunctionList(room(in, sizeof(void *))));
}

/* Check a list: what it is said to hold, and where there was too little room for it. */
static void check_list(const char *name, CK_RV rv, bool asked, CK_ULONG had, CK_ULONG n)
{
	model_answer(name, rv);
	if (rv == CKR_BUFFER_TOO_SMALL && (asked || n <= had))
		fuzz_fail("%s: room for %lu is too little for %lu", name, had, n);
	if (rv == CKR_OK && !asked && n > had)
		fuzz_fail("%s writes %lu where there is room for %lu", name, n, had);
}

void fuzz_get_slot_list(struct fuzz_input *in)
{
	unsigned choice = fuzz_byte(in);
	CK_ULONG had = fuzz_below(in, 8), n = had;
	CK_SLOT_ID *list = choice & 1 ? NULL : fuzz_alloc(had * sizeof *list);
	CK_RV rv = C_GetSlotList(choice & 2 ? CK_TRUE : CK_FALSE, list, choice >= 248 ? NULL : &n);

	check_list("C_GetSlotList", rv, list == NULL, had, n);
}

void fuzz_get_slot_info(struct fuzz_input *in)
{
	CK_SLOT_ID id = slot(in);

	model_answer("C_GetSlotInfo", C_GetSlotInfo(id, room(in, sizeof(CK_SLOT_INFO))));
}

void fuzz_get_token_info(struct fuzz_input *in)
{
	CK_SLOT_ID id = slot(in);

	model_answer("C_GetTokenInfo", C_GetTokenInfo(id, room(in, sizeof(CK_TOKEN_INFO))));
}

void fuzz_get_mechanism_list(struct fuzz_input *in)
{
	CK_SLOT_ID id = slot(in);
	unsigned choice = fuzz_byte(in);
	CK_ULONG had = choice % 64, n = had;
	CK_MECHANISM_TYPE *list = choice & 64 ? NULL : fuzz_alloc(had * sizeof *list);
	CK_RV rv = C_GetMechanismList(id, list, choice >= 248 ? NULL : &n);

	check_list("C_GetMechanismList", rv, list == NULL, had, n);
}

void fuzz_get_mechanism_info(struct fuzz_input *in)
{
	CK_SLOT_ID id = slot(in);
	CK_MECHANISM_TYPE type = fuzz_mechanism_type(in);

	model_answer("C_GetMechanismInfo",
	             C_GetMechanismInfo(id, type, room(in, sizeof(CK_MECHANISM_INFO))));
}

/* Without CKF_DONT_BLOCK it may wait for ever. */
void fuzz_wait_for_slot_event(struct fuzz_input *in)
{
	CK_FLAGS flags = CKF_DONT_BLOCK | fuzz_byte(in);
	CK_SLOT_ID *id = room(in, sizeof *id);

	model_answer("C_WaitForSlotEvent",
	             C_WaitForSlotEvent(flags, id, fuzz_below(in, 16) == 15 ? in : NULL));
}

void fuzz_init_token(struct fuzz_input *in)
{
	CK_SLOT_ID id = slot(in);
	struct fuzz_bytes pin = fuzz_pin(in);
	CK_BYTE *label = room(in, 32);
	uint8_t letter = fuzz_byte(in);
	CK_RV rv;

	for (int i = 0; label != NULL && i < 32; i++)
		label[i] = letter;
	rv = C_InitToken(id, pin.data, pin.len, label);
	model_answer("C_InitToken", rv);
	if (rv == CKR_OK)
		model_remade(id);
}
