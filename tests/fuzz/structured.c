/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Structured fields, the components that a signature covers, query strings and digests of
 * a body: what can be read is written in one way, which is read as the same.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "fuzz/input.h"
#include "request/covered.h"
#include "request/digest.h"
#include "request/field.h"
#include "request/lockout.h"
#include "request/query.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static struct sg_request_text text_of(const struct sg_buf *buf)
{
	return sg_request_part(buf->data, buf->len);
}

static bool within(struct sg_request_text inner, struct sg_request_text outer)
{
	return inner.len == 0 || (inner.data >= outer.data &&
	                          inner.data + inner.len <= outer.data + outer.len);
}

/* Decode it as every type: as its own alone it may be. */
static void try_value(const struct sg_sf_value *value, struct sg_request_text text)
{
	struct sg_buf room = { 0 };
	struct sg_writer w = sg_writer(&room);
	uint8_t bytes[64];
	int64_t number;
	size_t len;
	bool implied = value->kind == SG_SF_BOOLEAN && sg_request_is(value->raw, "?1");

	need(implied || within(value->raw, text), "a value lies elsewhere");
	need(within(value->params, text), "parameters lie elsewhere");
	need(!sg_sf_integer(value, &number) || value->kind == SG_SF_INTEGER, "no integer is one");
	need(sg_sf_string(value, &w) == (value->kind == SG_SF_STRING), "no string is one");
	need(!sg_sf_bytes(value, bytes, sizeof bytes, &len) ||
	     (value->kind == SG_SF_BYTES && len <= sizeof bytes), "no bytes are some");
	need(!sg_sf_true(value) || value->kind == SG_SF_BOOLEAN, "what is no boolean is true");
	if (value->kind == SG_SF_STRING) {
		struct sg_buf again = { 0 };
		struct sg_writer quoted = sg_writer(&again);

		need(sg_sf_is_string(text_of(&room)), "a string could be none");
		sg_sf_write_string(&quoted, text_of(&room));
		need(sg_request_same(text_of(&again), value->raw), "a string is quoted otherwise");
		sg_buf_free(&again);
	}
	sg_buf_free(&room);
}

/* One of the three structures: read a text and write it. */
struct structure {
	const char *name;
	bool (*through)(struct sg_request_text text, struct sg_writer *w);
};

static bool item(struct sg_request_text text, struct sg_writer *w)
{
	struct sg_sf_value value;

	if (!sg_sf_item(text, &value))
		return false;
	try_value(&value, text);
	need(sg_sf_write(w, &value), "an item can't be written");
	return true;
}

static bool list(struct sg_request_text text, struct sg_writer *w)
{
	static struct sg_sf_values members, items;

	if (!sg_sf_list(text, &members))
		return false;
	for (size_t i = 0; i < members.n; i++) {
		try_value(&members.value[i], text);
		if (!sg_sf_inner(&members.value[i], &items))
			continue;
		for (size_t k = 0; k < items.n; k++)
			try_value(&items.value[k], text);
	}
	/* More items or parameters than there is room for are found only here. */
	return sg_sf_write_list(w, &members);
}

static bool dictionary(struct sg_request_text text, struct sg_writer *w)
{
	static struct sg_sf_entries members, params;

	if (!sg_sf_dictionary(text, &members))
		return false;
	for (size_t i = 0; i < members.n; i++) {
		const struct sg_sf_entry *entry = &members.entry[i];

		need(sg_sf_is_key(entry->key) && within(entry->key, text), "a key is none");
		try_value(&entry->value, text);
		if (!sg_sf_params(&entry->value, &params))
			continue;
		for (size_t k = 0; k < params.n; k++)
			try_value(&params.entry[k].value, text);
	}
	return sg_sf_write_dictionary(w, &members);
}

static const struct structure structures[] = {
	{ "an item", item }, { "a list", list }, { "a dictionary", dictionary },
};

static void try_structure(const struct structure *s, struct sg_request_text text)
{
	struct sg_buf first = { 0 }, second = { 0 };
	struct sg_writer w = sg_writer(&first), again = sg_writer(&second);
	struct sg_bytes copy;

	if (s->through(text, &w)) {
		copy = sg_bytes(fuzz_copy(first.data, first.len), first.len);
		if (!s->through(sg_request_part(copy.data, copy.len), &again) ||
		    !sg_bytes_equal(sg_buf_bytes(&second), copy))
			fuzz_fail("%s is read otherwise when it was written", s->name);
	}
	sg_buf_free(&first);
	sg_buf_free(&second);
}

static size_t count(struct sg_request_text text, char byte)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == byte;
	return n;
}

