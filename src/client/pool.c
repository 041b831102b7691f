/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Sessions of an HSM.
 */
#include "client/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/calling.h"
#include "client/ending.h"
#include "client/known.h"
#include "client/login.h"
#include "client/manner.h"
#include "client/rc.h"
#include "util/fork.h"
#include "util/log.h"

#define IDLE_MAX 16             /* sessions kept open that nobody uses */
#define TRIES 4                 /* to connect to an HSM that is there */
#define PAUSE 25000000          /* nanoseconds between them */

struct sg_client {
	char *uri, *name;
	unsigned generation;            /* of the process that made it */

	pthread_mutex_t lock;           /* of all that follows */
	pthread_cond_t returned;        /* a session was given back */
	struct sg_client_place *place;     /* NULL: there is no connection */
	bool reached;                   /* there was one before */
	bool logged_in;
	bool is_void;                     /* it is to be made anew when nobody uses it */
	uint64_t epoch;                 /* of the connection; the next has another */
	CK_SESSION_HANDLE idle[IDLE_MAX];
	size_t n_idle, in_use;

	struct sg_client_known *known;  /* has a lock of its own */
};

/* No two connections of a process or of its children have the same. */
static uint64_t next_epoch(void)
{
	static _Atomic uint64_t epochs;

	return atomic_fetch_add(&epochs, 1) + 1;
}

enum sg_err sg_client_new(const char *uri, struct sg_client **out)
{
	struct sg_client *client = calloc(1, sizeof *client);

	*out = NULL;
	if (client == NULL || sg_fork_watch() != SG_OK)
		goto failed;
	client->uri = strdup(uri);
	client->name = strndup(uri, strcspn(uri, "?"));
	client->generation = sg_fork_generation();
	client->epoch = next_epoch();
	if (client->uri == NULL || client->name == NULL ||
	    pthread_mutex_init(&client->lock, NULL) != 0)
		goto failed;
	if (pthread_cond_init(&client->returned, NULL) != 0) {
		pthread_mutex_destroy(&client->lock);
		goto failed;
	}
	if (sg_client_known_new(&client->known) != SG_OK) {
		pthread_cond_destroy(&client->returned);
		pthread_mutex_destroy(&client->lock);
		goto failed;
	}
	sg_client_known_begin(client->known, client->epoch);
	*out = client;
	return SG_OK;
failed:
	if (client != NULL) {
		free(client->uri);
		free(client->name);
		free(client);
	}
	return SG_ERR_NOMEM;
}

/* Close the idle sessions; the caller holds the lock. What the HSM says to that does not matter. */
static void close_idle(struct sg_client *client)
{
	struct sg_signal_hold hold;

	sg_client_enter(&hold);
	while (client->n_idle > 0 && !sg_client_is_ending())
		(void)client->place->f->C_CloseSession(client->idle[--client->n_idle]);
	client->n_idle = 0;
	sg_client_leave(&hold);
}

/* Forget the connection, which nobody uses; the caller holds the lock. */
static void disconnect(struct sg_client *client)
{
	if (client->place != NULL)
		close_idle(client);
	sg_client_place_free(&client->place);
	client->logged_in = false;
	client->is_void = false;
	client->epoch = next_epoch();
	sg_client_known_begin(client->known, client->epoch);
}

void sg_client_free(struct sg_client **out)
{
	struct sg_client *client = *out;
	bool ours;

	if (client == NULL)
		return;
	ours = client->generation == sg_fork_generation();
	/* In a child locks may be held by threads that it does not have, and p11-kit's as well. */
	if (ours) {
		disconnect(client);
		pthread_cond_destroy(&client->returned);
		pthread_mutex_destroy(&client->lock);
	}
	sg_client_known_free(&client->known, !ours);
	free(client->uri);
	free(client->name);
	free(client);
	*out = NULL;
}

enum sg_err sg_client_check(struct sg_client_session *s, const char *function, CK_RV rv)
{
	return sg_client_err(function, rv, &s->lost);
}

/* Open one session more, for reading only where the token is write-protected. */
static CK_RV open_session(const struct sg_client_place *place, CK_SESSION_HANDLE *session)
{
	const bool fixed = (place->info.flags & CKF_WRITE_PROTECTED) != 0;
	const CK_FLAGS flags = CKF_SERIAL_SESSION | (fixed ? 0 : CKF_RW_SESSION);
	struct sg_signal_hold hold;
	CK_RV rv;

	sg_client_enter(&hold);
	rv = place->f->C_OpenSession(place->slot, flags, NULL, NULL, session);
	sg_client_leave(&hold);
	return rv;
}

/* Make a session that is logged in; the caller holds the lock. *full tells that the HSM opens
 * no more; *lost that the connection is void. */
