/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The log's chain: each entry's hash covers the one before, so that an entry which is
 * changed, added or missing changes all that follow. Computes, and keeps nothing.
 */
#ifndef SG_STORE_CHAIN_H
#define SG_STORE_CHAIN_H

#include "store/fleet.h"

/* Hash an entry, whose own hash is not looked at, behind the hash of the one before, which is all
 * zero for the first: SHA-256("signet log 1" ‖ 0 ‖ before ‖ u64 seq ‖ u64 at ‖ event ‖ actor ‖
 * subject ‖ detail), the last four each with a u32 length before them. */
enum sg_err sg_chain_hash(const uint8_t before[SG_FLEET_HASH], const struct sg_fleet_entry *entry,
                          uint8_t out[SG_FLEET_HASH]);

/* Append to out what a signature of a head covers: "signet log head 1" ‖ 0 ‖ u64 seq ‖ u64 at ‖
 * hash. Errors: NOMEM. */
enum sg_err sg_chain_head(const struct sg_fleet_head *head, struct sg_buf *out);

#endif
