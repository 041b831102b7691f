/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The switches of the faulty module.
 */
#include "lib/faulty.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/p11.h"
#include "lib/scratch.h"

#define PATIENCE 600                    /* of a second */

static struct faulty_function *find(const struct test_faulty *hsm, const char *function)
{
	size_t number;

	if (function == NULL)
		return &hsm->control->any;
	number = faulty_number(function);
	ck_assert_msg(number < FAULTY_FUNCTIONS, "there is no %s", function);
	return &hsm->control->functions[number];
}

static void copy_into(const char *from, const char *folder, const char *name)
{
	struct sg_buf bytes = test_file_read(from);

	free(scratch_write(folder, name, bytes.data, bytes.len, 0700));
	sg_buf_free(&bytes);
}

static struct faulty_control *make_control(const char *folder)
{
	static const struct faulty_control none;
	char *path = scratch_write(folder, FAULTY_CONTROL, &none, sizeof none, 0600);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *control;

	ck_assert_int_ge(fd, 0);
	control = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(control, MAP_FAILED);
	close(fd);
	free(path);
	return control;
}

void test_faulty_start(struct test_faulty *hsm, const char *below, const char *pin_file)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char built[4096];

	*hsm = (struct test_faulty){ .folder = scratch_make() };
	snprintf(built, sizeof built, "%s/.libs/faulty.so", build != NULL ? build : ".");
	copy_into(built, hsm->folder, FAULTY_MODULE);
	copy_into(below, hsm->folder, FAULTY_BELOW);
	hsm->control = make_control(hsm->folder);
	hsm->module = scratch_path(hsm->folder, FAULTY_MODULE);
	hsm->uri = test_hsm_uri(hsm->module, TEST_HSM_LABEL, pin_file);
}

void test_faulty_stop(struct test_faulty *hsm)
{
	for (size_t i = 0; hsm->control != NULL && i < FAULTY_FUNCTIONS; i++)
		test_faulty_release(hsm, faulty_rows[i].name);
	if (hsm->control != NULL)
		test_faulty_release(hsm, NULL);
	if (hsm->control != NULL)
		munmap(hsm->control, sizeof *hsm->control);
	scratch_remove(&hsm->folder);
	free(hsm->module);
	free(hsm->uri);
	*hsm = (struct test_faulty){ 0 };
}

/* Nothing fails while the numbers change. */
static void set_failure(struct faulty_function *f, uint64_t nth, uint64_t times, CK_RV rv,
                        bool after)
{
	uint64_t from = atomic_load(&f->calls) + nth;

	ck_assert_uint_ge(nth, 1);
	atomic_store(&f->to, 0);
	atomic_store(&f->rv, rv);
	atomic_store(&f->after, after);
	atomic_store(&f->from, from);
	atomic_store(&f->to, times < TEST_FOREVER - from ? from + times : TEST_FOREVER);
}

void test_faulty_fail(struct test_faulty *hsm, const char *function, uint64_t nth,
                      uint64_t times, CK_RV rv)
{
	set_failure(find(hsm, function), nth, times, rv, false);
}

void test_faulty_lose(struct test_faulty *hsm, const char *function, uint64_t nth,
                      uint64_t times, CK_RV rv)
{
	set_failure(find(hsm, function), nth, times, rv, true);
}

void test_faulty_at(struct test_faulty *hsm, const char *function, uint64_t nth,
                    enum faulty_event event)
{
	struct faulty_function *f = find(hsm, function);

	ck_assert_uint_ge(nth, 1);
	atomic_store(&f->event, FAULTY_NOTHING);
	atomic_store(&f->event_at, atomic_load(&f->calls) + nth);
	atomic_store(&f->event, event);
}

uint64_t test_faulty_calls(const struct test_faulty *hsm, const char *function)
{
	return atomic_load(&find(hsm, function)->calls);
}

