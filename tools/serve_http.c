/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A server of HTTP/1.1 by libmicrohttpd.
 */
#include "tools/serve_http.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/serve_crowd.h"
#include "tools/serve_framing.h"
#include "tools/serve_log.h"
#include "tools/serve_proxy.h"

/* Bytes of memory for a head and what is read at a time. More than 32 KiB libmicrohttpd maps, and
 * unmaps with the connection: what it read does not stay in the heap. */
#define HEAD_MAX 36864
#define THREADS_MAX 8
#define PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct serve_http {
	struct MHD_Daemon *daemon;
	struct serve_crowd *crowd;
	struct serve_limits limits;
	struct serve_calls calls;
};

/* A connection. */
struct line {
	struct serve_guest *guest;
	struct timespec began;
	char source[INET6_ADDRSTRLEN];
	bool asked;                     /* a request came over it */
};

/* A request under way. */
struct exchange {
	struct timespec began;
	char source[INET6_ADDRSTRLEN];
	bool lost;                      /* who that is a proxy did not say as it should */
	struct sg_buf body;
	bool failed;                    /* nothing can be answered */
	bool answered;
	struct serve_answer answer;
};

static enum MHD_Result see_way(void *arg, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
	struct serve_way *way = arg;
	struct serve_lines *lines = NULL;

	(void)kind;
	if (strcasecmp(name, "X-Forwarded-For") == 0)
		lines = &way->x_forwarded_for;
	else if (strcasecmp(name, "Forwarded") == 0)
		lines = &way->forwarded;
	if (lines == NULL)
		return MHD_YES;
	if (lines->n < SERVE_PROXY_LINES)
		lines->line[lines->n] = value != NULL ? value : "";
	lines->n++;
	return MHD_YES;
}

/* Begin with a request whose head is there. NULL: no memory, here or when the connection began. */
static struct exchange *begin(const struct serve_http *http, struct MHD_Connection *connection)
{
	struct serve_way way = { .forwarded = { .n = 0 } };
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct line *line = info != NULL ? info->socket_context : NULL;
	struct exchange *e = line != NULL ? calloc(1, sizeof *e) : NULL;

	if (e == NULL)
		return NULL;
	(void)clock_gettime(CLOCK_MONOTONIC, &e->began);
	memcpy(e->source, line->source, sizeof e->source);
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, see_way, &way);
	e->lost = !serve_proxy_source(&http->limits.proxies, &way, e->source);
	line->asked = true;
	return e;
}

