/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Which boot of the machine this is, and where in it we are. What is read comes from
 * the kernel alone; the time of day, which can be set, is not looked at.
 */
#ifndef SG_UTIL_BOOT_H
#define SG_UTIL_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

#define SG_BOOT_ID 16

struct sg_boot_moment {
	uint8_t id[SG_BOOT_ID];         /* the kernel's boot_id: another one for each boot */
	uint64_t awake;                 /* milliseconds since the boot, without sleep */
	uint64_t asleep;                /* milliseconds of sleep since the boot */
};

/* Read it. Errors: SYSTEM where the kernel does not tell, as below ProcSubset=pid. */
enum sg_err sg_boot_moment_read(struct sg_boot_moment *out);

/* Tell whether both moments are in the same boot. */
bool sg_boot_same(const struct sg_boot_moment *a, const struct sg_boot_moment *b);

/* Tell whether the machine slept between two moments of the same boot. */
bool sg_boot_slept(const struct sg_boot_moment *before, const struct sg_boot_moment *now);

/* Return the milliseconds since the boot in which nothing can have cut the power of parts of
 * the machine: 0 where it slept since. */
uint64_t sg_boot_up(const struct sg_boot_moment *now);

/* Read a boot_id as the kernel writes it: 32 hexadecimal digits with dashes between some and a
 * newline behind. Errors: FORMAT. */
enum sg_err sg_boot_id_parse(const char *text, uint8_t id[SG_BOOT_ID]);

#endif
