/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. An input is a sequence of calls, RECORD bytes each: the first one chooses
 * the row of the table below, the others what it is called with. Every answer goes
 * through fuzz/model.h. One row a function; most functions have one of six shapes.
 */
#include <stdlib.h>

#include "fuzz/calls.h"
#include "fuzz/data.h"
#include "fuzz/mechanism.h"
#include "fuzz/model.h"
#include "fuzz/layout.h"
#include "fuzz/world.h"

#define CALLS 48        /* of one input, so that each is quick */
#define ROWS 128

/* One function, in the member of its shape; the others are NULL. */
struct row {
	const char *name;
	CK_RV (*begin)(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
	CK_RV (*pass)(CK_SESSION_HANDLE, unsigned char *, CK_ULONG, unsigned char *, CK_ULONG *);
	CK_RV (*feed)(CK_SESSION_HANDLE, unsigned char *, CK_ULONG);
	CK_RV (*finish)(CK_SESSION_HANDLE, unsigned char *, CK_ULONG *);
	CK_RV (*judge)(CK_SESSION_HANDLE, unsigned char *, CK_ULONG, unsigned char *, CK_ULONG);
	CK_RV (*plain)(CK_SESSION_HANDLE);
	void (*other)(struct fuzz_input *in);   /* one with a shape of its own, see fuzz/calls.h */
	CK_FLAGS flag;          /* what its mechanism must be able to do */
	enum model_op op;
	bool last;              /* the operation is over when it succeeds */
};

static const struct row rows[] = {
	{ "C_EncryptInit", .begin = C_EncryptInit, .op = MODEL_ENCRYPT, .flag = CKF_ENCRYPT },
	{ "C_Encrypt", .pass = C_Encrypt, .op = MODEL_ENCRYPT, .last = true },
	{ "C_EncryptUpdate", .pass = C_EncryptUpdate, .op = MODEL_ENCRYPT },
	{ "C_EncryptFinal", .finish = C_EncryptFinal, .op = MODEL_ENCRYPT, .last = true },
	{ "C_DecryptInit", .begin = C_DecryptInit, .op = MODEL_DECRYPT, .flag = CKF_DECRYPT },
	{ "C_Decrypt", .pass = C_Decrypt, .op = MODEL_DECRYPT, .last = true },
	{ "C_DecryptUpdate", .pass = C_DecryptUpdate, .op = MODEL_DECRYPT },
	{ "C_DecryptFinal", .finish = C_DecryptFinal, .op = MODEL_DECRYPT, .last = true },
	{ "C_DigestInit", .begin = fuzz_digest_init, .op = MODEL_DIGEST, .flag = CKF_DIGEST },
	{ "C_Digest", .pass = C_Digest, .op = MODEL_DIGEST, .last = true },
	{ "C_DigestUpdate", .feed = C_DigestUpdate, .op = MODEL_DIGEST },
	{ "C_DigestFinal", .finish = C_DigestFinal, .op = MODEL_DIGEST, .last = true },
	{ "C_SignInit", .begin = C_SignInit, .op = MODEL_SIGN, .flag = CKF_SIGN },
	{ "C_Sign", .pass = C_Sign, .op = MODEL_SIGN, .last = true },
	{ "C_SignUpdate", .feed = C_SignUpdate, .op = MODEL_SIGN },
	{ "C_SignFinal", .finish = C_SignFinal, .op = MODEL_SIGN, .last = true },
	{ "C_VerifyInit", .begin = C_VerifyInit, .op = MODEL_VERIFY, .flag = CKF_VERIFY },
	{ "C_Verify", .judge = C_Verify, .op = MODEL_VERIFY, .last = true },
	{ "C_VerifyUpdate", .feed = C_VerifyUpdate, .op = MODEL_VERIFY },
	{ "C_VerifyFinal", .feed = C_VerifyFinal, .op = MODEL_VERIFY, .last = true },
	{ "C_FindObjectsFinal", .plain = C_FindObjectsFinal, .op = MODEL_FIND, .last = true },
	{ "C_SignRecoverInit", .begin = C_SignRecoverInit },
	{ "C_SignRecover", .pass = C_SignRecover },
	{ "C_VerifyRecoverInit", .begin = C_VerifyRecoverInit },
	{ "C_VerifyRecover", .pass = C_VerifyRecover },
	{ "C_DigestEncryptUpdate", .pass = C_DigestEncryptUpdate },
	{ "C_DecryptDigestUpdate", .pass = C_DecryptDigestUpdate },
	{ "C_SignEncryptUpdate", .pass = C_SignEncryptUpdate },
	{ "C_DecryptVerifyUpdate", .pass = C_DecryptVerifyUpdate },
	{ "C_GetOperationState", .finish = C_GetOperationState },
	{ "C_SeedRandom", .feed = C_SeedRandom },
	{ "C_GenerateRandom", .feed = C_GenerateRandom },
	{ "C_GetFunctionStatus", .plain = C_GetFunctionStatus },
	{ "C_CancelFunction", .plain = C_CancelFunction },
	{ "C_Initialize", .other = fuzz_initialize },
	{ "C_Finalize", .other = fuzz_finalize },
	{ "C_GetInfo", .other = fuzz_get_info },
	{ "C_GetFunctionList", .other = fuzz_get_function_list },
	{ "C_GetSlotList", .other = fuzz_get_slot_list },
	{ "C_GetSlotInfo", .other = fuzz_get_slot_info },
	{ "C_GetTokenInfo", .other = fuzz_get_token_info },
	{ "C_GetMechanismList", .other = fuzz_get_mechanism_list },
	{ "C_GetMechanismInfo", .other = fuzz_get_mechanism_info },
	{ "C_WaitForSlotEvent", .other = fuzz_wait_for_slot_event },
	{ "C_InitToken", .other = fuzz_init_token },
	{ "C_InitPIN", .other = fuzz_init_pin },
	{ "C_SetPIN", .other = fuzz_set_pin },
	{ "C_OpenSession", .other = fuzz_open_session },
	{ "C_CloseSession", .other = fuzz_close_session },
	{ "C_CloseAllSessions", .other = fuzz_close_all_sessions },
	{ "C_GetSessionInfo", .other = fuzz_get_session_info },
	{ "C_SetOperationState", .other = fuzz_set_operation_state },
	{ "C_Login", .other = fuzz_login },
	{ "C_Logout", .other = fuzz_logout },
	{ "C_CreateObject", .other = fuzz_create_object },
	{ "C_CopyObject", .other = fuzz_copy_object },
	{ "C_DestroyObject", .other = fuzz_destroy_object },
	{ "C_GetObjectSize", .other = fuzz_get_object_size },
	{ "C_GetAttributeValue", .other = fuzz_get_attribute_value },
	{ "C_SetAttributeValue", .other = fuzz_set_attribute_value },
	{ "C_FindObjectsInit", .other = fuzz_find_objects_init },
	{ "C_FindObjects", .other = fuzz_find_objects },
	{ "C_DigestKey", .other = fuzz_digest_key },
	{ "C_GenerateKey", .other = fuzz_generate_key },
	{ "C_GenerateKeyPair", .other = fuzz_generate_key_pair },
	{ "C_WrapKey", .other = fuzz_wrap_key },
	{ "C_UnwrapKey", .other = fuzz_unwrap_key },
	{ "C_DeriveKey", .other = fuzz_derive_key },
	{ "C_GetInterfaceList", .other = fuzz_get_interface_list },
	{ "C_GetInterface", .other = fuzz_get_interface },
	{ "C_LoginUser", .other = fuzz_login_user },
	{ "C_SessionCancel", .other = fuzz_session_cancel },
	{ "C_MessageEncryptInit", .begin = C_MessageEncryptInit, .op = MODEL_MESSAGE_ENCRYPT,
	  .flag = CKF_MESSAGE_ENCRYPT },
	{ "C_EncryptMessage", .other = fuzz_encrypt_message },
	{ "C_EncryptMessageBegin", .other = fuzz_encrypt_message_begin },
	{ "C_EncryptMessageNext", .other = fuzz_encrypt_message_next },
	{ "C_MessageEncryptFinal", .plain = C_MessageEncryptFinal, .op = MODEL_MESSAGE_ENCRYPT,
	  .last = true },
	{ "C_MessageDecryptInit", .begin = C_MessageDecryptInit, .op = MODEL_MESSAGE_DECRYPT,
	  .flag = CKF_MESSAGE_DECRYPT },
	{ "C_DecryptMessage", .other = fuzz_decrypt_message },
	{ "C_DecryptMessageBegin", .other = fuzz_decrypt_message_begin },
	{ "C_DecryptMessageNext", .other = fuzz_decrypt_message_next },
	{ "C_MessageDecryptFinal", .plain = C_MessageDecryptFinal, .op = MODEL_MESSAGE_DECRYPT,
	  .last = true },
	{ "C_VerifySignatureInit", .other = fuzz_verify_signature_init },
	{ "C_VerifySignature", .feed = C_VerifySignature, .op = MODEL_VERIFY_SIGNATURE,
	  .last = true },
	{ "C_VerifySignatureUpdate", .feed = C_VerifySignatureUpdate,
	  .op = MODEL_VERIFY_SIGNATURE },
	{ "C_VerifySignatureFinal", .plain = C_VerifySignatureFinal, .op = MODEL_VERIFY_SIGNATURE,
	  .last = true },
	{ "C_GetSessionValidationFlags", .other = fuzz_get_session_validation_flags },
	{ "C_MessageSignInit", .begin = C_MessageSignInit },
	{ "C_MessageSignFinal", .plain = C_MessageSignFinal },
	{ "C_MessageVerifyInit", .begin = C_MessageVerifyInit },
	{ "C_MessageVerifyFinal", .plain = C_MessageVerifyFinal },
	{ "C_WrapKeyAuthenticated", .other = fuzz_wrap_key_authenticated },
	{ "C_UnwrapKeyAuthenticated", .other = fuzz_unwrap_key_authenticated },
	{ "C_SignMessage", .other = fuzz_unsupported },
};

static void call_begin(const struct row *row, struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_MECHANISM *mechanism = fuzz_mechanism(in, row->flag);
	CK_OBJECT_HANDLE key = model_key(in, mechanism, row->flag);
	CK_RV rv = row->begin(session, mechanism, key);

	model_session_answer(row->name, session, rv);
	if (rv == CKR_OK && model_dead(key) && row->op != MODEL_DIGEST && mechanism != NULL)
		fuzz_fail("%s takes a key that is no more", row->name);
	if (row->op != MODEL_NONE)
		model_begun(row->name, session, row->op, mechanism == NULL, rv);
}

/* Note a call that gave out something, and look at what it gave. */
static void note_output(const struct row *row, CK_SESSION_HANDLE session,
                        const struct fuzz_output *out, CK_RV rv)
{
	model_session_answer(row->name, session, rv);
	fuzz_output_check(row->name, out, rv);
	if (row->op != MODEL_NONE)
		model_went_on(row->name, session, row->op, row->last, out->data == NULL, rv);
}

static void call_pass(const struct row *row, struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes data = fuzz_bytes(in);
	struct fuzz_output out, size = { .len_out = &size.len };
	CK_RV rv;

	fuzz_output(in, &out);
	if (out.asks) {
		rv = row->pass(session, data.data, data.len, NULL, size.len_out);
		note_output(row, session, &size, rv);
		if (rv != CKR_OK)
			return;
		fuzz_output_announced(&out, size.len);
	}
	rv = row->pass(session, data.data, data.len, out.data, out.len_out);
	fuzz_output_kept(row->name, &out, rv);
	note_output(row, session, &out, rv);
}

static void call_finish(const struct row *row, struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_output out, size = { .len_out = &size.len };
	CK_RV rv;

	fuzz_output(in, &out);
	if (out.asks) {
		rv = row->finish(session, NULL, size.len_out);
		note_output(row, session, &size, rv);
		if (rv != CKR_OK)
			return;
		fuzz_output_announced(&out, size.len);
	}
	rv = row->finish(session, out.data, out.len_out);
	fuzz_output_kept(row->name, &out, rv);
	note_output(row, session, &out, rv);
}

static void call_feed(const struct row *row, struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes data = fuzz_bytes(in);
	CK_RV rv = row->feed(session, data.data, data.len);

	model_session_answer(row->name, session, rv);
	if (row->op != MODEL_NONE)
		model_went_on(row->name, session, row->op, row->last, false, rv);
}

static void call_judge(const struct row *row, struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_bytes data = fuzz_bytes(in), signature = fuzz_bytes(in);
	CK_RV rv = row->judge(session, data.data, data.len, signature.data, signature.len);

	model_session_answer(row->name, session, rv);
	model_went_on(row->name, session, row->op, row->last, false, rv);
}

static void call_plain(const struct row *row, struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_RV rv = row->plain(session);

	model_session_answer(row->name, session, rv);
	if (row->op != MODEL_NONE)
		model_went_on(row->name, session, row->op, row->last, false, rv);
}

static void call(struct fuzz_input *in)
{
	/* A new row leaves kept inputs what they are. */
	const size_t n = sizeof rows / sizeof rows[0], at = fuzz_below(in, ROWS);
	const struct row *row = &rows[at < n ? at : n - 1];

	_Static_assert(sizeof rows / sizeof rows[0] <= ROWS, "each row can be chosen");
	if (row->begin != NULL)
		call_begin(row, in);
	else if (row->pass != NULL)
		call_pass(row, in);
	else if (row->finish != NULL)
		call_finish(row, in);
	else if (row->feed != NULL)
		call_feed(row, in);
	else if (row->judge != NULL)
		call_judge(row, in);
	else if (row->plain != NULL)
		call_plain(row, in);
	else
		row->other(in);
	fuzz_release();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool made;

	if (!made) {
		world_make();
		if (getenv("SIGNET_FUZZ_TALLY") != NULL)
			atexit(model_tally);
	}
	made = true;
	world_reset();
	model_reset();
	fuzz_calls_reset();
	if (len > 0)
		fuzz_start(data[0]);
	for (size_t at = 1, n = 0; at < len && n < CALLS; at += RECORD, n++) {
		size_t left = len - at;
		struct fuzz_input in = { data + at, left < RECORD ? left : RECORD };

		call(&in);
	}
	(void)C_Finalize(NULL);
	return 0;
}
