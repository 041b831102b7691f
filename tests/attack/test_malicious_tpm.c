/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks of a TPM that is on somebody else's side: the chip itself, the host of a virtual
 * one, or who answers in its place from the start and can write the store. What they get is
 * shown as well as what they do not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "attack/victim.h"
#include "lib/conformance.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define TRIES 3                         /* that swtpm has for a PIN */

static struct test_tpm tpm, his;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;

static void setup(void)
{
	p11_setup();
	test_tpm_start(&tpm);
	p11_configure_tpm(tpm.tcti);
}

static void teardown(void)
{
	(void)p11->C_Finalize(NULL);
	test_tpm_stop(&tpm);
	test_tpm_stop(&his);
	p11_teardown();
}

/* Let the attacker's TPM be what the other one was when this was first called. */
static void become_a_copy(void)
{
	char line[200];

	if (his.folder[0] == '\0') {
		test_tpm_start(&his);
		snprintf(line, sizeof line, "mkdir kept && cp state/* kept");
		test_tpm_shell(&tpm, line);
	}
	test_tpm_kill(&his);
	snprintf(line, sizeof line, "rm -f %s/state/* && cp kept/* %s/state/", his.folder, his.folder);
	test_tpm_shell(&tpm, line);
	test_tpm_resume(&his);
	p11_configure_tpm(his.tcti);
}

static void start_anew(void)
{
	(void)p11->C_Finalize(NULL);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

START_TEST(who_copies_the_state_of_a_tpm_and_the_store_has_a_machine_token)
{
	uint8_t signature[64];

	s = p11_machine();
	p11_make_pair(s, "key", &pub, &priv);
	test_tpm_kill(&tpm);
	become_a_copy();
	start_anew();
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "key"), "x", signature));
}
END_TEST

/* He puts his copy back when it is locked, so nothing but Argon2id stands in his way. */
START_TEST(who_copies_the_state_of_a_tpm_has_as_many_tries_as_he_likes)
{
	s = p11_user();
	p11_make_pair(s, "key", &pub, &priv);
	for (int round = 0; round < 2; round++) {
		become_a_copy();
		start_anew();
		for (int i = 0; i < TRIES; i++)
			ck_assert_uint_ne(p11->C_Login(s, CKU_USER, (CK_BYTE *)"wrong", 5), CKR_OK);
		p11_login(s, CKU_USER, P11_PIN, CKR_PIN_LOCKED);
		ck_assert_uint_eq(p11_count(s), 1);     /* the public key */
	}
	become_a_copy();
	start_anew();
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

/* Count the pieces of the secret in the memory of the TPM. */
static size_t known_to_the_tpm(const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < victim_needle_count; i++)
		if (strcmp(victim_needles[i].name, name) == 0)
			found += test_memory_find_in(victim_tpm.pid, false, victim_needles[i].veiled,
			                             NEEDLE, NULL);
	return found;
}

/* What the TPM unsealed last is still in its memory, and what was needed to open that. */
START_TEST(the_host_of_a_tpm_reads_what_is_sealed_and_not_the_pin)
{
	ck_assert_uint_eq(victim_login(), CKR_OK);
	ck_assert_uint_ge(known_to_the_tpm("what the TPM is told"), 1);
	ck_assert_uint_ge(known_to_the_tpm("the token key"), 1);
	ck_assert_uint_eq(known_to_the_tpm("the PIN"), 0);
	victim_end();
}
END_TEST

static bool answer_zeros(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	static const uint8_t zeros[44] = { 0x80, 0x01, 0, 0, 0, 44, 0, 0, 0, 0, 0, 32 };

	(void)arg;
	if (code != TPM2_CC_GetRandom)
		return false;
	memcpy(frame, zeros, sizeof zeros);
	*len = sizeof zeros;
	return true;
}

static void setup_wired(void)
{
	static const struct test_wire_hooks hooks = { .answer = answer_zeros };

	p11_setup();
	test_tpm_start_wired(&tpm, &hooks);
	p11_configure_tpm(tpm.tcti);
}

/* Find the salt with which each session was begun: a point on the curve. */
static size_t count_salts(bool *differ)
{
	static const uint8_t command[4] = { 0, 0, 0x01, 0x76 };
	const uint8_t *last = NULL, *end = tpm.record.data + tpm.record.len, *p = tpm.record.data;
	size_t n = 0;

	*differ = true;
	while ((p = memmem(p, (size_t)(end - p), command, sizeof command)) != NULL) {
		/* Code, two handles, a nonce of 32 bytes behind its size, and that of the salt. */
		const uint8_t *salt = p + 4 + 8 + 2 + 32 + 2;

		p += sizeof command;
		if (end - p < 128 || salt[-1] != 68)
			continue;
		*differ = *differ && (last == NULL || memcmp(last, salt, 68) != 0);
		last = salt;
		n++;
	}
	return n;
}

