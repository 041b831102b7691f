/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Where a PIN comes from, and what becomes of one that is wrong; and URIs that are refused.
 */
#include <openssl/err.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "provider/world.h"

#define ID "pkcs11:object=id;type=private"

static char *pin_file;
static char uri[1024];

static void setup(void)
{
	world_setup();
	world_make_pin();
	pin_file = scratch_write(p11_folder, "pin", P11_PIN "\n", strlen(P11_PIN) + 1, 0600);
}

static void teardown(void)
{
	free(pin_file);
	world_teardown();
}

/* The URI of the key with this query. */
static const char *with(const char *name, const char *value)
{
	ck_assert_int_lt(snprintf(uri, sizeof uri, ID "?%s%s", name, value), (int)sizeof uri);
	return uri;
}

static void require_key(EVP_PKEY *key)
{
	if (key == NULL)
		ERR_print_errors_fp(stderr);
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	EVP_PKEY_free(key);
}

START_TEST(a_pin_is_read_where_the_uri_says)
{
	world_activate("");
	require_key(world_load(with("pin-source=file:", pin_file), NULL));
}
END_TEST

START_TEST(a_pin_is_read_where_the_configuration_says)
{
	char lines[512];

	snprintf(lines, sizeof lines, "pin-source = file:%s\n", pin_file);
	world_activate(lines);
	require_key(world_load(ID, NULL));
}
END_TEST

START_TEST(the_uri_goes_before_the_configuration)
{
	world_activate("pin-source = file:/nonexistent\n");
	require_key(world_load(with("pin-source=file:", pin_file), NULL));
}
END_TEST

START_TEST(a_pin_is_a_credential_of_the_service)
{
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", p11_folder, 1), 0);
	world_activate("pin-source = credential:pin\n");
	require_key(world_load(ID, NULL));
	world_deactivate();
	world_activate("");
	require_key(world_load(with("pin-source=", "credential:pin"), NULL));
}
END_TEST

START_TEST(a_pin_stands_in_the_uri)
{
	world_activate("");
	require_key(world_load(with("pin-value=", "correct%20horse"), NULL));
	ck_assert_uint_eq(world_asked(), 0);
}
END_TEST

