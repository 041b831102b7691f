/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What is said of keys that hardware keeps for tokens.
 */
#include "tools/kept.h"

#include <stdio.h>

static const struct {
	unsigned half;
	const char *type;
} types[] = {
	{ SG_RESIDENT_SECRET_HALF, "secrkey" },
	{ SG_RESIDENT_PRIVATE_HALF, "privkey" },
	{ SG_RESIDENT_PUBLIC_HALF, "pubkey" },
};

void tool_kept_id(const struct sg_resident_found *key, char out[2 * SG_RESIDENT_ID + 1])
{
	sg_bytes_hex(sg_bytes(key->name.key, sizeof key->name.key), out);
	out[2 * SG_RESIDENT_ID] = '\0';
}

void tool_kept_how(const struct sg_resident_found *key, char out[TOOL_KEPT_HOW])
{
	char id[2 * SG_RESIDENT_ID + 1];
	const char *join = "";
	int at;

	tool_kept_id(key, id);
	at = snprintf(out, TOOL_KEPT_HOW,
	              "pkcs11-tool --module FILE --login --delete-object --id %s --type ", id);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if ((key->halves & types[i].half) == 0)
			continue;
		at += snprintf(out + at, TOOL_KEPT_HOW - (size_t)at, "%s%s", join, types[i].type);
		join = ", and again with --type ";
	}
}
