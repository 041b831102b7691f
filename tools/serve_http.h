/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A server of HTTP/1.1, over TLS 1.2 or 1.3, by libmicrohttpd: every request is
 * bounded in size and in time, and so is the number of connections. A connection carries one
 * request. What requests mean is not known here.
 */
#ifndef TOOLS_SERVE_HTTP_H
#define TOOLS_SERVE_HTTP_H

#include <netinet/in.h>

#include "enroll/net.h"
#include "tools/serve_socket.h"
#include "util/secret.h"

/* A request by its head. Texts end with a zero and are as the client sent them. */
struct serve_head {
	const char *method;
	const char *path;
	bool query;                     /* something stands behind a question mark */
	bool ambiguous;                 /* where the body ends is said twice, or as nobody does */
	bool lost;                      /* a proxy says where it comes from as nobody does */
	const char *source;             /* the client's address */
};

/* What is answered: JSON. */
struct serve_answer {
	unsigned status;
	struct sg_buf body;
	unsigned retry_after;           /* seconds; 0: not said */
	const char *allow;              /* with 405: the method that is taken; or NULL */
	const char *why;                /* a short name for the log; static */
	const char *place;              /* what was asked for, in the server's words; static */
};

struct serve_calls {
	/* Somebody connects, before a byte of his is read; false: the connection is closed. A proxy
	 * that is believed is always let in. */
	bool (*come)(void *context, const char *source);
	/* Look at a head, before the body comes; true: the answer is made, and nothing is read. */
	bool (*head)(void *context, const struct serve_head *head, struct serve_answer *answer);
	void (*body)(void *context, const struct serve_head *head, struct sg_bytes body,
	             struct serve_answer *answer);
	/* A request longer than may be. */
	void (*too_long)(void *context, const struct serve_head *head, struct serve_answer *answer);
	/* A connection ended over which no request came that one of the above was told. */
	void (*silent)(void *context, const char *source);
	void *context;
};

struct serve_limits {
	size_t body;                    /* bytes */
	unsigned seconds;               /* of a connection, from its beginning */
	unsigned idle;                  /* seconds in which nothing comes */
	unsigned connections;
	unsigned per_source;            /* connections of a source, see serve_socket_who */
	struct sg_nets proxies;         /* which are believed, see serve_proxy_source */
};

/* A gnutls_certificate_retrieve_function3, without its types. */
typedef void serve_chooser(void);

/* Of TLS: a certificate and its key, in PEM with a zero behind each, or who gives both. All NULL:
 * no TLS. */
struct serve_tls {
	const struct sg_buf *certificate;
	const struct sg_secret *key;
	serve_chooser *chooser;
};

struct serve_http;

/* Serve at a socket, which it takes over, until serve_http_stop; the calls come from several
 * threads. It is told what fails. */
enum tool_exit serve_http_start(struct serve_socket *socket, const struct serve_tls *tls,
                                const struct serve_limits *limits,
                                const struct serve_calls *calls, struct serve_http **out);

/* To be called about every second: end connections whose time is over. */
void serve_http_tick(struct serve_http *http);

/* Take no more connections, let those that are there be answered for so many seconds, and free
 * it. */
void serve_http_stop(struct serve_http **http, unsigned seconds);

#endif
