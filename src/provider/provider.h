/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What OpenSSL made when it loaded the provider: the functions of its core that we call,
 * and what the configuration says. One for each library context that loads us. Nothing is loaded,
 * initialised or asked before the first URI is opened: a PKCS#11 module may use OpenSSL itself.
 */
#ifndef SG_PROVIDER_PROVIDER_H
#define SG_PROVIDER_PROVIDER_H

#include <openssl/core_dispatch.h>

#include "provider/section.h"

struct sg_prov_link;

/* The operations that we offer; each table stands at the end of the file that does it. Properties
 * in its rows, such as input=der, are given out behind the one that is the provider's name. */
extern const OSSL_ALGORITHM sg_prov_keymgmts[], sg_prov_signatures[], sg_prov_stores[],
	sg_prov_decoders[], sg_prov_encoders[];
extern const OSSL_DISPATCH sg_prov_ed25519[], sg_prov_ecdsa[];

#define SG_PROV_OPERATIONS 5
#define SG_PROV_ALGORITHMS 4            /* of one operation, with the row that ends them */
#define SG_PROV_PROPERTIES 128          /* bytes of a list of them */

struct sg_provider {
	const OSSL_CORE_HANDLE *handle;
	OSSL_FUNC_core_get_params_fn *get_params;
	OSSL_FUNC_core_new_error_fn *new_error;
	OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
	OSSL_FUNC_core_vset_error_fn *vset_error;
	OSSL_FUNC_BIO_gets_fn *bio_gets;
	OSSL_FUNC_BIO_read_ex_fn *bio_read_ex;
	OSSL_FUNC_BIO_write_ex_fn *bio_write_ex;
	struct sg_prov_section section;
	OSSL_ALGORITHM algorithms[SG_PROV_OPERATIONS][SG_PROV_ALGORITHMS];
	char properties[SG_PROV_OPERATIONS][SG_PROV_ALGORITHMS][SG_PROV_PROPERTIES];
	struct sg_prov_link *links;     /* guarded by the lock of link.c */
};

#endif
