/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys with a PIN of their own: who gives it, when, and what does not open without. The
 * policies of keys are in test_key_policy, on a TPM.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define KEY_PIN "seven dwarfs"

static CK_SESSION_HANDLE s;
static CK_MECHANISM cbc = { CKM_AES_CBC, (CK_BYTE *)"sixteen bytes iv", 16 };

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
}

/* What a root is made of; label NULL: nothing sealed, a session key. */
static void describe(struct p11_template *t, const char *label)
{
	p11_ulong(t, CKA_VALUE_LEN, 32);
	p11_bool(t, CKA_WRAP, true);
	p11_bool(t, CKA_UNWRAP, true);
	p11_bool(t, CKA_ENCRYPT, true);
	p11_bool(t, CKA_DECRYPT, true);
	if (label == NULL)
		return;
	p11_text(t, CKA_LABEL, label);
	p11_bool(t, CKA_TOKEN, true);
	p11_bool(t, CKA_SIGNET_SEALED, true);
}

static CK_OBJECT_HANDLE make_root(void)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	describe(&t, "root");
	p11_text(&t, CKA_SIGNET_PIN, KEY_PIN);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	return key;
}

/* The root as another process finds it. */
static CK_OBJECT_HANDLE find_again(void)
{
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	return p11_find_label(s, CKO_SECRET_KEY, "root");
}

static CK_RV encrypt(CK_OBJECT_HANDLE key, uint8_t out[16])
{
	CK_ULONG len = 16;
	CK_RV rv = p11->C_EncryptInit(s, &cbc, key);

	return rv == CKR_OK ? p11->C_Encrypt(s, (CK_BYTE *)"sixteen bytes ok", 16, out, &len) : rv;
}

static void give(const char *pin, CK_RV wanted)
{
	p11_login(s, CKU_CONTEXT_SPECIFIC, pin, wanted);
}

static CK_RV wrap(CK_OBJECT_HANDLE key, CK_OBJECT_HANDLE what)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	return p11->C_WrapKey(s, &p11_kwp, key, what, out, &len);
}

static CK_OBJECT_HANDLE extractable(void)
{
	return p11_import_aes(s, repeat(7, 32));
}

START_TEST(the_pin_opens_a_key_for_the_operation_that_asked_and_for_what_follows)
{
	CK_OBJECT_HANDLE key = make_root();
	uint8_t before[16], after[16];
	CK_ULONG len = 16;

	p11_ok(encrypt(key, before));           /* who made it has given the PIN */
	key = find_again();
	ck_assert(p11_get_bool(s, key, CKA_SIGNET_HAS_PIN));
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	give(KEY_PIN, CKR_OK);
	give(KEY_PIN, CKR_USER_ALREADY_LOGGED_IN);
	p11_ok(p11->C_Encrypt(s, (CK_BYTE *)"sixteen bytes ok", 16, after, &len));
	ck_assert_mem_eq(before, after, 16);
	p11_ok(encrypt(key, after));
}
END_TEST

START_TEST(without_the_pin_nothing_opens_it)
{
	CK_OBJECT_HANDLE key, other;
	uint8_t out[16];

	make_root();
	key = find_again();
	other = extractable();
	p11_is(CKR_USER_NOT_LOGGED_IN, encrypt(key, out));
	p11_is(CKR_USER_NOT_LOGGED_IN, wrap(key, other));
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_EncryptUpdate(s, out, 16, out, &(CK_ULONG){ 16 }));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_EncryptFinal(s, out, &(CK_ULONG){ 16 }));
}
END_TEST

START_TEST(a_wrong_pin_opens_nothing)
{
	static const char *const wrong[] = { "seven dwarf", "", "x", P11_PIN };
	CK_OBJECT_HANDLE key;
	uint8_t out[16];

	make_root();
	key = find_again();
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		p11_ok(p11->C_EncryptInit(s, &cbc, key));
		give(wrong[i], CKR_PIN_INCORRECT);
		p11_is(CKR_USER_NOT_LOGGED_IN,
		       p11->C_Encrypt(s, out, 16, out, &(CK_ULONG){ 16 }));
	}
}
END_TEST

