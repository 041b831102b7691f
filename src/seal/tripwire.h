/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A tripwire for the hardware's own life: what it was when it was last looked at, and
 * what it is now. Whoever resets the hardware of a running machine, or puts an older state of
 * it back, changes something that a boot of the machine does not explain. core keeps the state
 * as opaque bytes; only the sealer knows what it consists of.
 */
#ifndef SG_SEAL_TRIPWIRE_H
#define SG_SEAL_TRIPWIRE_H

#include "seal/sealer.h"

#define SG_BOOT_STATE 64

/* What the hardware said of itself once. */
struct sg_boot_state {
	uint8_t bytes[SG_BOOT_STATE];
};

/* One look at it. */
struct sg_boot_look {
	bool whole;                     /* asked for: also what costs more commands */
	bool made;                      /* whether state was read */
	struct sg_boot_state state;
};

/* What is known of the time between two looks. */
struct sg_boot_gap {
	bool same_boot;                 /* the machine was not booted */
	bool slept;                     /* it was suspended, in which the hardware may restart */
	uint64_t up;                    /* ms since the boot of now; 0: it slept since, and
	                                 * nobody knows how long the hardware had power */
	uint64_t late;                  /* ms by which the hardware may be younger than that */
};

/* What a gap does not explain, a bit each; the values are part of the format of the record. */
enum sg_trip {
	SG_TRIP_RESET = 1 << 0,         /* it was reset while the machine stayed up */
	SG_TRIP_RESTART = 1 << 1,       /* it was restarted while the machine was awake */
	SG_TRIP_SEED = 1 << 2,          /* a secret that lasts until a reset is another one */
	SG_TRIP_CLOCK = 1 << 3,         /* its clock went back */
	SG_TRIP_UNSAFE = 1 << 4,        /* its clock may have gone back */
	SG_TRIP_NOT_RESET = 1 << 5,     /* the machine was booted and the hardware not reset */
	SG_TRIP_OLDER = 1 << 6,         /* it is in a state from before the last look */
	SG_TRIP_SILENT = 1 << 7,        /* it does not tell its state any more */
	SG_TRIP_RECORD = 1 << 8,        /* what was kept of the last look was damaged */
	SG_TRIP_YOUNG = 1 << 9,         /* it was started long after the machine */
	SG_TRIPS = 10
};

/* The same in words that are shown. */
struct sg_boot_view {
	uint32_t resets;                /* since it was cleared */
	uint32_t restarts;              /* since the last reset */
	bool safe;                      /* its clock never went back */
};

struct sg_tripwire_ops {
	/* Look at the hardware, in a session that authenticates the answers. Errors: HW_OTHER
	 * where the parent is not the one named, those of the hardware. look->made stays false
	 * after SG_OK where the hardware refuses to tell. */
	enum sg_err (*look)(struct sg_sealer *sealer, struct sg_bytes parent,
	                    struct sg_boot_look *look);

	/* Return the bits of enum sg_trip, 0 where the gap explains all. before is NULL at a
	 * first look. now gets what only a whole look reads, as far as it can't have changed. */
	unsigned (*judge)(const struct sg_boot_state *before, struct sg_boot_state *now,
	                  const struct sg_boot_gap *gap);

	/* Return by how many milliseconds the hardware is younger than a machine that is up for
	 * so many; 0: it is not. It is what gap->late takes for good. */
	uint64_t (*late)(const struct sg_boot_state *now, uint64_t up);

	/* Tell whether a state has all that a whole look reads. */
	bool (*whole)(const struct sg_boot_state *state);

	/* Bring a state into words. Errors: FORMAT for one that can't be one. */
	enum sg_err (*view)(const struct sg_boot_state *state, struct sg_boot_view *out);
};

/* Return the short name of one bit of enum sg_trip, or what it means in a sentence without a
 * full stop. bit is 0 to SG_TRIPS - 1. */
const char *sg_trip_name(unsigned bit);
const char *sg_trip_sentence(unsigned bit);

#endif
