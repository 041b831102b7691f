/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Identifiers of components, and header fields as components.
 */
#include "request/component.h"

#include "request/body.h"
#include "request/field.h"

/* The inside of a string. None of ours has anything in it that is written with a backslash. */
static bool plain_string(const struct sg_sf_value *value, struct sg_request_text *text)
{
	if (value->kind != SG_SF_STRING)
		return false;
	*text = sg_request_part(value->raw.data + 1, value->raw.len - 2);
	return sg_request_find(*text, '\\') == text->len;
}

/* The parameters that an identifier may have; those of responses and trailers are none. */
static bool read_param(const struct sg_sf_entry *param, struct sg_request_component *out)
{
	if (sg_request_is(param->key, "sf"))
		return out->sf = sg_sf_true(&param->value);
	if (sg_request_is(param->key, "bs"))
		return out->bs = sg_sf_true(&param->value);
	if (sg_request_is(param->key, "key"))
		return out->has_key = plain_string(&param->value, &out->key);
	if (sg_request_is(param->key, "name"))
		return out->has_param = plain_string(&param->value, &out->param);
	return false;
}

static bool name_valid(const struct sg_request_component *c)
{
	const bool derived = c->name.len > 0 && c->name.data[0] == '@';
	const struct sg_request_text rest =
		sg_request_part(c->name.data + derived, c->name.len - derived);

	if (rest.len > SG_REQUEST_NAME_MAX || !sg_request_token(rest))
		return false;
	for (size_t i = 0; i < rest.len; i++)
		if (rest.data[i] != sg_request_lower(rest.data[i]))
			return false;
	if (derived)
		return !c->sf && !c->bs && !c->has_key &&
		       c->has_param == sg_request_is(c->name, "@query-param");
	/* A member is serialized strictly anyway; bytes are not structured [RFC 9421 §2.5]. */
	return !c->has_param && !(c->bs && (c->sf || c->has_key));
}

/* In a function of its own: most identifiers have none, and there is room for many. */
static bool read_params(const struct sg_sf_value *item, struct sg_request_component *out)
{
	struct sg_sf_entries params;

	if (!sg_sf_params(item, &params) || params.repeated)
		return false;
	for (size_t i = 0; i < params.n; i++)
		if (!read_param(&params.entry[i], out))
			return false;
	return true;
}

enum sg_request_reason sg_request_component_read(const struct sg_sf_value *item,
                                                 struct sg_request_component *component)
{
	*component = (struct sg_request_component){ .sf = false };
	return plain_string(item, &component->name) &&
	       (item->params.len == 0 || read_params(item, component)) && name_valid(component) ?
	       SG_REQUEST_OK : SG_REQUEST_COMPONENT;
}

bool sg_request_component_same(const struct sg_request_component *a,
                               const struct sg_request_component *b)
{
	return sg_request_same(a->name, b->name) && a->sf == b->sf && a->bs == b->bs &&
	       a->has_key == b->has_key && sg_request_same(a->key, b->key) &&
	       a->has_param == b->has_param && sg_request_same(a->param, b->param);
}

/* Fields that RFCs define as structured. */
static const struct sg_request_structured *find_structure(const struct sg_request_source *source,
                                                          struct sg_request_text name)
{
	static const struct {
		const char *name;
		struct sg_request_structured row;
	} known[] = {
		{ "accept-ch", { .structure = SG_REQUEST_LIST } },
		{ "accept-signature", { .structure = SG_REQUEST_DICTIONARY } },
		{ "cache-status", { .structure = SG_REQUEST_LIST } },
		{ "capsule-protocol", { .structure = SG_REQUEST_ITEM } },
		{ "cdn-cache-control", { .structure = SG_REQUEST_DICTIONARY } },
		{ "client-cert", { .structure = SG_REQUEST_ITEM } },
		{ "client-cert-chain", { .structure = SG_REQUEST_LIST } },
		{ "content-digest", { .structure = SG_REQUEST_DICTIONARY } },
		{ "priority", { .structure = SG_REQUEST_DICTIONARY } },
		{ "proxy-status", { .structure = SG_REQUEST_LIST } },
		{ "repr-digest", { .structure = SG_REQUEST_DICTIONARY } },
		{ "signature", { .structure = SG_REQUEST_DICTIONARY } },
		{ "signature-input", { .structure = SG_REQUEST_DICTIONARY } },
		{ "want-content-digest", { .structure = SG_REQUEST_DICTIONARY } },
		{ "want-repr-digest", { .structure = SG_REQUEST_DICTIONARY } },
	};

