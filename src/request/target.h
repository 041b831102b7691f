/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The target of a request taken apart [RFC 9112 §3.2], and the host that it goes to. What
 * it finds are views into the message; nothing is decoded.
 */
#ifndef SG_REQUEST_TARGET_H
#define SG_REQUEST_TARGET_H

#include "request/text.h"

enum sg_request_target_form {
	SG_REQUEST_TARGET_ORIGIN,       /* /path?query */
	SG_REQUEST_TARGET_ABSOLUTE,     /* http://host/path?query */
	SG_REQUEST_TARGET_AUTHORITY,    /* host:443, of CONNECT alone */
	SG_REQUEST_TARGET_ASTERISK,     /* *, of OPTIONS alone */
};

struct sg_request_target {
	enum sg_request_target_form form;
	struct sg_request_text scheme;  /* absolute */
	struct sg_request_text authority;       /* absolute, authority */
	struct sg_request_text path;    /* may be empty */
	bool has_query;
	struct sg_request_text query;   /* without its question mark */
};

/* Take the target apart. Errors: TARGET, TOO_LONG. */
enum sg_request_reason sg_request_target_read(const struct sg_request_message *message,
                                              struct sg_request_target *target);

/* Find the scheme, in any case: of the message, or else of the target. Errors: SCHEME where there
 * is none, where both are there and differ, and where it is neither http nor https. */
enum sg_request_reason sg_request_scheme(const struct sg_request_message *message,
                                         const struct sg_request_target *target,
                                         struct sg_request_text *scheme);

/* Append the host and port: in lower case, without the port that is the scheme's own
 * [RFC 9421 §2.2.3]. Errors: AUTHORITY. */
enum sg_request_reason sg_request_authority(const struct sg_request_message *message,
                                            const struct sg_request_target *target,
                                            struct sg_writer *w);

/* Tell whether a text is a host with or without a port, and no user [RFC 3986 §3.2]. */
bool sg_request_authority_valid(struct sg_request_text authority);

#endif
