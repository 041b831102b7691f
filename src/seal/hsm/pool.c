/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Sessions of an HSM.
 */
#include "seal/hsm/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "seal/hsm/calling.h"
#include "seal/hsm/login.h"
#include "seal/hsm/rc.h"
#include "util/fork.h"
#include "util/log.h"

#define IDLE_MAX 16             /* sessions kept open that nobody uses */
#define KEYS 32                 /* handles remembered */
#define TRIES 4                 /* to connect to an HSM that is there */
#define PAUSE 25000000          /* nanoseconds between them */

struct known_key {
	CK_OBJECT_CLASS class;
	uint8_t id[SG_HSM_ID_MAX];
	size_t id_len;                  /* 0: a free place */
	CK_OBJECT_HANDLE handle;
};

struct sg_hsm {
	char *uri, *name;
	unsigned generation;            /* of the process that made it */

	pthread_mutex_t lock;           /* of all that follows */
	pthread_cond_t returned;        /* a session was given back */
	struct sg_hsm_place *place;     /* NULL: there is no connection */
	bool reached;                   /* there was one before */
	bool logged_in;
	bool is_void;                     /* it is to be made anew when nobody uses it */
	uint64_t epoch;                 /* of the connection; the next has another */
	CK_SESSION_HANDLE idle[IDLE_MAX];
	size_t n_idle, in_use;

	/* Of what follows. Who is in a call takes this one only: whoever has the other may be
	 * waiting for a fork to end, which waits for those in calls. */
	pthread_mutex_t known;
	struct known_key keys[KEYS];
	size_t next_key;                /* the place that is overwritten next */
};

enum sg_err sg_hsm_new(const char *uri, struct sg_hsm **out)
{
	struct sg_hsm *hsm = calloc(1, sizeof *hsm);

	*out = NULL;
	if (hsm == NULL || sg_fork_watch() != SG_OK)
		goto failed;
	hsm->uri = strdup(uri);
	hsm->name = strndup(uri, strcspn(uri, "?"));
	hsm->generation = sg_fork_generation();
	if (hsm->uri == NULL || hsm->name == NULL || pthread_mutex_init(&hsm->lock, NULL) != 0)
		goto failed;
	if (pthread_cond_init(&hsm->returned, NULL) != 0) {
		pthread_mutex_destroy(&hsm->lock);
		goto failed;
	}
	if (pthread_mutex_init(&hsm->known, NULL) != 0) {
		pthread_cond_destroy(&hsm->returned);
		pthread_mutex_destroy(&hsm->lock);
		goto failed;
	}
	*out = hsm;
	return SG_OK;
failed:
	if (hsm != NULL) {
		free(hsm->uri);
		free(hsm->name);
		free(hsm);
	}
	return SG_ERR_NOMEM;
}

/* Close the idle sessions; the caller holds the lock. What the HSM says to that does not matter. */
static void close_idle(struct sg_hsm *hsm)
{
	struct sg_signal_hold hold;

	sg_hsm_enter(&hold);
	while (hsm->n_idle > 0)
		(void)hsm->place->f->C_CloseSession(hsm->idle[--hsm->n_idle]);
	sg_hsm_leave(&hold);
}

/* Forget the connection, which nobody uses; the caller holds the lock. */
static void disconnect(struct sg_hsm *hsm)
{
	if (hsm->place != NULL)
		close_idle(hsm);
	sg_hsm_place_free(&hsm->place);
	hsm->logged_in = false;
	hsm->is_void = false;
	pthread_mutex_lock(&hsm->known);
	memset(hsm->keys, 0, sizeof hsm->keys);
	hsm->epoch++;
	pthread_mutex_unlock(&hsm->known);
}

