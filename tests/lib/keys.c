/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys.
 */
#include "lib/keys.h"

#include <check.h>

#include "lib/hex.h"

struct sg_keyset *test_keyset(uint8_t byte, const uint8_t uuid[SG_UUID])
{
	struct sg_secret *key = NULL;
	struct sg_keyset *made = NULL;

	ck_assert_int_eq(sg_secret_copy(repeat(byte, SG_TOKEN_KEY), &key), SG_OK);
	ck_assert_int_eq(sg_keyset_derive(key, uuid, &made), SG_OK);
	sg_secret_free(&key);
	return made;
}
