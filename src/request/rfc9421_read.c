/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Reading HTTP message signatures [RFC 9421 §3.2]. The list of components is written anew
 * from what was read, so that what is checked is what was understood.
 */
#include "request/body.h"
#include "request/digest.h"
#include "request/rfc9421.h"

/* One signature of the message: its entries in both dictionaries. */
struct found {
	const struct sg_sf_entry *input;
	const struct sg_sf_entry *signature;
	struct sg_sf_entries params;
};

static bool tag_is(const struct sg_sf_entries *params, struct sg_request_text tag)
{
	const struct sg_sf_entry *entry = sg_sf_find(params, "tag");
	struct sg_buf room = { 0 };
	struct sg_writer w = sg_writer(&room);
	const bool is = entry && sg_sf_string(&entry->value, &w) &&
	                sg_bytes_equal(sg_buf_bytes(&room), sg_request_bytes(tag));

	sg_buf_free(&room);
	return is;
}

/* Look for the only signature that fits what the caller wants. */
static enum sg_request_reason choose(const struct sg_request_reading *how,
                                     const struct sg_sf_entries *inputs, struct found *found)
{
	const struct sg_sf_entry *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < inputs->n; i++) {
		const struct sg_sf_entry *entry = &inputs->entry[i];

		if (how->label.len > 0 && !sg_request_same(how->label, entry->key))
			continue;
		last = entry;
		if (entry->value.kind != SG_SF_INNER ||
		    !sg_sf_params(&entry->value, &found->params))
			return SG_REQUEST_STRUCTURED;
		if (how->tag.len > 0 && !tag_is(&found->params, how->tag))
			continue;
		found->input = entry;
		n++;
	}
	if (n == 0 && inputs->n == 0)
		return SG_REQUEST_MISSING;
	if (n != 1)
		return SG_REQUEST_LABEL;
	/* Those of another one may have been read behind it. */
	return last == found->input || sg_sf_params(&found->input->value, &found->params) ?
	       SG_REQUEST_OK : SG_REQUEST_STRUCTURED;
}

static enum sg_request_reason find_signature(struct sg_request_job *job,
                                             const struct sg_sf_entries *signatures,
                                             struct found *found)
{
	struct sg_request_signature *out = &job->made->out;

	if (found->input->key.len > SG_REQUEST_LABEL_MAX)
		return SG_REQUEST_TOO_LONG;
	for (size_t i = 0; i < signatures->n; i++)
		if (sg_request_same(signatures->entry[i].key, found->input->key))
			found->signature = &signatures->entry[i];
	if (!found->signature)
		return SG_REQUEST_MISSING;
	out->label = sg_request_keep_text(&job->made->keep, found->input->key);
	return sg_sf_bytes(&found->signature->value, out->signature, sizeof(out->signature),
	                   &out->signature_len) &&
	       out->signature_len == sg_request_rfc9421.signature_len ?
	       SG_REQUEST_OK : SG_REQUEST_ENCODING;
}

static enum sg_request_reason time_param(const struct found *found, const char *name, bool *has,
                                         int64_t *out)
{
	const struct sg_sf_entry *entry = sg_sf_find(&found->params, name);

	*has = entry;
	if (!entry)
		return SG_REQUEST_OK;
	return sg_sf_integer(&entry->value, out) && *out >= 0 ? SG_REQUEST_OK :
	                                                        SG_REQUEST_TIMESTAMP;
}

/* A parameter that is a string of at most max bytes; wrong says what one is that isn't. */
static enum sg_request_reason text_param(struct sg_request_job *job, const struct found *found,
                                         const char *name, size_t max,
                                         enum sg_request_reason wrong,
                                         struct sg_request_text *out)
{
	const struct sg_sf_entry *entry = sg_sf_find(&found->params, name);
	struct sg_writer w = sg_writer(&job->room);

	*out = sg_request_part(NULL, 0);
	if (!entry)
		return SG_REQUEST_OK;
	if (!sg_sf_string(&entry->value, &w))
		return wrong;
	*out = sg_request_job_keep(job, &w);
	if (w.err != SG_OK)
		return sg_request_of_err(w.err);
	if (out->len == 0)
		return wrong;
	return out->len <= max ? SG_REQUEST_OK : SG_REQUEST_TOO_LONG;
}

static enum sg_request_reason read_params(struct sg_request_job *job, const struct found *found)
{
	struct sg_request_signature *out = &job->made->out;
	enum sg_request_reason reason =
		found->params.repeated ? SG_REQUEST_PARAMETER : SG_REQUEST_OK;

