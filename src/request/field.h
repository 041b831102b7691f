/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The header fields of a message: their alphabets, finding them by name, and the one value
 * that several lines of a field have together.
 */
#ifndef SG_REQUEST_FIELD_H
#define SG_REQUEST_FIELD_H

#include "request/text.h"

/* Look at all that a message says before anything is done with it: sizes, method and fields.
 * Errors: those of a request that none should send, but for TARGET. */
enum sg_request_reason sg_request_message_check(const struct sg_request_message *message);

/* Tell whether there is a field of that name. */
bool sg_request_field_there(const struct sg_request_message *message, const char *name);

/* Find the only line of a field, without the spaces around its value. Errors: MISSING, REPEATED. */
enum sg_request_reason sg_request_field_only(const struct sg_request_message *message,
                                             const char *name, struct sg_request_text *value);

/* Append the value of a line: without spaces around it, and with one space where it was folded
 * [RFC 9421 §2.1]. */
void sg_request_field_line(struct sg_writer *w, struct sg_request_text value);

/* Append all lines of a field with a comma and a space between [RFC 9421 §2.1], and return how
 * many there are. */
size_t sg_request_field_all(const struct sg_request_message *message, struct sg_request_text name,
                            struct sg_writer *w);

#endif
