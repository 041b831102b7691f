/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Driving operations.
 */
#include "core/op.h"

#include "client/rv.h"
#include "core/access.h"
#include "core/mech.h"
#include "core/session.h"
#include "core/token_material.h"
#include "core/token_objects.h"

#define GATHER_MAX ((size_t)64 << 20)

/* What a mechanism must say that it can, and the attribute that allows a key to be used so. */
static const struct {
	CK_FLAGS flag;
	CK_ATTRIBUTE_TYPE usage;
	enum sg_op_kind fns;    /* the kind whose functions of the mechanism do the work */
} kinds[SG_OPS] = {
	[SG_OP_DIGEST] = { CKF_DIGEST, CK_UNAVAILABLE_INFORMATION, SG_OP_DIGEST },
	[SG_OP_SIGN] = { CKF_SIGN, CKA_SIGN, SG_OP_SIGN },
	[SG_OP_VERIFY] = { CKF_VERIFY, CKA_VERIFY, SG_OP_VERIFY },
	[SG_OP_ENCRYPT] = { CKF_ENCRYPT, CKA_ENCRYPT, SG_OP_ENCRYPT },
	[SG_OP_DECRYPT] = { CKF_DECRYPT, CKA_DECRYPT, SG_OP_DECRYPT },
	[SG_OP_VERIFY_SIGNATURE] = { CKF_VERIFY, CKA_VERIFY, SG_OP_VERIFY },
	[SG_OP_MESSAGE_ENCRYPT] = { CKF_MESSAGE_ENCRYPT, CKA_ENCRYPT, SG_OP_MESSAGE_ENCRYPT },
	[SG_OP_MESSAGE_DECRYPT] = { CKF_MESSAGE_DECRYPT, CKA_DECRYPT, SG_OP_MESSAGE_DECRYPT },
};

CK_FLAGS sg_op_flag(enum sg_op_kind kind)
{
	return kinds[kind].flag;
}

void sg_op_end(struct sg_op *op)
{
	sg_object_unref(&op->key);
	sg_buf_free(&op->signature);
	sg_buf_wipe(&op->data);
	sg_digest_free(&op->digest);
	sg_buf_free(&op->gcm.iv);
	sg_buf_free(&op->gcm.aad);
	sg_gcm_free(&op->gcm.run);
	sg_cbc_free(&op->cbc.run);
	sg_aes_free(&op->ctr.run);
	sg_mac_run_free(&op->mac.run);
	sg_buf_free(&op->eddsa.context);
	sg_buf_free(&op->ecdh.point);
	sg_buf_free(&op->ecdh.shared_data);
	sg_buf_free(&op->hkdf.salt);
	sg_buf_free(&op->hkdf.info);
	*op = (struct sg_op){ NULL };
}

bool sg_op_active(struct sg_op *op)
{
	if (op->mech != NULL && op->closings != NULL && atomic_load(op->closings) != op->epoch)
		sg_op_end(op);
	return op->mech != NULL;
}

static CK_RV take_key(struct sg_session *session, enum sg_op_kind kind, struct sg_op *op,
                      CK_OBJECT_HANDLE handle)
{
	/* Before the key is looked up, so that a logout right after counts. */
	const unsigned epochs[2] = {
		atomic_load(&session->token->epoch[SG_PUBLIC_HALF]),
		atomic_load(&session->token->epoch[SG_PRIVATE_HALF]),
	};
	struct sg_object *key;
	enum sg_err err;
	CK_RV rv;

	if (sg_token_object(session->token, handle, &op->key) != SG_OK)
		return CKR_KEY_HANDLE_INVALID;
	key = op->key;
	op->closings = &session->token->epoch[sg_object_half(key)];
	op->epoch = epochs[sg_object_half(key)];
	if (key->key_type == CK_UNAVAILABLE_INFORMATION)
		return CKR_KEY_HANDLE_INVALID;
	if (!sg_mech_takes(op->fns->keys, key))
		return CKR_KEY_TYPE_INCONSISTENT;
	rv = sg_access_use(key, kinds[kind].usage, op->mech->type);
	if (rv == CKR_OK && op->fns->fits != NULL)
		rv = op->fns->fits(op);
	if (rv != CKR_OK)
		return rv;
	if (key->limited && sg_attrs_bool(&key->attrs, CKA_ALWAYS_AUTHENTICATE))
		op->pin = SG_PIN_WANTED;
	err = sg_token_material(session->token, key, &op->secret);
	if (err == SG_ERR_KEY_PIN) {
		op->pin = SG_PIN_WANTED;
		err = SG_OK;
	}
	if (op->pin == SG_PIN_WANTED)
		op->order = ++session->pins_wanted;
	return sg_rv(err);
}

