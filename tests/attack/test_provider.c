/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody writes the URI, or the key file, that a program opens by the OpenSSL provider; may
 * write the file of the PKCS#11 module; or puts objects of his own into the token, public ones
 * without its PIN.
 */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/random.h"
#include "lib/file.h"
#include "lib/memory.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/softhsm.h"
#include "provider/world.h"

/* Copy the PKCS#11 module to a place of his. The caller frees the path. */
static char *plant_module(const char *name, mode_t mode)
{
	const char *folder = getenv("SIGNET_TEST_BUILDDIR");
	char from[4096], *path;
	struct sg_buf module;

	snprintf(from, sizeof from, "%s/.libs/signet.so", folder != NULL ? folder : ".");
	module = test_file_read(from);
	path = scratch_write(p11_folder, name, module.data, module.len, mode);
	sg_buf_free(&module);
	return path;
}

/* Tell whether code of a file of that name is in this process. */
static bool is_loaded(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4096];
	bool found = false;

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof line, maps) != NULL)
		found = found || strstr(line, name) != NULL;
	fclose(maps);
	return found;
}

START_TEST(who_writes_a_uri_does_not_choose_what_code_runs)
{
	static const char *const queries[] = {
		"pkcs11:object=id;type=private?module-path=%s",
		"pkcs11:?module-path=%s",
		"pkcs11:object=id?pin-value=1&module-path=%s",
		"pkcs11:object=id?module-name=planted",
	};
	char *path = plant_module("planted.so", 0755), uri[4200];

	world_make_machine();
	world_activate("");
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		const char *const at = strstr(queries[i], "%s");

		snprintf(uri, sizeof uri, "%.*s%s",
		         (int)(at != NULL ? at - queries[i] : (long)strlen(queries[i])), queries[i],
		         at != NULL ? path : "");
		ck_assert_ptr_null(world_load(uri, NULL));
		world_require_reason("the URI names another PKCS#11 module");
	}
	ck_assert(!is_loaded("planted.so"));
	free(path);
}
END_TEST

START_TEST(a_module_that_others_can_write_is_not_loaded)
{
	char *path = plant_module("writable.so", 0777), lines[4200];

	world_make_machine();
	snprintf(lines, sizeof lines, "pkcs11-module-path = %s\n", path);
	world_activate(lines);
	ck_assert_ptr_null(world_load("pkcs11:object=id;type=private", NULL));
	world_require_reason("can't be loaded");
	ck_assert(!is_loaded("writable.so"));
	free(path);
}
END_TEST

START_TEST(a_key_in_the_place_of_another_signs_nothing_for_it)
{
	unsigned char signature[64], zeros[64] = { 0 };
	size_t len = sizeof signature;
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE session;
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	key = world_key("pkcs11:object=id;type=private");
	if (_i == 1)
		world_require_signs(key);
	session = p11_open(CKF_RW_SESSION);
	p11_ok(p11->C_DestroyObject(session, p11_find_label(session, CKO_PRIVATE_KEY, "id")));
	p11_make_pair(session, "id", &public, &private);
	memset(signature, 0, sizeof signature);
	ck_assert(!world_sign(key, "a text", signature, &len));
	world_require_reason("another key is in its place");
	ck_assert_mem_eq(signature, zeros, sizeof zeros);
	p11_ok(p11->C_CloseSession(session));
	EVP_PKEY_free(key);
}
END_TEST

/* In an HSM whose private keys don't show the public half: ours say it themselves. */
START_TEST(a_public_key_that_was_put_beside_another_gets_no_signature_under_it)
{
	static unsigned char p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	struct p11_template public = { .n = 0 }, private = { .n = 0 }, other = { .n = 0 };
	CK_OBJECT_HANDLE pub[2], priv[2];
	struct test_softhsm softhsm;
	unsigned char signature[128];
	size_t len = sizeof signature;
	struct test_hsm hsm;
	char lines[1024];
	EVP_PKEY *key;

	test_softhsm_start(&softhsm);
	p11_bytes(&public, CKA_EC_PARAMS, p256, sizeof p256);
	p11_bool(&public, CKA_TOKEN, true);
	p11_bytes(&public, CKA_ID, "\1", 1);
	p11_bool(&private, CKA_TOKEN, true);
	p11_bool(&private, CKA_SIGN, true);
	p11_bytes(&private, CKA_ID, "\1", 1);
	p11_bool(&other, CKA_TOKEN, true);
	p11_bool(&other, CKA_SIGN, true);
	p11_bytes(&other, CKA_ID, "\2", 1);
	test_hsm_enter(&hsm, softhsm.module, TEST_HSM_LABEL);
	p11_ok(hsm.f->C_GenerateKeyPair(hsm.session, &gen, public.attr, public.n, private.attr,
	                                private.n, &pub[0], &priv[0]));
	p11_ok(hsm.f->C_DestroyObject(hsm.session, pub[0]));
	p11_ok(hsm.f->C_GenerateKeyPair(hsm.session, &gen, public.attr, public.n, other.attr,
	                                other.n, &pub[1], &priv[1]));
	test_hsm_leave(&hsm);
	snprintf(lines, sizeof lines, "pkcs11-module-path = %s\npin-source = file:%s\n",
	         softhsm.module, softhsm.pin_file);
	world_activate(lines);
	key = world_load("pkcs11:id=%01;type=private", NULL);
	ck_assert_ptr_nonnull(key);
	ck_assert(!world_sign(key, "a text", signature, &len));
	world_require_reason("does not fit the public key");
	EVP_PKEY_free(key);
	world_deactivate();
	test_softhsm_stop(&softhsm);
}
END_TEST

