/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The verdict while it is made: what a server is told, and what it must not be told.
 */
#ifndef SG_REQUEST_VERDICT_H
#define SG_REQUEST_VERDICT_H

#include <signet/request.h>

/* A verdict, which comes first, and what it points to. */
struct sg_request_judgement {
	struct sg_request_verdict verdict;
	struct sg_request_signature *signature;
	struct sg_request_machine machine;
};

/* Make an empty one, whose verdict the caller frees with sg_request_verdict_free. Returns NULL
 * where memory is exhausted. */
struct sg_request_judgement *sg_request_judgement_new(void);

/* Tell who signed, without keys and pointers of the caller's. */
void sg_request_judgement_admit(struct sg_request_judgement *judgement,
                                const struct sg_request_machine *machine);

/* Fill in what follows from the reason, for the server and for the client. Returns the verdict. */
const struct sg_request_verdict *sg_request_judgement_end(struct sg_request_judgement *judgement,
                                                          enum sg_request_reason reason);

/* Return the verdict where there is no memory for one. It is valid for ever. */
const struct sg_request_verdict *sg_request_verdict_no_memory(void);

#endif
