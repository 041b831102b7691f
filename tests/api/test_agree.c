/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. X25519 keys, and C_DeriveKey with CKM_ECDH1_DERIVE.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

/* [RFC 7748 §6.1] */
#define ALICE "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define ALICE_POINT "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define BOB_POINT "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
#define SHARED "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

static const uint8_t x25519_oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x6e };
static CK_MECHANISM pair_gen = { CKM_EC_MONTGOMERY_KEY_PAIR_GEN, NULL, 0 };
static CK_ECDH1_DERIVE_PARAMS params;
static CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof params };
static CK_SESSION_HANDLE s;

static void set_point(struct sg_bytes point)
{
	params.pPublicData = (CK_BYTE *)point.data;
	params.ulPublicDataLen = point.len;
}

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	params = (CK_ECDH1_DERIVE_PARAMS){ .kdf = CKD_NULL };
	set_point(hex(BOB_POINT));
}

static CK_RV import_key(CK_OBJECT_CLASS class, const char *value, bool derive,
                        CK_OBJECT_HANDLE *key)
{
	struct p11_template t = { 0 };
	struct sg_bytes bytes = hex(value);

	p11_ulong(&t, CKA_CLASS, class);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_MONTGOMERY);
	p11_bytes(&t, CKA_EC_PARAMS, x25519_oid, sizeof x25519_oid);
	p11_bytes(&t, class == CKO_PUBLIC_KEY ? CKA_EC_POINT : CKA_VALUE, bytes.data, bytes.len);
	p11_bool(&t, CKA_DERIVE, derive);
	return p11->C_CreateObject(s, t.attr, t.n, key);
}

static CK_OBJECT_HANDLE import_alice(void)
{
	CK_OBJECT_HANDLE key = 0;

	p11_ok(import_key(CKO_PRIVATE_KEY, ALICE, true, &key));
	return key;
}

static CK_RV generate(struct sg_bytes ec_params, CK_OBJECT_HANDLE *pub, CK_OBJECT_HANDLE *priv)
{
	struct p11_template public = { 0 }, private = { 0 };

	p11_bytes(&public, CKA_EC_PARAMS, ec_params.data, ec_params.len);
	p11_bool(&private, CKA_DERIVE, true);
	return p11->C_GenerateKeyPair(s, &pair_gen, public.attr, public.n, private.attr, private.n,
	                              pub, priv);
}

/* Derive a generic secret that shows its value, of len bytes or without saying how many. */
static CK_RV derive(CK_OBJECT_HANDLE base, CK_ULONG len, struct sg_bytes *value)
{
	static CK_BYTE out[600];
	struct p11_template t = { 0 };
	CK_ULONG out_len = sizeof out;
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	if (len > 0)
		p11_ulong(&t, CKA_VALUE_LEN, len);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	rv = p11->C_DeriveKey(s, &ecdh, base, t.attr, t.n, &key);
	if (rv != CKR_OK)
		return rv;
	p11_ok(p11_get(s, key, CKA_VALUE, out, &out_len));
	*value = sg_bytes(out, out_len);
	return CKR_OK;
}

START_TEST(the_published_secret_is_derived)
{
	static const char *const forms[] = { BOB_POINT, "0420" BOB_POINT, "032100" BOB_POINT };
	CK_OBJECT_HANDLE alice = import_alice();
	struct sg_bytes value;

	for (int i = 0; i < 3; i++) {
		set_point(hex(forms[i]));
		p11_ok(derive(alice, 0, &value));
		assert_bytes(value, hex(SHARED));
	}
	p11_ok(derive(alice, 32, &value));
	assert_bytes(value, hex(SHARED));
	/* Truncation takes bytes off the front. */
	p11_ok(derive(alice, 20, &value));
	assert_bytes(value, sg_bytes(hex(SHARED).data + 12, 20));
}
END_TEST

START_TEST(an_aes_key_can_be_derived_and_used)
{
	CK_BYTE iv[16] = { 0 }, out[16], want[16];
	CK_MECHANISM cbc = { CKM_AES_CBC, iv, sizeof iv };
	CK_OBJECT_HANDLE key, known = p11_import_aes(s, hex(SHARED));
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_ok(p11->C_DeriveKey(s, &ecdh, import_alice(), t.attr, t.n, &key));
	ck_assert_uint_eq(p11_get_ulong(s, key, CKA_VALUE_LEN), 32);
	ck_assert(p11_get_bool(s, key, CKA_SENSITIVE));
	ck_assert(!p11_get_bool(s, key, CKA_ALWAYS_SENSITIVE));
	p11_ok(p11->C_EncryptInit(s, &cbc, key));
	p11_ok(p11->C_Encrypt(s, (CK_BYTE *)"sixteen bytes ab", 16, out, &(CK_ULONG){ 16 }));
	p11_ok(p11->C_EncryptInit(s, &cbc, known));
	p11_ok(p11->C_Encrypt(s, (CK_BYTE *)"sixteen bytes ab", 16, want, &(CK_ULONG){ 16 }));
	ck_assert_mem_eq(out, want, 16);
}
END_TEST

