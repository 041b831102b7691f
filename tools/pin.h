/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Reading PINs: from the terminal with echo off, straight into guarded
 * memory, or from what --pin-file names. Never from an argument or the environment.
 */
#ifndef TOOLS_PIN_H
#define TOOLS_PIN_H

#include "tools/tool.h"
#include "util/secret.h"

#define TOOL_SECRET_MAX 255

/* Read the PIN that an option names, or ask for it on the terminal where the option
 * is not given or says tty; twice for a new one. what is "the PIN of ...". The caller
 * frees *pin. */
enum tool_exit tool_pin_read(const struct tool *tool, enum tool_option option, const char *what,
                             bool twice, struct sg_secret **pin);

/* Read the PINs of the token that was chosen, which another step proves: the user's, unless only
 * the security officer's is given, and that one if it is. A machine token has none. The caller
 * frees both. */
enum tool_exit tool_pins_read(const struct tool *tool, struct sg_secret **pin,
                              struct sg_secret **so_pin);

/* Read the password of the TPM's owner hierarchy, if --owner-auth-file names one. The caller
 * frees *owner, which is NULL otherwise. */
enum tool_exit tool_owner_auth_read(const struct tool *tool, struct sg_secret **owner);

/* Ask on the terminal for the PIN of the HSM of that label; see sg_client_pin_ask. The caller frees
 * *pin. Errors: HSM_PIN where none was given, which was said. */
enum sg_err tool_hsm_pin(const char *label, struct sg_secret **pin);

#endif
