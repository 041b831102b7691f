/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_record.c.
 */
#include "core/token_record.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/keys.h"
#include "lib/runner.h"

static struct sg_token_record record, read_back;
static struct sg_buf stored;
static struct sg_keyset *keys[2];

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	memcpy(record.uuid, "0123456789abcdef", SG_UUID);
	keys[SG_PUBLIC_HALF] = test_keyset('u', record.uuid);
	keys[SG_PRIVATE_HALF] = test_keyset('r', record.uuid);
	record.machine = true;
	record.created = 1700000000;
	strcpy(record.sealer, "tpm");
	ck_assert_int_eq(sg_token_record_set_label(&record, sg_bytes_str("a label")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&record.parent, sg_bytes_str("parent")), SG_OK);
	for (int i = 0; i < SG_SEAL_SLOTS; i++) {
		memset(record.copy[i].salt, 'a' + i, SG_ARGON2_SALT);
		record.copy[i].cost = (struct sg_argon2_cost){ 3, 65536 };
		if (i != SG_SEAL_SO)
			ck_assert_int_eq(sg_buf_set(&record.copy[i].blob, sg_bytes_str("blob")),
			                 SG_OK);
	}
	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
}

static void teardown(void)
{
	sg_token_record_clear(&record);
	sg_token_record_clear(&read_back);
	sg_buf_free(&stored);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_crypto_stop();
}

static enum sg_err read_stored(struct sg_bytes bytes)
{
	sg_token_record_clear(&read_back);
	return sg_token_record_parse(bytes, &read_back);
}

START_TEST(a_policy_is_read_and_authentic)
{
	ck_assert_int_eq(sg_buf_set(&record.policy, sg_bytes_str("pcr=sha256:7")), SG_OK);
	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_OK);
	assert_bytes(sg_buf_bytes(&read_back.policy), sg_bytes_str("pcr=sha256:7"));
	ck_assert_int_eq(sg_token_record_check(&read_back, keys), SG_OK);
	/* Without it the record is another. */
	sg_buf_free(&read_back.policy);
	ck_assert_int_eq(sg_token_record_check(&read_back, keys), SG_ERR_STORE_DAMAGED);
	/* The flag without a policy. */
	stored.len -= 12 + 2 * SG_MAC;
	memset(stored.data + stored.len - 4, 0, 4);
	ck_assert_int_eq(sg_buf_append(&stored, repeat(0, 2 * SG_MAC)), SG_OK);
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_ERR_STORE_DAMAGED);
}
END_TEST

static void give_tries(void)
{
	record.machine = false;
	record.pin_tries = 5;
	record.indices.n = 2;
	record.indices.entry[0].index.handle = 0x01800001;
	record.indices.entry[1].index.handle = 0x01bfffff;
	record.indices.entry[1].condemned = true;
	memset(record.indices.entry[1].index.writer, 'x', SG_POLICY_DIGEST);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(sg_pin_index_authority(&record.indices.entry[i].index), SG_OK);
	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
}

START_TEST(the_tries_of_a_pin_and_its_indices_are_read_and_authentic)
{
	give_tries();
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_OK);
	ck_assert_int_eq(sg_token_record_check(&read_back, keys), SG_OK);
	ck_assert_uint_eq(read_back.pin_tries, 5);
	ck_assert_uint_eq(read_back.indices.n, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(sg_pin_index_same(&read_back.indices.entry[i].index,
		                            &record.indices.entry[i].index));
		ck_assert(read_back.indices.entry[i].condemned == (i == 1));
	}
	read_back.pin_tries++;
	ck_assert_int_eq(sg_token_record_check(&read_back, keys), SG_ERR_STORE_DAMAGED);
}
END_TEST

/* Where the field stands, from the end, and what can't be in it. */
static const struct {
	size_t back;
	uint8_t byte;
} bad_tries[] = {
	{ 2 * 37 + 5, 0xff },           /* too many tries */
	{ 2 * 37 + 2, 0 },              /* none */
	{ 2 * 37 + 1, 17 },             /* too many indices */
	{ 2 * 37 + 1, 1 },
	{ 2 * 37, 2 },                  /* no such state */
	{ 36, 0x81 },                   /* no such handle */
};

