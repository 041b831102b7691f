/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What a token keeps of its hardware between two looks (seal/tripwire.h): its stored
 * form. It lies beside the store and is not authenticated, since it is read before any key is
 * open: who can write the state folder can delete it, and then the next look is the first one.
 */
#ifndef SG_CORE_TRIPWIRE_H
#define SG_CORE_TRIPWIRE_H

#include "core/keyset.h"
#include "seal/tripwire.h"
#include "util/boot.h"

#define SG_TRIPWIRE_STORED 136          /* bytes of a stored record */
#define SG_TRIPWIRE_WHOSE 16            /* bytes that say what it was kept for */

struct sg_tripwire {
	uint8_t whose[SG_TRIPWIRE_WHOSE];       /* of the token and its hardware */
	struct sg_boot_moment moment;   /* of the last look that was kept */
	struct sg_boot_state state;     /* what it showed */
	uint64_t late;                  /* ms by which the hardware may be younger than the machine,
	                                 * as it was when somebody took it for good */
	uint32_t trips;                 /* bits of enum sg_trip since somebody accepted them */
	uint64_t tripped;               /* seconds since 1970 of the last one; 0: none */
};

/* Write a record, appending. Errors: NOMEM. */
enum sg_err sg_tripwire_write(const struct sg_tripwire *tripwire, struct sg_buf *out);

/* Read a record. Errors: FORMAT. */
enum sg_err sg_tripwire_parse(struct sg_bytes stored, struct sg_tripwire *out);

#endif
