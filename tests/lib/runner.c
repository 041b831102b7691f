/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Check writes TAP to standard output.
 */
#include "lib/runner.h"

#include <stdlib.h>
#include <string.h>

/* Ten minutes end a test that hangs: how slow a machine is decides nothing. Check reads this
 * when a test case is made, and a test that is run by hand is to have it too. */
__attribute__((constructor)) static void set_limit(void)
{
	if (setenv("CK_DEFAULT_TIMEOUT", "600", 0) != 0)
		abort();
}

int test_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int run, failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool is_stage(const char *stage)
{
	const char *sanitizer = getenv("SIGNET_TEST_SANITIZER");

	return sanitizer != NULL && strcmp(sanitizer, stage) == 0;
}

bool test_can_fork_with_threads(void)
{
	return !is_stage("asan");
}

bool test_child_can_have_threads(void)
{
	return !is_stage("tsan");
}
