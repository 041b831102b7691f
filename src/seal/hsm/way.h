/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The ways in which an HSM closes a small key, one row each. What an HSM returns
 * is looked at: it may be another maker's idea of the mechanism.
 */
#ifndef SG_SEAL_HSM_WAY_H
#define SG_SEAL_HSM_WAY_H

#include "seal/hsm/profile.h"
#include "seal/hsm/seal_key.h"

/* What is closed or opened, and with what. All but what comes of it is the caller's. */
struct sg_hsm_work {
	const struct sg_hsm_profile *profile;
	struct sg_bytes aad;
	const struct sg_secret *plain;          /* to close */
	struct sg_bytes closed;                 /* to open */
	struct sg_buf *out;                     /* gets what closing gives */
	struct sg_secret *opened;               /* gets what opening gives */
	CK_OBJECT_HANDLE key;                   /* that opens, and closes too where it is no pair */
	bool vague;                             /* HSM_FAULT of open may be about what is closed */
};

/* One way. Errors of both functions: HSM_MECHANISM where the HSM has another idea of it, and the
 * HSM's; of open SEALED_DAMAGED too, where the HSM says so. */
struct sg_hsm_way_row {
	enum sg_hsm_way way;
	const char *name;
	CK_MECHANISM_TYPE mechanism;
	CK_FLAGS flags;                         /* that the mechanism must have */
	const struct sg_hsm_key_kind *kind;
	CK_MECHANISM_TYPE hash;                 /* of OAEP */
	CK_ULONG mgf;
	enum sg_oaep_hash by;                   /* the same for us */
	enum sg_err (*close)(struct sg_client_session *s, const struct sg_hsm_way_row *way,
	                     struct sg_hsm_work *w);
	enum sg_err (*open)(struct sg_client_session *s, const struct sg_hsm_way_row *way,
	                    struct sg_hsm_work *w);
};

/* Return all of them, in the order in which they are tried. */
const struct sg_hsm_way_row *sg_hsm_ways(size_t *n);

#endif
