/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What happens to a program between two signatures: forks, threads, the end of the provider or
 * of the program, a TPM that begins anew, a token that changes.
 */
#include <openssl/err.h>
#include <openssl/store.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/hwkeys.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "provider/world.h"

#define ID "pkcs11:object=id;type=private"
#define CHIP "pkcs11:object=chip;type=private"
#define THREADS 16
#define WORKERS 3

static EVP_PKEY *id, *chip;

static void load_both(void)
{
	id = world_key(ID);
	chip = world_key(CHIP);
}

static void free_both(void)
{
	EVP_PKEY_free(id);
	EVP_PKEY_free(chip);
}

static void sign_both(void)
{
	world_require_signs(id);
	world_require_signs(chip);
}

/* Require that a child ends well. */
static void require_child(pid_t pid)
{
	int status;

	ck_assert_int_ne(pid, -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* What a failed assertion in a child of a test says goes nowhere, so it ends with a status. */
static pid_t start_child(void (*fn)(void))
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	alarm(100);
	test_tpm_abandon(&world_tpm);
	fn();
	_exit(EXIT_SUCCESS);
}

static void sign_both_in_child(void)
{
	unsigned char signature[128];
	size_t len = sizeof signature;

	if (!world_sign(id, "a text", signature, &len) ||
	    !world_verify(id, "a text", signature, len))
		_exit(2);
	len = sizeof signature;
	if (!world_sign(chip, "a text", signature, &len) ||
	    !world_verify(chip, "a text", signature, len)) {
		ERR_print_errors_fp(stderr);
		_exit(3);
	}
}

START_TEST(keys_that_were_loaded_before_a_fork_sign_in_workers_and_in_their_parent)
{
	pid_t workers[WORKERS];

	world_make_machine();
	world_activate("");
	load_both();
	/* With a connection that was used, and with one that was not. */
	if (_i == 1)
		sign_both();
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_child(sign_both_in_child);
	sign_both();
	for (int i = 0; i < WORKERS; i++)
		require_child(workers[i]);
	sign_both();
	free_both();
}
END_TEST

static void fork_again(void)
{
	int status;
	pid_t pid;

	sign_both_in_child();
	pid = start_child(sign_both_in_child);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		_exit(4);
	sign_both_in_child();
}

START_TEST(so_they_do_in_a_child_of_a_child)
{
	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	require_child(start_child(fork_again));
	sign_both();
	free_both();
}
END_TEST

/* As a program does that ends in good order. */
static void clean_up(void)
{
	sign_both_in_child();
	free_both();
	world_deactivate();
}

START_TEST(a_child_that_cleans_up_leaves_its_parent_alone)
{
	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	require_child(start_child(clean_up));
	sign_both();
	free_both();
}
END_TEST

static void *sign_often(void *arg)
{
	EVP_PKEY *key = arg;
	unsigned char signature[128];
	char text[32];
	size_t len;

	for (int i = 0; i < 10; i++) {
		len = sizeof signature;
		snprintf(text, sizeof text, "text %d", i);
		if (!world_sign(key, text, signature, &len) ||
		    !world_verify(key, text, signature, len))
			return (void *)"failed";
	}
	return NULL;
}

START_TEST(threads_sign_with_one_key_at_the_same_time)
{
	pthread_t threads[THREADS];
	void *result;

	world_make_machine();
	world_activate("");
	load_both();
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_often, _i == 0 ? id : chip),
		                 0);
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		ck_assert_ptr_null(result);
	}
	free_both();
}
END_TEST

START_TEST(the_module_is_let_go_of_when_the_provider_is_unloaded)
{
	world_make_machine();
	for (int i = 0; i < 3; i++) {
		world_activate("");
		load_both();
		sign_both();
		/* It stays while keys may come back. */
		free_both();
		p11_is(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL));
		world_deactivate();
		p11_ok(p11->C_Initialize(NULL));
		p11_ok(p11->C_Finalize(NULL));
	}
}
END_TEST