START_TEST(somebody_is_asked_once_and_the_pin_is_used_again)
{
	EVP_PKEY *key;

	world_activate("");
	key = world_load(ID, P11_PIN);
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	/* A login that was lost is made anew with it. */
	p11_ok(p11->C_CloseAllSessions(0));
	world_require_signs(key);
	require_key(world_load(ID, NULL));
	ck_assert_uint_eq(world_asked(), 1);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(where_nobody_can_be_asked_it_is_said)
{
	world_activate("");
	ck_assert_ptr_null(world_load(ID, NULL));
	world_require_reason("nobody can be asked");
}
END_TEST

START_TEST(a_wrong_pin_is_tried_once)
{
	world_activate("");
	test_file_write(pin_file, sg_bytes_str("wrong"));
	ck_assert_ptr_null(world_load(with("pin-source=file:", pin_file), NULL));
	world_require_reason("the PIN of the token is wrong");
	ck_assert_ptr_null(world_load(with("pin-source=file:", pin_file), NULL));
	world_require_reason("this PIN was refused before");
	test_file_write(pin_file, sg_bytes_str(P11_PIN));
	require_key(world_load(with("pin-source=file:", pin_file), NULL));
}
END_TEST

START_TEST(a_wrong_pin_that_somebody_typed_is_forgotten_and_he_is_asked_again)
{
	world_activate("");
	ck_assert_ptr_null(world_load(ID, "wrong"));
	world_require_reason("the PIN of the token is wrong");
	ck_assert_uint_eq(world_asked(), 1);
	require_key(world_load(ID, P11_PIN));
	ck_assert_uint_eq(world_asked(), 2);
}
END_TEST

START_TEST(a_pin_that_is_exchanged_for_a_wrong_one_ends_signing_when_the_login_is_lost)
{
	unsigned char signature[64];
	size_t len = sizeof signature;
	EVP_PKEY *key;

	world_activate("");
	key = world_load(with("pin-source=file:", pin_file), NULL);
	ck_assert_ptr_nonnull(key);
	test_file_write(pin_file, sg_bytes_str("wrong"));
	world_require_signs(key);
	p11_ok(p11->C_CloseAllSessions(0));
	for (int i = 0; i < 3; i++) {
		ck_assert(!world_sign(key, "a text", signature, &len));
		world_require_reason("the PIN of the token is wrong");
	}
	test_file_write(pin_file, sg_bytes_str(P11_PIN));
	world_require_signs(key);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_file_that_others_can_read_holds_no_pin)
{
	world_activate("");
	ck_assert_int_eq(chmod(pin_file, 0644), 0);
	ck_assert_ptr_null(world_load(with("pin-source=file:", pin_file), NULL));
	world_require_reason("the file of the PIN is not safe");
}
END_TEST

START_TEST(a_login_that_the_program_ended_is_made_anew)
{
	CK_SESSION_HANDLE session;
	EVP_PKEY *key;

	world_activate("");
	key = world_load(with("pin-source=file:", pin_file), NULL);
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	session = p11_open(0);
	p11_ok(p11->C_Logout(session));
	world_require_signs(key);
	EVP_PKEY_free(key);
}
END_TEST

/* Sign in a child of fork; return its status. */
static int sign_in_child(EVP_PKEY *key, const char *reason)
{
	unsigned char signature[64];
	size_t len = sizeof signature;
	char text[512] = "";
	const char *data = NULL;
	int status, flags;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(50);
		test_tpm_abandon(&world_tpm);
		if (world_sign(key, "a text", signature, &len))
			_exit(0);
		ERR_error_string_n(ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags), text,
		                   sizeof text);
		_exit(strstr(text, reason) != NULL ? 1 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(a_child_reads_the_pin_again_and_has_none_that_was_typed)
{
	EVP_PKEY *key;

	if (!test_child_can_have_threads())
		return;
	world_activate("");
	key = world_load(with("pin-source=file:", pin_file), NULL);
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	ck_assert_int_eq(sign_in_child(key, ""), 0);
	EVP_PKEY_free(key);
	world_deactivate();
	world_activate("");
	key = world_load(ID, P11_PIN);
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	ck_assert_int_eq(sign_in_child(key, "the PIN of the token"), 1);
	world_require_signs(key);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(what_everybody_sees_needs_no_pin)
{
	EVP_PKEY *public;

	world_activate("");
	public = world_load_public("pkcs11:object=id", NULL);
	ck_assert_ptr_nonnull(public);
	EVP_PKEY_free(public);
	ck_assert_int_eq(world_count("pkcs11:type=public", 0), 2);
	ck_assert_int_eq(world_count("pkcs11:type=cert", 0), 0);
	world_require_reason("the token has nothing that fits the URI");
	ck_assert_uint_eq(world_asked(), 0);
}
END_TEST

START_TEST(all_that_fits_a_uri_is_listed)
{
	char all[1024];

	world_activate("");
	snprintf(all, sizeof all, "pkcs11:token=pin%%20token?pin-source=file:%s", pin_file);
	ck_assert_int_eq(world_count(all, 0), 4);
	ck_assert_int_eq(world_count(all, OSSL_STORE_INFO_PKEY), 2);
	ck_assert_int_eq(world_count(all, OSSL_STORE_INFO_PUBKEY), 2);
}
END_TEST

static const struct {
	const char *uri, *reason;
} refused[] = {
	{ "pkcs11:object=id;type=private?module-path=/usr/lib/another.so",
	  "names another PKCS#11 module" },
	{ "pkcs11:object=id?module-name=another", "names another PKCS#11 module" },
	{ "pkcs11:object=%zz", "this is no pkcs11: URI" },
	{ "pkcs11:nonsense=1", "it has an unknown part" },
	{ "pkcs11:token=nobody;object=id", "no token fits the URI" },
	{ "pkcs11:object=id?pin-source=relative", "names no file" },
	{ "pkcs11:object=id?pin-source=file:/nonexistent", "there is no file /nonexistent" },
	{ "pkcs11:object=id?pin-source=credential:none", "there is no credential" },
};

START_TEST(a_uri_that_leads_nowhere_is_refused_with_its_reason)
{
	world_activate("");
	ck_assert_ptr_null(world_load(refused[_i].uri, NULL));
	world_require_reason(refused[_i].reason);
}
END_TEST

START_TEST(the_module_of_the_configuration_may_be_named)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char *real = realpath(build != NULL ? build : ".", NULL), all[4096];

	ck_assert_ptr_nonnull(real);
	world_activate("");
	snprintf(all, sizeof all, ID "?module-path=%s/./.libs/signet.so&pin-source=file:%s", real,
	         pin_file);
	require_key(world_load(all, NULL));
	free(real);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("pin");
	TCase *t = tcase_create("pin");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	tcase_add_test(t, a_pin_is_read_where_the_uri_says);
	tcase_add_test(t, a_pin_is_read_where_the_configuration_says);
	tcase_add_test(t, the_uri_goes_before_the_configuration);
	tcase_add_test(t, a_pin_is_a_credential_of_the_service);
	tcase_add_test(t, a_pin_stands_in_the_uri);
	tcase_add_test(t, somebody_is_asked_once_and_the_pin_is_used_again);
	tcase_add_test(t, where_nobody_can_be_asked_it_is_said);
	tcase_add_test(t, a_wrong_pin_is_tried_once);
	tcase_add_test(t, a_wrong_pin_that_somebody_typed_is_forgotten_and_he_is_asked_again);
	tcase_add_test(t, a_pin_that_is_exchanged_for_a_wrong_one_ends_signing_when_the_login_is_lost);
	tcase_add_test(t, a_file_that_others_can_read_holds_no_pin);
	tcase_add_test(t, a_login_that_the_program_ended_is_made_anew);
	tcase_add_test(t, a_child_reads_the_pin_again_and_has_none_that_was_typed);
	tcase_add_test(t, what_everybody_sees_needs_no_pin);
	tcase_add_test(t, all_that_fits_a_uri_is_listed);
	tcase_add_loop_test(t, a_uri_that_leads_nowhere_is_refused_with_its_reason, 0,
	                    sizeof refused / sizeof refused[0]);
	tcase_add_test(t, the_module_of_the_configuration_may_be_named);
	return s;
}

int main(void)
{
	return test_run(suite());
}
