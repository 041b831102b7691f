/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The machines that may sign: one key for whatever name, or a list in JSON.
 */
#ifndef TOOLS_MACHINES_H
#define TOOLS_MACHINES_H

#include <signet/request.h>

#include "tools/exit.h"

/* One of the list. */
struct tool_machine {
	char *id;
	struct sg_request_machine machine;
};

/* All zero is none; free it with tool_machines_free. */
struct tool_machines {
	struct tool_machine *list;
	size_t count;
	bool any;                       /* the first one signs under every name */
};

/* Read the file of --machines, or of --public-key. */
enum tool_exit tool_machines_read(const char *path, struct tool_machines *machines);
enum tool_exit tool_machines_key(const char *path, struct tool_machines *machines);
void tool_machines_free(struct tool_machines *machines);

/* See sg_request_lookup; context is a struct tool_machines. */
int tool_machines_lookup(void *context, struct sg_request_text id, struct sg_request_text header,
                         struct sg_request_machine *machine);

/* Return the word of a class. */
const char *tool_machine_class(enum sg_request_class kind);

#endif
