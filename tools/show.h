/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Showing a list of objects, as text or in JSON.
 */
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H

#include "tools/object.h"

/* Show the objects of the open token for which wanted says so; NULL shows all. */
enum tool_exit tool_show_objects(struct tool *tool,
                                 bool (*wanted)(const struct tool_object *object));

#endif
