/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What is known about the module from what it answered, and the checks that
 * every answer must pass: sessions, objects, operations. It knows handles and return
 * values only, nothing of the module's inside.
 */
#ifndef TESTS_FUZZ_MODEL_H
#define TESTS_FUZZ_MODEL_H

#include "core/pkcs11.h"
#include "fuzz/input.h"

/* The operations that a session can have at the same time. */
enum model_op {
	MODEL_NONE,             /* a function that belongs to no operation */
	MODEL_FIND,
	MODEL_DIGEST,
	MODEL_SIGN,
	MODEL_VERIFY,
	MODEL_ENCRYPT,
	MODEL_DECRYPT,
	MODEL_VERIFY_SIGNATURE,
	MODEL_MESSAGE_ENCRYPT,
	MODEL_MESSAGE_DECRYPT,
	MODEL_OPS
};

/* Forget everything; the module is not initialised. */
void model_reset(void);

/* Choose a session: mostly one that is open, else a closed one or none at all. */
CK_SESSION_HANDLE model_session(struct fuzz_input *in);

/* Choose an object likewise. A handle that is dead may not work, see model_dead. */
CK_OBJECT_HANDLE model_object(struct fuzz_input *in);
/* Choose a key that suits the mechanism for what the flag says, or anything. */
CK_OBJECT_HANDLE model_key(struct fuzz_input *in, const CK_MECHANISM *mechanism, CK_FLAGS flag);
bool model_dead(CK_OBJECT_HANDLE handle);

/* Check a return value against what every function keeps to. name is of the function. */
void model_answer(const char *name, CK_RV rv);

/* The same for a function with a session. */
void model_session_answer(const char *name, CK_SESSION_HANDLE session, CK_RV rv);

/* Note what happened to the module, sessions and objects. */
void model_initialized(bool yes);
void model_opened(CK_SESSION_HANDLE session, CK_SLOT_ID slot);
void model_closed(CK_SESSION_HANDLE session);
void model_closed_all(CK_SLOT_ID slot);
void model_logged_out(void);
void model_remade(CK_SLOT_ID slot);
void model_made(const char *name, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
void model_found(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
void model_destroyed(CK_OBJECT_HANDLE object);

/* Check and note the begin of an operation. cancel: the call could also end one. */
void model_begun(const char *name, CK_SESSION_HANDLE session, enum model_op op, bool cancel,
                 CK_RV rv);

/* Check and note a call inside of an operation: over, if it succeeded and was the last
 * one; size: it asked for a size only. */
void model_went_on(const char *name, CK_SESSION_HANDLE session, enum model_op op, bool last,
                   bool size, CK_RV rv);

/* Check and note a call for a message, whose errors end no operation. */
void model_message(const char *name, CK_SESSION_HANDLE session, enum model_op op, CK_RV rv);

/* There is no such operation any more. */
void model_ended(CK_SESSION_HANDLE session, enum model_op op);

/* Print how often each function was called, and how often it succeeded. */
void model_tally(void);

/* Check that what was given out holds none of the secrets. */
void model_given_out(const char *name, const void *data, size_t len);

#endif
