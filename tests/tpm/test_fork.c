/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Forks and threads: a child does not disturb its parent's TPM, and threads
 * share a sealer.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"

static struct test_tpm tpm;
static struct sg_secret *plain;
static struct sg_buf blob;

/* Tell how many descriptors of this process are the TPM's device. */
static int device_descriptors(void)
{
	const char *path = tpm.tcti + strlen("device:");
	char link[64], target[128];
	int found = 0;
	ssize_t n;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		found += strcmp(target, path) == 0;
	}
	return found;
}

/* A child that is made in the middle of a call tells how many it has. */
static _Atomic bool fork_now;
static _Atomic pid_t child;
static _Atomic int before;

/* Tell how many a program gets that is started by posix_spawn(3), which runs no fork handlers. */
static int inherited_descriptors(void)
{
	char line[256];
	int status;

	snprintf(line, sizeof line, "exit $(ls -l /proc/self/fd | grep -c -e '-> %.90s$')",
	         tpm.tcti + strlen("device:"));
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static _Atomic bool spawn_now;
static _Atomic int inherited = -1;

static bool forker(void *arg, uint32_t code)
{
	(void)arg;
	if (spawn_now && code == TPM2_CC_Unseal) {
		before = device_descriptors();
		inherited = inherited_descriptors();
	}
	if (fork_now && child == 0 && code == TPM2_CC_Unseal) {
		before = device_descriptors();
		child = fork();
		if (child == 0)
			_exit(device_descriptors());
	}
	return true;
}

static void setup_sealer(void)
{
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
}

static void setup(void)
{
	test_tpm_start_wired(&tpm, NULL);
	setup_sealer();
}

static void setup_device(void)
{
	static const struct test_wire_hooks hooks = { .command = forker };

	test_tpm_start_device(&tpm, &hooks);
	setup_sealer();
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_buf_free(&blob);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(a_child_is_refused_and_sends_nothing)
{
	struct sg_secret *out = NULL;
	pid_t pid;

	test_tpm_forget(&tpm);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		bool refused;

		test_tpm_abandon(&tpm);
		refused = test_unseal(NULL, sg_buf_bytes(&blob), &out) == SG_ERR_ARG;

		sg_sealer_free(&test_sealer);
		_exit(refused && test_sealer == NULL ? 0 : 1);
	}
	ck_assert_int_eq(wait_for(pid), 0);
	ck_assert_uint_eq(tpm.count, 0);
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

START_TEST(a_child_that_opens_a_sealer_of_its_own_works)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct sg_secret *out = NULL;

		test_tpm_abandon(&tpm);
		sg_sealer_free(&test_sealer);
		test_sealer_on(tpm.tcti);
		_exit(test_unseal(NULL, sg_buf_bytes(&blob), &out) == SG_OK ? 0 : 1);
	}
	ck_assert_int_eq(wait_for(pid), 0);
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

/* One is the test's own. */
START_TEST(a_child_made_in_the_middle_does_not_keep_the_device)
{
	ck_assert_int_eq(device_descriptors(), 1);
	fork_now = true;
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(before, 2);
	ck_assert_int_eq(WEXITSTATUS(wait_for(child)), 1);
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_int_eq(device_descriptors(), 1);
}
END_TEST

START_TEST(a_program_started_in_the_middle_does_not_get_the_device)
{
	int own = inherited_descriptors();

	spawn_now = true;
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_int_eq(before, 2);
	ck_assert_int_eq(inherited, own);
}
END_TEST

#define THREADS 4
#define ROUNDS 5

static _Atomic int opened;

static void *open_often(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		opened += test_opens(NULL, &blob, plain);
	return NULL;
}

START_TEST(threads_share_a_sealer)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, open_often, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_int_eq(opened, THREADS * ROUNDS);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm fork");
	TCase *tcase = tcase_create("fork"), *device = tcase_create("device");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_child_is_refused_and_sends_nothing);
	if (test_child_can_have_threads())
		tcase_add_test(tcase, a_child_that_opens_a_sealer_of_its_own_works);
	tcase_add_test(tcase, threads_share_a_sealer);
	suite_add_tcase(s, tcase);
	tcase_add_checked_fixture(device, setup_device, teardown);
	tcase_add_test(device, a_child_made_in_the_middle_does_not_keep_the_device);
	tcase_add_test(device, a_program_started_in_the_middle_does_not_get_the_device);
	suite_add_tcase(s, device);
	return s;
}

int main(void)
{
	return test_run(suite());
}
