/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. AES-CBC, plain and padded, and AES-CTR.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define KEY256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define TEXT \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define CBC_CIPHER \
	"f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d" \
	"39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
#define CTR_CIPHER \
	"601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5" \
	"2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"

static CK_BYTE iv[16];
static CK_AES_CTR_PARAMS ctr_params;
static CK_MECHANISM mechanisms[] = {
	{ CKM_AES_CBC, iv, sizeof iv },
	{ CKM_AES_CBC_PAD, iv, sizeof iv },
	{ CKM_AES_CTR, &ctr_params, sizeof ctr_params },
};
static CK_MECHANISM *const cbc = &mechanisms[0], *const pad = &mechanisms[1],
                    *const ctr = &mechanisms[2];

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE key;
static CK_BYTE text[400];

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	key = p11_import_aes(s, hex(KEY256));
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (CK_BYTE)(i * 5 + 1);
	for (CK_BYTE i = 0; i < 16; i++) {
		iv[i] = i;
		ctr_params.cb[i] = 0xf0 + i;
	}
	ctr_params.ulCounterBits = 128;
}

static CK_RV init(bool encrypt, CK_MECHANISM *m)
{
	return encrypt ? p11->C_EncryptInit(s, m, key) : p11->C_DecryptInit(s, m, key);
}

static CK_RV update(bool encrypt, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *len)
{
	return encrypt ? p11->C_EncryptUpdate(s, in, in_len, out, len)
	               : p11->C_DecryptUpdate(s, in, in_len, out, len);
}

static CK_RV final(bool encrypt, CK_BYTE *out, CK_ULONG *len)
{
	return encrypt ? p11->C_EncryptFinal(s, out, len) : p11->C_DecryptFinal(s, out, len);
}

static CK_RV once(bool encrypt, CK_MECHANISM *m, struct sg_bytes in, CK_BYTE *out, CK_ULONG *len)
{
	CK_RV rv = init(encrypt, m);

	if (rv != CKR_OK)
		return rv;
	return encrypt ? p11->C_Encrypt(s, (CK_BYTE *)in.data, in.len, out, len)
	               : p11->C_Decrypt(s, (CK_BYTE *)in.data, in.len, out, len);
}

/* In parts of step bytes, each into a buffer that is just large enough. */
static CK_ULONG in_parts(bool encrypt, CK_MECHANISM *m, struct sg_bytes in, CK_ULONG step,
                         CK_BYTE *out)
{
	CK_ULONG total = 0, len;

	p11_ok(init(encrypt, m));
	for (CK_ULONG at = 0; at < in.len; at += step) {
		CK_BYTE *part = (CK_BYTE *)in.data + at;
		CK_ULONG n = in.len - at < step ? in.len - at : step, asked = 0;

		p11_ok(update(encrypt, part, n, NULL, &asked));
		len = asked;
		p11_ok(update(encrypt, part, n, out + total, &len));
		ck_assert_uint_eq(len, asked);
		total += len;
	}
	len = 16;
	p11_ok(final(encrypt, out + total, &len));
	return total + len;
}

/* [SP 800-38A §F.2.5, §F.5.5] */
START_TEST(the_vectors_encrypt_and_decrypt)
{
	CK_BYTE out[80];
	CK_ULONG len = sizeof out;

	p11_ok(once(true, cbc, hex(TEXT), out, &len));
	assert_bytes(sg_bytes(out, len), hex(CBC_CIPHER));
	p11_ok(once(false, cbc, hex(CBC_CIPHER), out, &len));
	assert_bytes(sg_bytes(out, len), hex(TEXT));
	p11_ok(once(true, ctr, hex(TEXT), out, &len));
	assert_bytes(sg_bytes(out, len), hex(CTR_CIPHER));
	p11_ok(once(false, ctr, hex(CTR_CIPHER), out, &len));
	assert_bytes(sg_bytes(out, len), hex(TEXT));
	len = sizeof out;
	p11_ok(once(true, pad, hex(TEXT), out, &len));
	ck_assert_uint_eq(len, 80);
	ck_assert_mem_eq(out, hex(CBC_CIPHER).data, 64);
}
END_TEST

