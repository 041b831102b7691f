/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/chain.c: what an entry's hash covers, byte by byte.
 */
#include "store/chain.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define S(text) { (const uint8_t *)(text), sizeof(text) - 1 }

/* Computed apart from this, after store/chain.h. */
#define FIRST "e3e885aa482301909e9587c02277300b511f5a5c9d694901fc3bb22c82e38b7e"
#define SECOND "c41b6acb44020c020e8357a9c5516c80454a36002e756b0cddfab705dd55c5cd"

static const uint8_t zero[SG_FLEET_HASH];
static const struct sg_fleet_entry entry = {
	.seq = 1, .at = 1700000000, .event = S("token.add"), .actor = S("root"), .subject = S("t-1"),
	.detail = S(""),
};

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void hash(const uint8_t *before, const struct sg_fleet_entry *of,
                 uint8_t out[SG_FLEET_HASH])
{
	ck_assert_int_eq(sg_chain_hash(before, of, out), SG_OK);
}

START_TEST(the_hash_is_the_one_that_the_formats_tell_of)
{
	const struct sg_fleet_entry next = { .seq = 2, .at = -1, .detail = S("x") };
	uint8_t first[SG_FLEET_HASH], second[SG_FLEET_HASH];

	hash(zero, &entry, first);
	assert_bytes(sg_bytes(first, sizeof first), hex(FIRST));
	hash(first, &next, second);
	assert_bytes(sg_bytes(second, sizeof second), hex(SECOND));
}
END_TEST

START_TEST(a_hash_that_an_entry_brings_is_not_looked_at)
{
	struct sg_fleet_entry other = entry;
	uint8_t out[SG_FLEET_HASH];

	memset(other.hash, 0xa5, sizeof other.hash);
	hash(zero, &other, out);
	assert_bytes(sg_bytes(out, sizeof out), hex(FIRST));
}
END_TEST

/* Each differs from the entry in one thing. The last two have the same bytes in other parts. */
static const struct sg_fleet_entry others[] = {
	{ 2, 1700000000, S("token.add"), S("root"), S("t-1"), S(""), { 0 } },
	{ 1, 1700000001, S("token.add"), S("root"), S("t-1"), S(""), { 0 } },
	{ 1, 1700000000, S("token.adD"), S("root"), S("t-1"), S(""), { 0 } },
	{ 1, 1700000000, S("token.add"), S("rooT"), S("t-1"), S(""), { 0 } },
	{ 1, 1700000000, S("token.add"), S("root"), S("t-2"), S(""), { 0 } },
	{ 1, 1700000000, S("token.add"), S("root"), S("t-1"), S("\0"), { 0 } },
	{ 1, 1700000000, S("token.addr"), S("oot"), S("t-1"), S(""), { 0 } },
	{ 1, 1700000000, S("token.add"), S("root"), S(""), S("t-1"), { 0 } },
};

START_TEST(whatever_an_entry_says_is_in_its_hash)
{
	uint8_t first[SG_FLEET_HASH], out[SG_FLEET_HASH];

	hash(zero, &entry, first);
	hash(zero, &others[_i], out);
	ck_assert_mem_ne(out, first, sizeof out);
}
END_TEST

START_TEST(an_entry_stands_behind_one_other_alone)
{
	uint8_t before[SG_FLEET_HASH] = { 0 }, first[SG_FLEET_HASH], out[SG_FLEET_HASH];

	hash(zero, &entry, first);
	for (size_t i = 0; i < sizeof before; i++) {
		before[i] ^= 1;
		hash(before, &entry, out);
		ck_assert_mem_ne(out, first, sizeof out);
		before[i] ^= 1;
	}
}
END_TEST

START_TEST(what_a_head_s_signature_covers_is_appended)
{
	struct sg_fleet_head head = { .seq = 258, .at = -2 };
	struct sg_buf out = { NULL, 0, 0 };

	memset(head.hash, 0x11, sizeof head.hash);
	memset(head.key, 0x22, sizeof head.key);
	ck_assert_int_eq(sg_buf_append(&out, sg_bytes("\xff", 1)), SG_OK);
	ck_assert_int_eq(sg_chain_head(&head, &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), hex("ff" "7369676e6574206c6f672068656164203100"
	                                     "0000000000000102" "fffffffffffffffe"
	                                     "11111111111111111111111111111111"
	                                     "11111111111111111111111111111111"));
	sg_buf_free(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_chain");
	TCase *tcase = tcase_create("chain");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, the_hash_is_the_one_that_the_formats_tell_of);
	tcase_add_test(tcase, a_hash_that_an_entry_brings_is_not_looked_at);
	tcase_add_loop_test(tcase, whatever_an_entry_says_is_in_its_hash, 0,
	                    (int)(sizeof others / sizeof others[0]));
	tcase_add_test(tcase, an_entry_stands_behind_one_other_alone);
	tcase_add_test(tcase, what_a_head_s_signature_covers_is_appended);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