START_TEST(two_contexts_have_it_at_once_and_one_survives_the_other)
{
	OSSL_LIB_CTX *first;
	EVP_PKEY *other;

	world_make_machine();
	world_activate("");
	other = world_key(ID);
	first = world_lib;
	world_lib = NULL;
	world_activate("");
	load_both();
	sign_both();
	EVP_PKEY_free(other);
	OSSL_LIB_CTX_free(first);
	sign_both();
	free_both();
}
END_TEST

static const char *self;

/* Run this program again, as one that ends in that manner; see run_to_end. */
static void require_end(const char *manner)
{
	char *path = world_configuration("");
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		test_tpm_abandon(&world_tpm);
		setenv("OPENSSL_CONF", path, 1);
		execl(self, self, manner, (char *)NULL);
		_exit(127);
	}
	require_child(pid);
	free(path);
}

START_TEST(a_program_that_never_cleans_up_ends_well)
{
	static const char *const manners[] = { "leave", "free", "cleanup", "quick" };

	world_make_machine();
	require_end(manners[_i]);
}
END_TEST

START_TEST(a_tpm_that_began_anew_goes_unnoticed)
{
	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	test_tpm_restart(&world_tpm);
	sign_both();
	test_tpm_power_cut(&world_tpm);
	sign_both();
	free_both();
}
END_TEST

START_TEST(without_its_tpm_a_key_in_it_fails_and_with_it_again_it_signs)
{
	unsigned char signature[128];
	size_t len = sizeof signature;

	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	test_tpm_kill(&world_tpm);
	ck_assert(!world_sign(chip, "a text", signature, &len));
	world_require_reason("answers to C_Sign");
	/* It was unsealed before. */
	world_require_signs(id);
	test_tpm_resume(&world_tpm);
	sign_both();
	free_both();
}
END_TEST

static void destroy(CK_OBJECT_CLASS class, const char *label)
{
	CK_SESSION_HANDLE session = p11_open(CKF_RW_SESSION);

	p11_ok(p11->C_DestroyObject(session, p11_find_label(session, class, label)));
	p11_ok(p11->C_CloseSession(session));
}

START_TEST(a_key_that_was_deleted_is_said_to_be_gone)
{
	unsigned char signature[128];
	size_t len = sizeof signature;

	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	destroy(CKO_PRIVATE_KEY, "id");
	for (int i = 0; i < 2; i++) {
		ck_assert(!world_sign(id, "a text", signature, &len));
		world_require_reason("the key was deleted from the token");
		world_require_signs(chip);
	}
	free_both();
}
END_TEST