START_TEST(asking_for_the_size_needs_no_pin)
{
	CK_MECHANISM pad = { CKM_AES_CBC_PAD, (CK_BYTE *)"sixteen bytes iv", 16 };
	CK_OBJECT_HANDLE key;
	CK_ULONG len = 0;
	uint8_t out[32];

	make_root();
	key = find_again();
	p11_ok(p11->C_DecryptInit(s, &pad, key));
	p11_ok(p11->C_Decrypt(s, out, 32, NULL, &len));
	ck_assert_uint_ge(len, 31);
	len = sizeof out;
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Decrypt(s, out, 32, out, &len));
}
END_TEST

START_TEST(a_call_without_init_is_made_again_after_the_pin)
{
	CK_OBJECT_HANDLE key, other;

	make_root();
	key = find_again();
	other = extractable();
	give(KEY_PIN, CKR_OPERATION_NOT_INITIALIZED);
	p11_is(CKR_USER_NOT_LOGGED_IN, wrap(key, other));
	give("seven dwarf", CKR_PIN_INCORRECT);
	p11_is(CKR_USER_NOT_LOGGED_IN, wrap(key, other));
	give(KEY_PIN, CKR_OK);
	p11_ok(wrap(key, other));
	give(KEY_PIN, CKR_OPERATION_NOT_INITIALIZED);
}
END_TEST

START_TEST(what_asked_last_gets_the_pin)
{
	CK_OBJECT_HANDLE key, other;
	uint8_t out[16];

	make_root();
	key = find_again();
	other = extractable();
	p11_is(CKR_USER_NOT_LOGGED_IN, wrap(key, other));
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	give(KEY_PIN, CKR_OK);
	p11_ok(p11->C_Encrypt(s, out, 16, out, &(CK_ULONG){ 16 }));
	give(KEY_PIN, CKR_OK);                  /* of the call before */
	p11_ok(wrap(key, other));
}
END_TEST

START_TEST(a_logout_closes_it_again)
{
	CK_OBJECT_HANDLE key;
	uint8_t out[16];

	make_root();
	key = find_again();
	p11_login(s, CKU_USER, "", CKR_OK);
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	give(KEY_PIN, CKR_OK);
	p11_ok(p11->C_Logout(s));
	p11_ok(p11->C_Encrypt(s, out, 16, out, &(CK_ULONG){ 16 }));      /* begun before */
	p11_is(CKR_USER_NOT_LOGGED_IN, encrypt(key, out));
	ck_assert(p11_get_bool(s, key, CKA_SIGNET_HAS_PIN));
}
END_TEST

/* The user's PIN shows the key, and the key's own opens it: each is good for its own. */
START_TEST(on_a_pin_token_both_pins_are_needed)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;
	uint8_t out[16];

	p11_teardown();
	p11_setup();
	s = p11_user();
	describe(&t, "root");
	p11_text(&t, CKA_SIGNET_PIN, KEY_PIN);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_ok(encrypt(key, out));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	key = p11_find_label(s, CKO_SECRET_KEY, "root");
	p11_is(CKR_USER_NOT_LOGGED_IN, encrypt(key, out));
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	give(P11_PIN, CKR_PIN_INCORRECT);
	give(KEY_PIN, CKR_OK);
	p11_ok(p11->C_Encrypt(s, out, 16, out, &(CK_ULONG){ 16 }));
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_Encrypt(s, out, 16, out, &(CK_ULONG){ 16 }));
}
END_TEST

START_TEST(the_end_of_the_last_session_closes_it_too)
{
	CK_OBJECT_HANDLE key = make_root();
	uint8_t out[16];

	p11_ok(encrypt(key, out));
	key = find_again();
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	give(KEY_PIN, CKR_OK);
	p11_ok(p11->C_CloseSession(s));
	s = p11_open(0);
	p11_is(CKR_USER_NOT_LOGGED_IN, encrypt(p11_find_label(s, CKO_SECRET_KEY, "root"), out));
}
END_TEST