	if (reason == SG_REQUEST_OK)
		reason = time_param(found, "created", &out->has_created, &out->created);
	if (reason == SG_REQUEST_OK)
		reason = time_param(found, "expires", &out->has_expires, &out->expires);
	if (reason == SG_REQUEST_OK)
		reason = text_param(job, found, "keyid", SG_REQUEST_ID_MAX, SG_REQUEST_ID,
		                    &out->id);
	if (reason == SG_REQUEST_OK)
		reason = text_param(job, found, "nonce", SG_REQUEST_NONCE_MAX, SG_REQUEST_NONCE,
		                    &out->nonce);
	if (reason == SG_REQUEST_OK)
		reason = text_param(job, found, "tag", SG_REQUEST_TAG_MAX, SG_REQUEST_PARAMETER,
		                    &out->tag);
	if (reason == SG_REQUEST_OK)
		reason = text_param(job, found, "alg", SG_REQUEST_TAG_MAX, SG_REQUEST_PARAMETER,
		                    &out->alg);
	if (reason != SG_REQUEST_OK)
		return reason;
	if (out->alg.len > 0 && !sg_request_is(out->alg, "ed25519"))
		return SG_REQUEST_ALGORITHM;
	if (out->has_created && out->has_expires && out->expires < out->created)
		return SG_REQUEST_EXPIRES;
	out->has_nonce = out->nonce.len > 0;
	if (out->id.len > 0)
		out->id_field = sg_request_text(SG_RFC9421_INPUT);
	return SG_REQUEST_OK;
}

/* Look for all that the caller wrote down. */
static enum sg_request_reason check_required(struct sg_request_text wanted,
                                             const struct sg_request_covered *covered, bool body)
{
	struct sg_request_covered required;
	struct sg_buf room = { 0 };
	enum sg_request_reason reason;
	bool enough;

	reason = sg_request_covered_of_text(wanted, &room, &required);
	enough = reason == SG_REQUEST_OK && sg_request_covers(covered, &required, body);
	sg_buf_free(&room);
	if (reason != SG_REQUEST_OK)
		return reason == SG_REQUEST_NOMEM ? reason : SG_REQUEST_ARGUMENT;
	return enough ? SG_REQUEST_OK : SG_REQUEST_UNCOVERED;
}

static enum sg_request_reason check_coverage(const struct sg_request_job *job,
                                             const struct sg_request_covered *covered)
{
	const bool body = sg_request_body_there(job->message);

	if (job->reading->require.len > 0)
		return check_required(job->reading->require, covered, body);
	return sg_request_covers_enough(covered, body) ? SG_REQUEST_OK : SG_REQUEST_UNCOVERED;
}

static enum sg_request_reason make_base(struct sg_request_job *job, const struct found *found,
                                        const struct sg_request_covered *covered)
{
	const struct sg_request_source source = {
		.message = job->message,
		.target = &job->target,
		.structured = job->reading->structured,
		.n_structured = job->reading->n_structured,
	};
	struct sg_writer w = sg_writer(&job->room);
	struct sg_request_text params;
	enum sg_request_reason reason;

	if (!sg_sf_write(&w, &found->input->value))
		return SG_REQUEST_STRUCTURED;
	params = sg_request_job_keep(job, &w);
	reason = sg_request_covered_base(&source, covered, params, &w);
	if (reason != SG_REQUEST_OK)
		return reason;
	if (!(job->flags & SG_REQUEST_HEAD_ONLY))
		job->made->out.base = sg_request_job_keep(job, &w);
	return SG_REQUEST_OK;
}

static enum sg_request_reason read_found(struct sg_request_job *job, const struct found *found)
{
	struct sg_request_covered covered;
	enum sg_request_reason reason = read_params(job, found);

	if (reason == SG_REQUEST_OK)
		reason = sg_request_covered_read(&found->input->value, &covered);
	if (reason == SG_REQUEST_OK)
		reason = sg_rfc9421_keep_components(job, &covered);
	if (reason == SG_REQUEST_OK)
		reason = check_coverage(job, &covered);
	if (reason == SG_REQUEST_OK)
		reason = make_base(job, found, &covered);
	if (reason == SG_REQUEST_OK && !(job->flags & SG_REQUEST_HEAD_ONLY) &&
	    sg_request_covers_field(&covered, "content-digest"))
		reason = sg_request_digest_check(job->message);
	return reason;
}

enum sg_request_reason sg_rfc9421_read(struct sg_request_job *job)
{
	struct sg_buf inputs_room = { 0 }, signatures_room = { 0 };
	struct sg_sf_entries inputs, signatures;
	struct found found = { NULL };
	enum sg_request_reason reason =
		sg_rfc9421_entries(job->message, SG_RFC9421_INPUT, &inputs_room, &inputs);

	if (reason == SG_REQUEST_OK)
		reason = sg_rfc9421_entries(job->message, SG_RFC9421_SIGNATURE, &signatures_room,
		                            &signatures);
	if (reason == SG_REQUEST_OK)
		reason = choose(job->reading, &inputs, &found);
	if (reason == SG_REQUEST_OK)
		reason = find_signature(job, &signatures, &found);
	if (reason == SG_REQUEST_OK)
		reason = read_found(job, &found);
	sg_buf_free(&inputs_room);
	sg_buf_free(&signatures_room);
	return reason;
}
