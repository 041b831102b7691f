/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Asking the sealer of a token about itself. Needs no PIN and opens nothing.
 */
#include "core/token.h"

#include <string.h>

/* Have fn ask the sealer of the token, or the configured one where there is no token yet. */
static enum sg_err ask_sealer(struct sg_token *token,
                              enum sg_err (*fn)(struct sg_sealer *sealer, struct sg_bytes parent,
                                                void *arg),
                              void *arg)
{
	struct sg_token_record record = { 0 };
	struct sg_sealer *sealer;
	enum sg_err err;

	err = sg_token_read_record(token, &record);
	if (err == SG_ERR_STORE_MISSING)
		err = SG_OK;
	sg_token_opening_lock(token);
	if (err == SG_OK)
		err = sg_token_sealer(token,
		                      record.sealer[0] != 0 ? record.sealer : token->config->sealer,
		                      &sealer);
	if (err == SG_OK)
		err = fn(sealer, sg_buf_bytes(&record.parent), arg);
	sg_token_opening_unlock(token);
	sg_token_record_clear(&record);
	return err;
}

static enum sg_err do_status(struct sg_sealer *sealer, struct sg_bytes parent, void *arg)
{
	return sealer->ops->status(sealer, parent, arg);
}

enum sg_err sg_token_status(struct sg_token *token, struct sg_sealer_status *out)
{
	memset(out, 0, sizeof *out);
	return ask_sealer(token, do_status, out);
}

/* A question to one member of a list. */
struct member_question {
	size_t i;
	struct sg_token_member *out;
	bool there;
};

static enum sg_err do_member(struct sg_sealer *sealer, struct sg_bytes parent, void *arg)
{
	struct member_question *q = arg;

	q->there = q->i < sealer->ops->members;
	if (q->there)
		q->out->err = sealer->ops->member(sealer, parent, q->i, q->out->name,
		                                  &q->out->status);
	return SG_OK;
}

enum sg_err sg_token_member(struct sg_token *token, size_t i, struct sg_token_member *out,
                            bool *there)
{
	struct member_question q = { i, out, false };
	enum sg_err err;

	memset(out, 0, sizeof *out);
	err = ask_sealer(token, do_member, &q);
	*there = q.there;
	return err;
}
