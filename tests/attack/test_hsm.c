/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody who has the disk of a token that an HSM seals, or writes it, and may have an
 * HSM of his own, or a key of his own in ours; and who reads the memory of the process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes_gcm.h"
#include "core/token.h"
#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/file.h"
#include "lib/memory.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

#define SEED 32
#define ID 16                   /* bytes of the CKA_ID of the HSM's key */

static struct test_softhsm hsm, his;
static struct test_faulty faulty;
static CK_SESSION_HANDLE s;
static struct sg_buf whole;     /* the store before it was changed */

/* Bytes that stand in no table of a library, and in none that a compiler computes beforehand,
 * as GCC 14 would. */
static void make_seed(uint8_t *seed, uint8_t veil)
{
	static volatile const uint8_t first = 0x91;

	for (size_t i = 0; i < SEED; i++)
		seed[i] = (uint8_t)(first + 37 * i) ^ veil;
}

/* A key of the token whose seed the test knows, sealed by the HSM on its own. */
static void import_key(void)
{
	struct p11_template t = { .n = 0 };
	uint8_t seed[SEED], signature[64];
	CK_OBJECT_HANDLE key;

	make_seed(seed, 0);
	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&t, CKA_VALUE, seed, sizeof seed);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	p11_ok(p11_sign(s, key, "x", signature));
	explicit_bzero(seed, sizeof seed);
}

static void configure(const struct test_softhsm *with)
{
	char lines[512];

	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", with->uri);
	p11_configure(lines);
	ck_assert_int_eq(setenv("SOFTHSM2_CONF", with->conf, 1), 0);
}

static void setup(void)
{
	p11_setup();
	test_softhsm_start(&hsm);
	configure(&hsm);
	s = p11_machine();
	import_key();
	p11_ok(p11->C_Finalize(NULL));
	whole = test_file_read(p11_store);
}

static void teardown(void)
{
	sg_buf_free(&whole);
	p11_teardown();
	test_faulty_stop(&faulty);
	test_softhsm_stop(&hsm);
	test_softhsm_stop(&his);
}

/* Where the store has a piece of the sealer's. */
static size_t place_of(const char *magic)
{
	const uint8_t *at = memmem(whole.data, whole.len, magic, 4);

	ck_assert_ptr_nonnull(at);
	return (size_t)(at - whole.data);
}

/* Make an AES key of that CKA_ID that does all that ours does, and leaves the HSM. */
static void make_key(struct test_hsm *in, void *id)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_DECRYPT, true);
	p11_bytes(&t, CKA_ID, id, ID);
	p11_ok(in->f->C_GenerateKey(in->session, &mechanism, t.attr, t.n, &key));
}

START_TEST(who_has_the_disk_and_not_the_hsm_opens_nothing)
{
	uint8_t veiled[SEED];

	make_seed(veiled, TEST_VEIL);
	ck_assert_uint_eq(test_memory_find_in_file(p11_store, veiled, 16), 0);
	p11_configure("sealer = hsm\nhsm = pkcs11:token=gone?module-path=/nonexistent.so");
	p11_is(CKR_TOKEN_NOT_PRESENT, p11_look(&s));
	configure(&hsm);
	p11_ok(p11_look(&s));
}
END_TEST

START_TEST(an_hsm_of_his_own_opens_nothing)
{
	uint8_t id[ID];

	memcpy(id, whole.data + place_of("SGHP") + 10, sizeof id);
	test_softhsm_start(&his);
	configure(&his);
	p11_is(CKR_TOKEN_NOT_RECOGNIZED, p11_look(&s));
	test_hsm_in_child(his.module, TEST_HSM_LABEL, make_key, id);
	p11_is(CKR_SIGNET_SEALED_DAMAGED, p11_look(&s));
	configure(&hsm);
	p11_ok(p11_look(&s));
}
END_TEST

/* Change a byte of the store, and see that the token does not open; and put it back. */
static void refuse_change(size_t at, uint8_t flip)
{
	CK_RV rv;

	whole.data[at] ^= flip;
	test_file_write(p11_store, sg_buf_bytes(&whole));
	rv = p11_look(&s);
	ck_assert_msg(rv != CKR_OK, "a changed byte at %zu is not noticed", at);
	whole.data[at] ^= flip;
}

