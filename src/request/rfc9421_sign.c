/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Writing HTTP message signatures. A label of the message is never written a second time.
 */
#include <stdlib.h>

#include "request/body.h"
#include "request/digest.h"
#include "request/field.h"
#include "request/rfc9421.h"

/* The message with a Content-Digest that it did not have. */
struct extended {
	struct sg_request_message message;
	struct sg_request_field *fields;
};

static enum sg_request_reason label_free(const struct sg_request_job *job, const char *field)
{
	const char *label = job->made->out.label.data;
	struct sg_buf room = { 0 };
	struct sg_sf_entries entries;
	enum sg_request_reason reason =
		sg_rfc9421_entries(job->message, field, &room, &entries);

	/* An empty line before another one makes of both no dictionary. */
	if (reason == SG_REQUEST_OK && entries.n == 0 &&
	    sg_request_field_there(job->message, field))
		reason = SG_REQUEST_STRUCTURED;
	if (reason == SG_REQUEST_OK && entries.n == SG_REQUEST_LABELS_MAX)
		reason = SG_REQUEST_TOO_MANY;
	if (reason == SG_REQUEST_OK && sg_sf_find(&entries, label))
		reason = SG_REQUEST_LABEL;
	sg_buf_free(&room);
	return reason;
}

static enum sg_request_reason take_label(struct sg_request_job *job)
{
	struct sg_request_text label = job->signing->label;
	enum sg_request_reason reason;

	if (label.len == 0)
		label = sg_request_text("sig1");
	if (label.len > SG_REQUEST_LABEL_MAX)
		return SG_REQUEST_TOO_LONG;
	if (!sg_sf_is_key(label))
		return SG_REQUEST_LABEL;
	job->made->out.label = sg_request_keep_text(&job->made->keep, label);
	if (job->made->keep.failed)
		return SG_REQUEST_NOMEM;
	reason = label_free(job, SG_RFC9421_INPUT);
	return reason == SG_REQUEST_OK ? label_free(job, SG_RFC9421_SIGNATURE) : reason;
}

/* Check the texts that become strings. */
static enum sg_request_reason take_texts(struct sg_request_job *job)
{
	const struct sg_request_signing *how = job->signing;
	struct sg_request_signature *out = &job->made->out;

	if (how->id.len > SG_REQUEST_ID_MAX || how->tag.len > SG_REQUEST_TAG_MAX ||
	    job->nonce.len > SG_REQUEST_NONCE_MAX)
		return SG_REQUEST_TOO_LONG;
	if (!sg_sf_is_string(how->id))
		return SG_REQUEST_ID;
	if (!sg_sf_is_string(how->tag))
		return SG_REQUEST_PARAMETER;
	if (!sg_sf_is_string(job->nonce))
		return SG_REQUEST_NONCE;
	if (how->lifetime < 0 || how->lifetime > SG_REQUEST_TIME_MAX - job->created)
		return SG_REQUEST_EXPIRES;
	out->id = sg_request_keep_text(&job->made->keep, how->id);
	if (out->id.len > 0)
		out->id_field = sg_request_text(SG_RFC9421_INPUT);
	out->tag = sg_request_keep_text(&job->made->keep, how->tag);
	out->nonce = sg_request_keep_text(&job->made->keep, job->nonce);
	out->has_nonce = job->nonce.len > 0;
	if (!(job->flags & SG_REQUEST_NO_ALG))
		out->alg = sg_request_text("ed25519");
	out->has_created = true;
	out->created = job->created;
	out->has_expires = how->lifetime > 0;
	out->expires = job->created + how->lifetime;
	return SG_REQUEST_OK;
}

static enum sg_request_reason choose_components(const struct sg_request_job *job,
                                                struct sg_buf *room,
                                                struct sg_request_covered *covered)
{
	static const char *const plain[2][2] = {
		{ "\"@method\" \"@authority\" \"@path\" \"@query\"",
		  "\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\"" },
		{ "\"@method\" \"@target-uri\"",
		  "\"@method\" \"@target-uri\" \"content-digest\"" },
	};
	struct sg_request_text scheme, text = job->signing->components;
	const bool known = sg_request_scheme(job->message, &job->target, &scheme) == SG_REQUEST_OK;
	const bool body = sg_request_body_there(job->message);

	if (text.len == 0)
		text = sg_request_text(plain[known][body]);
	return sg_request_covered_of_text(text, room, covered);
}

/* Make the Content-Digest that is covered and isn't there, or check the one that is. */
static enum sg_request_reason extend(struct sg_request_job *job,
                                     const struct sg_request_covered *covered,
                                     struct sg_request_text *digest, struct extended *with)
{
	const size_t n = job->message->n_fields;
	struct sg_writer w = sg_writer(&job->room);
	enum sg_request_reason reason;

