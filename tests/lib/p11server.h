/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. An HSM in a process of its own: a test's SoftHSM behind p11-kit's server, on a unix
 * socket in SoftHSM's folder. Each client process gets a SoftHSM process to itself. They all
 * end with the test, however that ends. Everything here fails the running test where it can't
 * do its work.
 *
 * p11-kit's client reads P11_KIT_SERVER_ADDRESS when it is loaded, so one of these at a time
 * in a process. What its protocol carries is not all that SoftHSM can: not AES-GCM, for one.
 * A write to a connection that broke raises SIGPIPE, which who calls the client must expect.
 */
#ifndef TESTS_LIB_P11SERVER_H
#define TESTS_LIB_P11SERVER_H

#include <sys/types.h>

#include "lib/softhsm.h"

struct test_p11server {
	struct test_softhsm *hsm;       /* what is served; the test's own */
	char *socket;
	char *module;                   /* p11-kit-client.so */
	char *uri;                      /* the same token as hsm->uri, by way of the server */
	pid_t pid;                      /* of the server and its group, 0: not running */
};

/* Serve all tokens of a SoftHSM that was started, and point P11_KIT_SERVER_ADDRESS at it. */
void test_p11server_start(struct test_p11server *server, struct test_softhsm *hsm);

/* End the server and all that it has started, at once: connections break. */
void test_p11server_kill(struct test_p11server *server);

/* Start one that was killed again, at the same address. */
void test_p11server_resume(struct test_p11server *server);

/* End it; the SoftHSM stays. One that was never started, all zero, is fine. */
void test_p11server_stop(struct test_p11server *server);

#endif
