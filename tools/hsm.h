/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The HSMs that --hsm names, for verbs that seal a token.
 */
#ifndef TOOLS_HSM_H
#define TOOLS_HSM_H

#include "seal/sealer.h"
#include "tools/text.h"
#include "tools/tool.h"
#include "util/config.h"

/* Check that what --hsm names can be HSMs; says what is wrong. */
enum tool_exit tool_hsms_check(const struct tool *tool);

/* Put the HSMs of the command line, if there are some, in the place of those of a configuration.
 * Errors: NOMEM; what else there could be was checked. */
enum sg_err tool_hsms_take(const struct tool *tool, struct sg_config *config);

/* Return what is to seal: what --sealer says, or what the HSMs that are named imply, and the TPM
 * with them where --tpm names it too, or what is configured. A list is written to out. */
const char *tool_hsms_sealer(const struct tool *tool, const struct sg_config *config,
                             char out[SG_SEALER_NAME]);

/* Say which lines the configuration needs from now on; nothing without --hsm, or where it has
 * them. */
void tool_hsms_tell(const struct tool *tool, struct tool_text *text);

#endif
