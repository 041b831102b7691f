/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What was attested, and its end.
 */
#include "seal/attest.h"

#include <string.h>

void sg_attest_keys_clear(struct sg_attest_keys *keys)
{
	sg_buf_free(&keys->ek);
	sg_buf_free(&keys->certificate);
	for (size_t i = 0; i < SG_ATTEST_BETWEEN; i++)
		sg_buf_free(&keys->between[i]);
	sg_buf_free(&keys->ak);
	sg_buf_free(&keys->ak_blob);
	sg_buf_free(&keys->parent);
	memset(keys, 0, sizeof *keys);
}

void sg_attest_object_clear(struct sg_attest_object *object)
{
	sg_buf_free(&object->blob);
	sg_buf_free(&object->area);
	sg_buf_free(&object->creation);
	sg_buf_free(&object->hash);
	sg_buf_free(&object->ticket);
	sg_buf_free(&object->lock);
	sg_policy_clear(&object->policy);
	memset(object, 0, sizeof *object);
}

void sg_attest_signed_clear(struct sg_attest_signed *attest)
{
	sg_buf_free(&attest->attest);
	memset(attest, 0, sizeof *attest);
}
