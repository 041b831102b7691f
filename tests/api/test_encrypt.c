/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. CKM_AES_GCM.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

/* Test cases 3, 4, 9 and 16 of the GCM submission to NIST, whose IVs have 12 bytes,
 * and 6 with 60 bytes. */
#define KEY128 "feffe9928665731c6d6a8f9467308308"
#define KEY256 "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define IV12 "cafebabefacedbaddecaf888"
#define IV60 \
	"9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728" \
	"c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"
#define PLAIN60 \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"

static const struct {
	const char *key, *iv, *aad, *plain, *sealed;
} vectors[] = {
	{ KEY128, IV12, "", PLAIN60 "1aafd255",
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
	  "4d5c2af327cd64a62cf35abd2ba6fab4" },
	{ KEY128, IV12, AAD, PLAIN60,
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ KEY128, IV60, AAD, PLAIN60,
	  "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7"
	  "01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5"
	  "619cc5aefffe0bfa462af43c1699d050" },
	{ KEY256, IV12, AAD, PLAIN60,
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE key;
static CK_BYTE iv[512], aad[64], text[64] = "a text of some length, which is longer than a block";

static CK_GCM_PARAMS params;
static CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	key = p11_make_aes(s, NULL);
	params = (CK_GCM_PARAMS){ .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .pAAD = aad,
	                          .ulAADLen = 20, .ulTagBits = 128 };
	gcm.pParameter = &params;
	gcm.ulParameterLen = sizeof params;
}

static void use_vector(int i)
{
	struct sg_bytes v_iv = hex(vectors[i].iv), v_aad = hex(vectors[i].aad);

	key = p11_import_aes(s, hex(vectors[i].key));
	params = (CK_GCM_PARAMS){ .pIv = (CK_BYTE *)v_iv.data, .ulIvLen = v_iv.len,
	                          .ulIvBits = 8 * v_iv.len, .pAAD = (CK_BYTE *)v_aad.data,
	                          .ulAADLen = v_aad.len, .ulTagBits = 128 };
}

/* Encrypt all of text into out, which holds 80 bytes. */
static void encrypt(CK_BYTE out[80])
{
	CK_ULONG len = 80;

	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_Encrypt(s, text, sizeof text, out, &len));
	ck_assert_uint_eq(len, 64 + params.ulTagBits / 8);
}

START_TEST(the_nist_vectors_encrypt)
{
	struct sg_bytes plain = hex(vectors[_i].plain);
	CK_BYTE out[128];
	CK_ULONG len = sizeof out;

	use_vector(_i);
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_Encrypt(s, (CK_BYTE *)plain.data, plain.len, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].sealed));
}
END_TEST

START_TEST(the_nist_vectors_encrypt_in_parts)
{
	struct sg_bytes plain = hex(vectors[_i].plain);
	CK_BYTE out[128];
	CK_ULONG at = 0, len;

	use_vector(_i);
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	for (size_t done = 0; done < plain.len; done += 4) {
		len = sizeof out - at;
		p11_ok(p11->C_EncryptUpdate(s, (CK_BYTE *)plain.data + done, 4, out + at, &len));
		at += len;
	}
	len = sizeof out - at;
	p11_ok(p11->C_EncryptFinal(s, out + at, &len));
	assert_bytes(sg_bytes(out, at + len), hex(vectors[_i].sealed));
}
END_TEST

START_TEST(the_nist_vectors_decrypt)
{
	struct sg_bytes sealed = hex(vectors[_i].sealed);
	CK_BYTE out[128];
	CK_ULONG len = sizeof out;

	use_vector(_i);
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_ok(p11->C_Decrypt(s, (CK_BYTE *)sealed.data, sealed.len, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].plain));
}
END_TEST

