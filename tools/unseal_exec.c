/* SPDX-License-Identifier: Apache-2.0
 *
 * signet unseal exec: run a program that finds a root on a descriptor.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/deliver.h"
#include "tools/fail.h"

#define ENV_DEFAULT "SIGNET_ROOT_FD"
#define FD_LEAST 3
#define FD_MOST 1023

/* As shells do. */
#define EXIT_NOT_RUN 126
#define EXIT_NO_PROGRAM 127

/* Read --fd; -1 where it is not given. */
static enum tool_exit read_fd(const struct tool *tool, int *fd)
{
	const char *text = tool->value[OPT_FD];
	char *end;
	long n;

	*fd = -1;
	if (text == NULL)
		return TOOL_OK;
	n = strtol(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || n < FD_LEAST || n > FD_MOST)
		return tool_fail(TOOL_USAGE, tool->verb->example, "--fd takes a number from %d to %d",
		                 FD_LEAST, FD_MOST);
	*fd = (int)n;
	return TOOL_OK;
}

static enum tool_exit check_env(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			name = "";
	if (name[0] == '\0' || isdigit((unsigned char)name[0]))
		return tool_fail(TOOL_USAGE, "--env " ENV_DEFAULT " is what it is without --env.",
		                 "--env takes the name of a variable");
	return TOOL_OK;
}

/* Give the descriptor its number, and leave it open. */
static int settle(int from, int to)
{
	int flags;

	if (to < 0)
		to = from;
	else if (to != from && dup2(from, to) < 0)
		return -1;
	flags = fcntl(to, F_GETFD);
	return flags >= 0 && fcntl(to, F_SETFD, flags & ~FD_CLOEXEC) == 0 ? to : -1;
}

/* Become the program. */
static enum tool_exit become(const struct tool *tool, const char *env, int from, int to)
{
	char number[16];
	int fd = settle(from, to), error;

	if (fd < 0)
		return tool_fail(TOOL_FAILED, "See LimitNOFILE= of the service, and ulimit -n.",
		                 "can't give the root descriptor %d: %s", to, strerror(errno));
	snprintf(number, sizeof number, "%d", fd);
	if (setenv(env, number, 1) != 0)
		return tool_fail_err(SG_ERR_NOMEM, "can't set %s", env);
	execvp(tool->operand[0], tool->operand);
	error = errno;
	(void)tool_fail(TOOL_FAILED, NULL, "can't run %s: %s", tool->operand[0], strerror(error));
	return (enum tool_exit)(error == ENOENT ? EXIT_NO_PROGRAM : EXIT_NOT_RUN);
}

static enum tool_exit run(struct tool *tool)
{
	const char *env = tool_given(tool, OPT_ENV) ? tool->value[OPT_ENV] : ENV_DEFAULT;
	struct sg_secret *root = NULL;
	enum tool_exit code;
	int fd = -1, number;
	size_t len = 0;

	code = read_fd(tool, &number);
	if (code == TOOL_OK)
		code = check_env(env);
	if (code == TOOL_OK)
		code = tool_deliver_take(tool, &root);
	if (code == TOOL_OK) {
		len = root->len;
		code = tool_deliver_file(root, &fd);
	}
	sg_secret_free(&root);
	/* From here on the file is all that there is of it. */
	(void)C_Finalize(NULL);
	if (code == TOOL_OK)
		code = tool_deliver_hold(fd, len);
	if (code == TOOL_OK)
		code = become(tool, env, fd, number);
	if (fd >= 0)
		close(fd);
	return code;
}

const struct tool_verb tool_verb_unseal_exec = {
	.name = "unseal exec",
	.summary = "run a program that finds a root on a descriptor",
	.usage = "--root NAME [--version N] [--env VARIABLE] [--fd N]\n"
	         "                   [--format raw|hex|base64] [--token LABEL] [--pin-file FILE]\n"
	         "                   [--key-pin-file FILE] -- COMMAND [ARGUMENT]...",
	.text = "Unseals the newest version of a root that was made with --leave deliver, or the one of\n"
	        "--version, and becomes COMMAND, which reads its bytes from a file in memory that nobody\n"
	        "can write. The number of the descriptor stands in SIGNET_ROOT_FD; with --fd it is this\n"
	        "one, and /dev/fd/N names it. The bytes are in no argument, not in the environment and,\n"
	        "while COMMAND runs, not in swap. The exit code is that of COMMAND, 127 where there is\n"
	        "no such program, 126 where it can't be run.",
	.example = "signet unseal exec --root vault --fd 3 -- vaultd --root-key-file /dev/fd/3",
	.run = run,
	.options = { OPT_ROOT, OPT_VERSION, OPT_ENV, OPT_FD, OPT_FORMAT, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_KEY_PIN_FILE },
	.required = { OPT_ROOT },
	.operands = "COMMAND",
};