CK_RV sg_op_material(struct sg_session *session, CK_OBJECT_HANDLE handle, struct sg_object *key,
                     const struct sg_secret **out)
{
	enum sg_err err = sg_token_material(session->token, key, out);

	if (err == SG_ERR_KEY_PIN) {
		session->asked.key = handle;
		session->asked.order = ++session->pins_wanted;
	}
	return sg_rv(err);
}

CK_RV sg_op_begin(struct sg_session *session, enum sg_op_kind kind, const CK_MECHANISM *mechanism,
                  CK_OBJECT_HANDLE key)
{
	struct sg_op *op = &session->op[kind];
	CK_RV rv;

	if (sg_op_active(op))
		return CKR_OPERATION_ACTIVE;
	op->token = session->token;
	rv = sg_mech_begin(mechanism, kinds[kind].flag, op);
	if (rv == CKR_OK)
		op->fns = op->mech->op[kinds[kind].fns];
	if (rv == CKR_OK && kind != SG_OP_DIGEST)
		rv = take_key(session, kind, op, key);
	if (rv != CKR_OK)
		sg_op_end(op);
	return rv;
}

/* Make one phase for which there is room. */
static CK_RV work(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in, uint8_t *out)
{
	switch (phase) {
	case SG_OP_ONCE:
		return op->fns->once(op, in, out);
	case SG_OP_UPDATE:
		op->multipart = true;
		return op->fns->update(op, in, out);
	case SG_OP_FINAL:
		return op->fns->final(op, out);
	}
	return CKR_FUNCTION_FAILED;
}

CK_RV sg_op_run(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in, uint8_t *out,
                CK_ULONG *out_len)
{
	size_t need = 0;
	CK_RV rv = CKR_OK;

	if (!sg_op_active(op))
		return CKR_OPERATION_NOT_INITIALIZED;
	if (in.data == NULL && in.len > 0)
		rv = CKR_ARGUMENTS_BAD;
	else if (phase == SG_OP_ONCE && op->multipart)
		rv = CKR_OPERATION_ACTIVE;
	else
		rv = op->fns->size(op, phase, in.len, &need);
	if (rv == CKR_OK && out != NULL && op->fns->exact != NULL)
		rv = op->pin == SG_PIN_WANTED ? CKR_USER_NOT_LOGGED_IN
		                              : op->fns->exact(op, phase, in, &need);
	if (rv == CKR_OK && out_len != NULL) {
		CK_ULONG room = *out_len;

		*out_len = need;
		if (out == NULL)
			return CKR_OK;
		if (room < need)
			return CKR_BUFFER_TOO_SMALL;
	}
	if (rv == CKR_OK && op->pin == SG_PIN_WANTED)
		rv = CKR_USER_NOT_LOGGED_IN;
	if (rv == CKR_OK)
		rv = work(op, phase, in, out);
	if (rv != CKR_OK || phase != SG_OP_UPDATE)
		sg_op_end(op);
	return rv;
}

/* Find the newest operation of a session in this state, or NULL. */
static struct sg_op *find_asking(struct sg_session *session, enum sg_op_pin pin)
{
	struct sg_op *found = NULL;

