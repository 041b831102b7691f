/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Asking a vault over HTTPS: the only user of libcurl. The server's certificate is
 * always verified; no redirect is followed, no proxy asked, nothing logged; answers and the
 * time for them are bounded. Each request has a connection of its own, and what libcurl had in
 * memory for it is wiped when it is freed.
 */
#ifndef TOOLS_UNSEAL_CLIENT_H
#define TOOLS_UNSEAL_CLIENT_H

#include "tools/exit.h"
#include "util/secret.h"

struct unseal_client;

/* How a request ended. */
enum unseal_ended {
	UNSEAL_ANSWERED,        /* with a status of HTTP */
	UNSEAL_NOT_THERE,       /* nobody answers, or not in time: later perhaps */
	UNSEAL_NOT_TRUSTED,     /* the certificate is not one of who is asked */
	UNSEAL_NO_AUTHORITY,    /* the file of authorities can't be used */
	UNSEAL_NOT_SPOKEN,      /* what came is no HTTP, or too long */
};

struct unseal_reply {
	enum unseal_ended ended;
	long status;
	long retry_after;       /* seconds that it asks to wait; 0: it says nothing of it */
	struct sg_buf body;     /* free it with sg_buf_free */
	char why[256];          /* what libcurl says, where it did not end with an answer */
};

/* Make a client. ca names the file of the authorities that are trusted instead of the machine's,
 * or is NULL. It is told what fails. */
enum tool_exit unseal_client_new(const char *ca, struct unseal_client **client);
void unseal_client_free(struct unseal_client **client);

/* Check an address: https://, a host, perhaps a port and a path, and nothing else. http:// is
 * taken where plain says so, for 127.0.0.1 and [::1]. what is "--addr", what it is from. It is told
 * what is wrong. */
enum tool_exit unseal_client_check(const char *what, const char *addr, bool plain);

/* Return the time, in milliseconds of a clock that nobody sets. */
long unseal_client_now(void);

/* When a request is over, answered or not. */
struct unseal_limit {
	long end;               /* by unseal_client_now */
	long ms;                /* from its beginning */
};

/* Ask for addr and then path, with PUT and the body where there is one; after the end nothing is
 * asked, and nobody is there. What it says is in *reply, which the caller cleared. Errors:
 * NOMEM. */
enum sg_err unseal_client_ask(struct unseal_client *client, const char *addr, const char *path,
                              const struct sg_secret *body, struct unseal_limit limit,
                              struct unseal_reply *reply);

/* Send JSON with POST in the same way, and take an answer of at most max bytes. */
enum sg_err unseal_client_post(struct unseal_client *client, const char *addr, const char *path,
                               struct sg_bytes body, size_t max, struct unseal_limit limit,
                               struct unseal_reply *reply);

#endif
