/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. C_WrapKey and C_UnwrapKey with AES key wrap, plain and padded.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define KEK128 "000102030405060708090a0b0c0d0e0f"
#define KEK192 KEK128 "1011121314151617"
#define KEK256 KEK192 "18191a1b1c1d1e1f"
#define DATA128 "00112233445566778899aabbccddeeff"
#define DATA192 DATA128 "0001020304050607"
#define DATA256 DATA192 "08090a0b0c0d0e0f"
#define KWP_KEK "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"

/* [RFC 3394 §4], [RFC 5649 §6] */
static const struct {
	CK_MECHANISM_TYPE mechanism;
	const char *kek, *key, *wrapped;
} vectors[] = {
	{ CKM_AES_KEY_WRAP, KEK128, DATA128, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" },
	{ CKM_AES_KEY_WRAP, KEK192, DATA128, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d" },
	{ CKM_AES_KEY_WRAP, KEK256, DATA128, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7" },
	{ CKM_AES_KEY_WRAP, KEK192, DATA192,
	  "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2" },
	{ CKM_AES_KEY_WRAP, KEK256, DATA192,
	  "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1" },
	{ CKM_AES_KEY_WRAP, KEK256, DATA256,
	  "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21" },
	{ CKM_AES_KEY_WRAP_KWP, KWP_KEK, "c37b7e6492584340bed12207808941155068f738",
	  "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
	{ CKM_AES_KEY_WRAP_KWP, KWP_KEK, "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f" },
	{ CKM_AES_KEY_WRAP_PAD, KWP_KEK, "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE kek;

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	kek = p11_import_aes(s, hex(KEK256));
}

/* Import a generic secret that may be extracted. */
static CK_OBJECT_HANDLE import(struct sg_bytes value)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	p11_bytes(&t, CKA_VALUE, value.data, value.len);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	return key;
}

/* A template for unwrapping into a session object that shows its value. */
static void for_unwrap(struct p11_template *t, CK_KEY_TYPE type)
{
	p11_ulong(t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(t, CKA_KEY_TYPE, type);
	p11_bool(t, CKA_SENSITIVE, false);
	p11_bool(t, CKA_EXTRACTABLE, true);
}

static CK_RV unwrap(CK_MECHANISM *m, struct sg_bytes wrapped, struct p11_template *t,
                    CK_OBJECT_HANDLE *key)
{
	return p11->C_UnwrapKey(s, m, kek, (CK_BYTE *)wrapped.data, wrapped.len, t->attr, t->n, key);
}

static void require_value(CK_OBJECT_HANDLE key, struct sg_bytes value)
{
	CK_BYTE out[600];
	CK_ULONG len = sizeof out;

	p11_ok(p11_get(s, key, CKA_VALUE, out, &len));
	assert_bytes(sg_bytes(out, len), value);
}

START_TEST(the_vectors_wrap)
{
	CK_MECHANISM m = { vectors[_i].mechanism, NULL, 0 };
	CK_OBJECT_HANDLE key = import(hex(vectors[_i].key));
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	kek = p11_import_aes(s, hex(vectors[_i].kek));
	p11_ok(p11->C_WrapKey(s, &m, kek, key, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].wrapped));
}
END_TEST

START_TEST(the_vectors_unwrap)
{
	CK_MECHANISM m = { vectors[_i].mechanism, NULL, 0 };
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	kek = p11_import_aes(s, hex(vectors[_i].kek));
	for_unwrap(&t, CKK_GENERIC_SECRET);
	p11_ok(unwrap(&m, hex(vectors[_i].wrapped), &t, &key));
	require_value(key, hex(vectors[_i].key));
	ck_assert_uint_eq(p11_get_ulong(s, key, CKA_VALUE_LEN), hex(vectors[_i].key).len);
}
END_TEST

START_TEST(sizes_are_exact)
{
	CK_OBJECT_HANDLE key = p11_import_aes(s, hex(DATA256));
	CK_BYTE out[40], again[40];
	CK_ULONG len = 0;

	p11_ok(p11->C_WrapKey(s, &p11_kw, kek, key, NULL, &len));
	ck_assert_uint_eq(len, 40);
	len = 39;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_WrapKey(s, &p11_kw, kek, key, out, &len));
	ck_assert_uint_eq(len, 40);
	p11_ok(p11->C_WrapKey(s, &p11_kw, kek, key, out, &len));
	p11_ok(p11->C_WrapKey(s, &p11_kw, kek, key, again, &len));
	ck_assert_mem_eq(out, again, 40);
	p11_is(CKR_ARGUMENTS_BAD, p11->C_WrapKey(s, &p11_kw, kek, key, out, NULL));
}
END_TEST

START_TEST(plain_wrap_takes_multiples_of_eight_only)
{
	static CK_BYTE out[64];

	for (CK_ULONG n = 1; n <= 40; n++) {
		CK_OBJECT_HANDLE key = import(repeat('k', n));
		CK_ULONG len = sizeof out;

		p11_is(n >= 16 && n % 8 == 0 ? CKR_OK : CKR_KEY_SIZE_RANGE,
		       p11->C_WrapKey(s, &p11_kw, kek, key, out, &len));
	}
}
END_TEST

START_TEST(padded_wrap_takes_any_length)
{
	CK_MECHANISM *const both[] = { &p11_kwp, &p11_kw_pad };
	static CK_BYTE out[600], other[600];

	for (CK_ULONG n = 1; n <= 512; n = n < 40 ? n + 1 : n * 2 - 1) {
		CK_OBJECT_HANDLE key = import(repeat('k', n)), back;
		CK_ULONG len = sizeof out, other_len = sizeof other;

		p11_ok(p11->C_WrapKey(s, &p11_kwp, kek, key, out, &len));
		ck_assert_uint_eq(len, (n + 7) / 8 * 8 + 8);
		p11_ok(p11->C_WrapKey(s, &p11_kw_pad, kek, key, other, &other_len));
		assert_bytes(sg_bytes(other, other_len), sg_bytes(out, len));
		for (int i = 0; i < 2; i++) {
			struct p11_template t = { 0 };

			for_unwrap(&t, CKK_GENERIC_SECRET);
			p11_ok(unwrap(both[i], sg_bytes(out, len), &t, &back));
			require_value(back, repeat('k', n));
		}
	}
}
END_TEST

START_TEST(a_changed_byte_is_an_invalid_key)
{
	CK_MECHANISM m = { vectors[_i].mechanism, NULL, 0 };
	struct sg_bytes wrapped = hex(vectors[_i].wrapped);
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;
	CK_BYTE bytes[64];

	kek = p11_import_aes(s, hex(vectors[_i].kek));
	for_unwrap(&t, CKK_GENERIC_SECRET);
	memcpy(bytes, wrapped.data, wrapped.len);
	for (size_t i = 0; i < wrapped.len; i++) {
		bytes[i] ^= 4;
		p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(&m, sg_bytes(bytes, wrapped.len), &t, &key));
		bytes[i] ^= 4;
	}
	ck_assert_uint_eq(p11_count(s), 2);
}
END_TEST

START_TEST(impossible_lengths_are_refused)
{
	static CK_BYTE bytes[64];
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	for_unwrap(&t, CKK_GENERIC_SECRET);
	for (size_t n = 0; n < sizeof bytes; n++) {
		p11_is(n >= 24 && n % 8 == 0 ? CKR_WRAPPED_KEY_INVALID : CKR_WRAPPED_KEY_LEN_RANGE,
		       unwrap(&p11_kw, sg_bytes(bytes, n), &t, &key));
		p11_is(n >= 16 && n % 8 == 0 ? CKR_WRAPPED_KEY_INVALID : CKR_WRAPPED_KEY_LEN_RANGE,
		       unwrap(&p11_kwp, sg_bytes(bytes, n), &t, &key));
	}
	p11_is(CKR_ARGUMENTS_BAD, unwrap(&p11_kw, sg_bytes(NULL, 24), &t, &key));
}
END_TEST

START_TEST(a_key_wrapped_one_way_is_not_unwrapped_the_other)
{
	CK_OBJECT_HANDLE key = p11_import_aes(s, hex(DATA256)), back;
	struct p11_template t = { 0 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	for_unwrap(&t, CKK_AES);
	p11_ok(p11->C_WrapKey(s, &p11_kw, kek, key, out, &len));
	p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(&p11_kwp, sg_bytes(out, len), &t, &back));
	len = sizeof out;
	p11_ok(p11->C_WrapKey(s, &p11_kwp, kek, key, out, &len));
	p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(&p11_kw, sg_bytes(out, len), &t, &back));
}
END_TEST

START_TEST(the_key_type_must_fit_what_comes_out)
{
	struct p11_template t = { 0 }, announced = { 0 }, wrong = { 0 };
	CK_OBJECT_HANDLE key = import(repeat('k', 20)), back;
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	p11_ok(p11->C_WrapKey(s, &p11_kwp, kek, key, out, &len));
	for_unwrap(&t, CKK_AES);
	p11_is(CKR_WRAPPED_KEY_LEN_RANGE, unwrap(&p11_kwp, sg_bytes(out, len), &t, &back));
	for_unwrap(&announced, CKK_GENERIC_SECRET);
	p11_ulong(&announced, CKA_VALUE_LEN, 20);
	p11_ok(unwrap(&p11_kwp, sg_bytes(out, len), &announced, &back));
	for_unwrap(&wrong, CKK_GENERIC_SECRET);
	p11_ulong(&wrong, CKA_VALUE_LEN, 19);
	p11_is(CKR_WRAPPED_KEY_LEN_RANGE, unwrap(&p11_kwp, sg_bytes(out, len), &wrong, &back));
}
END_TEST

START_TEST(an_unwrapped_key_keeps_its_secret_unless_told_otherwise)
{
	CK_OBJECT_HANDLE key = p11_import_aes(s, hex(DATA256)), back;
	struct p11_template t = { 0 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	p11_ok(p11->C_WrapKey(s, &p11_kwp, kek, key, out, &len));
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_ok(unwrap(&p11_kwp, sg_bytes(out, len), &t, &back));
	ck_assert(p11_get_bool(s, back, CKA_SENSITIVE));
	ck_assert(!p11_get_bool(s, back, CKA_EXTRACTABLE));
	ck_assert(!p11_get_bool(s, back, CKA_ALWAYS_SENSITIVE));
	ck_assert(!p11_get_bool(s, back, CKA_NEVER_EXTRACTABLE));
	ck_assert(!p11_get_bool(s, back, CKA_LOCAL));
	ck_assert(!p11_get_bool(s, back, CKA_TOKEN));
	len = sizeof out;
	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, back, CKA_VALUE, out, &len));
	p11_is(CKR_KEY_UNEXTRACTABLE, p11->C_WrapKey(s, &p11_kwp, kek, back, NULL, &len));
}
END_TEST