START_TEST(the_nist_vectors_decrypt_in_parts)
{
	struct sg_bytes sealed = hex(vectors[_i].sealed);
	CK_BYTE out[128];
	CK_ULONG len;

	use_vector(_i);
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	for (size_t i = 0; i < sealed.len; i++) {
		len = sizeof out;
		p11_ok(p11->C_DecryptUpdate(s, (CK_BYTE *)sealed.data + i, 1, out, &len));
		ck_assert_uint_eq(len, 0);
	}
	len = sizeof out;
	p11_ok(p11->C_DecryptFinal(s, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].plain));
}
END_TEST

START_TEST(every_iv_of_1_to_512_bytes_works)
{
	CK_BYTE sealed[80], plain[80], other[80];
	CK_ULONG len;

	for (CK_ULONG n = 1; n <= sizeof iv; n++) {
		params.ulIvLen = n;
		params.ulIvBits = 8 * n;
		encrypt(sealed);
		p11_ok(p11->C_DecryptInit(s, &gcm, key));
		len = sizeof plain;
		p11_ok(p11->C_Decrypt(s, sealed, 80, plain, &len));
		ck_assert_mem_eq(plain, text, 64);
		iv[n - 1] ^= 1;
		encrypt(other);
		ck_assert_mem_ne(sealed, other, 64);
		iv[n - 1] ^= 1;
	}
}
END_TEST

START_TEST(the_short_form_of_the_parameters_works)
{
	struct {
		CK_BYTE *iv;
		CK_ULONG iv_len;
		CK_BYTE *aad;
		CK_ULONG aad_len;
		CK_ULONG tag_bits;
	} old = { iv, 12, aad, 20, 128 };
	CK_BYTE a[80], b[80];

	encrypt(a);
	ck_assert_uint_eq(sizeof old, 40);
	gcm.pParameter = &old;
	gcm.ulParameterLen = sizeof old;
	encrypt(b);
	ck_assert_mem_eq(a, b, 80);
}
END_TEST

START_TEST(iv_bits_may_be_left_out)
{
	CK_BYTE a[80], b[80];

	encrypt(a);
	params.ulIvBits = 0;
	encrypt(b);
	ck_assert_mem_eq(a, b, 80);
}
END_TEST

static void refused(const CK_GCM_PARAMS *bad)
{
	CK_MECHANISM m = { CKM_AES_GCM, (void *)(uintptr_t)bad, sizeof *bad };

	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_EncryptInit(s, &m, key));
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_DecryptInit(s, &m, key));
}

START_TEST(bad_parameters_are_refused)
{
	CK_GCM_PARAMS p;

	p = params, p.ulIvLen = 0, p.ulIvBits = 0, refused(&p);
	p = params, p.pIv = NULL, refused(&p);
	p = params, p.ulIvLen = 513, p.ulIvBits = 0, refused(&p);
	p = params, p.ulIvLen = ~0UL, p.ulIvBits = 0, refused(&p);
	p = params, p.ulIvBits = 95, refused(&p);
	p = params, p.ulIvBits = 12, refused(&p);
	p = params, p.pAAD = NULL, refused(&p);
	p = params, p.ulAADLen = ~0UL, refused(&p);
	for (CK_ULONG bits = 0; bits <= 136; bits++) {
		p = params, p.ulTagBits = bits;
		if (bits < 96 || bits > 128 || bits % 8 != 0)
			refused(&p);
	}
	p = params, p.ulTagBits = ~0UL, refused(&p);
}
END_TEST

START_TEST(parameters_of_another_size_are_refused)
{
	CK_BYTE bytes[64] = { 0 };

	for (CK_ULONG n = 0; n <= sizeof bytes; n++) {
		CK_MECHANISM m = { CKM_AES_GCM, bytes, n };

		p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_EncryptInit(s, &m, key));
	}
	gcm.pParameter = NULL;
	p11_is(CKR_ARGUMENTS_BAD, p11->C_EncryptInit(s, &gcm, key));
	gcm.ulParameterLen = 0;
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_EncryptInit(s, &gcm, key));
}
END_TEST

