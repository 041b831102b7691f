/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Public keys of those who sign.
 */
#include "tools/signer_key.h"

#include <string.h>

#include "crypto/pem.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/text.h"

#define KEY_FILE_MAX 16384

/* What stands before the 32 bytes: of a SubjectPublicKeyInfo [RFC 8410 §4], and of the blob in a
 * line of SSH [RFC 8709 §4]. */
static const uint8_t spki_head[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
};
static const uint8_t ssh_head[] = {
	0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32,
};

static bool behind(struct sg_bytes bytes, const uint8_t *head, size_t len, uint8_t *key)
{
	if (bytes.len != len + SG_ED25519_PUBLIC || memcmp(bytes.data, head, len) != 0)
		return false;
	memcpy(key, bytes.data + len, SG_ED25519_PUBLIC);
	return true;
}

/* View the second word of a line of SSH, or the whole text. */
static struct sg_bytes second_word(struct sg_bytes text)
{
	static const char type[] = "ssh-ed25519 ";
	const size_t len = sizeof type - 1;
	struct sg_bytes rest;
	const uint8_t *end;

	if (text.len < len || memcmp(text.data, type, len) != 0)
		return text;
	rest = sg_bytes(text.data + len, text.len - len);
	end = rest.len > 0 ? memchr(rest.data, ' ', rest.len) : NULL;
	return end != NULL ? sg_bytes(rest.data, (size_t)(end - rest.data)) : rest;
}

bool tool_signer_key_read(struct sg_bytes text, uint8_t key[SG_ED25519_PUBLIC])
{
	struct sg_buf bytes = { 0 };
	bool found = behind(text, spki_head, 0, key) ||
	             behind(text, spki_head, sizeof spki_head, key);

	if (!found)
		found = sg_pem_read(text, "PUBLIC KEY", KEY_FILE_MAX, &bytes) == SG_OK &&
		        behind(sg_buf_bytes(&bytes), spki_head, sizeof spki_head, key);
	if (!found && tool_base64_read(second_word(text), &bytes) == SG_OK)
		found = behind(sg_buf_bytes(&bytes), ssh_head, sizeof ssh_head, key) ||
		        behind(sg_buf_bytes(&bytes), ssh_head, 0, key);
	sg_buf_free(&bytes);
	return found;
}

enum tool_exit tool_signer_key_file(const char *path, uint8_t key[SG_ED25519_PUBLIC])
{
	struct sg_buf text = { 0 };
	enum tool_exit code = tool_read_file(path, KEY_FILE_MAX, &text);

	if (code == TOOL_OK && !tool_signer_key_read(sg_buf_bytes(&text), key))
		code = tool_fail(TOOL_USAGE, "signet pubkey --label KEY --format pem writes it, on the "
		                 "machine that signs.", "%s holds no public key of Ed25519", path);
	sg_buf_free(&text);
	return code;
}
