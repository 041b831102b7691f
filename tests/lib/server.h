/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server that verifies requests, with its machines and its clocks; and the requests that
 * it gets.
 */
#ifndef TESTS_LIB_SERVER_H
#define TESTS_LIB_SERVER_H

#include <stdatomic.h>

#include "lib/request.h"

#define TEST_NOW INT64_C(1711468800)
#define TEST_ID "6f9619ff-8b86-d011-b42d-00c04fc964ff"
#define TEST_HMAC_ID "bax-1"
#define TEST_HMAC_KEY "a key that both have"

struct test_server {
	struct sg_request_verifying how;
	struct sg_request_verifier *verifier;
	struct sg_request_machine machines[4];
	const char *ids[4];
	size_t n_machines;
	_Atomic int64_t now, ticks;
	atomic_bool broken;             /* the lookup fails */
	atomic_bool denies;             /* the check does */
	atomic_uint lookups, releases, checks;
};

/* Set a server up that has one machine, TEST_ID, with the key of test_signer_42, and one with a key
 * for hmac; its clock stands at TEST_NOW. nonces may be NULL: none are kept then. The caller may
 * change server->how before he starts it. */
void test_server(struct test_server *server, const char *nonces);

/* Make the verifier, or make it again. */
void test_server_start(struct test_server *server);
void test_server_stop(struct test_server *server);

/* Verify; source may be NULL. Returns the reason, with the verdict's status in *status if that
 * is not NULL. */
enum sg_request_reason test_server_verify(struct test_server *server,
                                          const struct test_message *message, const char *source,
                                          unsigned *status);

/* A request that is signed. */
struct test_signed {
	struct test_message message;
	struct sg_request_signature *signature;
};

/* Sign a GET in a form. nonce NULL: a random one. The caller clears it. */
void test_signed(struct test_signed *out, enum sg_request_form form, struct test_signer *signer,
                 const char *id, const char *nonce, int64_t created);
void test_signed_clear(struct test_signed *request);

#endif
