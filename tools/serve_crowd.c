/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Who is connected to a server and since when.
 *
 * libmicrohttpd counts the seconds in which nothing comes. Who sends a byte now and then would
 * stay for ever; so the whole of a connection has an end here. It counts whole addresses too, of
 * which whoever has a network of IPv6 has 2^64.
 */
#include "tools/serve_crowd.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

struct serve_guest {
	struct serve_guest *next, **back;
	time_t end;
	struct serve_source source;
	bool refused;
	int fd;
};

struct serve_crowd {
	pthread_mutex_t lock;
	struct serve_guest *first;      /* guarded by lock */
	unsigned seconds, per_source;
};

static time_t now(void)
{
	struct timespec at = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec;
}

bool serve_crowd_new(unsigned seconds, unsigned per_source, struct serve_crowd **out)
{
	struct serve_crowd *crowd = calloc(1, sizeof *crowd);

	*out = crowd;
	if (crowd == NULL)
		return false;
	crowd->seconds = seconds;
	crowd->per_source = per_source;
	if (pthread_mutex_init(&crowd->lock, NULL) == 0)
		return true;
	free(crowd);
	*out = NULL;
	return false;
}

void serve_crowd_free(struct serve_crowd **crowd)
{
	if (*crowd == NULL)
		return;
	while ((*crowd)->first != NULL) {
		struct serve_guest *guest = (*crowd)->first;

		serve_crowd_leave(*crowd, &guest);
	}
	pthread_mutex_destroy(&(*crowd)->lock);
	free(*crowd);
	*crowd = NULL;
}

/* Tell whether a source has all that it may have. The lock is held. */
static bool is_full(const struct serve_crowd *crowd, const struct serve_source *source)
{
	unsigned n = 0;

	if (source->many)
		return false;
	for (const struct serve_guest *guest = crowd->first; guest != NULL; guest = guest->next)
		n += !guest->refused && guest->source.len == source->len &&
		     memcmp(guest->source.bytes, source->bytes, source->len) == 0;
	return n >= crowd->per_source;
}

struct serve_guest *serve_crowd_join(struct serve_crowd *crowd, int fd,
                                     const struct serve_source *source)
{
	struct serve_guest *guest = calloc(1, sizeof *guest);

	if (guest == NULL) {
		/* Nobody would count it. */
		(void)shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	guest->fd = fd;
	guest->source = *source;
	guest->end = now() + (time_t)crowd->seconds;
	pthread_mutex_lock(&crowd->lock);
	guest->refused = is_full(crowd, source);
	if (guest->refused)
		(void)shutdown(fd, SHUT_RDWR);
	guest->next = crowd->first;
	guest->back = &crowd->first;
	if (guest->next != NULL)
		guest->next->back = &guest->next;
	crowd->first = guest;
	pthread_mutex_unlock(&crowd->lock);
	return guest;
}

void serve_crowd_leave(struct serve_crowd *crowd, struct serve_guest **guest)
{
	struct serve_guest *leaving = *guest;

	*guest = NULL;
	if (leaving == NULL)
		return;
	pthread_mutex_lock(&crowd->lock);
	*leaving->back = leaving->next;
	if (leaving->next != NULL)
		leaving->next->back = leaving->back;
	pthread_mutex_unlock(&crowd->lock);
	free(leaving);
}

size_t serve_crowd_sweep(struct serve_crowd *crowd)
{
	const time_t at = now();
	size_t n = 0;

	pthread_mutex_lock(&crowd->lock);
	for (const struct serve_guest *guest = crowd->first; guest != NULL; guest = guest->next) {
		n++;
		if (guest->end <= at)
			(void)shutdown(guest->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&crowd->lock);
	return n;
}
