/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Recovery keys as text, and boxes with a root.
 */
#include "core/recovery.h"

#include <string.h>

#include "util/bech32.h"

#define VERSION 1
#define HEAD 5

static const char public_prefix[] = "signet", private_prefix[] = "signet-secret-key-";
static const uint8_t head[HEAD] = { 'S', 'G', 'R', 'R', VERSION };

enum sg_err sg_recovery_public_write(struct sg_bytes key, char text[SG_RECOVERY_PUBLIC + 1])
{
	struct sg_secret *written = NULL;
	enum sg_err err = sg_bech32_write(public_prefix, key, false, &written);

	if (err == SG_OK && written->len != SG_RECOVERY_PUBLIC)
		err = SG_ERR_RANGE;
	if (err == SG_OK) {
		memcpy(text, written->data, SG_RECOVERY_PUBLIC);
		text[SG_RECOVERY_PUBLIC] = '\0';
	}
	sg_secret_free(&written);
	return err;
}

enum sg_err sg_recovery_public_read(struct sg_bytes text, uint8_t key[SG_X25519_LEN],
                                    size_t *wrong)
{
	struct sg_secret *bytes = NULL;
	enum sg_err err = sg_bech32_read(public_prefix, text, SG_X25519_LEN, &bytes, wrong);

	if (err == SG_OK && !sg_x25519_public_valid(sg_secret_bytes(bytes)))
		err = SG_ERR_TAG;
	if (err == SG_OK)
		memcpy(key, bytes->data, SG_X25519_LEN);
	sg_secret_free(&bytes);
	return err;
}

enum sg_err sg_recovery_private_write(const struct sg_secret *key, struct sg_secret **text)
{
	return sg_bech32_write(private_prefix, sg_bytes(key->data, SG_X25519_LEN), true, text);
}

/* Return the first line that is no remark. What begins one, and where it ends, is no secret. */
static struct sg_bytes line_of(struct sg_bytes text)
{
	size_t len = 0;

	while (text.len > 0) {
		const uint8_t first = (uint8_t)sg_secret_reveal(text.data[0]);

		for (len = 0; len < text.len &&
		     sg_secret_reveal((text.data[len] ^ '\n') * (text.data[len] ^ '\r')) != 0;)
			len++;
		if (len > 0 && first != '#')
			break;
		len = len < text.len ? len + 1 : len;
		text = sg_bytes(text.data + len, text.len - len);
		len = 0;
	}
	return sg_bytes(text.data, len);
}

enum sg_err sg_recovery_private_read(struct sg_bytes text, struct sg_secret **key, size_t *wrong)
{
	struct sg_secret *bytes = NULL;
	enum sg_err err = sg_bech32_read(private_prefix, line_of(text), SG_X25519_LEN, &bytes,
	                                 wrong);

	*key = NULL;
	if (err == SG_OK)
		err = sg_x25519_from_private(sg_secret_bytes(bytes), key);
	sg_secret_free(&bytes);
	return err;
}

enum sg_err sg_recovery_close(struct sg_bytes public_key, const struct sg_secret *root,
                              struct sg_buf *out)
{
	struct sg_secret *plain = NULL;
	enum sg_err err;

	if (root->len != SG_RECOVERY_ROOT)
		return SG_ERR_RANGE;
	err = sg_secret_new(HEAD + SG_RECOVERY_ROOT, &plain);
	if (err != SG_OK)
		return err;
	memcpy(plain->data, head, HEAD);
	memcpy(plain->data + HEAD, root->data, SG_RECOVERY_ROOT);
	plain->len = HEAD + SG_RECOVERY_ROOT;
	err = sg_box_close(public_key, plain, out);
	sg_secret_free(&plain);
	return err;
}

enum sg_err sg_recovery_open(const struct sg_secret *key, struct sg_bytes box,
                             struct sg_secret **root)
{
	struct sg_secret *plain = NULL;
	enum sg_err err = sg_box_open(key, box, &plain);

	*root = NULL;
	if (err == SG_ERR_RANGE)
		err = SG_ERR_FORMAT;
	if (err == SG_OK && (plain->len != HEAD + SG_RECOVERY_ROOT ||
	                     !sg_secret_equal(sg_bytes(plain->data, HEAD), sg_bytes(head, HEAD))))
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_secret_copy(sg_bytes(plain->data + HEAD, SG_RECOVERY_ROOT), root);
	sg_secret_free(&plain);
	return err;
}