START_TEST(impossible_tries_are_refused)
{
	give_tries();
	stored.data[stored.len - 2 * SG_MAC - bad_tries[_i].back] = bad_tries[_i].byte;
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_machine_token_has_no_tries)
{
	give_tries();
	record.machine = true;
	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_pin_that_is_stretched_for_less_than_ours_is_refused)
{
	static const struct sg_argon2_cost costs[] = { { 1, 65536 }, { 2, 8192 }, { 0, 65536 } };

	for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
		record.copy[SG_SEAL_USER].cost = costs[i];
		ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
		ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_ERR_STORE_DAMAGED);
	}
	record.copy[SG_SEAL_USER].cost = sg_argon2_default;
	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_OK);
}
END_TEST

START_TEST(what_is_written_is_read_and_authentic)
{
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_OK);
	ck_assert_int_eq(sg_token_record_check(&read_back, keys), SG_OK);
	ck_assert_mem_eq(read_back.uuid, record.uuid, SG_UUID);
	ck_assert(read_back.machine);
	ck_assert_uint_eq(read_back.created, record.created);
	ck_assert_mem_eq(read_back.label, "a label                         ", SG_LABEL);
	ck_assert_str_eq(read_back.sealer, "tpm");
	assert_bytes(sg_buf_bytes(&read_back.parent), sg_bytes_str("parent"));
	assert_bytes(sg_buf_bytes(&read_back.copy[SG_SEAL_USER].blob), sg_bytes_str("blob"));
	ck_assert_uint_eq(read_back.copy[SG_SEAL_SO].blob.len, 0);
	ck_assert_uint_eq(read_back.copy[SG_SEAL_USER].cost.memory, 65536);
	ck_assert_uint_eq(read_back.copy[SG_SEAL_USER].salt[0], 'b');
}
END_TEST

START_TEST(every_changed_byte_is_noticed)
{
	for (size_t i = 0; i < stored.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			enum sg_err err;

			stored.data[i] ^= (uint8_t)(1 << bit);
			err = read_stored(sg_buf_bytes(&stored));
			if (err == SG_OK)
				err = sg_token_record_check(&read_back, keys);
			ck_assert(err == SG_ERR_STORE_DAMAGED || err == SG_ERR_STORE_VERSION);
			stored.data[i] ^= (uint8_t)(1 << bit);
		}
}
END_TEST

