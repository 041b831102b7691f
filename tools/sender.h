/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Who has closed a key that was sent: what is proven of it, and what isn't.
 */
#ifndef TOOLS_SENDER_H
#define TOOLS_SENDER_H

#include "seal/parcel.h"
#include "tools/tool.h"

/* Check the signature of a parcel, if it has one; and where --from names a public key, that it is
 * by that key. */
enum tool_exit tool_sender_check(const struct tool *tool, const struct sg_parcel *parcel);

/* Append a sentence that says what is known of the sender. */
struct tool_text;
void tool_sender_tell(const struct tool *tool, const struct sg_parcel *parcel,
                      struct tool_text *text);

#endif
