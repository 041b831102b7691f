/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What the forms ask of a body.
 */
#ifndef SG_REQUEST_BODY_H
#define SG_REQUEST_BODY_H

#include <signet/request.h>

#include "util/err.h"

/* Tell whether it has the size of the only version that there has been. A later one that knows
 * more digests writes those that an older caller has room for. */
bool sg_request_digest_valid(const struct sg_request_digest *digest);

/* Return what is known of the body of a message: of no bytes where it has none. */
const struct sg_request_digest *sg_request_body_of(const struct sg_request_message *message);

/* Tell whether a message has a body of at least one byte: by its length, and by its digests,
 * which a caller may have filled without the length. */
bool sg_request_body_there(const struct sg_request_message *message);

/* Say as a reason what went wrong in a lower ring. */
enum sg_request_reason sg_request_of_err(enum sg_err err);

#endif
