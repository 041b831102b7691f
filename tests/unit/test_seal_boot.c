/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What of a TPM's life a boot or a sleep of the machine explains.
 */
#include <string.h>

#include "lib/runner.h"
#include "seal/tpm/boot.h"

static const struct sg_boot_gap awake = { .same_boot = true }, sleep_between = { true, true, 0, 0 },
	booted = { .same_boot = false };

/* A TPM in the middle of its life, and the same a minute later. */
static struct sg_tpm_boot before, now;

static void setup(void)
{
	before = (struct sg_tpm_boot){
		.seeded = true, .safe = true, .resets = 7, .restarts = 3, .time = 100000,
		.clock = 900000000, .seed = { 1, 2, 3 },
	};
	now = before;
	now.time += 60000;
	now.clock += 60000;
}

static unsigned judge(const struct sg_boot_gap *gap)
{
	struct sg_boot_state old, new;

	sg_tpm_boot_write(&before, &old);
	sg_tpm_boot_write(&now, &new);
	return sg_tpm_boot_judge(&old, &new, gap);
}

/* What a reset does to it: of the clock, what the last write left. */
static void reset(void)
{
	now.resets++;
	now.restarts = 0;
	now.time = 500;
	now.seed[0] ^= 1;
}

START_TEST(time_that_goes_by_is_explained)
{
	ck_assert_uint_eq(judge(&awake), 0);
	ck_assert_uint_eq(judge(&sleep_between), 0);
}
END_TEST

START_TEST(a_reset_is_explained_by_a_boot_only)
{
	reset();
	ck_assert_uint_eq(judge(&booted), 0);
	ck_assert_uint_eq(judge(&awake), SG_TRIP_RESET | SG_TRIP_SEED);
	ck_assert_uint_eq(judge(&sleep_between), SG_TRIP_RESET | SG_TRIP_SEED);
}
END_TEST

START_TEST(a_restart_is_explained_by_sleep_only)
{
	now.restarts++;
	now.time = 500;
	ck_assert_uint_eq(judge(&sleep_between), 0);
	ck_assert_uint_eq(judge(&awake), SG_TRIP_RESTART);
	now.restarts = before.restarts - 1;
	ck_assert_uint_eq(judge(&sleep_between), SG_TRIP_OLDER);
}
END_TEST

START_TEST(another_seed_trips_though_the_counters_are_the_same)
{
	now.seed[31] ^= 1;
	ck_assert_uint_eq(judge(&awake), SG_TRIP_SEED);
	ck_assert_uint_eq(judge(&sleep_between), SG_TRIP_SEED);
	ck_assert_uint_eq(judge(&booted), SG_TRIP_OLDER);
}
END_TEST

START_TEST(a_seed_that_was_not_read_is_taken_over_within_a_boot)
{
	struct sg_boot_state old, new;

	now.seeded = false;
	memset(now.seed, 0, sizeof now.seed);
	sg_tpm_boot_write(&before, &old);
	sg_tpm_boot_write(&now, &new);
	ck_assert(!sg_tpm_boot_whole(&new));
	ck_assert_uint_eq(sg_tpm_boot_judge(&old, &new, &awake), 0);
	ck_assert(sg_tpm_boot_whole(&new));
	ck_assert_int_eq(sg_tpm_boot_read(&new, &now), SG_OK);
	ck_assert_mem_eq(now.seed, before.seed, sizeof now.seed);
}
END_TEST

START_TEST(a_seed_is_not_taken_over_into_another_boot_or_life)
{
	struct sg_boot_state old, new;

	reset();
	now.seeded = false;
	memset(now.seed, 0, sizeof now.seed);
	sg_tpm_boot_write(&before, &old);
	sg_tpm_boot_write(&now, &new);
	ck_assert_uint_eq(sg_tpm_boot_judge(&old, &new, &booted), 0);
	ck_assert(!sg_tpm_boot_whole(&new));
	ck_assert_uint_eq(sg_tpm_boot_judge(&old, &new, &awake), SG_TRIP_RESET);
	ck_assert(!sg_tpm_boot_whole(&new));
}
END_TEST

