/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Public keys as OpenSSH writes them.
 */
#include "crypto/ssh_line.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/p256.h"

/* OpenSSH public keys up to the bytes of the key [RFC 8709 §4, RFC 5656 §3.1]. */
static const uint8_t ssh_ed25519[] = {
	0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32,
};
static const uint8_t ssh_p256[] = {
	0, 0, 0, 19, 'e', 'c', 'd', 's', 'a', '-', 's', 'h', 'a', '2', '-', 'n', 'i', 's', 't', 'p',
	'2', '5', '6', 0, 0, 0, 8, 'n', 'i', 's', 't', 'p', '2', '5', '6', 0, 0, 0, 65,
};

static const struct ssh_type {
	const char *name;
	struct sg_bytes head;
	size_t len;             /* of the key behind it */
} ssh_types[] = {
	{ "ssh-ed25519 ", { ssh_ed25519, sizeof(ssh_ed25519) }, SG_ED25519_PUBLIC },
	{ "ecdsa-sha2-nistp256 ", { ssh_p256, sizeof(ssh_p256) }, SG_P256_POINT },
};

#define SSH_MAX (sizeof(ssh_p256) + SG_P256_POINT)

/* Append the strings one after the other, or nothing. */
static enum sg_err append_all(struct sg_buf *out, const char *const *strings, size_t n)
{
	size_t len = 0;
	enum sg_err err;

	for (size_t i = 0; i < n; i++)
		len += strlen(strings[i]);
	err = sg_buf_reserve(out, len);
	for (size_t i = 0; err == SG_OK && i < n; i++)
		err = sg_buf_append(out, sg_bytes_str(strings[i]));
	return err;
}

enum sg_err sg_ssh_line(struct sg_bytes public_key, const char *comment, struct sg_buf *out)
{
	const struct ssh_type *type = &ssh_types[public_key.len == SG_P256_POINT ? 1 : 0];
	uint8_t blob[SSH_MAX];
	char base64[sodium_base64_ENCODED_LEN(SSH_MAX, sodium_base64_VARIANT_ORIGINAL)];
	const bool commented = comment && *comment;
	const char *const strings[] = {
		type->name, base64, commented ? " " : "", commented ? comment : "", "\n",
	};

	if (public_key.len != type->len)
		return SG_ERR_RANGE;
	for (const char *c = comment; commented && *c; c++) {
		if ((uint8_t)*c < 0x20 || *c == 0x7f)
			return SG_ERR_ARG;
	}
	memcpy(blob, type->head.data, type->head.len);
	memcpy(blob + type->head.len, public_key.data, type->len);
	sodium_bin2base64(base64, sizeof(base64), blob, type->head.len + type->len,
	                  sodium_base64_VARIANT_ORIGINAL);
	return append_all(out, strings, 5);
}
