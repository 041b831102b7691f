/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The list of signatures [provider-signature(7)].
 */
#include "provider/provider.h"

const OSSL_ALGORITHM sg_prov_signatures[] = {
	{ "ED25519:1.3.101.112", NULL, sg_prov_ed25519, "Ed25519 by a token" },
	{ "ECDSA", NULL, sg_prov_ecdsa, "ECDSA on P-256 by a token" },
	{ NULL, NULL, NULL, NULL }
};
