/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. CKM_EDDSA and the making of its keys, and what holds of all operations:
 * how they begin, ask for sizes, and end.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

/* [RFC 8032 §7.1] */
static const struct {
	const char *seed, *point, *message, *signature;
} vectors[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
	  "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
	  "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
	  "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	  "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
	  "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ec"
	  "fdfbc7c66431e0303dca179c138ac17ad9bef1177331a704" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static CK_BYTE text[] = "hello";

static void begin(void)
{
	s = p11_machine();
	p11_make_pair(s, NULL, &pub, &priv);
}

START_TEST(the_vectors_of_rfc_8032_sign)
{
	struct sg_bytes message = hex(vectors[_i].message);
	uint8_t signature[64];
	CK_ULONG len = 64;

	s = p11_machine();
	priv = p11_import_seed(s, hex(vectors[_i].seed).data);
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_Sign(s, (CK_BYTE *)message.data, message.len, signature, &len));
	assert_bytes(sg_bytes(signature, len), hex(vectors[_i].signature));
}
END_TEST

START_TEST(the_vectors_of_rfc_8032_sign_in_parts)
{
	struct sg_bytes message = hex(vectors[_i].message);
	uint8_t signature[64];
	CK_ULONG len = 64;

	s = p11_machine();
	priv = p11_import_seed(s, hex(vectors[_i].seed).data);
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	for (size_t i = 0; i < message.len; i++)
		p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)message.data + i, 1));
	p11_ok(p11->C_SignFinal(s, signature, &len));
	assert_bytes(sg_bytes(signature, len), hex(vectors[_i].signature));
}
END_TEST

START_TEST(the_vectors_of_rfc_8032_verify)
{
	struct sg_bytes message = hex(vectors[_i].message), sig = hex(vectors[_i].signature);

	s = p11_machine();
	pub = p11_import_point(s, hex(vectors[_i].point));
	p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
	p11_ok(p11->C_Verify(s, (CK_BYTE *)message.data, message.len, (CK_BYTE *)sig.data, 64));
	p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
	for (size_t i = 0; i < message.len; i++)
		p11_ok(p11->C_VerifyUpdate(s, (CK_BYTE *)message.data + i, 1));
	p11_ok(p11->C_VerifyFinal(s, (CK_BYTE *)sig.data, 64));
}
END_TEST

START_TEST(an_imported_private_key_knows_its_public_half)
{
	uint8_t point[34];
	CK_ULONG len = sizeof point;

	s = p11_machine();
	priv = p11_import_seed(s, hex(vectors[_i].seed).data);
	p11_ok(p11_get(s, priv, CKA_EC_POINT, point, &len));
	ck_assert_uint_eq(len, 34);
	assert_bytes(sg_bytes(point + 2, 32), hex(vectors[_i].point));
}
END_TEST

START_TEST(a_changed_message_or_signature_is_invalid)
{
	uint8_t signature[64];

	begin();
	p11_ok(p11_sign(s, priv, "hello", signature));
	p11_is(CKR_SIGNATURE_INVALID, p11_verify(s, pub, "hellp", signature));
	for (int i = 0; i < 64; i++) {
		signature[i] ^= 0x10;
		p11_is(CKR_SIGNATURE_INVALID, p11_verify(s, pub, "hello", signature));
		signature[i] ^= 0x10;
	}
	p11_ok(p11_verify(s, pub, "hello", signature));
}
END_TEST

START_TEST(a_signature_has_64_bytes)
{
	uint8_t signature[65] = { 0 };

	begin();
	for (CK_ULONG len = 0; len <= 65; len += len == 0 ? 63 : 2) {
		p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
		p11_is(CKR_SIGNATURE_LEN_RANGE, p11->C_Verify(s, text, 5, signature, len));
		p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Verify(s, text, 5, signature, 64));
	}
}
END_TEST

