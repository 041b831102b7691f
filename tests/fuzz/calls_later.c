/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What PKCS#11 3.0 and 3.2 added, but for messages: interfaces, logins with a
 * name, cancelling, a signature that comes first; and functions that are not supported,
 * whatever they are called with.
 */
#include "client/rv.h"
#include "fuzz/calls.h"
#include "fuzz/data.h"
#include "fuzz/mechanism.h"
#include "fuzz/model.h"
#include "fuzz/pin.h"
#include "fuzz/template.h"

static void unsupported(const char *name, CK_SESSION_HANDLE session, CK_RV rv)
{
	model_session_answer(name, session, rv);
	if (rv == CKR_OK)
		fuzz_fail("%s does something", name);
}

void fuzz_get_interface_list(struct fuzz_input *in)
{
	unsigned choice = fuzz_byte(in);
	CK_ULONG had = choice % 5, n = had;
	CK_INTERFACE *list = choice & 64 ? NULL : fuzz_alloc(had * sizeof *list);
	CK_RV rv = C_GetInterfaceList(list, choice >= 248 ? NULL : &n);

	model_answer("C_GetInterfaceList", rv);
	if (rv == CKR_OK && list != NULL && n > had)
		fuzz_fail("C_GetInterfaceList writes %lu where there is room for %lu", n, had);
}

void fuzz_get_interface(struct fuzz_input *in)
{
	static const char *const names[] = { "PKCS 11", "PKCS 1", "", "Vendor" };
	unsigned choice = fuzz_byte(in);
	CK_VERSION version = { fuzz_below(in, 4), fuzz_byte(in) };
	CK_INTERFACE *interface = NULL;
	CK_RV rv = C_GetInterface(choice & 64 ? (CK_BYTE *)(uintptr_t)names[choice % 4] : NULL,
	                          choice & 32 ? &version : NULL, choice == 255 ? NULL : &interface,
	                          choice & 16);

	/* CKR_FUNCTION_FAILED is the specification's answer where nothing fits. */
	if (rv != CKR_FUNCTION_FAILED)
		model_answer("C_GetInterface", rv);
	if (rv == CKR_OK && (interface == NULL || interface->pFunctionList == NULL))
		fuzz_fail("C_GetInterface gives no interface");
}

void fuzz_login_user(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_USER_TYPE user = fuzz_below(in, 4);
	struct fuzz_bytes pin = fuzz_pin(in), name = fuzz_bytes(in);
	CK_RV rv = C_LoginUser(session, user, pin.data, pin.len, name.data, name.len);

	model_session_answer("C_LoginUser", session, rv);
}

void fuzz_session_cancel(struct fuzz_input *in)
{
	static const struct {
		CK_FLAGS flag;
		enum model_op op;
	} kinds[] = {
		{ CKF_ENCRYPT, MODEL_ENCRYPT }, { CKF_DECRYPT, MODEL_DECRYPT },
		{ CKF_DIGEST, MODEL_DIGEST }, { CKF_SIGN, MODEL_SIGN }, { CKF_VERIFY, MODEL_VERIFY },
		{ CKF_FIND_OBJECTS, MODEL_FIND }, { CKF_MESSAGE_ENCRYPT, MODEL_MESSAGE_ENCRYPT },
		{ CKF_MESSAGE_DECRYPT, MODEL_MESSAGE_DECRYPT },
	};
	CK_SESSION_HANDLE session = model_session(in);
	unsigned choice = fuzz_byte(in);
	CK_FLAGS flags = 0;
	CK_RV rv;

	for (unsigned i = 0; i < 8; i++)
		if (choice & 1u << i)
			flags |= kinds[i].flag;
	rv = C_SessionCancel(session, flags);
	model_session_answer("C_SessionCancel", session, rv);
	for (unsigned i = 0; i < 8 && rv == CKR_OK; i++)
		if (choice & 1u << i)
			model_ended(session, kinds[i].op);
	if (rv == CKR_OK && (flags & CKF_VERIFY))
		model_ended(session, MODEL_VERIFY_SIGNATURE);
}

void fuzz_verify_signature_init(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, CKF_VERIFY);
	CK_OBJECT_HANDLE key = model_key(in, mechanism, CKF_VERIFY);
	struct fuzz_bytes signature = fuzz_bytes(in);
	CK_RV rv = C_VerifySignatureInit(session, mechanism, key, signature.data, signature.len);

	model_session_answer("C_VerifySignatureInit", session, rv);
	if (rv == CKR_OK && mechanism != NULL && model_dead(key))
		fuzz_fail("C_VerifySignatureInit takes a key that is no more");
	model_begun("C_VerifySignatureInit", session, MODEL_VERIFY_SIGNATURE, mechanism == NULL, rv);
}

void fuzz_get_session_validation_flags(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_ULONG type = fuzz_below(in, 3);
	CK_FLAGS *flags = fuzz_below(in, 8) == 7 ? NULL : fuzz_alloc(sizeof *flags);
	CK_RV rv = C_GetSessionValidationFlags(session, type, flags);

	model_session_answer("C_GetSessionValidationFlags", session, rv);
}

/* One call of each function that is not supported and has a shape of its own. */
void fuzz_unsupported(struct fuzz_input *in)
{
	unsigned choice = fuzz_below(in, 11);
	CK_SESSION_HANDLE s = model_session(in);
	CK_OBJECT_HANDLE key = model_object(in), *made = fuzz_alloc(sizeof *made);
	struct fuzz_bytes data = fuzz_bytes(in), more = fuzz_bytes(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, 0);
	struct fuzz_template t = fuzz_template(in, FUZZ_UNWRAPPED);
	CK_ASYNC_DATA result = { 0 };

	if (choice == 0)
		unsupported("C_SignMessage", s, C_SignMessage(s, NULL, 0, data.data, data.len,
		                                              more.data, &more.len));
	if (choice == 1)
		unsupported("C_SignMessageBegin", s, C_SignMessageBegin(s, data.data, data.len));
	if (choice == 2)
		unsupported("C_SignMessageNext", s, C_SignMessageNext(s, NULL, 0, data.data, data.len,
		                                                      more.data, &more.len));
	if (choice == 3)
		unsupported("C_VerifyMessage", s, C_VerifyMessage(s, NULL, 0, data.data, data.len,
		                                                  more.data, more.len));
	if (choice == 4)
		unsupported("C_VerifyMessageBegin", s, C_VerifyMessageBegin(s, data.data, data.len));
	if (choice == 5)
		unsupported("C_VerifyMessageNext", s,
		            C_VerifyMessageNext(s, NULL, 0, data.data, data.len, more.data, more.len));
	if (choice == 6)
		unsupported("C_EncapsulateKey", s, C_EncapsulateKey(s, mechanism, key, t.attr, t.n,
		                                                    data.data, &data.len, made));
	if (choice == 7)
		unsupported("C_DecapsulateKey", s, C_DecapsulateKey(s, mechanism, key, t.attr, t.n,
		                                                    data.data, data.len, made));
	if (choice == 8)
		unsupported("C_AsyncComplete", s, C_AsyncComplete(s, NULL, &result));
	if (choice == 9)
		unsupported("C_AsyncGetID", s, C_AsyncGetID(s, NULL, &data.len));
	if (choice == 10)
		unsupported("C_AsyncJoin", s, C_AsyncJoin(s, NULL, 0, data.data, data.len));
}
