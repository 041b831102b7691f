/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_tripwire.c, on a sealer of the test's own: when the hardware is looked at,
 * what is kept of it, and what follows. The boots and the time are the test's, too.
 */
#include "core/token_tripwire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "seal/tpm/boot.h"
#include "util/file.h"
#include "util/log.h"

static char *folder, *record_path;
static struct sg_config config;
static struct sg_token *token;
static struct sg_token_record record;
static struct sg_boot_moment moment;
static bool no_boot_id;
static bool read_only;                  /* the state folder can't be written */
static char said[2][1024];              /* by enum sg_log_level, up to notices */

/* The hardware. */
static struct sg_tpm_boot device;
static bool silent;                     /* it does not tell */
static enum sg_err answer;              /* to an unseal */
static unsigned unseals, looks;
static bool last_whole;
static void (*meanwhile)(void);         /* what happens while it is asked */

enum sg_err __wrap_sg_boot_moment_read(struct sg_boot_moment *out);

enum sg_err __wrap_sg_boot_moment_read(struct sg_boot_moment *out)
{
	*out = moment;
	return no_boot_id ? SG_ERR_SYSTEM : SG_OK;
}

enum sg_err __real_sg_file_replace_private(const char *path, struct sg_bytes bytes);
enum sg_err __wrap_sg_file_replace_private(const char *path, struct sg_bytes bytes);

enum sg_err __wrap_sg_file_replace_private(const char *path, struct sg_bytes bytes)
{
	return read_only ? SG_ERR_STORE_READONLY : __real_sg_file_replace_private(path, bytes);
}

static void listen_in(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level <= SG_LOG_NOTICE)
		snprintf(said[level] + strlen(said[level]), sizeof said[level] - strlen(said[level]), "%s\n",
		         line);
}

static enum sg_err look_at(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_boot_look *look)
{
	struct sg_tpm_boot shown;

	(void)sealer;
	(void)parent;
	looks++;
	last_whole = look->whole;
	if (meanwhile != NULL)
		meanwhile();
	shown = device;
	if (!look->whole) {
		shown.seeded = false;
		memset(shown.seed, 0, sizeof shown.seed);
	}
	sg_tpm_boot_write(&shown, &look->state);
	look->made = !silent;
	return SG_OK;
}

static enum sg_err unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                          const struct sg_seal_guard *guard, struct sg_bytes blob,
                          struct sg_secret **out)
{
	(void)blob;
	unseals++;
	if (guard->look != NULL)
		ck_assert_int_eq(look_at(sealer, parent, guard->look), SG_OK);
	*out = NULL;
	return answer != SG_OK ? answer : sg_secret_new(32, out);
}

static const struct sg_tripwire_ops tripwire = {
	look_at, sg_tpm_boot_judge, sg_tpm_boot_late, sg_tpm_boot_whole, sg_tpm_boot_view,
};
static const struct sg_sealer_ops ops = { .name = "fake", .unseal = unseal, .tripwire = &tripwire },
	ops_without = { .name = "fake", .unseal = unseal };
static struct sg_sealer sealer;

/* The same token in another process. */
static void again(void)
{
	sg_token_free(&token);
	ck_assert_int_eq(sg_token_new(&config, 0, &token), SG_OK);
	memset(said, 0, sizeof said);
	moment.awake += 1000;
	device.time += 1000;
	device.clock += 1000;
}

static enum sg_err use(void)
{
	struct sg_seal_guard guard = { .look = NULL };
	struct sg_secret *out = NULL;
	enum sg_err err = sg_token_unseal(token, &sealer, &record, &guard, sg_bytes("", 0), &out);

	ck_assert_ptr_null(guard.look);
	ck_assert_int_eq(err == SG_OK, out != NULL);
	sg_secret_free(&out);
	return err;
}

