/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Lines that hold a wrapped key. jansson says whether a line is JSON and what stands
 * in it; where that stands is counted here, in a line that is known to be good.
 */
#include "tools/wrapped_line.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tools/text.h"

#define NAME_MAX_LEN 255

static char sentence[320];

/* A place in JSON that was parsed before, so that nothing of it can be malformed. */
struct place {
	const char *text;
	size_t at;
};

static void skip_space(struct place *p)
{
	p->at += strspn(p->text + p->at, " \t\r\n");
}

/* Go behind a string, from its first quotation mark. */
static void skip_string(struct place *p)
{
	for (p->at++; p->text[p->at] != '"'; p->at++)
		if (p->text[p->at] == '\\')
			p->at++;
	p->at++;
}

/* Go behind a value, however deep it is. */
static void skip_value(struct place *p)
{
	size_t depth = 0;

	do {
		char c = p->text[p->at];

		if (c == '"') {
			skip_string(p);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		p->at++;
	} while (depth > 0);
	/* A number or a word goes on to what ends it. */
	if (strchr("\"}]", p->text[p->at - 1]) == NULL)
		p->at += strcspn(p->text + p->at, " \t\r\n,]}");
}

/* Go from the bracket of an object or an array to the value of its member of that number. */
static void enter(struct place *p, size_t index, bool object)
{
	for (size_t i = 0; i <= index; i++) {
		p->at++;                        /* the bracket, or the comma */
		skip_space(p);
		if (object) {
			skip_string(p);
			skip_space(p);
			p->at++;                /* the colon */
			skip_space(p);
		}
		if (i == index)
			return;
		skip_value(p);
		skip_space(p);
	}
}

/* Take the next name off a JSON pointer, or the whole of a field that is none [RFC 6901 §4]. */
static bool next_name(const char **field, char name[NAME_MAX_LEN + 1])
{
	size_t len = 0;

	if (**field != '/') {
		len = strlen(*field);
		if (len > NAME_MAX_LEN)
			return false;
		memcpy(name, *field, len + 1);
		*field += len;
		return true;
	}
	for ((*field)++; **field != '\0' && **field != '/' && len < NAME_MAX_LEN; (*field)++) {
		bool escaped = **field == '~' && ((*field)[1] == '0' || (*field)[1] == '1');

		name[len++] = !escaped ? **field : *++*field == '0' ? '~' : '/';
	}
	name[len] = '\0';
	return **field == '\0' || **field == '/';
}

/* Find a member; its number is how many stand before it. Names of an object differ from each
 * other, and jansson keeps their order. */
static const json_t *member(const json_t *parent, const char *name, size_t *index)
{
	size_t digits = strspn(name, "0123456789");
	json_t *value, *of = (json_t *)parent;
	const char *key;

	*index = 0;
	if (json_is_array(parent)) {
		if (digits == 0 || digits > 9 || name[digits] != '\0' ||
		    (digits > 1 && name[0] == '0'))
			return NULL;
		for (size_t i = 0; i < digits; i++)
			*index = *index * 10 + (size_t)(name[i] - '0');
		return json_array_get(parent, *index);
	}
	json_object_foreach(of, key, value) {
		if (strcmp(key, name) == 0)
			return value;
		(*index)++;
	}
	return NULL;
}

static const char *no_field(const char *field)
{
	snprintf(sentence, sizeof sentence, "there is no field %.200s in it", field);
	sentence[tool_text_clean(sentence, strlen(sentence))] = '\0';
	return sentence;
}

/* Go to the value that field names; NULL where that is no string. */
static const char *go(const json_t *root, const char *field, struct place *p, const json_t **out)
{
	const char *rest = field;
	const json_t *at = root;
	char name[NAME_MAX_LEN + 1];
	size_t index;

	skip_space(p);
	do {
		const json_t *next = next_name(&rest, name) ? member(at, name, &index) : NULL;

		if (next == NULL)
			return no_field(field);
		enter(p, index, json_is_object(at));
		at = next;
	} while (*rest != '\0');
	*out = at;
	return json_is_string(at) ? NULL : "what stands in its field is no text";
}

static const char *not_json(const json_error_t *error)
{
	snprintf(sentence, sizeof sentence, "it is no JSON: %s, at byte %d", error->text,
	         error->position);
	sentence[tool_text_clean(sentence, strlen(sentence))] = '\0';
	return sentence;
}

/* Numbers are not read as such: one that fits in no integer is none of our business. */
static const char *find_in_json(const char *text, size_t len, const char *field,
                                struct tool_wrapped_place *place, json_t **root,
                                struct sg_bytes *base64)
{
	struct place p = { text, 0 };
	const json_t *value = NULL;
	json_error_t error;
	const char *wrong;

	*root = json_loadb(text, len,
	                   JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL,
	                   &error);
	if (*root == NULL)
		return not_json(&error);
	wrong = go(*root, field, &p, &value);
	if (wrong != NULL)
		return wrong;
	place->at = p.at + 1;
	skip_string(&p);
	place->len = p.at - 1 - place->at;
	*base64 = sg_bytes(json_string_value(value), json_string_length(value));
	return NULL;
}

const char *tool_wrapped_find(struct sg_bytes line, const char *field,
                              struct tool_wrapped_place *place, struct sg_buf *wrapped)
{
	static const char space[] = " \t\r\n";
	struct sg_buf text = { NULL, 0, 0 };
	struct sg_bytes base64;
	json_t *root = NULL;
	const char *wrong = NULL;
	enum sg_err err;

	wrapped->len = 0;
	err = sg_buf_append(&text, line);
	if (err == SG_OK)
		err = sg_buf_append(&text, sg_bytes("", 1));
	if (err != SG_OK) {
		wrong = sg_err_sentence(err);
		goto out;
	}
	*place = (struct tool_wrapped_place){ strspn((char *)text.data, space), 0 };
	base64 = sg_bytes(text.data + place->at, line.len - place->at);
	while (base64.len > 0 && strchr(space, base64.data[base64.len - 1]) != NULL)
		base64.len--;
	place->len = base64.len;
	if (base64.len == 0)
		goto out;
	if (base64.data[0] == '{')
		wrong = find_in_json((char *)text.data, line.len, field, place, &root, &base64);
	if (wrong == NULL)
		err = tool_base64_read(base64, wrapped);
	if (err == SG_ERR_FORMAT || (wrong == NULL && wrapped->len == 0))
		wrong = "what it holds is no base64";
	else if (err != SG_OK)
		wrong = sg_err_sentence(err);
out:
	json_decref(root);
	sg_buf_free(&text);
	return wrong;
}

enum sg_err tool_wrapped_put(struct sg_bytes line, struct tool_wrapped_place place,
                             struct sg_bytes text, struct sg_buf *out)
{
	size_t rest = place.at + place.len;
	enum sg_err err = sg_buf_set(out, sg_bytes(line.data, place.at));

	if (err == SG_OK)
		err = sg_buf_append(out, text);
	return err == SG_OK ? sg_buf_append(out, sg_bytes(line.data + rest, line.len - rest)) : err;
}
