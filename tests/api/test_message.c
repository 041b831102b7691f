/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. CKM_AES_GCM in messages.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

/* Test case 16 of the GCM submission to NIST. */
#define KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define IV "cafebabefacedbaddecaf888"
#define AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define PLAIN \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define CIPHER \
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" \
	"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
#define TAG "76fc6ece0f4e1768cddf8853bb2d551b"
#define LEN 60

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE key;
static CK_BYTE iv[512], tag[16], aad[20], plain[LEN], out[LEN];
static CK_GCM_MESSAGE_PARAMS params;
static CK_MECHANISM gcm = { CKM_AES_GCM, NULL, 0 };

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	key = p11_import_aes(s, hex(KEY));
	memcpy(iv, hex(IV).data, 12);
	memcpy(aad, hex(AAD).data, sizeof aad);
	memcpy(plain, hex(PLAIN).data, sizeof plain);
	memset(tag, 0, sizeof tag);
	params = (CK_GCM_MESSAGE_PARAMS){ .pIv = iv, .ulIvLen = 12, .pTag = tag,
	                                  .ulTagBits = 128 };
}

/* One message of a session with the parameters above. */
static CK_RV encrypt(CK_SESSION_HANDLE session)
{
	CK_ULONG len = LEN;

	return p11_3_2->C_EncryptMessage(session, &params, sizeof params, aad, sizeof aad, plain,
	                                 LEN, out, &len);
}

static CK_RV decrypt(CK_BYTE *cipher, CK_BYTE *text)
{
	CK_ULONG len = LEN;

	return p11_3_2->C_DecryptMessage(s, &params, sizeof params, aad, sizeof aad, cipher, LEN,
	                                 text, &len);
}

static CK_RV encrypt_next(CK_ULONG from, CK_ULONG n, bool last)
{
	CK_ULONG len = n;
	CK_RV rv = p11_3_2->C_EncryptMessageNext(s, &params, sizeof params, plain + from, n,
	                                         out + from, &len, last ? CKF_END_OF_MESSAGE : 0);

	ck_assert(rv != CKR_OK || len == n);
	return rv;
}

static CK_RV encrypt_begin(void)
{
	return p11_3_2->C_EncryptMessageBegin(s, &params, sizeof params, aad, sizeof aad);
}

static CK_RV decrypt_begin(void)
{
	return p11_3_2->C_DecryptMessageBegin(s, &params, sizeof params, aad, sizeof aad);
}

static CK_RV decrypt_next(CK_BYTE *part, CK_ULONG n, CK_ULONG *len, bool last)
{
	return p11_3_2->C_DecryptMessageNext(s, &params, sizeof params, part, n, out, len,
	                                     last ? CKF_END_OF_MESSAGE : 0);
}

static void begin_encrypting(void)
{
	p11_ok(p11_3_2->C_MessageEncryptInit(s, &gcm, key));
}

static void begin_decrypting(void)
{
	p11_ok(p11_3_2->C_MessageDecryptInit(s, &gcm, key));
	memcpy(tag, hex(TAG).data, sizeof tag);
}

START_TEST(the_vector_encrypts)
{
	begin_encrypting();
	p11_ok(encrypt(s));
	assert_bytes(sg_bytes(out, LEN), hex(CIPHER));
	assert_bytes(sg_bytes(tag, 16), hex(TAG));
	p11_ok(p11_3_2->C_MessageEncryptFinal(s));
}
END_TEST

START_TEST(the_vector_encrypts_in_parts)
{
	begin_encrypting();
	for (CK_ULONG first = 0; first <= LEN; first += 7) {
		p11_ok(encrypt_begin());
		p11_ok(encrypt_next(0, first, false));
		p11_ok(encrypt_next(first, LEN - first, true));
		assert_bytes(sg_bytes(out, LEN), hex(CIPHER));
		assert_bytes(sg_bytes(tag, 16), hex(TAG));
	}
	p11_ok(p11_3_2->C_MessageEncryptFinal(s));
}
END_TEST