START_TEST(a_key_unwrapped_into_the_token_stays)
{
	CK_OBJECT_HANDLE key = p11_import_aes(s, hex(DATA256)), back;
	struct p11_template t = { 0 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	p11_ok(p11->C_WrapKey(s, &p11_kwp, kek, key, out, &len));
	for_unwrap(&t, CKK_AES);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "kept");
	p11_ok(unwrap(&p11_kwp, sg_bytes(out, len), &t, &back));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	require_value(p11_find_label(s, CKO_SECRET_KEY, "kept"), hex(DATA256));
	kek = p11_import_aes(s, hex(KEK256));
	p11_is(CKR_SESSION_READ_ONLY, unwrap(&p11_kwp, sg_bytes(out, len), &t, &back));
}
END_TEST

START_TEST(what_may_not_be_wrapped_is_not)
{
	CK_OBJECT_HANDLE pub, priv, secret = p11_make_aes(s, NULL), data;
	struct p11_template t = { 0 };
	CK_BYTE out[128];
	CK_ULONG len = sizeof out;

	p11_make_pair(s, NULL, &pub, &priv);
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &data));
	p11_is(CKR_KEY_UNEXTRACTABLE, p11->C_WrapKey(s, &p11_kwp, kek, secret, out, &len));
	p11_is(CKR_KEY_UNEXTRACTABLE, p11->C_WrapKey(s, &p11_kwp, kek, priv, out, &len));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_WrapKey(s, &p11_kwp, kek, pub, out, &len));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_WrapKey(s, &p11_kwp, kek, data, out, &len));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_WrapKey(s, &p11_kwp, kek, 0, out, &len));
}
END_TEST