void sg_hsm_free(struct sg_hsm **out)
{
	struct sg_hsm *hsm = *out;

	if (hsm == NULL)
		return;
	/* In a child locks may be held by threads that it does not have, and p11-kit's as well. */
	if (hsm->generation == sg_fork_generation()) {
		disconnect(hsm);
		pthread_mutex_destroy(&hsm->known);
		pthread_cond_destroy(&hsm->returned);
		pthread_mutex_destroy(&hsm->lock);
	}
	free(hsm->uri);
	free(hsm->name);
	free(hsm);
	*out = NULL;
}

enum sg_err sg_hsm_check(struct sg_hsm_session *s, const char *function, CK_RV rv)
{
	return sg_hsm_err(function, rv, &s->lost);
}

/* Open one session more, for reading only where the token is write-protected. */
static CK_RV open_session(const struct sg_hsm_place *place, CK_SESSION_HANDLE *session)
{
	const bool fixed = (place->info.flags & CKF_WRITE_PROTECTED) != 0;
	const CK_FLAGS flags = CKF_SERIAL_SESSION | (fixed ? 0 : CKF_RW_SESSION);
	struct sg_signal_hold hold;
	CK_RV rv;

	sg_hsm_enter(&hold);
	rv = place->f->C_OpenSession(place->slot, flags, NULL, NULL, session);
	sg_hsm_leave(&hold);
	return rv;
}

/* Make a session that is logged in; the caller holds the lock. *full tells that the HSM opens
 * no more; *lost that the connection is void. */
static enum sg_err make_session(struct sg_hsm *hsm, CK_SESSION_HANDLE *session, bool *full,
                                bool *lost)
{
	struct sg_signal_hold hold;
	enum sg_err err = SG_OK;
	bool opened = false, once = false;
	CK_RV rv;

	if (hsm->place == NULL)
		err = sg_hsm_place_find(hsm->uri, &hsm->place);
	if (err != SG_OK)
		return err == SG_ERR_HSM_MISSING && hsm->reached ? SG_ERR_HSM_REMOVED : err;
	hsm->reached = true;
	rv = open_session(hsm->place, session);
	*full = rv == CKR_SESSION_COUNT;
	err = sg_hsm_err("C_OpenSession", rv, lost);
	if (err == SG_OK) {
		opened = true;
		if (!hsm->logged_in)
			err = sg_hsm_login(hsm->place, hsm->uri, *session, lost, &once);
		hsm->logged_in = err == SG_OK;
	}
	/* Also a fault may be one of this connection: a token that another process writes to. */
	if (err == SG_ERR_HSM_FAULT)
		*lost = true;
	/* What the HSM says of its PIN was read when the connection was made: look again the next
	 * time. */
	if (err == SG_ERR_HSM_LOCKED || err == SG_ERR_HSM_LAST || err == SG_ERR_HSM_PIN ||
	    once) {
		hsm->is_void = true;
		*lost = false;
	}
	if (err != SG_OK && opened) {
		sg_hsm_enter(&hold);
		(void)hsm->place->f->C_CloseSession(*session);
		sg_hsm_leave(&hold);
	}
	return err;
}

/* Lend a session. Where all that the HSM has are lent, wait for one. */
static enum sg_err take(struct sg_hsm *hsm, struct sg_hsm_session *s)
{
	const struct timespec pause = { 0, PAUSE };
	bool full = false, lost = false;
	enum sg_err err = SG_OK;
	int tries = 0;

	pthread_mutex_lock(&hsm->lock);
	for (;;) {
		if (hsm->is_void && hsm->in_use == 0)
			disconnect(hsm);
		if (hsm->is_void || (full && hsm->in_use > 0 && hsm->n_idle == 0)) {
			pthread_cond_wait(&hsm->returned, &hsm->lock);
			full = false;
			continue;
		}
		if (hsm->n_idle > 0) {
			s->handle = hsm->idle[--hsm->n_idle];
			err = SG_OK;
			break;
		}
		full = lost = false;
		err = make_session(hsm, &s->handle, &full, &lost);
		if (err == SG_OK || (!lost && !(full && hsm->in_use > 0)))
			break;
		if (lost) {
			hsm->is_void = true;
			if (++tries == TRIES)
				break;
			nanosleep(&pause, NULL);
		}
	}
	if (err == SG_OK) {
		hsm->in_use++;
		s->f = hsm->place->f;
		s->slot = hsm->place->slot;
		s->epoch = hsm->epoch;
		s->lost = false;
	}
	pthread_mutex_unlock(&hsm->lock);
	return err;
}