START_TEST(no_byte_of_what_the_hsm_sealed_changes_unnoticed)
{
	const size_t blob = place_of("SGH1"), parent = place_of("SGHP");

	/* The blob has no less than its head, what the HSM made of its key, and the secret. */
	for (size_t at = 0; at < 4 + 1 + 4 + ID + 4 + 60 + 4 + 32; at += 3)
		refuse_change(blob + at, (uint8_t)(1u << at % 8));
	/* Magic, way, IV, and the key's identity. */
	for (size_t at = 0; at < 4 + 2 + 4 + ID; at++)
		refuse_change(parent + at, (uint8_t)(1u << at % 8));
	test_file_write(p11_store, sg_buf_bytes(&whole));
	p11_ok(p11_look(&s));
}
END_TEST

/* He may make keys in the HSM, one of which he can read, and has the token seal under that. */
START_TEST(a_key_that_is_planted_in_the_store_seals_nothing)
{
	const size_t parent = place_of("SGHP") + 10, blob = place_of("SGH1") + 9;
	uint8_t planted[ID];

	memset(planted, 0x77, sizeof planted);
	test_hsm_in_child(hsm.module, TEST_HSM_LABEL, make_key, planted);
	memcpy(whole.data + parent, planted, ID);
	test_file_write(p11_store, sg_buf_bytes(&whole));
	p11_is(CKR_TOKEN_NOT_RECOGNIZED, p11_look(&s));
	/* Also where the blob names it. */
	memcpy(whole.data + blob, planted, ID);
	test_file_write(p11_store, sg_buf_bytes(&whole));
	p11_is(CKR_SIGNET_SEALED_DAMAGED, p11_look(&s));
}
END_TEST

/* It has our label, and is for what ours is for. */
static void name_as_ours(struct p11_template *t)
{
	static const CK_ATTRIBUTE_TYPE others[] = {
		CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_VERIFY, CKA_DERIVE,
	};

	p11_bool(t, CKA_ENCRYPT, true);
	p11_bool(t, CKA_DECRYPT, true);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		p11_bool(t, others[i], false);
	p11_text(t, CKA_LABEL, "signet-seal-gcm");
	p11_text(t, CKA_ID, "a planted key");
}

START_TEST(a_key_of_our_name_that_he_can_read_seals_no_new_token)
{
	struct test_hsm in;
	struct p11_template t = { .n = 0 };
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_OBJECT_HANDLE key;
	struct sg_buf store;

	test_softhsm_start(&his);
	configure(&his);
	test_hsm_enter(&in, his.module, TEST_HSM_LABEL);
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SENSITIVE, true);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	name_as_ours(&t);
	p11_ok(in.f->C_GenerateKey(in.session, &mechanism, t.attr, t.n, &key));
	test_hsm_leave(&in);
	p11_make_machine_in(1);
	memcpy(strstr(p11_store, "slot-0000"), "slot-0001", 9);
	store = test_file_read(p11_store);
	ck_assert_ptr_nonnull(memmem(store.data, store.len, "SGHP", 4));
	ck_assert_ptr_null(memmem(store.data, store.len, "a planted key", 13));
	sg_buf_free(&store);
}
END_TEST

/* He puts a key there whose value he knows; what a template can say of ours is said of it. */
static void put_key(bool public)
{
	static const uint8_t value[32] = "a value that he knows";
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;
	struct test_hsm in;

	test_hsm_enter(&in, his.module, TEST_HSM_LABEL);
	if (public)
		p11_ok(in.f->C_Logout(in.session));
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(&t, CKA_VALUE, value, sizeof value);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, !public);
	p11_bool(&t, CKA_SENSITIVE, true);
	p11_bool(&t, CKA_EXTRACTABLE, false);
	name_as_ours(&t);
	p11_ok(in.f->C_CreateObject(in.session, t.attr, t.n, &key));
	test_hsm_leave(&in);
}

/* Tell whether he opens, with that value and without the HSM, what the HSM closed of a blob. */
static bool he_opens(const uint8_t *blob, size_t len)
{
	static const uint8_t value[32] = "a value that he knows";
	struct sg_secret *inner = test_secret(32, 0);
	bool opened = false;

	for (size_t at = 0; at + 76 <= len && !opened; at++)
		opened = sg_gcm_decrypt(sg_bytes(value, 32), sg_bytes(blob + at, 12),
		                        sg_bytes(NULL, 0), sg_bytes(blob + at + 12, 32),
		                        sg_bytes(blob + at + 44, 16), inner->data) == SG_OK;
	sg_secret_free(&inner);
	return opened;
}

