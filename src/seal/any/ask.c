/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. Questions to one member. The thread that asks has copies of all it needs, and a
 * share of the member, so the list may be freed while it waits.
 */
#include "seal/any/ask.h"

#include <stdlib.h>

#include "util/errand.h"

struct question {
	struct sg_errand errand;        /* first */
	struct sg_sealer *member;       /* a share of it */
	struct sg_buf parent, blob;
	struct sg_secret *auth;         /* or NULL */
	enum sg_err (*put)(struct question *q);

	enum sg_err err;                /* the answer: of all, */
	struct sg_secret *opened;       /* of unseal, */
	struct sg_sealer_status status; /* and of status */
};

static enum sg_err put_unseal(struct question *q)
{
	const struct sg_seal_guard guard = { .auth = q->auth };

	return q->member->ops->unseal(q->member, sg_buf_bytes(&q->parent), &guard,
	                              sg_buf_bytes(&q->blob), &q->opened);
}

static enum sg_err put_status(struct question *q)
{
	return q->member->ops->status(q->member, sg_buf_bytes(&q->parent), &q->status);
}

static void question_free(struct question *q)
{
	if (q == NULL)
		return;
	sg_errand_clear(&q->errand);
	sg_sealer_free(&q->member);
	sg_secret_free(&q->opened);
	sg_secret_free(&q->auth);
	sg_buf_free(&q->parent);
	sg_buf_free(&q->blob);
	free(q);
}

static void put(struct sg_errand *errand)
{
	struct question *q = (struct question *)errand;

	q->err = q->put(q);
}

static void drop(struct sg_errand *errand)
{
	struct question *q = (struct question *)errand;

	atomic_fetch_sub(&q->member->late, 1);
	question_free(q);
}

/* Make a question, but none to a member that still owes an answer. */
static enum sg_err question_new(struct sg_sealer *member, enum sg_err (*fn)(struct question *q),
                                struct question **out)
{
	struct question *q;

	*out = NULL;
	if (atomic_load(&member->late) > 0)
		return SG_ERR_HSM_TIMEOUT;
	q = calloc(1, sizeof *q);
	if (q == NULL || sg_errand_init(&q->errand, put, drop) != SG_OK) {
		free(q);
		return SG_ERR_NOMEM;
	}
	q->member = sg_sealer_share(member);
	q->put = fn;
	*out = q;
	return SG_OK;
}

/* Tell whether it is asked here: it answers in time, or everybody may wait for ever. */
static bool is_prompt(struct sg_sealer *member, unsigned seconds)
{
	return seconds == 0 || member->ops->may_hang == NULL || !member->ops->may_hang(member);
}

/* Have it answered in time. Where it is not, *q is NULL: the thread has it, and may have dropped it
 * before it is counted, for which the number goes below zero for a moment. */
static enum sg_err answer(struct question **q, unsigned seconds)
{
	struct sg_sealer *member = (*q)->member;

	if (sg_errand_within(&(*q)->errand, (int)seconds * 1000))
		return (*q)->err;
	atomic_fetch_add(&member->late, 1);
	*q = NULL;
	return SG_ERR_HSM_TIMEOUT;
}

enum sg_err sg_any_ask_unseal(struct sg_sealer *member, unsigned seconds, struct sg_bytes parent,
                              const struct sg_seal_guard *guard, struct sg_bytes blob,
                              struct sg_secret **out)
{
	struct question *q;
	enum sg_err err;

	*out = NULL;
	if (is_prompt(member, seconds))
		return member->ops->unseal(member, parent, guard, blob, out);
	err = question_new(member, put_unseal, &q);
	if (err != SG_OK)
		return err;
	err = sg_buf_set(&q->parent, parent);
	if (err == SG_OK)
		err = sg_buf_set(&q->blob, blob);
	if (err == SG_OK && guard->auth != NULL)
		err = sg_secret_copy(sg_secret_bytes(guard->auth), &q->auth);
	if (err == SG_OK)
		err = answer(&q, seconds);
	if (err == SG_OK) {
		*out = q->opened;
		q->opened = NULL;
	}
	question_free(q);
	return err;
}

enum sg_err sg_any_ask_status(struct sg_sealer *member, unsigned seconds, struct sg_bytes parent,
                              struct sg_sealer_status *out)
{
	struct question *q;
	enum sg_err err;

	if (is_prompt(member, seconds))
		return member->ops->status(member, parent, out);
	err = question_new(member, put_status, &q);
	if (err != SG_OK)
		return err;
	q->status = *out;
	err = sg_buf_set(&q->parent, parent);
	if (err == SG_OK)
		err = answer(&q, seconds);
	if (q != NULL)
		*out = q->status;
	question_free(q);
	return err;
}
