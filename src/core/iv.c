/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. IVs that the module makes.
 */
#include "core/iv.h"

#include <string.h>

#include "crypto/aes_gcm.h"
#include "crypto/random.h"

#define IVS_MAX ((uint64_t)1 << 32)     /* under one key [SP 800-38D §8.3] */
#define COUNTER_LEFT 64
#define RANDOM_LEFT 96

/* Return the source's prefix; the thread that draws first draws for all. */
static uint64_t prefix_of(struct sg_iv_source *source)
{
	uint64_t prefix = atomic_load(&source->prefix), drawn = 0;

	while (prefix == 0 && drawn == 0)
		sg_random((uint8_t *)&drawn, sizeof drawn);
	if (prefix == 0 && atomic_compare_exchange_strong(&source->prefix, &prefix, drawn))
		prefix = drawn;
	return prefix;
}

CK_RV sg_iv_make(struct sg_iv_source *source, bool random, uint8_t *iv, size_t len,
                 size_t fixed_bits)
{
	uint8_t made[SG_GCM_IV_MAX], tail[12];
	const size_t whole = fixed_bits / 8, left = random ? RANDOM_LEFT : COUNTER_LEFT;
	size_t n = len < sizeof tail ? len : sizeof tail;
	uint64_t counter;
	uint8_t mask;

	if (len > sizeof made || fixed_bits > 8 * len || 8 * len - fixed_bits < left)
		return CKR_MECHANISM_PARAM_INVALID;
	counter = atomic_fetch_add(&source->used, 1);
	if (counter >= IVS_MAX)
		return CKR_KEY_EXHAUSTED;
	sg_random(made, len);
	if (!random) {
		sg_put_u64(tail, prefix_of(source));
		sg_put_u32(tail + 8, (uint32_t)counter);
		memcpy(made + len - n, tail + sizeof tail - n, n);
	}
	mask = (uint8_t)(0xff >> fixed_bits % 8);
	iv[whole] = (uint8_t)((iv[whole] & ~mask) | (made[whole] & mask));
	memcpy(iv + whole + 1, made + whole + 1, len - whole - 1);
	return CKR_OK;
}