static void read_kept(struct sg_tripwire *out)
{
	struct sg_buf stored = { 0 };

	ck_assert_int_eq(sg_file_read_trusted(record_path, 1000, &stored), SG_OK);
	ck_assert_int_eq(sg_tripwire_parse(sg_buf_bytes(&stored), out), SG_OK);
	sg_buf_free(&stored);
}

static unsigned trips(void)
{
	struct sg_tripwire kept;

	read_kept(&kept);
	ck_assert_int_eq(kept.trips != 0, kept.tripped != 0);
	return kept.trips;
}

static void setup(void)
{
	folder = scratch_make();
	record_path = scratch_path(folder, "slot-0000.boot");
	config = (struct sg_config){ .state = folder };
	memcpy(record.uuid, "0123456789abcdef", SG_UUID);
	moment = (struct sg_boot_moment){ .id = "one", .awake = 100000 };
	device = (struct sg_tpm_boot){ true, true, 7, 0, 90000, 5000000, { 1 } };
	no_boot_id = silent = read_only = false;
	answer = SG_OK;
	unseals = looks = 0;
	meanwhile = NULL;
	sealer.ops = &ops;
	sg_log_set(listen_in, NULL);
	again();
}

static void teardown(void)
{
	sg_log_set(NULL, NULL);
	sg_token_free(&token);
	free(record_path);
	scratch_remove(&folder);
}

/* What happens to the hardware. */
static void reset(void)
{
	device.resets++;
	device.restarts = 0;
	device.time = 10;
	device.seed[0]++;
}

/* The machine is booted, which resets the hardware first. */
static void boot(const char *id, uint64_t up)
{
	moment = (struct sg_boot_moment){ .awake = up };
	memcpy(moment.id, id, strlen(id));
	reset();
	device.time = up + 20000;
}

START_TEST(the_first_look_is_whole_and_kept_privately)
{
	struct stat st;

	ck_assert_int_eq(use(), SG_OK);
	ck_assert(last_whole);
	ck_assert_uint_eq(trips(), 0);
	ck_assert_int_eq(stat(record_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(a_process_looks_once)
{
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(looks, 1);
	ck_assert_uint_eq(unseals, 2);
}
END_TEST

START_TEST(later_processes_of_a_boot_look_at_less)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	ck_assert_int_eq(use(), SG_OK);
	ck_assert(!last_whole);
	again();
	boot("two", 10000);
	ck_assert_int_eq(use(), SG_OK);
	ck_assert(last_whole);
	ck_assert_uint_eq(trips(), 0);
}
END_TEST

START_TEST(with_refuse_every_look_is_whole)
{
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_OK);
	again();
	ck_assert_int_eq(use(), SG_OK);
	ck_assert(last_whole);
}
END_TEST

START_TEST(a_look_that_says_nothing_new_is_kept_once_a_minute)
{
	struct sg_tripwire first, second;

	ck_assert_int_eq(use(), SG_OK);
	read_kept(&first);
	again();
	ck_assert_int_eq(use(), SG_OK);
	read_kept(&second);
	ck_assert_mem_eq(&first, &second, sizeof first);
	again();
	moment.awake = first.moment.awake + 60000;
	ck_assert_int_eq(use(), SG_OK);
	read_kept(&second);
	ck_assert_uint_eq(second.moment.awake, moment.awake);
	ck_assert(sg_tpm_boot_whole(&second.state));
}
END_TEST

static void another_process_keeps_a_later_look(void)
{
	struct sg_tpm_boot later = device;
	struct sg_tripwire kept;
	struct sg_buf stored = { 0 };

	read_kept(&kept);
	later.clock += 5000;
	later.time += 5000;
	sg_tpm_boot_write(&later, &kept.state);
	ck_assert_int_eq(sg_tripwire_write(&kept, &stored), SG_OK);
	ck_assert_int_eq(sg_file_replace_private(record_path, sg_buf_bytes(&stored)), SG_OK);
	sg_buf_free(&stored);
}

START_TEST(what_another_process_keeps_meanwhile_does_not_trip)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	meanwhile = another_process_keeps_a_later_look;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), 0);
}
END_TEST