static void set(struct MHD_Response *response, const char *name, const char *value, bool *right)
{
	*right = *right && MHD_add_response_header(response, name, value) == MHD_YES;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct exchange *e)
{
	const struct serve_answer *answer = &e->answer;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(answer->body.len, answer->body.data,
		                                MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_NO;
	char after[16];
	bool right = true;

	if (response == NULL)
		return MHD_NO;
	set(response, "Content-Type", "application/json", &right);
	set(response, "Cache-Control", "no-store", &right);
	set(response, "X-Content-Type-Options", "nosniff", &right);
	/* One request for each connection: none is read as a part of another. */
	set(response, "Connection", "close", &right);
	if (answer->allow != NULL)
		set(response, "Allow", answer->allow, &right);
	if (answer->retry_after > 0) {
		snprintf(after, sizeof after, "%u", answer->retry_after);
		set(response, "Retry-After", after, &right);
	}
	if (right)
		result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	e->answered = result == MHD_YES;
	return result;
}

/* Keep what came; what goes beyond the bound is dropped, and the request with it. */
static void keep(const struct serve_http *http, struct exchange *e, const char *data, size_t len)
{
	if (e->failed || e->body.len > http->limits.body)
		return;
	if (len > http->limits.body - e->body.len)
		len = http->limits.body - e->body.len + 1;
	e->failed = sg_buf_append(&e->body, sg_bytes(data, len)) != SG_OK;
}

/* Tell whether the length that is announced is more than may be. */
static bool is_long(const struct serve_http *http, struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
	                                                 MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length != NULL && strtoull(length, NULL, 10) > http->limits.body;
}

/* libmicrohttpd calls this with a head, then with each part of a body, then at the end. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_len, void **state)
{
	const struct serve_http *http = arg;
	struct exchange *e = *state;
	struct serve_head head = { .method = method, .path = path };

	if (e == NULL) {
		e = *state = begin(http, connection);
		if (e == NULL)
			return MHD_NO;
		head.source = e->source;
		head.lost = e->lost;
		head.query = MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, NULL,
		                                       NULL) > 0;
		head.ambiguous = serve_framing_ambiguous(connection, version);
		if (http->calls.head(http->calls.context, &head, &e->answer))
			return send_answer(connection, e);
		if (!is_long(http, connection))
			return MHD_YES;
		http->calls.too_long(http->calls.context, &head, &e->answer);
		return send_answer(connection, e);
	}
	if (*upload_len > 0) {
		keep(http, e, upload, *upload_len);
		*upload_len = 0;
		return e->failed ? MHD_NO : MHD_YES;
	}
	head.source = e->source;
	if (e->body.len > http->limits.body)
		http->calls.too_long(http->calls.context, &head, &e->answer);
	else
		http->calls.body(http->calls.context, &head, sg_buf_bytes(&e->body), &e->answer);
	return send_answer(connection, e);
}

static void completed(void *arg, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how)
{
	struct exchange *e = *state;
	struct serve_line line;
	bool whole;

	(void)arg;
	(void)connection;
	*state = NULL;
	if (e == NULL)
		return;
	whole = e->answered && how == MHD_REQUEST_TERMINATED_COMPLETED_OK;
	line = (struct serve_line){ e->began, e->source, e->answer.place,
		                    whole ? e->answer.status : 0,
		                    whole ? e->answer.why : "cut-off" };
	serve_log(&line);
	sg_buf_wipe(&e->body);
	sg_buf_wipe(&e->answer.body);
	free(e);
}

/* Let a connection in, or not, before it costs anything, a handshake of TLS least of all. */
static enum MHD_Result let_in(void *arg, const struct sockaddr *from, socklen_t len)
{
	const struct serve_http *http = arg;
	char source[INET6_ADDRSTRLEN];

	(void)len;
	serve_socket_source(from, source);
	if (sg_nets_have(&http->limits.proxies, sg_bytes_str(source)))
		return MHD_YES;
	return http->calls.come(http->calls.context, source) ? MHD_YES : MHD_NO;
}

/* Note a connection. One that can't be noted is ended. */
static struct line *come(struct serve_http *http, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *from = info != NULL ? info->client_addr : NULL;
	struct serve_source source = serve_socket_who(from);
	struct line *line = calloc(1, sizeof *line);
	int fd;

	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	fd = info != NULL ? info->connect_fd : -1;
	if (line == NULL) {
		(void)shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &line->began);
	serve_socket_source(from, line->source);
	source.many = sg_nets_have(&http->limits.proxies, sg_bytes_str(line->source));
	line->guest = serve_crowd_join(http->crowd, fd, &source);
	return line;
}

/* What libmicrohttpd answered itself, or what was no HTTP at all, is told here alone. */
static void go(struct serve_http *http, struct line *line)
{
	struct serve_line text = { line->began, line->source, NULL, 0, "no-request" };

	serve_crowd_leave(http->crowd, &line->guest);
	if (!line->asked) {
		http->calls.silent(http->calls.context, line->source);
		serve_log(&text);
	}
	free(line);
}

static void connected(void *arg, struct MHD_Connection *connection, void **line,
                      enum MHD_ConnectionNotificationCode how)
{
	if (how == MHD_CONNECTION_NOTIFY_STARTED) {
		*line = come(arg, connection);
	} else if (*line != NULL) {
		go(arg, *line);
		*line = NULL;
	}
}

/* Paths stay as they came: what is written in another way is another address. */
static size_t unescape_nothing(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

static unsigned threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	/* Two at least: while one waits for the disk, the other answers. */
	return cores < 2 ? 2 : cores > THREADS_MAX ? THREADS_MAX : (unsigned)cores;
}

static bool is_tls(const struct serve_tls *tls)
{
	return tls->certificate != NULL || tls->chooser != NULL;
}

static struct MHD_Daemon *start(struct serve_http *http, int fd, const struct serve_tls *tls)
{
	const struct serve_limits *limits = &http->limits;
	struct MHD_OptionItem files[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, tls->key != NULL ? tls->certificate->data : NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key != NULL ? tls->key->data : NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem priorities[] = {
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (tls->key == NULL)
		files[0].option = MHD_OPTION_END;
	if (!is_tls(tls))
		priorities[0].option = MHD_OPTION_END;
	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
	                                (is_tls(tls) ? MHD_USE_TLS : 0),
	                        0, let_in, http, handle, http, MHD_OPTION_LISTEN_SOCKET, fd,
	                        MHD_OPTION_CONNECTION_LIMIT, limits->connections,
	                        MHD_OPTION_CONNECTION_TIMEOUT, limits->idle,
	                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX,
	                        MHD_OPTION_STRICT_FOR_CLIENT, 1,
	                        MHD_OPTION_THREAD_POOL_SIZE, threads(),
	                        MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, NULL,
	                        MHD_OPTION_NOTIFY_COMPLETED, completed, http,
	                        MHD_OPTION_NOTIFY_CONNECTION, connected, http, MHD_OPTION_ARRAY,
	                        files, MHD_OPTION_ARRAY, priorities,
	                        tls->chooser != NULL ? MHD_OPTION_HTTPS_CERT_CALLBACK2
	                                             : MHD_OPTION_END,
	                        tls->chooser, MHD_OPTION_END);
}

enum tool_exit serve_http_start(struct serve_socket *socket, const struct serve_tls *tls,
                                const struct serve_limits *limits,
                                const struct serve_calls *calls, struct serve_http **out)
{
	struct serve_http *http = calloc(1, sizeof *http);

	*out = NULL;
	if (http == NULL || !serve_crowd_new(limits->seconds, limits->per_source, &http->crowd)) {
		free(http);
		return tool_fail_err(SG_ERR_NOMEM, "can't serve");
	}
	http->limits = *limits;
	http->calls = *calls;
	http->daemon = start(http, socket->fd, tls);
	if (http->daemon == NULL) {
		serve_crowd_free(&http->crowd);
		free(http);
		return tool_fail(TOOL_FAILED, is_tls(tls) ? "Does the key belong to the "
		                 "certificate, and are both in PEM?" : NULL,
		                 "the server can't be started");
	}
	socket->fd = -1;
	*out = http;
	return TOOL_OK;
}

void serve_http_tick(struct serve_http *http)
{
	(void)serve_crowd_sweep(http->crowd);
}

void serve_http_stop(struct serve_http **http, unsigned seconds)
{
	struct serve_http *h = *http;
	struct timespec pause = { 0, 20000000 };
	int listener;

	*http = NULL;
	if (h == NULL)
		return;
	listener = MHD_quiesce_daemon(h->daemon);
	for (unsigned i = 0; i < seconds * 50 && serve_crowd_sweep(h->crowd) > 0; i++)
		(void)nanosleep(&pause, NULL);
	MHD_stop_daemon(h->daemon);
	if (listener >= 0)
		(void)close(listener);
	serve_crowd_free(&h->crowd);
	free(h);
}
