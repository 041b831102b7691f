/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. One-time values: what is asked of front and table, and when the one is moved to the
 * other. Values are kept as numbers, codes of them under a key of the store's own, so that nobody
 * can choose two that meet; two that meet by chance cost a request, and never let one in.
 */
#include "store/nonce.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/siphash.h"
#include "store/nonce_files.h"
#include "store/path.h"
#include "util/fork.h"
#include "util/log.h"

/* The mark lies so many seconds ahead, which is how often rows are moved at least. Of values from
 * further in the future each is moved at once, so that one wrong clock moves no mark. */
#define AHEAD 30

struct sg_store_nonces {
	struct sg_store_nonces *next;   /* guarded by registry */
	size_t max;
	pthread_mutex_t lock;
	struct sg_nonce_files files;    /* guarded by lock, and by the lock of the front */
	int64_t swept;                  /* guarded by lock: when all that was too old went */
	int64_t told;                   /* guarded by lock: when the clock was complained of */
};

/* While a process forks no thread of it is in a store: neither in SQLite, nor with the lock of the
 * front, which a child inherits with the open file. */
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static struct sg_store_nonces *all;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int watch_result;

static void before_fork(void)
{
	pthread_mutex_lock(&registry);
	for (struct sg_store_nonces *n = all; n != NULL; n = n->next)
		pthread_mutex_lock(&n->lock);
}

static void after_fork(void)
{
	for (struct sg_store_nonces *n = all; n != NULL; n = n->next)
		pthread_mutex_unlock(&n->lock);
	pthread_mutex_unlock(&registry);
}

static void in_child(void)
{
	for (struct sg_store_nonces *n = all; n != NULL; n = n->next)
		sg_nonce_files_forget(&n->files);
	after_fork();
}

static void watch_forks(void)
{
	watch_result = pthread_atfork(before_fork, after_fork, in_child);
}

static void enter_registry(struct sg_store_nonces *n)
{
	pthread_mutex_lock(&registry);
	n->next = all;
	all = n;
	pthread_mutex_unlock(&registry);
}

static void leave_registry(const struct sg_store_nonces *n)
{
	struct sg_store_nonces **at = &all;

	pthread_mutex_lock(&registry);
	while (*at != NULL && *at != n)
		at = &(*at)->next;
	if (*at != NULL)
		*at = n->next;
	pthread_mutex_unlock(&registry);
}

enum sg_err sg_store_nonces_open(const char *path, size_t max, struct sg_store_nonces **out)
{
	struct sg_store_nonces *n = NULL;
	enum sg_err err;

	*out = NULL;
	if (max == 0 || max > INT64_MAX)
		return SG_ERR_ARG;
	if (sg_fork_watch() != SG_OK || pthread_once(&once, watch_forks) != 0 || watch_result != 0)
		return SG_ERR_NOMEM;
	n = calloc(1, sizeof *n);
	if (n == NULL)
		return SG_ERR_NOMEM;
	n->max = max;
	pthread_mutex_init(&n->lock, NULL);
	enter_registry(n);
	err = sg_store_path_resolve(path, &n->files.path);
	if (err == SG_OK && asprintf(&n->files.front_path, "%s-front", n->files.path) < 0) {
		n->files.front_path = NULL;
		err = SG_ERR_NOMEM;
	}
	if (err != SG_OK)
		goto out;
	pthread_mutex_lock(&n->lock);
	err = sg_nonce_files_open(&n->files);
	pthread_mutex_unlock(&n->lock);
	if (err != SG_OK)
		goto out;
	*out = n;
	n = NULL;
out:
	sg_store_nonces_close(&n);
	return err;
}

const char *sg_store_nonces_sentence(enum sg_err err)
{
	if (err == SG_ERR_STORE_MISSING)
		return "The folder is missing, or a file of the store was removed";
	return sg_err_sentence(err);
}

void sg_store_nonces_close(struct sg_store_nonces **nonces)
{
	struct sg_store_nonces *n = nonces != NULL ? *nonces : NULL;

	if (n == NULL)
		return;
	leave_registry(n);
	sg_nonce_files_close(&n->files);
	pthread_mutex_destroy(&n->lock);
	free(n->files.path);
	free(n->files.front_path);
	free(n);
	*nonces = NULL;
}

