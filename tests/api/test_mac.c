/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. HMAC and AES-CMAC as mechanisms for signing and verifying.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define JEFE "4a656665"
#define WHAT "7768617420646f2079612077616e7420666f72206e6f7468696e673f"
#define CMAC_KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define CMAC_MESSAGE \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"

/* [RFC 4231 §4.3], [RFC 4493 §4, example 3] */
static const struct {
	CK_MECHANISM_TYPE mechanism, general;
	CK_ULONG shortest;
	CK_KEY_TYPE type, other_type;
	const char *key, *message, *code;
} vectors[] = {
	{ CKM_SHA256_HMAC, CKM_SHA256_HMAC_GENERAL, 16, CKK_SHA256_HMAC, CKK_SHA512_HMAC, JEFE, WHAT,
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ CKM_SHA384_HMAC, CKM_SHA384_HMAC_GENERAL, 24, CKK_SHA384_HMAC, CKK_SHA256_HMAC, JEFE, WHAT,
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649" },
	{ CKM_SHA512_HMAC, CKM_SHA512_HMAC_GENERAL, 32, CKK_SHA512_HMAC, CKK_HKDF, JEFE, WHAT,
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ CKM_AES_CMAC, CKM_AES_CMAC_GENERAL, 8, CKK_AES, CKK_SHA256_HMAC, CMAC_KEY, CMAC_MESSAGE,
	  "dfa66747de9ae63030ca32611497c827" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static CK_SESSION_HANDLE s;
static CK_MECHANISM m;
static CK_OBJECT_HANDLE key;
static struct sg_bytes message, code;

static CK_OBJECT_HANDLE import(CK_KEY_TYPE type, const char *value, bool sign, bool verify)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE handle = 0;

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_bytes(&t, CKA_VALUE, hex(value).data, hex(value).len);
	p11_bool(&t, CKA_SIGN, sign);
	p11_bool(&t, CKA_VERIFY, verify);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &handle));
	return handle;
}

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
}

/* Take the vector of this number of the loop. */
static void choose(int i)
{
	m = (CK_MECHANISM){ vectors[i].mechanism, NULL, 0 };
	key = import(vectors[i].type, vectors[i].key, true, true);
	message = hex(vectors[i].message);
	code = hex(vectors[i].code);
}

static CK_RV sign(CK_OBJECT_HANDLE with, struct sg_bytes what, CK_BYTE *out, CK_ULONG *len)
{
	CK_RV rv = p11->C_SignInit(s, &m, with);

	return rv != CKR_OK ? rv : p11->C_Sign(s, (CK_BYTE *)what.data, what.len, out, len);
}

static CK_RV verify(struct sg_bytes what, struct sg_bytes signature)
{
	CK_RV rv = p11->C_VerifyInit(s, &m, key);

	return rv != CKR_OK ? rv : p11->C_Verify(s, (CK_BYTE *)what.data, what.len,
	                                         (CK_BYTE *)signature.data, signature.len);
}

START_TEST(the_vectors_sign_and_verify)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	choose(_i);
	p11_ok(sign(key, message, out, &len));
	assert_bytes(sg_bytes(out, len), code);
	p11_ok(verify(message, code));
	if (vectors[_i].type != CKK_AES) {
		len = sizeof out;
		p11_ok(sign(import(CKK_GENERIC_SECRET, vectors[_i].key, true, true), message, out, &len));
		assert_bytes(sg_bytes(out, len), code);
	}
}
END_TEST

START_TEST(parts_give_the_code_of_the_whole)
{
	static CK_BYTE text[300];
	CK_BYTE whole[64], parts[64];

	choose(_i);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (CK_BYTE)(3 * i);
	for (CK_ULONG total = 0; total <= sizeof text; total += 25)
		for (CK_ULONG step = 1; step <= total + 1; step = step * 2 + 1) {
			CK_ULONG len = sizeof whole, parts_len = sizeof parts;

			p11_ok(sign(key, sg_bytes(text, total), whole, &len));
			p11_ok(p11->C_SignInit(s, &m, key));
			p11_ok(p11->C_VerifyInit(s, &m, key));
			for (CK_ULONG at = 0; at < total; at += step) {
				CK_ULONG n = total - at < step ? total - at : step;

				p11_ok(p11->C_SignUpdate(s, text + at, n));
				p11_ok(p11->C_VerifyUpdate(s, text + at, n));
			}
			p11_ok(p11->C_SignFinal(s, parts, &parts_len));
			assert_bytes(sg_bytes(parts, parts_len), sg_bytes(whole, len));
			p11_ok(p11->C_VerifyFinal(s, whole, len));
		}
}
END_TEST

START_TEST(every_changed_bit_of_a_code_is_noticed)
{
	CK_BYTE wrong[64];

	choose(_i);
	for (size_t bit = 0; bit < 8 * code.len; bit++) {
		memcpy(wrong, code.data, code.len);
		wrong[bit / 8] ^= (CK_BYTE)(1 << bit % 8);
		p11_is(CKR_SIGNATURE_INVALID, verify(message, sg_bytes(wrong, code.len)));
	}
	p11_is(CKR_SIGNATURE_INVALID, verify(sg_bytes(message.data, message.len - 1), code));
	p11_ok(p11->C_VerifyInit(s, &m, key));
	p11_ok(p11->C_VerifyUpdate(s, (CK_BYTE *)message.data, message.len - 1));
	p11_is(CKR_SIGNATURE_INVALID, p11->C_VerifyFinal(s, (CK_BYTE *)code.data, code.len));
}
END_TEST