START_TEST(two_keys_are_two_keys)
{
	CK_OBJECT_HANDLE other_pub, other_priv;
	uint8_t signature[64];

	begin();
	p11_make_pair(s, NULL, &other_pub, &other_priv);
	p11_ok(p11_sign(s, priv, "hello", signature));
	p11_is(CKR_SIGNATURE_INVALID, p11_verify(s, other_pub, "hello", signature));
}
END_TEST

START_TEST(asking_for_the_size_does_not_end_the_operation)
{
	uint8_t signature[64];
	CK_ULONG len = 0;

	begin();
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	for (int i = 0; i < 3; i++) {
		len = 0;
		p11_ok(p11->C_Sign(s, text, 5, NULL, &len));
		ck_assert_uint_eq(len, 64);
	}
	p11_ok(p11->C_Sign(s, text, 5, signature, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Sign(s, text, 5, signature, &len));
}
END_TEST

START_TEST(a_small_buffer_does_not_end_the_operation)
{
	uint8_t signature[64];
	CK_ULONG len = 63;

	begin();
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	memset(signature, 0x55, sizeof signature);
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_Sign(s, text, 5, signature, &len));
	ck_assert_uint_eq(len, 64);
	for (int i = 0; i < 64; i++)
		ck_assert_uint_eq(signature[i], 0x55);
	len = 0;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_Sign(s, text, 5, signature, &len));
	p11_ok(p11->C_Sign(s, text, 5, signature, &len));
}
END_TEST

START_TEST(sizes_and_small_buffers_at_the_end_of_parts_keep_the_parts)
{
	uint8_t signature[64], whole[64];
	CK_ULONG len = 0;

	begin();
	p11_ok(p11_sign(s, priv, "hello", whole));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_SignUpdate(s, text, 2));
	p11_ok(p11->C_SignUpdate(s, NULL, 0));
	p11_ok(p11->C_SignUpdate(s, text + 2, 3));
	p11_ok(p11->C_SignFinal(s, NULL, &len));
	ck_assert_uint_eq(len, 64);
	len = 10;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_SignFinal(s, signature, &len));
	p11_ok(p11->C_SignFinal(s, signature, &len));
	ck_assert_mem_eq(signature, whole, 64);
}
END_TEST

START_TEST(any_other_error_ends_the_operation)
{
	uint8_t signature[64];
	CK_ULONG len = 64;

	begin();
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Sign(s, NULL, 5, signature, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Sign(s, text, 5, signature, &len));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Sign(s, text, 5, signature, NULL));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Sign(s, text, 5, signature, &len));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SignUpdate(s, NULL, 1));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_SignUpdate(s, text, 5));
	p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Verify(s, text, 5, NULL, 64));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_VerifyUpdate(s, text, 5));
	p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Verify(s, NULL, 5, signature, 64));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_VerifyFinal(s, signature, 64));
}
END_TEST

START_TEST(one_shot_after_a_part_is_an_active_operation)
{
	uint8_t signature[64] = { 0 };
	CK_ULONG len = 64;

	begin();
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_SignUpdate(s, text, 5));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_Sign(s, text, 5, signature, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_SignFinal(s, signature, &len));
	p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
	p11_ok(p11->C_VerifyUpdate(s, text, 5));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_Verify(s, text, 5, signature, 64));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_VerifyFinal(s, signature, 64));
}
END_TEST

START_TEST(one_operation_of_a_kind_at_a_time)
{
	uint8_t signature[64];
	CK_ULONG len = 64;

	begin();
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_VerifyInit(s, &p11_eddsa, pub));
	p11_ok(p11->C_Sign(s, text, 5, signature, &len));
	p11_ok(p11->C_Verify(s, text, 5, signature, 64));
}
END_TEST

