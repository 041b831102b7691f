/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What operations with both kinds of key begin and end with [provider-signature(7)].
 */
#include "provider/operation.h"

#include <stdlib.h>

void *sg_prov_operation_new(void *provider, const char *properties)
{
	struct sg_prov_operation *op = calloc(1, sizeof *op);

	(void)properties;
	if (op != NULL)
		op->provider = provider;
	return op;
}

void sg_prov_operation_free(void *operation)
{
	struct sg_prov_operation *op = operation;

	if (op == NULL)
		return;
	sg_digest_free(&op->digest);
	sg_prov_key_free(&op->key);
	free(op);
}

void *sg_prov_operation_dup(void *operation)
{
	const struct sg_prov_operation *op = operation;
	struct sg_prov_operation *copy = sg_prov_operation_new(op->provider, NULL);

	if (copy == NULL)
		return NULL;
	copy->hash = op->hash;
	if (op->key != NULL)
		copy->key = sg_prov_key_share(op->key);
	if (op->digest != NULL && sg_digest_dup(op->digest, &copy->digest) != SG_OK) {
		sg_prov_operation_free(copy);
		return NULL;
	}
	return copy;
}