static int64_t number_of(const struct sg_nonce_state *state, struct sg_bytes value)
{
	return (int64_t)sg_siphash(state->key, value);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Move the rows of the front, so that there is room and its mark is ahead of us. */
static enum sg_err move(struct sg_store_nonces *n, const struct sg_store_nonce_time *t,
                        bool everywhere)
{
	int64_t from = t->made <= t->now + AHEAD ? later(t->made, t->now) : t->now;

	return sg_nonce_files_move(&n->files, from + AHEAD, t->now - t->window, everywhere);
}

/* Tell whether there are as many as there may be, after what is too old went; that is
 * looked for once in a second. */
static enum sg_err look_for_room(struct sg_store_nonces *n, const struct sg_store_nonce_time *t,
                                 bool *room)
{
	const struct sg_nonce_files *f = &n->files;
	enum sg_err err = SG_OK;

	*room = (size_t)f->db.state.count + f->front.count < n->max;
	if (*room || n->swept == t->now)
		return SG_OK;
	err = move(n, t, true);
	if (err == SG_OK)
		n->swept = t->now;
	*room = (size_t)f->db.state.count + f->front.count < n->max;
	return err;
}

/* Tell whether a number was seen by what is known of it, or can't be known. */
static enum sg_err look_up(struct sg_store_nonces *n, int64_t id,
                           const struct sg_store_nonce_time *t, enum sg_store_nonce *out)
{
	int64_t made = 0;
	bool found = false;
	enum sg_err err = SG_OK;

	*out = SG_NONCE_FRESH;
	if (sg_nonce_front_has(&n->files.front, id)) {
		*out = SG_NONCE_SEEN;
		return SG_OK;
	}
	err = sg_nonce_db_find(&n->files.db, id, &found, &made);
	if (err == SG_OK && found && made >= t->now - t->window)
		*out = SG_NONCE_SEEN;
	else if (err == SG_OK && t->made < n->files.db.state.floor)
		*out = SG_NONCE_UNSURE;
	return err;
}

static enum sg_err keep(struct sg_store_nonces *n, int64_t id, const struct sg_store_nonce_time *t)
{
	const struct sg_nonce_row row = { id, t->made };
	const bool far = t->made > t->now + AHEAD;
	const struct sg_nonce_files *f = &n->files;
	enum sg_err err = SG_OK;

	/* A mark that lies further ahead is of a clock that was, and would outlive it by a boot. */
	if (f->front.count == SG_NONCE_FRONT_MAX || (!far && t->made > f->db.state.mark) ||
	    f->db.state.mark > t->now + 2 * AHEAD)
		err = move(n, t, false);
	if (err == SG_OK)
		err = sg_nonce_front_add(&n->files.front, row);
	if (err == SG_OK && far)
		err = move(n, t, false);
	return err;
}

/* Say once in a minute why everything that is signed now is refused: those that are forgotten
 * are of a time that is still to come. */
static void tell_clock(struct sg_store_nonces *n, const struct sg_store_nonce_time *t)
{
	const int64_t floor = n->files.db.state.floor;

	if (floor <= t->now + t->window || (t->now >= n->told && t->now - n->told < 60))
		return;
	n->told = t->now;
	sg_log(SG_LOG_ERROR, "%s was used while the clock was ahead: what is signed before %lld is "
	                     "refused. If the clock is right now, stop who uses it, wait %lld "
	                     "seconds and remove it, with -front and -journal.",
	       n->files.path, (long long)floor, 2 * (long long)t->window);
}

/* Under both locks. */
static enum sg_err use(struct sg_store_nonces *n, struct sg_bytes value,
                       const struct sg_store_nonce_time *t, enum sg_store_nonce *out)
{
	enum sg_store_nonce answer = SG_NONCE_FRESH;
	bool room = true;
	int64_t id;
	enum sg_err err;

	err = sg_nonce_files_follow(&n->files);
	if (err != SG_OK)
		return err;
	id = number_of(&n->files.db.state, value);
	err = look_up(n, id, t, &answer);
	if (err == SG_OK && answer == SG_NONCE_FRESH)
		err = look_for_room(n, t, &room);
	if (err == SG_OK && answer == SG_NONCE_FRESH && !room)
		answer = SG_NONCE_FULL;
	/* What the look for room forgot may have been the last word on a value of that age. */
	if (err == SG_OK && answer == SG_NONCE_FRESH && t->made < n->files.db.state.floor)
		answer = SG_NONCE_UNSURE;
	if (err == SG_OK && answer == SG_NONCE_FRESH)
		err = keep(n, id, t);
	if (err == SG_OK && answer == SG_NONCE_UNSURE)
		tell_clock(n, t);
	if (err == SG_OK)
		*out = answer;
	return err;
}

enum sg_err sg_store_nonce_use(struct sg_store_nonces *n, struct sg_bytes value,
                               struct sg_store_nonce_time time, enum sg_store_nonce *out)
{
	enum sg_err err = SG_OK;

	*out = SG_NONCE_UNSURE;
	pthread_mutex_lock(&n->lock);
	if (!n->files.open)
		err = sg_nonce_files_open(&n->files);
	if (err == SG_OK)
		err = sg_nonce_front_lock(&n->files.front);
	if (err == SG_OK) {
		err = use(n, value, &time, out);
		sg_nonce_front_unlock(&n->files.front);
	}
	/* The next one begins with what is there then. */
	if (err != SG_OK) {
		sg_nonce_files_close(&n->files);
		sg_log(SG_LOG_ERROR, "%s keeps no nonces: %s.", n->files.path,
		       sg_store_nonces_sentence(err));
	}
	pthread_mutex_unlock(&n->lock);
	return err;
}
