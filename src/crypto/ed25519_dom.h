/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. The two instances of Ed25519 that sign for a domain of their own: Ed25519ctx
 * and Ed25519ph [RFC 8032 §5.1]. Pure Ed25519 is in crypto/ed25519.h.
 */
#ifndef SG_CRYPTO_ED25519_DOM_H
#define SG_CRYPTO_ED25519_DOM_H

#include "crypto/ed25519.h"

#define SG_ED25519_CONTEXT_MAX 255
#define SG_ED25519_PREHASH 64           /* bytes of SHA-512, which Ed25519ph signs */

struct sg_ed25519_dom {
	bool prehashed;                 /* Ed25519ph: the message is the SHA-512 of another */
	struct sg_bytes context;        /* up to SG_ED25519_CONTEXT_MAX; Ed25519ctx needs one */
};

/* Sign as sg_ed25519_sign does. Errors: RANGE for wrong lengths, CRYPTO, SECURE_MEMORY. */
enum sg_err sg_ed25519_dom_sign(struct sg_ed25519_dom dom, struct sg_bytes key,
                                struct sg_bytes message,
                                uint8_t signature[SG_ED25519_SIGNATURE]);

/* Verify as sg_ed25519_verify does. Errors: TAG for a bad signature, RANGE for wrong lengths. */
enum sg_err sg_ed25519_dom_verify(struct sg_ed25519_dom dom, struct sg_bytes public_key,
                                  struct sg_bytes message, struct sg_bytes signature);

#endif
