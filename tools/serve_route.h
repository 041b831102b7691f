/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What a registrar answers to whom: addresses of HTTP, and how often a source may ask and
 * fail. It knows no socket, so that a test can stand in the place of one. What messages mean is the
 * registrar's.
 */
#ifndef TOOLS_SERVE_ROUTE_H
#define TOOLS_SERVE_ROUTE_H

#include "enroll/registrar.h"
#include "tools/serve_http.h"

struct serve_route;

struct serve_tries {
	unsigned requests;              /* of a source, in a minute */
	unsigned failures;              /* of a source in ten minutes, before it is locked out */
};

/* Make one over a registrar, which must outlive it; the caller frees *out. Errors: NOMEM. */
enum sg_err serve_route_new(struct sg_registrar *registrar, const struct serve_tries *tries,
                            struct serve_route **out);
void serve_route_free(struct serve_route **route);

/* Fill the calls of a server. */
void serve_route_calls(struct serve_route *route, struct serve_calls *calls);

#endif
