/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. A request that was made up: its head is parsed, its signature is read, and it is signed
 * anew, sent through the wire and changed on its way.
 */
#ifndef TESTS_FUZZ_REQUEST_H
#define TESTS_FUZZ_REQUEST_H

#include <signet/request.h>

#include "fuzz/input.h"
#include "util/bytes.h"

#define FUZZ_FIELDS (SG_REQUEST_FIELDS_MAX + 8)

/* What the first bytes decide. */
struct fuzz_choices {
	enum sg_request_form form;
	unsigned flags;                 /* of SG_REQUEST_..., for signing and reading */
	bool keep_signatures;           /* rfc9421: those of others stay beside ours */
	bool known_host;                /* the caller says scheme and host */
	enum sg_request_structure structure;
	unsigned change;                /* what is changed on the way ... */
	unsigned where;
	uint8_t to;                     /* ... and into what */
};

/* A message with room for more fields, and its body. */
struct fuzz_message {
	struct sg_request_message message;
	struct sg_request_field fields[FUZZ_FIELDS];
	struct sg_bytes body;
	struct sg_request_digest digest;
};

/* Stop where a condition does not hold. */
void request_need(bool condition, const char *what);

/* Find the value of a field of the message that is an option of the fuzzer; empty: none. */
struct sg_request_text request_option(const struct sg_request_message *message, const char *name);

/* Make the digests of the body anew, after it was set. */
void request_digest(struct fuzz_message *message);

/* Take what the parser found, and the bytes behind it as the body. */
void request_of_head(const struct sg_request_head *head, struct sg_bytes text,
                     const struct fuzz_choices *choices, struct fuzz_message *out);

/* Write a head as it is sent. */
void request_write(const struct sg_request_message *message, unsigned minor, struct sg_buf *out);

/* Check a key with the fixed keys. */
enum sg_request_reason request_check(const struct sg_request_signature *signature);

/* Sign the message, read it again, send it and change it. */
void request_sign(const struct fuzz_message *from, const struct fuzz_choices *choices,
                  unsigned minor);

/* Give a machine the public halves of the fixed keys. */
void request_keys(struct sg_request_machine *machine);

/* Have a server verify what was signed. */
void request_verify(const struct sg_request_message *message,
                    const struct sg_request_reading *how,
                    const struct sg_request_signature *made, const struct fuzz_choices *choices);

/* Change one byte of what is signed: it must not be good afterwards. */
void request_change(const struct fuzz_message *sent, const struct sg_request_signature *signature,
                    const struct sg_request_reading *how, const struct fuzz_choices *choices);

#endif
