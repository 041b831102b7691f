/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Keys from standard input that are no key pairs.
 */
#ifndef TOOLS_IMPORT_H
#define TOOLS_IMPORT_H

#include "tools/tool.h"

/* Take a key for HMAC from standard input into the token: hexadecimal digits, or an API key
 * bax-ID-DIGITS, of which the digits are the key. */
enum tool_exit tool_import_hmac(struct tool *tool);

#endif