START_TEST(a_reset_is_a_notice_in_each_process_until_it_is_accepted)
{
	ck_assert_int_eq(use(), SG_OK);
	reset();
	for (int i = 0; i < 3; i++) {
		again();
		ck_assert_int_eq(use(), SG_OK);
		ck_assert_ptr_nonnull(strstr(said[SG_LOG_NOTICE], "reset while the machine stayed up"));
		ck_assert_str_eq(said[SG_LOG_ERROR], "");
		ck_assert_uint_eq(trips(), SG_TRIP_RESET);
	}
}
END_TEST

START_TEST(a_trip_is_an_error_with_refuse_and_the_secret_is_not_given)
{
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_OK);
	again();
	reset();
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
	ck_assert_ptr_nonnull(strstr(said[SG_LOG_ERROR], "reset while the machine stayed up"));
	ck_assert_uint_eq(unseals, 2);
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
	ck_assert_uint_eq(unseals, 2);
}
END_TEST

START_TEST(a_reset_is_noticed_where_unsealing_fails_too)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	reset();
	answer = SG_ERR_POLICY;
	ck_assert_int_eq(use(), SG_ERR_POLICY);
	ck_assert_uint_eq(trips(), SG_TRIP_RESET);
}
END_TEST

START_TEST(hardware_that_was_not_reached_does_not_trip)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	silent = true;                  /* nor was there a look */
	answer = SG_ERR_HW_REMOVED;
	ck_assert_int_eq(use(), SG_ERR_HW_REMOVED);
	ck_assert_uint_eq(trips(), 0);
}
END_TEST

START_TEST(hardware_that_falls_silent_trips)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	silent = true;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), SG_TRIP_SILENT);
}
END_TEST

START_TEST(hardware_that_never_told_is_closed_with_refuse_only)
{
	silent = true;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_int_ne(access(record_path, F_OK), 0);
	again();
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
}
END_TEST

START_TEST(the_record_of_another_token_is_none)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	reset();
	device.time = moment.awake;
	record.uuid[0] ^= 1;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), 0);
	record.uuid[0] ^= 1;
}
END_TEST

START_TEST(the_record_of_other_hardware_is_none)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	reset();
	device.time = moment.awake;
	ck_assert_int_eq(sg_buf_set(&record.parent, sg_bytes_str("another one")), SG_OK);
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), 0);
	sg_buf_free(&record.parent);
}
END_TEST

START_TEST(a_record_that_others_can_write_is_not_believed)
{
	ck_assert_int_eq(use(), SG_OK);
	again();
	ck_assert_int_eq(chmod(record_path, 0666), 0);
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
	ck_assert_ptr_nonnull(strstr(said[SG_LOG_ERROR], "slot-0000.boot can be changed by others"));
	ck_assert_uint_eq(trips(), SG_TRIP_RECORD);
	config.tripwire = SG_TRIPWIRE_LOG;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), SG_TRIP_RECORD);
}
END_TEST

START_TEST(a_pipe_in_the_place_of_the_record_is_a_damaged_one)
{
	ck_assert_int_eq(mkfifo(record_path, 0600), 0);
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_ptr_nonnull(strstr(said[SG_LOG_NOTICE], record_path));
	ck_assert_uint_eq(trips(), SG_TRIP_RECORD);
}
END_TEST

static void it_sleeps(void)
{
	moment.asleep += 5000;
	device.restarts++;
	device.time = 10;
}

START_TEST(a_sleep_while_the_hardware_is_asked_explains_its_restart)
{
	struct sg_tripwire kept;

	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_OK);
	again();
	moment.awake += 60000;
	device.clock += 60000;
	meanwhile = it_sleeps;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), 0);
	read_kept(&kept);
	ck_assert_uint_eq(kept.moment.awake, moment.awake);
	ck_assert_uint_eq(kept.moment.asleep, 0);
}
END_TEST

