/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The form with HMAC: METHOD, path, query, time and hash of the body, a line each.
 */
#include <time.h>

#include "request/body.h"
#include "request/field.h"
#include "request/form.h"
#include "request/query.h"

#define KEY_ID "X-Bella-Key-Id"
#define TIMESTAMP "X-Bella-Timestamp"
#define SIGNATURE "X-Bella-Signature"

/* The shape of a time: every 0 is a digit. */
static const char shape[] = "0000-00-00T00:00:00Z";

static bool write_time(int64_t seconds, char out[sizeof(shape)])
{
	const time_t when = (time_t)seconds;
	struct tm tm;

	/* Of years beyond there is no way of writing them with four digits. */
	return gmtime_r(&when, &tm) && tm.tm_year >= 0 && tm.tm_year <= 9999 - 1900 &&
	       strftime(out, sizeof(shape), "%Y-%m-%dT%H:%M:%SZ", &tm) == sizeof(shape) - 1;
}

static int digits(const char *at, size_t n)
{
	int number = 0;

	for (size_t i = 0; i < n; i++)
		number = number * 10 + (at[i] - '0');
	return number;
}

/* A time that is written again as it was read is one that there is. */
static bool read_time(struct sg_request_text text, int64_t *seconds)
{
	char again[sizeof(shape)];
	struct tm tm = { 0 };

	if (text.len != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (shape[i] == '0' ? !sg_request_digit(text.data[i]) : text.data[i] != shape[i])
			return false;
	tm.tm_year = digits(text.data, 4) - 1900;
	tm.tm_mon = digits(text.data + 5, 2) - 1;
	tm.tm_mday = digits(text.data + 8, 2);
	tm.tm_hour = digits(text.data + 11, 2);
	tm.tm_min = digits(text.data + 14, 2);
	tm.tm_sec = digits(text.data + 17, 2);
	*seconds = (int64_t)timegm(&tm);
	return *seconds >= 0 && write_time(*seconds, again) && sg_request_is(text, again);
}

static enum sg_request_reason shape_check(const struct sg_request_job *job)
{
	if (!sg_request_method_upper(job->message->method))
		return SG_REQUEST_METHOD;
	return job->target.form == SG_REQUEST_TARGET_ORIGIN ||
	       job->target.form == SG_REQUEST_TARGET_ABSOLUTE ?
	       SG_REQUEST_OK : SG_REQUEST_TARGET;
}

static enum sg_request_reason make_base(struct sg_request_job *job)
{
	const struct sg_request_digest *body = sg_request_body_of(job->message);
	struct sg_request_signature *out = &job->made->out;
	struct sg_writer w = sg_writer(&job->room);
	enum sg_request_reason reason;
	char when[sizeof(shape)];

	if (job->flags & SG_REQUEST_HEAD_ONLY)
		return SG_REQUEST_OK;
	if (!(body->have & SG_REQUEST_SHA256))
		return SG_REQUEST_ARGUMENT;
	if (!write_time(out->created, when))
		return SG_REQUEST_TIMESTAMP;
	sg_request_put(&w, job->message->method);
	sg_request_puts(&w, "\n");
	if (job->target.path.len == 0)
		sg_request_puts(&w, "/");
	sg_request_put(&w, job->target.path);
	sg_request_puts(&w, "\n");
	reason = sg_request_query_sorted(job->target.query, &w);
	if (reason != SG_REQUEST_OK)
		return reason;
	sg_request_puts(&w, "\n");
	sg_request_puts(&w, when);
	sg_request_puts(&w, "\n");
	sg_request_put_hex(&w, sg_bytes(body->sha256, sizeof(body->sha256)));
	out->base = sg_request_job_keep(job, &w);
	return SG_REQUEST_OK;
}

static enum sg_request_reason cover(struct sg_request_job *job)
{
	static const char *const components[] = {
		"\"@method\"", "\"@path\"", "\"@query\"", "\"content-digest\"",
	};

	return sg_request_job_components(job, components, 4);
}

static enum sg_request_reason prepare(struct sg_request_job *job)
{
	enum sg_request_reason reason = shape_check(job);

	if (reason == SG_REQUEST_OK && (sg_request_field_there(job->message, KEY_ID) ||
	                                sg_request_field_there(job->message, TIMESTAMP) ||
	                                sg_request_field_there(job->message, SIGNATURE)))
		reason = SG_REQUEST_REPEATED;
	if (reason == SG_REQUEST_OK)
		reason = sg_request_job_id(job, job->signing->id, KEY_ID);
	if (reason != SG_REQUEST_OK)
		return reason;
	job->made->out.has_created = true;
	job->made->out.created = job->created;
	reason = cover(job);
	return reason == SG_REQUEST_OK ? make_base(job) : reason;
}

static enum sg_request_reason finish(struct sg_request_job *job)
{
	const struct sg_request_signature *out = &job->made->out;
	struct sg_writer w = sg_writer(&job->room);
	enum sg_request_reason reason = sg_request_job_fields(job, 3);
	char when[sizeof(shape)];

	if (reason != SG_REQUEST_OK)
		return reason;
	if (!write_time(out->created, when))
		return SG_REQUEST_TIMESTAMP;
	sg_request_job_field(job, KEY_ID, out->id);
	sg_request_job_field(job, TIMESTAMP, sg_request_text(when));
	sg_request_put_hex(&w, sg_bytes(out->signature, out->signature_len));
	sg_request_job_field(job, SIGNATURE, sg_request_job_keep(job, &w));
	return sg_request_of_err(w.err);
}

/* Lower case alone: one code is one text. */
static bool read_code(struct sg_request_text text, struct sg_request_signature *out)
{
	out->signature_len = sg_request_hmac.signature_len;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != sg_request_lower(text.data[i]))
			return false;
	return text.len == 2 * out->signature_len &&
	       sg_bytes_unhex(sg_request_bytes(text), out->signature, out->signature_len);
}

static enum sg_request_reason read(struct sg_request_job *job)
{
	struct sg_request_signature *out = &job->made->out;
	struct sg_request_text id, when, code;
	enum sg_request_reason reason = shape_check(job);

	if (reason == SG_REQUEST_OK)
		reason = sg_request_field_only(job->message, KEY_ID, &id);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_field_only(job->message, TIMESTAMP, &when);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_field_only(job->message, SIGNATURE, &code);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_job_id(job, id, KEY_ID);
	if (reason != SG_REQUEST_OK)
		return reason;
	if (!read_time(when, &out->created))
		return SG_REQUEST_TIMESTAMP;
	if (!read_code(code, out))
		return SG_REQUEST_ENCODING;
	out->has_created = true;
	reason = cover(job);
	return reason == SG_REQUEST_OK ? make_base(job) : reason;
}

const struct sg_request_form_row sg_request_hmac = {
	.name = "hmac",
	.field = SIGNATURE,
	.key = SG_REQUEST_KEY_HMAC,
	.signature_len = 32,
	.prepare = prepare,
	.finish = finish,
	.read = read,
};
