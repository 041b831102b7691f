/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The list of refused PINs, one for each HSM. A child of fork has the list and
 * not the PINs in it, which are guarded: there the file decides alone.
 */
#include "client/refusal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/fork.h"

struct refusal {
	struct refusal *next;
	char *uri;
	struct sg_secret *pin;
	unsigned generation;            /* of the process that has the PIN */
	struct sg_client_pin_origin origin;
	bool counted;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* of the list */
static struct refusal *refusals;

/* Another thread of the parent may have held the lock, and left the list as it was or as it was to
 * be: an entry is linked when it is whole. */
static void in_child(void)
{
	pthread_mutex_init(&lock, NULL);
}

static void refusal_free(struct refusal *refusal)
{
	if (refusal->generation == sg_fork_generation())
		sg_secret_free(&refusal->pin);
	free(refusal->uri);
	free(refusal);
}

/* Return where the entry of a URI hangs, or where the list ends. */
static struct refusal **find(const char *uri)
{
	struct refusal **at = &refusals;

	while (*at != NULL && strcmp((*at)->uri, uri) != 0)
		at = &(*at)->next;
	return at;
}

static void forget(const char *uri)
{
	struct refusal **at = find(uri), *gone = *at;

	if (gone == NULL)
		return;
	*at = gone->next;
	refusal_free(gone);
}

enum sg_err sg_client_refusal_note(const char *uri, const struct sg_secret *pin,
                                   const struct sg_client_pin_origin *origin, bool counted)
{
	struct refusal *refusal = NULL;
	enum sg_err err = sg_fork_child(in_child);

	if (err != SG_OK)
		return err;
	refusal = calloc(1, sizeof *refusal);
	if (refusal == NULL)
		return SG_ERR_NOMEM;
	refusal->generation = sg_fork_generation();
	refusal->origin = *origin;
	refusal->counted = counted;
	refusal->uri = strdup(uri);
	err = refusal->uri != NULL ? sg_secret_copy(sg_secret_bytes(pin), &refusal->pin)
	                           : SG_ERR_NOMEM;
	if (err != SG_OK) {
		refusal_free(refusal);
		return err;
	}
	pthread_mutex_lock(&lock);
	forget(uri);
	refusal->next = refusals;
	refusals = refusal;
	pthread_mutex_unlock(&lock);
	return SG_OK;
}

static bool is_same(const struct refusal *refusal, const struct sg_secret *pin,
                    const struct sg_client_pin_origin *origin)
{
	if (memcmp(&refusal->origin, origin, sizeof *origin) != 0)
		return false;
	if (refusal->generation != sg_fork_generation())
		return origin->inode != 0;
	return sg_secret_equal(sg_secret_bytes(pin), sg_secret_bytes(refusal->pin));
}

enum sg_client_refusal sg_client_refusal_of(const char *uri, const struct sg_secret *pin,
                                            const struct sg_client_pin_origin *origin)
{
	enum sg_client_refusal found = SG_CLIENT_REFUSAL_NONE;
	const struct refusal *refusal;

	pthread_mutex_lock(&lock);
	refusal = *find(uri);
	if (refusal != NULL && is_same(refusal, pin, origin))
		found = refusal->counted ? SG_CLIENT_REFUSAL_COUNTED : SG_CLIENT_REFUSAL_STANDS;
	pthread_mutex_unlock(&lock);
	return found;
}

void sg_client_refusal_forget(const char *uri)
{
	pthread_mutex_lock(&lock);
	forget(uri);
	pthread_mutex_unlock(&lock);
}