/* What is set for a call to come keeps its distance. */
static void forget_calls(struct faulty_function *f)
{
	uint64_t calls = atomic_exchange(&f->calls, 0);
	uint64_t from = atomic_load(&f->from), to = atomic_load(&f->to);

	atomic_store(&f->to, 0);
	atomic_store(&f->from, from > calls ? from - calls : 0);
	atomic_store(&f->to, to == TEST_FOREVER ? to : to > calls ? to - calls : 0);
	if (atomic_load(&f->event_at) > calls)
		atomic_fetch_sub(&f->event_at, calls);
	else
		atomic_store(&f->event_at, 0);
}

void test_faulty_forget(struct test_faulty *hsm)
{
	for (size_t i = 0; i < FAULTY_FUNCTIONS; i++)
		forget_calls(&hsm->control->functions[i]);
	forget_calls(&hsm->control->any);
}

void test_faulty_hang(struct test_faulty *hsm, const char *function)
{
	atomic_store(&find(hsm, function)->closed, 1);
}

void test_faulty_await(struct test_faulty *hsm, const char *function, uint32_t many)
{
	struct faulty_function *f = find(hsm, function);
	uint32_t now;

	for (int i = 0; i < PATIENCE && (now = atomic_load(&f->waiting)) < many; i++)
		faulty_wait(&f->waiting, now);
	ck_assert_msg(atomic_load(&f->waiting) >= many, "nobody calls %s", function);
}

void test_faulty_release(struct test_faulty *hsm, const char *function)
{
	struct faulty_function *f = find(hsm, function);

	atomic_store(&f->closed, 0);
	faulty_wake(&f->closed);
}

void test_faulty_remove(struct test_faulty *hsm)
{
	atomic_store(&hsm->control->absent, true);
	test_faulty_restart(hsm);
}

void test_faulty_insert(struct test_faulty *hsm)
{
	atomic_store(&hsm->control->absent, false);
}

void test_faulty_restart(struct test_faulty *hsm)
{
	atomic_fetch_add(&hsm->control->generation, 1);
}

void test_faulty_limit_sessions(struct test_faulty *hsm, uint64_t limit)
{
	atomic_store(&hsm->control->session_limit, limit);
}

static struct faulty_mechanism *mechanism_row(struct test_faulty *hsm, CK_MECHANISM_TYPE type)
{
	struct faulty_control *control = hsm->control;
	unsigned n = atomic_load(&control->mechanism_count), i = 0;

	while (i < n && atomic_load(&control->mechanisms[i].type) != type)
		i++;
	ck_assert_uint_lt(i, FAULTY_MECHANISMS);
	atomic_store(&control->mechanisms[i].type, type);
	if (i == n)
		atomic_store(&control->mechanism_count, n + 1);
	return &control->mechanisms[i];
}

void test_faulty_mechanism(struct test_faulty *hsm, CK_MECHANISM_TYPE type, unsigned how)
{
	atomic_store(&mechanism_row(hsm, type)->how, how);
}

void test_faulty_mechanism_flags(struct test_faulty *hsm, CK_MECHANISM_TYPE type, CK_FLAGS away)
{
	atomic_store(&mechanism_row(hsm, type)->flags, away);
}

void test_faulty_gcm(struct test_faulty *hsm, enum faulty_gcm who, unsigned iv_len)
{
	ck_assert(who != FAULTY_GCM_APPENDED || (iv_len > 0 && iv_len <= 16));
	atomic_store(&hsm->control->gcm_iv_len, iv_len);
	atomic_store(&hsm->control->gcm, who);
}

void test_faulty_quirks(struct test_faulty *hsm, unsigned quirks)
{
	atomic_store(&hsm->control->quirks, quirks);
}

void test_faulty_lie(struct test_faulty *hsm, const char *function, uint64_t length)
{
	struct faulty_function *f = find(hsm, function);

	atomic_store(&f->length, length);
	atomic_store(&f->lies, true);
}

void test_faulty_garble(struct test_faulty *hsm, const char *function)
{
	atomic_store(&find(hsm, function)->garbles, true);
}

void test_faulty_honest(struct test_faulty *hsm, const char *function)
{
	struct faulty_function *f = find(hsm, function);

	atomic_store(&f->lies, false);
	atomic_store(&f->garbles, false);
}
