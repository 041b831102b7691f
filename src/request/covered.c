/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What is covered, and whether that is enough. Between two components of the base there is
 * a line feed, so no value may have one: none can that got past the checks of messages.
 */
#include "request/covered.h"

#include "request/body.h"

enum sg_request_reason sg_request_covered_read(const struct sg_sf_value *list,
                                               struct sg_request_covered *covered)
{
	enum sg_request_reason reason = SG_REQUEST_OK;
	struct sg_sf_values items;

	covered->n = 0;
	if (!sg_sf_inner(list, &items))
		return SG_REQUEST_COMPONENT;
	if (items.n > SG_REQUEST_COMPONENTS_MAX)
		return SG_REQUEST_TOO_MANY;
	for (size_t i = 0; i < items.n && reason == SG_REQUEST_OK; i++) {
		struct sg_request_component *component = &covered->component[i];

		covered->item[i] = items.value[i];
		reason = sg_request_component_read(&items.value[i], component);
		for (size_t k = 0; k < i && reason == SG_REQUEST_OK; k++)
			if (sg_request_component_same(component, &covered->component[k]))
				reason = SG_REQUEST_COMPONENT_TWICE;
		covered->n = i + 1;
	}
	return reason;
}

enum sg_request_reason sg_request_covered_of_text(struct sg_request_text text, struct sg_buf *room,
                                                  struct sg_request_covered *covered)
{
	struct sg_writer w = sg_writer(room);
	struct sg_sf_values lists;

	covered->n = 0;
	if (text.len > SG_REQUEST_VALUE_MAX)
		return SG_REQUEST_TOO_LONG;
	sg_request_puts(&w, "(");
	sg_request_put(&w, text);
	sg_request_puts(&w, ")");
	if (w.err != SG_OK)
		return sg_request_of_err(w.err);
	if (!sg_sf_list(sg_request_part(room->data, room->len), &lists) || lists.n != 1 ||
	    lists.value[0].params.len > 0)
		return SG_REQUEST_COMPONENT;
	return sg_request_covered_read(&lists.value[0], covered);
}

enum sg_request_reason sg_request_covered_base(const struct sg_request_source *source,
                                               const struct sg_request_covered *covered,
                                               struct sg_request_text params, struct sg_writer *w)
{
	enum sg_request_reason reason = SG_REQUEST_OK;

	for (size_t i = 0; i < covered->n && reason == SG_REQUEST_OK; i++) {
		if (!sg_sf_write(w, &covered->item[i]))
			return SG_REQUEST_COMPONENT;
		sg_request_puts(w, ": ");
		reason = sg_request_component_value(source, &covered->component[i], w);
		sg_request_puts(w, "\n");
	}
	sg_request_puts(w, "\"@signature-params\": ");
	sg_request_put(w, params);
	return reason != SG_REQUEST_OK ? reason : sg_request_of_err(w->err);
}

static bool covers_name(const struct sg_request_covered *covered, const char *name)
{
	for (size_t i = 0; i < covered->n; i++)
		if (sg_request_is(covered->component[i].name, name) &&
		    !covered->component[i].has_key)
			return true;
	return false;
}

bool sg_request_covers_field(const struct sg_request_covered *covered, const char *name)
{
	for (size_t i = 0; i < covered->n; i++) {
		const struct sg_request_component *c = &covered->component[i];

		/* A member of Content-Digest is as good as all of it, if it is one that is
		 * compared with the body. */
		if (sg_request_is(c->name, name) &&
		    (!c->has_key || sg_request_is(c->key, "sha-256") ||
		     sg_request_is(c->key, "sha-512")))
			return true;
	}
	return false;
}

bool sg_request_covers_enough(const struct sg_request_covered *covered, bool body)
{
	const bool target =
		covers_name(covered, "@target-uri") ||
		(covers_name(covered, "@authority") &&
		 (covers_name(covered, "@request-target") ||
		  (covers_name(covered, "@path") && covers_name(covered, "@query"))));

	return covers_name(covered, "@method") && target &&
	       (!body || sg_request_covers_field(covered, "content-digest"));
}

static bool covers_one(const struct sg_request_covered *covered,
                       const struct sg_request_component *wanted)
{
	static const char *const of_target[] = {
		"@scheme", "@authority", "@path", "@query", "@query-param",
	};

	for (size_t i = 0; i < covered->n; i++)
		if (sg_request_component_same(&covered->component[i], wanted))
			return true;
	if (!covers_name(covered, "@target-uri"))
		return false;
	for (size_t i = 0; i < sizeof(of_target) / sizeof(of_target[0]); i++)
		if (sg_request_is(wanted->name, of_target[i]))
			return true;
	return false;
}

bool sg_request_covers(const struct sg_request_covered *covered,
                       const struct sg_request_covered *required, bool body)
{
	for (size_t i = 0; i < required->n; i++) {
		const struct sg_request_component *wanted = &required->component[i];
		const bool digest = sg_request_is(wanted->name, "content-digest");

		if (digest && !body)
			continue;
		if (digest && !wanted->has_key && sg_request_covers_field(covered, "content-digest"))
			continue;
		if (!covers_one(covered, wanted))
			return false;
	}
	return true;
}

enum sg_request_reason sg_request_covers_by_form(struct sg_request_text required)
{
	static const char *const always[] = {
		"@method", "@path", "@query", "@query-param", "content-digest",
	};
	struct sg_request_covered wanted;
	struct sg_buf room = { 0 };
	enum sg_request_reason reason = sg_request_covered_of_text(required, &room, &wanted);

	if (reason != SG_REQUEST_OK && reason != SG_REQUEST_NOMEM)
		reason = SG_REQUEST_ARGUMENT;
	for (size_t i = 0; i < wanted.n && reason == SG_REQUEST_OK; i++) {
		reason = SG_REQUEST_UNCOVERED;
		for (size_t k = 0; k < sizeof(always) / sizeof(always[0]); k++)
			if (sg_request_is(wanted.component[i].name, always[k]))
				reason = SG_REQUEST_OK;
	}
	sg_buf_free(&room);
	return reason;
}
