/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Requests: written as text and signed with keys that everybody knows.
 */
#ifndef TESTS_LIB_REQUEST_H
#define TESTS_LIB_REQUEST_H

#include <check.h>
#include <signet/request.h>
#include <strings.h>

#include "util/bytes.h"

/* What the tests sign with: Ed25519 seeds of 32 bytes, and a key of HMAC. */
struct test_signer {
	uint8_t seed[32];
	uint8_t public_key[32];
	const char *hmac;               /* instead */
	unsigned calls;
};

/* Seed 0x42, as the products' own tests have it. */
void test_signer_42(struct test_signer *signer);

/* Of 32 bytes in hexadecimal. */
void test_signer_of(struct test_signer *signer, const char *seed);

/* Sign; context is a struct test_signer. */
sg_request_signer test_sign;

/* A message that is being put together; all its texts are the caller's. */
struct test_message {
	struct sg_request_message message;
	struct sg_request_field fields[SG_REQUEST_FIELDS_MAX + 8];
	struct sg_request_digest digest;
};

/* Begin a message to https without a field or body. */
void test_message(struct test_message *out, const char *method, const char *target);

/* Add a field of strings; set the Host; give it a body, with both digests. */
void test_message_add(struct test_message *message, const char *name, const char *value);
void test_message_body(struct test_message *message, const char *body);

/* Add the fields of a signature. */
void test_message_take(struct test_message *message, const struct sg_request_signature *signature);

/* Replace the value of a field that is there, or take the field away (NULL). */
void test_message_set(struct test_message *message, const char *name, const char *value);

/* Read and require this reason; the reason of the check with the key follows where it is read. */
void test_reads(const struct test_message *message, enum sg_request_reason reason);

/* Sign what stands in message in place of *signature, and add the fields to it. */
void test_sign_message(struct test_message *message, const struct sg_request_signing *how,
                       struct sg_request_signature **signature);

/* Read the signature of a message into *signature, in place of what was there, and check it with
 * the signer's public key, or with his key of HMAC. how may be NULL. */
enum sg_request_reason test_check_message(const struct test_message *message,
                                          const struct sg_request_reading *how,
                                          const struct test_signer *signer,
                                          struct sg_request_signature **signature);

/* The request of RFC 9421 B.2, how it is signed there, and who signs, with the key of B.1.4. */
void test_b2_message(struct test_message *out);
void test_b2_signing(struct sg_request_signing *how, struct test_signer *signer);

/* The Content-Digest of that request. */
#define TEST_B2_DIGEST \
	"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHW" \
	"XvJwew==:"

/* A signature that is none, of the right length. */
#define TEST_ANY \
	":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==:"

/* Require that a text is this string. */
#define test_text_eq(text, string) \
	ck_assert_msg(strlen(string) == (text).len && \
	              memcmp((text).data, string, (text).len) == 0, \
	              "'%.*s' is not '%s'", (int)(text).len, (text).data, string)

/* Require that a call gives this reason. */
#define test_reason(call, reason) \
	do { \
		const enum sg_request_reason test_got = (call); \
		ck_assert_msg(test_got == (reason), "%s is not %s", \
		              sg_request_reason_name(test_got), sg_request_reason_name(reason)); \
	} while (0)

#endif
