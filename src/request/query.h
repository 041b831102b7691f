/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Query strings as forms write them [URL, application/x-www-form-urlencoded]: parameters
 * by name, and in order.
 */
#ifndef SG_REQUEST_QUERY_H
#define SG_REQUEST_QUERY_H

#include "request/text.h"

/* Append the value of the parameter whose name is written like that when it is encoded again, and
 * encode the value in the same way: letters, digits and *-._ stay, all else is %XX
 * [RFC 9421 §2.2.8]. Errors: COMPONENT_ABSENT, COMPONENT_AMBIGUOUS where it is there twice,
 * COMPONENT where it is not UTF-8, NOMEM. */
enum sg_request_reason sg_request_query_param(struct sg_request_text query,
                                              struct sg_request_text name, struct sg_writer *w);

/* Append all parameters, each encoded again (letters, digits and -._~ stay, a space is a plus
 * sign, all else is %XX) and with an equals sign, in the order of their bytes, with ampersands
 * between. Errors: NOMEM. */
enum sg_request_reason sg_request_query_sorted(struct sg_request_text query, struct sg_writer *w);

#endif
