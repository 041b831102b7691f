/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Driving messages.
 */
#include "core/op_message.h"

#include <stdint.h>

/* Forget one message; mechanism and key stay. */
static void end_message(struct sg_op *op)
{
	sg_buf_free(&op->gcm.iv);
	sg_buf_free(&op->gcm.aad);
	sg_gcm_free(&op->gcm.run);
	op->gcm.tag_len = 0;
	sg_buf_wipe(&op->data);
	op->multipart = false;
}

static CK_RV check(const struct sg_message *message, struct sg_bytes in)
{
	if ((message->param == NULL && message->param_len > 0) ||
	    (message->aad.data == NULL && message->aad.len > 0) ||
	    (in.data == NULL && in.len > 0))
		return CKR_ARGUMENTS_BAD;
	return CKR_OK;
}

/* Make a part for which there may be room; *done tells that it was made, or failed. */
static CK_RV make(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
                  uint8_t *out, CK_ULONG *out_len, bool last, bool *done)
{
	const struct sg_message_fns *fns = op->fns->message;
	CK_ULONG room = *out_len;
	size_t need = 0;
	CK_RV rv = fns->size(op, in.len, last, &need);

	*done = true;
	if (rv != CKR_OK)
		return rv;
	*out_len = need;
	/* Where nothing is given out, no buffer is no question: who asks whether a tag is right
	 * would believe the answer. */
	if ((out == NULL && !(last && need == 0)) || room < need) {
		*done = false;
		return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	if (op->pin == SG_PIN_WANTED)
		return CKR_USER_NOT_LOGGED_IN;
	if (!op->multipart)
		rv = fns->begin(op, message);
	return rv == CKR_OK ? fns->next(op, message, in, out, last) : rv;
}

CK_RV sg_message_once(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
                      uint8_t *out, CK_ULONG *out_len)
{
	bool done = true;
	CK_RV rv;

	if (!sg_op_active(op))
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = out_len == NULL ? CKR_ARGUMENTS_BAD : check(message, in);
	if (rv == CKR_OK && op->multipart)
		rv = CKR_OPERATION_ACTIVE;
	if (rv == CKR_OK)
		rv = make(op, message, in, out, out_len, true, &done);
	if (done)
		end_message(op);
	return rv;
}

CK_RV sg_message_begin(struct sg_op *op, const struct sg_message *message)
{
	CK_RV rv;

	if (!sg_op_active(op))
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = check(message, sg_bytes(NULL, 0));
	if (rv == CKR_OK && op->multipart)
		rv = CKR_OPERATION_ACTIVE;
	if (rv == CKR_OK && op->pin == SG_PIN_WANTED)
		rv = CKR_USER_NOT_LOGGED_IN;
	if (rv == CKR_OK)
		rv = op->fns->message->begin(op, message);
	if (rv == CKR_OK)
		op->multipart = true;
	else
		end_message(op);
	return rv;
}

CK_RV sg_message_next(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
                      uint8_t *out, CK_ULONG *out_len, bool last)
{
	bool done = true;
	CK_RV rv;

	if (!sg_op_active(op) || !op->multipart)
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = out_len == NULL ? CKR_ARGUMENTS_BAD : check(message, in);
	if (rv == CKR_OK)
		rv = make(op, message, in, out, out_len, last, &done);
	if (done && (rv != CKR_OK || last))
		end_message(op);
	return rv;
}

CK_RV sg_message_final(struct sg_op *op)
{
	if (!sg_op_active(op))
		return CKR_OPERATION_NOT_INITIALIZED;
	sg_op_end(op);
	return CKR_OK;
}