START_TEST(an_operation_that_did_not_begin_is_not_there)
{
	CK_MECHANISM unknown = { CKM_RSA_PKCS, NULL, 0 }, digest = { CKM_SHA256, NULL, 0 };
	CK_MECHANISM null = { CKM_EDDSA, NULL, 8 }, long_one = { CKM_EDDSA, text, 5 };
	CK_OBJECT_HANDLE data;
	struct p11_template t = { 0 };
	uint8_t signature[64];
	CK_ULONG len = 64;

	begin();
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &data));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SignInit(s, NULL, priv));
	p11_is(CKR_MECHANISM_INVALID, p11->C_SignInit(s, &unknown, 0));
	p11_is(CKR_MECHANISM_INVALID, p11->C_SignInit(s, &digest, priv));
	p11_is(CKR_MECHANISM_INVALID, p11->C_SignInit(s, &p11_pair_gen, priv));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SignInit(s, &null, priv));
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &long_one, priv));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &p11_eddsa, 0));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &p11_eddsa, 999999));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &p11_eddsa, data));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_SignInit(s, &p11_eddsa, pub));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_SignInit(s, &p11_eddsa, p11_make_aes(s, NULL)));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_VerifyInit(s, &p11_eddsa, priv));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Sign(s, text, 5, signature, &len));
}
END_TEST

START_TEST(a_key_does_what_its_attributes_say)
{
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	uint8_t signature[64];

	begin();
	p11_ok(p11_set(s, priv, CKA_SIGN, &no, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11_sign(s, priv, "x", signature));
	p11_ok(p11_set(s, priv, CKA_SIGN, &yes, 1));
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(p11_set(s, pub, CKA_VERIFY, &no, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11_verify(s, pub, "x", signature));
}
END_TEST

START_TEST(a_key_destroyed_in_the_middle_still_finishes)
{
	uint8_t signature[64];
	CK_ULONG len = 64;

	begin();
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_DestroyObject(s, priv));
	p11_ok(p11->C_Sign(s, text, 5, signature, &len));
	p11_ok(p11_verify(s, pub, "hello", signature));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &p11_eddsa, priv));
}
END_TEST

START_TEST(a_message_is_not_limited_to_a_buffer_of_ours)
{
	static CK_BYTE big[3000000];
	uint8_t whole[64], parts[64];
	CK_ULONG len = 64;

	begin();
	memset(big, 'a', sizeof big);
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_Sign(s, big, sizeof big, whole, &len));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	for (int i = 0; i < 30; i++)
		p11_ok(p11->C_SignUpdate(s, big, sizeof big / 30));
	p11_ok(p11->C_SignFinal(s, parts, &len));
	ck_assert_mem_eq(whole, parts, 64);
}
END_TEST

START_TEST(a_signature_may_overwrite_its_message)
{
	uint8_t buffer[64] = "hello", whole[64];
	CK_ULONG len = 64;

	begin();
	p11_ok(p11_sign(s, priv, "hello", whole));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ok(p11->C_Sign(s, buffer, 5, buffer, &len));
	ck_assert_mem_eq(buffer, whole, 64);
}
END_TEST

static CK_RV generate(struct p11_template *public, struct p11_template *private)
{
	return p11->C_GenerateKeyPair(s, &p11_pair_gen, public->attr, public->n, private->attr,
	                              private->n, &pub, &priv);
}

START_TEST(a_pair_names_its_curve)
{
	static const CK_BYTE ed448[] = { 0x06, 0x03, 0x2b, 0x65, 0x71 };
	static const CK_BYTE name[] = "\x13\x0c" "edwards25519";
	struct p11_template none = { 0 }, good = { 0 }, bad = { 0 }, empty = { 0 };

	s = p11_machine();
	p11_is(CKR_TEMPLATE_INCOMPLETE, generate(&none, &none));
	p11_bytes(&bad, CKA_EC_PARAMS, ed448, sizeof ed448);
	p11_is(CKR_CURVE_NOT_SUPPORTED, generate(&bad, &none));
	p11_bytes(&empty, CKA_EC_PARAMS, NULL, 0);
	p11_is(CKR_CURVE_NOT_SUPPORTED, generate(&empty, &none));
	p11_bytes(&good, CKA_EC_PARAMS, name, sizeof name - 1);
	p11_ok(generate(&good, &none));
	p11_is(CKR_TEMPLATE_INCONSISTENT, generate(&good, &good));
}
END_TEST

