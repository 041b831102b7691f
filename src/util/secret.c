/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Secrets of fixed capacity, the only user of the slab. The bytes of a
 * secret must never be copied anywhere but into another secret.
 */
#include "util/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/slab.h"

/* An empty secret still owns a granule, so that data is never NULL. */
static size_t slab_size(size_t cap)
{
	return cap == 0 ? 1 : cap;
}

enum sg_err sg_secret_new(size_t cap, struct sg_secret **out)
{
	struct sg_secret *secret = calloc(1, sizeof(*secret));
	enum sg_err err;

	if (secret == NULL)
		return SG_ERR_NOMEM;
	err = sg_slab_alloc(slab_size(cap), &secret->data);
	if (err != SG_OK) {
		free(secret);
		return err;
	}
	secret->cap = cap;
	*out = secret;
	return SG_OK;
}

enum sg_err sg_secret_copy(struct sg_bytes bytes, struct sg_secret **out)
{
	struct sg_secret *secret = NULL;
	enum sg_err err = sg_secret_new(bytes.len, &secret);

	if (err != SG_OK)
		return err;
	if (bytes.len > 0)
		memcpy(secret->data, bytes.data, bytes.len);
	secret->len = bytes.len;
	*out = secret;
	return SG_OK;
}

void sg_secret_free(struct sg_secret **secret)
{
	if (secret == NULL || *secret == NULL)
		return;
	sg_slab_free((*secret)->data, slab_size((*secret)->cap));
	free(*secret);
	*secret = NULL;
}

bool sg_secret_equal(struct sg_bytes a, struct sg_bytes b)
{
	return a.len == b.len && (a.len == 0 || sodium_memcmp(a.data, b.data, a.len) == 0);
}

size_t sg_secret_reveal(size_t value)
{
	return value;
}

static ssize_t read_some(int fd, uint8_t *data, size_t len)
{
	ssize_t got;

	do {
		got = read(fd, data, len);
	} while (got < 0 && errno == EINTR);
	return got;
}

enum sg_err sg_secret_read_fd(int fd, size_t max, struct sg_secret **out)
{
	struct sg_secret *secret = NULL;
	enum sg_err err = sg_secret_new(max, &secret);
	uint8_t beyond = 0;
	ssize_t got = 0;

	if (err != SG_OK)
		goto out;
	while (secret->len < max) {
		got = read_some(fd, secret->data + secret->len, max - secret->len);
		if (got <= 0)
			break;
		secret->len += (size_t)got;
	}
	if (secret->len == max)
		got = read_some(fd, &beyond, 1);
	explicit_bzero(&beyond, sizeof(beyond));
	if (got < 0) {
		sg_log(SG_LOG_ERROR, "descriptor %d can't be read: %s", fd, strerror(errno));
		err = SG_ERR_SYSTEM;
		goto out;
	}
	if (got > 0) {
		sg_log(SG_LOG_ERROR, "descriptor %d gives more than %zu bytes", fd, max);
		err = SG_ERR_RANGE;
		goto out;
	}
	*out = secret;
	secret = NULL;
out:
	sg_secret_free(&secret);
	return err;
}