START_TEST(the_pin_is_never_read_nor_found)
{
	CK_OBJECT_HANDLE key = make_root();
	CK_ULONG len = 64;
	struct p11_template t = { 0 };
	CK_BYTE out[64];

	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, key, CKA_SIGNET_PIN, out, &len));
	ck_assert_uint_eq(len, CK_UNAVAILABLE_INFORMATION);
	p11_text(&t, CKA_SIGNET_PIN, KEY_PIN);
	ck_assert_uint_eq(p11_find(s, &t, NULL, 0), 0);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_SIGNET_PIN, "other", 5));
}
END_TEST

START_TEST(a_pin_needs_a_sealed_key_and_a_length)
{
	CK_OBJECT_HANDLE key;
	struct p11_template t = { 0 }, session = { 0 }, too_long = { 0 };
	char pin[257] = { 0 };

	describe(&t, "root");
	p11_text(&t, CKA_SIGNET_PIN, "abc");
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID,
	       p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	describe(&too_long, "root");
	memset(pin, 'x', 256);
	p11_text(&too_long, CKA_SIGNET_PIN, pin);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID,
	       p11->C_GenerateKey(s, &p11_aes_gen, too_long.attr, too_long.n, &key));
	describe(&session, NULL);
	p11_text(&session, CKA_SIGNET_PIN, KEY_PIN);
	p11_is(CKR_TEMPLATE_INCONSISTENT,
	       p11->C_GenerateKey(s, &p11_aes_gen, session.attr, session.n, &key));
	p11_bool(&session, CKA_SIGNET_HAS_PIN, true);
	p11_is(CKR_ATTRIBUTE_READ_ONLY,
	       p11->C_GenerateKey(s, &p11_aes_gen, session.attr + session.n - 1, 1, &key));
	ck_assert_uint_eq(p11_count(s), 0);
}
END_TEST

START_TEST(no_template_in_a_key_holds_a_pin)
{
	CK_ATTRIBUTE nested[] = { { CKA_SIGNET_PIN, (CK_BYTE *)KEY_PIN, 12 } };
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bytes(&t, CKA_UNWRAP_TEMPLATE, nested, sizeof nested);
	p11_is(CKR_ATTRIBUTE_TYPE_INVALID,
	       p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
}
END_TEST

START_TEST(a_session_key_becomes_a_root_with_a_pin_by_a_copy)
{
	struct p11_template t = { 0 }, put = { 0 };
	CK_OBJECT_HANDLE key, root;
	uint8_t before[16], after[16];
	CK_ULONG len = 16;

	describe(&t, NULL);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_ok(encrypt(key, before));
	p11_bool(&put, CKA_TOKEN, true);
	p11_bool(&put, CKA_SIGNET_SEALED, true);
	p11_text(&put, CKA_LABEL, "root");
	p11_text(&put, CKA_SIGNET_PIN, KEY_PIN);
	p11_ok(p11->C_CopyObject(s, key, put.attr, put.n, &root));
	ck_assert(p11_get_bool(s, root, CKA_LOCAL));
	root = find_again();
	p11_ok(p11->C_EncryptInit(s, &cbc, root));
	give(KEY_PIN, CKR_OK);
	p11_ok(p11->C_Encrypt(s, (CK_BYTE *)"sixteen bytes ok", 16, after, &len));
	ck_assert_mem_eq(before, after, 16);
}
END_TEST

START_TEST(a_copy_has_a_pin_too_and_needs_the_pin_of_the_first)
{
	struct p11_template other = { 0 };
	CK_OBJECT_HANDLE key, copy;
	uint8_t out[16];

	make_root();
	key = find_again();
	p11_is(CKR_TEMPLATE_INCOMPLETE, p11->C_CopyObject(s, key, NULL, 0, &copy));
	p11_text(&other, CKA_SIGNET_PIN, "other pin");
	p11_text(&other, CKA_LABEL, "copy");
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_CopyObject(s, key, other.attr, other.n, &copy));
	give(KEY_PIN, CKR_OK);
	p11_ok(p11->C_CopyObject(s, key, other.attr, other.n, &copy));
	find_again();
	copy = p11_find_label(s, CKO_SECRET_KEY, "copy");
	p11_ok(p11->C_EncryptInit(s, &cbc, copy));
	give(KEY_PIN, CKR_PIN_INCORRECT);
	give("other pin", CKR_OK);
	p11_ok(p11->C_Encrypt(s, out, 16, out, &(CK_ULONG){ 16 }));
}
END_TEST

