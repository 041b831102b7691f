/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. A public key as a line of OpenSSH's.
 */
#ifndef SG_CRYPTO_SSH_LINE_H
#define SG_CRYPTO_SSH_LINE_H

#include "util/bytes.h"

/* Append "ssh-ed25519 AAAA... comment\n", or of a P-256 point "ecdsa-sha2-nistp256 ..."
 * [RFC 8709 §4, RFC 5656 §3.1]; the comment may be NULL. Errors: RANGE unless 32 or 65 bytes,
 * ARG for a comment with control characters, which could smuggle in a line, NOMEM. */
enum sg_err sg_ssh_line(struct sg_bytes public_key, const char *comment, struct sg_buf *out);

#endif