START_TEST(the_wrapping_key_is_an_aes_key_that_may)
{
	CK_OBJECT_HANDLE pub, priv, generic = import(repeat('k', 32)), key = generic;
	struct p11_template t = { 0 };
	CK_BYTE bytes[40] = { 0 };
	CK_BBOOL no = CK_FALSE;
	CK_ULONG len = 40;

	for_unwrap(&t, CKK_AES);
	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_WRAPPING_KEY_HANDLE_INVALID, p11->C_WrapKey(s, &p11_kw, 0, key, bytes, &len));
	p11_is(CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
	       p11->C_WrapKey(s, &p11_kw, generic, key, bytes, &len));
	p11_is(CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
	       p11->C_WrapKey(s, &p11_kw, priv, key, bytes, &len));
	p11_is(CKR_UNWRAPPING_KEY_HANDLE_INVALID,
	       p11->C_UnwrapKey(s, &p11_kw, 0, bytes, 40, t.attr, t.n, &key));
	p11_is(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
	       p11->C_UnwrapKey(s, &p11_kw, pub, bytes, 40, t.attr, t.n, &key));
	p11_ok(p11_set(s, kek, CKA_WRAP, &no, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       p11->C_WrapKey(s, &p11_kw, kek, key, bytes, &len));
	p11_ok(p11_set(s, kek, CKA_UNWRAP, &no, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, unwrap(&p11_kw, sg_bytes(bytes, 40), &t, &key));
}
END_TEST

START_TEST(keys_do_not_wrap_by_themselves)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	ck_assert(!p11_get_bool(s, key, CKA_WRAP));
	ck_assert(!p11_get_bool(s, key, CKA_UNWRAP));
	ck_assert(p11_get_bool(s, key, CKA_ENCRYPT));
	ck_assert(p11_get_bool(s, key, CKA_DECRYPT));
}
END_TEST

