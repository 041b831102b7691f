/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The key in an HSM that seals tokens. As a TPM has one storage root key, an HSM has
 * one such key for all tokens: it is found by its label, or made, and no token removes it. It is
 * not extractable, which is looked at.
 */
#ifndef SG_SEAL_HSM_SEAL_KEY_H
#define SG_SEAL_HSM_SEAL_KEY_H

#include "seal/hsm/pool.h"

/* What a key is for; the three kinds below are all there are. */
struct sg_hsm_key_kind {
	const char *label;
	CK_OBJECT_CLASS class;          /* of the half that opens */
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	CK_ATTRIBUTE_TYPE close, open;  /* what it may do, and nothing else */
};

extern const struct sg_hsm_key_kind sg_hsm_key_gcm;     /* AES-256 that encrypts */
extern const struct sg_hsm_key_kind sg_hsm_key_wrap;    /* AES-256 that wraps */
extern const struct sg_hsm_key_kind sg_hsm_key_rsa;     /* RSA-3072 that encrypts */

struct sg_hsm_seal_key {
	uint8_t id[SG_HSM_ID_MAX];      /* CKA_ID, of both halves of a pair */
	size_t id_len;
	bool made;
};

/* Find the key that the HSM's URI names, or else the one of the kind's label, or make it. Errors:
 * HSM_OTHER where none fits the URI; HSM_MECHANISM for a key that could leave the HSM, or is of
 * another kind. The caller is in a session (seal/hsm/pool.h). */
enum sg_err sg_hsm_seal_key_get(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
                                struct sg_hsm_seal_key *key);

/* Check that a key is of a type, stays in the HSM and can't be read there; name is for the log.
 * Errors: HSM_MECHANISM where not. */
enum sg_err sg_hsm_key_check(struct sg_hsm_session *s, CK_KEY_TYPE type, const char *name,
                             CK_OBJECT_HANDLE key);

/* Destroy a key that was made and is of no use. */
void sg_hsm_seal_key_undo(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
                          const struct sg_hsm_seal_key *key);

#endif