START_TEST(the_vector_decrypts)
{
	begin_decrypting();
	p11_ok(decrypt((CK_BYTE *)hex(CIPHER).data, out));
	assert_bytes(sg_bytes(out, LEN), hex(PLAIN));
	p11_ok(p11_3_2->C_MessageDecryptFinal(s));
}
END_TEST

START_TEST(the_vector_decrypts_in_parts_at_the_end)
{
	CK_BYTE *cipher = (CK_BYTE *)hex(CIPHER).data;

	begin_decrypting();
	for (CK_ULONG first = 0; first <= LEN; first += 7) {
		CK_ULONG len = LEN;

		p11_ok(decrypt_begin());
		p11_ok(decrypt_next(cipher, first, &len, false));
		ck_assert_uint_eq(len, 0);
		len = LEN;
		p11_ok(decrypt_next(cipher + first, LEN - first, &len, true));
		assert_bytes(sg_bytes(out, len), hex(PLAIN));
	}
}
END_TEST

START_TEST(many_messages_go_through_one_operation)
{
	CK_BYTE cipher[LEN];

	begin_encrypting();
	begin_decrypting();
	params.ivGenerator = CKG_GENERATE;
	for (int i = 0; i < 20; i++) {
		p11_ok(encrypt(s));
		memcpy(cipher, out, LEN);
		p11_ok(decrypt(cipher, cipher));
		assert_bytes(sg_bytes(cipher, LEN), hex(PLAIN));
	}
}
END_TEST

START_TEST(a_made_iv_is_given_out_and_never_the_same)
{
	CK_BYTE seen[40][12];

	begin_encrypting();
	params.ivGenerator = CKG_GENERATE;
	for (int i = 0; i < 40; i++) {
		p11_ok(i % 2 == 0 ? encrypt(s) : encrypt_begin());
		if (i % 2 == 1)
			p11_ok(encrypt_next(0, LEN, true));
		memcpy(seen[i], iv, 12);
		for (int j = 0; j < i; j++)
			ck_assert_mem_ne(seen[i], seen[j], 12);
	}
}
END_TEST

#define THREADS 8
#define EACH 200

static CK_BYTE made[THREADS * EACH][12];

/* Encrypt in a session of its own with the key of all. */
static void *make_ivs(void *arg)
{
	CK_BYTE(*mine)[12] = arg, text[4] = { 0 }, mac[16];
	CK_GCM_MESSAGE_PARAMS p = { .ulIvLen = 12, .ivGenerator = CKG_GENERATE, .pTag = mac,
	                            .ulTagBits = 128 };
	CK_SESSION_HANDLE session;
	CK_RV rv = p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session);

	if (rv == CKR_OK)
		rv = p11_3_2->C_MessageEncryptInit(session, &gcm, key);
	for (int i = 0; i < EACH && rv == CKR_OK; i++) {
		CK_ULONG len = sizeof text;

		p.pIv = mine[i];
		rv = p11_3_2->C_EncryptMessage(session, &p, sizeof p, NULL, 0, text, sizeof text,
		                               text, &len);
	}
	return rv == CKR_OK ? NULL : arg;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 12);
}

START_TEST(threads_with_sessions_of_their_own_never_get_the_same_iv)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, make_ivs, made[i * EACH]), 0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_ptr_null(failed);
	}
	qsort(made, THREADS * EACH, sizeof made[0], compare);
	for (int i = 1; i < THREADS * EACH; i++)
		ck_assert_mem_ne(made[i - 1], made[i], 12);
}
END_TEST

