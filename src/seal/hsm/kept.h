/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. A key that an HSM keeps for a token: what kinds there are, and what core holds of
 * one, which is its CKA_ID and that of the key under which the token is sealed. Its layout is the
 * format "SGHK" of doc/formats.md.
 */
#ifndef SG_SEAL_HSM_KEPT_H
#define SG_SEAL_HSM_KEPT_H

#include "seal/hsm/profile.h"
#include "seal/resident.h"

#define SG_HSM_KEPT_LABEL 39            /* bytes of the CKA_LABEL that says whose a key is */

/* A kind of key, as an HSM has it. */
struct sg_hsm_kept_kind {
	enum sg_resident_kind kind;
	uint8_t stored;                 /* its number in blobs; none is given another meaning */
	const char *name;
	CK_OBJECT_CLASS class;          /* of what computes */
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	size_t point;                   /* bytes of the public point; 0: no pair */
	size_t value;                   /* bytes of the key; 0: a pair */
	unsigned uses;                  /* that it may have: SG_RESIDENT_SIGN ... */
};

/* One key. */
struct sg_hsm_kept {
	const struct sg_hsm_kept_kind *kind;
	uint8_t id[SG_RESIDENT_ID];     /* CKA_ID */
	struct sg_bytes parent;         /* CKA_ID of the key that seals; borrowed */
};

/* Return the row of a kind, or NULL. */
const struct sg_hsm_kept_kind *sg_hsm_kept_kind(enum sg_resident_kind kind);

/* Write a key's blob, which replaces what out holds. Errors: NOMEM. */
enum sg_err sg_hsm_kept_write(const struct sg_hsm_kept *kept, struct sg_buf *out);

/* Parse a blob; false for what can't be one. kept->parent points into it. */
bool sg_hsm_kept_read(struct sg_bytes blob, struct sg_hsm_kept *kept);

/* Write the CKA_LABEL of a token's keys; it has no zero behind it. */
void sg_hsm_kept_label(const uint8_t token[SG_RESIDENT_ID], char label[SG_HSM_KEPT_LABEL]);

/* Read whose key it is off a CKA_LABEL; false for any other label. */
bool sg_hsm_kept_owner(struct sg_bytes label, uint8_t token[SG_RESIDENT_ID]);

#endif