START_TEST(a_shorter_tag_is_the_beginning_of_the_tag)
{
	CK_BYTE whole[80], cut[80], plain[80];
	CK_ULONG len = 80;

	encrypt(whole);
	params.ulTagBits = 96;
	encrypt(cut);
	ck_assert_mem_eq(whole, cut, 64 + 12);
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_ok(p11->C_Decrypt(s, cut, 64 + 12, plain, &len));
	ck_assert_uint_eq(len, 64);
}
END_TEST

START_TEST(the_parameters_are_copied_when_it_begins)
{
	CK_BYTE a[80], b[80];
	CK_ULONG len = 80;

	encrypt(a);
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	memset(iv, 0xff, sizeof iv);
	memset(aad, 0xff, sizeof aad);
	memset(&params, 0xff, sizeof params);
	p11_ok(p11->C_Encrypt(s, text, sizeof text, b, &len));
	ck_assert_mem_eq(a, b, 80);
}
END_TEST

START_TEST(sizes_are_exact)
{
	CK_BYTE out[80];
	CK_ULONG len = 0;

	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_Encrypt(s, text, sizeof text, NULL, &len));
	ck_assert_uint_eq(len, 80);
	len = 79;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_Encrypt(s, text, sizeof text, out, &len));
	ck_assert_uint_eq(len, 80);
	p11_ok(p11->C_Encrypt(s, text, sizeof text, out, &len));
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_ok(p11->C_Decrypt(s, out, 80, NULL, &len));
	ck_assert_uint_eq(len, 64);
	len = 63;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_Decrypt(s, out, 80, out, &len));
	p11_ok(p11->C_Decrypt(s, out, 80, out, &len));
	ck_assert_mem_eq(out, text, 64);
}
END_TEST

START_TEST(sizes_in_parts_are_exact_and_lose_nothing)
{
	CK_BYTE whole[80], out[80];
	CK_ULONG len = 0;

	encrypt(whole);
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_EncryptUpdate(s, text, 64, NULL, &len));
	ck_assert_uint_eq(len, 64);
	len = 63;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_EncryptUpdate(s, text, 64, out, &len));
	p11_ok(p11->C_EncryptUpdate(s, text, 64, out, &len));
	p11_ok(p11->C_EncryptFinal(s, NULL, &len));
	ck_assert_uint_eq(len, 16);
	len = 15;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_EncryptFinal(s, out + 64, &len));
	p11_ok(p11->C_EncryptFinal(s, out + 64, &len));
	ck_assert_mem_eq(out, whole, 80);

	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	len = 0;
	p11_ok(p11->C_DecryptUpdate(s, out, 80, (CK_BYTE[1]){ 0 }, &len));
	p11_ok(p11->C_DecryptFinal(s, NULL, &len));
	ck_assert_uint_eq(len, 64);
	len = 10;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_DecryptFinal(s, out, &len));
	p11_ok(p11->C_DecryptFinal(s, out, &len));
	ck_assert_mem_eq(out, text, 64);
}
END_TEST

START_TEST(it_works_in_place)
{
	CK_BYTE whole[80], out[80];
	CK_ULONG len = 80;

	encrypt(whole);
	memcpy(out, text, 64);
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_Encrypt(s, out, 64, out, &len));
	ck_assert_mem_eq(out, whole, 80);
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_ok(p11->C_Decrypt(s, out, 80, out, &len));
	ck_assert_mem_eq(out, text, 64);
}
END_TEST

START_TEST(the_empty_text_has_a_tag)
{
	CK_BYTE out[16], plain[1];
	CK_ULONG len = 16;

	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_Encrypt(s, NULL, 0, out, &len));
	ck_assert_uint_eq(len, 16);
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	len = 0;
	p11_ok(p11->C_Decrypt(s, out, 16, plain, &len));
	ck_assert_uint_eq(len, 0);
	out[3] ^= 1;
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_is(CKR_ENCRYPTED_DATA_INVALID, p11->C_Decrypt(s, out, 16, plain, &len));
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	len = 16;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_EncryptFinal(s, plain, &(CK_ULONG){ 0 }));
	p11_ok(p11->C_EncryptFinal(s, out, &len));
	ck_assert_uint_eq(len, 16);
}
END_TEST

