/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Public keys of Ed25519 of those who sign, in any form that people have them.
 */
#ifndef TOOLS_SIGNER_KEY_H
#define TOOLS_SIGNER_KEY_H

#include "crypto/ed25519.h"
#include "tools/exit.h"

/* Read a public key out of PEM, DER, 32 bytes, their base64, or a line of OpenSSH. False for
 * anything else. */
bool tool_signer_key_read(struct sg_bytes text, uint8_t key[SG_ED25519_PUBLIC]);

/* Read a file that holds one. */
enum tool_exit tool_signer_key_file(const char *path, uint8_t key[SG_ED25519_PUBLIC]);

#endif
