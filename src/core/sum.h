/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sums of numbers that a keyed function gives for the rows of a store, modulo 2^256: a
 * hash of a set of rows, to which one row is added in constant time, however many there are. It is
 * worth no more than the key: who knows that makes other rows of the same sum.
 */
#ifndef SG_CORE_SUM_H
#define SG_CORE_SUM_H

#include "crypto/kdf.h"

/* Add a number to a sum, or take it off; both are big-endian. */
void sg_sum_add(uint8_t sum[SG_MAC], const uint8_t number[SG_MAC]);
void sg_sum_subtract(uint8_t sum[SG_MAC], const uint8_t number[SG_MAC]);

#endif