START_TEST(a_pair_is_made_whole_or_not_at_all)
{
	struct p11_template public = { 0 }, private = { 0 };

	s = p11_machine();
	p11_bytes(&public, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bool(&public, CKA_TOKEN, true);
	p11_bool(&private, CKA_TOKEN, true);
	p11_bool(&private, CKA_ALWAYS_AUTHENTICATE, true);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, generate(&public, &private));
	ck_assert_uint_eq(p11_count(s), 0);
}
END_TEST

START_TEST(generating_looks_at_arguments_first)
{
	CK_MECHANISM unknown = { CKM_RSA_PKCS, NULL, 0 };
	CK_ATTRIBUTE null = { CKA_LABEL, NULL, 5 };

	s = p11_machine();
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKeyPair(s, NULL, NULL, 0, NULL, 0, &pub, &priv));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11->C_GenerateKeyPair(s, &unknown, NULL, 1, NULL, 0, &pub, &priv));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11->C_GenerateKeyPair(s, &unknown, NULL, 0, NULL, 1, &pub, &priv));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11->C_GenerateKeyPair(s, &unknown, &null, 1, NULL, 0, &pub, &priv));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11->C_GenerateKeyPair(s, &p11_pair_gen, NULL, 0, NULL, 0, NULL, &priv));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11->C_GenerateKeyPair(s, &p11_pair_gen, NULL, 0, NULL, 0, &pub, NULL));
	p11_is(CKR_MECHANISM_INVALID,
	       p11->C_GenerateKeyPair(s, &unknown, NULL, 0, NULL, 0, &pub, &priv));
	p11_is(CKR_MECHANISM_INVALID,
	       p11->C_GenerateKeyPair(s, &p11_aes_gen, NULL, 0, NULL, 0, &pub, &priv));
	p11_is(CKR_MECHANISM_INVALID, p11->C_GenerateKey(s, &p11_pair_gen, NULL, 0, &priv));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKey(s, &unknown, NULL, 1, &priv));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKey(s, &p11_aes_gen, NULL, 0, NULL));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("sign");
	TCase *tc = p11_case(suite, "vectors");

	tcase_add_loop_test(tc, the_vectors_of_rfc_8032_sign, 0, VECTORS);
	tcase_add_loop_test(tc, the_vectors_of_rfc_8032_sign_in_parts, 0, VECTORS);
	tcase_add_loop_test(tc, the_vectors_of_rfc_8032_verify, 0, VECTORS);
	tcase_add_loop_test(tc, an_imported_private_key_knows_its_public_half, 0, VECTORS);
	tc = p11_case(suite, "sign");
	tcase_add_test(tc, a_changed_message_or_signature_is_invalid);
	tcase_add_test(tc, a_signature_has_64_bytes);
	tcase_add_test(tc, two_keys_are_two_keys);
	tcase_add_test(tc, asking_for_the_size_does_not_end_the_operation);
	tcase_add_test(tc, a_small_buffer_does_not_end_the_operation);
	tcase_add_test(tc, sizes_and_small_buffers_at_the_end_of_parts_keep_the_parts);
	tcase_add_test(tc, any_other_error_ends_the_operation);
	tcase_add_test(tc, one_shot_after_a_part_is_an_active_operation);
	tcase_add_test(tc, one_operation_of_a_kind_at_a_time);
	tcase_add_test(tc, an_operation_that_did_not_begin_is_not_there);
	tcase_add_test(tc, a_key_does_what_its_attributes_say);
	tcase_add_test(tc, a_key_destroyed_in_the_middle_still_finishes);
	tcase_add_test(tc, a_message_is_not_limited_to_a_buffer_of_ours);
	tcase_add_test(tc, a_signature_may_overwrite_its_message);
	tc = p11_case(suite, "generate");
	tcase_add_test(tc, a_pair_names_its_curve);
	tcase_add_test(tc, a_pair_is_made_whole_or_not_at_all);
	tcase_add_test(tc, generating_looks_at_arguments_first);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