START_TEST(parts_are_what_the_whole_is)
{
	CK_MECHANISM *m = &mechanisms[_i];
	CK_BYTE whole[416], parts[416];

	for (CK_ULONG n = 0; n <= 96; n += m == cbc ? 16 : 1)
		for (CK_ULONG step = 1; step <= n + 1; step = step < 18 ? step + 1 : step * 2) {
			CK_ULONG len = sizeof whole;

			p11_ok(once(true, m, sg_bytes(text, n), whole, &len));
			ck_assert_uint_eq(in_parts(true, m, sg_bytes(text, n), step, parts), len);
			ck_assert_mem_eq(parts, whole, len);
			ck_assert_uint_eq(in_parts(false, m, sg_bytes(whole, len), step, parts), n);
			ck_assert_mem_eq(parts, text, n);
		}
}
END_TEST

START_TEST(sizes_are_exact_for_buffers_and_enough_for_questions)
{
	CK_BYTE cipher[416], out[416];

	for (CK_ULONG n = 0; n <= 48; n++) {
		CK_ULONG len = sizeof cipher, asked = 0;

		p11_ok(once(true, pad, sg_bytes(text, n), cipher, &len));
		p11_ok(once(false, pad, sg_bytes(cipher, len), NULL, &asked));
		ck_assert_uint_ge(asked, n);
		ck_assert_uint_le(asked, len);
		if (n > 0) {
			asked = n - 1;
			p11_is(CKR_BUFFER_TOO_SMALL, p11->C_Decrypt(s, cipher, len, out, &asked));
			ck_assert_uint_eq(asked, n);
		}
		asked = n;
		memset(out, 0x55, sizeof out);
		p11_ok(p11->C_Decrypt(s, cipher, len, out, &asked));
		assert_bytes(sg_bytes(out, asked), sg_bytes(text, n));
		ck_assert_uint_eq(out[n], 0x55);
	}
}
END_TEST

START_TEST(a_small_buffer_at_the_end_keeps_the_last_block)
{
	CK_BYTE cipher[48], out[48];
	CK_ULONG len = sizeof cipher, total, asked;

	p11_ok(once(true, pad, sg_bytes(text, 37), cipher, &len));
	ck_assert_uint_eq(len, 48);
	p11_ok(p11->C_DecryptInit(s, pad, key));
	total = sizeof out;
	p11_ok(p11->C_DecryptUpdate(s, cipher, 48, out, &total));
	ck_assert_uint_eq(total, 32);
	p11_ok(p11->C_DecryptFinal(s, NULL, &asked));
	ck_assert_uint_ge(asked, 5);
	asked = 4;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_DecryptFinal(s, out + total, &asked));
	ck_assert_uint_eq(asked, 5);
	p11_ok(p11->C_DecryptFinal(s, out + total, &asked));
	assert_bytes(sg_bytes(out, total + asked), sg_bytes(text, 37));
}
END_TEST

START_TEST(input_and_output_may_be_one_buffer)
{
	CK_MECHANISM *m = &mechanisms[_i];
	CK_BYTE buffer[416], want[416];

	for (CK_ULONG n = 16; n <= 400; n += 16) {
		CK_ULONG len = sizeof want, got = sizeof buffer;

		p11_ok(once(true, m, sg_bytes(text, n), want, &len));
		memcpy(buffer, text, n);
		p11_ok(once(true, m, sg_bytes(buffer, n), buffer, &got));
		assert_bytes(sg_bytes(buffer, got), sg_bytes(want, len));
		p11_ok(once(false, m, sg_bytes(buffer, got), buffer, &got));
		assert_bytes(sg_bytes(buffer, got), sg_bytes(text, n));
	}
}
END_TEST

START_TEST(parts_may_be_overwritten_too)
{
	CK_MECHANISM *m = &mechanisms[_i];
	CK_BYTE cipher[416], part[64], out[416];
	CK_ULONG len = sizeof cipher, total = 0, n;

	p11_ok(once(true, m, sg_bytes(text, 320), cipher, &len));
	p11_ok(init(false, m));
	for (CK_ULONG at = 0; at < len; at += 48) {
		CK_ULONG given = len - at < 48 ? len - at : 48;

		n = sizeof part;
		memcpy(part, cipher + at, given);
		p11_ok(update(false, part, given, part, &n));
		memcpy(out + total, part, n);
		total += n;
	}
	n = 16;
	p11_ok(final(false, out + total, &n));
	assert_bytes(sg_bytes(out, total + n), sg_bytes(text, 320));
}
END_TEST

