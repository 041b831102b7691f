/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Deriving the keys of a token.
 */
#include "core/keyset.h"

#include <stdlib.h>

#include "crypto/kdf.h"

static enum sg_err derive(const struct sg_secret *key, const uint8_t uuid[SG_UUID],
                          const char *purpose, struct sg_secret **out)
{
	return sg_hkdf_sha256(sg_secret_bytes(key), sg_bytes(uuid, SG_UUID), sg_bytes_str(purpose),
	                      SG_TOKEN_KEY, out);
}

enum sg_err sg_public_key_derive(const struct sg_secret *token_key, const uint8_t uuid[SG_UUID],
                                 struct sg_secret **out)
{
	return derive(token_key, uuid, "signet/1 public half", out);
}

enum sg_err sg_keyset_derive(const struct sg_secret *key, const uint8_t uuid[SG_UUID],
                             struct sg_keyset **out)
{
	struct sg_keyset *keys = calloc(1, sizeof *keys);
	enum sg_err err;

	if (keys == NULL)
		return SG_ERR_NOMEM;
	atomic_init(&keys->refs, 1);
	err = derive(key, uuid, "signet/1 records", &keys->record);
	if (err == SG_OK)
		err = derive(key, uuid, "signet/1 authentication", &keys->mac);
	if (err != SG_OK)
		sg_keyset_free(&keys);
	*out = keys;
	return err;
}

struct sg_keyset *sg_keyset_ref(struct sg_keyset *keys)
{
	if (keys != NULL)
		atomic_fetch_add_explicit(&keys->refs, 1, memory_order_relaxed);
	return keys;
}

void sg_keyset_free(struct sg_keyset **keys)
{
	struct sg_keyset *mine = keys != NULL ? *keys : NULL;

	if (mine == NULL)
		return;
	*keys = NULL;
	if (atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) > 1)
		return;
	sg_secret_free(&mine->record);
	sg_secret_free(&mine->mac);
	free(mine);
}