/* Made with OpenSSL's X963KDF. */
START_TEST(the_kdf_of_x9_63_is_known)
{
	CK_OBJECT_HANDLE alice = import_alice();
	struct sg_bytes value;

	params.kdf = CKD_SHA256_KDF;
	p11_ok(derive(alice, 0, &value));
	assert_bytes(value, hex("86ca3c8a5e4a20d25fad21ac346ddf51fad2019b93442874a86b1d341854c37f"));
	params.pSharedData = (CK_BYTE *)"shared info";
	params.ulSharedDataLen = 11;
	p11_ok(derive(alice, 80, &value));
	assert_bytes(value, hex("f31beaa6d733ff9349a02531bc99fec2520192d0e018b0f48a754a2b35cd2037"
	                        "c2a89b69885c3b88c7c04bec5bd0521ae5647e50ffc504b86fad49c9a7197ec2"
	                        "f91f2a5f3e73fbc1109e95b8dc633ef2"));
}
END_TEST

START_TEST(two_new_pairs_agree)
{
	CK_OBJECT_HANDLE pub[2], priv[2];
	struct sg_bytes value;
	CK_BYTE point[2][34], first[32];
	CK_ULONG len;

	for (int i = 0; i < 2; i++) {
		p11_ok(generate(sg_bytes(x25519_oid, sizeof x25519_oid), &pub[i], &priv[i]));
		len = 34;
		p11_ok(p11_get(s, pub[i], CKA_EC_POINT, point[i], &len));
		ck_assert_uint_eq(len, 34);
		ck_assert(p11_get_bool(s, priv[i], CKA_LOCAL));
		ck_assert(p11_get_bool(s, priv[i], CKA_NEVER_EXTRACTABLE));
	}
	set_point(sg_bytes(point[1], 34));
	p11_ok(derive(priv[0], 0, &value));
	memcpy(first, value.data, 32);
	set_point(sg_bytes(point[0], 34));
	p11_ok(derive(priv[1], 0, &value));
	assert_bytes(value, sg_bytes(first, 32));
}
END_TEST

START_TEST(the_curve_has_three_names_and_is_given_out_by_one)
{
	static const char *const names[] = {
		"06032b656e", "130a63757276653235353139", "060a2b060104019755010501",
	};
	static const char *const others[] = { "06032b6570", "06032b656f", "06082a8648ce3d030107", "" };
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE out[16];

	for (size_t i = 0; i < 3; i++) {
		CK_ULONG len = sizeof out;

		p11_ok(generate(hex(names[i]), &pub, &priv));
		p11_ok(p11_get(s, priv, CKA_EC_PARAMS, out, &len));
		assert_bytes(sg_bytes(out, len), sg_bytes(x25519_oid, sizeof x25519_oid));
	}
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_ne(generate(hex(others[i]), &pub, &priv), CKR_OK);
	p11_is(CKR_CURVE_NOT_SUPPORTED, generate(hex(others[0]), &pub, &priv));
}
END_TEST

START_TEST(an_imported_key_knows_its_public_half)
{
	CK_OBJECT_HANDLE alice = import_alice();
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	p11_ok(p11_get(s, alice, CKA_EC_POINT, out, &len));
	assert_bytes(sg_bytes(out, len), hex("0420" ALICE_POINT));
	len = sizeof out;
	p11_ok(p11_get(s, alice, CKA_PUBLIC_KEY_INFO, out, &len));
	assert_bytes(sg_bytes(out, len), hex("302a300506032b656e032100" ALICE_POINT));
	len = sizeof out;
	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, alice, CKA_VALUE, out, &len));
}
END_TEST

START_TEST(points_of_small_order_are_no_public_keys)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	};
	CK_OBJECT_HANDLE alice = import_alice(), key;
	struct sg_bytes value;

	for (int i = 0; i < 3; i++) {
		set_point(hex(points[i]));
		p11_is(CKR_PUBLIC_KEY_INVALID, derive(alice, 0, &value));
		p11_is(CKR_PUBLIC_KEY_INVALID, import_key(CKO_PUBLIC_KEY, points[i], true, &key));
	}
	p11_ok(import_key(CKO_PUBLIC_KEY, BOB_POINT, true, &key));
}
END_TEST

