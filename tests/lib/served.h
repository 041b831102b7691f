/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server of HTTP with a handler of the tests' own, on a port of 127.0.0.1, and who asks it.
 * It answers POST /a with the number of bytes that came, and turns /no away at the head.
 */
#ifndef TESTS_LIB_SERVED_H
#define TESTS_LIB_SERVED_H

#include "tools/serve_http.h"

#define SERVED_BODY 1000        /* bytes, at most */
#define SERVED_WAIT 20000       /* milliseconds, at most */

/* Begin with these limits, or with wide ones; nothing is counted yet. */
void served_begin(const struct serve_limits *limits);
void served_setup(void);
void served_teardown(void);

/* End it, when it is done with all that it took. */
void served_end(void);
void served_tick(void);

/* Let it answer nobody until served_go_on. */
void served_hold(void);
void served_go_on(void);

/* Let nobody in any more. */
void served_close(void);

/* How many heads and bodies came, and connections without one; and what was asked last. */
int served_heads(void);
int served_bodies(void);
int served_silent(void);
void served_ck_seen(const char *what);

/* Connect; -1: nobody is there, which served_connect takes for a failure. */
int served_try(void);
int served_connect(void);

/* Send; false: the other side is gone. */
bool served_put(int fd, const char *text, size_t len);

/* Read to the end of the connection, and close it. The text is there until the next one. */
const char *served_rest(int fd);

/* Send a request and read what comes. */
const char *served_ask(const char *request);

bool served_has(const char *text, const char *what);

#endif