START_TEST(a_code_has_its_length)
{
	static CK_BYTE room[65];

	choose(_i);
	for (CK_ULONG len = 0; len <= sizeof room; len++)
		if (len != code.len)
			p11_is(CKR_SIGNATURE_LEN_RANGE, verify(message, sg_bytes(room, len)));
}
END_TEST

START_TEST(sizes_come_first_and_end_nothing)
{
	CK_BYTE out[64];
	CK_ULONG len = 0;

	choose(_i);
	p11_ok(p11->C_SignInit(s, &m, key));
	p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)message.data, message.len));
	p11_ok(p11->C_SignFinal(s, NULL, &len));
	ck_assert_uint_eq(len, code.len);
	len--;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_SignFinal(s, out, &len));
	ck_assert_uint_eq(len, code.len);
	p11_ok(p11->C_SignFinal(s, out, &len));
	assert_bytes(sg_bytes(out, len), code);
}
END_TEST

START_TEST(a_chosen_length_gives_the_beginning)
{
	CK_ULONG wanted;
	CK_BYTE out[64];

	choose(_i);
	m = (CK_MECHANISM){ vectors[_i].general, &wanted, sizeof wanted };
	for (wanted = 0; wanted <= 70; wanted++) {
		bool fits = wanted >= vectors[_i].shortest && wanted <= code.len;
		CK_ULONG len = sizeof out;

		p11_is(fits ? CKR_OK : CKR_MECHANISM_PARAM_INVALID, sign(key, message, out, &len));
		if (!fits)
			continue;
		assert_bytes(sg_bytes(out, len), sg_bytes(code.data, wanted));
		p11_ok(verify(message, sg_bytes(out, len)));
		p11_is(CKR_SIGNATURE_LEN_RANGE, verify(message, sg_bytes(out, len - 1)));
		out[len - 1] ^= 1;
		p11_is(CKR_SIGNATURE_INVALID, verify(message, sg_bytes(out, len)));
	}
	wanted = ~0UL;
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &m, key));
}
END_TEST

START_TEST(parameters_have_their_size)
{
	static CK_BYTE room[16];
	CK_ULONG wanted;

	choose(_i);
	wanted = code.len;
	memcpy(room, &wanted, sizeof wanted);
	for (CK_ULONG len = 0; len <= sizeof room; len++) {
		CK_MECHANISM plain = { vectors[_i].mechanism, room, len };
		CK_MECHANISM general = { vectors[_i].general, room, len };

		if (len > 0)
			p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &plain, key));
		if (len != sizeof wanted)
			p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &general, key));
	}
	m = (CK_MECHANISM){ vectors[_i].general, NULL, 0 };
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_VerifyInit(s, &m, key));
}
END_TEST

START_TEST(the_key_must_fit_and_be_allowed)
{
	CK_OBJECT_HANDLE pub, priv;

	choose(_i);
	p11_is(CKR_KEY_TYPE_INCONSISTENT,
	       p11->C_SignInit(s, &m, import(vectors[_i].other_type, CMAC_KEY, true, true)));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       p11->C_SignInit(s, &m, import(vectors[_i].type, vectors[_i].key, false, true)));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       p11->C_VerifyInit(s, &m, import(vectors[_i].type, vectors[_i].key, true, false)));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &m, 4711));
	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_SignInit(s, &m, priv));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_VerifyInit(s, &m, pub));
	p11_is(CKR_MECHANISM_INVALID, p11->C_EncryptInit(s, &m, key));
	p11_is(CKR_MECHANISM_INVALID, p11->C_DigestInit(s, &m));
}
END_TEST

START_TEST(a_code_may_overwrite_its_message)
{
	CK_BYTE buffer[64];
	CK_ULONG len = sizeof buffer;

	choose(_i);
	memcpy(buffer, message.data, message.len);
	p11_ok(sign(key, sg_bytes(buffer, message.len), buffer, &len));
	assert_bytes(sg_bytes(buffer, len), code);
}
END_TEST

START_TEST(mechanisms_are_described)
{
	CK_MECHANISM_INFO info;

	for (int i = 0; i < 2; i++) {
		p11_ok(p11->C_GetMechanismInfo(0, i ? vectors[_i].general : vectors[_i].mechanism, &info));
		ck_assert_uint_eq(info.flags, CKF_SIGN | CKF_VERIFY);
		ck_assert_uint_eq(info.ulMaxKeySize, vectors[_i].type == CKK_AES ? 32 : 512);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("mac");
	TCase *tc = tcase_create("mac");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_loop_test(tc, the_vectors_sign_and_verify, 0, VECTORS);
	tcase_add_loop_test(tc, parts_give_the_code_of_the_whole, 0, VECTORS);
	tcase_add_loop_test(tc, every_changed_bit_of_a_code_is_noticed, 0, VECTORS);
	tcase_add_loop_test(tc, a_code_has_its_length, 0, VECTORS);
	tcase_add_loop_test(tc, sizes_come_first_and_end_nothing, 0, VECTORS);
	tcase_add_loop_test(tc, a_chosen_length_gives_the_beginning, 0, VECTORS);
	tcase_add_loop_test(tc, parameters_have_their_size, 0, VECTORS);
	tcase_add_loop_test(tc, the_key_must_fit_and_be_allowed, 0, VECTORS);
	tcase_add_loop_test(tc, a_code_may_overwrite_its_message, 0, VECTORS);
	tcase_add_loop_test(tc, mechanisms_are_described, 0, VECTORS);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