START_TEST(a_key_that_is_changed_keeps_its_ivs_apart)
{
	CK_BYTE first[12];

	params.ivGenerator = CKG_GENERATE;
	begin_encrypting();
	p11_ok(encrypt(s));
	memcpy(first, iv, 12);
	p11_ok(p11_3_2->C_MessageEncryptFinal(s));
	p11_ok(p11_set(s, key, CKA_LABEL, "other", 5));
	begin_encrypting();
	p11_ok(encrypt(s));
	ck_assert_mem_eq(iv, first, 8);
	ck_assert_mem_ne(iv + 8, first + 8, 4);
}
END_TEST

/* Encrypt once in the session, with the only IV that goes on where an earlier one was. */
static void goes_on(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_BYTE earlier[12])
{
	params.ivGenerator = CKG_GENERATE;
	params.ulIvFixedBits = 0;
	p11_ok(p11_3_2->C_MessageEncryptInit(session, &gcm, object));
	p11_ok(encrypt(session));
	p11_ok(p11_3_2->C_MessageEncryptFinal(session));
	if (earlier[11] != 0xff) {
		ck_assert_mem_eq(iv, earlier, 11);
		ck_assert_uint_eq(iv[11], earlier[11] + 1);
	}
	memcpy(earlier, iv, 12);
}

/* No counter before the first. */
static const CK_BYTE no_iv[12] = { [11] = 0xff };

START_TEST(a_key_that_comes_back_with_a_login_goes_on_where_it_was)
{
	CK_BYTE last[12];

	memcpy(last, no_iv, sizeof last);
	p11_ok(p11->C_Finalize(NULL));
	p11_teardown();
	p11_setup();
	s = p11_user();
	(void)p11_make_aes(s, "k");
	for (int i = 0; i < 3; i++) {
		goes_on(s, p11_find_label(s, CKO_SECRET_KEY, "k"), last);
		p11_ok(p11->C_Logout(s));
		p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	}
	p11_ok(p11->C_CloseAllSessions(0));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	goes_on(s, p11_find_label(s, CKO_SECRET_KEY, "k"), last);
}
END_TEST

static void set_id(void *arg)
{
	CK_SESSION_HANDLE session;

	(void)arg;
	p11_start();
	session = p11_open(CKF_RW_SESSION);
	p11_ok(p11_set(session, p11_find_label(session, CKO_SECRET_KEY, "k"), CKA_ID, "1", 1));
}

START_TEST(a_key_that_another_process_changes_goes_on_where_it_was)
{
	CK_BYTE last[12], id[1];
	CK_ULONG len = sizeof id;

	memcpy(last, no_iv, sizeof last);
	key = p11_make_aes(s, "k");
	goes_on(s, key, last);
	p11_in_child(set_id, NULL);
	key = p11_find_label(s, CKO_SECRET_KEY, "k");
	p11_ok(p11_get(s, key, CKA_ID, id, &len));
	ck_assert_uint_eq(len, 1);
	goes_on(s, key, last);
}
END_TEST

START_TEST(copies_of_a_key_and_the_same_key_brought_in_anew_share_its_ivs)
{
	CK_OBJECT_HANDLE copy = 0;
	CK_BYTE last[12];

	memcpy(last, no_iv, sizeof last);
	goes_on(s, key, last);
	p11_ok(p11->C_CopyObject(s, key, NULL, 0, &copy));
	goes_on(s, copy, last);
	p11_ok(p11->C_DestroyObject(s, copy));
	p11_ok(p11->C_DestroyObject(s, key));
	key = p11_import_aes(s, hex(KEY));
	goes_on(s, key, last);
}
END_TEST

/* Make an IV in a child with the parent's key, and tell that it has another prefix. */
static void make_another_prefix(void *arg)
{
	CK_SESSION_HANDLE session;
	CK_BYTE last[12];

	memcpy(last, no_iv, sizeof last);
	p11_start();
	session = p11_open(0);
	goes_on(session, p11_find_label(session, CKO_SECRET_KEY, "k"), last);
	ck_assert_mem_ne(last, arg, 8);
}

