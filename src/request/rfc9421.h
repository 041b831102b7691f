/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What writing and reading HTTP message signatures share [RFC 9421 §4].
 */
#ifndef SG_REQUEST_RFC9421_H
#define SG_REQUEST_RFC9421_H

#include "request/covered.h"
#include "request/form.h"

#define SG_RFC9421_INPUT "Signature-Input"
#define SG_RFC9421_SIGNATURE "Signature"
#define SG_RFC9421_DIGEST "Content-Digest"

/* Read one of the two dictionaries; the entries view into room. There may be none. Errors:
 * STRUCTURED, LABEL where a label is there twice, TOO_MANY, NOMEM. */
enum sg_request_reason sg_rfc9421_entries(const struct sg_request_message *message,
                                          const char *field, struct sg_buf *room,
                                          struct sg_sf_entries *entries);

/* Keep the identifiers of what is covered. Errors: NOMEM, COMPONENT where one can't be written. */
enum sg_request_reason sg_rfc9421_keep_components(struct sg_request_job *job,
                                                  const struct sg_request_covered *covered);

/* The two halves of the row. */
enum sg_request_reason sg_rfc9421_prepare(struct sg_request_job *job);
enum sg_request_reason sg_rfc9421_finish(struct sg_request_job *job);
enum sg_request_reason sg_rfc9421_read(struct sg_request_job *job);

#endif
