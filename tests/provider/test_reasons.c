/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Why a key can't be had: programs often show the reason alone, so it has to be the true
 * one, and not the one that is true most often.
 */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "provider/world.h"

#define ID "pkcs11:object=id;type=private"

/* Modules that are none. */
static const char *const modules[] = { "/nonexistent/module.so", "relative-and-nowhere.so", NULL };

START_TEST(a_module_that_cant_be_loaded_is_said_to_be)
{
	char lines[4200], *text = NULL;

	world_make_machine();
	if (modules[_i] == NULL)
		text = scratch_write(p11_folder, "module.so", "a text", 6, 0600);
	snprintf(lines, sizeof lines, "pkcs11-module-path = %s\n",
	         text != NULL ? text : modules[_i]);
	world_activate(lines);
	ck_assert_ptr_null(world_load(ID, NULL));
	world_require_reason("the PKCS#11 module can't be loaded");
	free(text);
}
END_TEST

START_TEST(a_module_that_others_can_write_is_said_to_be)
{
	char lines[4200], *text;

	world_make_machine();
	text = scratch_write(p11_folder, "module.so", "a text", 6, 0666);
	snprintf(lines, sizeof lines, "pkcs11-module-path = %s\n", text);
	world_activate(lines);
	ck_assert_ptr_null(world_load(ID, NULL));
	world_require_reason("the PKCS#11 module can't be loaded");
	free(text);
}
END_TEST

/* A worker of another user than the one who made the token. */
START_TEST(a_state_folder_that_is_not_ours_is_said_to_be)
{
	char *state = scratch_path(p11_folder, "state");

	world_make_machine();
	world_activate("");
	if (_i == 0)
		ck_assert_int_eq(chmod(state, 0755), 0);
	else if (geteuid() == 0)
		ck_assert_int_eq(chown(state, 12345, 12345), 0);
	if (_i == 0 || geteuid() == 0) {
		ck_assert_ptr_null(world_load(ID, NULL));
		world_require_reason("this user may not use the token");
	}
	free(state);
}
END_TEST

START_TEST(a_tpm_that_is_not_there_is_said_to_be)
{
	world_make_machine();
	p11_configure("tcti = device:/nonexistent/tpm");
	world_activate("");
	ck_assert_ptr_null(world_load(ID, NULL));
	world_require_reason("the token, or its TPM, is not there any more, or not yet");
}
END_TEST

/* Make an Ed25519 key pair "own" whose private half asks. */
static void make_asking(CK_SESSION_HANDLE session, bool each_time)
{
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE public, private;

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_text(&pub, CKA_LABEL, "own");
	p11_bool(&pub, CKA_TOKEN, true);
	p11_text(&priv, CKA_LABEL, "own");
	p11_bool(&priv, CKA_TOKEN, true);
	p11_bool(&priv, CKA_PRIVATE, true);
	if (each_time) {
		p11_bool(&priv, CKA_ALWAYS_AUTHENTICATE, true);
	} else {
		p11_bool(&priv, CKA_SIGNET_SEALED, true);
		p11_text(&priv, CKA_SIGNET_PIN, "seven dwarfs");
	}
	p11_ok(p11->C_GenerateKeyPair(session, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n,
	                              &public, &private));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(a_key_with_a_pin_of_its_own_is_not_for_a_provider)
{
	make_asking(_i == 0 ? p11_machine() : p11_user(), _i == 1);
	world_activate("");
	ck_assert_ptr_null(world_load("pkcs11:object=own;type=private", _i == 1 ? P11_PIN : NULL));
	world_require_reason("the key has a PIN of its own");
}
END_TEST

START_TEST(its_public_half_is_there_all_the_same)
{
	EVP_PKEY *key;

	make_asking(p11_machine(), false);
	world_activate("");
	key = world_load_public("pkcs11:object=own", NULL);
	ck_assert_ptr_nonnull(key);
	EVP_PKEY_free(key);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("reasons");
	TCase *t = world_case(s, "reasons");

	tcase_add_loop_test(t, a_module_that_cant_be_loaded_is_said_to_be, 0, 3);
	tcase_add_test(t, a_module_that_others_can_write_is_said_to_be);
	tcase_add_loop_test(t, a_state_folder_that_is_not_ours_is_said_to_be, 0, 2);
	tcase_add_test(t, a_tpm_that_is_not_there_is_said_to_be);
	tcase_add_loop_test(t, a_key_with_a_pin_of_its_own_is_not_for_a_provider, 0, 2);
	tcase_add_test(t, its_public_half_is_there_all_the_same);
	return s;
}

int main(void)
{
	return test_run(suite());
}
