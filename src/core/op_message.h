/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Messages: an operation (core/op.h) of one mechanism and key that goes through
 * any number of them, each with a parameter and additional data of its own [PKCS#11 3.1
 * §5.9, §5.11]. An error but CKR_BUFFER_TOO_SMALL ends the message, never the operation.
 * The caller holds the session's lock.
 */
#ifndef SG_CORE_OP_MESSAGE_H
#define SG_CORE_OP_MESSAGE_H

#include "core/op.h"

/* What comes with a call: the parameter, which the mechanism may write to, and the
 * additional data, which only the call that begins a message has. */
struct sg_message {
	void *param;
	CK_ULONG param_len;
	struct sg_bytes aad;
};

/* What a mechanism does in one kind of messages. What it keeps of a message is in gcm
 * and data of the operation. */
struct sg_message_fns {
	/* Read the parameter, and make what it asks for. Errors: MECHANISM_PARAM_INVALID. */
	CK_RV (*begin)(struct sg_op *op, const struct sg_message *message);

	/* Say how many bytes a part gives out, or why it can't. */
	CK_RV (*size)(const struct sg_op *op, size_t in_len, bool last, size_t *out_len);

	/* Do it: out has room for what size said. */
	CK_RV (*next)(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
	              uint8_t *out, bool last);
};

/* Make a whole message. out may be NULL to ask for the size, which *out_len gets. Errors:
 * OPERATION_NOT_INITIALIZED, OPERATION_ACTIVE in the middle of another message, which ends
 * that one, BUFFER_TOO_SMALL, ARGUMENTS_BAD, the mechanism's. */
CK_RV sg_message_once(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
                      uint8_t *out, CK_ULONG *out_len);

/* Begin a message in parts, and make one of them. Errors as above. */
CK_RV sg_message_begin(struct sg_op *op, const struct sg_message *message);
CK_RV sg_message_next(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
                      uint8_t *out, CK_ULONG *out_len, bool last);

/* End the operation, with a message that is not complete. Errors: OPERATION_NOT_INITIALIZED. */
CK_RV sg_message_final(struct sg_op *op);

#endif
