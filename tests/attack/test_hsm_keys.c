/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody has the PIN of the HSM, and wants the keys of tokens that live there.
 */
#include <stdio.h>
#include <string.h>

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
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_SECRET_KEY };
	CK_OBJECT_HANDLE key;
	CK_ULONG n;

	(void)arg;
	for (int i = 0; i < 2; i++) {
		CK_ATTRIBUTE wanted[] = {
			{ CKA_CLASS, (void *)&classes[i], sizeof classes[i] },
			{ CKA_LABEL, (void *)"signet", 6 },
		};

		p11_ok(in->f->C_FindObjectsInit(in->session, wanted, 2));
		p11_ok(in->f->C_FindObjects(in->session, &key, 1, &n));
		p11_ok(in->f->C_FindObjectsFinal(in->session));
		ck_assert_uint_eq(n, 1);
		take_out(in, key);
	}
}

START_TEST(who_has_the_pin_of_the_hsm_takes_no_key_out)
{
	make_keys();
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, take_all, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hsm keys");
	TCase *tc = tcase_create("pin of the hsm");

	tcase_set_timeout(tc, 600);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, who_has_the_pin_of_the_hsm_takes_no_key_out);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