START_TEST(imported_unwrapped_and_derived_keys_can_have_one)
{
	struct p11_template seed = { 0 }, unwrapped = { 0 };
	CK_OBJECT_HANDLE key, root = extractable();
	CK_BYTE wrapped[64], signature[64];
	CK_ULONG len = sizeof wrapped;

	p11_ok(p11->C_WrapKey(s, &p11_kwp, root, root, wrapped, &len));
	p11_ulong(&unwrapped, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&unwrapped, CKA_KEY_TYPE, CKK_AES);
	p11_bool(&unwrapped, CKA_TOKEN, true);
	p11_bool(&unwrapped, CKA_SIGNET_SEALED, true);
	p11_text(&unwrapped, CKA_LABEL, "root");
	p11_text(&unwrapped, CKA_SIGNET_PIN, KEY_PIN);
	p11_ok(p11->C_UnwrapKey(s, &p11_kwp, root, wrapped, len, unwrapped.attr, unwrapped.n, &key));
	p11_ulong(&seed, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&seed, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&seed, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bytes(&seed, CKA_VALUE, repeat(5, 32).data, 32);
	p11_bool(&seed, CKA_TOKEN, true);
	p11_bool(&seed, CKA_SIGNET_SEALED, true);
	p11_text(&seed, CKA_LABEL, "seed");
	p11_text(&seed, CKA_SIGNET_PIN, KEY_PIN);
	p11_ok(p11->C_CreateObject(s, seed.attr, seed.n, &key));
	key = find_again();
	p11_is(CKR_USER_NOT_LOGGED_IN, encrypt(key, signature));
	key = p11_find_label(s, CKO_PRIVATE_KEY, "seed");
	p11_is(CKR_USER_NOT_LOGGED_IN, p11_sign(s, key, "text", signature));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, key));
	give(KEY_PIN, CKR_OK);
	len = sizeof signature;
	p11_ok(p11->C_Sign(s, (CK_BYTE *)"text", 4, signature, &len));
}
END_TEST

START_TEST(with_always_authenticate_each_use_asks_for_it)
{
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE public, private;
	CK_BYTE signature[64];
	CK_ULONG len = 64;

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bool(&priv, CKA_ALWAYS_AUTHENTICATE, true);
	p11_bool(&priv, CKA_TOKEN, true);
	p11_bool(&priv, CKA_SIGNET_SEALED, true);
	p11_text(&priv, CKA_SIGNET_PIN, KEY_PIN);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n, &public,
	                              &private));
	for (int i = 0; i < 2; i++) {
		p11_is(CKR_USER_NOT_LOGGED_IN, p11_sign(s, private, "text", signature));
		p11_ok(p11->C_SignInit(s, &p11_eddsa, private));
		give("wrong", CKR_PIN_INCORRECT);
		give(KEY_PIN, CKR_OK);
		p11_ok(p11->C_Sign(s, (CK_BYTE *)"text", 4, signature, &len));
	}
}
END_TEST

