/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The head of a request and the signature in it, as a server gets them: what is understood
 * lies in the input, is understood again as it is written, and nothing of it is beyond its bounds.
 */
#include "fuzz/request.h"

#include <stdio.h>
#include <string.h>

#include "request/text.h"

void request_need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

struct sg_request_text request_option(const struct sg_request_message *message, const char *name)
{
	for (size_t i = 0; i < message->n_fields; i++)
		if (sg_request_same_name(message->fields[i].name, sg_request_text(name)))
			return sg_request_trim(message->fields[i].value);
	return sg_request_part(NULL, 0);
}

void request_digest(struct fuzz_message *message)
{
	message->digest.size = sizeof message->digest;
	request_need(sg_request_body_once(SG_REQUEST_SHA256 | SG_REQUEST_SHA512,
	                                  message->body.data, message->body.len,
	                                  &message->digest) == SG_REQUEST_OK, "a digest");
	message->message.body = &message->digest;
}

void request_of_head(const struct sg_request_head *head, struct sg_bytes text,
                     const struct fuzz_choices *choices, struct fuzz_message *out)
{
	out->message = head->message;
	if (head->message.n_fields > 0)
		memcpy(out->fields, head->fields, head->message.n_fields * sizeof *out->fields);
	/* An empty text may be nowhere. */
	for (size_t i = 0; i < head->message.n_fields; i++)
		if (out->fields[i].value.len == 0 && choices->to & 4)
			out->fields[i].value.data = NULL;
	out->message.fields = out->fields;
	out->body = sg_bytes(text.data + head->len, text.len - head->len);
	if (choices->known_host) {
		out->message.scheme = sg_request_text(choices->to & 1 ? "https" : "HTTP");
		out->message.authority = sg_request_text(choices->to & 2 ? "Example.org:443" : "[::1]:80");
	}
	request_digest(out);
}

static void put(struct sg_buf *out, struct sg_request_text text)
{
	request_need(sg_buf_append(out, sg_request_bytes(text)) == SG_OK, "memory");
}

