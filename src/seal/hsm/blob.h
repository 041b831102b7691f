/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. What the sealer "hsm" makes of a secret: a random key that the HSM closed, and the
 * secret, closed in this process by a key that derives from that one and the authorisation. Its
 * layout is the format "SGH1" of doc/formats.md.
 */
#ifndef SG_SEAL_HSM_BLOB_H
#define SG_SEAL_HSM_BLOB_H

#include "seal/hsm/profile.h"

/* A blob, after the magic. What stands in it points into the bytes that were read. The head, up to
 * what the HSM closed, is authenticated. */
struct sg_hsm_blob {
	bool auth;                      /* opening it takes an authorisation */
	struct sg_bytes id, closed, cipher, tag;
	struct sg_bytes head;
};

/* Derive what is bound to what the HSM closes, where its way can do that: who has the HSM for a
 * minute must try PINs in that minute. The caller frees *aad, which is NULL without an
 * authorisation. */
enum sg_err sg_hsm_blob_aad(const struct sg_secret *auth, struct sg_secret **aad);

/* Write the blob of plain (1 to SG_SEAL_MAX bytes), which replaces what out holds. closed is what
 * the HSM made of inner; auth may be NULL. */
enum sg_err sg_hsm_blob_write(const struct sg_hsm_profile *profile, struct sg_bytes closed,
                              const struct sg_secret *inner, const struct sg_secret *auth,
                              const struct sg_secret *plain, struct sg_buf *out);

/* Parse a blob; false for what can't be one. */
bool sg_hsm_blob_read(struct sg_bytes bytes, struct sg_hsm_blob *blob);

/* Open the secret with what the HSM opened; the caller frees *out. Errors: SEALED_DAMAGED for
 * another inner key or authorisation, and for a blob that was changed. */
enum sg_err sg_hsm_blob_open(const struct sg_hsm_blob *blob, const struct sg_secret *inner,
                             const struct sg_secret *auth, struct sg_secret **out);

#endif
