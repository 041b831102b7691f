/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Counters in the TPM's persistent memory, against swtpm: that they only grow, whatever
 * the power does, and that nobody but their maker moves or replaces them unseen.
 */
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "crypto/crypto.h"
#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/counter.h"
#include "util/cursor.h"

static const uint8_t owner[SG_COUNTER_OWNER] = "owner of a test", other[SG_COUNTER_OWNER];

static struct test_tpm tpm;
static const struct sg_counter_ops *counter;
static struct sg_secret *auth, *wrong;
static struct sg_buf ref;
static uint64_t first;

static enum sg_err make(struct sg_buf *made, uint64_t *value)
{
	return counter->make(test_sealer, sg_buf_bytes(&test_parent), NULL, owner, auth, made,
	                     value);
}

static enum sg_err read_it(uint64_t *value)
{
	return counter->read(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&ref), auth,
	                     value);
}

static enum sg_err advance(uint64_t to, uint64_t *value)
{
	return counter->advance(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&ref), auth,
	                        to, value);
}

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start_wired(&tpm, NULL);
	test_sealer_on(tpm.tcti);
	counter = test_sealer->ops->counter;
	ck_assert_ptr_nonnull(counter);
	auth = test_secret(SG_SEAL_AUTH, 1);
	wrong = test_secret(SG_SEAL_AUTH, 2);
	test_provision();
	ck_assert_int_eq(make(&ref, &first), SG_OK);
}

static void teardown(void)
{
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	sg_secret_free(&auth);
	sg_secret_free(&wrong);
	sg_buf_free(&ref);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static uint32_t handle(void)
{
	return sg_get_u32(ref.data + 4);
}

/* Run a line of shell in which $I is the counter's handle. */
static void shell(const char *text)
{
	char line[400];

	snprintf(line, sizeof line, "I=0x%08x; %s", handle(), text);
	test_tpm_shell(&tpm, line);
}

START_TEST(a_counter_only_grows)
{
	uint64_t value;

	ck_assert_int_eq(read_it(&value), SG_OK);
	ck_assert_uint_eq(value, first);
	ck_assert_int_eq(advance(first + 1, &value), SG_OK);
	ck_assert_uint_eq(value, first + 1);
	ck_assert_int_eq(advance(first + 2, &value), SG_OK);
	ck_assert_uint_eq(value, first + 2);
}
END_TEST

START_TEST(what_is_asked_for_twice_is_done_once)
{
	uint64_t value;

	ck_assert_int_eq(advance(first + 1, &value), SG_OK);
	ck_assert_int_eq(advance(first + 1, &value), SG_OK);
	ck_assert_uint_eq(value, first + 1);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_NV_Increment), 2);
}
END_TEST

START_TEST(a_value_that_is_not_the_next_one_is_not_gone_to)
{
	uint64_t value;

	ck_assert_int_eq(advance(first + 2, &value), SG_OK);
	ck_assert_uint_eq(value, first);
	ck_assert_int_eq(advance(first - 1, &value), SG_OK);
	ck_assert_uint_eq(value, first);
}
END_TEST

START_TEST(neither_a_restart_nor_a_power_cut_takes_it_back)
{
	uint64_t value;

	ck_assert_int_eq(advance(first + 1, &value), SG_OK);
	test_tpm_restart(&tpm);
	ck_assert_int_eq(read_it(&value), SG_OK);
	ck_assert_uint_eq(value, first + 1);
	ck_assert_int_eq(advance(first + 2, &value), SG_OK);
	test_tpm_power_cut(&tpm);
	ck_assert_int_eq(read_it(&value), SG_OK);
	ck_assert_uint_eq(value, first + 2);
}
END_TEST

START_TEST(the_authorisation_is_not_on_the_bus)
{
	uint64_t value;

	ck_assert_int_eq(advance(first + 1, &value), SG_OK);
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(auth)));
}
END_TEST

