/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Names: what host names a token takes, what its machines are called, and new
 * identifiers.
 */
#ifndef SG_ENROLL_NAMING_H
#define SG_ENROLL_NAMING_H

#include "util/bytes.h"

#define SG_UUID_TEXT 36

/* Make a random UUID as text, in lower case [RFC 9562 §5.4]. */
void sg_uuid_make(char out[SG_UUID_TEXT + 1]);

/* Tell whether a text is a UUID in lower case. */
bool sg_uuid_is(struct sg_bytes text);

/* Tell whether a text may be a host name: 1 to 253 letters, digits, dots, hyphens and
 * underscores. */
bool sg_host_is(struct sg_bytes host);

/* Tell whether a host name is one of the pattern, in which * is any number of characters, ? is one,
 * and the case of letters doesn't matter. Takes time for the product of both lengths at most. */
bool sg_host_matches(const char *pattern, struct sg_bytes host);

/* Tell whether a text may be a pattern: what may be in a host name, * and ?. */
bool sg_host_pattern_is(struct sg_bytes pattern);

/* Write a name by its template, in which {uuid8} is the first eight digits of the identifier,
 * {uuid} all of it, and {host} the host name. False where the template has other braces or what is
 * no plain ASCII, and where the name is empty or has no room. */
bool sg_name_make(const char *template, const char *id, const char *host, char *out, size_t size);

#endif
