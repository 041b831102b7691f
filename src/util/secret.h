/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The third byte type: a secret of fixed capacity in guarded memory.
 * It is never reallocated, never printed, and wiped when it is freed.
 */
#ifndef SG_UTIL_SECRET_H
#define SG_UTIL_SECRET_H

#include "util/bytes.h"

struct sg_secret {
	uint8_t *data;          /* cap bytes of the slab */
	size_t len;             /* bytes in use, at most cap */
	size_t cap;
};

/* Make an empty secret of the given capacity, all zero. Errors: NOMEM, SECURE_MEMORY, RANGE. */
enum sg_err sg_secret_new(size_t cap, struct sg_secret **out);

/* Make a secret that holds a copy of the bytes. Errors as sg_secret_new. */
enum sg_err sg_secret_copy(struct sg_bytes bytes, struct sg_secret **out);

/* Wipe and free *secret and set it to NULL; NULL and a pointer to NULL are fine. */
void sg_secret_free(struct sg_secret **secret);

/* Make a view of the bytes in use, valid until the secret is freed. */
static inline struct sg_bytes sg_secret_bytes(const struct sg_secret *secret)
{
	return (struct sg_bytes){ secret->data, secret->len };
}

/* Tell in constant time whether two views of equal length hold the same bytes. */
bool sg_secret_equal(struct sg_bytes a, struct sg_bytes b);

/* Return a number that was computed from a secret, without a branch, and that may be known
 * from here on, such as a length or whether something fits. It does nothing else: it says to
 * the reader, and to the tests of constant time, where a secret ends. */
size_t sg_secret_reveal(size_t value);

/* Read all of fd, at most max bytes, straight into guarded memory.
 * Errors: SYSTEM, RANGE when there is more than max. */
enum sg_err sg_secret_read_fd(int fd, size_t max, struct sg_secret **out);

#endif