START_TEST(who_does_not_know_the_authorisation_neither_reads_nor_moves_it)
{
	uint64_t value;

	ck_assert_int_eq(counter->read(test_sealer, sg_buf_bytes(&test_parent),
	                               sg_buf_bytes(&ref), wrong, &value), SG_ERR_HW_NV_GONE);
	ck_assert_int_eq(counter->advance(test_sealer, sg_buf_bytes(&test_parent),
	                                  sg_buf_bytes(&ref), wrong, first + 1, &value),
	                 SG_ERR_HW_NV_GONE);
	shell("! tpm2_nvincrement -C o $I 2> /dev/null");
	ck_assert_int_eq(read_it(&value), SG_OK);
	ck_assert_uint_eq(value, first);
}
END_TEST

/* The owner knows all that is public about it, so the Name of his own can be the same. */
START_TEST(an_owner_who_makes_it_anew_is_found_out)
{
	uint64_t value;

	shell("tpm2_nvreadpublic $I | sed -n 's/.*authorization policy: *//p' | tr -d ' \\n' |"
	      " xxd -r -p > policy && tpm2_nvundefine -C o $I > /dev/null &&"
	      " tpm2_nvdefine $I -C o -s 8 -p hex:0102 -L policy"
	      " -a 'authread|authwrite|no_da|nt=counter' > /dev/null");
	shell("tpm2_nvincrement -C $I -P hex:0102 $I");
	ck_assert_int_eq(read_it(&value), SG_ERR_HW_NV_GONE);
	ck_assert_int_eq(advance(first + 1, &value), SG_ERR_HW_NV_GONE);
}
END_TEST

/* Firmware and others make theirs with the digests that they like. */
static const char *const digests[] = { "sha1", "sha384", "sha512" };

START_TEST(an_index_with_another_digest_in_its_place_is_another)
{
	char line[200];
	uint64_t value;

	snprintf(line, sizeof line, "tpm2_nvundefine -C o $I > /dev/null && tpm2_nvdefine $I -C o "
	         "-s 8 -g %s -a 'ownerread|ownerwrite' > /dev/null", digests[_i]);
	shell(line);
	ck_assert_int_eq(read_it(&value), SG_ERR_HW_NV_GONE);
	ck_assert_int_eq(advance(first + 1, &value), SG_ERR_HW_NV_GONE);
	ck_assert_int_eq(counter->remove(test_sealer, sg_buf_bytes(&test_parent), NULL, owner,
	                                 sg_buf_bytes(&ref)), SG_ERR_HW_NV_GONE);
}
END_TEST