START_TEST(lengths_that_cannot_be_are_refused)
{
	CK_BYTE out[80];

	for (CK_ULONG n = 0; n <= 48; n++) {
		CK_ULONG len = sizeof out;

		if (n % 16 != 0) {
			p11_is(CKR_DATA_LEN_RANGE, once(true, cbc, sg_bytes(text, n), out, &len));
			p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE, once(false, cbc, sg_bytes(text, n), out, &len));
		}
		if (n % 16 != 0 || n == 0)
			p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE, once(false, pad, sg_bytes(text, n), out, &len));
	}
	p11_ok(p11->C_EncryptInit(s, cbc, key));
	p11_ok(p11->C_EncryptUpdate(s, text, 17, out, &(CK_ULONG){ sizeof out }));
	p11_is(CKR_DATA_LEN_RANGE, p11->C_EncryptFinal(s, out, &(CK_ULONG){ sizeof out }));
	p11_ok(p11->C_DecryptInit(s, pad, key));
	p11_ok(p11->C_DecryptUpdate(s, text, 17, out, &(CK_ULONG){ sizeof out }));
	p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE, p11->C_DecryptFinal(s, out, &(CK_ULONG){ sizeof out }));
	p11_ok(p11->C_DecryptInit(s, pad, key));
	p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE, p11->C_DecryptFinal(s, out, &(CK_ULONG){ sizeof out }));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DecryptFinal(s, out, &(CK_ULONG){ 1 }));
}
END_TEST

START_TEST(wrong_padding_has_its_own_error_and_gives_nothing)
{
	CK_BYTE cipher[32], out[32];
	CK_ULONG len = sizeof cipher;

	/* The padding of 31 bytes is one byte 1; a bit of the block before makes it 0x81. */
	p11_ok(once(true, pad, sg_bytes(text, 31), cipher, &len));
	cipher[15] ^= 0x80;
	memset(out, 0x55, sizeof out);
	len = sizeof out;
	p11_is(CKR_ENCRYPTED_DATA_INVALID, once(false, pad, sg_bytes(cipher, 32), out, &len));
	for (size_t i = 0; i < sizeof out; i++)
		ck_assert_uint_eq(out[i], 0x55);
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Decrypt(s, cipher, 32, out, &len));
	p11_ok(p11->C_DecryptInit(s, pad, key));
	len = sizeof out;
	p11_ok(p11->C_DecryptUpdate(s, cipher, 32, out, &len));
	len = sizeof out;
	p11_is(CKR_ENCRYPTED_DATA_INVALID, p11->C_DecryptFinal(s, out, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DecryptFinal(s, out, &len));
}
END_TEST

START_TEST(a_counter_never_starts_again)
{
	CK_BYTE out[96];

	for (CK_ULONG bits = 1; bits <= 128; bits++) {
		CK_ULONG len = sizeof out;

		/* Two blocks are left of a counter of this width. */
		memset(ctr_params.cb, 0xff, sizeof ctr_params.cb);
		ctr_params.cb[15] = 0xfe;
		ctr_params.ulCounterBits = bits;
		p11_ok(once(true, ctr, sg_bytes(text, 32), out, &len));
		p11_is(CKR_DATA_LEN_RANGE, once(true, ctr, sg_bytes(text, 33), out, &len));
		p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE, once(false, ctr, sg_bytes(text, 33), out, &len));
		p11_ok(p11->C_EncryptInit(s, ctr, key));
		p11_ok(p11->C_EncryptUpdate(s, text, 20, out, &(CK_ULONG){ sizeof out }));
		p11_ok(p11->C_EncryptUpdate(s, text, 12, out, &(CK_ULONG){ sizeof out }));
		p11_is(CKR_DATA_LEN_RANGE,
		       p11->C_EncryptUpdate(s, text, 1, out, &(CK_ULONG){ sizeof out }));
	}
	/* A wider counter carries on. */
	memset(ctr_params.cb, 0, sizeof ctr_params.cb);
	ctr_params.cb[15] = 0xff;
	ctr_params.ulCounterBits = 9;
	p11_ok(once(true, ctr, sg_bytes(text, 96), out, &(CK_ULONG){ sizeof out }));
	ctr_params.ulCounterBits = 8;
	p11_is(CKR_DATA_LEN_RANGE, once(true, ctr, sg_bytes(text, 17), out, &(CK_ULONG){ sizeof out }));
}
END_TEST

