/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. An application that allows no threads: every pthread_create of the process is ours.
 */
#include <dlfcn.h>
#include <pthread.h>

#include "lib/device.h"
#include "lib/p11.h"
#include "lib/runner.h"

static pthread_t self;
static size_t made;

__attribute__((visibility("default"))) int
pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	if (pthread_equal(pthread_self(), self))        /* swtpm's wire has threads too */
		made++;
	return next(thread, attr, fn, arg);
}

static void set_up(void)
{
	test_device_setup_plain();
	self = pthread_self();
	made = 0;
}

static void use(CK_FLAGS flags)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK | flags };
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;

	p11_make_machine();
	made = 0;
	p11_ok(p11->C_Initialize(&args));
	s = p11_open(CKF_RW_SESSION);
	p11_make_pair(s, "pair", &public, &private);
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(the_hardware_is_waited_for_without_a_thread)
{
	use(CKF_LIBRARY_CANT_CREATE_OS_THREADS);
	ck_assert_uint_eq(made, 0);
}
END_TEST

START_TEST(where_threads_are_allowed_some_are_made)
{
	use(0);
	ck_assert_uint_gt(made, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("threadless");
	TCase *tc = tcase_create("threadless");

	tcase_add_checked_fixture(tc, set_up, test_device_teardown);
	tcase_add_test(tc, the_hardware_is_waited_for_without_a_thread);
	if (!test_device_is_hsm())
		tcase_add_test(tc, where_threads_are_allowed_some_are_made);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
