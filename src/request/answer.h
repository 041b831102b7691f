/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What a client is told for each reason, and which reasons count as failures of a source.
 */
#ifndef SG_REQUEST_ANSWER_H
#define SG_REQUEST_ANSWER_H

#include <signet/request.h>

struct sg_request_answer {
	unsigned status;                /* of HTTP */
	bool counts;                    /* towards a lockout */
	int64_t retry_after;            /* seconds; 0: not said */
	const char *text;
};

/* Find the answer to a reason; every number has one. */
const struct sg_request_answer *sg_request_answer(enum sg_request_reason reason);

#endif
