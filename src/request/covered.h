/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The list of components that a signature covers, and the bytes that are signed because
 * of it [RFC 9421 §2.5].
 */
#ifndef SG_REQUEST_COVERED_H
#define SG_REQUEST_COVERED_H

#include "request/component.h"

struct sg_request_covered {
	size_t n;
	struct sg_sf_value item[SG_REQUEST_COMPONENTS_MAX];
	struct sg_request_component component[SG_REQUEST_COMPONENTS_MAX];
};

/* Take an inner list of identifiers apart. Errors: COMPONENT, COMPONENT_TWICE, TOO_MANY. */
enum sg_request_reason sg_request_covered_read(const struct sg_sf_value *list,
                                               struct sg_request_covered *covered);

/* The same for a list as a caller writes it, without its brackets. It views into room, which the
 * caller frees. */
enum sg_request_reason sg_request_covered_of_text(struct sg_request_text text,
                                                  struct sg_buf *room,
                                                  struct sg_request_covered *covered);

/* Append the signed bytes: a line for each component, and params in the last one. Errors: as
 * sg_request_component_value. */
enum sg_request_reason sg_request_covered_base(const struct sg_request_source *source,
                                               const struct sg_request_covered *covered,
                                               struct sg_request_text params,
                                               struct sg_writer *w);

/* Tell whether a field is covered, in one way or another that fixes its value. */
bool sg_request_covers_field(const struct sg_request_covered *covered, const char *name);

/* Tell whether all is covered that a request without a body needs, and with one. */
bool sg_request_covers_enough(const struct sg_request_covered *covered, bool body);

/* Tell whether all of required is covered; content-digest only where there is a body. */
bool sg_request_covers(const struct sg_request_covered *covered,
                       const struct sg_request_covered *required, bool body);

/* The same for the forms that have no list: they cover method, path, query and body. required is
 * as a caller writes it; empty asks for nothing. Errors: UNCOVERED, ARGUMENT where it is no list,
 * NOMEM. */
enum sg_request_reason sg_request_covers_by_form(struct sg_request_text required);

#endif