START_TEST(every_cut_is_noticed)
{
	for (size_t len = 0; len < stored.len; len++)
		ck_assert_int_eq(read_stored(sg_bytes(stored.data, len)), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_buf_append(&stored, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(another_version_is_said_to_be_one)
{
	stored.data[5]++;
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_ERR_STORE_VERSION);
	stored.data[5] = 1;     /* whose records nobody needs the token key for */
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_ERR_STORE_VERSION);
}
END_TEST

START_TEST(other_keys_of_either_half_do_not_authenticate)
{
	struct sg_keyset *other = test_keyset('o', record.uuid);
	struct sg_keyset *const mixed[2][2] = { { other, keys[1] }, { keys[0], other } };

	ck_assert_int_eq(sg_token_record_check(&record, keys), SG_OK);
	ck_assert_int_eq(sg_token_record_check(&record, mixed[_i]), SG_ERR_STORE_DAMAGED);
	sg_keyset_free(&other);
}
END_TEST

START_TEST(without_the_private_half_the_public_one_is_checked)
{
	struct sg_keyset *const open[2] = { keys[SG_PUBLIC_HALF], NULL };
	struct sg_keyset *const closed[2] = { NULL, keys[SG_PRIVATE_HALF] };

	ck_assert_int_eq(sg_token_record_check(&record, open), SG_OK);
	record.created++;
	ck_assert_int_eq(sg_token_record_check(&record, open), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_token_record_check(&record, closed), SG_ERR_CLOSED);
}
END_TEST

/* Nothing that can be done without the token key gives a record that passes with it. */
START_TEST(only_who_has_both_halves_writes)
{
	struct sg_keyset *const open[2] = { keys[SG_PUBLIC_HALF], NULL };
	struct sg_keyset *const twice[2] = { keys[SG_PUBLIC_HALF], keys[SG_PUBLIC_HALF] };

	ck_assert_int_eq(sg_token_record_write(&record, open, &stored), SG_ERR_CLOSED);
	ck_assert_int_eq(sg_token_record_write(&record, twice, &stored), SG_OK);
	ck_assert_int_eq(sg_token_record_check(&record, open), SG_OK);
	ck_assert_int_eq(sg_token_record_check(&record, keys), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(records_are_the_same_by_both_codes)
{
	ck_assert_int_eq(read_stored(sg_buf_bytes(&stored)), SG_OK);
	ck_assert(sg_token_record_same(&record, &read_back));
	for (int half = 0; half < 2; half++) {
		read_back.mac[half][SG_MAC - 1] ^= 1;
		ck_assert(!sg_token_record_same(&record, &read_back));
		read_back.mac[half][SG_MAC - 1] ^= 1;
	}
}
END_TEST

START_TEST(writing_again_replaces)
{
	size_t len = stored.len;

	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
	ck_assert_uint_eq(stored.len, len);
}
END_TEST

START_TEST(a_serial_is_sixteen_digits_of_the_uuid)
{
	char serial[SG_SERIAL];

	sg_token_record_serial(&record, serial);
	ck_assert_mem_eq(serial, "3031323334353637", SG_SERIAL);
}
END_TEST

static enum sg_err label(const char *text)
{
	return sg_token_record_set_label(&record, sg_bytes_str(text));
}

START_TEST(labels_are_padded_text)
{
	ck_assert_int_eq(label("x"), SG_OK);
	ck_assert_mem_eq(record.label, "x                               ", SG_LABEL);
	ck_assert_int_eq(label("12345678901234567890123456789012"), SG_OK);
	ck_assert_mem_eq(record.label, "12345678901234567890123456789012", SG_LABEL);
	ck_assert_int_eq(label("a b          "), SG_OK);
	ck_assert_mem_eq(record.label, "a b                             ", SG_LABEL);
	ck_assert_int_eq(label("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91"), SG_OK);
}
END_TEST

START_TEST(labels_that_are_empty_long_or_no_text_are_refused)
{
	static const char *const bad[] = {
		"", "    ", "a\nb", "\x7f", "\x1b[2J", "\xff", "\xc0\x80", "\xc3", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc2\x85", "\xe2\x82", "\x80", "\xf0\x80\x80\x80",
	};

	ck_assert_int_eq(label("kept"), SG_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(label(bad[i]), SG_ERR_ARG);
	ck_assert_int_eq(label("123456789012345678901234567890123"), SG_ERR_RANGE);
	ck_assert_mem_eq(record.label, "kept                            ", SG_LABEL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token_record");
	TCase *tc = tcase_create("token_record");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_policy_is_read_and_authentic);
	tcase_add_test(tc, the_tries_of_a_pin_and_its_indices_are_read_and_authentic);
	tcase_add_loop_test(tc, impossible_tries_are_refused, 0,
	                    (int)(sizeof bad_tries / sizeof bad_tries[0]));
	tcase_add_test(tc, a_machine_token_has_no_tries);
	tcase_add_test(tc, a_pin_that_is_stretched_for_less_than_ours_is_refused);
	tcase_add_test(tc, what_is_written_is_read_and_authentic);
	tcase_add_test(tc, every_changed_byte_is_noticed);
	tcase_add_test(tc, every_cut_is_noticed);
	tcase_add_test(tc, another_version_is_said_to_be_one);
	tcase_add_loop_test(tc, other_keys_of_either_half_do_not_authenticate, 0, 2);
	tcase_add_test(tc, without_the_private_half_the_public_one_is_checked);
	tcase_add_test(tc, only_who_has_both_halves_writes);
	tcase_add_test(tc, records_are_the_same_by_both_codes);
	tcase_add_test(tc, writing_again_replaces);
	tcase_add_test(tc, a_serial_is_sixteen_digits_of_the_uuid);
	tcase_add_test(tc, labels_are_padded_text);
	tcase_add_test(tc, labels_that_are_empty_long_or_no_text_are_refused);
	return s;
}

int main(void)
{
	return test_run(suite());
}