	with->message = *job->message;
	if (!sg_request_covers_field(covered, "content-digest"))
		return SG_REQUEST_OK;
	if (sg_request_field_there(job->message, SG_RFC9421_DIGEST))
		return sg_request_digest_check(job->message);
	reason = sg_request_digest_write(job->message, job->signing->digests, &w);
	if (reason != SG_REQUEST_OK)
		return reason;
	*digest = sg_request_job_keep(job, &w);
	with->fields = calloc(n + 1, sizeof(*with->fields));
	if (!with->fields)
		return SG_REQUEST_NOMEM;
	if (n > 0)
		memcpy(with->fields, job->message->fields, n * sizeof(*with->fields));
	with->fields[n].name = sg_request_text(SG_RFC9421_DIGEST);
	with->fields[n].value = *digest;
	with->message.fields = with->fields;
	with->message.n_fields = n + 1;
	return SG_REQUEST_OK;
}

static void put_string(struct sg_writer *w, const char *name, struct sg_request_text text)
{
	if (text.len == 0)
		return;
	sg_request_puts(w, name);
	sg_sf_write_string(w, text);
}

/* The value of @signature-params, and of the label in Signature-Input. */
static void put_params(struct sg_writer *w, const struct sg_request_signature *out)
{
	sg_request_puts(w, "(");
	for (size_t i = 0; i < out->n_components; i++) {
		sg_request_puts(w, i > 0 ? " " : "");
		sg_request_put(w, out->components[i]);
	}
	sg_request_puts(w, ");created=");
	sg_request_put_number(w, out->created);
	if (out->has_expires) {
		sg_request_puts(w, ";expires=");
		sg_request_put_number(w, out->expires);
	}
	put_string(w, ";nonce=", out->nonce);
	put_string(w, ";keyid=", out->id);
	put_string(w, ";alg=", out->alg);
	put_string(w, ";tag=", out->tag);
}

/* The fields but the signature are made now, since what is signed has them in it. */
static enum sg_request_reason make_fields(struct sg_request_job *job,
                                          struct sg_request_text digest,
                                          struct sg_request_text params)
{
	struct sg_writer w = sg_writer(&job->room);
	enum sg_request_reason reason = sg_request_job_fields(job, 3);

	if (reason != SG_REQUEST_OK)
		return reason;
	if (digest.len > 0)
		sg_request_job_field(job, SG_RFC9421_DIGEST, digest);
	sg_request_put(&w, job->made->out.label);
	sg_request_puts(&w, "=");
	sg_request_put(&w, params);
	sg_request_job_field(job, SG_RFC9421_INPUT, sg_request_job_keep(job, &w));
	return SG_REQUEST_OK;
}

static enum sg_request_reason make_base(struct sg_request_job *job,
                                        const struct sg_request_covered *covered)
{
	struct extended with = { .fields = NULL };
	struct sg_request_text digest = { NULL, 0 }, params;
	struct sg_writer w = sg_writer(&job->room);
	struct sg_request_source source = {
		.message = &with.message,
		.target = &job->target,
		.structured = job->signing->structured,
		.n_structured = job->signing->n_structured,
	};
	enum sg_request_reason reason = extend(job, covered, &digest, &with);

	if (reason != SG_REQUEST_OK)
		goto out;
	put_params(&w, &job->made->out);
	params = sg_request_job_keep(job, &w);
	reason = sg_request_covered_base(&source, covered, params, &w);
	if (reason != SG_REQUEST_OK)
		goto out;
	job->made->out.base = sg_request_job_keep(job, &w);
	reason = make_fields(job, digest, params);
out:
	free(with.fields);
	return reason;
}

/* Tell whether a field is covered that grows by our own signature. A member of it does not. */
static bool covers_growing(const struct sg_request_covered *covered)
{
	for (size_t i = 0; i < covered->n; i++) {
		const struct sg_request_component *c = &covered->component[i];

		if (!c->has_key && (sg_request_is(c->name, "signature") ||
		                    sg_request_is(c->name, "signature-input")))
			return true;
	}
	return false;
}

enum sg_request_reason sg_rfc9421_prepare(struct sg_request_job *job)
{
	struct sg_request_covered covered;
	struct sg_buf room = { 0 };
	enum sg_request_reason reason = take_label(job);

	if (reason == SG_REQUEST_OK)
		reason = take_texts(job);
	if (reason == SG_REQUEST_OK)
		reason = choose_components(job, &room, &covered);
	if (reason == SG_REQUEST_OK && covers_growing(&covered))
		reason = SG_REQUEST_COMPONENT;
	if (reason == SG_REQUEST_OK)
		reason = sg_rfc9421_keep_components(job, &covered);
	if (reason == SG_REQUEST_OK)
		reason = make_base(job, &covered);
	sg_buf_free(&room);
	return reason;
}

enum sg_request_reason sg_rfc9421_finish(struct sg_request_job *job)
{
	const struct sg_request_signature *out = &job->made->out;
	struct sg_writer w = sg_writer(&job->room);

	sg_request_put(&w, out->label);
	sg_request_puts(&w, "=:");
	sg_request_put_base64(&w, sg_bytes(out->signature, out->signature_len));
	sg_request_puts(&w, ":");
	sg_request_job_field(job, SG_RFC9421_SIGNATURE, sg_request_job_keep(job, &w));
	return sg_request_of_err(w.err);
}
