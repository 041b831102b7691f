/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Sessions, logins and PINs.
 */
#include <string.h>

#include "client/rv.h"
#include "fuzz/calls.h"
#include "fuzz/model.h"
#include "fuzz/pin.h"
#include "fuzz/world.h"

/* As many as the model keeps. */
#define SESSIONS 10

static unsigned opened;

struct fuzz_bytes fuzz_pin(struct fuzz_input *in)
{
	static const char *const pins[] = { WORLD_PIN, WORLD_SO_PIN, "", "a", "wrong one", "other" };
	unsigned choice = fuzz_byte(in);
	struct fuzz_bytes pin = { NULL, 0 };

	if (choice >= 250) {
		pin.len = choice - 250;
		return pin;
	}
	if (choice >= 240) {
		pin.len = choice + 10;
		pin.data = fuzz_alloc(pin.len);
		memset(pin.data, 'x', pin.len);
		return pin;
	}
	pin.len = strlen(pins[choice % 6]);
	pin.data = fuzz_copy(pins[choice % 6], pin.len);
	return pin;
}

void fuzz_calls_reset(void)
{
	fuzz_data_reset();
	fuzz_message_reset();
	opened = 0;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE *session)
{
	CK_RV rv = C_OpenSession(slot, flags, NULL, NULL, session);

	model_answer("C_OpenSession", rv);
	if (rv == CKR_OK) {
		model_opened(*session, slot);
		opened++;
	}
	return rv;
}

static void find_all(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n = 0;

	if (C_FindObjectsInit(session, NULL, 0) != CKR_OK ||
	    C_FindObjects(session, found, 32, &n) != CKR_OK ||
	    C_FindObjectsFinal(session) != CKR_OK)
		fuzz_fail("the objects of the token can't be found");
	for (CK_ULONG i = 0; i < n; i++)
		model_found(session, found[i]);
}

static void start_slot(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = 0;

	if (open_session(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, &session) != CKR_OK)
		fuzz_fail("there is no session for slot %lu", slot);
	if (slot == 1 && C_Login(session, CKU_USER, (CK_BYTE *)WORLD_PIN, strlen(WORLD_PIN)) != CKR_OK)
		fuzz_fail("the user can't log in");
	find_all(session);
}

void fuzz_start(uint8_t how)
{
	if (how % 4 == 3)
		return;
	if (C_Initialize(NULL) != CKR_OK)
		fuzz_fail("C_Initialize fails");
	model_initialized(true);
	if (how % 4 != 1)
		start_slot(0);
	if (how % 4 != 0)
		start_slot(1);
}

void fuzz_open_session(struct fuzz_input *in)
{
	static const CK_SLOT_ID slots[] = { 0, 1, 0, 1, 0, 1, 2, ~0UL };
	CK_SLOT_ID slot = slots[fuzz_below(in, 8)];
	CK_FLAGS flags = fuzz_byte(in) % 8 ^ CKF_SERIAL_SESSION ^ CKF_RW_SESSION;
	CK_SESSION_HANDLE session = 0;

	if (opened < SESSIONS)
		(void)open_session(slot, flags, &session);
	else
		model_answer("C_OpenSession", C_OpenSession(slot, flags, NULL, NULL, NULL));
}

void fuzz_close_session(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_RV rv = C_CloseSession(session);

	model_session_answer("C_CloseSession", session, rv);
	if (rv == CKR_OK)
		model_closed(session);
}

void fuzz_close_all_sessions(struct fuzz_input *in)
{
	CK_SLOT_ID slot = fuzz_below(in, 4);
	CK_RV rv = C_CloseAllSessions(slot);

	model_answer("C_CloseAllSessions", rv);
	if (rv == CKR_OK)
		model_closed_all(slot);
}

void fuzz_get_session_info(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_SESSION_INFO *info = fuzz_below(in, 16) == 15 ? NULL : fuzz_alloc(sizeof *info);

	model_session_answer("C_GetSessionInfo", session, C_GetSessionInfo(session, info));
}

void fuzz_set_operation_state(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes state = fuzz_bytes(in);
	CK_OBJECT_HANDLE one = model_object(in), other = model_object(in);

	model_session_answer("C_SetOperationState", session,
	                     C_SetOperationState(session, state.data, state.len, one, other));
}

void fuzz_login(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_USER_TYPE user = fuzz_below(in, 4);
	struct fuzz_bytes pin = fuzz_pin(in);

	model_session_answer("C_Login", session, C_Login(session, user, pin.data, pin.len));
}

void fuzz_logout(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_RV rv = C_Logout(session);

	model_session_answer("C_Logout", session, rv);
	if (rv == CKR_OK)
		model_logged_out();
}

void fuzz_init_pin(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes pin = fuzz_pin(in);

	model_session_answer("C_InitPIN", session, C_InitPIN(session, pin.data, pin.len));
}

void fuzz_set_pin(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes from = fuzz_pin(in), to = fuzz_pin(in);

	model_session_answer("C_SetPIN", session,
	                     C_SetPIN(session, from.data, from.len, to.data, to.len));
}
