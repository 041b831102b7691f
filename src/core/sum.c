/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sums modulo 2^256.
 */
#include "core/sum.h"

void sg_sum_add(uint8_t sum[SG_MAC], const uint8_t number[SG_MAC])
{
	unsigned carry = 0;

	for (int i = SG_MAC - 1; i >= 0; i--) {
		carry += (unsigned)sum[i] + number[i];
		sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

void sg_sum_subtract(uint8_t sum[SG_MAC], const uint8_t number[SG_MAC])
{
	unsigned borrow = 0;

	for (int i = SG_MAC - 1; i >= 0; i--) {
		unsigned difference = 0x100u + sum[i] - number[i] - borrow;

		sum[i] = (uint8_t)difference;
		borrow = difference < 0x100 ? 1 : 0;
	}
}
