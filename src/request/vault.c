/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The form of the vault: METHOD:path:timestamp:nonce:bodyhash. Read from its end it falls
 * apart in one way only, since neither a nonce nor what follows it has a colon.
 */
#include "request/body.h"
#include "request/field.h"
#include "request/form.h"

#define TIMESTAMP "X-Timestamp"
#define NONCE "X-Nonce"
#define SIGNATURE "X-Signature"

/* The fields that may bring the identifier. The first one is written where none is asked for. */
static const struct {
	const char *name;
	unsigned flag;
} id_fields[] = {
	{ "X-Machine-Id", 0 },
	{ "X-Agent-Id", SG_REQUEST_AS_AGENT },
	{ "X-Tunnel-Id", SG_REQUEST_AS_TUNNEL },
};

#define N_IDS (sizeof(id_fields) / sizeof(id_fields[0]))

static const char *id_field(unsigned flags)
{
	for (size_t i = 1; i < N_IDS; i++)
		if (flags & id_fields[i].flag)
			return id_fields[i].name;
	return id_fields[0].name;
}

static enum sg_request_reason nonce_check(struct sg_request_text nonce)
{
	if (nonce.len > SG_REQUEST_NONCE_MAX)
		return SG_REQUEST_TOO_LONG;
	return sg_request_visible(nonce, ':') ? SG_REQUEST_OK : SG_REQUEST_NONCE;
}

/* Whether the request is one that the form can sign at all. No method is in lower case: with such a
 * word the product's connector begins what it signs beside requests. */
static enum sg_request_reason shape_check(const struct sg_request_job *job)
{
	if (!sg_request_method_upper(job->message->method))
		return SG_REQUEST_METHOD;
	if (job->target.form != SG_REQUEST_TARGET_ORIGIN &&
	    job->target.form != SG_REQUEST_TARGET_ABSOLUTE)
		return SG_REQUEST_TARGET;
	return job->target.has_query && !(job->flags & SG_REQUEST_ALLOW_QUERY) ?
	       SG_REQUEST_QUERY : SG_REQUEST_OK;
}

static enum sg_request_reason make_base(struct sg_request_job *job)
{
	const struct sg_request_digest *body = sg_request_body_of(job->message);
	struct sg_request_signature *out = &job->made->out;
	struct sg_writer w = sg_writer(&job->room);

	if (job->flags & SG_REQUEST_HEAD_ONLY)
		return SG_REQUEST_OK;
	if (!(body->have & SG_REQUEST_SHA256))
		return SG_REQUEST_ARGUMENT;
	sg_request_put(&w, job->message->method);
	sg_request_puts(&w, ":");
	if (job->target.path.len == 0)
		sg_request_puts(&w, "/");
	sg_request_put(&w, job->target.path);
	if (job->target.has_query) {
		sg_request_puts(&w, "?");
		sg_request_put(&w, job->target.query);
	}
	sg_request_puts(&w, ":");
	sg_request_put_number(&w, out->created);
	sg_request_puts(&w, ":");
	sg_request_put(&w, out->nonce);
	sg_request_puts(&w, ":");
	sg_request_put_hex(&w, sg_bytes(body->sha256, sizeof(body->sha256)));
	out->base = sg_request_job_keep(job, &w);
	return SG_REQUEST_OK;
}

static enum sg_request_reason cover(struct sg_request_job *job)
{
	static const char *const components[] = {
		"\"@method\"", "\"@path\"", "\"content-digest\"", "\"@query\"",
	};

	return sg_request_job_components(job, components, job->target.has_query ? 4 : 3);
}

