/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: the TPM is reset under a running machine, seen from a program that uses the module,
 * while somebody on the bus tries to hide it with what the TPM said before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/tpm.h"

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static uint8_t answer[TEST_TPM_FRAME];  /* to GetTime, as it was before */
static size_t answer_len;
static bool replay, silence;

/* The machine: how long it is up, and how much of that it slept, in seconds; up < 0: as it is. The
 * module finds this function before that of the C library. Who waits for something needs the
 * true time: without a PIN only who looks at the boot asks for CLOCK_BOOTTIME, and for
 * CLOCK_MONOTONIC next. */
static time_t up, slept;

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *out)
{
	static __thread bool looking;
	bool looks = up >= 0 && (clock == CLOCK_BOOTTIME || (clock == CLOCK_MONOTONIC && looking));

	looking = clock == CLOCK_BOOTTIME;
	if (!looks)
		return (int)syscall(SYS_clock_gettime, clock, out);
	*out = (struct timespec){ clock == CLOCK_BOOTTIME ? up : up - slept, 0 };
	return 0;
}

/* The interposer learns the answer, and gives it again. */
static void learn(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	(void)arg;
	if (code != TPM2_CC_GetTime || replay)
		return;
	memcpy(answer, frame, *len);
	answer_len = *len;
}

static bool give(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	static const uint8_t refusal[10] = { 0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0xa2 };

	(void)arg;
	if ((code != TPM2_CC_GetTime && code != TPM2_CC_ReadClock) || (!replay && !silence))
		return false;
	*len = replay ? answer_len : sizeof refusal;
	memcpy(frame, replay ? answer : refusal, *len);
	return true;
}

static void configure(const char *mode)
{
	char lines[256];

	snprintf(lines, sizeof lines, "tcti = %s\ntripwire = %s\n", tpm.tcti, mode);
	p11_configure(lines);
}

static void set_up(void)
{
	static const struct test_wire_hooks hooks = { .response = learn, .answer = give };

	replay = silence = false;
	up = -1;
	slept = 0;
	test_tpm_start_wired(&tpm, &hooks);
	p11_setup();
	configure("refuse");
}

static void tear_down(void)
{
	p11_teardown();
	test_tpm_stop(&tpm);
}

/* Use a machine token in a new process. */
static CK_RV use(void)
{
	CK_RV rv;

	p11_start();
	s = p11_open(0);
	rv = p11->C_FindObjectsInit(s, NULL, 0);
	p11_ok(p11->C_Finalize(NULL));
	return rv;
}

static void make_machine(void)
{
	p11_machine();
	p11_ok(p11->C_Finalize(NULL));
	p11_ok(use());
}

START_TEST(a_reset_closes_a_token_in_every_process)
{
	make_machine();
	test_tpm_restart(&tpm);
	p11_is(CKR_SIGNET_TRIPWIRE, use());
	p11_is(CKR_SIGNET_TRIPWIRE, use());
}
END_TEST

START_TEST(a_reset_is_noticed_by_a_process_only_when_it_unseals)
{
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];

	s = p11_machine();
	p11_make_pair(s, NULL, &pub, &priv);
	p11_ok(p11->C_FindObjectsInit(s, NULL, 0));
	p11_ok(p11->C_FindObjectsFinal(s));
	test_tpm_restart(&tpm);
	p11_ok(p11_sign(s, priv, "x", signature));
}
END_TEST

START_TEST(a_token_that_tripped_spends_no_try_of_a_pin)
{
	s = p11_user();
	p11_ok(p11->C_Finalize(NULL));
	test_tpm_restart(&tpm);
	p11_start();
	s = p11_open(0);
	p11_login(s, CKU_USER, P11_PIN, CKR_SIGNET_TRIPWIRE);
	test_tpm_forget(&tpm);
	for (int i = 0; i < 40; i++)
		p11_login(s, CKU_USER, "a wrong one", CKR_SIGNET_TRIPWIRE);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_Unseal), 0);
	configure("log");
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(an_answer_from_before_the_reset_does_not_hide_it)
{
	make_machine();
	test_tpm_restart(&tpm);
	replay = true;
	p11_is(CKR_DEVICE_ERROR, use());
	ck_assert_uint_gt(answer_len, 0);
	replay = false;
	p11_is(CKR_SIGNET_TRIPWIRE, use());
}
END_TEST

START_TEST(an_answer_that_is_kept_back_does_not_hide_it)
{
	make_machine();
	test_tpm_restart(&tpm);
	silence = true;
	p11_is(CKR_SIGNET_TRIPWIRE, use());
	silence = false;
	p11_is(CKR_SIGNET_TRIPWIRE, use());
}
END_TEST