static void require_wiped(const CK_BYTE *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ck_assert_msg(out[i] == 0 || out[i] == 0x55, "byte %zu was written", i);
}

START_TEST(a_changed_byte_gives_nothing_out)
{
	CK_BYTE sealed[80], out[80];
	CK_ULONG len;

	encrypt(sealed);
	for (int i = 0; i < 80; i++) {
		sealed[i] ^= 0x80;
		memset(out, 0x55, sizeof out);
		len = sizeof out;
		p11_ok(p11->C_DecryptInit(s, &gcm, key));
		p11_is(CKR_ENCRYPTED_DATA_INVALID, p11->C_Decrypt(s, sealed, 80, out, &len));
		require_wiped(out, sizeof out);
		p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Decrypt(s, sealed, 80, out, &len));
		sealed[i] ^= 0x80;
	}
}
END_TEST

START_TEST(a_changed_byte_in_parts_gives_nothing_out)
{
	CK_BYTE sealed[80], out[80];
	CK_ULONG len = sizeof out;

	encrypt(sealed);
	sealed[5] ^= 1;
	memset(out, 0x55, sizeof out);
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_ok(p11->C_DecryptUpdate(s, sealed, 80, out, &len));
	ck_assert_uint_eq(len, 0);
	len = sizeof out;
	p11_is(CKR_ENCRYPTED_DATA_INVALID, p11->C_DecryptFinal(s, out, &len));
	require_wiped(out, sizeof out);
}
END_TEST

START_TEST(another_key_iv_or_aad_gives_nothing_out)
{
	CK_OBJECT_HANDLE other = p11_make_aes(s, NULL);
	CK_BYTE sealed[80], out[80];
	CK_ULONG len = 80;

	encrypt(sealed);
	p11_ok(p11->C_DecryptInit(s, &gcm, other));
	p11_is(CKR_ENCRYPTED_DATA_INVALID, p11->C_Decrypt(s, sealed, 80, out, &len));
	iv[0] ^= 1;
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_is(CKR_ENCRYPTED_DATA_INVALID, p11->C_Decrypt(s, sealed, 80, out, &len));
	iv[0] ^= 1;
	aad[0] ^= 1;
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_is(CKR_ENCRYPTED_DATA_INVALID, p11->C_Decrypt(s, sealed, 80, out, &len));
}
END_TEST

START_TEST(less_than_a_tag_is_no_ciphertext)
{
	CK_BYTE sealed[80], out[80];
	CK_ULONG len = 80;

	encrypt(sealed);
	for (CK_ULONG n = 0; n < 16; n++) {
		p11_ok(p11->C_DecryptInit(s, &gcm, key));
		p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE, p11->C_Decrypt(s, sealed, n, out, &len));
		p11_ok(p11->C_DecryptInit(s, &gcm, key));
		p11_ok(p11->C_DecryptUpdate(s, sealed, n, out, &len));
		len = 80;
		p11_is(CKR_ENCRYPTED_DATA_LEN_RANGE, p11->C_DecryptFinal(s, out, &len));
	}
}
END_TEST

START_TEST(one_shot_after_a_part_is_an_active_operation)
{
	CK_BYTE out[80];
	CK_ULONG len = 80;

	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_EncryptUpdate(s, text, 5, out, &len));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_Encrypt(s, text, 5, out, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_EncryptFinal(s, out, &len));
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	len = 80;
	p11_ok(p11->C_DecryptUpdate(s, text, 5, out, &len));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_Decrypt(s, text, 64, out, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DecryptFinal(s, out, &len));
}
END_TEST