/* A message that has most components, and a field that holds the input. */
static void try_base(const struct sg_request_covered *covered, struct sg_request_text text)
{
	const struct sg_request_field fields[] = {
		{ sg_request_text("Host"), sg_request_text("example.org:443") },
		{ sg_request_text("x"), text },
		{ sg_request_text("X"), sg_request_text(" a=1, b=2;x, c=(a b) ") },
	};
	const struct sg_request_message message = {
		.method = sg_request_text("GET"),
		.target = sg_request_text("/a?b=1&c=%41&c=+"),
		.scheme = sg_request_text("https"),
		.fields = fields,
		.n_fields = sizeof fields / sizeof fields[0],
	};
	struct sg_request_target target;
	const struct sg_request_source source = { .message = &message, .target = &target };
	struct sg_buf base = { 0 };
	struct sg_writer w = sg_writer(&base);

	if (sg_request_message_check(&message) == SG_REQUEST_OK) {
		need(sg_request_target_read(&message, &target) == SG_REQUEST_OK, "the target");
		if (sg_request_covered_base(&source, covered, sg_request_text("()"), &w) ==
		    SG_REQUEST_OK)
			need(count(text_of(&base), '\n') == covered->n,
			     "a component has a line feed");
	}
	sg_buf_free(&base);
}

static void try_covered(struct sg_request_text text)
{
	static struct sg_request_covered covered, again;
	struct sg_buf room = { 0 }, list = { 0 }, other = { 0 };
	struct sg_writer w = sg_writer(&list);

	if (sg_request_covered_of_text(text, &room, &covered) == SG_REQUEST_OK) {
		for (size_t i = 0; i < covered.n; i++) {
			sg_request_puts(&w, i > 0 ? " " : "");
			need(sg_sf_write(&w, &covered.item[i]), "a component can't be written");
		}
		need(sg_request_covered_of_text(text_of(&list), &other, &again) == SG_REQUEST_OK &&
		     again.n == covered.n, "components are read otherwise when they were written");
		for (size_t i = 0; i < covered.n; i++)
			need(sg_request_component_same(&covered.component[i],
			                               &again.component[i]),
			     "a component is another when it was written");
		need(sg_request_covers(&covered, &again, true), "they don't cover themselves");
		try_base(&covered, text);
	}
	sg_buf_free(&room);
	sg_buf_free(&list);
	sg_buf_free(&other);
}

static void try_query(struct sg_request_text text)
{
	struct sg_buf first = { 0 }, second = { 0 };
	struct sg_writer w = sg_writer(&first), again = sg_writer(&second);

	need(sg_request_query_sorted(text, &w) == SG_REQUEST_OK &&
	     sg_request_query_sorted(text_of(&first), &again) == SG_REQUEST_OK &&
	     sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&second)),
	     "a sorted query is sorted otherwise");
	need(text.len == 0 || first.len <= 4 * text.len, "a query grows");
	sg_buf_free(&first);
	sg_buf_free(&second);
}

/* The input as Content-Digest of itself: true it can't be, and what we write is. */
static void try_digest(struct sg_request_text text)
{
	struct sg_request_digest digest = { .size = sizeof digest };
	struct sg_request_field field = { sg_request_text("Content-Digest"), text };
	const struct sg_request_message message = {
		.method = sg_request_text("PUT"), .target = sg_request_text("/"),
		.fields = &field, .n_fields = 1, .body = &digest,
	};
	struct sg_buf value = { 0 };
	struct sg_writer w = sg_writer(&value);
	enum sg_request_reason reason;

	need(sg_request_body_once(SG_REQUEST_SHA256 | SG_REQUEST_SHA512, text.data, text.len,
	                          &digest) == SG_REQUEST_OK, "a digest");
	if (sg_request_message_check(&message) == SG_REQUEST_OK) {
		reason = sg_request_digest_check(&message);
		need(reason == SG_REQUEST_DIGEST || reason == SG_REQUEST_DIGEST_FORM,
		     "a digest of itself");
		(void)sg_request_digests_needed(&message);
	}
	need(sg_request_digest_write(&message, SG_REQUEST_SHA256 | SG_REQUEST_SHA512, &w) ==
	     SG_REQUEST_OK, "a digest can't be written");
	field.value = text_of(&value);
	need(sg_request_digest_check(&message) == SG_REQUEST_OK, "what was written is not right");
	sg_buf_free(&value);
}

/* An address in brackets, or with a zone, is the same source. */
static void try_source(struct sg_request_text text)
{
	uint8_t source[SG_LOCKOUT_SOURCE], other[SG_LOCKOUT_SOURCE];
	const size_t len = sg_lockout_source(text, source);
	char *bracketed = fuzz_alloc(text.len + 2);

	need(len >= 1 && len <= sizeof source, "a source is too long");
	bracketed[0] = '[';
	if (text.len > 0)
		memcpy(bracketed + 1, text.data, text.len);
	bracketed[text.len + 1] = ']';
	/* What is no address begins with a zero, and so does one of this network alone. */
	if (len <= 8 && source[0] != 0)
		need(text.data[0] == '[' ||
		     (sg_lockout_source(sg_request_part(bracketed, text.len + 2), other) == len &&
		      memcmp(source, other, len) == 0), "a source has two names");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sg_request_text text = sg_request_part(fuzz_copy(data, len), len);

	need(sg_crypto_start() == SG_OK, "crypto");
	for (size_t i = 0; i < sizeof structures / sizeof structures[0]; i++)
		try_structure(&structures[i], text);
	try_covered(text);
	try_query(text);
	try_digest(text);
	try_source(text);
	fuzz_release();
	return 0;
}