	for (size_t i = 0; i < source->n_structured; i++)
		if (sg_request_same_name(source->structured[i].name, name))
			return &source->structured[i];
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (sg_request_is(name, known[i].name))
			return &known[i].row;
	return NULL;
}

static bool write_whole(enum sg_request_structure structure, struct sg_request_text all,
                        struct sg_writer *w)
{
	struct sg_sf_entries entries;
	struct sg_sf_values values;
	struct sg_sf_value item;

	switch (structure) {
	case SG_REQUEST_ITEM:
		return sg_sf_item(all, &item) && sg_sf_write(w, &item);
	case SG_REQUEST_LIST:
		return sg_sf_list(all, &values) && sg_sf_write_list(w, &values);
	case SG_REQUEST_DICTIONARY:
		return sg_sf_dictionary(all, &entries) && sg_sf_write_dictionary(w, &entries);
	}
	return false;
}

/* The member of a dictionary [RFC 9421 §2.1.2]. */
static enum sg_request_reason write_member(struct sg_request_text key, struct sg_request_text all,
                                           struct sg_writer *w)
{
	struct sg_sf_entries entries;

	if (!sg_sf_dictionary(all, &entries))
		return SG_REQUEST_STRUCTURED;
	for (size_t i = 0; i < entries.n; i++)
		if (sg_request_same(entries.entry[i].key, key))
			return sg_sf_write(w, &entries.entry[i].value) ? SG_REQUEST_OK :
			                                                 SG_REQUEST_STRUCTURED;
	return SG_REQUEST_COMPONENT_ABSENT;
}

static enum sg_request_reason structured_value(const struct sg_request_source *source,
                                               const struct sg_request_component *component,
                                               struct sg_writer *w)
{
	const struct sg_request_structured *row = find_structure(source, component->name);
	struct sg_buf room = { 0 };
	struct sg_writer whole = sg_writer(&room);
	struct sg_request_text all;
	enum sg_request_reason reason = SG_REQUEST_COMPONENT_TYPE;

	/* That a key is asked for says that the field is a dictionary. */
	if (!row && !component->has_key)
		goto out;
	if (row && component->has_key && row->structure != SG_REQUEST_DICTIONARY)
		goto out;
	(void)sg_request_field_all(source->message, component->name, &whole);
	reason = sg_request_of_err(whole.err);
	if (reason != SG_REQUEST_OK)
		goto out;
	all = sg_request_part(room.data, room.len);
	if (component->has_key)
		reason = write_member(component->key, all, w);
	else if (!write_whole(row->structure, all, w))
		reason = SG_REQUEST_STRUCTURED;
out:
	sg_buf_free(&room);
	return reason;
}

/* Each line as a byte sequence of its own [RFC 9421 §2.1.3]. */
static enum sg_request_reason bytes_value(const struct sg_request_message *message,
                                          struct sg_request_text name, struct sg_writer *w)
{
	struct sg_buf room = { 0 };
	enum sg_err err = SG_OK;
	size_t n = 0;

	for (size_t i = 0; i < message->n_fields && err == SG_OK; i++) {
		struct sg_writer line = sg_writer(&room);

		if (!sg_request_same_name(message->fields[i].name, name))
			continue;
		room.len = 0;
		sg_request_field_line(&line, message->fields[i].value);
		err = line.err;
		sg_request_puts(w, n++ > 0 ? ", :" : ":");
		sg_request_put_base64(w, sg_buf_bytes(&room));
		sg_request_puts(w, ":");
	}
	sg_buf_free(&room);
	return sg_request_of_err(err);
}

enum sg_request_reason sg_request_component_value(const struct sg_request_source *source,
                                                  const struct sg_request_component *component,
                                                  struct sg_writer *w)
{
	const size_t from = w->buf->len;
	bool there = false;

	if (component->name.data[0] == '@')
		return sg_request_derived_value(source, component, w);
	for (size_t i = 0; i < source->message->n_fields && !there; i++)
		there = sg_request_same_name(source->message->fields[i].name, component->name);
	if (!there)
		return SG_REQUEST_COMPONENT_ABSENT;
	if (component->bs)
		return bytes_value(source->message, component->name, w);
	if (component->sf || component->has_key)
		return structured_value(source, component, w);
	(void)sg_request_field_all(source->message, component->name, w);
	/* The base is ASCII: other bytes can only be covered as such [RFC 9421 §2.1]. */
	for (size_t i = from; i < w->buf->len; i++)
		if (w->buf->data[i] >= 0x80)
			return SG_REQUEST_FIELD_VALUE;
	return SG_REQUEST_OK;
}
