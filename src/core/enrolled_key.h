/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Keys whose sealed blob exists before their object: an enrolment made it, and showed how.
 * And the hardware of a token for who makes it.
 */
#ifndef SG_CORE_ENROLLED_KEY_H
#define SG_CORE_ENROLLED_KEY_H

#include "core/pkcs11.h"
#include "core/token.h"

/* Who gave an Ed25519 key its secret: the values of CKA_SIGNET_ORIGIN, which is not there for keys
 * of which nothing is known. */
enum sg_key_origin {
	SG_KEY_ORIGIN_HOST = CK_SIGNET_ORIGIN_HOST,
	SG_KEY_ORIGIN_TPM = CK_SIGNET_ORIGIN_TPM,
	SG_KEY_ORIGIN_VAULT = CK_SIGNET_ORIGIN_VAULT,
};

/* A key. All views are the caller's. */
struct sg_enrolled_key {
	struct sg_bytes label, id;
	const uint8_t *public_key;      /* 32 bytes */
	struct sg_bytes blob;           /* of the seed, for the token's sealer */
	enum sg_key_origin origin;
};

/* Add both halves of an Ed25519 key to the token of a read-write session that sees private objects:
 * sensitive, not extractable, for signatures. The blob is opened once and must hold the seed of
 * that public key. Where the token has a private key of that id and public key already, nothing is
 * added and that one is found: so it can be called again after any interruption. *key is the
 * private half. Errors: CKR_SIGNET_... of opening the blob, CKR_ATTRIBUTE_VALUE_INVALID for another
 * key's blob, those of making an object. */
CK_RV sg_enrolled_key_add(CK_SESSION_HANDLE session, const struct sg_enrolled_key *enrolled,
                          CK_OBJECT_HANDLE *key);

/* Call fn with the sealer of a token, which is open, and the identity of its parent; nobody else
 * asks the hardware about this token meanwhile. Errors: CLOSED, those of fn. */
enum sg_err sg_token_ask_sealer(struct sg_token *token,
                                enum sg_err (*fn)(struct sg_sealer *sealer, struct sg_bytes parent,
                                                  void *arg), void *arg);

#endif