START_TEST(a_child_makes_other_ivs_under_the_same_key)
{
	CK_BYTE last[12];

	memcpy(last, no_iv, sizeof last);
	key = p11_make_aes(s, "k");
	goes_on(s, key, last);
	p11_in_child(make_another_prefix, last);
	goes_on(s, key, last);
}
END_TEST

/* Authenticate a message without text, by one call or by parts, and give no buffer. */
static CK_RV without_text(bool decrypting, bool parts)
{
	CK_ULONG len = 0;

	if (!parts)
		return decrypting ? p11_3_2->C_DecryptMessage(s, &params, sizeof params, aad,
		                                              sizeof aad, NULL, 0, NULL, &len)
		                  : p11_3_2->C_EncryptMessage(s, &params, sizeof params, aad,
		                                              sizeof aad, NULL, 0, NULL, &len);
	p11_ok(decrypting ? decrypt_begin() : encrypt_begin());
	return decrypting ? p11_3_2->C_DecryptMessageNext(s, &params, sizeof params, NULL, 0, NULL,
	                                                  &len, CKF_END_OF_MESSAGE)
	                  : p11_3_2->C_EncryptMessageNext(s, &params, sizeof params, NULL, 0, NULL,
	                                                  &len, CKF_END_OF_MESSAGE);
}

START_TEST(a_tag_over_no_text_is_made_and_checked_though_there_is_no_buffer)
{
	static const CK_BYTE none[16];

	p11_ok(p11_3_2->C_MessageEncryptInit(s, &gcm, key));
	p11_ok(p11_3_2->C_MessageDecryptInit(s, &gcm, key));
	p11_ok(without_text(false, _i));
	ck_assert_mem_ne(tag, none, 16);
	p11_ok(without_text(true, _i));
	tag[15] ^= 1;
	p11_is(CKR_AEAD_DECRYPT_FAILED, without_text(true, _i));
	p11_ok(p11_3_2->C_MessageDecryptFinal(s));
}
END_TEST

START_TEST(fixed_bits_of_the_caller_stay)
{
	begin_encrypting();
	params.ivGenerator = CKG_GENERATE;
	params.ulIvFixedBits = 32;
	p11_ok(encrypt(s));
	assert_bytes(sg_bytes(iv, 4), sg_bytes(hex(IV).data, 4));
	ck_assert_mem_ne(iv + 4, hex(IV).data + 4, 4);
	params.ulIvFixedBits = 33;
	p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt(s));
	params.ulIvFixedBits = 96;
	p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt_begin());
}
END_TEST

START_TEST(random_ivs_have_96_bits)
{
	begin_encrypting();
	params.ivGenerator = CKG_GENERATE_RANDOM;
	p11_ok(encrypt(s));
	ck_assert_mem_ne(iv, hex(IV).data, 12);
	params.ulIvFixedBits = 1;
	p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt(s));
	params.ulIvLen = 16;
	p11_ok(encrypt(s));
}
END_TEST

/* They would begin at zero again in the next session. */
START_TEST(counters_that_begin_at_zero_are_refused)
{
	begin_encrypting();
	params.ivGenerator = CKG_GENERATE_COUNTER;
	p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt(s));
	params.ivGenerator = CKG_GENERATE_COUNTER_XOR;
	p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt(s));
	params.ivGenerator = 99;
	p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt_begin());
	ck_assert_mem_eq(iv, hex(IV).data, 12);
}
END_TEST

/* What the caller says of generating is ignored when a message is opened. */
START_TEST(decrypting_needs_no_generator)
{
	begin_decrypting();
	params.ivGenerator = 99;
	params.ulIvFixedBits = 999;
	p11_ok(decrypt((CK_BYTE *)hex(CIPHER).data, out));
	ck_assert_mem_eq(iv, hex(IV).data, 12);
}
END_TEST

