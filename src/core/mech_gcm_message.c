/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_AES_GCM in messages [PKCS#11 3.1 §6.13.2, §6.13.3]: the IV is the caller's
 * or made here (core/iv.h), the tag is apart from the text. Nothing of a plaintext is given
 * out before its tag was checked, so its parts are gathered.
 */
#include <string.h>

#include "client/rv.h"
#include "core/mech.h"
#include "core/mech_gcm.h"
#include "core/op_message.h"

CK_RV sg_gcm_message_param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	(void)op;
	/* Each message brings a parameter; this one, which says nothing more, may be left out. */
	return mechanism->ulParameterLen == 0 ||
	                       mechanism->ulParameterLen == sizeof(CK_GCM_MESSAGE_PARAMS)
	               ? CKR_OK
	               : CKR_MECHANISM_PARAM_INVALID;
}

/* Read a message's parameter. */
static CK_RV read_param(const struct sg_message *message, CK_GCM_MESSAGE_PARAMS *p)
{
	if (message->param_len != sizeof *p)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(p, message->param, sizeof *p);
	if (p->pIv == NULL || p->ulIvLen == 0 || p->ulIvLen > SG_GCM_IV_MAX ||
	    !sg_gcm_tag_bits(p->ulTagBits))
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

/* Read that of the last part, from or to which the tag goes. */
static CK_RV read_last(const struct sg_op *op, const struct sg_message *message,
                       CK_GCM_MESSAGE_PARAMS *p)
{
	CK_RV rv = read_param(message, p);

	if (rv == CKR_OK && (p->pTag == NULL || p->ulTagBits / 8 != op->gcm.tag_len))
		rv = CKR_MECHANISM_PARAM_INVALID;
	return rv;
}

static CK_RV keep(struct sg_op *op, const CK_GCM_MESSAGE_PARAMS *p, struct sg_bytes aad)
{
	enum sg_err err;

	op->gcm.tag_len = p->ulTagBits / 8;
	err = sg_buf_set(&op->gcm.iv, sg_bytes(p->pIv, p->ulIvLen));
	if (err == SG_OK)
		err = sg_buf_set(&op->gcm.aad, aad);
	return sg_rv(err);
}

/* Get the source of the key's IVs, which its material keeps from the first one on. */
static enum sg_err source_of(const struct sg_op *op, struct sg_iv_source **out)
{
	struct sg_iv_source *_Atomic *mine = &op->key->material->ivs;
	struct sg_iv_source *source = NULL;
	enum sg_err err = SG_OK;

	*out = atomic_load_explicit(mine, memory_order_acquire);
	if (*out != NULL)
		return SG_OK;
	err = sg_iv_source_get(op->secret, &source);
	if (err == SG_OK &&
	    atomic_compare_exchange_strong_explicit(mine, out, source, memory_order_acq_rel,
	                                            memory_order_acquire)) {
		*out = source;
		source = NULL;
	}
	sg_iv_source_put(&source);
	return err;
}

/* Make the IV where the caller wants one. Counters that begin at zero are not to be had:
 * another session, process or copy of the key would begin there too. */
static CK_RV make_iv(struct sg_op *op, const CK_GCM_MESSAGE_PARAMS *p)
{
	const bool random = p->ivGenerator == CKG_GENERATE_RANDOM;
	struct sg_iv_source *source = NULL;
	CK_RV rv;

	if (p->ivGenerator == CKG_NO_GENERATE)
		return CKR_OK;
	if (!random && p->ivGenerator != CKG_GENERATE)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = sg_rv(source_of(op, &source));
	return rv == CKR_OK ? sg_iv_make(source, random, p->pIv, p->ulIvLen, p->ulIvFixedBits) : rv;
}

static CK_RV encrypt_begin(struct sg_op *op, const struct sg_message *message)
{
	CK_GCM_MESSAGE_PARAMS p;
	CK_RV rv = read_param(message, &p);

	if (rv == CKR_OK && message->aad.len > SG_GCM_AAD_MAX)
		rv = CKR_MECHANISM_PARAM_INVALID;
	if (rv == CKR_OK)
		rv = make_iv(op, &p);
	return rv == CKR_OK ? keep(op, &p, message->aad) : rv;
}

static CK_RV encrypt_size(const struct sg_op *op, size_t in_len, bool last, size_t *out_len)
{
	(void)op;
	(void)last;
	*out_len = in_len;
	return CKR_OK;
}

static CK_RV encrypt_next(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
                          uint8_t *out, bool last)
{
	const struct sg_bytes key = sg_secret_bytes(op->secret), iv = sg_buf_bytes(&op->gcm.iv);
	CK_GCM_MESSAGE_PARAMS p;
	enum sg_err err = SG_OK;
	CK_RV rv = last ? read_last(op, message, &p) : CKR_OK;

	if (rv != CKR_OK)
		return rv;
	if (last && op->gcm.run == NULL)
		return sg_rv(sg_gcm_encrypt(key, iv, sg_buf_bytes(&op->gcm.aad), in, out, p.pTag,
		                            op->gcm.tag_len));
	if (op->gcm.run == NULL)
		err = sg_gcm_new(key, iv, sg_buf_bytes(&op->gcm.aad), &op->gcm.run);
	if (err == SG_OK && in.len > 0)
		err = sg_gcm_update(op->gcm.run, in, out);
	if (err == SG_OK && last)
		err = sg_gcm_final(op->gcm.run, p.pTag, op->gcm.tag_len);
	return sg_rv(err);
}

static CK_RV decrypt_begin(struct sg_op *op, const struct sg_message *message)
{
	CK_GCM_MESSAGE_PARAMS p;
	CK_RV rv = read_param(message, &p);

	if (rv == CKR_OK && message->aad.len > SG_GCM_AAD_MAX)
		rv = CKR_MECHANISM_PARAM_INVALID;
	return rv == CKR_OK ? keep(op, &p, message->aad) : rv;
}

static CK_RV decrypt_size(const struct sg_op *op, size_t in_len, bool last, size_t *out_len)
{
	if (in_len > SIZE_MAX / 2)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	*out_len = last ? op->data.len + in_len : 0;
	return CKR_OK;
}

static CK_RV decrypt_next(struct sg_op *op, const struct sg_message *message, struct sg_bytes in,
                          uint8_t *out, bool last)
{
	CK_GCM_MESSAGE_PARAMS p;
	enum sg_err err;
	CK_RV rv = last ? read_last(op, message, &p) : CKR_OK;

	if (rv == CKR_OK && (!last || op->data.len > 0))
		rv = sg_op_gather(op, in);
	if (rv != CKR_OK || !last)
		return rv;
	err = sg_gcm_decrypt(sg_secret_bytes(op->secret), sg_buf_bytes(&op->gcm.iv),
	                     sg_buf_bytes(&op->gcm.aad),
	                     op->data.len > 0 ? sg_buf_bytes(&op->data) : in,
	                     sg_bytes(p.pTag, op->gcm.tag_len), out);
	return err == SG_ERR_TAG ? CKR_AEAD_DECRYPT_FAILED : sg_rv(err);
}

static const struct sg_message_fns encrypt = { encrypt_begin, encrypt_size, encrypt_next };
static const struct sg_message_fns decrypt = { decrypt_begin, decrypt_size, decrypt_next };

const struct sg_op_fns sg_gcm_message_encrypt = { .keys = sg_aes_kinds, .message = &encrypt };
const struct sg_op_fns sg_gcm_message_decrypt = { .keys = sg_aes_kinds, .message = &decrypt };

/* Wrapping: a key is one message. The tag is in the parameter, so lengths stay. */
static CK_RV wrap_size(const struct sg_op *op, size_t len, size_t *out_len)
{
	(void)op;
	*out_len = len;
	return CKR_OK;
}

static CK_RV wrap(struct sg_op *op, struct sg_bytes plain, uint8_t *out)
{
	CK_RV rv = encrypt_begin(op, op->message);

	return rv == CKR_OK ? encrypt_next(op, op->message, plain, out, true) : rv;
}

static CK_RV unwrap(struct sg_op *op, struct sg_bytes wrapped, struct sg_secret **plain)
{
	CK_RV rv;

	if (wrapped.len == 0 || wrapped.len > SG_GCM_WRAP_MAX)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	rv = sg_rv(sg_secret_new(wrapped.len, plain));
	if (rv == CKR_OK)
		rv = decrypt_begin(op, op->message);
	if (rv == CKR_OK)
		rv = decrypt_next(op, op->message, wrapped, (*plain)->data, true);
	if (rv == CKR_OK)
		(*plain)->len = wrapped.len;
	else
		sg_secret_free(plain);
	return rv == CKR_AEAD_DECRYPT_FAILED ? CKR_WRAPPED_KEY_INVALID : rv;
}

const struct sg_wrap_fns sg_gcm_message_wrap = { sg_aes_kinds, wrap_size, wrap, unwrap };
