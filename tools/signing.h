/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Signing a request with a key of the token, as the options of `request sign` and `curl`
 * say. The key signs in the token; what is sent is the affair of others.
 */
#ifndef TOOLS_SIGNING_H
#define TOOLS_SIGNING_H

#include "tools/identity.h"
#include "tools/tool.h"

/* The options that both verbs take. */
#define TOOL_SIGNING_OPTIONS                                                                  \
	OPT_LABEL, OPT_FORM, OPT_REQUEST_ID, OPT_IDENTITY, OPT_AS, OPT_TIMESTAMP, OPT_NONCE,  \
		OPT_ALLOW_QUERY, OPT_COMPONENTS, OPT_SIG_LABEL, OPT_TAG, OPT_LIFETIME

/* What the options say. All zero is nothing; free it with tool_signing_free. */
struct tool_signing {
	struct tool_identity identity;
	struct sg_request_signing how;
	char *components;
};

/* Read the options. */
enum tool_exit tool_signing_read(const struct tool *tool, struct tool_signing *signing);
void tool_signing_free(struct tool_signing *signing);

/* Open the token, find the key and sign. The caller frees *signature with
 * sg_request_signature_free. */
enum tool_exit tool_signing_make(struct tool *tool, struct tool_signing *signing,
                                 const struct sg_request_message *message,
                                 struct sg_request_signature **signature);

/* Read --form; SG_REQUEST_ANY where it is not given. */
enum tool_exit tool_form_read(const struct tool *tool, enum sg_request_form *form);

/* Write a list of components as the library wants it: names with commas or spaces between get their
 * quotes, what has quotes is taken as it is. The caller frees *out, which is NULL where the option
 * isn't given. */
enum tool_exit tool_components_read(const struct tool *tool, enum tool_option option, char **out);

/* Read a number of seconds from 0 on; otherwise where the option isn't given. */
enum tool_exit tool_seconds_read(const struct tool *tool, enum tool_option option,
                                 int64_t otherwise, int64_t *out);

/* Tell that a request can't be signed or read, and return the exit code. */
enum tool_exit tool_fail_request(enum sg_request_reason reason, const char *what);

/* See that --sig-label, if it is given, can be the label of a signature. */
enum tool_exit tool_sig_label_check(const struct tool *tool);

#endif