START_TEST(asking_for_the_size_spends_no_iv)
{
	CK_ULONG len = 0;

	begin_encrypting();
	params.ivGenerator = CKG_GENERATE;
	p11_ok(p11_3_2->C_EncryptMessage(s, &params, sizeof params, NULL, 0, plain, LEN, NULL,
	                                 &len));
	ck_assert_uint_eq(len, LEN);
	len = LEN - 1;
	p11_is(CKR_BUFFER_TOO_SMALL, p11_3_2->C_EncryptMessage(s, &params, sizeof params, NULL, 0,
	                                                       plain, LEN, out, &len));
	ck_assert_uint_eq(len, LEN);
	ck_assert_mem_eq(iv, hex(IV).data, 12);
	p11_ok(encrypt(s));
}
END_TEST

START_TEST(a_small_buffer_ends_no_message)
{
	CK_BYTE *cipher = (CK_BYTE *)hex(CIPHER).data;
	CK_ULONG len = 0;

	begin_decrypting();
	p11_ok(decrypt_begin());
	p11_ok(decrypt_next(cipher, 10, &len, false));
	len = LEN - 1;
	p11_is(CKR_BUFFER_TOO_SMALL, decrypt_next(cipher + 10, LEN - 10, &len, true));
	ck_assert_uint_eq(len, LEN);
	p11_ok(decrypt_next(cipher + 10, LEN - 10, &len, true));
	assert_bytes(sg_bytes(out, len), hex(PLAIN));
}
END_TEST

START_TEST(a_changed_byte_gives_nothing_out_and_the_operation_goes_on)
{
	CK_BYTE cipher[LEN], zeros[LEN] = { 0 };
	CK_BYTE *changed[] = { cipher, cipher + LEN - 1, tag, tag + 15, aad, iv };
	CK_ULONG len;

	begin_decrypting();
	memcpy(cipher, hex(CIPHER).data, LEN);
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
		*changed[i] ^= 1;
		memset(out, 0xaa, LEN);
		p11_is(CKR_AEAD_DECRYPT_FAILED, decrypt(cipher, out));
		ck_assert_mem_eq(out, zeros, LEN);
		p11_ok(decrypt_begin());
		len = LEN;
		p11_is(CKR_AEAD_DECRYPT_FAILED, decrypt_next(cipher, LEN, &len, true));
		ck_assert_mem_eq(out, zeros, LEN);
		len = LEN;
		p11_is(CKR_OPERATION_NOT_INITIALIZED, decrypt_next(cipher, LEN, &len, true));
		*changed[i] ^= 1;
		p11_ok(decrypt(cipher, out));
	}
}
END_TEST

START_TEST(bad_parameters_are_refused_and_the_operation_goes_on)
{
	const CK_GCM_MESSAGE_PARAMS good = params;
	const CK_GCM_MESSAGE_PARAMS bad[] = {
		{ NULL, 12, 0, CKG_NO_GENERATE, tag, 128 },
		{ iv, 0, 0, CKG_NO_GENERATE, tag, 128 },
		{ iv, 513, 0, CKG_NO_GENERATE, tag, 128 },
		{ iv, 12, 0, CKG_NO_GENERATE, NULL, 128 },
		{ iv, 12, 0, CKG_NO_GENERATE, tag, 88 },
		{ iv, 12, 0, CKG_NO_GENERATE, tag, 100 },
		{ iv, 12, 0, CKG_NO_GENERATE, tag, 136 },
	};
	CK_ULONG len = LEN;

	begin_encrypting();
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		params = bad[i];
		p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt(s));
	}
	params = good;
	p11_is(CKR_MECHANISM_PARAM_INVALID,
	       p11_3_2->C_EncryptMessage(s, &params, sizeof params - 1, NULL, 0, plain, LEN, out,
	                                 &len));
	p11_is(CKR_MECHANISM_PARAM_INVALID,
	       p11_3_2->C_EncryptMessage(s, NULL, 0, NULL, 0, plain, LEN, out, &len));
	p11_ok(encrypt(s));
}
END_TEST

