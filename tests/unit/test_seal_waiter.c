/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Waiting for a TPM in a thread of its own.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "seal/tpm/waiter.h"
#include "util/errand.h"

/* A TCTI on the heap, as that of tctildr: it takes a command and answers when it may. */
struct slow {
	TSS2_TCTI_CONTEXT_COMMON_V1 v1;
	TSS2_RC rc;
};

static pthread_mutex_t taking = PTHREAD_MUTEX_INITIALIZER, answering = PTHREAD_MUTEX_INITIALIZER;
static uint8_t taken[4];

static TSS2_RC slow_transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	(void)context;
	pthread_mutex_lock(&taking);
	pthread_mutex_unlock(&taking);
	memcpy(taken, command, size < sizeof taken ? size : sizeof taken);
	return TSS2_RC_SUCCESS;
}

static TSS2_RC slow_receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response,
                            int32_t timeout)
{
	(void)timeout;
	pthread_mutex_lock(&answering);
	pthread_mutex_unlock(&answering);
	memset(response, 'x', 5);
	*size = 5;
	return ((struct slow *)context)->rc;
}

static struct slow slow = {
	.v1 = { .version = 1, .transmit = slow_transmit, .receive = slow_receive },
};

static TSS2_TCTI_CONTEXT *inner;
static uint8_t answer[16];
static size_t len;

static TSS2_RC ask(int milliseconds)
{
	inner = (TSS2_TCTI_CONTEXT *)&slow;
	memset(answer, 0, sizeof answer);
	len = sizeof answer;
	return sg_waiter_ask(&inner, milliseconds, sg_bytes_str("help"), answer, &len);
}

START_TEST(an_answer_in_time_is_received)
{
	ck_assert_uint_eq(ask(60000), TSS2_RC_SUCCESS);
	ck_assert_mem_eq(taken, "help", 4);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(answer, "xxxxx\0", 6);
	ck_assert_ptr_eq(inner, &slow);
}
END_TEST

START_TEST(an_error_is_passed_on)
{
	slow.rc = TSS2_TCTI_RC_IO_ERROR;
	ck_assert_uint_eq(ask(60000), TSS2_TCTI_RC_IO_ERROR);
	ck_assert_ptr_eq(inner, &slow);
}
END_TEST

START_TEST(a_late_answer_is_nobody_s)
{
	pthread_mutex_lock(&answering);
	ck_assert_uint_eq(ask(10), SG_TCTI_RC_LATE);
	ck_assert_ptr_null(inner);
	ck_assert_uint_eq(answer[0], 0);
}
END_TEST

START_TEST(a_tpm_that_does_not_take_the_command_is_late_too)
{
	pthread_mutex_lock(&taking);
	ck_assert_uint_eq(ask(10), SG_TCTI_RC_LATE);
	ck_assert_ptr_null(inner);
	ck_assert_uint_eq(taken[0], 0);
}
END_TEST

START_TEST(a_name_that_is_none_is_an_error_at_once)
{
	const TSS2_RC rc = sg_waiter_open("nosuchtcti:", 60000, &inner);

	ck_assert_uint_ne(rc, TSS2_RC_SUCCESS);
	ck_assert_uint_ne(rc, SG_TCTI_RC_LATE);
	ck_assert_ptr_null(inner);
}
END_TEST

/* Return a socket that takes connections and says nothing. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

/* The TCTI asks a software TPM something while it connects. This one accepts, and hangs. */
START_TEST(a_tpm_that_hangs_when_it_is_connected_to_is_late)
{
	char *folder = scratch_make(), *path = scratch_path(folder, "tpm"), *name = NULL;
	char *control_path = scratch_path(folder, "tpm.ctrl");
	const int fd = listen_at(path), control = listen_at(control_path);
	struct pollfd connected = { .fd = control, .events = POLLIN };

	ck_assert_int_gt(asprintf(&name, "swtpm:path=%s", path), 0);
	ck_assert_uint_eq(sg_waiter_open(name, 100, &inner), SG_TCTI_RC_LATE);
	ck_assert_ptr_null(inner);
	ck_assert_int_eq(poll(&connected, 1, 60000), 1);
	close(control);
	close(fd);
	free(name);
	free(control_path);
	free(path);
	scratch_remove(&folder);
}
END_TEST

START_TEST(where_no_thread_may_be_made_the_caller_waits)
{
	sg_errand_allow(false);
	ck_assert_uint_eq(ask(0), TSS2_RC_SUCCESS);
	ck_assert_ptr_eq(inner, &slow);
	ck_assert_mem_eq(answer, "xxxxx\0", 6);
}
END_TEST

static pthread_t forker;
static bool forked;

static void note_forker(void)
{
	forked = true;
	forker = pthread_self();
}

/* Others wait for whoever holds the store before they fork, and he would wait for them. */
START_TEST(a_tcti_that_forks_is_opened_in_the_caller_s_thread)
{
	static const char *const names[] = { "cmd:cat", "pcap:cmd:cat" };

	/* Check's handler would pass on to this process what ends the child before its exec. */
	ck_assert_ptr_ne(signal(SIGTERM, SIG_DFL), SIG_ERR);
	ck_assert_int_eq(setenv("TCTI_PCAP_FILE", "/dev/null", 1), 0);
	ck_assert_int_eq(pthread_atfork(note_forker, NULL, NULL), 0);
	ck_assert_uint_eq(sg_waiter_open(names[_i], 60000, &inner), TSS2_RC_SUCCESS);
	ck_assert(forked);
	ck_assert(pthread_equal(forker, pthread_self()));
	sg_waiter_finalize(&inner);
}
END_TEST

START_TEST(nothing_is_finalized_where_nothing_is)
{
	sg_waiter_finalize(&inner);
	ck_assert_ptr_null(inner);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("waiter");
	TCase *tcase = tcase_create("waiter");

	tcase_add_test(tcase, an_answer_in_time_is_received);
	tcase_add_test(tcase, an_error_is_passed_on);
	tcase_add_test(tcase, a_late_answer_is_nobody_s);
	tcase_add_test(tcase, a_tpm_that_does_not_take_the_command_is_late_too);
	tcase_add_test(tcase, a_name_that_is_none_is_an_error_at_once);
	tcase_add_test(tcase, a_tpm_that_hangs_when_it_is_connected_to_is_late);
	tcase_add_test(tcase, where_no_thread_may_be_made_the_caller_waits);
	tcase_add_loop_test(tcase, a_tcti_that_forks_is_opened_in_the_caller_s_thread, 0, 2);
	tcase_add_test(tcase, nothing_is_finalized_where_nothing_is);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
