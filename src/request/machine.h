/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Whose request it is: the name by which a machine is looked up and its nonces are kept,
 * whether its key made the signature, and whether it may sign at all.
 */
#ifndef SG_REQUEST_MACHINE_H
#define SG_REQUEST_MACHINE_H

#include <signet/request.h>

#include "util/bytes.h"

/* Write the identifier as it is looked up: lower-case where it is a UUID. It has a final zero
 * and at most SG_REQUEST_ID_MAX bytes before it. Errors: TOO_LONG. */
enum sg_request_reason sg_machine_id(struct sg_request_text id, char out[SG_REQUEST_ID_MAX + 1]);

/* Check the signature with the keys of a machine, or with none of it where machine is NULL, in
 * the same time. Errors: UNKNOWN without a machine; SIGNATURE; KEY where it has none for the
 * form; LOOKUP where its function fails. */
enum sg_request_reason sg_machine_check(const struct sg_request_machine *machine,
                                        const struct sg_request_signature *signature);

/* Tell whether it may sign now. Errors: DISABLED, REVOKED, NOT_YET, ENDED. */
enum sg_request_reason sg_machine_state(const struct sg_request_machine *machine, int64_t now);

/* Append to out the bytes that may come only once: the machine with the nonce, or where there is
 * none with the signature. Errors: NOMEM. */
enum sg_request_reason sg_machine_once(const char *id,
                                       const struct sg_request_signature *signature,
                                       struct sg_buf *out);

#endif
