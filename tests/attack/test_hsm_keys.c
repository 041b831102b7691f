/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody has the PIN of the HSM, and wants the keys of tokens that live there; or has a
 * store, and wants them gone.
 */
#include <stdio.h>
#include <string.h>

#include "core/token_remove.h"
#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

/* SoftHSM 2.6.1 forgets the name of an Ed25519 key's curve whenever it makes or reads one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto.so";
}

static struct test_softhsm softhsm;

static void set_up(void)
{
	char lines[1024];

	test_softhsm_start(&softhsm);
	p11_setup();
	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", softhsm.uri);
	p11_configure(lines);
}

static void tear_down(void)
{
	p11_teardown();
	test_softhsm_stop(&softhsm);
}

static void make_keys(void)
{
	CK_SESSION_HANDLE s = p11_machine();
	struct p11_template public_t = { .n = 0 }, private_t = { .n = 0 }, secret_t = { .n = 0 };
	CK_OBJECT_HANDLE pub, priv;

	p11_bytes(&public_t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bool(&private_t, CKA_TOKEN, true);
	p11_bool(&private_t, CKA_SIGNET_RESIDENT, true);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, public_t.attr, public_t.n, private_t.attr,
	                              private_t.n, &pub, &priv));
	p11_bool(&secret_t, CKA_TOKEN, true);
	p11_bool(&secret_t, CKA_SIGNET_RESIDENT, true);
	p11_ulong(&secret_t, CKA_VALUE_LEN, 32);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, secret_t.attr, secret_t.n, &priv));
}

/* A key of his own in the HSM, to wrap others with. */
static CK_OBJECT_HANDLE wrapping_key(struct test_hsm *in)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_WRAP, true);
	p11_ok(in->f->C_GenerateKey(in->session, &p11_aes_gen, t.attr, t.n, &key));
	return key;
}

static void take_out(struct test_hsm *in, CK_OBJECT_HANDLE key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE out = { CKA_EXTRACTABLE, &yes, 1 }, open = { CKA_SENSITIVE, &no, 1 };
	CK_BYTE bytes[256];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof bytes };
	CK_ULONG len = sizeof bytes;
	CK_OBJECT_HANDLE copy;

	ck_assert_uint_ne(in->f->C_SetAttributeValue(in->session, key, &out, 1), CKR_OK);
	ck_assert_uint_ne(in->f->C_SetAttributeValue(in->session, key, &open, 1), CKR_OK);
	ck_assert_uint_ne(in->f->C_CopyObject(in->session, key, &out, 1, &copy), CKR_OK);
	ck_assert_uint_ne(in->f->C_CopyObject(in->session, key, &open, 1, &copy), CKR_OK);
	ck_assert_uint_ne(in->f->C_GetAttributeValue(in->session, key, &value, 1), CKR_OK);
	ck_assert_uint_ne(in->f->C_WrapKey(in->session, &p11_kw_pad, wrapping_key(in), key, bytes,
	                                   &len), CKR_OK);
}

static void take_all(struct test_hsm *in, void *arg)
{
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE attr = { CKA_CLASS, &class, sizeof class };
	CK_OBJECT_HANDLE found[3];

	(void)arg;
	ck_assert_uint_eq(test_hsm_kept(in, found, 3), 3);
	for (int i = 0; i < 3; i++) {
		p11_ok(in->f->C_GetAttributeValue(in->session, found[i], &attr, 1));
		if (class != CKO_PUBLIC_KEY)
			take_out(in, found[i]);
	}
}

START_TEST(who_has_the_pin_of_the_hsm_takes_no_key_out)
{
	make_keys();
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, take_all, NULL);
}
END_TEST

static void read_uuid(struct sg_token *token, uint8_t uuid[SG_UUID])
{
	struct sg_token_record record = { 0 };

	ck_assert_int_eq(sg_token_read_record(token, &record), SG_OK);
	memcpy(uuid, record.uuid, SG_UUID);
	sg_token_record_clear(&record);
}

/* Let the store of one token say that it is the other's. */
static void claim_name(struct sg_token *liar, struct sg_token *victim)
{
	uint8_t own[SG_UUID], other[SG_UUID], *at;
	struct sg_buf store = test_file_read(liar->path);

	read_uuid(liar, own);
	read_uuid(victim, other);
	at = memmem(store.data, store.len, own, sizeof own);
	ck_assert_ptr_nonnull(at);
	memcpy(at, other, sizeof other);
	test_file_write(liar->path, sg_buf_bytes(&store));
	sg_buf_free(&store);
	read_uuid(liar, own);
	ck_assert_mem_eq(own, other, sizeof own);
}

/* What he knows of the key: its name in the HSM, and the value that he gives to his. */
struct planted {
	CK_BYTE id[64];
	CK_ULONG id_len;
	bool is_public;
};