START_TEST(parameters_are_checked)
{
	static CK_BYTE room[64];

	for (CK_ULONG bits = 0; bits <= 130; bits++) {
		ctr_params.ulCounterBits = bits;
		p11_is(bits >= 1 && bits <= 128 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID,
		       once(true, ctr, sg_bytes(text, 1), room, &(CK_ULONG){ 64 }));
	}
	memcpy(room, &(CK_ULONG){ 128 }, sizeof(CK_ULONG));
	for (CK_ULONG len = 0; len <= sizeof room; len++)
		for (int i = 0; i < 3; i++) {
			CK_MECHANISM m = { mechanisms[i].mechanism, room, len };

			if (len != mechanisms[i].ulParameterLen)
				p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_EncryptInit(s, &m, key));
		}
	for (int i = 0; i < 3; i++) {
		CK_MECHANISM none = { mechanisms[i].mechanism, NULL, 0 };
		CK_MECHANISM null = { mechanisms[i].mechanism, NULL, mechanisms[i].ulParameterLen };

		p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_DecryptInit(s, &none, key));
		p11_is(CKR_ARGUMENTS_BAD, p11->C_DecryptInit(s, &null, key));
	}
}
END_TEST

START_TEST(the_key_must_fit_and_be_allowed)
{
	CK_MECHANISM *m = &mechanisms[_i];
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE pub, priv, other = 0;

	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_EncryptInit(s, m, pub));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_DecryptInit(s, m, priv));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_DecryptInit(s, m, 4711));
	p11_is(CKR_MECHANISM_INVALID, p11->C_SignInit(s, m, key));
	p11_ulong(&t, CKA_VALUE_LEN, 16);
	p11_bool(&t, CKA_ENCRYPT, false);
	p11_bool(&t, CKA_DECRYPT, false);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &other));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11->C_EncryptInit(s, m, other));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11->C_DecryptInit(s, m, other));
}
END_TEST

START_TEST(no_key_comes_in_without_authentication)
{
	CK_MECHANISM *m = &mechanisms[_i];
	CK_BYTE out[64];
	CK_OBJECT_HANDLE made;

	p11_is(CKR_MECHANISM_INVALID, p11->C_WrapKey(s, m, key, key, out, &(CK_ULONG){ 64 }));
	p11_is(CKR_MECHANISM_INVALID, p11->C_UnwrapKey(s, m, key, out, 48, NULL, 0, &made));
}
END_TEST

START_TEST(mechanisms_are_described)
{
	CK_MECHANISM_INFO info;

	p11_ok(p11->C_GetMechanismInfo(0, mechanisms[_i].mechanism, &info));
	ck_assert_uint_eq(info.flags, CKF_ENCRYPT | CKF_DECRYPT);
	ck_assert_uint_eq(info.ulMinKeySize, 16);
	ck_assert_uint_eq(info.ulMaxKeySize, 32);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("cipher");
	TCase *tc = tcase_create("cipher");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, the_vectors_encrypt_and_decrypt);
	tcase_add_loop_test(tc, parts_are_what_the_whole_is, 0, 3);
	tcase_add_test(tc, sizes_are_exact_for_buffers_and_enough_for_questions);
	tcase_add_test(tc, a_small_buffer_at_the_end_keeps_the_last_block);
	tcase_add_loop_test(tc, input_and_output_may_be_one_buffer, 0, 3);
	tcase_add_loop_test(tc, parts_may_be_overwritten_too, 0, 3);
	tcase_add_test(tc, lengths_that_cannot_be_are_refused);
	tcase_add_test(tc, wrong_padding_has_its_own_error_and_gives_nothing);
	tcase_add_test(tc, a_counter_never_starts_again);
	tcase_add_test(tc, parameters_are_checked);
	tcase_add_loop_test(tc, the_key_must_fit_and_be_allowed, 0, 3);
	tcase_add_loop_test(tc, no_key_comes_in_without_authentication, 0, 3);
	tcase_add_loop_test(tc, mechanisms_are_described, 0, 3);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
