/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Links to tokens.
 */
#include "provider/link.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "client/pin.h"
#include "client/share.h"
#include "crypto/crypto.h"
#include "provider/reason.h"
#include "util/fork.h"

struct sg_prov_link {
	struct sg_prov_link *next;
	char *uri;

	/* Of the process with this generation, plus one; 0: of none yet. */
	_Atomic(struct sg_client *) client;
	atomic_uint generation;

	/* Guarded by the lock. */
	struct sg_secret *pin;
	unsigned pin_generation;        /* of the process that has it */
};

/* Of the lists of links, of PINs, and while a client is made. No token is asked under it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* For whom this thread is in sg_prov_link_do. */
static _Thread_local struct sg_prov_link *linked;
static _Thread_local const struct sg_prov_asker *linked_asker;

/* Another thread of the parent may have held it; a list is linked when it is whole. */
static void in_child(void)
{
	pthread_mutex_init(&lock, NULL);
}

/* The caller holds the lock. */
static void drop_pin(struct sg_prov_link *link)
{
	if (link->pin != NULL && link->pin_generation == sg_fork_generation())
		sg_secret_free(&link->pin);
	link->pin = NULL;
}

static enum sg_err keep_pin(struct sg_prov_link *link, const struct sg_secret *pin)
{
	struct sg_secret *copy = NULL;
	enum sg_err err = sg_secret_copy(sg_secret_bytes(pin), &copy);

	if (err != SG_OK)
		return err;
	drop_pin(link);
	link->pin = copy;
	link->pin_generation = sg_fork_generation();
	return SG_OK;
}

/* Have OpenSSL ask; *out stays NULL where there is nobody, or no answer. */
static enum sg_err ask_program(const char *label, struct sg_secret **out)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PASSPHRASE_PARAM_INFO, (void *)label, strlen(label)),
		OSSL_PARAM_END
	};
	struct sg_secret *pin = NULL;
	enum sg_err err = SG_OK;
	size_t len = 0;

	if (linked_asker == NULL || linked_asker->fn == NULL)
		return SG_OK;
	err = sg_secret_new(SG_CLIENT_PIN_MAX, &pin);
	if (err != SG_OK)
		return err;
	if (linked_asker->fn((char *)pin->data, pin->cap, &len, params, linked_asker->arg) == 1 &&
	    len <= pin->cap) {
		pin->len = len;
		*out = pin;
		return SG_OK;
	}
	sg_secret_free(&pin);
	return SG_OK;
}

/* Give a copy of the PIN that we have, or ask for it. The connection's lock is held. */
static enum sg_err ask(const char *label, struct sg_secret **out)
{
	struct sg_prov_link *link = linked;
	enum sg_err err = SG_OK;

	*out = NULL;
	if (link == NULL)
		return SG_OK;
	pthread_mutex_lock(&lock);
	if (link->pin != NULL && link->pin_generation == sg_fork_generation())
		err = sg_secret_copy(sg_secret_bytes(link->pin), out);
	pthread_mutex_unlock(&lock);
	if (err != SG_OK || *out != NULL)
		return err;
	err = ask_program(label, out);
	if (err == SG_OK && *out != NULL && (*out)->len > 0) {
		pthread_mutex_lock(&lock);
		err = keep_pin(link, *out);
		pthread_mutex_unlock(&lock);
		if (err != SG_OK)
			sg_secret_free(out);
	}
	return err;
}

void sg_prov_links_start(void)
{
	sg_client_pin_ask(ask);
}

/* Return where the link of a URI hangs, or where the list ends; the caller holds the lock. */
static struct sg_prov_link **find(struct sg_provider *provider, const char *uri)
{
	struct sg_prov_link **at = &provider->links;

	while (*at != NULL && strcmp((*at)->uri, uri) != 0)
		at = &(*at)->next;
	return at;
}

static enum sg_err make(const char *uri, struct sg_prov_link **out)
{
	struct sg_prov_link *link = calloc(1, sizeof *link);

	if (link != NULL)
		link->uri = strdup(uri);
	if (link == NULL || link->uri == NULL) {
		free(link);
		return SG_ERR_NOMEM;
	}
	*out = link;
	return SG_OK;
}

enum sg_err sg_prov_link_find(struct sg_provider *provider, const char *uri,
                              const struct sg_secret *pin, struct sg_prov_link **out)
{
	enum sg_err err = sg_crypto_start();
	struct sg_prov_link **at;

	*out = NULL;
	if (err == SG_OK)
		err = sg_fork_child(in_child);
	if (err != SG_OK)
		return err;
	pthread_mutex_lock(&lock);
	at = find(provider, uri);
	if (*at == NULL)
		err = make(uri, at);
	if (err == SG_OK && pin != NULL)
		err = keep_pin(*at, pin);
	if (err == SG_OK)
		*out = *at;
	pthread_mutex_unlock(&lock);
	return err;
}

const char *sg_prov_link_uri(const struct sg_prov_link *link)
{
	return link->uri;
}

/* Return the connection of this process. What a child inherited is its parent's, and left alone. */
static enum sg_err client_of(struct sg_prov_link *link, struct sg_client **out)
{
	const unsigned generation = sg_fork_generation() + 1;
	struct sg_client *client = NULL;
	enum sg_err err = SG_OK;

	if (atomic_load_explicit(&link->generation, memory_order_acquire) != generation) {
		pthread_mutex_lock(&lock);
		if (atomic_load(&link->generation) != generation) {
			err = sg_client_take_part(link->uri, &client);
			if (err == SG_OK) {
				atomic_store(&link->client, client);
				atomic_store(&link->generation, generation);
			}
		}
		pthread_mutex_unlock(&lock);
	}
	*out = atomic_load_explicit(&link->client, memory_order_relaxed);
	return err;
}

enum sg_err sg_prov_link_do(struct sg_prov_link *link, const struct sg_prov_asker *asker,
                            enum sg_err (*fn)(struct sg_client_session *s, void *arg), void *arg)
{
	struct sg_prov_link *const outer = linked;
	const struct sg_prov_asker *const outer_asker = linked_asker;
	struct sg_client *client = NULL;
	enum sg_err err;

	sg_prov_begin();
	err = client_of(link, &client);
	if (err != SG_OK)
		return err;
	linked = link;
	linked_asker = asker;
	err = sg_client_do(client, true, fn, arg);
	linked = outer;
	linked_asker = outer_asker;
	if (err == SG_ERR_HSM_PIN) {
		pthread_mutex_lock(&lock);
		drop_pin(link);
		pthread_mutex_unlock(&lock);
	}
	return err;
}

static void link_free(struct sg_prov_link *link, bool leave)
{
	struct sg_client *client = atomic_load(&link->client);

	drop_pin(link);
	if (!leave && atomic_load(&link->generation) == sg_fork_generation() + 1)
		sg_client_give_up(&client);
	free(link->uri);
	free(link);
}

void sg_prov_links_free(struct sg_provider *provider, bool leave)
{
	struct sg_prov_link *link, *next;

	pthread_mutex_lock(&lock);
	link = provider->links;
	provider->links = NULL;
	pthread_mutex_unlock(&lock);
	for (; link != NULL; link = next) {
		next = link->next;
		link_free(link, leave);
	}
}