START_TEST(hardware_that_was_reset_before_the_first_use_in_a_boot_trips)
{
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_OK);
	again();
	boot("two", 10000);
	ck_assert_int_eq(use(), SG_OK);
	boot("three", 3600000);
	again();
	reset();
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
	ck_assert_uint_eq(trips(), SG_TRIP_YOUNG);
}
END_TEST

START_TEST(hardware_that_is_young_at_a_first_look_trips)
{
	moment.awake = 3600000;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), SG_TRIP_YOUNG);
}
END_TEST

START_TEST(hardware_of_a_machine_that_slept_is_never_young)
{
	moment.awake = 3600000;
	moment.asleep = 5000;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), 0);
	unlink(record_path);
	again();
	moment.asleep = 0;
	meanwhile = it_sleeps;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), 0);
}
END_TEST

/* Note the hardware as for a token that is being made. */
static void note(void)
{
	struct sg_tripwire_fresh fresh;

	ck_assert_int_eq(sg_token_tripwire_begin(token, &sealer, &record, &fresh), SG_OK);
	ck_assert(fresh.made);
	ck_assert_int_eq(sg_token_tripwire_keep(token, &fresh), SG_OK);
}

START_TEST(hardware_that_was_young_when_the_token_was_made_may_be_so_again)
{
	config.tripwire = SG_TRIPWIRE_REFUSE;
	moment.awake = 3600000;
	note();
	ck_assert_int_eq(use(), SG_OK);
	again();
	boot("two", 3600000);
	device.time = 10;
	ck_assert_int_eq(use(), SG_OK);
	again();
	boot("three", 36000000);
	device.time = 10;
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
	ck_assert_uint_eq(trips(), SG_TRIP_YOUNG);
}
END_TEST

START_TEST(a_look_that_can_not_be_kept_is_no_trip)
{
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_OK);
	read_only = true;
	again();
	moment.awake += 600000;
	device.time += 600000;
	device.clock += 600000;
	ck_assert_int_eq(use(), SG_OK);
	again();
	boot("two", 10000);
	ck_assert_int_eq(use(), SG_OK);
	again();
	reset();
	moment.awake = 3600000;
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
}
END_TEST

START_TEST(a_trip_that_can_not_be_kept_trips_all_the_same)
{
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_OK);
	read_only = true;
	for (int i = 0; i < 2; i++) {
		again();
		reset();
		ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
	}
	ck_assert_uint_eq(trips(), 0);
}
END_TEST

START_TEST(a_first_look_that_can_not_be_kept_closes_the_token_with_refuse_only)
{
	read_only = true;
	ck_assert_int_eq(use(), SG_OK);
	again();
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_ERR_STORE_READONLY);
	read_only = false;
	ck_assert_int_eq(use(), SG_OK);
}
END_TEST

START_TEST(a_sleep_while_the_token_is_made_is_not_forgotten)
{
	meanwhile = it_sleeps;
	note();
	meanwhile = NULL;
	device.restarts++;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), 0);
}
END_TEST

START_TEST(what_is_accepted_is_the_look_that_was_shown)
{
	struct sg_tripwire_view view = { .able = true };

	ck_assert_int_eq(use(), SG_OK);
	reset();
	ck_assert_int_eq(sg_token_tripwire_accept(token, &view), SG_ERR_TRIPWIRE);
	ck_assert_int_eq(sg_token_tripwire_begin(token, &sealer, &record, &view.fresh), SG_OK);
	reset();
	ck_assert_int_eq(sg_token_tripwire_accept(token, &view), SG_OK);
	ck_assert_uint_eq(trips(), 0);
	again();
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(trips(), SG_TRIP_RESET);
}
END_TEST

