/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Handing the bytes of a root to a program: in memory that stays memory.
 */
#include "tools/deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/leave.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/token.h"
#include "tools/versions.h"

/* Since Linux 6.3; older ones refuse what they don't know. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static enum sg_err as_hex(struct sg_bytes bytes, struct sg_secret **text)
{
	enum sg_err err = sg_secret_new(2 * bytes.len + 1, text);

	if (err != SG_OK)
		return err;
	sg_hex_write(bytes, (*text)->data);
	(*text)->len = 2 * bytes.len;
	return SG_OK;
}

/* The forms that --format names. */
static const struct {
	const char *name;
	enum sg_err (*write)(struct sg_bytes bytes, struct sg_secret **text);
} forms[] = {
	{ "raw", sg_secret_copy },
	{ "hex", as_hex },
	{ "base64", sg_base64_write },
};

/* Read --format: the first form where it is not given. */
static enum tool_exit read_form(const struct tool *tool, size_t *form)
{
	const char *name = tool->value[OPT_FORMAT];

	*form = 0;
	if (name == NULL)
		return TOOL_OK;
	for (; *form < sizeof forms / sizeof forms[0]; (*form)++)
		if (strcmp(forms[*form].name, name) == 0)
			return TOOL_OK;
	return tool_fail(TOOL_USAGE, NULL, "--format is \"%s\", but must be raw, hex or base64",
	                 name);
}

/* Copy the value of the root that --root names. */
static enum tool_exit take(struct tool *tool, struct sg_secret **root)
{
	const char *name = tool->value[OPT_ROOT];
	struct tool_versions versions = { { NULL, 0, 0 }, NULL, 0 };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code = TOOL_OK;
	size_t which = 0;
	CK_RV rv;

	if (tool->session == 0)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_versions_find(tool, name, &versions);
	if (code == TOOL_OK)
		code = tool_version_choose(tool, &versions, &which);
	/* What somebody without the PIN put into the token under the name of a root is none. */
	if (code == TOOL_OK && !tool_version_trusted(tool, &versions.version[which].object))
		code = tool_fail(TOOL_NOT_FOUND, "signet root list shows the roots.",
		                 "\"%s\" is not a root of this token", name);
	if (code == TOOL_OK)
		key = versions.version[which].key;
	tool_versions_free(&versions);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	rv = tool_key_open(tool, key);
	if (rv == CKR_OK)
		rv = sg_leave_take(tool->session, key, CKF_SIGNET_LEAVE_DELIVER, root);
	if (rv == CKR_ACTION_PROHIBITED)
		return tool_fail(TOOL_FAILED, "Only roots that were made with --leave deliver do.",
		                 "the root \"%s\" does not leave its token as bytes", name);
	return rv == CKR_OK ? TOOL_OK : tool_fail_rv(rv, "can't unseal the root \"%s\"", name);
}

enum tool_exit tool_deliver_take(struct tool *tool, struct sg_secret **root)
{
	struct sg_secret *value = NULL;
	enum tool_exit code;
	enum sg_err err;
	size_t form;

	*root = NULL;
	code = read_form(tool, &form);
	if (code == TOOL_OK)
		code = take(tool, &value);
	if (code == TOOL_OK) {
		err = forms[form].write(sg_secret_bytes(value), root);
		if (err != SG_OK)
			code = tool_fail_err(err, "can't write the root as %s", forms[form].name);
	}
	sg_secret_free(&value);
	return code;
}

static int memory_file(void)
{
	int fd = memfd_create("signet-root", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	return fd >= 0 || errno != EINVAL
	               ? fd
	               : memfd_create("signet-root", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* Keep the one page of it in memory. A mapping that is shared would forbid the seal. */
static const void *lock_page(int fd, size_t len)
{
	void *page = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (mlock(page, len) != 0) {
		munmap(page, len);
		return NULL;
	}
	return page;
}

/* Write it while the page can't be swapped out. The kernel reads guarded memory by itself. */
static bool fill(int fd, const struct sg_secret *root)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	const void *page;
	bool done;

	if (ftruncate(fd, (off_t)root->len) != 0)
		return false;
	page = lock_page(fd, root->len);
	if (page == NULL)
		return false;
	done = write(fd, root->data, root->len) == (ssize_t)root->len &&
	       lseek(fd, 0, SEEK_SET) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0;
	/* The lock stays until this process executes something else, or ends. */
	return done;
}

enum tool_exit tool_deliver_file(const struct sg_secret *root, int *fd)
{
	*fd = memory_file();
	if (*fd < 0 || !fill(*fd, root)) {
		int error = errno;

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return tool_fail(TOOL_FAILED, "A page of memory must be locked: see LimitMEMLOCK= and "
		                 "ulimit -l.",
		                 "can't keep the root in a file in memory: %s", strerror(error));
	}
	return TOOL_OK;
}

/* The process that holds: it has nothing but the page and waits for the other one to end. */
static void hold(int fd, size_t len, int other, int ready)
{
	sigset_t all;
	struct pollfd ends = { .fd = 0, .events = POLLIN };

	/* A stop of the service is for the other one, which may take its time. */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)setsid();
	(void)prctl(PR_SET_NAME, "signet-hold");
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (chdir("/") != 0 || lock_page(fd, len) == NULL || dup2(other, 0) != 0 ||
	    dup2(ready, 1) != 1 || write(1, "", 1) != 1 || close_range(1, ~0U, 0) != 0)
		_exit(1);
	while (poll(&ends, 1, -1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* Start it as nobody's child: the program that comes in our place waits for its own. */
static bool start_holder(int fd, size_t len, int other, int ready)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		child = fork();
		if (child == 0)
			hold(fd, len, other, ready);
		_exit(child < 0);
	}
	if (child < 0)
		return false;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum tool_exit tool_deliver_hold(int fd, size_t len)
{
	int ready[2] = { -1, -1 }, self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	bool held = self >= 0 && pipe2(ready, O_CLOEXEC) == 0;
	ssize_t got = -1;
	char byte;

	if (held && start_holder(fd, len, self, ready[1])) {
		close(ready[1]);
		ready[1] = -1;
		do
			got = read(ready[0], &byte, 1);
		while (got < 0 && errno == EINTR);
	}
	for (int i = 0; i < 2; i++)
		if (ready[i] >= 0)
			close(ready[i]);
	if (self >= 0)
		close(self);
	return got == 1 ? TOOL_OK
	                : tool_fail(TOOL_FAILED, "See LimitMEMLOCK= and LimitNPROC= of the service, and "
	                            "ulimit -l and -u.",
	                            "can't keep the root out of swap while the program runs");
}