/* Keys, IVs, nonces and salts are made without it. */
START_TEST(random_numbers_of_the_tpm_are_not_relied_on)
{
	CK_OBJECT_HANDLE key[2];
	CK_BYTE value[2][32];
	bool differ;

	s = p11_user();
	for (int i = 0; i < 2; i++) {
		struct p11_template t = { .n = 0 };
		CK_ULONG len = 32;

		p11_ulong(&t, CKA_VALUE_LEN, 32);
		p11_bool(&t, CKA_EXTRACTABLE, true);
		p11_bool(&t, CKA_SENSITIVE, false);
		p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key[i]));
		p11_ok(p11_get(s, key[i], CKA_VALUE, value[i], &len));
	}
	ck_assert_int_ne(memcmp(value[0], value[1], 32), 0);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_GetRandom), 0);
	ck_assert_uint_eq(count_salts(&differ), test_tpm_sent(&tpm, TPM2_CC_StartAuthSession));
	ck_assert(differ);
}
END_TEST

/* Note the Name of a TPM's storage key; the caller frees it. */
static struct sg_buf storage_key(char *tcti)
{
	struct sg_buf name;

	test_sealer_on(tcti);
	test_provision();
	name = test_parent;
	test_parent = (struct sg_buf){ 0 };
	test_sealer_end();
	return name;
}

/* Pin the attacker's storage key in the store, in the place of the right one. */
static void plant_key(struct sg_bytes mine, struct sg_bytes planted)
{
	struct sg_buf store = test_file_read(p11_store);
	uint8_t *p = store.data;
	size_t n = 0;

	ck_assert_uint_eq(mine.len, planted.len);
	while ((p = memmem(p, store.len - (size_t)(p - store.data), mine.data, mine.len)) != NULL) {
		memcpy(p, planted.data, planted.len);
		n++;
	}
	ck_assert_uint_ge(n, 1);
	test_file_write(p11_store, sg_buf_bytes(&store));
	sg_buf_free(&store);
}

static bool opens(void)
{
	start_anew();
	return p11->C_Login(s, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN)) == CKR_OK;
}

/* He gets a session, and with it what is sent under it; but no blob that his TPM would load. */
START_TEST(who_plants_a_storage_key_of_his_own_gets_a_session_and_no_pin)
{
	struct sg_buf mine, planted, honest;

	s = p11_user();
	p11_make_pair(s, "key", &pub, &priv);
	(void)p11->C_Finalize(NULL);
	test_tpm_start_wired(&his, NULL);
	mine = storage_key(tpm.tcti);
	planted = storage_key(his.tcti);
	honest = test_file_read(p11_store);
	p11_configure_tpm(his.tcti);
	test_tpm_forget(&his);
	ck_assert(!opens());
	ck_assert_uint_eq(test_tpm_sent(&his, TPM2_CC_StartAuthSession), 0);
	plant_key(sg_buf_bytes(&mine), sg_buf_bytes(&planted));
	ck_assert(!opens());
	ck_assert_uint_ge(test_tpm_sent(&his, TPM2_CC_StartAuthSession), 1);
	ck_assert_uint_ge(test_tpm_sent(&his, TPM2_CC_Load), 1);
	ck_assert_uint_eq(test_tpm_sent(&his, TPM2_CC_Unseal), 0);
	ck_assert(!test_tpm_seen(&his, sg_bytes_str(P11_PIN)));
	(void)p11->C_Finalize(NULL);
	test_file_write(p11_store, sg_buf_bytes(&honest));
	p11_configure_tpm(tpm.tcti);
	ck_assert(opens());
	sg_buf_free(&mine);
	sg_buf_free(&planted);
	sg_buf_free(&honest);
}
END_TEST

/* A token of his under the same name is not told apart, because nothing else knows it. */
START_TEST(who_replaces_tpm_and_store_as_a_whole_has_what_is_made_then)
{
	uint8_t signature[64];
	struct sg_buf store;

	test_tpm_start(&his);
	p11_configure_tpm(his.tcti);
	p11_make_machine();
	store = test_file_read(p11_store);
	ck_assert_int_eq(remove(p11_store), 0);
	p11_configure_tpm(tpm.tcti);
	s = p11_machine();
	p11_make_pair(s, "key", &pub, &priv);
	test_file_write(p11_store, sg_buf_bytes(&store));
	p11_configure_tpm(his.tcti);
	start_anew();
	ck_assert_uint_eq(p11_count(s), 0);
	p11_make_pair(s, "made later", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	test_tpm_stop(&tpm);
	start_anew();
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "made later"), "x", signature));
	sg_buf_free(&store);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("attack: a malicious TPM");
	TCase *whole = tcase_create("TPM"), *wired = tcase_create("wired"), *host = tcase_create("host");

	tcase_add_checked_fixture(whole, setup, teardown);
	tcase_add_test(whole, who_copies_the_state_of_a_tpm_and_the_store_has_a_machine_token);
	tcase_add_test(whole, who_copies_the_state_of_a_tpm_has_as_many_tries_as_he_likes);
	tcase_add_test(whole, who_plants_a_storage_key_of_his_own_gets_a_session_and_no_pin);
	tcase_add_test(whole, who_replaces_tpm_and_store_as_a_whole_has_what_is_made_then);
	suite_add_tcase(suite, whole);
	tcase_add_checked_fixture(wired, setup_wired, teardown);
	tcase_add_test(wired, random_numbers_of_the_tpm_are_not_relied_on);
	suite_add_tcase(suite, wired);
	tcase_add_checked_fixture(host, victim_setup, victim_teardown);
	tcase_add_test(host, the_host_of_a_tpm_reads_what_is_sealed_and_not_the_pin);
	suite_add_tcase(suite, host);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