START_TEST(bad_parameters_are_refused)
{
	CK_OBJECT_HANDLE alice = import_alice(), key;
	static CK_ECDH1_DERIVE_PARAMS room[2];
	struct sg_bytes value;

	for (size_t len = 0; len <= 40; len++) {
		set_point(repeat(9, len));
		p11_is(len == 32 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID, derive(alice, 0, &value));
	}
	set_point(sg_bytes(NULL, 32));
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive(alice, 0, &value));
	set_point(sg_bytes(hex(BOB_POINT).data, ~0UL));
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive(alice, 0, &value));
	set_point(hex(BOB_POINT));
	params.pSharedData = (CK_BYTE *)"x";
	params.ulSharedDataLen = 1;
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive(alice, 0, &value));
	params.kdf = CKD_SHA256_KDF;
	params.pSharedData = NULL;
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive(alice, 0, &value));
	params.ulSharedDataLen = 0;
	p11_ok(derive(alice, 0, &value));
	params.kdf = CKD_SHA1_KDF;
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive(alice, 0, &value));
	params.kdf = CKD_NULL;
	room[0] = params;
	for (CK_ULONG len = 0; len <= sizeof room; len++) {
		CK_MECHANISM m = { CKM_ECDH1_DERIVE, room, len };

		p11_is(len == sizeof params ? CKR_OK : CKR_MECHANISM_PARAM_INVALID,
		       p11->C_DeriveKey(s, &m, alice, NULL, 0, &key));
	}
}
END_TEST

START_TEST(lengths_have_their_limits)
{
	CK_OBJECT_HANDLE alice = import_alice();
	struct sg_bytes value;

	p11_is(CKR_KEY_SIZE_RANGE, derive(alice, 33, &value));
	p11_is(CKR_KEY_SIZE_RANGE, derive(alice, 15, &value));
	p11_is(CKR_KEY_SIZE_RANGE, derive(alice, 1, &value));
	params.kdf = CKD_SHA256_KDF;
	p11_ok(derive(alice, 512, &value));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, derive(alice, 513, &value));
}
END_TEST

START_TEST(the_base_key_is_of_a_kind_that_may)
{
	CK_OBJECT_HANDLE key, pub, priv;
	struct sg_bytes value;

	p11_ok(import_key(CKO_PRIVATE_KEY, ALICE, false, &key));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, derive(key, 0, &value));
	p11_ok(import_key(CKO_PUBLIC_KEY, ALICE_POINT, true, &key));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, derive(key, 0, &value));
	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_KEY_TYPE_INCONSISTENT, derive(priv, 0, &value));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_SignInit(s, &p11_eddsa, import_alice()));
}
END_TEST

START_TEST(a_pair_in_the_token_stays)
{
	struct p11_template public = { 0 }, private = { 0 };
	CK_OBJECT_HANDLE pub, priv;
	struct sg_bytes value;
	CK_BYTE first[32];

	p11_bytes(&public, CKA_EC_PARAMS, x25519_oid, sizeof x25519_oid);
	p11_bool(&private, CKA_DERIVE, true);
	p11_bool(&private, CKA_TOKEN, true);
	p11_text(&private, CKA_LABEL, "agree");
	p11_ok(p11->C_GenerateKeyPair(s, &pair_gen, public.attr, public.n, private.attr, private.n,
	                              &pub, &priv));
	p11_ok(derive(priv, 0, &value));
	memcpy(first, value.data, 32);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(derive(p11_find_label(s, CKO_PRIVATE_KEY, "agree"), 0, &value));
	assert_bytes(value, sg_bytes(first, 32));
}
END_TEST

START_TEST(mechanisms_are_described)
{
	CK_MECHANISM_INFO info;

	p11_ok(p11->C_GetMechanismInfo(0, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, &info));
	ck_assert(info.flags & CKF_GENERATE_KEY_PAIR);
	ck_assert_uint_eq(info.ulMaxKeySize, 255);
	p11_ok(p11->C_GetMechanismInfo(0, CKM_ECDH1_DERIVE, &info));
	ck_assert(info.flags & CKF_DERIVE);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("agree");
	TCase *tc = tcase_create("agree");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, the_published_secret_is_derived);
	tcase_add_test(tc, an_aes_key_can_be_derived_and_used);
	tcase_add_test(tc, the_kdf_of_x9_63_is_known);
	tcase_add_test(tc, two_new_pairs_agree);
	tcase_add_test(tc, the_curve_has_three_names_and_is_given_out_by_one);
	tcase_add_test(tc, an_imported_key_knows_its_public_half);
	tcase_add_test(tc, points_of_small_order_are_no_public_keys);
	tcase_add_test(tc, bad_parameters_are_refused);
	tcase_add_test(tc, lengths_have_their_limits);
	tcase_add_test(tc, the_base_key_is_of_a_kind_that_may);
	tcase_add_test(tc, a_pair_in_the_token_stays);
	tcase_add_test(tc, mechanisms_are_described);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
