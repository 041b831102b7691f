/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Covered components of HTTP message signatures [RFC 9421 §2]: their identifiers, and what
 * each is in a message.
 */
#ifndef SG_REQUEST_COMPONENT_H
#define SG_REQUEST_COMPONENT_H

#include "request/sf.h"
#include "request/target.h"

/* An identifier, taken apart. Texts are views into what was parsed. */
struct sg_request_component {
	struct sg_request_text name;
	bool sf, bs;
	bool has_key, has_param;
	struct sg_request_text key;     /* key="..." */
	struct sg_request_text param;   /* name="..." of @query-param */
};

/* What components are taken from. */
struct sg_request_source {
	const struct sg_request_message *message;
	const struct sg_request_target *target;
	const struct sg_request_structured *structured;
	size_t n_structured;
};

/* Take the item of a list of components apart. Errors: COMPONENT. */
enum sg_request_reason sg_request_component_read(const struct sg_sf_value *item,
                                                 struct sg_request_component *component);

/* Append the value of a component. Errors: those of covered components, of the target, the scheme
 * and the authority, FIELD_VALUE for bytes that only bs can cover, STRUCTURED, NOMEM. */
enum sg_request_reason sg_request_component_value(const struct sg_request_source *source,
                                                  const struct sg_request_component *component,
                                                  struct sg_writer *w);

/* The same for a component that is no header field (derived.c). */
enum sg_request_reason sg_request_derived_value(const struct sg_request_source *source,
                                                const struct sg_request_component *component,
                                                struct sg_writer *w);

/* Tell whether two identifiers are the same, in whatever order their parameters are. */
bool sg_request_component_same(const struct sg_request_component *a,
                               const struct sg_request_component *b);

#endif