static void destroy_elsewhere(void *arg)
{
	(void)arg;
	p11_ok(p11->C_Initialize(NULL));
	destroy(CKO_PRIVATE_KEY, "id");
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(a_key_that_another_process_deletes_signs_no_more)
{
	const time_t end = time(NULL) + 60;
	unsigned char signature[128];
	size_t len;

	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	p11_in_child(destroy_elsewhere, NULL);
	do
		len = sizeof signature;
	while (world_sign(id, "a text", signature, &len) && time(NULL) < end);
	world_require_reason("the key was deleted from the token");
	world_require_signs(chip);
	free_both();
}
END_TEST

START_TEST(another_key_of_its_name_does_not_sign_for_it)
{
	unsigned char signature[128];
	size_t len = sizeof signature;
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE session;

	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	destroy(CKO_PRIVATE_KEY, "id");
	session = p11_open(CKF_RW_SESSION);
	p11_make_pair(session, "id", &public, &private);
	ck_assert(!world_sign(id, "a text", signature, &len));
	world_require_reason("another key is in its place");
	world_require_signs(chip);
	p11_ok(p11->C_CloseSession(session));
	free_both();
}
END_TEST

START_TEST(of_two_keys_of_one_name_the_right_one_signs)
{
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE session;

	world_make_machine();
	world_activate("");
	load_both();
	session = p11_open(CKF_RW_SESSION);
	for (int i = 0; i < 3; i++)
		p11_make_pair(session, "id", &public, &private);
	sign_both();
	p11_ok(p11->C_CloseSession(session));
	free_both();
}
END_TEST

START_TEST(sessions_that_somebody_else_closed_are_opened_anew)
{
	world_make_machine();
	world_activate("");
	load_both();
	sign_both();
	p11_ok(p11->C_CloseAllSessions(0));
	sign_both();
	free_both();
}
END_TEST

static void make_anew(void *arg)
{
	unsigned char label[32];

	(void)arg;
	memset(label, ' ', sizeof label);
	memcpy(label, "another", 7);
	p11_ok(p11->C_Initialize(NULL));
	p11_ok(p11->C_InitToken(0, (unsigned char *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(a_token_that_was_made_anew_is_said_not_to_be_there)
{
	unsigned char signature[128];
	size_t len = sizeof signature;
	char lines[512], *pin;

	world_make_pin();
	pin = scratch_write(p11_folder, "pin", P11_PIN, strlen(P11_PIN), 0600);
	snprintf(lines, sizeof lines, "pin-source = file:%s\n", pin);
	world_activate(lines);
	load_both();
	sign_both();
	p11_in_child(make_anew, NULL);
	/* The module goes on with what it has open until it looks; it looks when it begins anew. */
	p11_ok(p11->C_CloseAllSessions(0));
	ck_assert(!world_sign(id, "a text", signature, &len));
	world_require_reason("is not there any more");
	ck_assert(!world_sign(chip, "a text", signature, &len));
	world_require_reason("is not there any more");
	free_both();
	free(pin);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("life");
	TCase *t = world_case(s, "life");

	if (test_child_can_have_threads()) {
		tcase_add_loop_test(t,
		                    keys_that_were_loaded_before_a_fork_sign_in_workers_and_in_their_parent,
		                    0, 2);
		tcase_add_test(t, so_they_do_in_a_child_of_a_child);
		tcase_add_test(t, a_child_that_cleans_up_leaves_its_parent_alone);
	}
	tcase_add_loop_test(t, threads_sign_with_one_key_at_the_same_time, 0, 2);
	tcase_add_test(t, the_module_is_let_go_of_when_the_provider_is_unloaded);
	tcase_add_test(t, two_contexts_have_it_at_once_and_one_survives_the_other);
	tcase_add_loop_test(t, a_program_that_never_cleans_up_ends_well, 0, 4);
	tcase_add_test(t, a_tpm_that_began_anew_goes_unnoticed);
	tcase_add_test(t, without_its_tpm_a_key_in_it_fails_and_with_it_again_it_signs);
	tcase_add_test(t, a_key_that_was_deleted_is_said_to_be_gone);
	tcase_add_test(t, a_key_that_another_process_deletes_signs_no_more);
	tcase_add_test(t, another_key_of_its_name_does_not_sign_for_it);
	tcase_add_test(t, of_two_keys_of_one_name_the_right_one_signs);
	tcase_add_test(t, sessions_that_somebody_else_closed_are_opened_anew);
	tcase_add_test(t, a_token_that_was_made_anew_is_said_not_to_be_there);
	return s;
}

/* A program with OpenSSL's default context, which its configuration gives the provider. */
static int run_to_end(const char *manner)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open(ID, NULL, NULL, NULL, NULL);
	OSSL_STORE_INFO *info = store != NULL ? OSSL_STORE_load(store) : NULL;
	EVP_PKEY *key = info != NULL ? OSSL_STORE_INFO_get1_PKEY(info) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[64];
	size_t len = sizeof signature;

	alarm(50);
	if (key == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, signature, 0) != 1) {
		ERR_print_errors_fp(stderr);
		return EXIT_FAILURE;
	}
	if (strcmp(manner, "quick") == 0)
		_exit(EXIT_SUCCESS);
	if (strcmp(manner, "leave") == 0)
		exit(EXIT_SUCCESS);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	OSSL_STORE_INFO_free(info);
	OSSL_STORE_close(store);
	if (strcmp(manner, "cleanup") == 0)
		OPENSSL_cleanup();
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return run_to_end(argv[1]);
	self = argv[0];
	return test_run(suite());
}