void request_write(const struct sg_request_message *message, unsigned minor, struct sg_buf *out)
{
	put(out, message->method);
	put(out, sg_request_text(" "));
	put(out, message->target);
	put(out, sg_request_text(minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n"));
	for (size_t i = 0; i < message->n_fields; i++) {
		put(out, message->fields[i].name);
		put(out, sg_request_text(": "));
		put(out, message->fields[i].value);
		put(out, sg_request_text("\r\n"));
	}
	put(out, sg_request_text("\r\n"));
}

static void same_head(const struct sg_request_head *a, const struct sg_request_head *b)
{
	const struct sg_request_message *x = &a->message, *y = &b->message;

	request_need(sg_request_same(x->method, y->method) && sg_request_same(x->target, y->target) &&
	             a->minor == b->minor && x->n_fields == y->n_fields, "a head is another");
	request_need(a->chunked == b->chunked && a->has_content_length == b->has_content_length &&
	             a->content_length == b->content_length, "a body ends elsewhere");
	for (size_t i = 0; i < x->n_fields; i++)
		request_need(sg_request_same(x->fields[i].name, y->fields[i].name) &&
		             sg_request_same(x->fields[i].value, y->fields[i].value),
		             "a field is another");
}

/* Parse the first len bytes, of which nothing lies behind. */
static enum sg_request_reason parse(struct sg_bytes text, size_t len, struct sg_request_head **head)
{
	enum sg_request_reason reason;

	*head = (struct sg_request_head *)&text;        /* it is set in any case */
	reason = sg_request_parse(fuzz_copy(text.data, len), len, head);
	request_need((reason == SG_REQUEST_OK) == (*head != NULL), "an error comes with a head");
	return reason;
}

/* What is known of a part of the bytes is not unlearnt with more of them. */
static void try_part(struct sg_bytes text, size_t len, enum sg_request_reason reason,
                     const struct sg_request_head *head)
{
	struct sg_request_head *part = NULL;
	const enum sg_request_reason found = parse(text, len, &part);

	if (head != NULL && len >= head->len) {
		request_need(part != NULL && part->len == head->len, "the end is elsewhere");
		same_head(part, head);
	} else if (head != NULL || reason == SG_REQUEST_INCOMPLETE) {
		request_need(found == SG_REQUEST_INCOMPLETE, "a part is not incomplete");
	} else {
		request_need(found == reason || found == SG_REQUEST_INCOMPLETE,
		             "a part is refused for another cause");
	}
	sg_request_head_free(&part);
}

static void check_views(const struct sg_request_head *head, struct sg_bytes text)
{
	const char *from = (const char *)text.data, *end = from + head->len;
	const struct sg_request_message *message = &head->message;

	request_need(head->len >= 4 && head->len <= text.len && memcmp(end - 4, "\r\n\r\n", 4) == 0,
	             "a head does not end with an empty line");
	request_need(message->method.data == from && message->target.data > from &&
	             message->target.data + message->target.len < end, "a view lies elsewhere");
	request_need(!(head->chunked && head->has_content_length), "a body has two ends");
	for (size_t i = 0; i < message->n_fields; i++) {
		const struct sg_request_field *field = &message->fields[i];

		request_need(field->name.data > from && field->name.len > 0 &&
		             field->value.data > field->name.data &&
		             field->value.data + field->value.len < end, "a field lies elsewhere");
		from = field->value.data;
	}
}

static void try_written(const struct sg_request_head *head)
{
	struct sg_request_head *again = NULL;
	struct sg_buf text = { 0 };

	request_write(&head->message, head->minor, &text);
	request_need(sg_request_parse(text.data, text.len, &again) == SG_REQUEST_OK &&
	             again->len == text.len, "a head can't be read when it was written");
	same_head(head, again);
	sg_request_head_free(&again);
	sg_buf_free(&text);
}

static void check_bounds(const struct sg_request_signature *s, bool head_only)
{
	size_t lines = 0;

	request_need(s->form >= SG_REQUEST_VAULT && s->form <= SG_REQUEST_HMAC, "a form is none");
	request_need(s->id.len <= SG_REQUEST_ID_MAX && s->nonce.len <= SG_REQUEST_NONCE_MAX &&
	             s->label.len <= SG_REQUEST_LABEL_MAX && s->tag.len <= SG_REQUEST_TAG_MAX &&
	             s->n_components <= SG_REQUEST_COMPONENTS_MAX, "a part is too long");
	request_need((!s->has_created || (s->created >= 0 && s->created <= SG_REQUEST_TIME_MAX)) &&
	             (!s->has_expires || (s->expires >= 0 && s->expires <= SG_REQUEST_TIME_MAX)),
	             "a time is none");
	request_need(s->has_nonce == (s->nonce.len > 0), "a nonce is empty");
	request_need(s->signature_len == (s->form == SG_REQUEST_HMAC ? 32 : 64), "a signature is short");
	request_need(head_only == (s->base.len == 0), "the base is there, or isn't");
	for (size_t i = 0; i < s->base.len; i++) {
		const char c = s->base.data[i];

		request_need((c >= ' ' && c <= '~') || c == '\t' || c == '\n', "the base is no text");
		lines += c == '\n';
	}
	if (s->form == SG_REQUEST_RFC9421 && !head_only)
		request_need(lines == s->n_components, "a component has a line feed");
}

/* METHOD:path:timestamp:nonce:bodyhash, written once more. */
static void check_vault(const struct sg_request_message *message,
                        const struct sg_request_signature *s)
{
	char time[24], hash[2 * sizeof message->body->sha256];
	struct sg_buf base = { 0 };

	if (s->form != SG_REQUEST_VAULT || message->target.data[0] != '/')
		return;
	snprintf(time, sizeof time, "%lld", (long long)s->created);
	sg_bytes_hex(sg_bytes(message->body->sha256, sizeof message->body->sha256), hash);
	put(&base, message->method);
	put(&base, sg_request_text(":"));
	put(&base, message->target);
	put(&base, sg_request_text(":"));
	put(&base, sg_request_text(time));
	put(&base, sg_request_text(":"));
	put(&base, s->nonce);
	put(&base, sg_request_text(":"));
	put(&base, sg_request_part(hash, sizeof hash));
	request_need(sg_bytes_equal(sg_buf_bytes(&base), sg_request_bytes(s->base)),
	             "something else is signed");
	sg_buf_free(&base);
}

static enum sg_request_reason read_form(const struct sg_request_message *message,
                                        enum sg_request_form form, unsigned flags,
                                        struct sg_request_signature **signature)
{
	const struct sg_request_reading how = {
		.size = sizeof how, .form = form, .flags = flags,
		.label = request_option(message, "fuzz-label"),
		.tag = request_option(message, "fuzz-tag"),
		.require = request_option(message, "fuzz-require"),
	};
	const enum sg_request_reason reason = sg_request_read(message, &how, signature);

	request_need((reason == SG_REQUEST_OK) == (*signature != NULL),
	             "an error comes with a signature");
	request_need(reason != SG_REQUEST_NOMEM && reason != SG_REQUEST_CRYPTO, "it can't be read");
	return reason;
}

/* Read it as a server does: the head first, and with the body. */
static void try_read(const struct sg_request_message *message, enum sg_request_form form,
                     unsigned flags)
{
	struct sg_request_signature *early = NULL, *late = NULL, *own = NULL;
	const enum sg_request_reason head =
		read_form(message, form, flags | SG_REQUEST_HEAD_ONLY, &early);
	const enum sg_request_reason whole = read_form(message, form, flags, &late);

	/* With the body there is more to refuse, and nothing less. */
	request_need(whole != SG_REQUEST_OK || head == SG_REQUEST_OK, "the head alone is refused");
	if (early != NULL)
		check_bounds(early, true);
	if (late != NULL) {
		check_bounds(late, false);
		check_vault(message, late);
		(void)request_check(late);
		request_need(sg_request_same(early->id, late->id) && early->created == late->created &&
		             sg_request_same(early->nonce, late->nonce), "the head says otherwise");
		request_need(read_form(message, late->form, flags, &own) == SG_REQUEST_OK &&
		             sg_request_same(own->base, late->base), "its form is not its form");
	}
	sg_request_signature_free(&early);
	sg_request_signature_free(&late);
	sg_request_signature_free(&own);
}

static void choose(struct fuzz_input *in, struct fuzz_choices *out)
{
	const unsigned bits = fuzz_byte(in), more = fuzz_byte(in);

	*out = (struct fuzz_choices){
		.form = (enum sg_request_form)(SG_REQUEST_VAULT + bits % 3),
		.structure = (enum sg_request_structure)(more % 3),
		.keep_signatures = bits & 8,
		.known_host = bits & 16,
		.change = fuzz_byte(in),
		.where = (unsigned)fuzz_byte(in) << 8,
	};
	out->where |= fuzz_byte(in);
	out->to = fuzz_byte(in);
	out->flags = (bits & 32 ? SG_REQUEST_ALLOW_QUERY : 0) | (bits & 64 ? SG_REQUEST_NO_NONCE : 0) |
	             (bits & 128 ? SG_REQUEST_NO_ALG : 0) | (more & 64 ? SG_REQUEST_AS_AGENT : 0) |
	             (more & 128 ? SG_REQUEST_AS_TUNNEL : 0);
}

static void try_message(const struct sg_request_head *head, struct sg_bytes text,
                        const struct fuzz_choices *choices)
{
	static struct fuzz_message message;

	request_of_head(head, text, choices, &message);
	(void)sg_request_digests_needed(&message.message);
	for (int form = SG_REQUEST_ANY; form <= SG_REQUEST_HMAC; form++)
		try_read(&message.message, (enum sg_request_form)form,
		         choices->flags & SG_REQUEST_ALLOW_QUERY);
	request_sign(&message, choices, head->minor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	struct fuzz_choices choices;
	struct sg_request_head *head = NULL;
	enum sg_request_reason reason;
	struct sg_bytes text;

	choose(&in, &choices);
	text = sg_bytes(fuzz_copy(in.data, in.len), in.len);
	reason = sg_request_parse(text.data, text.len, &head);
	try_part(text, in.len > 0 ? choices.where % (in.len + 1) : 0, reason, head);
	if (head != NULL) {
		check_views(head, text);
		try_written(head);
		try_message(head, text, &choices);
	}
	sg_request_head_free(&head);
	fuzz_release();
	return 0;
}
