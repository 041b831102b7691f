/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The header field Content-Digest [RFC 9530 §2] with sha-256 and sha-512.
 */
#ifndef SG_REQUEST_DIGEST_H
#define SG_REQUEST_DIGEST_H

#include "request/text.h"

/* Compare every digest of the message that is known here with its body, of which there must be
 * one. Errors: DIGEST, DIGEST_FORM, MISSING, ARGUMENT where the body lacks a digest that is
 * needed, NOMEM. */
enum sg_request_reason sg_request_digest_check(const struct sg_request_message *message);

/* Append the value of a field with these digests of the body; 0: with sha-256, or else what there
 * is. Errors: ARGUMENT where the body lacks one of them. */
enum sg_request_reason sg_request_digest_write(const struct sg_request_message *message,
                                               unsigned digests, struct sg_writer *w);

#endif