/* Take a lent session back. */
static void give(struct sg_hsm *hsm, struct sg_hsm_session *s)
{
	struct sg_signal_hold hold;

	pthread_mutex_lock(&hsm->lock);
	if (s->lost)
		hsm->is_void = true;
	if (!hsm->is_void && hsm->n_idle < IDLE_MAX) {
		hsm->idle[hsm->n_idle++] = s->handle;
	} else {
		sg_hsm_enter(&hold);
		(void)s->f->C_CloseSession(s->handle);
		sg_hsm_leave(&hold);
	}
	hsm->in_use--;
	pthread_cond_broadcast(&hsm->returned);
	pthread_mutex_unlock(&hsm->lock);
}

enum sg_err sg_hsm_do(struct sg_hsm *hsm, bool again,
                      enum sg_err (*fn)(struct sg_hsm_session *s, void *arg), void *arg)
{
	struct sg_hsm_session s = { .hsm = hsm };
	struct sg_signal_hold hold;
	enum sg_err err;

	if (hsm->generation != sg_fork_generation()) {
		sg_log(SG_LOG_ERROR, "an HSM that was opened before a fork was used in the child");
		return SG_ERR_ARG;
	}
	for (int i = 0;; i++) {
		err = take(hsm, &s);
		if (err != SG_OK)
			return err;
		sg_hsm_enter(&hold);
		err = fn(&s, arg);
		sg_hsm_leave(&hold);
		give(hsm, &s);
		if (err == SG_OK || !s.lost || !again || i > 0)
			return err;
	}
}

enum sg_err sg_hsm_check_login(struct sg_hsm_session *s)
{
	CK_SESSION_INFO info = { 0 };
	enum sg_err err;

	if ((s->hsm->place->info.flags & CKF_LOGIN_REQUIRED) == 0)
		return SG_OK;
	err = sg_hsm_check(s, "C_GetSessionInfo", s->f->C_GetSessionInfo(s->handle, &info));
	if (err != SG_OK || info.state == CKS_RO_USER_FUNCTIONS ||
	    info.state == CKS_RW_USER_FUNCTIONS)
		return err;
	s->lost = true;
	return SG_ERR_HSM_REMOVED;
}

enum sg_err sg_hsm_find(struct sg_hsm_session *s, CK_ATTRIBUTE *template, CK_ULONG n,
                        CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count)
{
	enum sg_err err, end;

	*count = 0;
	err = sg_hsm_check(s, "C_FindObjectsInit",
	                   s->f->C_FindObjectsInit(s->handle, template, n));
	if (err != SG_OK)
		return err;
	err = sg_hsm_check(s, "C_FindObjects", s->f->C_FindObjects(s->handle, found, max, count));
	end = sg_hsm_check(s, "C_FindObjectsFinal", s->f->C_FindObjectsFinal(s->handle));
	if (err == SG_OK && *count > max)
		err = SG_ERR_HSM_FAULT;
	if (err == SG_OK)
		err = end;
	return err == SG_OK && *count == 0 ? sg_hsm_check_login(s) : err;
}

/* Look among the handles that are known. */
static bool is_known(struct sg_hsm_session *s, CK_OBJECT_CLASS class, struct sg_bytes id,
                     CK_OBJECT_HANDLE *key)
{
	struct sg_hsm *hsm = s->hsm;
	bool found = false;

	pthread_mutex_lock(&hsm->known);
	for (size_t i = 0; i < KEYS && hsm->epoch == s->epoch && !found; i++) {
		found = hsm->keys[i].class == class &&
		        sg_bytes_equal(sg_bytes(hsm->keys[i].id, hsm->keys[i].id_len), id);
		if (found)
			*key = hsm->keys[i].handle;
	}
	pthread_mutex_unlock(&hsm->known);
	return found;
}