START_TEST(a_token_that_was_never_looked_at_stays_closed_where_it_cant_be)
{
	char *record;

	up = 10;
	make_machine();
	record = scratch_path(p11_folder, "state/slot-0000.boot");
	ck_assert_int_eq(unlink(record), 0);
	silence = true;
	p11_is(CKR_SIGNET_TRIPWIRE, use());
	ck_assert_int_ne(access(record, F_OK), 0);
	silence = false;
	p11_ok(use());
	ck_assert_int_eq(access(record, F_OK), 0);
	free(record);
}
END_TEST

START_TEST(a_folder_that_cant_be_written_closes_a_token_only_with_refuse)
{
	char *record;

	up = 10;
	make_machine();
	record = scratch_path(p11_folder, "state/slot-0000.boot");
	ck_assert_int_eq(unlink(record), 0);
	/* Nobody, not even root, can put a file in the place of a folder. */
	free(record);
	record = scratch_path(p11_folder, "state/slot-0000.boot.new");
	ck_assert_int_eq(mkdir(record, 0700), 0);
	ck_assert(use() != CKR_OK);
	configure("log");
	p11_ok(use());
	free(record);
}
END_TEST

/* What was kept is from another boot; this one was `seconds` ago. */
static void boot(time_t seconds)
{
	char *record = scratch_path(p11_folder, "state/slot-0000.boot");
	int fd = open(record, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "an earlier boot.", 16, 20), 16);
	close(fd);
	free(record);
	up = seconds;
}

START_TEST(a_reset_before_the_first_use_in_a_boot_closes_a_token)
{
	up = 10;
	make_machine();
	test_tpm_restart(&tpm);
	boot(20);
	p11_ok(use());
	/* The machine is booted, then its TPM reset, and hours later the token used. */
	test_tpm_restart(&tpm);
	test_tpm_restart(&tpm);
	boot(3 * 3600);
	p11_is(CKR_SIGNET_TRIPWIRE, use());
	boot(10);
	p11_is(CKR_SIGNET_TRIPWIRE, use());
}
END_TEST

START_TEST(the_same_goes_unnoticed_in_a_machine_that_slept)
{
	up = 10;
	make_machine();
	test_tpm_restart(&tpm);
	slept = 60;
	boot(3 * 3600);
	p11_ok(use());
}
END_TEST

START_TEST(who_deletes_the_record_does_not_hide_a_reset)
{
	char *record;

	up = 10;
	make_machine();
	test_tpm_restart(&tpm);
	record = scratch_path(p11_folder, "state/slot-0000.boot");
	ck_assert_int_eq(unlink(record), 0);
	up = 3 * 3600;
	p11_is(CKR_SIGNET_TRIPWIRE, use());
	free(record);
}
END_TEST

START_TEST(a_tpm_in_software_that_is_started_late_is_taken_as_it_is_by_who_makes_a_token)
{
	up = 3 * 3600;
	make_machine();
	test_tpm_restart(&tpm);
	boot(3 * 3600);
	p11_ok(use());
}
END_TEST

static void *first_use(void *arg)
{
	CK_SESSION_HANDLE mine;
	CK_RV *rv = arg;

	*rv = p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &mine);
	if (*rv == CKR_OK)
		*rv = p11->C_FindObjectsInit(mine, NULL, 0);
	return NULL;
}

START_TEST(the_first_use_by_many_threads_looks_once)
{
	pthread_t threads[8];
	CK_RV rv[8];

	make_machine();
	test_tpm_forget(&tpm);
	p11_start();
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, first_use, &rv[i]), 0);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		p11_is(CKR_OK, rv[i]);
	}
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_GetTime), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("tripwire");
	TCase *tcase = tcase_create("tripwire");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_reset_closes_a_token_in_every_process);
	tcase_add_test(tcase, a_reset_is_noticed_by_a_process_only_when_it_unseals);
	tcase_add_test(tcase, a_token_that_tripped_spends_no_try_of_a_pin);
	tcase_add_test(tcase, an_answer_from_before_the_reset_does_not_hide_it);
	tcase_add_test(tcase, an_answer_that_is_kept_back_does_not_hide_it);
	tcase_add_test(tcase, a_token_that_was_never_looked_at_stays_closed_where_it_cant_be);
	tcase_add_test(tcase, a_folder_that_cant_be_written_closes_a_token_only_with_refuse);
	tcase_add_test(tcase, a_reset_before_the_first_use_in_a_boot_closes_a_token);
	tcase_add_test(tcase, the_same_goes_unnoticed_in_a_machine_that_slept);
	tcase_add_test(tcase, who_deletes_the_record_does_not_hide_a_reset);
	tcase_add_test(tcase,
	               a_tpm_in_software_that_is_started_late_is_taken_as_it_is_by_who_makes_a_token);
	tcase_add_test(tcase, the_first_use_by_many_threads_looks_once);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
