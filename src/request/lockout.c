/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Who failed how often, and who has to wait.
 *
 * The table has groups of eight places; a number made of the source under a random key says which
 * group is its own, so that nobody can choose addresses that meet. In a full group the one whose
 * last failure is oldest makes room, but never one that is locked out: where all of a group are,
 * a new source is not counted. Who wants to make somebody's lock forgotten would have to wait
 * for its end like everybody; who fills the table with locks of his own has spent the tries of as
 * many addresses, and gains the tries of those that he has left, which he had before.
 */
#include "request/lockout.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/siphash.h"
#include "request/text.h"

#define GROUP 8

struct place {
	uint64_t tag;                   /* of the source */
	unsigned failures;              /* whose times are kept; 0: the place is free */
	unsigned next;                  /* where the next time goes, over the oldest */
	int64_t last;
	int64_t until;                  /* locked out until then; 0: not */
};

struct sg_lockout {
	struct sg_lockout_rules rules;
	uint8_t group_key[SG_SIPHASH_KEY], tag_key[SG_SIPHASH_KEY];
	size_t groups;
	atomic_size_t used;             /* places that ever were: 0 spares the look */
	struct place *places;           /* guarded by lock, as is what follows */
	int64_t *times;                 /* of each place those of its last failures */
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
	l->groups = rules->sources / GROUP + (rules->sources % GROUP != 0);
	l->places = calloc(l->groups, GROUP * sizeof *l->places);
	l->times = calloc(l->groups, GROUP * sizeof *l->times * rules->failures);
	if (l->places == NULL || l->times == NULL) {
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
	free((*lockout)->times);
	free((*lockout)->places);
	free(*lockout);
	*lockout = NULL;
}

/* Tell whether a text is the port that follows an address: a colon and up to five digits. */
static bool is_port(const char *text, size_t len)
{
	if (len < 2 || len > 6 || text[0] != ':')
		return false;
	for (size_t i = 1; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* Take the port and the brackets off. An IPv6 address has more than one colon, so that one which
 * has no brackets has no port. */
static struct sg_request_text bare_address(struct sg_request_text source)
{
	const char *end = source.data + source.len;
	const bool bracket = source.len > 0 && source.data[0] == '[';
	const char *at = NULL;

	if (source.len > 0)
		at = memchr(source.data, bracket ? ']' : ':', source.len);
	if (at == NULL)
		return source;
	if (bracket && (at + 1 == end || is_port(at + 1, (size_t)(end - at - 1))))
		return (struct sg_request_text){ source.data + 1, (size_t)(at - source.data - 1) };
	if (!bracket && is_port(at, (size_t)(end - at)))
		return (struct sg_request_text){ source.data, (size_t)(at - source.data) };
	return source;
}

/* Copy an address without what some put around it: brackets, the port and the zone. */
static bool copy_address(struct sg_request_text source, char out[INET6_ADDRSTRLEN])
{
	const char *zone;

	source = bare_address(sg_request_trim(source));
	zone = source.len > 0 ? memchr(source.data, '%', source.len) : NULL;
	if (zone != NULL)
		source.len = (size_t)(zone - source.data);
	if (source.len == 0 || source.len >= INET6_ADDRSTRLEN ||
	    memchr(source.data, '\0', source.len) != NULL)
		return false;
	memcpy(out, source.data, source.len);
	out[source.len] = '\0';
	return true;
}

size_t sg_lockout_source(struct sg_request_text source, uint8_t out[SG_LOCKOUT_SOURCE])
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	size_t len = source.len < SG_LOCKOUT_SOURCE - 1 ? source.len : SG_LOCKOUT_SOURCE - 1;

	if (copy_address(source, text)) {
		if (inet_pton(AF_INET, text, out) == 1)
			return 4;
		if (inet_pton(AF_INET6, text, &six) == 1) {
			if (memcmp(&six, mapped, sizeof mapped) == 0) {
				memcpy(out, (const uint8_t *)&six + 12, 4);
				return 4;
			}
			memcpy(out, &six, 8);
			return 8;
		}
	}
	out[0] = 0;
	if (len > 0)
		memcpy(out + 1, source.data, len);
	return len + 1;
}

/* Find the group of a source, and the tag that it has there. */
static struct place *find_group(const struct sg_lockout *l, struct sg_request_text source,
                                uint64_t *tag)
{
	uint8_t bytes[SG_LOCKOUT_SOURCE];
	struct sg_bytes name = sg_bytes(bytes, sg_lockout_source(source, bytes));

	*tag = sg_siphash(l->tag_key, name);
	return l->places + sg_siphash(l->group_key, name) % l->groups * GROUP;
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

int64_t sg_lockout_left(struct sg_lockout *l, struct sg_request_text source, int64_t now)
{
	uint64_t tag;
	struct place *group;
	const struct place *place;
	int64_t left = 0;

	if (source.len == 0 || atomic_load(&l->used) == 0)
		return 0;
	group = find_group(l, source, &tag);
	pthread_mutex_lock(&lock);
	place = find_place(group, tag);
	if (place != NULL && place->until > now)
		left = place->until - now;
	pthread_mutex_unlock(&lock);
	return left;
}

/* Count a failure in a place: it locks out where as many as are allowed lie within one window,
 * wherever that begins. A lock that stands is not made longer: requests that were under way when
 * it began come in a little later. */
static bool count(const struct sg_lockout *l, struct place *p, int64_t now)
{
	const unsigned max = l->rules.failures;
	int64_t *times = l->times + (size_t)(p - l->places) * max;

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

bool sg_lockout_fail(struct sg_lockout *l, struct sg_request_text source, int64_t now)
{
	uint64_t tag;
	struct place *group, *place;
	bool locked = false;

	if (source.len == 0)
		return false;
	group = find_group(l, source, &tag);
	pthread_mutex_lock(&lock);
	place = find_place(group, tag);
	if (place == NULL) {
		place = make_room(l, group, now);
		if (place != NULL) {
			*place = (struct place){ .tag = tag };
			atomic_fetch_add(&l->used, 1);
		}
	}
	if (place != NULL)
		locked = count(l, place, now);
	pthread_mutex_unlock(&lock);
	return locked;
}
