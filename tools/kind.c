/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The table of kinds of key pair.
 */
#include "tools/kind.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/p256.h"
#include "tools/fail.h"

#define BYTES(array) { array, sizeof array }

static const uint8_t ed25519[] = { SG_ED25519_OID };
static const uint8_t p256[] = { SG_P256_OID };

static const struct tool_kind kinds[] = {
	{
		.name = "ed25519", .type = CKK_EC_EDWARDS, .generate = CKM_EC_EDWARDS_KEY_PAIR_GEN,
		.sign = CKM_EDDSA, .params = BYTES(ed25519), .made = "Made the Ed25519 key pair",
	},
	{
		.name = "p256", .type = CKK_EC, .generate = CKM_EC_KEY_PAIR_GEN,
		.sign = CKM_ECDSA_SHA256, .params = BYTES(p256), .der = true,
		.made = "Made the P-256 key pair",
	},
};

enum tool_exit tool_kind_named(const struct tool *tool, const struct tool_kind **kind)
{
	const char *name = tool_given(tool, OPT_TYPE) ? tool->value[OPT_TYPE] : kinds[0].name;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			*kind = &kinds[i];
			return TOOL_OK;
		}
	return tool_fail(TOOL_USAGE, "ed25519 is sealed and signs in this machine's memory; p256 "
	                 "never leaves the TPM or HSM.",
	                 "--type is \"%s\", but must be ed25519 or p256", name);
}

enum tool_exit tool_kind_of(const struct tool *tool, CK_OBJECT_HANDLE key,
                            const struct tool_kind **kind)
{
	CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE attr = { CKA_KEY_TYPE, &type, sizeof type };
	CK_RV rv;

	tool_log_clear();
	rv = C_GetAttributeValue(tool->session, key, &attr, 1);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't read the key's type");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].type == type) {
			*kind = &kinds[i];
			return TOOL_OK;
		}
	return tool_fail(TOOL_FAILED, NULL, "\"%s\" is no key that signs", tool->value[OPT_LABEL]);
}
