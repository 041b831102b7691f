/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Derived components of a request [RFC 9421 §2.2], a row each.
 */
#include "request/component.h"
#include "request/query.h"

static enum sg_request_reason method(const struct sg_request_source *source,
                                     const struct sg_request_component *component,
                                     struct sg_writer *w)
{
	(void)component;
	sg_request_put(w, source->message->method);
	return SG_REQUEST_OK;
}

static enum sg_request_reason scheme(const struct sg_request_source *source,
                                     const struct sg_request_component *component,
                                     struct sg_writer *w)
{
	struct sg_request_text found;
	const enum sg_request_reason reason =
		sg_request_scheme(source->message, source->target, &found);

	(void)component;
	for (size_t i = 0; reason == SG_REQUEST_OK && i < found.len; i++)
		sg_write_u8(w, (uint8_t)sg_request_lower(found.data[i]));
	return reason;
}

static enum sg_request_reason authority(const struct sg_request_source *source,
                                        const struct sg_request_component *component,
                                        struct sg_writer *w)
{
	(void)component;
	return sg_request_authority(source->message, source->target, w);
}

static enum sg_request_reason request_target(const struct sg_request_source *source,
                                             const struct sg_request_component *component,
                                             struct sg_writer *w)
{
	(void)component;
	sg_request_put(w, source->message->target);
	return SG_REQUEST_OK;
}

static enum sg_request_reason path(const struct sg_request_source *source,
                                   const struct sg_request_component *component,
                                   struct sg_writer *w)
{
	(void)component;
	if (source->target->path.len == 0)
		sg_request_puts(w, "/");
	sg_request_put(w, source->target->path);
	return SG_REQUEST_OK;
}

static enum sg_request_reason query(const struct sg_request_source *source,
                                    const struct sg_request_component *component,
                                    struct sg_writer *w)
{
	(void)component;
	sg_request_puts(w, "?");
	sg_request_put(w, source->target->query);
	return SG_REQUEST_OK;
}

/* Scheme and host are written in one way, as in @scheme and @authority, and the rest as it is. */
static enum sg_request_reason target_uri(const struct sg_request_source *source,
                                         const struct sg_request_component *component,
                                         struct sg_writer *w)
{
	const struct sg_request_target *target = source->target;
	enum sg_request_reason reason = scheme(source, component, w);

	sg_request_puts(w, "://");
	if (reason == SG_REQUEST_OK)
		reason = authority(source, component, w);
	if (reason != SG_REQUEST_OK)
		return reason;
	/* Without a path that of an absolute target is "/"; with OPTIONS it is the server itself,
	 * as "*" is [RFC 9112 §3.2.4]. */
	if (target->path.len == 0 && target->form == SG_REQUEST_TARGET_ABSOLUTE &&
	    (target->has_query || !sg_request_is(source->message->method, "OPTIONS")))
		sg_request_puts(w, "/");
	sg_request_put(w, target->path);
	if (target->has_query)
		return query(source, component, w);
	return SG_REQUEST_OK;
}

static enum sg_request_reason query_param(const struct sg_request_source *source,
                                          const struct sg_request_component *component,
                                          struct sg_writer *w)
{
	return sg_request_query_param(source->target->query, component->param, w);
}

enum sg_request_reason sg_request_derived_value(const struct sg_request_source *source,
                                                const struct sg_request_component *component,
                                                struct sg_writer *w)
{
	static const struct {
		const char *name;
		enum sg_request_reason (*derive)(const struct sg_request_source *source,
		                                 const struct sg_request_component *component,
		                                 struct sg_writer *w);
	} rows[] = {
		{ "@authority", authority },
		{ "@method", method },
		{ "@path", path },
		{ "@query", query },
		{ "@query-param", query_param },
		{ "@request-target", request_target },
		{ "@scheme", scheme },
		{ "@target-uri", target_uri },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (sg_request_is(component->name, rows[i].name))
			return rows[i].derive(source, component, w);
	return SG_REQUEST_COMPONENT;
}
