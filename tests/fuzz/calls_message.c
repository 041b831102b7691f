/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Messages of AES-GCM [PKCS#11 3.1 §5.9, §5.11]. An error ends a message, not
 * the operation; an IV that the module made is not made again.
 */
#include <string.h>

#include "client/rv.h"
#include "fuzz/calls.h"
#include "fuzz/data.h"
#include "fuzz/mechanism.h"
#include "fuzz/model.h"
#include "fuzz/template.h"

#define IV_MAX 16
#define IVS 64

/* What the last message that was encrypted came with, for one that is decrypted. */
static struct {
	CK_BYTE iv[IV_MAX], tag[16];
	CK_ULONG iv_len, tag_len;
} last;

/* The IVs of at least 12 bytes that the module made. */
static CK_BYTE made[IVS][IV_MAX];
static unsigned n_made;

void fuzz_message_reset(void)
{
	memset(&last, 0, sizeof last);
	n_made = 0;
}

static CK_GCM_MESSAGE_PARAMS *param(struct fuzz_input *in, CK_ULONG *len)
{
	static const CK_ULONG iv_lens[] = { 12, 16, 0, 1, 8, 11, 13, 15 };
	static const CK_ULONG tags[] = { 16, 12, 13, 14, 15, 0, 1, 17 };
	CK_GCM_MESSAGE_PARAMS p = { .ulIvLen = iv_lens[fuzz_below(in, 8)] };
	unsigned form = fuzz_byte(in);
	CK_ULONG tag_len = tags[form < 192 ? 0 : form % 8];

	*len = form == 255 ? sizeof p - 1 : sizeof p;
	p.pIv = fuzz_alloc(p.ulIvLen);
	memset(p.pIv, 1, p.ulIvLen);
	p.ulIvFixedBits = form & 1 ? form % 97 : 0;
	p.ivGenerator = fuzz_below(in, 6);
	p.pTag = fuzz_alloc(tag_len);
	memset(p.pTag, 0, tag_len);
	p.ulTagBits = 8 * tag_len;
	if ((form & 8) == 0 && p.ulIvLen == last.iv_len && tag_len == last.tag_len) {
		memcpy(p.pIv, last.iv, last.iv_len);
		memcpy(p.pTag, last.tag, last.tag_len);
	}
	if (form == 254)
		p.pIv = NULL;
	if (form == 253)
		p.pTag = NULL;
	return form == 252 ? NULL : fuzz_copy(&p, sizeof p);
}

/* Look at the IV of a message that was begun. */
static void check_iv(const CK_GCM_MESSAGE_PARAMS *p)
{
	if (p->ivGenerator == CKG_NO_GENERATE || p->ulIvLen < 12)
		return;
	for (unsigned i = 0; i < n_made && i < IVS; i++)
		if (memcmp(made[i], p->pIv, 12) == 0)
			fuzz_fail("an IV is made twice");
	memcpy(made[n_made++ % IVS], p->pIv, 12);
}

static void keep(const CK_GCM_MESSAGE_PARAMS *p)
{
	last.iv_len = p->ulIvLen < IV_MAX ? p->ulIvLen : IV_MAX;
	last.tag_len = p->ulTagBits / 8;
	memcpy(last.iv, p->pIv, last.iv_len);
	memcpy(last.tag, p->pTag, last.tag_len);
}

static void once(struct fuzz_input *in, bool encrypt)
{
	const enum model_op op = encrypt ? MODEL_MESSAGE_ENCRYPT : MODEL_MESSAGE_DECRYPT;
	const char *name = encrypt ? "C_EncryptMessage" : "C_DecryptMessage";
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes data = fuzz_bytes(in), aad;
	struct fuzz_output out;
	CK_GCM_MESSAGE_PARAMS *p;
	CK_ULONG len;
	CK_RV rv;

	fuzz_output(in, &out);
	p = param(in, &len);
	aad = fuzz_bytes(in);
	if (out.asks)           /* the size is that of the text */
		fuzz_output_announced(&out, data.len);
	rv = encrypt ? C_EncryptMessage(session, p, len, aad.data, aad.len, data.data, data.len,
	                                out.data, out.len_out)
	             : C_DecryptMessage(session, p, len, aad.data, aad.len, data.data, data.len,
	                                out.data, out.len_out);
	model_session_answer(name, session, rv);
	model_message(name, session, op, rv);
	fuzz_output_kept(name, &out, rv);
	fuzz_output_check(name, &out, rv);
	if (rv != CKR_OK || out.data == NULL || !encrypt)
		return;
	check_iv(p);
	keep(p);
}

void fuzz_encrypt_message(struct fuzz_input *in)
{
	once(in, true);
}

void fuzz_decrypt_message(struct fuzz_input *in)
{
	once(in, false);
}

static void begin(struct fuzz_input *in, bool encrypt)
{
	const enum model_op op = encrypt ? MODEL_MESSAGE_ENCRYPT : MODEL_MESSAGE_DECRYPT;
	const char *name = encrypt ? "C_EncryptMessageBegin" : "C_DecryptMessageBegin";
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes aad = fuzz_bytes(in);
	CK_ULONG len;
	CK_GCM_MESSAGE_PARAMS *p = param(in, &len);
	CK_RV rv;

	rv = encrypt ? C_EncryptMessageBegin(session, p, len, aad.data, aad.len)
	             : C_DecryptMessageBegin(session, p, len, aad.data, aad.len);
	model_session_answer(name, session, rv);
	model_message(name, session, op, rv);
	if (rv == CKR_OK && encrypt)
		check_iv(p);
}

void fuzz_encrypt_message_begin(struct fuzz_input *in)
{
	begin(in, true);
}

void fuzz_decrypt_message_begin(struct fuzz_input *in)
{
	begin(in, false);
}

static void next(struct fuzz_input *in, bool encrypt)
{
	const enum model_op op = encrypt ? MODEL_MESSAGE_ENCRYPT : MODEL_MESSAGE_DECRYPT;
	const char *name = encrypt ? "C_EncryptMessageNext" : "C_DecryptMessageNext";
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes data = fuzz_bytes(in);
	CK_FLAGS flags = fuzz_below(in, 2) ? 0 : CKF_END_OF_MESSAGE;
	struct fuzz_output out;
	CK_GCM_MESSAGE_PARAMS *p;
	CK_ULONG len;
	CK_RV rv;

	fuzz_output(in, &out);
	p = param(in, &len);
	if (out.asks)
		fuzz_output_announced(&out, 4096);
	rv = encrypt ? C_EncryptMessageNext(session, p, len, data.data, data.len, out.data,
	                                    out.len_out, flags)
	             : C_DecryptMessageNext(session, p, len, data.data, data.len, out.data,
	                                    out.len_out, flags);
	model_session_answer(name, session, rv);
	/* There may be an operation, but no message of it. */
	if (rv != CKR_OPERATION_NOT_INITIALIZED)
		model_message(name, session, op, rv);
	fuzz_output_check(name, &out, rv);
}

void fuzz_encrypt_message_next(struct fuzz_input *in)
{
	next(in, true);
}

void fuzz_decrypt_message_next(struct fuzz_input *in)
{
	next(in, false);
}

/* The mechanism with that parameter, or one that takes it for nothing. */
static CK_MECHANISM gcm(struct fuzz_input *in)
{
	CK_MECHANISM mechanism = { CKM_AES_GCM, NULL, 0 };

	if (fuzz_below(in, 16) == 15)
		mechanism.mechanism = CKM_AES_KEY_WRAP_KWP;
	mechanism.pParameter = param(in, &mechanism.ulParameterLen);
	return mechanism;
}

void fuzz_wrap_key_authenticated(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_MECHANISM mechanism = gcm(in);
	CK_OBJECT_HANDLE wrapping = model_key(in, &mechanism, CKF_ENCRYPT), key = model_object(in);
	struct fuzz_output out, size = { .len_out = &size.len };
	struct fuzz_bytes aad;
	CK_RV rv;

	fuzz_output(in, &out);
	aad = fuzz_bytes(in);
	if (out.asks) {
		rv = C_WrapKeyAuthenticated(session, &mechanism, wrapping, key, aad.data, aad.len,
		                            NULL, size.len_out);
		model_session_answer("C_WrapKeyAuthenticated", session, rv);
		if (rv != CKR_OK)
			return;
		fuzz_output_announced(&out, size.len);
	}
	rv = C_WrapKeyAuthenticated(session, &mechanism, wrapping, key, aad.data, aad.len, out.data,
	                            out.len_out);
	model_session_answer("C_WrapKeyAuthenticated", session, rv);
	fuzz_output_kept("C_WrapKeyAuthenticated", &out, rv);
	fuzz_output_check("C_WrapKeyAuthenticated", &out, rv);
	if (rv != CKR_OK)
		return;
	if (model_dead(wrapping) || model_dead(key))
		fuzz_fail("C_WrapKeyAuthenticated works with a key that is no more");
	if (out.data != NULL) {
		check_iv(mechanism.pParameter);
		keep(mechanism.pParameter);
	}
}

void fuzz_unwrap_key_authenticated(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_MECHANISM mechanism = gcm(in);
	CK_OBJECT_HANDLE unwrapping = model_key(in, &mechanism, CKF_DECRYPT);
	CK_OBJECT_HANDLE *key = fuzz_alloc(sizeof *key);
	struct fuzz_bytes wrapped = fuzz_bytes(in), aad = fuzz_bytes(in);
	struct fuzz_template t = fuzz_template(in, FUZZ_UNWRAPPED);
	CK_RV rv = C_UnwrapKeyAuthenticated(session, &mechanism, unwrapping, wrapped.data,
	                                    wrapped.len, t.attr, t.n, aad.data, aad.len, key);

	model_session_answer("C_UnwrapKeyAuthenticated", session, rv);
	if (rv != CKR_OK)
		return;
	if (model_dead(unwrapping))
		fuzz_fail("C_UnwrapKeyAuthenticated works with a key that is no more");
	model_made("C_UnwrapKeyAuthenticated", session, *key);
}
