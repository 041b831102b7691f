/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Who has closed a key that was sent: what is proven of it, and what isn't.
 */
#ifndef TOOLS_SENDER_H
#define TOOLS_SENDER_H

#include "core/sent_key.h"
#include "seal/parcel.h"
#include "tools/tool.h"

/* Check the signature of a parcel, if it has one; and where --from names a public key, that it is
 * by that key. */
enum tool_exit tool_sender_check(const struct tool *tool, const struct sg_parcel *parcel);

/* What a key will be called here. */
struct tool_sent_names {
	struct sg_bytes label;
	struct sg_bytes root;           /* of which it is a version, or empty */
};

/* Append some lines that say what was sent, and what is known of who sent it. */
struct tool_text;
void tool_sender_describe(const struct tool *tool, const struct sg_parcel *parcel,
                          const struct sg_sent_key *key, const struct tool_sent_names *names,
                          struct tool_text *text);

#endif