START_TEST(a_link_in_the_place_of_the_record_is_not_followed)
{
	char *other = scratch_path(folder, "other");
	struct sg_buf mine = { 0 };

	test_file_write(other, sg_bytes_str("mine"));
	ck_assert_int_eq(symlink(other, record_path), 0);
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_ERR_TRIPWIRE);
	ck_assert_ptr_nonnull(strstr(said[SG_LOG_ERROR], "symbolic link"));
	ck_assert_uint_eq(trips(), SG_TRIP_RECORD);
	ck_assert_int_eq(sg_file_read_trusted(other, 10, &mine), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&mine), sg_bytes_str("mine")));
	sg_buf_free(&mine);
	free(other);
}
END_TEST

START_TEST(without_a_boot_id_only_refuse_closes_the_token)
{
	no_boot_id = true;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(looks, 0);
	config.tripwire = SG_TRIPWIRE_REFUSE;
	ck_assert_int_eq(use(), SG_ERR_SYSTEM);
	ck_assert_uint_eq(unseals, 1);
}
END_TEST

START_TEST(off_is_off_and_a_sealer_without_a_tripwire_has_none)
{
	config.tripwire = SG_TRIPWIRE_OFF;
	ck_assert_int_eq(use(), SG_OK);
	config.tripwire = SG_TRIPWIRE_REFUSE;
	sealer.ops = &ops_without;
	ck_assert_int_eq(use(), SG_OK);
	ck_assert_uint_eq(looks, 0);
	ck_assert_int_ne(access(record_path, F_OK), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token_tripwire");
	TCase *tc = tcase_create("token_tripwire");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_first_look_is_whole_and_kept_privately);
	tcase_add_test(tc, a_process_looks_once);
	tcase_add_test(tc, later_processes_of_a_boot_look_at_less);
	tcase_add_test(tc, with_refuse_every_look_is_whole);
	tcase_add_test(tc, a_look_that_says_nothing_new_is_kept_once_a_minute);
	tcase_add_test(tc, what_another_process_keeps_meanwhile_does_not_trip);
	tcase_add_test(tc, a_reset_is_a_notice_in_each_process_until_it_is_accepted);
	tcase_add_test(tc, a_trip_is_an_error_with_refuse_and_the_secret_is_not_given);
	tcase_add_test(tc, a_reset_is_noticed_where_unsealing_fails_too);
	tcase_add_test(tc, hardware_that_was_not_reached_does_not_trip);
	tcase_add_test(tc, hardware_that_falls_silent_trips);
	tcase_add_test(tc, hardware_that_never_told_is_closed_with_refuse_only);
	tcase_add_test(tc, the_record_of_another_token_is_none);
	tcase_add_test(tc, the_record_of_other_hardware_is_none);
	tcase_add_test(tc, a_record_that_others_can_write_is_not_believed);
	tcase_add_test(tc, a_link_in_the_place_of_the_record_is_not_followed);
	tcase_add_test(tc, a_pipe_in_the_place_of_the_record_is_a_damaged_one);
	tcase_add_test(tc, a_sleep_while_the_hardware_is_asked_explains_its_restart);
	tcase_add_test(tc, hardware_that_was_reset_before_the_first_use_in_a_boot_trips);
	tcase_add_test(tc, hardware_that_is_young_at_a_first_look_trips);
	tcase_add_test(tc, hardware_of_a_machine_that_slept_is_never_young);
	tcase_add_test(tc, hardware_that_was_young_when_the_token_was_made_may_be_so_again);
	tcase_add_test(tc, a_look_that_can_not_be_kept_is_no_trip);
	tcase_add_test(tc, a_trip_that_can_not_be_kept_trips_all_the_same);
	tcase_add_test(tc, a_first_look_that_can_not_be_kept_closes_the_token_with_refuse_only);
	tcase_add_test(tc, a_sleep_while_the_token_is_made_is_not_forgotten);
	tcase_add_test(tc, what_is_accepted_is_the_look_that_was_shown);
	tcase_add_test(tc, without_a_boot_id_only_refuse_closes_the_token);
	tcase_add_test(tc, off_is_off_and_a_sealer_without_a_tripwire_has_none);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
