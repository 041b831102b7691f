/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Who has which connection.
 */
#include "client/share.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/fork.h"

struct share {
	struct share *next;
	char *uri;
	struct sg_client *client;
	unsigned users;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* of both lists */
static struct share *shares;
static struct share *inherited;         /* the parent's: never closed here */

/* Another thread of the parent may have held the lock. */
static void in_child(void)
{
	pthread_mutex_init(&lock, NULL);
	if (shares != NULL)
		inherited = shares;
	shares = NULL;
}

static void share_free(struct share *share)
{
	sg_client_free(&share->client);
	free(share->uri);
	free(share);
}

static enum sg_err share_new(const char *uri, struct share **out)
{
	struct share *share = calloc(1, sizeof *share);
	enum sg_err err = SG_ERR_NOMEM;

	if (share == NULL)
		return SG_ERR_NOMEM;
	share->uri = strdup(uri);
	if (share->uri != NULL)
		err = sg_client_new(uri, &share->client);
	if (err != SG_OK) {
		share_free(share);
		return err;
	}
	share->next = shares;
	shares = share;
	*out = share;
	return SG_OK;
}

enum sg_err sg_client_take_part(const char *uri, struct sg_client **out)
{
	enum sg_err err = sg_fork_child(in_child);
	struct share *share;

	*out = NULL;
	if (err != SG_OK)
		return err;
	pthread_mutex_lock(&lock);
	share = shares;
	while (share != NULL && strcmp(share->uri, uri) != 0)
		share = share->next;
	if (share == NULL)
		err = share_new(uri, &share);
	if (err == SG_OK) {
		share->users++;
		*out = share->client;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

/* Closing asks the HSM, which may take its time: nobody else waits for that. */
void sg_client_give_up(struct sg_client **client)
{
	struct share **at = &shares, *last = NULL;

	if (*client == NULL)
		return;
	pthread_mutex_lock(&lock);
	while (*at != NULL && (*at)->client != *client)
		at = &(*at)->next;
	if (*at != NULL && --(*at)->users == 0) {
		last = *at;
		*at = last->next;
	}
	pthread_mutex_unlock(&lock);
	if (last != NULL)
		share_free(last);
	*client = NULL;
}
