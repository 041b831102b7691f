/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. A signed request that somebody changes on its way: one byte of what is covered. Only
 * letters and digits become others, and not the same ones in another case, so that it can't be
 * another way of writing the same.
 */
#include <string.h>

#include "fuzz/request.h"
#include "request/text.h"

struct change {
	struct fuzz_message message;
	const struct sg_request_signature *signature;
	const struct fuzz_choices *choices;
};

static bool covers(const struct change *c, const char *component)
{
	for (size_t i = 0; i < c->signature->n_components; i++)
		if (sg_request_is(c->signature->components[i], component))
			return true;
	return false;
}

static bool alphanumeric(char c)
{
	const char lower = sg_request_lower(c);

	return (lower >= 'a' && lower <= 'z') || sg_request_digit(c);
}

/* Replace the byte of a text; false where that is no change. */
static bool replace(struct change *c, struct sg_request_text *text, size_t at)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const char to = alphabet[c->choices->to % (sizeof alphabet - 1)];
	char *copy;

	if (at >= text->len || !alphanumeric(text->data[at]) || sg_request_lower(text->data[at]) == to)
		return false;
	copy = fuzz_copy(text->data, text->len);
	/* Methods that a form takes are in upper case. */
	copy[at] = text->data[at] >= 'A' && text->data[at] <= 'Z' && to >= 'a' ? (char)(to - 'a' + 'A')
	                                                                      : to;
	text->data = copy;
	return true;
}

static size_t place(const struct change *c, size_t len)
{
	return len > 0 ? c->choices->where % len : 0;
}

static bool method(struct change *c)
{
	struct sg_request_text *text = &c->message.message.method;

	return covers(c, "\"@method\"") && replace(c, text, place(c, text->len));
}

static bool target(struct change *c)
{
	struct sg_request_text *text = &c->message.message.target;
	const size_t at = place(c, text->len);
	const bool query = sg_request_find(*text, '?') < at;

	return text->data[0] == '/' &&
	       (covers(c, "\"@target-uri\"") || covers(c, "\"@request-target\"") ||
	        covers(c, query ? "\"@query\"" : "\"@path\"")) && replace(c, text, at);
}

static bool body(struct change *c)
{
	struct sg_bytes *bytes = &c->message.body;
	uint8_t *copy;

	if (bytes->len == 0 || c->choices->to == 0 || !covers(c, "\"content-digest\""))
		return false;
	copy = fuzz_copy(bytes->data, bytes->len);
	copy[place(c, bytes->len)] ^= c->choices->to;
	bytes->data = copy;
	request_digest(&c->message);
	return true;
}

/* A field that came with the signature. The identifier is not covered but in rfc9421. */
static bool added(struct change *c)
{
	const size_t n = c->message.message.n_fields, mine = c->signature->n_fields;
	struct sg_request_field *field = &c->message.fields[n - mine + c->choices->change / 8 % mine];

	if (c->signature->form != SG_REQUEST_RFC9421 &&
	    sg_request_same(field->name, c->signature->id_field))
		return false;
	/* One that was added to be covered might be so in part. */
	if (sg_request_is(field->name, "Content-Digest") && !covers(c, "\"content-digest\""))
		return false;
	return replace(c, &field->value, place(c, field->value.len));
}

/* A field that is covered as it is. */
static bool covered_field(struct change *c)
{
	const struct sg_request_text component =
		c->signature->components[c->choices->change / 8 % c->signature->n_components];
	const struct sg_request_text name = sg_request_part(component.data + 1, component.len - 2);

	if (c->signature->form != SG_REQUEST_RFC9421 || component.data[component.len - 1] != '"' ||
	    sg_request_find(name, '"') < name.len || component.data[1] == '@')
		return false;
	for (size_t i = 0; i < c->message.message.n_fields; i++) {
		struct sg_request_field *field = &c->message.fields[i];

		if (sg_request_same_name(field->name, name) &&
		    replace(c, &field->value, place(c, field->value.len)))
			return true;
	}
	return false;
}

void request_change(const struct fuzz_message *sent, const struct sg_request_signature *signature,
                    const struct sg_request_reading *how, const struct fuzz_choices *choices)
{
	static bool (*const changes[])(struct change *c) = {
		method, target, body, added, added, covered_field,
	};
	static struct change c;
	struct sg_request_signature *found = NULL;

	c.message = *sent;
	c.message.message.fields = c.message.fields;
	c.message.message.body = &c.message.digest;
	c.signature = signature;
	c.choices = choices;
	if (signature->n_components > 0 &&
	    changes[choices->change % 8 % (sizeof changes / sizeof changes[0])](&c) &&
	    sg_request_read(&c.message.message, how, &found) == SG_REQUEST_OK)
		request_need(request_check(found) != SG_REQUEST_OK, "a change is not noticed");
	sg_request_signature_free(&found);
}
