/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server of HTTP with a handler of the tests' own, and who asks it.
 */
#include "lib/served.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/runner.h"

static struct serve_http *http;
static atomic_bool closed;      /* nobody is let in */
static unsigned short port;
static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;        /* who has it stops the answers */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Guarded by lock: the server has several threads. */
static int heads, bodies, silent;
static char seen[128];          /* the last path */

static int get(const int *number)
{
	int value;

	pthread_mutex_lock(&lock);
	value = *number;
	pthread_mutex_unlock(&lock);
	return value;
}

static void count(int *number)
{
	pthread_mutex_lock(&lock);
	++*number;
	pthread_mutex_unlock(&lock);
}

int served_heads(void)
{
	return get(&heads);
}

int served_bodies(void)
{
	return get(&bodies);
}

int served_silent(void)
{
	return get(&silent);
}

void served_ck_seen(const char *what)
{
	pthread_mutex_lock(&lock);
	ck_assert_str_eq(seen, what);
	pthread_mutex_unlock(&lock);
}

static void say(struct serve_answer *answer, unsigned status, const char *text)
{
	answer->status = status;
	ck_assert_int_eq(sg_buf_append(&answer->body, sg_bytes_str(text)), SG_OK);
}

void served_close(void)
{
	atomic_store(&closed, true);
}

static bool come(void *context, const char *source)
{
	(void)context;
	ck_assert_str_eq(source, "127.0.0.1");
	return !atomic_load(&closed);
}

static bool head(void *context, const struct serve_head *of, struct serve_answer *answer)
{
	(void)context;
	pthread_mutex_lock(&lock);
	heads++;
	snprintf(seen, sizeof seen, "%s %s%s %s", of->method, of->path, of->query ? "?" : "",
	         of->source);
	pthread_mutex_unlock(&lock);
	if (of->ambiguous || of->lost) {
		say(answer, 400, "ambiguous");
		return true;
	}
	if (strcmp(of->path, "/no") != 0)
		return false;
	say(answer, 429, "wait");
	answer->retry_after = 7;
	return true;
}

static void body(void *context, const struct serve_head *of, struct sg_bytes bytes,
                 struct serve_answer *answer)
{
	char text[32];

	(void)context;
	pthread_mutex_lock(&hold);
	pthread_mutex_unlock(&hold);
	count(&bodies);
	snprintf(text, sizeof text, "%zu of %s", bytes.len, of->path);
	say(answer, 200, text);
}

static void too_long(void *context, const struct serve_head *of, struct serve_answer *answer)
{
	(void)context;
	(void)of;
	say(answer, 413, "long");
}

static void hear_nothing(void *context, const char *source)
{
	(void)context;
	ck_assert_str_eq(source, "127.0.0.1");
	count(&silent);
}

void served_begin(const struct serve_limits *limits)
{
	static const struct serve_calls calls = { .come = come, .head = head, .body = body,
		                                  .too_long = too_long,
		                                  .silent = hear_nothing };
	static const struct serve_tls none = { NULL, NULL, NULL };
	struct serve_socket listener;

	ck_assert_int_eq(serve_socket_open("127.0.0.1:0", &listener), TOOL_OK);
	ck_assert(listener.loopback);
	port = (unsigned short)atoi(strchr(listener.address, ':') + 1);
	heads = bodies = silent = 0;
	atomic_store(&closed, false);
	ck_assert_int_eq(serve_http_start(&listener, &none, limits, &calls, &http), TOOL_OK);
}

void served_setup(void)
{
	static const struct serve_limits limits = { SERVED_BODY, 600, 600, 50, 50 };

	served_begin(&limits);
}

void served_teardown(void)
{
	serve_http_stop(&http, 0);
}

void served_end(void)
{
	serve_http_stop(&http, SERVED_WAIT / 1000);
}

void served_tick(void)
{
	serve_http_tick(http);
}

void served_hold(void)
{
	pthread_mutex_lock(&hold);
}

void served_go_on(void)
{
	pthread_mutex_unlock(&hold);
}

int served_try(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
	                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

int served_connect(void)
{
	int fd = served_try();

	ck_assert_int_ge(fd, 0);
	return fd;
}

bool served_put(int fd, const char *text, size_t len)
{
	return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

const char *served_rest(int fd)
{
	static char text[8192];
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < sizeof text) {
		ck_assert_int_eq(poll(&ready, 1, SERVED_WAIT), 1);
		n = recv(fd, text + len, sizeof text - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	close(fd);
	return text;
}

const char *served_ask(const char *request)
{
	int fd = served_connect();

	ck_assert(served_put(fd, request, strlen(request)));
	return served_rest(fd);
}

bool served_has(const char *text, const char *what)
{
	return strcasestr(text, what) != NULL;
}
