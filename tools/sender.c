/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Senders: reading --from, checking signatures of parcels, and saying what was sent.
 */
#include "tools/sender.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/object.h"
#include "tools/root.h"
#include "tools/signer_key.h"
#include "tools/text.h"
#include "tools/time.h"

static enum tool_exit verify(const struct sg_parcel *parcel)
{
	struct sg_buf message = { 0 };
	enum sg_err err = sg_parcel_signed(parcel, &message);

	if (err == SG_OK)
		err = sg_ed25519_verify(sg_bytes(parcel->signer, sizeof parcel->signer),
		                        sg_buf_bytes(&message),
		                        sg_bytes(parcel->signature, sizeof parcel->signature));
	sg_buf_free(&message);
	if (err == SG_ERR_TAG)
		return tool_fail(TOOL_MISMATCH, NULL, "the signature is wrong: what was sent was changed "
		                 "on its way");
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't check the signature");
}

enum tool_exit tool_sender_check(const struct tool *tool, const struct sg_parcel *parcel)
{
	const char *from = tool->value[OPT_FROM];
	uint8_t key[SG_PARCEL_SIGNER];
	enum tool_exit code = TOOL_OK;

	if (from != NULL)
		code = tool_signer_key_file(from, key);
	if (code == TOOL_OK && from != NULL && !parcel->is_signed)
		code = tool_fail(TOOL_MISMATCH, "signet root send --sign-with KEY signs it.",
		                 "what was sent is not signed, and --from asks for a signature");
	if (code == TOOL_OK && from != NULL && memcmp(key, parcel->signer, sizeof key) != 0)
		code = tool_fail(TOOL_MISMATCH, NULL, "what was sent is signed by another key than that of "
		                 "%s", from);
	return code == TOOL_OK && parcel->is_signed ? verify(parcel) : code;
}

/* Append a sentence that says what is known of the sender. */
static void tell_sender(const struct tool *tool, const struct sg_parcel *parcel,
                        struct tool_text *text)
{
	if (!parcel->is_signed) {
		tool_text_add(text, "Nothing proves who sent it: everybody can close a key for this TPM.");
		return;
	}
	tool_text_add(text, "It is signed by the Ed25519 key ");
	tool_text_base64(text, sg_bytes(parcel->signer, sizeof parcel->signer));
	tool_text_add(text, tool_given(tool, OPT_FROM) ? ", that of --from."
	                                               : ". Nothing proves whose key that is.");
}

/* Say of which root it is a version, which may be one that the token has. */
static void describe_version(const struct sg_sent_key *key, struct sg_bytes root,
                             struct tool_text *text)
{
	const CK_ULONG version = sg_attrs_ulong(&key->attrs, CKA_SIGNET_VERSION);

	if (root.len == 0 || version == CK_UNAVAILABLE_INFORMATION)
		return;
	tool_text_add(text, ", version %lu of the root \"", version);
	tool_text_name(text, root);
	tool_text_add(text, "\",");
}

static void describe_uses(const struct sg_attrs *attrs, struct tool_text *text)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const char *name;
	} uses[] = {
		{ CKA_SIGN, "sign" },       { CKA_VERIFY, "verify" }, { CKA_ENCRYPT, "encrypt" },
		{ CKA_DECRYPT, "decrypt" }, { CKA_WRAP, "wrap" },     { CKA_UNWRAP, "unwrap" },
		{ CKA_DERIVE, "derive" },
	};
	const char *between = " It may ";

	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
		if (!sg_attrs_bool(attrs, uses[i].type))
			continue;
		tool_text_add(text, "%s%s", between, uses[i].name);
		between = ", ";
	}
	tool_text_add(text, "%s\n", between[0] == ',' ? "." : "");
}

void tool_sender_describe(const struct tool *tool, const struct sg_parcel *parcel,
                          const struct sg_sent_key *key, const struct tool_sent_names *names,
                          struct tool_text *text)
{
	const struct sg_attrs *attrs = &key->attrs;
	CK_ULONG leave = sg_attrs_ulong(attrs, CKA_SIGNET_LEAVE);
	struct tool_object shown = {
		.key_type = sg_attrs_ulong(attrs, CKA_KEY_TYPE), .bits = key->value->len * 8,
	};
	char type[32], made[32];

	tool_key_type_name(&shown, type);
	tool_date(key->made, made, sizeof made);
	tool_text_add(text, "The %s key \"", type);
	tool_text_name(text, names->label);
	tool_text_add(text, "\"");
	describe_version(key, names->root, text);
	tool_text_add(text, " was sent on %s by a machine that calls itself \"", made);
	tool_text_name(text, sg_buf_bytes(&key->host));
	tool_text_add(text, "\".");
	describe_uses(attrs, text);
	tool_text_add(text, "By these ways it may leave again: %s.\n",
	              tool_root_ways(leave == CK_UNAVAILABLE_INFORMATION ? 0 : leave));
	tell_sender(tool, parcel, text);
}
