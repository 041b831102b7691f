/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. A share of a secret as it is handed to somebody: besides what crypto/shamir.h makes it
 * says which sharing it is of, how many of how many bring the secret back, and what tells that
 * they did. So a share that is damaged, wrong, foreign or there twice is named, instead of giving
 * a secret that opens nothing. Shares are secrets, in every form.
 */
#ifndef SG_CORE_SHARE_H
#define SG_CORE_SHARE_H

#include "crypto/shamir.h"

#define SG_SHARE_ID 8                   /* bytes of the name of a sharing */
#define SG_SHARE_CHECK 4
#define SG_SHARES_MOST 16               /* people that a secret is shared among */

struct sg_share {
	uint8_t id[SG_SHARE_ID];
	uint8_t k, n;                   /* k of n have the secret */
	uint8_t check[SG_SHARE_CHECK];  /* of the secret */
	struct sg_secret *part;         /* the values and the place [crypto/shamir.h] */
};

/* What there is to say of one of several shares. */
enum sg_share_fault {
	SG_SHARE_GOOD,
	SG_SHARE_FOREIGN,               /* of another sharing than most of them */
	SG_SHARE_TIED,                  /* of one of several sharings, of which none is most */
	SG_SHARE_AGAIN,                 /* of a place that an earlier one has */
	SG_SHARE_WRONG,                 /* the others have the secret, and not with it */
	SG_SHARE_SUSPECT,               /* it is one of those that don't have it together */
};

/* Share a secret among n, any k of whom have it; the caller clears the n shares. Errors: those of
 * sg_shamir_split, and RANGE for more than SG_SHARES_MOST. */
enum sg_err sg_share_make(const struct sg_secret *secret, size_t n, size_t k,
                          struct sg_share *shares);

/* Wipe and free what it has. */
void sg_share_clear(struct sg_share *share);

/* Write the bytes of a share [formats, "SGSS"]; the caller frees *out. */
enum sg_err sg_share_write(const struct sg_share *share, struct sg_secret **out);

/* Read them; the caller clears *share. Errors: FORMAT for what is no share, TAG for one that was
 * damaged. */
enum sg_err sg_share_read(struct sg_bytes bytes, struct sg_share *share);

/* Return the place of a share, 1 to n, which names it to people. */
unsigned sg_share_place(const struct sg_share *share);

/* Bring count shares together and say of each what is to be said; the caller frees *secret. Errors:
 * RANGE where too few good ones of one sharing are there, TAG where they don't have it. */
enum sg_err sg_share_combine(const struct sg_share *shares, size_t count,
                             enum sg_share_fault *fault, struct sg_secret **secret);

#endif