START_TEST(errors_end_the_operation)
{
	CK_BYTE out[80];
	CK_ULONG len = 80;

	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_EncryptInit(s, &gcm, key));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Encrypt(s, NULL, 5, out, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Encrypt(s, text, 5, out, &len));
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_EncryptUpdate(s, text, 5, out, NULL));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_EncryptUpdate(s, text, 5, out, &len));
	p11_ok(p11->C_DecryptInit(s, &gcm, key));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DecryptFinal(s, out, NULL));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DecryptFinal(s, out, &len));
}
END_TEST

START_TEST(a_length_that_wraps_around_is_refused)
{
	CK_BYTE out[80];
	CK_ULONG len = 80;

	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_is(CKR_DATA_LEN_RANGE, p11->C_Encrypt(s, text, ~0UL - 3, NULL, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Encrypt(s, text, 5, out, &len));
}
END_TEST

START_TEST(only_aes_keys_that_may_encrypt_do)
{
	CK_OBJECT_HANDLE pub, priv, generic;
	struct p11_template t = { 0 };
	CK_BBOOL no = CK_FALSE;

	p11_make_pair(s, NULL, &pub, &priv);
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	p11_bytes(&t, CKA_VALUE, text, 32);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &generic));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_EncryptInit(s, &gcm, generic));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_EncryptInit(s, &gcm, pub));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_DecryptInit(s, &gcm, priv));
	p11_ok(p11_set(s, key, CKA_ENCRYPT, &no, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11_set(s, key, CKA_DECRYPT, &no, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11->C_DecryptInit(s, &gcm, key));
}
END_TEST

START_TEST(keys_have_16_24_or_32_bytes)
{
	CK_OBJECT_HANDLE made;

	for (CK_ULONG len = 0; len < 70; len++) {
		struct p11_template t = { 0 };
		bool good = len == 16 || len == 24 || len == 32;

		p11_ulong(&t, CKA_VALUE_LEN, len);
		p11_is(good ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID,
		       p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &made));
		if (good)
			ck_assert_uint_eq(p11_get_ulong(s, made, CKA_VALUE_LEN), len);
	}
	p11_is(CKR_TEMPLATE_INCOMPLETE, p11->C_GenerateKey(s, &p11_aes_gen, NULL, 0, &made));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("encrypt");
	TCase *tc = tcase_create("gcm");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, the_nist_vectors_encrypt, 0, VECTORS);
	tcase_add_loop_test(tc, the_nist_vectors_encrypt_in_parts, 0, VECTORS);
	tcase_add_loop_test(tc, the_nist_vectors_decrypt, 0, VECTORS);
	tcase_add_loop_test(tc, the_nist_vectors_decrypt_in_parts, 0, VECTORS);
	tcase_add_test(tc, every_iv_of_1_to_512_bytes_works);
	tcase_add_test(tc, the_short_form_of_the_parameters_works);
	tcase_add_test(tc, iv_bits_may_be_left_out);
	tcase_add_test(tc, bad_parameters_are_refused);
	tcase_add_test(tc, parameters_of_another_size_are_refused);
	tcase_add_test(tc, a_shorter_tag_is_the_beginning_of_the_tag);
	tcase_add_test(tc, the_parameters_are_copied_when_it_begins);
	tcase_add_test(tc, sizes_are_exact);
	tcase_add_test(tc, sizes_in_parts_are_exact_and_lose_nothing);
	tcase_add_test(tc, it_works_in_place);
	tcase_add_test(tc, the_empty_text_has_a_tag);
	tcase_add_test(tc, a_changed_byte_gives_nothing_out);
	tcase_add_test(tc, a_changed_byte_in_parts_gives_nothing_out);
	tcase_add_test(tc, another_key_iv_or_aad_gives_nothing_out);
	tcase_add_test(tc, less_than_a_tag_is_no_ciphertext);
	tcase_add_test(tc, one_shot_after_a_part_is_an_active_operation);
	tcase_add_test(tc, errors_end_the_operation);
	tcase_add_test(tc, a_length_that_wraps_around_is_refused);
	tcase_add_test(tc, only_aes_keys_that_may_encrypt_do);
	tcase_add_test(tc, keys_have_16_24_or_32_bytes);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
