/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The key in an HSM that seals tokens. As a TPM has one storage root key, an HSM has
 * one such key for all tokens: it is found by its label, or made, and no token removes it. What the
 * HSM says of it is looked at before it seals (seal/hsm/trust.h).
 */
#ifndef SG_SEAL_HSM_SEAL_KEY_H
#define SG_SEAL_HSM_SEAL_KEY_H

#include "client/pool.h"

/* What a key is for; the three kinds below are all there are. */
struct sg_hsm_key_kind {
	const char *label;
	CK_OBJECT_CLASS class;          /* of the half that opens */
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	CK_ATTRIBUTE_TYPE close, open;  /* what it may do, and nothing else */
	const CK_ATTRIBUTE_TYPE *uses;  /* all that the half that opens could do */
	size_t n_uses;
};

extern const struct sg_hsm_key_kind sg_hsm_key_gcm;     /* AES-256 that encrypts */
extern const struct sg_hsm_key_kind sg_hsm_key_wrap;    /* AES-256 that wraps */
extern const struct sg_hsm_key_kind sg_hsm_key_rsa;     /* RSA-3072 that encrypts */

struct sg_hsm_seal_key {
	uint8_t id[SG_CLIENT_ID_MAX];      /* CKA_ID, of both halves of a pair */
	size_t id_len;
	bool made;
};

/* Find the key that the HSM's URI names, or else one of the kind's label that nobody can have put
 * there, or make it. Errors: HSM_OTHER where none fits the URI; CONFIG where two do; HSM_MECHANISM
 * where the one that it names is not to be used. The caller is in a session (client/pool.h). */
enum sg_err sg_hsm_seal_key_get(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                                struct sg_hsm_seal_key *key);

/* Look again at the key of that CKA_ID before it seals: another one may have taken its place.
 * Errors: HSM_OTHER where it is not to be used. */
enum sg_err sg_hsm_seal_key_check(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                                  struct sg_bytes id, CK_OBJECT_HANDLE handle);

/* Destroy a key that was made and is of no use. */
void sg_hsm_seal_key_undo(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                          const struct sg_hsm_seal_key *key);

#endif