START_TEST(null_arguments_are_refused_and_the_operation_goes_on)
{
	CK_ULONG len = LEN, n = sizeof params;

	begin_encrypting();
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_EncryptMessage(s, NULL, n, NULL, 0, plain, LEN, out,
	                                                    &len));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_EncryptMessage(s, &params, n, NULL, 1, plain, LEN,
	                                                    out, &len));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_EncryptMessage(s, &params, n, NULL, 0, NULL, LEN, out,
	                                                    &len));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_EncryptMessage(s, &params, n, NULL, 0, plain, LEN,
	                                                    out, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_EncryptMessageBegin(s, &params, n, NULL, 1));
	p11_ok(encrypt(s));
}
END_TEST

START_TEST(the_tag_of_the_last_part_is_that_of_the_first)
{
	begin_encrypting();
	p11_ok(encrypt_begin());
	params.ulTagBits = 96;
	p11_is(CKR_MECHANISM_PARAM_INVALID, encrypt_next(0, LEN, true));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt_next(0, LEN, true));
}
END_TEST

START_TEST(shorter_tags_are_the_beginning_of_the_tag)
{
	begin_encrypting();
	params.ulTagBits = 96;
	p11_ok(encrypt(s));
	assert_bytes(sg_bytes(tag, 12), sg_bytes(hex(TAG).data, 12));
	assert_bytes(sg_bytes(tag + 12, 4), repeat(0, 4));
}
END_TEST

START_TEST(a_message_in_parts_is_not_interrupted)
{
	begin_encrypting();
	p11_ok(encrypt_begin());
	p11_is(CKR_OPERATION_ACTIVE, encrypt(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt_next(0, LEN, true));
	p11_ok(encrypt_begin());
	p11_is(CKR_OPERATION_ACTIVE, encrypt_begin());
	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt_next(0, LEN, true));
	p11_ok(encrypt(s));
}
END_TEST

START_TEST(an_error_in_a_part_ends_the_message_only)
{
	CK_ULONG len = LEN;

	begin_encrypting();
	p11_ok(encrypt_begin());
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_EncryptMessageNext(s, &params, sizeof params, NULL, 1,
	                                                        out, &len, 0));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt_next(0, LEN, true));
	p11_ok(encrypt(s));
}
END_TEST

START_TEST(nothing_works_before_the_operation_and_after_it)
{
	CK_ULONG len = LEN;

	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt_begin());
	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt_next(0, 1, false));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, decrypt(plain, out));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, decrypt_begin());
	p11_is(CKR_OPERATION_NOT_INITIALIZED, decrypt_next(plain, 1, &len, true));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11_3_2->C_MessageEncryptFinal(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11_3_2->C_MessageDecryptFinal(s));
	begin_encrypting();
	p11_is(CKR_OPERATION_NOT_INITIALIZED, decrypt_begin());
	p11_ok(encrypt_begin());
	p11_ok(p11_3_2->C_MessageEncryptFinal(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, encrypt_next(0, LEN, true));
}
END_TEST

START_TEST(it_begins_like_other_operations)
{
	CK_MECHANISM none = { CKM_SHA256, NULL, 0 }, odd = { CKM_AES_GCM, plain, 5 };
	CK_OBJECT_HANDLE pub, priv;

	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_MessageEncryptInit(s, NULL, key));
	p11_is(CKR_MECHANISM_INVALID, p11_3_2->C_MessageEncryptInit(s, &none, key));
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11_3_2->C_MessageEncryptInit(s, &odd, key));
	p11_is(CKR_KEY_HANDLE_INVALID, p11_3_2->C_MessageEncryptInit(s, &gcm, ~key));
	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11_3_2->C_MessageEncryptInit(s, &gcm, priv));
	p11_ok(p11_set(s, key, CKA_ENCRYPT, &(CK_BBOOL){ CK_FALSE }, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11_3_2->C_MessageEncryptInit(s, &gcm, key));
	p11_ok(p11_3_2->C_MessageDecryptInit(s, &gcm, key));
	p11_is(CKR_OPERATION_ACTIVE, p11_3_2->C_MessageDecryptInit(s, &gcm, key));
	p11_ok(p11_3_2->C_MessageDecryptInit(s, NULL, 0));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, decrypt_begin());
}
END_TEST

