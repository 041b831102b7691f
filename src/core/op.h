/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. One cryptographic operation of a session, from *Init to its end, driven
 * the same way for every mechanism: sizes first, then work, and any error but
 * CKR_BUFFER_TOO_SMALL ends it [PKCS#11 3.1 §5.2]. The caller holds the session's lock.
 */
#ifndef SG_CORE_OP_H
#define SG_CORE_OP_H

#include "core/object.h"
#include "crypto/aes.h"
#include "crypto/aes_cbc.h"
#include "crypto/aes_gcm.h"
#include "crypto/digest.h"
#include "crypto/mac.h"

struct sg_session;
struct sg_token;
struct sg_mech;
struct sg_message;
struct sg_message_fns;

enum sg_op_kind {
	SG_OP_DIGEST,
	SG_OP_SIGN,
	SG_OP_VERIFY,
	SG_OP_ENCRYPT,
	SG_OP_DECRYPT,
	SG_OP_VERIFY_SIGNATURE,         /* verification whose signature is given first */
	SG_OP_MESSAGE_ENCRYPT,          /* these are driven by core/op_message.h */
	SG_OP_MESSAGE_DECRYPT,
	SG_OPS
};

/* A kind of key that a mechanism works with; a list of them ends with SG_KEY_KINDS_END. */
struct sg_key_kind {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	bool resident;                          /* one in the hardware; else never such */
};
#define SG_KEY_KINDS_END { CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION, false }

/* Which call of an operation is being made. */
enum sg_op_phase {
	SG_OP_ONCE,
	SG_OP_UPDATE,
	SG_OP_FINAL,
};

/* Whether an operation waits for a PIN, because its key asks for it at each use, or has one of its
 * own and was not opened yet. */
enum sg_op_pin {
	SG_PIN_UNASKED,
	SG_PIN_WANTED,
	SG_PIN_GIVEN,
};

/* All zero: no operation. */
struct sg_op {
	const struct sg_mech *mech;
	const struct sg_op_fns *fns;            /* of the mechanism, for this kind */
	struct sg_token *token;                 /* of the session; borrowed */
	struct sg_object *key;                  /* owned reference, NULL for a digest */
	const struct sg_secret *secret;         /* of the key, NULL where it has none here */
	bool multipart;                         /* an update has been made, or a message begun */
	const atomic_uint *closings;            /* of the key's half; NULL without a key */
	unsigned epoch;                         /* their number when the operation began */
	enum sg_op_pin pin;
	uint64_t order;                         /* among those of the session that asked for one */

	struct sg_buf signature;                /* to be verified, where it was given first */
	const struct sg_message *message;       /* of C_WrapKeyAuthenticated and such; borrowed */

	/* What several mechanisms keep. */
	struct sg_buf data;                     /* parts, gathered where all is needed at once */
	struct sg_digest *digest;               /* of the parts */

	/* What one mechanism keeps. Not a union: all zero must be nothing for each of them. */
	struct {
		struct sg_buf iv, aad;
		size_t tag_len;
		struct sg_gcm *run;             /* of an encryption in parts */
	} gcm;
	struct {
		uint8_t iv[SG_AES_BLOCK];
		struct sg_cbc *run;
	} cbc;
	struct {
		uint8_t counter[SG_AES_BLOCK];
		struct sg_aes *run;
		uint64_t left;                  /* bytes until the counter would start again */
	} ctr;
	struct {
		size_t len;
		struct sg_mac_run *run;
	} mac;
	struct {
		bool dom;                       /* not pure; then with a context */
		bool prehash;                   /* ... of a digest */
		struct sg_buf context;
	} eddsa;
	struct {
		CK_ULONG kdf;                   /* CKD_ */
		struct sg_buf point, shared_data;
	} ecdh;
	struct {
		const struct sg_mac_alg *hmac;
		bool extract, expand;
		struct sg_buf salt, info;
		CK_OBJECT_HANDLE salt_key;      /* or the salt is a key */
	} hkdf;
};

/* What a mechanism does in one kind of operation. A NULL is a phase it does not have. */
struct sg_op_fns {
	const struct sg_key_kind *keys;         /* kinds of key; NULL for a digest */

	/* Check that the key and the parameter go together; NULL: they always do. */
	CK_RV (*fits)(const struct sg_op *op);

	/* Say how many bytes a phase gives out for in_len bytes, or why it can't. */
	CK_RV (*size)(const struct sg_op *op, enum sg_op_phase phase, size_t in_len,
	              size_t *out_len);

	/* Say the same exactly, where size can't know it without the bytes; NULL: size can.
	 * Called right before the work, and again after too small a buffer. */
	CK_RV (*exact)(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in,
	               size_t *out_len);

	/* Do it: out has room for what size, or exact, said; for SG_OP_FINAL in is empty. */
	CK_RV (*once)(struct sg_op *op, struct sg_bytes in, uint8_t *out);
	CK_RV (*update)(struct sg_op *op, struct sg_bytes in, uint8_t *out);
	CK_RV (*final)(struct sg_op *op, uint8_t *out);

	/* Verification instead: of a whole message, or after updates with an empty one. */
	CK_RV (*verify)(struct sg_op *op, struct sg_bytes in, struct sg_bytes signature);

	/* Messages instead (core/op_message.h). */
	const struct sg_message_fns *message;
};

/* Start an operation with a key of the session's token; key is ignored for a digest.
 * Errors: OPERATION_ACTIVE, MECHANISM_INVALID, MECHANISM_PARAM_INVALID,
 * KEY_HANDLE_INVALID, KEY_TYPE_INCONSISTENT, KEY_FUNCTION_NOT_PERMITTED. */
CK_RV sg_op_begin(struct sg_session *session, enum sg_op_kind kind, const CK_MECHANISM *mechanism,
                  CK_OBJECT_HANDLE key);

/* Make one phase. out may be NULL to ask for the size, which *out_len gets; out_len
 * is NULL where the phase gives out nothing. Errors: OPERATION_NOT_INITIALIZED,
 * OPERATION_ACTIVE for one-shot after an update, BUFFER_TOO_SMALL, USER_NOT_LOGGED_IN where
 * the key's PIN was not given, the mechanism's. */
CK_RV sg_op_run(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in, uint8_t *out,
                CK_ULONG *out_len);

/* Verify: in one shot, or at the end of updates. Errors: SIGNATURE_INVALID, SIGNATURE_LEN_RANGE. */
CK_RV sg_op_verify(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in,
                   struct sg_bytes signature);

/* Get the material of a key for a call that has no Init function. Where the key has a PIN of its
 * own and was not opened with it yet, the session notes that it asked for it. Errors:
 * USER_NOT_LOGGED_IN then, those of sg_token_material. */
CK_RV sg_op_material(struct sg_session *session, CK_OBJECT_HANDLE handle, struct sg_object *key,
                     const struct sg_secret **out);

/* C_Login with CKU_CONTEXT_SPECIFIC: let the hardware check the user's PIN, or the key's own
 * where it has one, and with it open the operation that asked for one last; no other operation,
 * of this key or in another session, is opened by it [PKCS#11 3.1 §4.9]. Where a call without an
 * Init function was the last to ask, the PIN opens that call's key. Errors:
 * OPERATION_NOT_INITIALIZED where none asked, USER_ALREADY_LOGGED_IN where it was given already,
 * PIN_INCORRECT, PIN_LOCKED, those of opening a key. */
CK_RV sg_op_login(struct sg_session *session, struct sg_bytes pin);

/* Start a verification whose signature is given first, and make a phase of it, with in
 * empty at the end [PKCS#11 3.2 §5.15]. Errors as above. */
CK_RV sg_op_begin_signature(struct sg_session *session, const CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key, struct sg_bytes signature);
CK_RV sg_op_verify_signature(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in);

/* Tell whether there is an operation. One whose token was closed since it began is ended first. */
bool sg_op_active(struct sg_op *op);

/* Return what a mechanism says that it can (CKF_SIGN ...) where it has this kind. */
CK_FLAGS sg_op_flag(enum sg_op_kind kind);

/* End an operation and wipe what it gathered; fine when there is none. */
void sg_op_end(struct sg_op *op);

/* Work a part into op->digest, which is the mechanism's and begins with the first part. */
CK_RV sg_op_digest(struct sg_op *op, struct sg_bytes part);

/* Append a part to op->data, which has a bound. Errors: DATA_LEN_RANGE, HOST_MEMORY. */
CK_RV sg_op_gather(struct sg_op *op, struct sg_bytes part);

#endif
