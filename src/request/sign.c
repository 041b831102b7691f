/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Signing a request: what holds for every form. Never sees a key.
 */
#include <stdlib.h>
#include <time.h>

#include "crypto/crypto.h"
#include "crypto/random.h"
#include "request/body.h"
#include "request/field.h"
#include "request/form.h"

#define NONCE 16                /* random bytes */

/* A caller that was built with a later header may know more than we do. */
static bool take_options(struct sg_request_signing *out, const struct sg_request_signing *how)
{
	*out = (struct sg_request_signing){ .size = 0 };
	if (how->size < sizeof(how->size) || how->size > sizeof(*out))
		return false;
	memcpy(out, how, how->size);
	return true;
}

/* Who gave a flag that says nothing here would believe that it did. */
static bool flags_valid(const struct sg_request_signing *how)
{
	const unsigned both = SG_REQUEST_AS_AGENT | SG_REQUEST_AS_TUNNEL;

	return (how->flags & ~sg_request_form_row(how->form)->flags) == 0 &&
	       (how->flags & both) != both;
}

static enum sg_request_reason take_nonce(struct sg_request_job *job)
{
	uint8_t random[NONCE];
	struct sg_writer w = sg_writer(&job->room);
	const bool may = sg_request_form_row(job->signing->form)->nonce;

	job->nonce = job->signing->nonce;
	if (!may || job->flags & SG_REQUEST_NO_NONCE)
		return job->nonce.len > 0 ? SG_REQUEST_ARGUMENT : SG_REQUEST_OK;
	if (job->nonce.len > 0)
		return SG_REQUEST_OK;
	sg_random(random, sizeof(random));
	sg_request_put_base64(&w, sg_bytes(random, sizeof(random)));
	job->nonce = sg_request_job_keep(job, &w);
	return sg_request_of_err(w.err);
}

static enum sg_request_reason take_time(struct sg_request_job *job)
{
	job->created = job->signing->created == 0 ? (int64_t)time(NULL) : job->signing->created;
	return job->created > 0 && job->created <= SG_REQUEST_TIME_MAX ? SG_REQUEST_OK :
	                                                                 SG_REQUEST_TIMESTAMP;
}

static enum sg_request_reason call_signer(struct sg_request_job *job, size_t expected)
{
	struct sg_request_signature *out = &job->made->out;
	size_t len = 0;

	/* What was not kept must not be signed. */
	if (job->made->keep.failed)
		return SG_REQUEST_NOMEM;
	if (job->signing->sign(job->signing->context, (const uint8_t *)out->base.data,
	                       out->base.len, out->signature, &len) != 0 || len != expected)
		return SG_REQUEST_SIGNER;
	out->signature_len = len;
	return SG_REQUEST_OK;
}

static enum sg_request_reason run(struct sg_request_job *job)
{
	const struct sg_request_form_row *row = sg_request_form_row(job->signing->form);
	enum sg_request_reason reason = sg_request_message_check(job->message);

	if (reason == SG_REQUEST_OK)
		reason = sg_request_target_read(job->message, &job->target);
	if (reason == SG_REQUEST_OK)
		reason = take_time(job);
	if (reason == SG_REQUEST_OK)
		reason = take_nonce(job);
	if (reason == SG_REQUEST_OK)
		reason = row->prepare(job);
	if (reason == SG_REQUEST_OK)
		reason = call_signer(job, row->signature_len);
	if (reason == SG_REQUEST_OK)
		reason = row->finish(job);
	return reason == SG_REQUEST_OK && job->made->keep.failed ? SG_REQUEST_NOMEM : reason;
}

enum sg_request_reason sg_request_sign(const struct sg_request_message *message,
                                       const struct sg_request_signing *how,
                                       struct sg_request_signature **signature)
{
	struct sg_request_signing options;
	struct sg_request_job job = { .message = message, .signing = &options };
	enum sg_request_reason reason = SG_REQUEST_ARGUMENT;

	if (!signature)
		return SG_REQUEST_ARGUMENT;
	*signature = NULL;
	if (!message || !how || !take_options(&options, how) || !options.sign ||
	    !sg_request_form_row(options.form) || !flags_valid(&options))
		return SG_REQUEST_ARGUMENT;
	if (sg_crypto_start() != SG_OK)
		return SG_REQUEST_CRYPTO;
	job.flags = options.flags;
	job.made = calloc(1, sizeof(*job.made));
	if (!job.made)
		return SG_REQUEST_NOMEM;
	job.made->out.form = options.form;
	reason = run(&job);
	sg_buf_free(&job.room);
	*signature = &job.made->out;
	if (reason != SG_REQUEST_OK)
		sg_request_signature_free(signature);
	return reason;
}

void sg_request_signature_free(struct sg_request_signature **signature)
{
	struct sg_request_owned *owned;

	if (!signature || !*signature)
		return;
	owned = (struct sg_request_owned *)*signature;
	sg_request_keep_free(&owned->keep);
	free(owned);
	*signature = NULL;
}
