/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Parsing structured fields [RFC 9651 §4.2]. A position only ever goes forward, and an
 * inner list holds no other one, so the depth is bounded.
 */
#include "request/sf.h"

#include "util/utf8.h"

/* What is left of the text. */
struct scan {
	const char *at;
	const char *end;
};

static char peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : '\0';
}

static bool take(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static void skip(struct scan *s, const char *blanks)
{
	while (s->at < s->end && *s->at != '\0' && strchr(blanks, *s->at))
		s->at++;
}

static bool lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool key_byte(char c)
{
	return lower(c) || sg_request_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}

static bool key(struct scan *s, struct sg_request_text *out)
{
	const char *from = s->at;

	if (!lower(peek(s)) && peek(s) != '*')
		return false;
	while (key_byte(peek(s)))
		s->at++;
	*out = sg_request_part(from, (size_t)(s->at - from));
	return true;
}

static size_t digits(struct scan *s)
{
	const char *from = s->at;

	while (sg_request_digit(peek(s)))
		s->at++;
	return (size_t)(s->at - from);
}

static bool number(struct scan *s, struct sg_sf_value *value)
{
	size_t whole, part;

	(void)take(s, '-');
	whole = digits(s);
	value->kind = SG_SF_INTEGER;
	if (whole == 0 || whole > 15)
		return false;
	if (!take(s, '.'))
		return true;
	part = digits(s);
	value->kind = SG_SF_DECIMAL;
	return whole <= 12 && part >= 1 && part <= 3;
}

static bool date(struct scan *s, struct sg_sf_value *value)
{
	s->at++;
	if (!number(s, value) || value->kind != SG_SF_INTEGER)
		return false;
	value->kind = SG_SF_DATE;
	return true;
}

static bool string(struct scan *s, struct sg_sf_value *value)
{
	value->kind = SG_SF_STRING;
	s->at++;
	while (s->at < s->end) {
		const char c = *s->at++;

		if (c == '"')
			return true;
		if (c < ' ' || c > '~')
			return false;
		if (c == '\\' && !take(s, '"') && !take(s, '\\'))
			return false;
	}
	return false;
}

static bool token(struct scan *s, struct sg_sf_value *value)
{
	value->kind = SG_SF_TOKEN;
	while (sg_request_token_byte(peek(s)) || peek(s) == ':' || peek(s) == '/')
		s->at++;
	return true;
}

static bool bytes(struct scan *s, struct sg_sf_value *value)
{
	uint8_t last[3];
	const char *from = ++s->at;
	size_t len, tail, decoded;

	value->kind = SG_SF_BYTES;
	while (s->at < s->end && *s->at != ':')
		s->at++;
	len = (size_t)(s->at - from);
	if (!take(s, ':') || len % 4 != 0)
		return false;
	/* Only the last four digits may have padding and bits that nobody wants. */
	tail = len >= 4 ? len - 4 : 0;
	for (size_t i = 0; i < tail; i++)
		if (!sg_request_digit(from[i]) && !lower(sg_request_lower(from[i])) &&
		    from[i] != '+' && from[i] != '/')
			return false;
	return sg_request_unbase64(sg_request_part(from + tail, len - tail), last, sizeof(last),
	                           &decoded);
}

static bool boolean(struct scan *s, struct sg_sf_value *value)
{
	value->kind = SG_SF_BOOLEAN;
	s->at++;
	return take(s, '0') || take(s, '1');
}

/* The value of a lower-case hexadecimal digit, or 16. */
static unsigned nibble(char c)
{
	if (sg_request_digit(c))
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* UTF-8 is looked at as it comes: a character of several bytes is percent-encoded throughout. */
static bool display(struct scan *s, struct sg_sf_value *value)
{
	uint8_t pending[4];
	size_t n = 0;

	value->kind = SG_SF_DISPLAY;
	s->at++;
	if (!take(s, '"'))
		return false;
	while (s->at < s->end) {
		const char c = *s->at++;
		unsigned byte = (unsigned char)c;

		if (c == '"')
			return n == 0;
		if (c < ' ' || c > '~')
			return false;
		if (c == '%') {
			if (s->end - s->at < 2 || nibble(s->at[0]) > 15 || nibble(s->at[1]) > 15)
				return false;
			byte = nibble(s->at[0]) << 4 | nibble(s->at[1]);
			s->at += 2;
		}
		pending[n++] = (uint8_t)byte;
		if (sg_utf8_len(sg_bytes(pending, n)) > 0)
			n = 0;
		else if (n == sizeof(pending))
			return false;
	}
	return false;
}

static bool bare(struct scan *s, struct sg_sf_value *value)
{
	const char c = peek(s);
	const char *from = s->at;
	bool good = false;

	*value = (struct sg_sf_value){ .kind = SG_SF_TOKEN };
	if (c == '-' || sg_request_digit(c))
		good = number(s, value);
	else if (c == '"')
		good = string(s, value);
	else if (c == ':')
		good = bytes(s, value);
	else if (c == '?')
		good = boolean(s, value);
	else if (c == '@')
		good = date(s, value);
	else if (c == '%')
		good = display(s, value);
	else if (lower(sg_request_lower(c)) || c == '*')
		good = token(s, value);
	value->raw = sg_request_part(from, (size_t)(s->at - from));
	return good;
}

/* Take an entry in; one of the same key is replaced where it stands [RFC 9651 §4.2.2]. */
static bool enter(struct sg_sf_entries *entries, const struct sg_sf_entry *entry)
{
	for (size_t i = 0; i < entries->n; i++) {
		if (!sg_request_same(entries->entry[i].key, entry->key))
			continue;
		entries->repeated = true;
		entries->entry[i].value = entry->value;
		return true;
	}
	if (entries->n == SG_SF_MAX)
		return false;
	entries->entry[entries->n++] = *entry;
	return true;
}

static void is_true(struct sg_sf_value *value)
{
	*value = (struct sg_sf_value){ .kind = SG_SF_BOOLEAN, .raw = sg_request_text("?1") };
}

/* Parameters; entries may be NULL where only their form matters. */
static bool params(struct scan *s, struct sg_sf_entries *entries)
{
	while (take(s, ';')) {
		struct sg_sf_entry entry;

		skip(s, " ");
		if (!key(s, &entry.key))
			return false;
		if (!take(s, '='))
			is_true(&entry.value);
		else if (!bare(s, &entry.value))
			return false;
		if (entries && !enter(entries, &entry))
			return false;
	}
	return true;
}

static bool with_params(struct scan *s, struct sg_sf_value *value)
{
	const char *from = s->at;
	const bool good = params(s, NULL);

	value->params = sg_request_part(from, (size_t)(s->at - from));
	return good;
}

static bool item(struct scan *s, struct sg_sf_value *value)
{
	return bare(s, value) && with_params(s, value);
}

/* The items between brackets; items may be NULL where only their form matters. */
static bool inner(struct scan *s, struct sg_sf_values *items)
{
	struct sg_sf_value value;

	if (!take(s, '('))
		return false;
	for (;;) {
		skip(s, " ");
		if (take(s, ')'))
			return true;
		if (!item(s, &value) || (peek(s) != ' ' && peek(s) != ')'))
			return false;
		if (!items)
			continue;
		if (items->n == SG_SF_MAX)
			return false;
		items->value[items->n++] = value;
	}
}

static bool member(struct scan *s, struct sg_sf_value *value)
{
	const char *from = s->at;

	if (peek(s) != '(')
		return item(s, value);
	if (!inner(s, NULL))
		return false;
	*value = (struct sg_sf_value){
		.kind = SG_SF_INNER, .raw = sg_request_part(from, (size_t)(s->at - from)) };
	return with_params(s, value);
}

/* Go over the comma before the next member. False at an end that should not be here. */
static bool comma(struct scan *s)
{
	skip(s, " \t");
	if (s->at == s->end)
		return true;
	if (!take(s, ','))
		return false;
	skip(s, " \t");
	return s->at < s->end;
}

static struct scan begin(struct sg_request_text text)
{
	struct scan s = { "", "" };

	if (text.len > 0)
		s = (struct scan){ text.data, text.data + text.len };
	skip(&s, " ");
	while (s.end > s.at && s.end[-1] == ' ')
		s.end--;
	return s;
}

bool sg_sf_item(struct sg_request_text text, struct sg_sf_value *value)
{
	struct scan s = begin(text);

	return item(&s, value) && s.at == s.end;
}

bool sg_sf_list(struct sg_request_text text, struct sg_sf_values *members)
{
	struct scan s = begin(text);

	members->n = 0;
	while (s.at < s.end) {
		if (members->n == SG_SF_MAX || !member(&s, &members->value[members->n++]) ||
		    !comma(&s))
			return false;
	}
	return true;
}

bool sg_sf_dictionary(struct sg_request_text text, struct sg_sf_entries *members)
{
	struct scan s = begin(text);

	members->n = 0;
	members->repeated = false;
	while (s.at < s.end) {
		struct sg_sf_entry entry;
		bool good = key(&s, &entry.key);

		if (good && take(&s, '=')) {
			good = member(&s, &entry.value);
		} else if (good) {
			is_true(&entry.value);
			good = with_params(&s, &entry.value);
		}
		if (!good || !enter(members, &entry) || !comma(&s))
			return false;
	}
	return true;
}

bool sg_sf_inner(const struct sg_sf_value *value, struct sg_sf_values *items)
{
	struct scan s = { value->raw.data, value->raw.data + value->raw.len };

	items->n = 0;
	return value->kind == SG_SF_INNER && inner(&s, items) && s.at == s.end;
}

bool sg_sf_params(const struct sg_sf_value *value, struct sg_sf_entries *entries)
{
	struct scan s = begin(value->params);

	entries->n = 0;
	entries->repeated = false;
	return params(&s, entries) && s.at == s.end;
}

const struct sg_sf_entry *sg_sf_find(const struct sg_sf_entries *entries, const char *name)
{
	for (size_t i = 0; i < entries->n; i++)
		if (sg_request_is(entries->entry[i].key, name))
			return &entries->entry[i];
	return NULL;
}

bool sg_sf_is_key(struct sg_request_text text)
{
	struct scan s = { text.data, text.data + text.len };
	struct sg_request_text found;

	return text.len > 0 && key(&s, &found) && s.at == s.end;
}