/* Destroy the AES key that is not the one that seals, and put one in its place. */
static void plant(struct test_hsm *in, void *arg)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE value[32] = { 7 };
	struct planted *planted = arg;
	CK_ATTRIBUTE find[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_SIGN, &no, sizeof no },
	};
	CK_ATTRIBUTE name = { CKA_ID, planted->id, sizeof planted->id };
	CK_BBOOL hidden = planted->is_public ? CK_FALSE : CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &hidden, sizeof hidden },
		{ CKA_SENSITIVE, &yes, sizeof yes }, { CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_ENCRYPT, &yes, sizeof yes }, { CKA_DECRYPT, &yes, sizeof yes },
		{ CKA_VALUE, value, sizeof value },
		{ CKA_ID, planted->id, 0 },
	};
	CK_OBJECT_HANDLE keys[4], key;
	char label[64] = "";
	CK_ATTRIBUTE labelled = { CKA_LABEL, label, sizeof label - 1 };
	CK_ULONG n = 0;
	bool done = false;

	p11_ok(in->f->C_FindObjectsInit(in->session, find, 2));
	p11_ok(in->f->C_FindObjects(in->session, keys, 4, &n));
	p11_ok(in->f->C_FindObjectsFinal(in->session));
	for (CK_ULONG i = 0; i < n && !done; i++) {
		labelled.ulValueLen = sizeof label - 1;
		memset(label, 0, sizeof label);
		p11_ok(in->f->C_GetAttributeValue(in->session, keys[i], &labelled, 1));
		if (strncmp(label, "signet-seal", 11) == 0)
			continue;
		name.ulValueLen = sizeof planted->id;
		p11_ok(in->f->C_GetAttributeValue(in->session, keys[i], &name, 1));
		p11_ok(in->f->C_DestroyObject(in->session, keys[i]));
		template[9].ulValueLen = name.ulValueLen;
		p11_ok(in->f->C_CreateObject(in->session, template, 10, &key));
		done = true;
	}
	ck_assert(done);
}

/* Otherwise all that is encrypted from then on would be his. */
START_TEST(who_puts_a_key_in_the_place_of_one_gets_nothing_encrypted)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_BYTE iv[12] = { 0 }, out[64];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	struct p11_template t = { .n = 0 };
	struct planted planted = { .is_public = _i == 1 };
	CK_OBJECT_HANDLE key;
	CK_ULONG len = sizeof out;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_RESIDENT, true);
	p11_text(&t, CKA_LABEL, "root");
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_ok(p11->C_Finalize(NULL));
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, plant, &planted);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	key = p11_find_label(s, CKO_SECRET_KEY, "root");
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_is(CKR_SIGNET_HSM_KEY, p11->C_Encrypt(s, (CK_BYTE *)"text", 4, out, &len));
}
END_TEST

#define PLANTED 20

/* Put public objects of the name of the key that is not the one that seals beside it. No PIN is asked
 * for that. */
static void crowd(struct test_hsm *in, void *arg)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE modulus[256] = { 0x80 }, exponent[] = { 1, 0, 1 }, id[64];
	char label[64] = "";
	CK_ATTRIBUTE find = { CKA_CLASS, &private_class, sizeof private_class };
	CK_ATTRIBUTE name[] = {
		{ CKA_ID, id, sizeof id }, { CKA_LABEL, label, sizeof label },
	};
	CK_OBJECT_HANDLE key, planted;
	CK_ULONG n = 0;

	(void)arg;
	p11_ok(in->f->C_FindObjectsInit(in->session, &find, 1));
	p11_ok(in->f->C_FindObjects(in->session, &key, 1, &n));
	p11_ok(in->f->C_FindObjectsFinal(in->session));
	ck_assert_uint_eq(n, 1);
	p11_ok(in->f->C_GetAttributeValue(in->session, key, name, 2));
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &no, sizeof no },
		{ CKA_MODULUS, modulus, sizeof modulus },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof exponent }, name[0], name[1],
	};

	for (int i = 0; i < PLANTED; i++)
		p11_ok(in->f->C_CreateObject(in->session, template, 8, &planted));
}

/* Otherwise it would go on living there, for an older copy of the store. */
START_TEST(a_key_that_is_destroyed_is_gone_from_a_crowd_of_others)
{
	struct p11_template public_t = { .n = 0 }, private_t = { .n = 0 };
	CK_SESSION_HANDLE s = p11_machine();
	CK_OBJECT_HANDLE pub, priv;
	CK_ULONG before;

	p11_ok(p11->C_Finalize(NULL));
	before = test_hsm_count(softhsm.module, TEST_HSM_LABEL);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_bytes(&public_t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bool(&private_t, CKA_TOKEN, true);
	p11_bool(&private_t, CKA_SIGNET_RESIDENT, true);
	p11_text(&private_t, CKA_LABEL, "one");
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, public_t.attr, public_t.n, private_t.attr,
	                              private_t.n, &pub, &priv));
	p11_ok(p11->C_Finalize(NULL));
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, crowd, NULL);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_PRIVATE_KEY, "one")));
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), before);
}
END_TEST

/* Somebody writes the store of a token, which is then destroyed by its owner. */
START_TEST(a_store_that_says_it_is_another_token_costs_that_one_no_key)
{
	struct sg_token *victim = NULL, *liar = NULL;
	struct sg_config *config = NULL;
	struct sg_token_left left;

	make_keys();
	p11_ok(p11->C_Finalize(NULL));
	p11_make_machine_in(1);
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &victim), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 1, &liar), SG_OK);
	claim_name(liar, victim);
	ck_assert_int_eq(sg_token_remove(liar, NULL, &left), SG_OK);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 4);
	sg_token_left_clear(&left);
	sg_token_free(&victim);
	sg_token_free(&liar);
	sg_config_free(&config);
	sg_crypto_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hsm keys");
	TCase *tc = tcase_create("pin of the hsm");

	tcase_set_timeout(tc, 600);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, who_has_the_pin_of_the_hsm_takes_no_key_out);
	tcase_add_loop_test(tc, who_puts_a_key_in_the_place_of_one_gets_nothing_encrypted, 0, 2);
	tcase_add_test(tc, a_key_that_is_destroyed_is_gone_from_a_crowd_of_others);
	tcase_add_test(tc, a_store_that_says_it_is_another_token_costs_that_one_no_key);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
