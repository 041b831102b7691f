/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The command, run from a test in C.
 */
#include "lib/command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

char test_said[8192];

int test_command(const char *arguments)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char command[4096];
	size_t len;
	FILE *pipe;
	int status;

	snprintf(command, sizeof command, "exec 2>&1; %s/signet %s", build != NULL ? build : ".",
	         arguments);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	len = fread(test_said, 1, sizeof test_said - 1, pipe);
	test_said[len] = '\0';
	status = pclose(pipe);
	/* A shell may become the last command that it runs. */
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void test_require_said(const char *what)
{
	ck_assert_msg(strstr(test_said, what) != NULL, "not \"%s\": %s", what, test_said);
}

void test_require_unsaid(const char *what)
{
	ck_assert_msg(strstr(test_said, what) == NULL, "\"%s\": %s", what, test_said);
}