	for (int kind = 0; kind < SG_OPS; kind++) {
		struct sg_op *op = &session->op[kind];

		if (sg_op_active(op) && op->pin == pin &&
		    (found == NULL || op->order > found->order))
			found = op;
	}
	return found;
}

/* The PIN of the key that a call without an Init function asked for. Who has it makes the call
 * once more. */
static CK_RV answer_asked(struct sg_session *session, struct sg_bytes pin)
{
	const struct sg_secret *secret;
	struct sg_object *key = NULL;
	CK_RV rv = sg_rv(sg_token_object(session->token, session->asked.key, &key));

	if (rv == CKR_OK)
		rv = sg_rv(sg_token_material_pin(session->token, key, pin, &secret));
	if (rv == CKR_OK || key == NULL)
		session->asked.order = 0;
	sg_object_unref(&key);
	return rv;
}

CK_RV sg_op_login(struct sg_session *session, struct sg_bytes pin)
{
	struct sg_op *op = find_asking(session, SG_PIN_WANTED);
	CK_RV rv;

	if (session->asked.order > (op != NULL ? op->order : 0))
		return answer_asked(session, pin);
	if (op == NULL)
		return find_asking(session, SG_PIN_GIVEN) != NULL ? CKR_USER_ALREADY_LOGGED_IN
		                                                  : CKR_OPERATION_NOT_INITIALIZED;
	if (sg_attrs_bool(&op->key->attrs, CKA_SIGNET_HAS_PIN))
		rv = sg_rv(sg_token_material_pin(session->token, op->key, pin, &op->secret));
	else
		rv = sg_token_confirm_user(session->token, pin);
	if (rv == CKR_OK)
		op->pin = SG_PIN_GIVEN;
	return rv;
}

CK_RV sg_op_verify(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in,
                   struct sg_bytes signature)
{
	CK_RV rv;

	if (!sg_op_active(op))
		return CKR_OPERATION_NOT_INITIALIZED;
	if ((in.data == NULL && in.len > 0) || (signature.data == NULL && signature.len > 0))
		rv = CKR_ARGUMENTS_BAD;
	else if (phase == SG_OP_ONCE && op->multipart)
		rv = CKR_OPERATION_ACTIVE;
	else if (op->pin == SG_PIN_WANTED)
		rv = CKR_USER_NOT_LOGGED_IN;
	else
		rv = op->fns->verify(op, phase == SG_OP_ONCE ? in : sg_buf_bytes(&op->data),
		                     signature);
	sg_op_end(op);
	return rv;
}

CK_RV sg_op_begin_signature(struct sg_session *session, const CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key, struct sg_bytes signature)
{
	struct sg_op *op = &session->op[SG_OP_VERIFY_SIGNATURE];
	CK_RV rv = sg_op_begin(session, SG_OP_VERIFY_SIGNATURE, mechanism, key);

	if (rv != CKR_OK)
		return rv;
	rv = sg_rv(sg_buf_set(&op->signature, signature));
	if (rv != CKR_OK)
		sg_op_end(op);
	return rv;
}

CK_RV sg_op_verify_signature(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in)
{
	if (phase == SG_OP_UPDATE)
		return sg_op_run(op, phase, in, NULL, NULL);
	return sg_op_verify(op, phase, in, sg_buf_bytes(&op->signature));
}

CK_RV sg_op_digest(struct sg_op *op, struct sg_bytes part)
{
	enum sg_err err = SG_OK;

	if (op->digest == NULL)
		err = sg_digest_new(op->mech->digest, &op->digest);
	if (err == SG_OK)
		err = sg_digest_update(op->digest, part);
	return sg_rv(err);
}

CK_RV sg_op_gather(struct sg_op *op, struct sg_bytes part)
{
	if (part.len > GATHER_MAX - op->data.len)
		return CKR_DATA_LEN_RANGE;
	return sg_rv(sg_buf_append(&op->data, part));
}