START_TEST(indices_with_other_digests_are_not_listed_and_hide_none)
{
	uint32_t found[4];
	size_t count = 0;

	shell("for g in 1 256 384 512; do tpm2_nvdefine 0x0140$(printf %04d $g) -C o -s 8 -g sha$g"
	      " -a 'ownerread|ownerwrite' > /dev/null; done");
	ck_assert_int_eq(counter->list(test_sealer, found, 4, &count), SG_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(found[0], handle());
}
END_TEST

static enum sg_err clear(const uint8_t whose[SG_COUNTER_OWNER], struct sg_bytes keep,
                         uint32_t *left)
{
	return counter->clear(test_sealer, sg_buf_bytes(&test_parent), NULL, whose, keep,
	                      sg_bytes(NULL, 0), left);
}

static size_t listed(void)
{
	uint32_t found[32];
	size_t count = 0;

	ck_assert_int_eq(counter->list(test_sealer, found, 32, &count), SG_OK);
	return count;
}

START_TEST(all_of_an_owner_are_removed_but_the_one_that_is_kept)
{
	struct sg_buf more = { 0 }, its = { 0 };
	uint64_t value;
	uint32_t left;

	ck_assert_int_eq(make(&more, &value), SG_OK);
	ck_assert_int_eq(make(&more, &value), SG_OK);
	ck_assert_int_eq(counter->make(test_sealer, sg_buf_bytes(&test_parent), NULL, other, auth,
	                               &its, &value), SG_OK);
	shell("tpm2_nvdefine 0x01400001 -C o -s 8 -a 'ownerread|ownerwrite' > /dev/null");
	ck_assert_int_eq(clear(owner, sg_buf_bytes(&ref), &left), SG_OK);
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_eq(listed(), 2);
	ck_assert_int_eq(read_it(&value), SG_OK);
	ck_assert_int_eq(clear(owner, sg_bytes(NULL, 0), &left), SG_OK);
	ck_assert_int_eq(read_it(&value), SG_ERR_HW_NV_GONE);
	ck_assert_uint_eq(listed(), 1);
	shell("tpm2_nvreadpublic 0x01400001 > /dev/null");
	ck_assert_int_eq(clear(other, sg_bytes(NULL, 0), &left), SG_OK);
	ck_assert_uint_eq(listed(), 0);
	sg_buf_free(&more);
	sg_buf_free(&its);
}
END_TEST

static uint32_t beside_it(const uint8_t whose[SG_COUNTER_OWNER])
{
	uint32_t found = 1;

	ck_assert_int_eq(counter->other(test_sealer, sg_buf_bytes(&test_parent), whose,
	                                sg_buf_bytes(&ref), &found), SG_OK);
	return found;
}

START_TEST(another_one_of_the_same_owner_is_found)
{
	struct sg_buf more = { 0 }, its = { 0 };
	uint64_t value;

	ck_assert_int_eq(counter->make(test_sealer, sg_buf_bytes(&test_parent), NULL, other, auth,
	                               &its, &value), SG_OK);
	ck_assert_uint_eq(beside_it(owner), 0);
	ck_assert_int_eq(make(&more, &value), SG_OK);
	ck_assert_uint_eq(beside_it(owner), sg_get_u32(more.data + 4));
	ck_assert_uint_eq(beside_it(other), sg_get_u32(its.data + 4));
	sg_buf_free(&more);
	sg_buf_free(&its);
}
END_TEST

START_TEST(one_that_can_not_be_removed_is_named)
{
	uint32_t left;

	shell("tpm2_changeauth -c o ownerpassword");
	ck_assert_int_eq(clear(owner, sg_bytes(NULL, 0), &left), SG_ERR_HW_OWNER_AUTH);
	ck_assert_uint_eq(left, handle());
}
END_TEST

START_TEST(one_that_is_made_anew_shows_no_value_again)
{
	struct sg_buf again = { 0 };
	uint64_t value;

	ck_assert_int_eq(advance(first + 1, &value), SG_OK);
	ck_assert_int_eq(counter->remove(test_sealer, sg_buf_bytes(&test_parent), NULL, owner,
	                                 sg_buf_bytes(&ref)), SG_OK);
	ck_assert_int_eq(read_it(&value), SG_ERR_HW_NV_GONE);
	ck_assert_int_eq(make(&again, &value), SG_OK);
	ck_assert_uint_gt(value, first + 1);
	sg_buf_free(&again);
}
END_TEST

START_TEST(only_a_counter_of_the_same_owner_is_removed)
{
	uint64_t value;

	ck_assert_int_eq(counter->remove(test_sealer, sg_buf_bytes(&test_parent), NULL, other,
	                                 sg_buf_bytes(&ref)), SG_ERR_HW_NV_GONE);
	ck_assert_int_eq(read_it(&value), SG_OK);
}
END_TEST

START_TEST(the_owner_s_password_is_asked_for)
{
	struct sg_secret *password = NULL;
	struct sg_buf made = { 0 };
	uint64_t value;

	test_tpm_shell(&tpm, "tpm2_changeauth -c owner secret");
	ck_assert_int_eq(make(&made, &value), SG_ERR_HW_OWNER_AUTH);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("secret"), &password), SG_OK);
	ck_assert_int_eq(counter->make(test_sealer, sg_buf_bytes(&test_parent), password, owner,
	                               auth, &made, &value), SG_OK);
	ck_assert_int_eq(counter->remove(test_sealer, sg_buf_bytes(&test_parent), NULL, owner,
	                                 sg_buf_bytes(&made)), SG_ERR_HW_OWNER_AUTH);
	ck_assert_int_eq(counter->remove(test_sealer, sg_buf_bytes(&test_parent), password, owner,
	                                 sg_buf_bytes(&made)), SG_OK);
	ck_assert(!test_tpm_seen(&tpm, sg_bytes_str("secret")));
	sg_secret_free(&password);
	sg_buf_free(&made);
}
END_TEST

