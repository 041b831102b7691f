/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server that takes signed requests, on a port of its own of 127.0.0.1, by the library of
 * signed requests. Its argument is a public key in base64. It writes its port on the first line of
 * standard output, and a line for each request:
 *
 *   reason form id method target body-bytes content-type accept user-agent
 *
 * It answers 200 to a good one and 401 to others, and where the path ends with /redirect 302. It
 * ends with its standard input, a pipe.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <signet/request.h>

#include "crypto/base64.h"

#define ROOM (SG_REQUEST_HEAD_MAX + 1)

static uint8_t key[32];
static char room[ROOM];

static void die(const char *what)
{
	fprintf(stderr, "signed_server: %s\n", what);
	exit(1);
}

static void put(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n <= 0)
			return;
		text += n;
		left -= (size_t)n;
	}
}

/* Print a field of the request, or "-"; it comes once in what the tests send. */
static void show(const struct sg_request_message *message, const char *name)
{
	for (size_t i = 0; i < message->n_fields; i++)
		if (message->fields[i].name.len == strlen(name) &&
		    strncasecmp(message->fields[i].name.data, name, strlen(name)) == 0) {
			printf(" %.*s", (int)message->fields[i].value.len,
			       message->fields[i].value.data);
			return;
		}
	printf(" -");
}

static bool has(const struct sg_request_message *message, const char *name)
{
	for (size_t i = 0; i < message->n_fields; i++)
		if (message->fields[i].name.len == strlen(name) &&
		    strncasecmp(message->fields[i].name.data, name, strlen(name)) == 0)
			return true;
	return false;
}

/* Read a head; false where the connection ended. */
static bool read_head(int fd, size_t *len, struct sg_request_head **head)
{
	enum sg_request_reason reason = SG_REQUEST_INCOMPLETE;

	*len = 0;
	while (reason == SG_REQUEST_INCOMPLETE && *len < ROOM) {
		ssize_t n = read(fd, room + *len, ROOM - *len);

		if (n <= 0)
			return false;
		*len += (size_t)n;
		reason = sg_request_parse(room, *len, head);
	}
	if (reason != SG_REQUEST_OK)
		printf("%s\n", sg_request_reason_name(reason));
	return reason == SG_REQUEST_OK;
}

static bool read_body(int fd, const struct sg_request_head *head, size_t len,
                      struct sg_request_digest *digest)
{
	static char chunk[65536];
	struct sg_request_body *body;
	uint64_t had = len - head->len;
	bool whole = !head->chunked && had <= head->content_length;

	if (sg_request_body_new(sg_request_digests_needed(&head->message), &body) != SG_REQUEST_OK)
		die("no digest");
	if (whole && sg_request_body_add(body, room + head->len, (size_t)had) != SG_REQUEST_OK)
		die("no digest");
	while (whole && had < head->content_length) {
		ssize_t n = read(fd, chunk, sizeof chunk);

		whole = n > 0;
		had += whole ? (uint64_t)n : 0;
		if (whole && sg_request_body_add(body, chunk, (size_t)n) != SG_REQUEST_OK)
			die("no digest");
	}
	if (whole && sg_request_body_end(body, digest) != SG_REQUEST_OK)
		die("no digest");
	sg_request_body_free(&body);
	return whole;
}

static enum sg_request_reason judge(const struct sg_request_message *message)
{
	struct sg_request_reading how = { .size = sizeof how,
	                                  .flags = SG_REQUEST_ALLOW_QUERY };
	struct sg_request_signature *signature = NULL;
	enum sg_request_reason reason = sg_request_read(message, &how, &signature);

	if (reason == SG_REQUEST_OK)
		reason = sg_request_check_ed25519(signature, key);
	printf("%s", sg_request_reason_name(reason));
	if (signature != NULL)
		printf(" %s %.*s", sg_request_form_name(signature->form), (int)signature->id.len,
		       signature->id.data);
	else
		printf(" - -");
	sg_request_signature_free(&signature);
	return reason;
}

static void serve(int fd)
{
	struct sg_request_head *head = NULL;
	struct sg_request_digest digest = { .size = sizeof digest };
	enum sg_request_reason reason;
	size_t len;

	if (!read_head(fd, &len, &head))
		return;
	head->message.scheme = sg_request_text("http");
	if (has(&head->message, "expect"))
		put(fd, "HTTP/1.1 100 Continue\r\n\r\n");
	if (read_body(fd, head, len, &digest)) {
		head->message.body = &digest;
		reason = judge(&head->message);
		printf(" %.*s %.*s %llu", (int)head->message.method.len, head->message.method.data,
		       (int)head->message.target.len, head->message.target.data,
		       (unsigned long long)digest.length);
		show(&head->message, "content-type");
		show(&head->message, "accept");
		show(&head->message, "user-agent");
		putchar('\n');
		if (reason != SG_REQUEST_OK)
			put(fd, "HTTP/1.1 401 No\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n");
		else if (memmem(head->message.target.data, head->message.target.len, "/redirect",
		                9) != NULL)
			put(fd, "HTTP/1.1 302 There\r\nLocation: /there\r\nContent-Length: 0\r\n"
			        "Connection: close\r\n\r\n");
		else if (strncmp(head->message.method.data, "HEAD ", 5) == 0)
			put(fd, "HTTP/1.1 200 Yes\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
		else
			put(fd, "HTTP/1.1 200 Yes\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
			        "good\n");
	}
	sg_request_head_free(&head);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd ready[] = { { .fd = listener, .events = POLLIN },
	                          { .fd = STDIN_FILENO, .events = POLLIN } };
	size_t len;

	if (argc != 2 || !sg_base64_read(sg_bytes(argv[1], strlen(argv[1])), key, sizeof key, &len))
		die("the argument is a public key in base64");
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
	    listen(listener, 16) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		die("no socket");
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	printf("%d\n", ntohs(address.sin_port));
	while (poll(ready, 2, -1) > 0 && ready[1].revents == 0) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
	return 0;
}
