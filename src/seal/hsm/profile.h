/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. How an HSM closes a small key: by AES-GCM, AES key wrap with padding or RSA-OAEP,
 * and whose IV it is. Makers differ, so each way is tried when the first token is made, and what
 * worked is kept. The key that closes never leaves the HSM.
 */
#ifndef SG_SEAL_HSM_PROFILE_H
#define SG_SEAL_HSM_PROFILE_H

#include "client/pool.h"
#include "crypto/rsa_oaep.h"
#include "util/secret.h"

#define SG_HSM_SECRET 32                /* bytes that an HSM closes */
#define SG_HSM_CLOSED_MAX 1024          /* and what comes of them at most */
#define SG_HSM_KEY_ID 16                /* bytes of the CKA_ID of a key that is made */

/* The ways, as they are stored; none is given another meaning. */
enum sg_hsm_way {
	SG_HSM_GCM = 1,                 /* CKM_AES_GCM */
	SG_HSM_KWP = 2,                 /* CKM_AES_KEY_WRAP_KWP [RFC 5649] */
	SG_HSM_PAD = 3,                 /* CKM_AES_KEY_WRAP_PAD, which means the same */
	SG_HSM_OAEP_SHA256 = 4,         /* CKM_RSA_PKCS_OAEP, with SHA-256 */
	SG_HSM_OAEP_SHA1 = 5,           /* with SHA-1, whose weakness is none here */
};

/* Whose IV that of AES-GCM is, as it is stored; 0 for another way. */
enum sg_hsm_iv {
	SG_HSM_IV_NONE = 0,
	SG_HSM_IV_OURS = 1,             /* we make it */
	SG_HSM_IV_WRITTEN = 2,          /* the HSM does, and writes it to pIv, where zeros stood */
	SG_HSM_IV_APPENDED = 3,         /* the HSM does, and appends it to the ciphertext */
};

/* One HSM's key and how it is used. */
struct sg_hsm_profile {
	enum sg_hsm_way way;
	enum sg_hsm_iv iv;
	uint8_t id[SG_CLIENT_ID_MAX];      /* CKA_ID of the key, or of both halves */
	size_t id_len;
	/* Of RSA-OAEP the public key, big-endian, pinned: closing is done here, and who answers
	 * with a key of his own later gets nothing. Empty for another way. */
	uint8_t modulus[SG_RSA_MODULUS_MAX], exponent[SG_RSA_EXPONENT_MAX];
	size_t modulus_len, exponent_len;
};

/* Find the key that seals, or make it, and how it is used: the first way that closes and opens.
 * A URI with object or id names the key to take. *made tells whether it was made. Errors:
 * HSM_MECHANISM where no way works, HSM_OTHER where the key that is named is not there. */
enum sg_err sg_hsm_profile_find(struct sg_client *hsm, struct sg_hsm_profile *profile, bool *made);

/* Close SG_HSM_SECRET bytes, and see that they open; the result replaces what out holds. aad is
 * bound to it where the way can do that. Errors: HSM_OTHER where the key is not there, or not to
 * be used any more; HSM_FAULT where they do not open. */
enum sg_err sg_hsm_close(struct sg_client *hsm, const struct sg_hsm_profile *profile,
                         struct sg_bytes aad, const struct sg_secret *plain, struct sg_buf *out);

/* Open what was closed; the caller frees *out. Errors: SEALED_DAMAGED for what was changed, or
 * where aad is another; HSM_OTHER. */
enum sg_err sg_hsm_open(struct sg_client *hsm, const struct sg_hsm_profile *profile,
                        struct sg_bytes aad, struct sg_bytes closed, struct sg_secret **out);

/* Ask whether the HSM has the profile's key. Errors: HSM_OTHER where not, and the HSM's. */
enum sg_err sg_hsm_profile_has_key(struct sg_client *hsm, const struct sg_hsm_profile *profile);

/* Tell whether a way closes by a public key. */
bool sg_hsm_way_is_pair(enum sg_hsm_way way);

/* Return the public key of a profile, which keeps its bytes. */
struct sg_rsa_public sg_hsm_profile_public(const struct sg_hsm_profile *profile);

/* Tell whether way and iv are a pair that exists. */
bool sg_hsm_profile_known(enum sg_hsm_way way, enum sg_hsm_iv iv);

/* Return the name of a way: "AES-GCM". */
const char *sg_hsm_way_name(enum sg_hsm_way way);

#endif
