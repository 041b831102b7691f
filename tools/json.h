/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Output in JSON, which is always valid UTF-8.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <jansson.h>

#include "tools/exit.h"
#include "util/bytes.h"

/* Have the library wipe what it frees: an enrolment token is in what it reads. Before all else. */
void tool_json_start(void);

/* Make a string; bytes that are no UTF-8 become U+FFFD. NULL: no memory. */
json_t *tool_json_text(struct sg_bytes text);

/* Make a string of hexadecimal digits. */
json_t *tool_json_hex(struct sg_bytes bytes);

/* Put a value, which it takes over, into an object or behind an array. What fails
 * for want of memory is told by tool_json_out. */
void tool_json_put(json_t *object, const char *key, json_t *value);
void tool_json_append(json_t *array, json_t *value);

/* Write the value to standard output and free it. */
enum tool_exit tool_json_out(json_t *value);

#endif