/* With the PIN of the HSM or, as a public object, without it. */
START_TEST(a_key_whose_value_he_knows_seals_no_new_token)
{
	struct sg_buf store;
	const uint8_t *blob;

	test_softhsm_start(&his);
	configure(&his);
	put_key(_i != 0);
	p11_make_machine_in(1);
	memcpy(strstr(p11_store, "slot-0000"), "slot-0001", 9);
	store = test_file_read(p11_store);
	blob = memmem(store.data, store.len, "SGH1", 4);
	ck_assert_ptr_nonnull(blob);
	ck_assert_uint_gt(store.len - (size_t)(blob - store.data), 256);
	ck_assert(!he_opens(blob, 256));
	ck_assert_ptr_null(memmem(store.data, store.len, "a planted key", 13));
	sg_buf_free(&store);
}
END_TEST

static CK_RV change_pin(void)
{
	return p11->C_SetPIN(s, (CK_BYTE *)P11_PIN, strlen(P11_PIN), (CK_BYTE *)"another", 7);
}

/* Who is on the way to the HSM changes what it closes: the old PIN would be gone, and no new one. */
START_TEST(a_pin_is_not_changed_into_what_does_not_open)
{
	char lines[512];

	test_faulty_start(&faulty, hsm.module, hsm.pin_file);
	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", faulty.uri);
	p11_configure(lines);
	p11_make(1, &(struct sg_token_plan){ .label = sg_bytes_str("asks") });
	p11_start();
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s));
	test_faulty_garble(&faulty, "C_Encrypt");
	p11_is(CKR_DEVICE_ERROR, change_pin());
	test_faulty_honest(&faulty, "C_Encrypt");
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(change_pin());
}
END_TEST

static void require_guarded(const struct test_mapping *m)
{
	ck_assert_msg(m->undumped && m->unforked, "a seed lies in memory that others get to see");
}

START_TEST(a_sealed_key_is_in_guarded_memory_only_and_gone_in_the_end)
{
	uint8_t veiled[SEED], signature[64];
	CK_OBJECT_HANDLE key;
	struct p11_template t = { .n = 0 };

	make_seed(veiled, TEST_VEIL);
	p11_ok(p11_look(&s));
	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	ck_assert_uint_eq(p11_find(s, &t, &key, 1), 1);
	p11_ok(p11_sign(s, key, "x", signature));
	ck_assert_uint_ge(test_memory_find_all(veiled, 16, require_guarded), 1);
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_eq(test_memory_find_all(veiled, 16, NULL), 0);
}
END_TEST

/* The same of what a token is opened with, which no call of PKCS#11 gives out. */
START_TEST(what_the_sealer_had_is_gone_when_it_returns)
{
	static struct sg_config config;
	struct sg_secret *auth, *plain, *out = NULL;
	struct sg_buf blob = { 0 };
	uint8_t veiled_auth[SG_SEAL_AUTH], veiled[32];

	make_seed(veiled, TEST_VEIL);
	make_seed(veiled_auth, TEST_VEIL ^ 0x3c);
	config.hsm[0] = hsm.uri;
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
	test_provision();
	auth = test_secret(SG_SEAL_AUTH, 0);
	plain = test_secret(32, 0);
	make_seed(auth->data, 0x3c);
	make_seed(plain->data, 0);
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	sg_secret_free(&plain);
	ck_assert_uint_eq(test_memory_find_all(veiled, 16, NULL), 0);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_uint_eq(test_memory_find_all(veiled, 16, require_guarded), 1);
	ck_assert_uint_eq(test_memory_find_all(veiled_auth, 16, require_guarded), 1);
	sg_secret_free(&out);
	sg_secret_free(&auth);
	ck_assert_uint_eq(test_memory_find_all(veiled, 16, NULL), 0);
	ck_assert_uint_eq(test_memory_find_all(veiled_auth, 16, NULL), 0);
	sg_buf_free(&blob);
	test_sealer_end();
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("attack: hsm");
	TCase *tc = tcase_create("hsm");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_has_the_disk_and_not_the_hsm_opens_nothing);
	tcase_add_test(tc, an_hsm_of_his_own_opens_nothing);
	tcase_add_test(tc, no_byte_of_what_the_hsm_sealed_changes_unnoticed);
	tcase_add_test(tc, a_key_that_is_planted_in_the_store_seals_nothing);
	tcase_add_test(tc, a_key_of_our_name_that_he_can_read_seals_no_new_token);
	tcase_add_loop_test(tc, a_key_whose_value_he_knows_seals_no_new_token, 0, 2);
	tcase_add_test(tc, a_pin_is_not_changed_into_what_does_not_open);
	tcase_add_test(tc, a_sealed_key_is_in_guarded_memory_only_and_gone_in_the_end);
	tcase_add_test(tc, what_the_sealer_had_is_gone_when_it_returns);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
