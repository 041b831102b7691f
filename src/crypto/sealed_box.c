/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Sealed boxes, by libsodium.
 */
#include "crypto/sealed_box.h"

#include <sodium.h>
#include <stdlib.h>

#include "crypto/stack.h"

_Static_assert(SG_BOX_MORE == crypto_box_SEALBYTES, "the size of what surrounds a box");

enum sg_err sg_box_close(struct sg_bytes public_key, const struct sg_secret *plain,
                         struct sg_buf *out)
{
	uint8_t *bytes;
	enum sg_err err;

	if (public_key.len != SG_X25519_LEN || !sg_x25519_public_valid(public_key))
		return SG_ERR_RANGE;
	bytes = calloc(1, plain->len + SG_BOX_MORE);
	if (bytes == NULL)
		return SG_ERR_NOMEM;
	err = crypto_box_seal(bytes, plain->data, plain->len, public_key.data) == 0
	      ? SG_OK : SG_ERR_RANGE;
	sodium_stackzero(SG_STACK_USED);
	if (err == SG_OK)
		err = sg_buf_set(out, sg_bytes(bytes, plain->len + SG_BOX_MORE));
	free(bytes);
	return err;
}

enum sg_err sg_box_open(const struct sg_secret *key, struct sg_bytes box, struct sg_secret **plain)
{
	enum sg_err err;

	*plain = NULL;
	if (key->len != 2 * SG_X25519_LEN || box.len < SG_BOX_MORE)
		return SG_ERR_RANGE;
	err = sg_secret_new(box.len - SG_BOX_MORE, plain);
	/* Whether the box is for this key is what the caller is told. */
	if (err == SG_OK &&
	    sg_secret_reveal((size_t)crypto_box_seal_open((*plain)->data, box.data, box.len,
	                                                  key->data + SG_X25519_LEN,
	                                                  key->data)) != 0)
		err = SG_ERR_TAG;
	sodium_stackzero(SG_STACK_USED);
	if (err != SG_OK) {
		sg_secret_free(plain);
		return err;
	}
	(*plain)->len = box.len - SG_BOX_MORE;
	return SG_OK;
}
