/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The sources of IVs of all keys, by the key's bytes and not by the object that
 * has them: they live as long as the process, so that an object that goes and comes back,
 * or a copy of it, never makes an IV again. Nothing kept here tells anything about a key.
 */
#ifndef SG_CORE_IV_SOURCE_H
#define SG_CORE_IV_SOURCE_H

#include "core/iv.h"
#include "util/secret.h"

/* Sources that nobody uses are kept up to about this number. */
#define SG_IV_SOURCES 16384

/* Find the source of a key, or make one. It stays where it is until it is given back; one
 * that was given back may be forgotten later, and then every new one counts from where that
 * one was. A child finds none of its parent's. Thread-safe. Errors: NOMEM, SECURE_MEMORY,
 * CRYPTO. */
enum sg_err sg_iv_source_get(const struct sg_secret *key, struct sg_iv_source **out);

/* Give *source back and set it to NULL; NULL is fine. */
void sg_iv_source_put(struct sg_iv_source **source);

/* Return how many are kept. */
size_t sg_iv_sources(void);

#endif
