/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Key files that hold a URI (crypto/uri_pem.h), as OpenSSL's decoders have it: one takes
 * the bytes out of PEM, one for each kind of key takes the URI out of them and opens it. The
 * structure has the name that pkcs11-provider gives it, so where both are active either opens
 * the file.
 */
#ifndef SG_PROVIDER_DECODE_H
#define SG_PROVIDER_DECODE_H

#include "provider/provider.h"

#define SG_PROV_STRUCTURE "pk11-uri"

/* A decoder keeps nothing: its context is the provider. */
void *sg_prov_decoder_new(void *provider);
void sg_prov_decoder_free(void *ctx);

extern const OSSL_DISPATCH sg_prov_decode_pem[];

/* All of them, for the table of operations. */
extern const OSSL_ALGORITHM sg_prov_decoders[];

#endif
