/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Who failed how often, and who has to wait.
 *
 * The table has groups of eight places; a number made of the source under a random key says which
 * group is its own, so that nobody can choose addresses that meet. In a full group the one whose
 * last failure is oldest makes room, but never one that is locked out: who wants to make
 * somebody's lock forgotten would have to wait for its end like everybody. Where all of a group
 * are locked out, a new source is counted with all others of its network in a smaller table of
 * the same kind: so a network that fills the first with locks of its own gains three tries more,
 * and who else is in it waits with it, if he is new.
 */
#include "request/lockout.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/siphash.h"

#define GROUP 8
#define NETWORK 16              /* sources for which there is a place for a network */

struct place {
	uint64_t tag;                   /* of the source */
	unsigned failures;              /* whose times are kept; 0: the place is free */
	unsigned next;                  /* where the next time goes, over the oldest */
	int64_t last;
	int64_t until;                  /* locked out until then; 0: not */
};

struct table {
	size_t groups;
	struct place *places;           /* guarded by lock, as is what follows */
	int64_t *times;                 /* of each place those of its last failures */
};

struct sg_lockout {
	struct sg_lockout_rules rules;
	uint8_t group_key[SG_SIPHASH_KEY], tag_key[SG_SIPHASH_KEY];
	atomic_size_t used;             /* places that ever were: 0 spares the look */
	struct table sources, networks;
};

/* One for all, so that no child of fork finds it held. It is held for some comparisons. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int watch_result;

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
	watch_result = pthread_atfork(before_fork, after_fork, after_fork);
}

static bool table_new(struct table *t, size_t places, unsigned failures)
{
	t->groups = places / GROUP + (places % GROUP != 0);
	t->places = calloc(t->groups, GROUP * sizeof *t->places);
	t->times = calloc(t->groups, GROUP * sizeof *t->times * failures);
	return t->places != NULL && t->times != NULL;
}

static void table_free(struct table *t)
{
	free(t->times);
	free(t->places);
}

enum sg_request_reason sg_lockout_new(const struct sg_lockout_rules *rules,
                                      struct sg_lockout **out)
{
	struct sg_lockout *l = NULL;

	*out = NULL;
	if (pthread_once(&once, watch_forks) != 0 || watch_result != 0)
		return SG_REQUEST_NOMEM;
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return SG_REQUEST_NOMEM;
	l->rules = *rules;
	if (!table_new(&l->sources, rules->sources, rules->failures) ||
	    !table_new(&l->networks, 1 + rules->sources / NETWORK, rules->failures)) {
		sg_lockout_free(&l);
		return SG_REQUEST_NOMEM;
	}
	sg_random(l->group_key, sizeof l->group_key);
	sg_random(l->tag_key, sizeof l->tag_key);
	*out = l;
	return SG_REQUEST_OK;
}

void sg_lockout_free(struct sg_lockout **lockout)
{
	if (lockout == NULL || *lockout == NULL)
		return;
	table_free(&(*lockout)->sources);
	table_free(&(*lockout)->networks);
	free(*lockout);
	*lockout = NULL;
}

/* Find the group of a name, and the tag that it has there. */
static struct place *find_group(const struct sg_lockout *l, const struct table *t,
                                struct sg_bytes name, uint64_t *tag)
{
	*tag = sg_siphash(l->tag_key, name);
	return t->places + sg_siphash(l->group_key, name) % t->groups * GROUP;
}

static struct place *find_place(struct place *group, uint64_t tag)
{
	for (size_t i = 0; i < GROUP; i++)
		if (group[i].failures > 0 && group[i].tag == tag)
			return &group[i];
	return NULL;
}

/* Return a place for a new source: a free one, one whose lock or window is over, or the one with
 * the oldest failure; NULL where all are locked out. */
static struct place *make_room(const struct sg_lockout *l, struct place *group, int64_t now)
{
	struct place *oldest = NULL;

	for (size_t i = 0; i < GROUP; i++) {
		struct place *p = &group[i];

		if (p->failures == 0 || (p->until != 0 && p->until <= now) ||
		    (p->until == 0 && now - p->last >= l->rules.window))
			return p;
		if (p->until == 0 && (oldest == NULL || p->last < oldest->last))
			oldest = p;
	}
	return oldest;
}

/* Find the place by which a source is judged: its own, or where there is none to be had, that of
 * its network; NULL for none. */
static const struct place *find_judge(const struct sg_lockout *l, struct sg_bytes name,
                                      int64_t now)
{
	uint64_t tag;
	struct place *group = find_group(l, &l->sources, name, &tag);
	const struct place *place = find_place(group, tag);

	if (place != NULL || make_room(l, group, now) != NULL)
		return place;
	group = find_group(l, &l->networks, sg_lockout_network(name), &tag);
	return find_place(group, tag);
}

int64_t sg_lockout_left(struct sg_lockout *l, struct sg_request_text source, int64_t now)
{
	uint8_t bytes[SG_LOCKOUT_SOURCE];
	const struct place *place;
	int64_t left = 0;

	if (source.len == 0 || atomic_load(&l->used) == 0)
		return 0;
	pthread_mutex_lock(&lock);
	place = find_judge(l, sg_bytes(bytes, sg_lockout_source(source, bytes)), now);
	if (place != NULL && place->until > now)
		left = place->until - now;
	pthread_mutex_unlock(&lock);
	return left;
}

/* Count a failure in a place: it locks out where as many as are allowed lie within one window,
 * wherever that begins. A lock that stands is not made longer: requests that were under way when
 * it began come in a little later. */
static bool count(const struct sg_lockout *l, const struct table *t, struct place *p, int64_t now)
{
	const unsigned max = l->rules.failures;
	int64_t *times = t->times + (size_t)(p - t->places) * max;

	if (p->until > now)
		return false;
	if (p->until != 0)
		p->failures = 0;
	p->until = 0;
	p->last = now;
	times[p->next] = now;
	p->next = (p->next + 1) % max;
	if (p->failures < max)
		p->failures++;
	if (p->failures < max || now - times[p->next] >= l->rules.window)
		return false;
	p->until = now + l->rules.duration;
	return true;
}

/* Find the place of a name in a table, or make one; NULL where there is no room. */
static struct place *take_place(struct sg_lockout *l, const struct table *t, struct sg_bytes name,
                                int64_t now)
{
	uint64_t tag;
	struct place *group = find_group(l, t, name, &tag);
	struct place *place = find_place(group, tag);

	if (place != NULL)
		return place;
	place = make_room(l, group, now);
	if (place != NULL) {
		*place = (struct place){ .tag = tag };
		atomic_fetch_add(&l->used, 1);
	}
	return place;
}

bool sg_lockout_fail(struct sg_lockout *l, struct sg_request_text source, int64_t now)
{
	uint8_t bytes[SG_LOCKOUT_SOURCE];
	struct sg_bytes name;
	const struct table *t = &l->sources;
	struct place *place;
	bool locked = false;

	if (source.len == 0)
		return false;
	name = sg_bytes(bytes, sg_lockout_source(source, bytes));
	pthread_mutex_lock(&lock);
	place = take_place(l, t, name, now);
	if (place == NULL) {
		t = &l->networks;
		place = take_place(l, t, sg_lockout_network(name), now);
	}
	if (place != NULL)
		locked = count(l, t, place, now);
	pthread_mutex_unlock(&lock);
	return locked;
}