START_TEST(a_clock_that_goes_back_trips)
{
	now.clock = before.clock - 1;
	ck_assert_uint_eq(judge(&awake), SG_TRIP_CLOCK);
	ck_assert_uint_eq(judge(&sleep_between), SG_TRIP_CLOCK);
	/* A power cut may have taken that much from it. */
	reset();
	ck_assert_uint_eq(judge(&booted), 0);
	now.clock = before.clock - 4194304;
	ck_assert_uint_eq(judge(&booted), 0);
	now.clock--;
	ck_assert_uint_eq(judge(&booted), SG_TRIP_OLDER);
}
END_TEST

START_TEST(a_time_that_begins_again_without_a_restart_trips)
{
	now.time = before.time - 1;
	ck_assert_uint_eq(judge(&awake), SG_TRIP_CLOCK);
}
END_TEST

START_TEST(a_clock_that_is_not_safe_any_more_trips)
{
	now.safe = false;
	ck_assert_uint_eq(judge(&awake), SG_TRIP_UNSAFE);
	before.safe = false;
	ck_assert_uint_eq(judge(&awake), 0);
	now.safe = true;
	ck_assert_uint_eq(judge(&awake), 0);
}
END_TEST

START_TEST(a_boot_that_did_not_reset_it_trips)
{
	ck_assert_uint_eq(judge(&booted), SG_TRIP_NOT_RESET);
	now.seeded = false;
	memset(now.seed, 0, sizeof now.seed);
	ck_assert_uint_eq(judge(&booted), SG_TRIP_NOT_RESET);
}
END_TEST

START_TEST(fewer_resets_than_before_trip)
{
	now.resets = before.resets - 1;
	ck_assert_uint_eq(judge(&booted), SG_TRIP_OLDER);
	ck_assert_uint_eq(judge(&awake), SG_TRIP_OLDER);
}
END_TEST

/* A TPM that has had power for `time`, in a machine that is up for `up` hours. */
#define HOUR 3600000
static unsigned judge_age(uint64_t time, uint64_t up, uint64_t late)
{
	struct sg_boot_gap gap = { .up = up, .late = late };
	struct sg_boot_state state;
	unsigned first;

	now = (struct sg_tpm_boot){ .resets = before.resets + 1, .clock = before.clock, .time = time };
	sg_tpm_boot_write(&now, &state);
	first = sg_tpm_boot_judge(NULL, &state, &gap);
	ck_assert_uint_eq(judge(&gap), first);
	gap.same_boot = true;
	ck_assert_uint_eq(judge(&gap), SG_TRIP_RESET | SG_TRIP_UNSAFE);
	return first;
}

START_TEST(a_tpm_that_is_younger_than_its_machine_trips_in_a_new_boot_and_at_a_first_look)
{
	ck_assert_uint_eq(judge_age(149, 12 * HOUR, 0), SG_TRIP_YOUNG);
	ck_assert_uint_eq(judge_age(12 * HOUR + 20000, 12 * HOUR, 0), 0);
	ck_assert_uint_eq(judge_age(UINT64_MAX, 12 * HOUR, 0), 0);
}
END_TEST

START_TEST(a_clock_that_is_15_percent_slow_and_a_minute_do_not_make_it_young)
{
	ck_assert_uint_eq(judge_age(85 * HOUR, 100 * HOUR, 0), 0);
	ck_assert_uint_eq(judge_age(60000 - 60000, 60000, 0), 0);
	ck_assert_uint_eq(judge_age(5 * HOUR - 60000, 6 * HOUR, 0), 0);
	ck_assert_uint_eq(judge_age(5 * HOUR - 60001, 6 * HOUR, 0), SG_TRIP_YOUNG);
}
END_TEST

START_TEST(a_machine_that_slept_has_no_age_to_compare_with)
{
	ck_assert_uint_eq(judge_age(1, 0, 0), 0);
}
END_TEST

