/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Slot events.
 */
#include "core/slot_event.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "store/store.h"
#include "util/log.h"

#define SLOTS (SG_STORE_SLOT_MAX + 1)
#define CHANGES \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | \
	 IN_ONLYDIR)

struct sg_slot_watch {
	atomic_uint refs;
	char *state;
	pthread_mutex_t lock;           /* guards all that follows */
	bool present[SLOTS];            /* there was a token */
	bool event[SLOTS];              /* that changed, and nobody was told */
	struct sg_slot_wait *waits;     /* those armed */
};

struct sg_slot_watch *sg_slot_watch_ref(struct sg_slot_watch *watch)
{
	atomic_fetch_add(&watch->refs, 1);
	return watch;
}

void sg_slot_watch_unref(struct sg_slot_watch **watch)
{
	struct sg_slot_watch *w = watch != NULL ? *watch : NULL;

	if (w == NULL)
		return;
	*watch = NULL;
	if (atomic_fetch_sub(&w->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&w->lock);
	free(w->state);
	free(w);
}

/* See which slots have a token now. Where that can't be seen all stays as it was. */
static void look(struct sg_slot_watch *watch)
{
	bool now[SLOTS] = { false };
	unsigned *stores = NULL;
	size_t n = 0;

	if (sg_store_list(watch->state, &stores, &n) != SG_OK)
		return;
	for (size_t i = 0; i < n; i++)
		now[stores[i]] = true;
	free(stores);
	for (size_t slot = 0; slot < SLOTS; slot++)
		if (now[slot] != watch->present[slot]) {
			watch->present[slot] = now[slot];
			watch->event[slot] = true;
		}
}

enum sg_err sg_slot_watch_new(const char *state, struct sg_slot_watch **out)
{
	struct sg_slot_watch *watch = calloc(1, sizeof *watch);

	*out = NULL;
	if (watch == NULL)
		return SG_ERR_NOMEM;
	atomic_init(&watch->refs, 1);
	watch->state = strdup(state);
	if (pthread_mutex_init(&watch->lock, NULL) != 0 || watch->state == NULL) {
		sg_slot_watch_unref(&watch);
		return SG_ERR_NOMEM;
	}
	look(watch);
	memset(watch->event, 0, sizeof watch->event);
	*out = watch;
	return SG_OK;
}

CK_RV sg_slot_watch_take(struct sg_slot_watch *watch, CK_SLOT_ID *slot)
{
	CK_RV rv = CKR_NO_EVENT;

	pthread_mutex_lock(&watch->lock);
	look(watch);
	for (size_t i = 0; i < SLOTS && rv == CKR_NO_EVENT; i++)
		if (watch->event[i]) {
			watch->event[i] = false;
			*slot = i;
			rv = CKR_OK;
		}
	pthread_mutex_unlock(&watch->lock);
	return rv;
}

/* Cut the last part of a path off; false where there is none to cut. */
static bool cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || path[1] == '\0')
		return false;
	*(slash == path ? slash + 1 : slash) = '\0';
	return true;
}

/* Watch the folder, or the nearest one above it in which it is to be made. */
static bool watch_folder(int fd, const char *state)
{
	char *path = strdup(state);
	bool watched = false, more = path != NULL;

	while (more) {
		watched = inotify_add_watch(fd, path, CHANGES) >= 0;
		more = !watched && (errno == ENOENT || errno == ENOTDIR) && cut(path);
	}
	free(path);
	return watched;
}

CK_RV sg_slot_watch_arm(struct sg_slot_watch *watch, struct sg_slot_wait *wait)
{
	wait->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	wait->stopped = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_lock(&watch->lock);
	wait->next = watch->waits;
	watch->waits = wait;
	pthread_mutex_unlock(&watch->lock);
	/* Twice: a folder that was made while the one above it was not watched yet is found
	 * by the second pass. What was watched stays so. */
	if (wait->changes >= 0 && wait->stopped >= 0 &&
	    watch_folder(wait->changes, watch->state) && watch_folder(wait->changes, watch->state))
		return CKR_OK;
	sg_log(SG_LOG_ERROR, "Changes of the folder %s can't be waited for: %m.", watch->state);
	return CKR_FUNCTION_FAILED;
}

void sg_slot_watch_disarm(struct sg_slot_watch *watch, struct sg_slot_wait *wait)
{
	struct sg_slot_wait **at = &watch->waits;

	pthread_mutex_lock(&watch->lock);
	while (*at != NULL && *at != wait)
		at = &(*at)->next;
	if (*at != NULL)
		*at = wait->next;
	pthread_mutex_unlock(&watch->lock);
	if (wait->changes >= 0)
		close(wait->changes);
	if (wait->stopped >= 0)
		close(wait->stopped);
}

CK_RV sg_slot_watch_wait(const struct sg_slot_wait *wait)
{
	struct pollfd fds[] = {
		{ .fd = wait->changes, .events = POLLIN },
		{ .fd = wait->stopped, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR && errno != EAGAIN)
			return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

void sg_slot_watch_stop(struct sg_slot_watch *watch)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&watch->lock);
	for (struct sg_slot_wait *wait = watch->waits; wait != NULL; wait = wait->next)
		if (write(wait->stopped, &one, sizeof one) < 0)
			sg_log(SG_LOG_ERROR, "Who waits for a slot can't be woken: %m.");
	pthread_mutex_unlock(&watch->lock);
}
