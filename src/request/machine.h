/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Whose request it is: the name by which a machine is looked up, whether its key made the
 * signature, what of that may come once, and whether the machine may sign at all.
 */
#ifndef SG_REQUEST_MACHINE_H
#define SG_REQUEST_MACHINE_H

#include <signet/request.h>

#include "util/bytes.h"

/* Write the identifier as it is looked up: lower-case where it is a UUID. It has a final zero
 * and at most SG_REQUEST_ID_MAX bytes before it. Errors: TOO_LONG. */
enum sg_request_reason sg_machine_id(struct sg_request_text id, char out[SG_REQUEST_ID_MAX + 1]);

/* Check the signature with the keys of a machine, or with none of it where machine is NULL, in
 * the same time. *key is the Ed25519 key of the machine that made it, NULL for an HMAC. Errors:
 * UNKNOWN without a machine; SIGNATURE; KEY where it has none for the form; LOOKUP where its
 * function fails. */
enum sg_request_reason sg_machine_check(const struct sg_request_machine *machine,
                                        const struct sg_request_signature *signature,
                                        const uint8_t **key);

/* Tell whether it may sign now. Errors: DISABLED, REVOKED, NOT_YET, ENDED. */
enum sg_request_reason sg_machine_state(const struct sg_request_machine *machine, int64_t now);

/* Append to out the bytes that may come only once: the key that signed with the nonce, or where
 * there is no nonce, or no such key, the signature. An identifier is not among them: the forms of
 * vaults do not sign it, so one request could be sent under several. Errors: NOMEM. */
enum sg_request_reason sg_machine_once(const uint8_t *key,
                                       const struct sg_request_signature *signature,
                                       struct sg_buf *out);

#endif