START_TEST(messages_wait_for_the_pin)
{
	CK_MECHANISM gcm = { CKM_AES_GCM, NULL, 0 };
	CK_BYTE iv[12], tag[16], out[16];
	CK_GCM_MESSAGE_PARAMS params = { iv, 12, 0, CKG_GENERATE, tag, 128 };
	CK_OBJECT_HANDLE key;
	CK_ULONG len = sizeof out;

	make_root();
	key = find_again();
	p11_ok(p11_3_2->C_MessageEncryptInit(s, &gcm, key));
	p11_is(CKR_USER_NOT_LOGGED_IN,
	       p11_3_2->C_EncryptMessage(s, &params, sizeof params, NULL, 0, out, 16, out, &len));
	p11_is(CKR_USER_NOT_LOGGED_IN,
	       p11_3_2->C_EncryptMessageBegin(s, &params, sizeof params, NULL, 0));
	give(KEY_PIN, CKR_OK);
	p11_ok(p11_3_2->C_EncryptMessage(s, &params, sizeof params, NULL, 0, out, 16, out, &len));
}
END_TEST

START_TEST(the_soft_sealer_has_no_policies)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	describe(&t, "root");
	p11_text(&t, CKA_SIGNET_POLICY, "pcr=sha256:7");
	p11_is(CKR_SIGNET_HW_UNSUPPORTED, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	ck_assert_uint_eq(p11_count(s), 0);
}
END_TEST

START_TEST(a_policy_needs_a_sealed_key_and_a_meaning)
{
	struct p11_template session = { 0 }, nonsense = { 0 }, none = { 0 };
	CK_OBJECT_HANDLE key;
	CK_ULONG len = 0;

	describe(&session, NULL);
	p11_text(&session, CKA_SIGNET_POLICY, "pcr=sha256:7");
	p11_is(CKR_TEMPLATE_INCONSISTENT,
	       p11->C_GenerateKey(s, &p11_aes_gen, session.attr, session.n, &key));
	describe(&nonsense, "root");
	p11_text(&nonsense, CKA_SIGNET_POLICY, "pcr=sha256:24");
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID,
	       p11->C_GenerateKey(s, &p11_aes_gen, nonsense.attr, nonsense.n, &key));
	describe(&none, "root");
	p11_text(&none, CKA_SIGNET_POLICY, "");
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, none.attr, none.n, &key));
	p11_ok(p11_get(s, key, CKA_SIGNET_POLICY, NULL, &len));
	ck_assert_uint_eq(len, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("key_guard");
	TCase *tc = tcase_create("pin");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	tcase_add_test(tc, the_pin_opens_a_key_for_the_operation_that_asked_and_for_what_follows);
	tcase_add_test(tc, without_the_pin_nothing_opens_it);
	tcase_add_test(tc, a_wrong_pin_opens_nothing);
	tcase_add_test(tc, asking_for_the_size_needs_no_pin);
	tcase_add_test(tc, a_call_without_init_is_made_again_after_the_pin);
	tcase_add_test(tc, what_asked_last_gets_the_pin);
	tcase_add_test(tc, a_logout_closes_it_again);
	tcase_add_test(tc, on_a_pin_token_both_pins_are_needed);
	tcase_add_test(tc, the_end_of_the_last_session_closes_it_too);
	tcase_add_test(tc, the_pin_is_never_read_nor_found);
	tcase_add_test(tc, a_pin_needs_a_sealed_key_and_a_length);
	tcase_add_test(tc, no_template_in_a_key_holds_a_pin);
	tcase_add_test(tc, a_session_key_becomes_a_root_with_a_pin_by_a_copy);
	tcase_add_test(tc, a_copy_has_a_pin_too_and_needs_the_pin_of_the_first);
	tcase_add_test(tc, imported_unwrapped_and_derived_keys_can_have_one);
	tcase_add_test(tc, with_always_authenticate_each_use_asks_for_it);
	tcase_add_test(tc, messages_wait_for_the_pin);
	tcase_add_test(tc, the_soft_sealer_has_no_policies);
	tcase_add_test(tc, a_policy_needs_a_sealed_key_and_a_meaning);
	suite_add_tcase(s_, tc);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
