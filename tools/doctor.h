/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What the checks of signet doctor share. Each stands by itself, tells one line
 * or several, and changes nothing.
 */
#ifndef TOOLS_DOCTOR_H
#define TOOLS_DOCTOR_H

#include <jansson.h>

#include "tools/text.h"
#include "tools/tool.h"
#include "util/config.h"
#include "util/err.h"

enum doctor_result { FINE, WARN, FAIL };

struct doctor {
	json_t *json;                   /* NULL: text is wanted */
	struct tool_text text;
	bool failed;
};

/* Tell the result of a check, whose name is given first; fix may be NULL. */
void doctor_report(struct doctor *doctor, const char *check, enum doctor_result result,
                   const char *fix, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Tell a failure, with the lines of the library since tool_log_clear. */
void doctor_report_err(struct doctor *doctor, const char *check, enum sg_err err);

void doctor_check_crypto(struct doctor *doctor);
void doctor_check_memory(struct doctor *doctor);

/* Tell whether the TPM answers. */
bool doctor_check_tpm(struct doctor *doctor, const struct sg_config *config);

/* Look at each HSM that is configured. */
void doctor_check_hsms(struct doctor *doctor, const struct sg_config *config);

/* Tell whether tokens can be looked for in the state folder. */
bool doctor_check_state(struct doctor *doctor, const struct sg_config *config);

/* Who may open the device of the TPM. Nothing is told of a TPM that is no device. */
void doctor_check_device(struct doctor *doctor, const struct sg_config *config);

/* Whose rights this process has. */
void doctor_check_privileges(struct doctor *doctor);

void doctor_check_tokens(struct doctor *doctor);

/* Whether the roots of a token can be had back, where it shows them without a PIN. */
struct tool_token;
void doctor_check_roots(struct doctor *doctor, const struct tool_token *token);

/* The keys with a policy of their own in a token that opens: those that are seen without a PIN. */
void doctor_check_keys(struct doctor *doctor, CK_SLOT_ID slot);

/* What lies beside the stores: those of tokens that moved, and unfinished ones. */
struct sg_module;
void doctor_check_asides(struct doctor *doctor, struct sg_module *module);

/* What is left in the TPM of tokens that are gone. all_tell is false where the record of a token
 * may not name all that it needs: it can't be read or is not to be believed, or is an older one. */
struct tool_tokens;
void doctor_check_strays(struct doctor *doctor, struct sg_module *module,
                         const struct tool_tokens *tokens, bool all_tell);

/* Keys that live in the configured HSMs, and of which tokens they are. */
void doctor_check_kept(struct doctor *doctor, struct sg_module *module,
                       const struct tool_tokens *tokens);

#endif