START_TEST(an_authorisation_of_another_length_is_refused)
{
	struct sg_buf made = { 0 };
	uint64_t value;

	auth->len = 0;
	ck_assert_int_eq(make(&made, &value), SG_ERR_RANGE);
	ck_assert_int_eq(read_it(&value), SG_ERR_RANGE);
	ck_assert_int_eq(advance(first + 1, &value), SG_ERR_RANGE);
	auth->len = SG_SEAL_AUTH;
	ck_assert_int_eq(read_it(&value), SG_OK);
}
END_TEST

START_TEST(a_reference_that_is_none_is_refused)
{
	struct sg_bytes whole = sg_buf_bytes(&ref);
	uint64_t value;

	for (size_t len = 0; len < whole.len; len++)
		ck_assert_int_eq(counter->read(test_sealer, sg_buf_bytes(&test_parent),
		                               sg_bytes(whole.data, len), auth, &value),
		                 SG_ERR_FORMAT);
	ref.data[4] = 0x81;     /* a persistent key's handle */
	ck_assert_int_eq(read_it(&value), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_reference_to_another_index_is_found_out)
{
	struct sg_buf second = { 0 };
	uint64_t value;

	ck_assert_int_eq(make(&second, &value), SG_OK);
	memcpy(ref.data + 4, second.data + 4, 4);
	ck_assert_int_eq(read_it(&value), SG_ERR_HW_NV_GONE);
	sg_buf_free(&second);
}
END_TEST

START_TEST(a_full_tpm_says_so_and_keeps_nothing_behind)
{
	struct sg_buf made = { 0 };
	uint64_t value, n = 0;
	enum sg_err err;

	while ((err = make(&made, &value)) == SG_OK)
		ck_assert_uint_lt(++n, 1000);
	ck_assert_int_eq(err, SG_ERR_HW_NV_FULL);
	ck_assert_int_eq(read_it(&value), SG_OK);
	sg_buf_free(&made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counter");
	TCase *tcase = tcase_create("counter");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_counter_only_grows);
	tcase_add_test(tcase, what_is_asked_for_twice_is_done_once);
	tcase_add_test(tcase, a_value_that_is_not_the_next_one_is_not_gone_to);
	tcase_add_test(tcase, neither_a_restart_nor_a_power_cut_takes_it_back);
	tcase_add_test(tcase, the_authorisation_is_not_on_the_bus);
	tcase_add_test(tcase, who_does_not_know_the_authorisation_neither_reads_nor_moves_it);
	tcase_add_test(tcase, an_owner_who_makes_it_anew_is_found_out);
	tcase_add_loop_test(tcase, an_index_with_another_digest_in_its_place_is_another, 0, 3);
	tcase_add_test(tcase, indices_with_other_digests_are_not_listed_and_hide_none);
	tcase_add_test(tcase, all_of_an_owner_are_removed_but_the_one_that_is_kept);
	tcase_add_test(tcase, another_one_of_the_same_owner_is_found);
	tcase_add_test(tcase, one_that_can_not_be_removed_is_named);
	tcase_add_test(tcase, one_that_is_made_anew_shows_no_value_again);
	tcase_add_test(tcase, only_a_counter_of_the_same_owner_is_removed);
	tcase_add_test(tcase, the_owner_s_password_is_asked_for);
	tcase_add_test(tcase, an_authorisation_of_another_length_is_refused);
	tcase_add_test(tcase, a_reference_that_is_none_is_refused);
	tcase_add_test(tcase, a_reference_to_another_index_is_found_out);
	tcase_add_test(tcase, a_full_tpm_says_so_and_keeps_nothing_behind);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