static enum sg_request_reason prepare(struct sg_request_job *job)
{
	static const char *const ours[] = { TIMESTAMP, NONCE, SIGNATURE };
	struct sg_request_signature *out = &job->made->out;
	enum sg_request_reason reason = shape_check(job);

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]) && reason == SG_REQUEST_OK; i++)
		if (sg_request_field_there(job->message, ours[i]))
			reason = SG_REQUEST_REPEATED;
	for (size_t i = 0; i < N_IDS && reason == SG_REQUEST_OK; i++)
		if (sg_request_field_there(job->message, id_fields[i].name))
			reason = SG_REQUEST_REPEATED;
	if (reason == SG_REQUEST_OK)
		reason = nonce_check(job->nonce);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_job_id(job, job->signing->id, id_field(job->flags));
	if (reason != SG_REQUEST_OK)
		return reason;
	out->has_created = true;
	out->created = job->created;
	out->has_nonce = true;
	out->nonce = sg_request_keep_text(&job->made->keep, job->nonce);
	reason = cover(job);
	return reason == SG_REQUEST_OK ? make_base(job) : reason;
}

static enum sg_request_reason finish(struct sg_request_job *job)
{
	const struct sg_request_signature *out = &job->made->out;
	struct sg_writer w = sg_writer(&job->room);
	enum sg_request_reason reason = sg_request_job_fields(job, 4);

	if (reason != SG_REQUEST_OK)
		return reason;
	sg_request_job_field(job, out->id_field.data, out->id);
	sg_request_put_number(&w, out->created);
	sg_request_job_field(job, TIMESTAMP, sg_request_job_keep(job, &w));
	sg_request_job_field(job, NONCE, out->nonce);
	sg_request_put_base64(&w, sg_bytes(out->signature, out->signature_len));
	sg_request_job_field(job, SIGNATURE, sg_request_job_keep(job, &w));
	return sg_request_of_err(w.err);
}

/* All fields of identifiers that are there must say the same. */
static enum sg_request_reason read_id(struct sg_request_job *job)
{
	struct sg_request_text found = { NULL, 0 };
	const char *field = NULL;

	for (size_t i = 0; i < N_IDS; i++) {
		struct sg_request_text id;
		const enum sg_request_reason reason =
			sg_request_field_only(job->message, id_fields[i].name, &id);

		if (reason == SG_REQUEST_MISSING)
			continue;
		if (reason != SG_REQUEST_OK)
			return reason;
		if (field && !sg_request_same(found, id))
			return SG_REQUEST_IDS_DIFFER;
		if (!field)
			field = id_fields[i].name;
		found = id;
	}
	return field ? sg_request_job_id(job, found, field) : SG_REQUEST_MISSING;
}

static enum sg_request_reason read_texts(struct sg_request_job *job)
{
	struct sg_request_signature *out = &job->made->out;
	struct sg_request_text timestamp, nonce, signature;
	enum sg_request_reason reason;

	reason = sg_request_field_only(job->message, TIMESTAMP, &timestamp);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_field_only(job->message, NONCE, &nonce);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_field_only(job->message, SIGNATURE, &signature);
	if (reason != SG_REQUEST_OK)
		return reason;
	if (!sg_request_number(timestamp, &out->created))
		return SG_REQUEST_TIMESTAMP;
	reason = nonce_check(nonce);
	if (reason != SG_REQUEST_OK)
		return reason;
	if (!sg_request_unbase64(signature, out->signature, sizeof(out->signature),
	                         &out->signature_len) ||
	    out->signature_len != sg_request_vault.signature_len)
		return SG_REQUEST_ENCODING;
	out->has_created = true;
	out->has_nonce = true;
	out->nonce = sg_request_keep_text(&job->made->keep, nonce);
	return SG_REQUEST_OK;
}

static enum sg_request_reason read(struct sg_request_job *job)
{
	enum sg_request_reason reason = shape_check(job);

	if (reason == SG_REQUEST_OK)
		reason = read_id(job);
	if (reason == SG_REQUEST_OK)
		reason = read_texts(job);
	if (reason == SG_REQUEST_OK)
		reason = cover(job);
	return reason == SG_REQUEST_OK ? make_base(job) : reason;
}

const struct sg_request_form_row sg_request_vault = {
	.name = "vault",
	.field = SIGNATURE,
	.key = SG_REQUEST_KEY_ED25519,
	.signature_len = 64,
	.nonce = true,
	.flags = SG_REQUEST_ALLOW_QUERY | SG_REQUEST_AS_AGENT | SG_REQUEST_AS_TUNNEL,
	.prepare = prepare,
	.finish = finish,
	.read = read,
};
