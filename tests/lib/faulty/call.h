/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A call on its way through the faulty module, and those who have a part in it. Runs
 * in whatever process loaded the module.
 */
#ifndef TESTS_LIB_FAULTY_CALL_H
#define TESTS_LIB_FAULTY_CALL_H

#include "core/pkcs11.h"
#include "lib/faulty/control.h"

union faulty_word {
	CK_ULONG n;
	CK_BBOOL c;
	void *p;
};

struct faulty_call {
	size_t number;
	uint32_t generation;            /* of the handles that come and go */
	union faulty_word w[FAULTY_ARGUMENTS];
	CK_MECHANISM mechanism;         /* in the place of the caller's, where that changes */
};

/* What a function does in the place of being passed on; most have none. */
struct faulty_hook {
	const char *name;
	CK_RV (*fn)(struct faulty_call *call);
};

/* The state that is shared with the test, and the functions of the module below. */
extern struct faulty_control *faulty;
extern CK_FUNCTION_LIST *faulty_below;

/* Pass the call on as it is. */
CK_RV faulty_pass(struct faulty_call *call);

/* Tell whether the HSM has that quirk. */
bool faulty_quirk(unsigned quirk);

/* Sessions and handles (sessions.c): turn the caller's into those below, or refuse them; and
 * the other way for what a call has made. */
CK_RV faulty_handles_in(struct faulty_call *call);
void faulty_handles_out(struct faulty_call *call);
void faulty_sessions_forget(void);
extern const struct faulty_hook faulty_session_hooks[];

/* Mechanisms (mechanisms.c): look at the one that a call names. */
CK_RV faulty_mechanism_in(struct faulty_call *call, union faulty_word *word);
extern const struct faulty_hook faulty_mechanism_hooks[];

/* What the HSM tells of itself (answers.c), and answers that are wrong. */
void faulty_answer_spoil(const struct faulty_call *call);
extern const struct faulty_hook faulty_answer_hooks[];

/* AES-GCM as other makers do it (gcm.c). */
extern const struct faulty_hook faulty_gcm_hooks[];

#endif
