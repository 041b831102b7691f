/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Reading the signature of a request, and checking it: what holds for every form. A
 * request is a stranger's in every byte.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "crypto/mac.h"
#include "request/covered.h"
#include "request/field.h"
#include "request/form.h"

bool sg_request_reading_take(const struct sg_request_reading *how, struct sg_request_reading *out)
{
	*out = (struct sg_request_reading){ .size = 0 };
	if (!how)
		return true;
	if (how->size < sizeof(how->size) || how->size > sizeof(*out))
		return false;
	memcpy(out, how, how->size);
	return (out->flags & ~(SG_REQUEST_ALLOW_QUERY | SG_REQUEST_HEAD_ONLY)) == 0 &&
	       (out->form == SG_REQUEST_ANY || sg_request_form_row(out->form));
}

static enum sg_request_reason run(struct sg_request_job *job)
{
	enum sg_request_reason reason = sg_request_message_check(job->message);
	enum sg_request_form found = SG_REQUEST_ANY;
	const struct sg_request_form_row *row;

	if (reason == SG_REQUEST_OK)
		reason = sg_request_target_read(job->message, &job->target);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_form_of(job->message, &found);
	/* Who asks for one form passes over the signatures of others. */
	row = sg_request_form_row(job->reading->form);
	if (row && (reason == SG_REQUEST_OK || reason == SG_REQUEST_FORMS)) {
		found = job->reading->form;
		reason = sg_request_field_there(job->message, row->field) ? SG_REQUEST_OK :
		                                                            SG_REQUEST_UNSIGNED;
	}
	if (reason != SG_REQUEST_OK)
		return reason;
	job->made->out.form = found;
	row = sg_request_form_row(found);
	reason = row->read(job);
	if (reason == SG_REQUEST_OK && !row->lists)
		reason = sg_request_covers_by_form(job->reading->require);
	return reason == SG_REQUEST_OK && job->made->keep.failed ? SG_REQUEST_NOMEM : reason;
}

enum sg_request_reason sg_request_read(const struct sg_request_message *message,
                                       const struct sg_request_reading *how,
                                       struct sg_request_signature **signature)
{
	struct sg_request_reading options;
	struct sg_request_job job = { .message = message, .reading = &options };
	enum sg_request_reason reason;

	if (!signature)
		return SG_REQUEST_ARGUMENT;
	*signature = NULL;
	if (!message || !sg_request_reading_take(how, &options))
		return SG_REQUEST_ARGUMENT;
	if (sg_crypto_start() != SG_OK)
		return SG_REQUEST_CRYPTO;
	job.flags = options.flags;
	job.made = calloc(1, sizeof(*job.made));
	if (!job.made)
		return SG_REQUEST_NOMEM;
	reason = run(&job);
	sg_buf_free(&job.room);
	*signature = &job.made->out;
	if (reason != SG_REQUEST_OK)
		sg_request_signature_free(signature);
	return reason;
}

/* Whether a signature is complete, and is made with that kind of key. */
static enum sg_request_reason key_fits(const struct sg_request_signature *signature,
                                       enum sg_request_key_kind kind)
{
	const struct sg_request_form_row *row;

	if (!signature || signature->base.len == 0)
		return SG_REQUEST_ARGUMENT;
	row = sg_request_form_row(signature->form);
	if (!row || signature->signature_len != row->signature_len)
		return SG_REQUEST_ARGUMENT;
	return row->key == kind ? SG_REQUEST_OK : SG_REQUEST_KEY;
}

enum sg_request_reason sg_request_check_ed25519(const struct sg_request_signature *signature,
                                                const uint8_t key[32])
{
	const enum sg_request_reason reason = key_fits(signature, SG_REQUEST_KEY_ED25519);

	if (reason != SG_REQUEST_OK)
		return reason;
	if (!key)
		return SG_REQUEST_KEY;
	return sg_ed25519_verify(sg_bytes(key, SG_ED25519_PUBLIC),
	                         sg_request_bytes(signature->base),
	                         sg_bytes(signature->signature, SG_ED25519_SIGNATURE)) == SG_OK ?
	       SG_REQUEST_OK : SG_REQUEST_SIGNATURE;
}

enum sg_request_reason sg_request_check_code(const struct sg_request_signature *signature,
                                             const uint8_t code[32])
{
	const enum sg_request_reason reason = key_fits(signature, SG_REQUEST_KEY_HMAC);

	if (reason != SG_REQUEST_OK)
		return reason;
	if (!code)
		return SG_REQUEST_ARGUMENT;
	return sg_secret_equal(sg_bytes(code, SG_MAC), sg_bytes(signature->signature, SG_MAC)) ?
	       SG_REQUEST_OK : SG_REQUEST_SIGNATURE;
}

enum sg_request_reason sg_request_check_hmac(const struct sg_request_signature *signature,
                                             const uint8_t *key, size_t key_len)
{
	enum sg_request_reason reason = key_fits(signature, SG_REQUEST_KEY_HMAC);
	struct sg_bytes base;
	uint8_t code[SG_MAC];

	if (reason != SG_REQUEST_OK)
		return reason;
	/* Anybody can make the code of an empty key. */
	if (!key || key_len == 0)
		return SG_REQUEST_KEY;
	base = sg_request_bytes(signature->base);
	sg_mac(sg_bytes(key, key_len), &base, 1, code);
	reason = sg_request_check_code(signature, code);
	/* It would sign what a stranger sent. */
	explicit_bzero(code, sizeof(code));
	return reason;
}
