/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. A signature that is being made or verified, of either kind of key.
 */
#ifndef SG_PROVIDER_OPERATION_H
#define SG_PROVIDER_OPERATION_H

#include "crypto/digest.h"
#include "provider/key.h"

struct sg_prov_hash;

struct sg_prov_operation {
	struct sg_provider *provider;
	struct sg_prov_key *key;

	/* ECDSA only. */
	const struct sg_prov_hash *hash;        /* NULL: whatever the digest is */
	struct sg_digest *digest;               /* of a message in progress */
};

/* For tables of OpenSSL's: make one, copy one with what is in progress, and free one, which may be
 * NULL. NULL where memory is exhausted. */
void *sg_prov_operation_new(void *provider, const char *properties);
void *sg_prov_operation_dup(void *operation);
void sg_prov_operation_free(void *operation);

#endif
