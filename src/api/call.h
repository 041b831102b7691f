/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. The gate that every entry point passes first: is the module initialised,
 * is there such a session. Then the entry point checks its pointers, and core does
 * the rest.
 */
#ifndef SG_API_CALL_H
#define SG_API_CALL_H

#include "core/module.h"

/* One call that is under way. */
struct sg_call {
	struct sg_module *module;
	struct sg_session *session;     /* NULL for a call without one */
};

/* Enter. Errors: CRYPTOKI_NOT_INITIALIZED. */
CK_RV sg_call_module(struct sg_call *call);

/* Enter and lock a session. Errors: CRYPTOKI_NOT_INITIALIZED, SESSION_HANDLE_INVALID.
 * After an error nothing is to be ended. */
CK_RV sg_call_session(struct sg_call *call, CK_SESSION_HANDLE handle);

/* Enter and find the token of a slot. Errors: CRYPTOKI_NOT_INITIALIZED, SLOT_ID_INVALID, those
 * of the state folder. After an error nothing is to be ended. */
CK_RV sg_call_slot(struct sg_call *call, CK_SLOT_ID slot, struct sg_token **token);

/* Look whether the token of a slot is still the one that is known. Where another stands in its
 * place its sessions are closed, as those of a token that was taken out [PKCS#11 3.1 §5.6]; the
 * caller holds none. Where none does they stay, and open nothing, until one stands there again.
 * Errors: those of sg_token_sync. */
enum sg_err sg_call_sync(struct sg_call *call, struct sg_token *token);

/* Leave what was entered, and return rv. */
CK_RV sg_call_end(struct sg_call *call, CK_RV rv);

/* A phase of an operation with input and output, from the gate to the end. out_len
 * NULL is an error that ends the operation; for a phase without output pass has_output = false. */
CK_RV sg_call_operation(CK_SESSION_HANDLE handle, enum sg_op_kind kind, enum sg_op_phase phase,
                        struct sg_bytes in, uint8_t *out, CK_ULONG *out_len, bool has_output);

/* Start an operation, from the gate to the end. Without a mechanism end the one that is
 * active; where there is none that is a missing argument. */
CK_RV sg_call_begin(CK_SESSION_HANDLE handle, enum sg_op_kind kind, const CK_MECHANISM *mechanism,
                    CK_OBJECT_HANDLE key);

#endif
