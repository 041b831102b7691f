/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Random bytes. Must never keep a pool that a child could inherit.
 */
#include "crypto/random.h"

#include <sodium.h>

void sg_random(uint8_t *out, size_t len)
{
	if (len > 0)
		randombytes_buf(out, len);
}

enum sg_err sg_random_secret(size_t len, struct sg_secret **out)
{
	enum sg_err err = sg_secret_new(len, out);

	if (err != SG_OK)
		return err;
	sg_random((*out)->data, len);
	(*out)->len = len;
	return SG_OK;
}
