/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Making, wrapping and unwrapping keys.
 */
#include "fuzz/calls.h"
#include "fuzz/data.h"
#include "fuzz/mechanism.h"
#include "fuzz/model.h"
#include "fuzz/template.h"

/* A pointer for a new handle, or NULL. */
static CK_OBJECT_HANDLE *handle(struct fuzz_input *in)
{
	return fuzz_below(in, 32) == 31 ? NULL : fuzz_alloc(sizeof(CK_OBJECT_HANDLE));
}

CK_RV fuzz_digest_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	(void)key;
	return C_DigestInit(session, mechanism);
}

void fuzz_digest_key(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE key = model_object(in);
	CK_RV rv = C_DigestKey(session, key);

	model_session_answer("C_DigestKey", session, rv);
	model_went_on("C_DigestKey", session, MODEL_DIGEST, false, false, rv);
}

void fuzz_generate_key(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE *key = handle(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, CKF_GENERATE);
	struct fuzz_template t = fuzz_template(in, FUZZ_GENERATED);
	CK_RV rv = C_GenerateKey(session, mechanism, t.attr, t.n, key);

	model_session_answer("C_GenerateKey", session, rv);
	if (rv == CKR_OK)
		model_made("C_GenerateKey", session, *key);
}

void fuzz_generate_key_pair(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE *one = handle(in), *other = handle(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, CKF_GENERATE_KEY_PAIR);
	struct fuzz_template pub = fuzz_template(in, FUZZ_PUBLIC);
	struct fuzz_template priv = fuzz_template(in, FUZZ_PRIVATE);
	CK_RV rv = C_GenerateKeyPair(session, mechanism, pub.attr, pub.n, priv.attr, priv.n, one,
	                             other);

	model_session_answer("C_GenerateKeyPair", session, rv);
	if (rv == CKR_OK) {
		model_made("C_GenerateKeyPair", session, *one);
		model_made("C_GenerateKeyPair", session, *other);
	}
}

static void check_keys(const char *name, CK_OBJECT_HANDLE one, CK_OBJECT_HANDLE other, CK_RV rv)
{
	if (rv == CKR_OK && (model_dead(one) || model_dead(other)))
		fuzz_fail("%s works with a key that is no more", name);
}

void fuzz_wrap_key(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, CKF_WRAP);
	CK_OBJECT_HANDLE wrapping = model_key(in, mechanism, CKF_WRAP), key = model_object(in);
	struct fuzz_output out, size = { .len_out = &size.len };
	CK_RV rv;

	fuzz_output(in, &out);
	if (out.asks) {
		rv = C_WrapKey(session, mechanism, wrapping, key, NULL, size.len_out);
		model_session_answer("C_WrapKey", session, rv);
		if (rv != CKR_OK)
			return;
		fuzz_output_announced(&out, size.len);
	}
	rv = C_WrapKey(session, mechanism, wrapping, key, out.data, out.len_out);
	model_session_answer("C_WrapKey", session, rv);
	fuzz_output_kept("C_WrapKey", &out, rv);
	fuzz_output_check("C_WrapKey", &out, rv);
	check_keys("C_WrapKey", wrapping, key, rv);
}

void fuzz_unwrap_key(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, CKF_UNWRAP);
	CK_OBJECT_HANDLE unwrapping = model_key(in, mechanism, CKF_UNWRAP), *key = handle(in);
	struct fuzz_bytes wrapped = fuzz_bytes(in);
	struct fuzz_template t = fuzz_template(in, FUZZ_UNWRAPPED);
	CK_RV rv = C_UnwrapKey(session, mechanism, unwrapping, wrapped.data, wrapped.len, t.attr,
	                       t.n, key);

	model_session_answer("C_UnwrapKey", session, rv);
	if (rv != CKR_OK)
		return;
	check_keys("C_UnwrapKey", unwrapping, unwrapping, rv);
	model_made("C_UnwrapKey", session, *key);
}

void fuzz_derive_key(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, CKF_DERIVE);
	CK_OBJECT_HANDLE base = model_key(in, mechanism, CKF_DERIVE), *key = handle(in);
	struct fuzz_template t = fuzz_template(in, FUZZ_UNWRAPPED);
	CK_RV rv = C_DeriveKey(session, mechanism, base, t.attr, t.n, key);

	model_session_answer("C_DeriveKey", session, rv);
	if (rv != CKR_OK)
		return;
	check_keys("C_DeriveKey", base, base, rv);
	model_made("C_DeriveKey", session, *key);
}
