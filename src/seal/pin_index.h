/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A count of wrong PINs that belongs to one PIN alone: an index of the hardware
 * that takes so many wrong tries and no more, whatever happens to the power, and whose count
 * a right PIN sets back. Nobody can write it once it is made: the key that had to sign for that
 * is gone. Everybody can read it: how often somebody was wrong is no secret. Here stands what such
 * an index is [TPM2 Part 1 §37.2.6] and what a sealer does with them; core keeps the list of those
 * that a token has.
 */
#ifndef SG_SEAL_PIN_INDEX_H
#define SG_SEAL_PIN_INDEX_H

#include "seal/policy.h"
#include "seal/sealer.h"
#include "util/cursor.h"

#define SG_PIN_INDEX 36                 /* bytes of one that is written */
#define SG_PIN_INDEX_NAME 34            /* bytes of a SHA-256 Name */
#define SG_PIN_INDEX_DATA 8             /* bytes that it holds: wrong tries, and its limit */
#define SG_PIN_TRIES_MAX SG_CONFIG_PIN_TRIES

/* pinFail, written and read by policy, asked by its authValue, outside of the TPM's own lockout.
 * The owner can't write it. Not orderly: each try is counted at once. */
#define SG_PIN_INDEX_ATTRIBUTES 0x020c0088u
#define SG_PIN_INDEX_WRITTEN 0x20000000u

/* Read or write one: handle and writer. Reading fails for a handle outside of the owner's range,
 * and where no digest can be computed. Who knows only the public area of an index can't write
 * what names it: what lies behind its authPolicy has to be known. */
void sg_pin_index_read(struct sg_reader *r, struct sg_pin_index *index);
void sg_pin_index_write(const struct sg_pin_index *index, struct sg_writer *w);

/* Compute what reading takes, PolicyCommandCode(NV_Read), which anybody can assert; and the
 * authPolicy of an index, which is this or what writing takes, by PolicyOR [TPM2 Part 3 §23.6,
 * §23.11]. Errors: CRYPTO, NOMEM. */
enum sg_err sg_pin_index_reader(uint8_t out[SG_POLICY_DIGEST]);
enum sg_err sg_pin_index_authority(struct sg_pin_index *index);

/* Tell whether they are at the same place and have the same authPolicy. */
bool sg_pin_index_same(const struct sg_pin_index *a, const struct sg_pin_index *b);

/* Compute the Name that the index has, which changes when it is first written. Errors: CRYPTO,
 * NOMEM. */
enum sg_err sg_pin_index_name(const struct sg_pin_index *index, bool written,
                              uint8_t name[SG_PIN_INDEX_NAME]);

/* An index that is to be made: given to seal once. */
struct sg_pin_plan {
	struct sg_pin_index index;
	uint32_t tries;                 /* 1 to SG_PIN_TRIES_MAX */
	struct sg_secret *signer;       /* the sealer's: the key that signs once, */
	struct sg_secret *signer_auth;  /* and only for who knows this */
};

/* Free *plan and set it to NULL; NULL is fine. Nobody can write its index any more. */
void sg_pin_plan_free(struct sg_pin_plan **plan);

/* Errors of all: HW_OTHER where the parent is not the one named, those of the hardware. */
struct sg_pin_index_ops {
	/* Plan an index; nothing of it stays in the hardware. The caller frees *plan. */
	enum sg_err (*plan)(struct sg_sealer *sealer, struct sg_bytes parent, uint32_t tries,
	                    struct sg_pin_plan **plan);

	/* Find the index that counts for a sealed blob; its handle is 0 where there is none.
	 * Asks no hardware. Errors: FORMAT. */
	enum sg_err (*of)(struct sg_bytes blob, struct sg_pin_index *index);

	/* Remove an index, whether it was written or not. owner_auth may be NULL. One that is
	 * not there, or another in its place, is fine: that one stays. Errors: HW_OWNER_AUTH. */
	enum sg_err (*remove)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      const struct sg_secret *owner_auth, const struct sg_pin_index *index);

	/* List what looks like such indices, whosever they are: at most max, and *count of them.
	 * What writing them takes is not known. */
	enum sg_err (*list)(struct sg_sealer *sealer, struct sg_pin_index *list, size_t max,
	                    size_t *count);
};

#endif