START_TEST(an_age_that_was_taken_for_good_trips_only_when_it_is_less_still)
{
	struct sg_boot_state state;

	before.time = 2 * HOUR;
	sg_tpm_boot_write(&before, &state);
	ck_assert_uint_eq(sg_tpm_boot_late(&state, 12 * HOUR), 10 * HOUR);
	ck_assert_uint_eq(sg_tpm_boot_late(&state, HOUR), 0);
	ck_assert_uint_eq(judge_age(2 * HOUR, 12 * HOUR, 10 * HOUR), 0);
	ck_assert_uint_eq(judge_age(HOUR / 2, 12 * HOUR, 10 * HOUR), 0);
	ck_assert_uint_eq(judge_age(12 * HOUR, 12 * HOUR, 10 * HOUR), 0);
	ck_assert_uint_eq(judge_age(HOUR, 18 * HOUR, 10 * HOUR), SG_TRIP_YOUNG);
	ck_assert_uint_eq(judge_age(HOUR, 18 * HOUR, UINT64_MAX), 0);
}
END_TEST

START_TEST(every_byte_of_a_state_counts)
{
	struct sg_boot_state state, copy;
	struct sg_boot_view view;
	struct sg_tpm_boot read;
	size_t refused = 0;

	sg_tpm_boot_write(&before, &state);
	for (size_t i = 0; i < sizeof state; i++) {
		copy = state;
		copy.bytes[i] ^= 0x80;
		if (sg_tpm_boot_read(&copy, &read) != SG_OK)
			refused++;
		else
			ck_assert(memcmp(&read, &before, sizeof read) != 0);
	}
	/* Version, flags, and the zeros behind. */
	ck_assert_uint_eq(refused, 2 + sizeof state - 58);
	ck_assert_int_eq(sg_tpm_boot_view(&copy, &view), SG_ERR_FORMAT);
	ck_assert(!sg_tpm_boot_whole(&copy));
	ck_assert_uint_eq(sg_tpm_boot_judge(&copy, &state, &awake), SG_TRIP_RECORD);
}
END_TEST

START_TEST(a_state_is_shown_as_it_is)
{
	struct sg_boot_state state;
	struct sg_boot_view view;

	sg_tpm_boot_write(&before, &state);
	ck_assert_int_eq(sg_tpm_boot_view(&state, &view), SG_OK);
	ck_assert_uint_eq(view.resets, 7);
	ck_assert_uint_eq(view.restarts, 3);
	ck_assert(view.safe);
}
END_TEST

START_TEST(what_trips_has_a_name_and_a_sentence_of_its_own)
{
	for (unsigned i = 0; i < SG_TRIPS; i++) {
		ck_assert_uint_gt(strlen(sg_trip_sentence(i)), 20);
		for (unsigned j = 0; j < i; j++) {
			ck_assert_str_ne(sg_trip_name(i), sg_trip_name(j));
			ck_assert_str_ne(sg_trip_sentence(i), sg_trip_sentence(j));
		}
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("seal_boot");
	TCase *tcase = tcase_create("seal_boot");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, time_that_goes_by_is_explained);
	tcase_add_test(tcase, a_reset_is_explained_by_a_boot_only);
	tcase_add_test(tcase, a_restart_is_explained_by_sleep_only);
	tcase_add_test(tcase, another_seed_trips_though_the_counters_are_the_same);
	tcase_add_test(tcase, a_seed_that_was_not_read_is_taken_over_within_a_boot);
	tcase_add_test(tcase, a_seed_is_not_taken_over_into_another_boot_or_life);
	tcase_add_test(tcase, a_clock_that_goes_back_trips);
	tcase_add_test(tcase, a_time_that_begins_again_without_a_restart_trips);
	tcase_add_test(tcase, a_clock_that_is_not_safe_any_more_trips);
	tcase_add_test(tcase, a_boot_that_did_not_reset_it_trips);
	tcase_add_test(tcase, fewer_resets_than_before_trip);
	tcase_add_test(tcase,
	               a_tpm_that_is_younger_than_its_machine_trips_in_a_new_boot_and_at_a_first_look);
	tcase_add_test(tcase, a_clock_that_is_15_percent_slow_and_a_minute_do_not_make_it_young);
	tcase_add_test(tcase, a_machine_that_slept_has_no_age_to_compare_with);
	tcase_add_test(tcase, an_age_that_was_taken_for_good_trips_only_when_it_is_less_still);
	tcase_add_test(tcase, every_byte_of_a_state_counts);
	tcase_add_test(tcase, a_state_is_shown_as_it_is);
	tcase_add_test(tcase, what_trips_has_a_name_and_a_sentence_of_its_own);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