static enum sg_err make_session(struct sg_client *client, CK_SESSION_HANDLE *session, bool *full,
                                bool *lost)
{
	struct sg_signal_hold hold;
	enum sg_err err = SG_OK;
	bool opened = false, once = false;
	CK_RV rv;

	if (client->place == NULL)
		err = sg_client_place_find(client->uri, &client->place);
	if (err != SG_OK)
		return err == SG_ERR_HSM_MISSING && client->reached ? SG_ERR_HSM_REMOVED : err;
	client->reached = true;
	rv = open_session(client->place, session);
	*full = rv == CKR_SESSION_COUNT;
	err = sg_client_err("C_OpenSession", rv, lost);
	if (err == SG_OK) {
		opened = true;
		if (!client->logged_in)
			err = sg_client_login(client->place, client->uri, *session, lost, &once);
		client->logged_in = err == SG_OK;
	}
	/* Also a fault may be one of this connection: a token that another process writes to. */
	if (err == SG_ERR_HSM_FAULT)
		*lost = true;
	/* What the HSM says of its PIN was read when the connection was made: look again the next
	 * time. */
	if (err == SG_ERR_HSM_LOCKED || err == SG_ERR_HSM_LAST || err == SG_ERR_HSM_PIN ||
	    once) {
		client->is_void = true;
		*lost = false;
	}
	if (err != SG_OK && opened) {
		sg_client_enter(&hold);
		(void)client->place->f->C_CloseSession(*session);
		sg_client_leave(&hold);
	}
	return err;
}

/* Lend a session. Where all that the HSM has are lent, wait for one. */
static enum sg_err take(struct sg_client *client, struct sg_client_session *s)
{
	const struct timespec pause = { 0, PAUSE };
	bool full = false, lost = false;
	enum sg_err err = SG_OK;
	int tries = 0;

	pthread_mutex_lock(&client->lock);
	for (;;) {
		if (client->is_void && client->in_use == 0)
			disconnect(client);
		if (client->is_void || (full && client->in_use > 0 && client->n_idle == 0)) {
			pthread_cond_wait(&client->returned, &client->lock);
			full = false;
			continue;
		}
		if (client->n_idle > 0) {
			s->handle = client->idle[--client->n_idle];
			err = SG_OK;
			break;
		}
		full = lost = false;
		err = make_session(client, &s->handle, &full, &lost);
		if (err == SG_OK || (!lost && !(full && client->in_use > 0)))
			break;
		if (lost) {
			client->is_void = true;
			if (++tries == TRIES)
				break;
			nanosleep(&pause, NULL);
		}
	}
	if (err == SG_OK) {
		client->in_use++;
		s->f = client->place->f;
		s->slot = client->place->slot;
		s->is_own = client->place->is_own;
		s->epoch = client->epoch;
		s->lost = false;
	}
	pthread_mutex_unlock(&client->lock);
	return err;
}

/* Take a lent session back. */
static void give(struct sg_client *client, struct sg_client_session *s)
{
	struct sg_signal_hold hold;

	pthread_mutex_lock(&client->lock);
	if (s->lost)
		client->is_void = true;
	if (!client->is_void && client->n_idle < IDLE_MAX) {
		client->idle[client->n_idle++] = s->handle;
	} else {
		sg_client_enter(&hold);
		(void)s->f->C_CloseSession(s->handle);
		sg_client_leave(&hold);
	}
	client->in_use--;
	pthread_cond_broadcast(&client->returned);
	pthread_mutex_unlock(&client->lock);
}

enum sg_err sg_client_do(struct sg_client *client, bool again,
                         enum sg_err (*fn)(struct sg_client_session *s, void *arg), void *arg)
{
	struct sg_client_session s = { .client = client };
	struct sg_signal_hold hold, *held;
	enum sg_err err;

	if (client->generation != sg_fork_generation()) {
		sg_log(SG_LOG_ERROR, "the connection to the %s was made before a fork and used in "
		       "the child", sg_client_noun());
		return SG_ERR_ARG;
	}
	if (sg_client_is_ending())
		return SG_ERR_HSM_REMOVED;
	for (int i = 0;; i++) {
		err = take(client, &s);
		if (err != SG_OK)
			return err;
		/* Signals cost two system calls and more: a tenth of a signature. */
		held = s.is_own ? NULL : &hold;
		sg_client_enter(held);
		err = fn(&s, arg);
		sg_client_leave(held);
		give(client, &s);
		if (err == SG_OK || !s.lost || !again || i > 0)
			return err;
	}
}

enum sg_err sg_client_check_login(struct sg_client_session *s)
{
	CK_SESSION_INFO info = { 0 };
	enum sg_err err;

	if (s->client == NULL || (s->client->place->info.flags & CKF_LOGIN_REQUIRED) == 0)
		return SG_OK;
	err = sg_client_check(s, "C_GetSessionInfo", s->f->C_GetSessionInfo(s->handle, &info));
	if (err != SG_OK || info.state == CKS_RO_USER_FUNCTIONS ||
	    info.state == CKS_RW_USER_FUNCTIONS)
		return err;
	s->lost = true;
	return SG_ERR_HSM_REMOVED;
}

/* Whether somebody tried a wrong PIN before us can be seen only in what stood there before. */
static enum sg_err copy_info(struct sg_client_session *s, void *arg)
{
	*(CK_TOKEN_INFO *)arg = s->client->place->info;
	return sg_client_check_login(s);
}

enum sg_err sg_client_info(struct sg_client *client, CK_TOKEN_INFO *info)
{
	return sg_client_do(client, true, copy_info, info);
}

const char *sg_client_name(const struct sg_client *client)
{
	return client->name;
}

CK_ATTRIBUTE *sg_client_uri_attributes(struct sg_client_session *s, CK_ULONG *n)
{
	return p11_kit_uri_get_attributes(s->client->place->uri, n);
}

struct sg_client_known *sg_client_known_of(const struct sg_client_session *s)
{
	return s->client->known;
}