START_TEST(a_wrong_pin_in_a_file_costs_one_try_however_often_the_key_is_loaded)
{
	char lines[512], *pin;

	world_make_pin();
	pin = scratch_write(p11_folder, "pin", "wrong", 5, 0600);
	snprintf(lines, sizeof lines, "pin-source = file:%s\n", pin);
	world_activate(lines);
	ck_assert_ptr_null(world_load("pkcs11:object=id;type=private", NULL));
	world_require_reason("answers to C_Login");
	for (int i = 0; i < 20; i++) {
		ck_assert_ptr_null(world_load("pkcs11:object=id;type=private", NULL));
		world_require_reason("this PIN was refused before");
	}
	free(pin);
}
END_TEST

/* Its length, and the PIN itself, veiled. */
static const char plain_length[] = "-------------------";
static uint8_t veiled[sizeof plain_length - 1];
static bool unguarded;

static void note(const struct test_mapping *mapping)
{
	if (!mapping->undumped || !mapping->unforked || !mapping->locked)
		unguarded = true;
}

static void unveil(char *pin)
{
	for (size_t i = 0; i < sizeof veiled; i++)
		pin[i] = (char)(veiled[i] ^ TEST_VEIL);
	pin[sizeof veiled] = '\0';
}

/* A PIN of random letters, so that nothing but the token and who types it knows it. */
static void change_pin(void)
{
	char pin[sizeof plain_length];
	CK_SESSION_HANDLE session;

	sg_random(veiled, sizeof veiled);
	for (size_t i = 0; i < sizeof veiled; i++)
		veiled[i] = (uint8_t)(('a' + veiled[i] % 26) ^ TEST_VEIL);
	unveil(pin);
	p11_start();
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(p11->C_SetPIN(session, (CK_BYTE *)P11_PIN, strlen(P11_PIN), (CK_BYTE *)pin,
	                     strlen(pin)));
	p11_ok(p11->C_Finalize(NULL));
	explicit_bzero(pin, sizeof pin);
}

static int type_pin(char *buf, int size, int writing, void *arg)
{
	(void)writing;
	(void)arg;
	ck_assert_int_gt(size, (int)sizeof veiled);
	unveil(buf);
	return (int)sizeof veiled;
}

START_TEST(a_pin_that_was_typed_is_in_guarded_memory_only)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(type_pin, 0);
	OSSL_STORE_CTX *store;
	OSSL_STORE_INFO *info;
	EVP_PKEY *key;

	world_make_pin();
	change_pin();
	ck_assert_uint_eq(test_memory_find_all(veiled, sizeof veiled, NULL), 0);
	world_activate("");
	store = OSSL_STORE_open_ex("pkcs11:object=id;type=private", world_lib, NULL, ui, NULL, NULL,
	                           NULL, NULL);
	ck_assert_ptr_nonnull(store);
	info = OSSL_STORE_load(store);
	ck_assert_ptr_nonnull(info);
	key = OSSL_STORE_INFO_get1_PKEY(info);
	OSSL_STORE_INFO_free(info);
	OSSL_STORE_close(store);
	world_require_signs(key);
	unguarded = false;
	ck_assert_uint_gt(test_memory_find_all(veiled, sizeof veiled, note), 0);
	ck_assert(!unguarded);
	/* It is kept for a login that is lost, and not longer than the provider. */
	p11_ok(p11->C_CloseAllSessions(0));
	world_require_signs(key);
	EVP_PKEY_free(key);
	world_deactivate();
	ck_assert_uint_eq(test_memory_find_all(veiled, sizeof veiled, NULL), 0);
	UI_destroy_method(ui);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("provider");
	TCase *t = world_case(s, "provider");

	tcase_add_test(t, who_writes_a_uri_does_not_choose_what_code_runs);
	tcase_add_test(t, a_module_that_others_can_write_is_not_loaded);
	tcase_add_loop_test(t, a_key_in_the_place_of_another_signs_nothing_for_it, 0, 2);
	tcase_add_test(t, a_public_key_that_was_put_beside_another_gets_no_signature_under_it);
	tcase_add_test(t, a_pin_that_was_typed_is_in_guarded_memory_only);
	tcase_add_test(t, a_wrong_pin_in_a_file_costs_one_try_however_often_the_key_is_loaded);
	return s;
}

int main(void)
{
	return test_run(suite());
}
