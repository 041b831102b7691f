/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Writes private keys as DER, in guarded memory.
 */
#include "crypto/pkcs8.h"

#include <string.h>

#define KEY_MAX 64
#define FRAME 9         /* bytes around the AlgorithmIdentifier and the key */

size_t sg_pkcs8_len(struct sg_bytes algorithm, size_t len)
{
	return FRAME + algorithm.len + len;
}

enum sg_err sg_pkcs8_write(struct sg_bytes algorithm, struct sg_bytes key, struct sg_secret **out)
{
	/* All lengths stay below 128, so they take a byte each. */
	const size_t len = sg_pkcs8_len(algorithm, key.len);
	const uint8_t head[] = { 0x30, (uint8_t)(len - 2), 0x02, 1, 0 };
	const uint8_t strings[] = { 0x04, (uint8_t)(key.len + 2), 0x04, (uint8_t)key.len };
	struct sg_secret *der = NULL;
	uint8_t *at;
	enum sg_err err;

	*out = NULL;
	if (key.len < 1 || key.len > KEY_MAX || len - 2 > 127)
		return SG_ERR_RANGE;
	err = sg_secret_new(len, &der);
	if (err != SG_OK)
		return err;
	at = mempcpy(der->data, head, sizeof(head));
	at = mempcpy(at, algorithm.data, algorithm.len);
	at = mempcpy(at, strings, sizeof(strings));
	memcpy(at, key.data, key.len);
	der->len = len;
	*out = der;
	return SG_OK;
}
