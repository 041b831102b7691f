/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What is said of keys that hardware keeps for tokens.
 */
#ifndef TOOLS_KEPT_H
#define TOOLS_KEPT_H

#include "seal/resident.h"

#define TOOL_KEPT_HOW 256

/* Write the key's identity as the hardware shows it, in hexadecimal digits. */
void tool_kept_id(const struct sg_resident_found *key, char out[2 * SG_RESIDENT_ID + 1]);

/* Write which command removes a key from its HSM. */
void tool_kept_how(const struct sg_resident_found *key, char out[TOOL_KEPT_HOW]);

#endif
