/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. KDFa and KDFe. A label goes in with its terminating zero, and no key here is longer
 * than one block, so that there is nothing to count.
 */
#include "crypto/tpm_kdf.h"

#include <sodium.h>
#include <string.h>

_Static_assert(SG_TPM_KDF_MAX == SG_MAC && SG_MAC == crypto_hash_sha256_BYTES, "one block");

static const uint8_t first[4] = { 0, 0, 0, 1 };

static struct sg_bytes with_zero(const char *label)
{
	return sg_bytes(label, strlen(label) + 1);
}

/* Make room for a block, of which len bytes count. */
static enum sg_err block_new(size_t len, struct sg_secret **out)
{
	enum sg_err err;

	*out = NULL;
	if (len == 0 || len > SG_TPM_KDF_MAX)
		return SG_ERR_RANGE;
	err = sg_secret_new(SG_TPM_KDF_MAX, out);
	if (err == SG_OK)
		(*out)->len = len;
	return err;
}

enum sg_err sg_tpm_kdfa(struct sg_bytes key, const char *label, struct sg_bytes u,
                        struct sg_bytes v, size_t len, struct sg_secret **out)
{
	uint8_t bits[4];
	const struct sg_bytes parts[] = {
		sg_bytes(first, sizeof first), with_zero(label), u, v, sg_bytes(bits, sizeof bits),
	};
	enum sg_err err = block_new(len, out);

	if (err != SG_OK)
		return err;
	sg_put_u32(bits, (uint32_t)(len * 8));
	sg_mac(key, parts, sizeof parts / sizeof parts[0], (*out)->data);
	return SG_OK;
}

enum sg_err sg_tpm_kdfe(struct sg_bytes shared, const char *label, struct sg_bytes u,
                        struct sg_bytes v, size_t len, struct sg_secret **out)
{
	const struct sg_bytes parts[] = {
		sg_bytes(first, sizeof first), shared, with_zero(label), u, v,
	};
	crypto_hash_sha256_state state;
	enum sg_err err = block_new(len, out);

	if (err != SG_OK)
		return err;
	/* These return 0, always. */
	(void)crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].len > 0)
			(void)crypto_hash_sha256_update(&state, parts[i].data, parts[i].len);
	(void)crypto_hash_sha256_final(&state, (*out)->data);
	sodium_memzero(&state, sizeof state);
	return SG_OK;
}