/* The mechanism's own parameter may be that of the first message, or missing. */
START_TEST(it_begins_with_a_parameter_or_without)
{
	CK_MECHANISM with = { CKM_AES_GCM, &params, sizeof params };

	p11_ok(p11_3_2->C_MessageEncryptInit(s, &with, key));
	p11_ok(encrypt(s));
	assert_bytes(sg_bytes(tag, 16), hex(TAG));
}
END_TEST

START_TEST(the_mechanism_says_that_it_does_messages)
{
	const CK_FLAGS flags = CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MULTI_MESSAGE;
	CK_MECHANISM_INFO info;

	p11_ok(p11->C_GetMechanismInfo(0, CKM_AES_GCM, &info));
	ck_assert_uint_eq(info.flags & flags, flags);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("message");
	TCase *tc = tcase_create("message");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(all, tc);
	tcase_add_test(tc, the_vector_encrypts);
	tcase_add_test(tc, the_vector_encrypts_in_parts);
	tcase_add_test(tc, the_vector_decrypts);
	tcase_add_test(tc, the_vector_decrypts_in_parts_at_the_end);
	tcase_add_test(tc, many_messages_go_through_one_operation);
	tcase_add_test(tc, a_made_iv_is_given_out_and_never_the_same);
	tcase_add_test(tc, threads_with_sessions_of_their_own_never_get_the_same_iv);
	tcase_add_test(tc, a_key_that_is_changed_keeps_its_ivs_apart);
	tcase_add_test(tc, a_key_that_comes_back_with_a_login_goes_on_where_it_was);
	tcase_add_test(tc, a_key_that_another_process_changes_goes_on_where_it_was);
	tcase_add_test(tc, copies_of_a_key_and_the_same_key_brought_in_anew_share_its_ivs);
	tcase_add_test(tc, a_child_makes_other_ivs_under_the_same_key);
	tcase_add_loop_test(tc, a_tag_over_no_text_is_made_and_checked_though_there_is_no_buffer, 0, 2);
	tcase_add_test(tc, fixed_bits_of_the_caller_stay);
	tcase_add_test(tc, random_ivs_have_96_bits);
	tcase_add_test(tc, counters_that_begin_at_zero_are_refused);
	tcase_add_test(tc, decrypting_needs_no_generator);
	tcase_add_test(tc, asking_for_the_size_spends_no_iv);
	tcase_add_test(tc, a_small_buffer_ends_no_message);
	tcase_add_test(tc, a_changed_byte_gives_nothing_out_and_the_operation_goes_on);
	tcase_add_test(tc, bad_parameters_are_refused_and_the_operation_goes_on);
	tcase_add_test(tc, null_arguments_are_refused_and_the_operation_goes_on);
	tcase_add_test(tc, the_tag_of_the_last_part_is_that_of_the_first);
	tcase_add_test(tc, shorter_tags_are_the_beginning_of_the_tag);
	tcase_add_test(tc, a_message_in_parts_is_not_interrupted);
	tcase_add_test(tc, an_error_in_a_part_ends_the_message_only);
	tcase_add_test(tc, nothing_works_before_the_operation_and_after_it);
	tcase_add_test(tc, it_begins_like_other_operations);
	tcase_add_test(tc, it_begins_with_a_parameter_or_without);
	tcase_add_test(tc, the_mechanism_says_that_it_does_messages);
	return all;
}

int main(void)
{
	return test_run(suite());
}
