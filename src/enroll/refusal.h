/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What a registrar sends in the place of a message that it refuses:
 * {"error":"A sentence","reason":"short-name"}. Texts of a stranger are never shown: the name is
 * looked up in our own table.
 */
#ifndef SG_ENROLL_REFUSAL_H
#define SG_ENROLL_REFUSAL_H

#include "enroll/reason.h"
#include "util/bytes.h"

/* Write the refusal, which replaces what out holds. Errors: NOMEM. */
enum sg_err sg_enroll_refusal_write(enum sg_enroll_reason reason, struct sg_buf *out);

/* Read a refusal. False for what is none; *reason is INTERNAL where its name is not known here. */
bool sg_enroll_refusal_read(struct sg_bytes json, enum sg_enroll_reason *reason);

#endif
