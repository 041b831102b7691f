/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The list of machines that the command reads: all of them can be looked up by their
 * names, or the list is refused.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/input.h"
#include "tools/machines.h"
#include "util/bytes.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

/* What the command says of a list goes nowhere. */
static enum tool_exit read_quietly(const char *path, struct tool_machines *machines)
{
	const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	const int none = open("/dev/null", O_WRONLY | O_CLOEXEC);
	enum tool_exit code;

	need(kept >= 0 && none >= 0 && dup2(none, STDERR_FILENO) >= 0, "files");
	code = tool_machines_read(path, machines);
	need(dup2(kept, STDERR_FILENO) >= 0 && close(kept) == 0 && close(none) == 0, "files");
	return code;
}

static void look_up(struct tool_machines *machines, size_t i)
{
	const struct sg_request_text nothing = { NULL, 0 };
	const struct sg_request_text id = sg_request_text(machines->list[i].id);
	struct sg_request_machine machine;

	memset(&machine, 0, sizeof machine);
	need(tool_machines_lookup(machines, id, nothing, &machine) == 1 &&
	     strcmp(machine.id, id.data) == 0, "a machine is not found");
	need(machine.n_keys >= 1 && machine.n_keys <= SG_REQUEST_KEYS_MAX, "it has no key");
	need(tool_machine_class(machine.kind) != NULL, "it has no class");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const int fd = memfd_create("machines", MFD_CLOEXEC);
	struct tool_machines machines = { .list = NULL };
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	need(fd >= 0 && write(fd, data, len) == (ssize_t)len, "a file");
	if (read_quietly(path, &machines) == TOOL_OK)
		for (size_t i = 0; i < machines.count; i++)
			look_up(&machines, i);
	tool_machines_free(&machines);
	close(fd);
	return 0;
}
