/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The sources of IVs that a process keeps. A key is known by a code that a key
 * of this process makes of it; the code, and nothing of the key, is in ordinary memory.
 */
#include "core/iv_source.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/mac.h"
#include "crypto/random.h"
#include "util/fork.h"
#include "util/map.h"

#define NAMING_KEY 32

/* A source that made more is never forgotten: all others would begin behind it. */
#define FORGOTTEN_MAX ((uint64_t)1 << 31)

/* Guarded by lock, but for what the source has in atomics. */
struct kept {
	struct sg_iv_source source;     /* first, so that who has it has this */
	size_t users;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* All guarded by lock; the child handler alone runs without it. */
static struct sg_map sources;           /* by name */
static size_t room = SG_IV_SOURCES;     /* how many there may be before some are forgotten */
static uint64_t floor_used;             /* the most that one made that was forgotten */
static struct sg_secret *naming;        /* makes names of keys */

/* What a child inherited: kept reachable, so that leak checkers see it is no leak of ours.
 * Nobody reads it, which the compiler must not see. */
__attribute__((used)) static struct sg_map inherited;
__attribute__((used)) static struct sg_secret *inherited_naming;

/* A child that went on where its parent does would make the same IVs. Only this thread
 * exists now: what a race detector remembers of the parent's is void. */
__attribute__((no_sanitize("thread"))) static void in_child(void)
{
	inherited = sources;
	inherited_naming = naming;
	memset(&sources, 0, sizeof sources);
	naming = NULL;
	room = SG_IV_SOURCES;
	floor_used = 0;
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

/* Get what makes the names; drawn once, it stays as long as the process. */
static enum sg_err naming_key(const struct sg_secret **out)
{
	enum sg_err err = SG_OK;

	pthread_mutex_lock(&lock);
	if (naming == NULL)
		err = sg_random_secret(NAMING_KEY, &naming);
	*out = naming;
	pthread_mutex_unlock(&lock);
	return err;
}

/* Make the name of a key. Two keys whose names are equal share a source, which harms
 * neither. */
static enum sg_err name_of(const struct sg_secret *key, uint64_t *name)
{
	const struct sg_bytes part = sg_secret_bytes(key);
	const struct sg_secret *by = NULL;
	uint8_t code[SG_MAC_MAX];
	enum sg_err err;

	err = naming_key(&by);
	if (err == SG_OK)
		err = sg_mac_once(&sg_hmac_sha256, sg_secret_bytes(by), &part, 1, code);
	if (err != SG_OK)
		return err;
	memcpy(name, code, sizeof *name);
	if (*name == 0)
		*name = 1;
	return SG_OK;
}

static uint64_t used_by(const struct kept *kept)
{
	return atomic_load(&kept->source.used);
}

static bool is_forgettable(const struct kept *kept)
{
	return kept->users == 0 && used_by(kept) <= FORGOTTEN_MAX;
}

/* Find how much a source may have made to be forgotten: half of those that can be have made
 * at most twice as much as they did on the average. */
static uint64_t forget_below(void)
{
	uint64_t sum = 0, n = 0, name;
	size_t at = 0;
	void *value;

	while (sg_map_next(&sources, &at, &name, &value)) {
		const struct kept *kept = value;

		if (!is_forgettable(kept))
			continue;
		n++;
		sum += used_by(kept) > floor_used ? used_by(kept) - floor_used : 0;
	}
	return n > 0 ? floor_used + 2 * (sum / n) + 1 : 0;
}

/* Forget sources that made few IVs and that nobody uses. What is left of them is a number
 * from which on all new ones count, so that no key gets one of its last 32 bits again. */
static enum sg_err forget_some(void)
{
	const uint64_t below = forget_below();
	struct sg_map left = { NULL, 0, 0 };
	size_t at = 0;
	uint64_t name;
	void *value;
	enum sg_err err;

	err = sg_map_reserve(&left, sources.count);
	if (err != SG_OK)
		return err;
	while (sg_map_next(&sources, &at, &name, &value)) {
		struct kept *kept = value;

		if (!is_forgettable(kept) || used_by(kept) > below) {
			(void)sg_map_put(&left, name, kept);    /* there is room */
			continue;
		}
		if (used_by(kept) > floor_used)
			floor_used = used_by(kept);
		free(kept);
	}
	sg_map_free(&sources);
	sources = left;
	room = 2 * left.count > SG_IV_SOURCES ? 2 * left.count : SG_IV_SOURCES;
	return SG_OK;
}

/* Add a source that has made none; the caller holds the lock. */
static enum sg_err add(uint64_t name, struct kept **out)
{
	struct kept *kept = NULL;
	enum sg_err err = SG_OK;

	if (sources.count >= room)
		err = forget_some();
	if (err != SG_OK)
		return err;
	kept = calloc(1, sizeof *kept);
	if (kept == NULL)
		return SG_ERR_NOMEM;
	atomic_init(&kept->source.used, floor_used);
	err = sg_map_put(&sources, name, kept);
	if (err != SG_OK)
		free(kept);
	else
		*out = kept;
	return err;
}

enum sg_err sg_iv_source_get(const struct sg_secret *key, struct sg_iv_source **out)
{
	struct kept *kept = NULL;
	uint64_t name = 0;
	enum sg_err err;

	*out = NULL;
	err = sg_fork_child(in_child);
	if (err != SG_OK)
		return err;
	err = name_of(key, &name);
	if (err != SG_OK)
		return err;
	pthread_mutex_lock(&lock);
	kept = sg_map_get(&sources, name);
	if (kept == NULL)
		err = add(name, &kept);
	if (err == SG_OK) {
		kept->users++;
		*out = &kept->source;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void sg_iv_source_put(struct sg_iv_source **source)
{
	struct kept *kept = (struct kept *)*source;

	*source = NULL;
	if (kept == NULL)
		return;
	pthread_mutex_lock(&lock);
	kept->users--;
	pthread_mutex_unlock(&lock);
}

size_t sg_iv_sources(void)
{
	size_t count;

	pthread_mutex_lock(&lock);
	count = sources.count;
	pthread_mutex_unlock(&lock);
	return count;
}