START_TEST(arguments_are_looked_at_first)
{
	CK_MECHANISM param = { CKM_AES_KEY_WRAP, &(CK_BYTE){ 0 }, 1 };
	CK_MECHANISM unknown = { CKM_RSA_PKCS, NULL, 0 };
	struct p11_template t = { 0 }, none = { 0 }, public = { 0 };
	CK_OBJECT_HANDLE key = import(repeat('k', 32));
	CK_BYTE bytes[40] = { 0 };
	CK_ULONG len = 40;

	for_unwrap(&t, CKK_AES);
	p11_is(CKR_ARGUMENTS_BAD, p11->C_WrapKey(s, NULL, kek, key, bytes, &len));
	p11_is(CKR_MECHANISM_INVALID, p11->C_WrapKey(s, &unknown, 0, 0, bytes, &len));
	p11_is(CKR_MECHANISM_INVALID, p11->C_WrapKey(s, &p11_eddsa, kek, key, bytes, &len));
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_WrapKey(s, &param, kek, key, bytes, &len));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_UnwrapKey(s, &unknown, kek, bytes, 40, NULL, 1, &key));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_UnwrapKey(s, &p11_kw, kek, bytes, 40, NULL, 0, NULL));
	p11_is(CKR_MECHANISM_INVALID, unwrap(&unknown, sg_bytes(bytes, 40), &t, &key));
	p11_is(CKR_TEMPLATE_INCOMPLETE, unwrap(&p11_kw, sg_bytes(bytes, 40), &none, &key));
	p11_ulong(&public, CKA_CLASS, CKO_PUBLIC_KEY);
	p11_ulong(&public, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_is(CKR_TEMPLATE_INCONSISTENT, unwrap(&p11_kw, sg_bytes(bytes, 40), &public, &key));
	p11_bytes(&t, CKA_VALUE, bytes, 32);
	p11_is(CKR_TEMPLATE_INCONSISTENT, unwrap(&p11_kw, sg_bytes(bytes, 40), &t, &key));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("wrap");
	TCase *tc = tcase_create("wrap");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, the_vectors_wrap, 0, VECTORS);
	tcase_add_loop_test(tc, the_vectors_unwrap, 0, VECTORS);
	tcase_add_loop_test(tc, a_changed_byte_is_an_invalid_key, 0, VECTORS);
	tcase_add_test(tc, sizes_are_exact);
	tcase_add_test(tc, plain_wrap_takes_multiples_of_eight_only);
	tcase_add_test(tc, padded_wrap_takes_any_length);
	tcase_add_test(tc, impossible_lengths_are_refused);
	tcase_add_test(tc, a_key_wrapped_one_way_is_not_unwrapped_the_other);
	tcase_add_test(tc, the_key_type_must_fit_what_comes_out);
	tcase_add_test(tc, an_unwrapped_key_keeps_its_secret_unless_told_otherwise);
	tcase_add_test(tc, a_key_unwrapped_into_the_token_stays);
	tcase_add_test(tc, what_may_not_be_wrapped_is_not);
	tcase_add_test(tc, the_wrapping_key_is_an_aes_key_that_may);
	tcase_add_test(tc, keys_do_not_wrap_by_themselves);
	tcase_add_test(tc, arguments_are_looked_at_first);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