static void remember(struct sg_hsm_session *s, CK_OBJECT_CLASS class, struct sg_bytes id,
                     CK_OBJECT_HANDLE key)
{
	struct sg_hsm *hsm = s->hsm;
	struct known_key *place;

	pthread_mutex_lock(&hsm->known);
	if (hsm->epoch == s->epoch) {
		place = &hsm->keys[hsm->next_key++ % KEYS];
		*place = (struct known_key){ .class = class, .id_len = id.len, .handle = key };
		memcpy(place->id, id.data, id.len);
	}
	pthread_mutex_unlock(&hsm->known);
}

enum sg_err sg_hsm_find_key_checked(struct sg_hsm_session *s, CK_OBJECT_CLASS class,
                                    struct sg_bytes id,
                                    enum sg_err (*check)(struct sg_hsm_session *s,
                                                         CK_OBJECT_HANDLE key, void *arg),
                                    void *arg, CK_OBJECT_HANDLE *key)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_PRIVATE, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n;
	enum sg_err err;

	if (id.len == 0 || id.len > SG_HSM_ID_MAX)
		return SG_ERR_RANGE;
	if (is_known(s, class, id, key))
		return SG_OK;
	err = sg_hsm_find(s, template, 2, found, 2, &n);
	/* Anybody can put another one beside it that is not private, without a PIN. */
	if (err == SG_OK && n > 1 && class != CKO_PUBLIC_KEY)
		err = sg_hsm_find(s, template, 3, found, 2, &n);
	if (err != SG_OK)
		return err;
	if (n == 0)
		return SG_ERR_HSM_OTHER;
	if (n > 1) {
		sg_log(SG_LOG_ERROR, "the HSM has two keys of one class and one CKA_ID");
		return SG_ERR_HSM_FAULT;
	}
	if (check != NULL)
		err = check(s, found[0], arg);
	if (err != SG_OK)
		return err;
	*key = found[0];
	remember(s, class, id, *key);
	return SG_OK;
}

enum sg_err sg_hsm_find_key(struct sg_hsm_session *s, CK_OBJECT_CLASS class, struct sg_bytes id,
                            CK_OBJECT_HANDLE *key)
{
	return sg_hsm_find_key_checked(s, class, id, NULL, NULL, key);
}

void sg_hsm_forget_key(struct sg_hsm_session *s, CK_OBJECT_CLASS class, struct sg_bytes id)
{
	struct known_key *key;

	pthread_mutex_lock(&s->hsm->known);
	for (size_t i = 0; i < KEYS; i++) {
		key = &s->hsm->keys[i];
		if (key->class == class && sg_bytes_equal(sg_bytes(key->id, key->id_len), id))
			*key = (struct known_key){ .id_len = 0 };
	}
	pthread_mutex_unlock(&s->hsm->known);
}

/* Whether somebody tried a wrong PIN before us can be seen only in what stood there before. */
static enum sg_err copy_info(struct sg_hsm_session *s, void *arg)
{
	*(CK_TOKEN_INFO *)arg = s->hsm->place->info;
	return sg_hsm_check_login(s);
}

enum sg_err sg_hsm_info(struct sg_hsm *hsm, CK_TOKEN_INFO *info)
{
	return sg_hsm_do(hsm, true, copy_info, info);
}

const char *sg_hsm_name(const struct sg_hsm *hsm)
{
	return hsm->name;
}

CK_ATTRIBUTE *sg_hsm_uri_attributes(struct sg_hsm_session *s, CK_ULONG *n)
{
	return p11_kit_uri_get_attributes(s->hsm->place->uri, n);
}
