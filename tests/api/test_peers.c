/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What other tokens got wrong, one test a defect; its comment says what such a token
 * does. Those that a test elsewhere holds have none here: values of sensitive keys
 * (test_object), sessions that threads open, use and close (test_threads), handles given out
 * again (test_session), a child that ends its parent's keys, missing hardware that looks like
 * a wrong PIN (test_hardware), a machine locked by wrong PINs (test_tpm), keys of other
 * processes that are never seen (test_processes), changed attributes (test_tamper), KWP's
 * padding (test_wrap), long IVs (test_encrypt), a function list that claims to be newer
 * (test_module), a PIN for one use that opens the key for every session (test_reauth).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/object_table.h"
#include "lib/device.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static CK_OBJECT_HANDLE pub, priv;
static uint8_t signature[64];

/* --- PINs --- */

/* C_SetPIN answers OK to a wrong old PIN before any login: the result is set again after the
 * label that all errors jump to. */
START_TEST(a_wrong_old_pin_is_refused_before_any_login)
{
	CK_SESSION_HANDLE session;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	p11_is(CKR_PIN_INCORRECT,
	       p11->C_SetPIN(session, (CK_BYTE *)"wrong", 5, (CK_BYTE *)"12345678", 8));
	p11_login(session, CKU_USER, "12345678", CKR_PIN_INCORRECT);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

/* Whatever keeps the secret from being opened is called a wrong PIN. */
START_TEST(a_damaged_token_is_no_wrong_pin)
{
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;
	CK_RV rv;

	p11_make_pin_token();
	p11_ok(p11->C_Finalize(NULL));
	p11_sql("UPDATE item SET record = zeroblob(length(record)) WHERE id = 0");
	p11_start();
	rv = p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session);
	if (rv == CKR_OK)
		rv = p11->C_Login(session, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN));
	p11_is(CKR_SIGNET_STORE_DAMAGED, rv);
	if (p11->C_GetTokenInfo(0, &info) == CKR_OK)
		ck_assert_uint_eq(info.flags & CKF_USER_PIN_COUNT_LOW, 0);
}
END_TEST

static void guess_wrong(void *arg)
{
	CK_SESSION_HANDLE session;
	CK_RV rv;

	(void)arg;
	p11_start();
	session = p11_open(0);
	rv = p11->C_Login(session, CKU_USER, (CK_BYTE *)"wrong", 5);
	ck_assert_msg(rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED, "0x%lx", rv);
}

/* Wrong PINs are counted in the memory of the process, or in a file that can be put back. */
START_TEST(wrong_pins_are_counted_beyond_process_and_store)
{
	struct sg_buf store;

	p11_make_pin_token();
	p11_ok(p11->C_Finalize(NULL));
	store = test_file_read(p11_store);
	test_tpm_shell(&test_device_tpm, "tpm2_dictionarylockout -s -n 3 -t 1000 -l 1000");
	for (int i = 0; i < 4; i++) {
		p11_in_child(guess_wrong, NULL);
		test_file_write(p11_store, sg_buf_bytes(&store));
	}
	p11_start();
	p11_login(p11_open(0), CKU_USER, P11_PIN, CKR_PIN_LOCKED);
	sg_buf_free(&store);
}
END_TEST

/* --- handles --- */

/* C_GetSessionInfo of 0x0100000000000000 is a crash: the table's lookup returns NULL for a
 * handle out of range, and uses it. */
START_TEST(a_session_handle_of_any_shape_is_only_wrong)
{
	CK_SESSION_HANDLE session = p11_machine();
	CK_SESSION_INFO info;
	CK_BYTE byte = 0;
	CK_ULONG len = 1;

	for (unsigned shift = 0; shift < 64; shift++) {
		for (CK_ULONG low = 0; low < 3; low++) {
			CK_SESSION_HANDLE bad = ((CK_ULONG)1 << shift) + low - 1;

			if (bad == session)
				continue;
			p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_GetSessionInfo(bad, &info));
			p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_Sign(bad, &byte, 1, &byte, &len));
			p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_Logout(bad));
			p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(bad));
		}
	}
	p11_ok(p11->C_GetSessionInfo(session, &info));
}
END_TEST

START_TEST(an_object_handle_of_any_shape_is_only_wrong)
{
	CK_SESSION_HANDLE session = p11_machine();

	p11_make_pair(session, NULL, &pub, &priv);
	for (unsigned shift = 0; shift < 64; shift++) {
		for (CK_ULONG low = 0; low < 3; low++) {
			CK_OBJECT_HANDLE bad = ((CK_ULONG)1 << shift) + low - 1;
			CK_ULONG size;

			/* The token's own objects have the first handles. */
			if (bad == pub || bad == priv ||
			    (bad != CK_INVALID_HANDLE && bad < SG_HANDLE_FIRST))
				continue;
			p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetObjectSize(session, bad, &size));
			p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(session, &p11_eddsa, bad));
			p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(session, bad));
		}
	}
	p11_ok(p11_sign(session, priv, "x", signature));
}
END_TEST

/* --- objects --- */

/* A use that fails is counted and never given back: the object can't be destroyed. */
START_TEST(an_object_is_destroyed_after_uses_that_failed)
{
	CK_MECHANISM wrong = { CKM_SHA256, NULL, 0 };
	CK_SESSION_HANDLE session = p11_machine();
	CK_ULONG len = 1;
	CK_BYTE byte = 0;
	CK_GCM_PARAMS params = { .pIv = &byte, .ulIvLen = 1, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };

	p11_make_pair(session, "pair", &pub, &priv);
	for (int i = 0; i < 3; i++) {
		p11_is(CKR_MECHANISM_INVALID, p11->C_SignInit(session, &wrong, priv));
		p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_EncryptInit(session, &gcm, priv));
		p11_ok(p11->C_SignInit(session, &p11_eddsa, priv));
		p11_is(CKR_ARGUMENTS_BAD, p11->C_Sign(session, NULL, 1, &byte, &len));
	}
	p11_ok(p11->C_DestroyObject(session, priv));
	p11_ok(p11->C_DestroyObject(session, pub));
	ck_assert_uint_eq(p11_count(session), 0);
}
END_TEST

/* An attribute that is named twice is kept twice, and which of them counts is chance. */
START_TEST(an_attribute_is_named_once)
{
	CK_SESSION_HANDLE session = p11_machine();
	CK_OBJECT_HANDLE object;
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_text(&t, CKA_LABEL, "one");
	p11_text(&t, CKA_LABEL, "other");
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11->C_CreateObject(session, t.attr, t.n, &object));
	ck_assert_uint_eq(p11_count(session), 0);
}
END_TEST

static void make_pairs(void *arg)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE a, b;

	(void)arg;
	p11_start();
	session = p11_open(CKF_RW_SESSION);
	for (int i = 0; i < 25; i++)
		p11_make_pair(session, "pair", &a, &b);
}

/* The halves of a pair are two writes: whoever looks between them, or comes after a power
 * cut, finds half a pair. */
START_TEST(a_pair_is_never_seen_by_half)
{
	CK_SESSION_HANDLE session;
	CK_ULONG seen = 0;
	int status = 0;
	pid_t maker;

	p11_make_machine();
	maker = fork();
	ck_assert_int_ge(maker, 0);
	if (maker == 0) {
		make_pairs(NULL);
		_exit(EXIT_SUCCESS);
	}
	p11_start();
	session = p11_open(0);
	while (waitpid(maker, &status, WNOHANG) == 0) {
		seen = p11_count(session);
		ck_assert_uint_eq(seen % 2, 0);
	}
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
	ck_assert_uint_eq(p11_count(session), 50);
}
END_TEST

/* Parameters of CKM_EDDSA are ignored: who asks for Ed25519ph gets a pure signature. */
START_TEST(parameters_of_eddsa_are_not_ignored)
{
	CK_EDDSA_PARAMS params = { .phFlag = CK_TRUE };
	CK_MECHANISM ph = { CKM_EDDSA, &params, sizeof params };
	CK_SESSION_HANDLE session = p11_machine();
	uint8_t other[64] = { 0 };
	CK_ULONG len = sizeof other;

	p11_make_pair(session, NULL, &pub, &priv);
	p11_ok(p11_sign(session, priv, "message", signature));
	if (p11->C_SignInit(session, &ph, priv) == CKR_OK)
		p11_ok(p11->C_Sign(session, (CK_BYTE *)"message", 7, other, &len));
	ck_assert_mem_ne(signature, other, sizeof other);
}
END_TEST

/* --- tokens and slots --- */

/* Every token has the serial number 0000000000000000. */
START_TEST(every_token_has_a_serial_number_of_its_own)
{
	CK_TOKEN_INFO info[3];

	for (CK_SLOT_ID slot = 0; slot < 3; slot++)
		p11_make_machine_in(slot);
	p11_start();
	for (CK_SLOT_ID slot = 0; slot < 3; slot++) {
		p11_ok(p11->C_GetTokenInfo(slot, &info[slot]));
		ck_assert_mem_ne(info[slot].serialNumber, "0000000000000000", 16);
		for (CK_SLOT_ID other = 0; other < slot; other++)
			ck_assert_mem_ne(info[slot].serialNumber, info[other].serialNumber, 16);
	}
}
END_TEST

static void init_token(CK_SLOT_ID slot, const char *label)
{
	CK_BYTE padded[33];

	snprintf((char *)padded, sizeof padded, "%-32s", label);
	p11_ok(p11->C_InitToken(slot, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), padded));
}

static void require_label(CK_SLOT_ID slot, const char *label)
{
	CK_TOKEN_INFO info;

	p11_ok(p11->C_GetTokenInfo(slot, &info));
	ck_assert_mem_eq(info.label, label, strlen(label));
}

/* The number of a slot is made of the serial number, and moves when a token is made: what
 * the next command of a script is told to use is no longer there. */
START_TEST(a_slot_keeps_its_number_when_its_token_is_made)
{
	p11_start();
	for (int round = 0; round < 2; round++) {
		init_token(0, "first");
		require_label(0, "first");
		init_token(1, "second");
		require_label(0, "first");
		require_label(1, "second");
		p11_ok(p11->C_Finalize(NULL));
		p11_start();
		require_label(0, "first");
		require_label(1, "second");
	}
}
END_TEST

/* The store is as readable as the umask makes it. */
START_TEST(a_store_is_its_owners_whatever_the_umask)
{
	char *folder = scratch_path(p11_folder, "state");
	struct stat st;
	mode_t mask = umask(0);

	p11_make_machine();
	umask(mask);
	ck_assert_int_eq(stat(p11_store, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(folder, &st), 0);
	ck_assert_uint_eq(st.st_mode & 077, 0);
	free(folder);
}
END_TEST

/* --- what it does to the process, and to the TPM --- */

/* Let fn run with all that it prints going to a file, and require that there is nothing. */
static void require_silence(void (*fn)(void))
{
	char *path = scratch_path(p11_folder, "printed");
	struct sg_buf printed;
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600), out = dup(1), err = dup(2);

	ck_assert_int_ge(fd, 0);
	fflush(NULL);
	ck_assert_int_eq(dup2(fd, 1), 1);
	ck_assert_int_eq(dup2(fd, 2), 2);
	fn();
	fflush(NULL);
	ck_assert_int_eq(dup2(out, 1), 1);
	ck_assert_int_eq(dup2(err, 2), 2);
	close(fd);
	close(out);
	close(err);
	printed = test_file_read(path);
	ck_assert_msg(printed.len == 0, "it printed: %.*s", (int)printed.len, (char *)printed.data);
	sg_buf_free(&printed);
	free(path);
}

static void go_wrong(void)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_TOKEN_INFO info;

	p11_make_pair(session, "pair", &pub, &priv);
	p11_ok(p11_sign(session, priv, "x", signature));
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, "wrong", CKR_PIN_INCORRECT);
	test_device_kill();
	ck_assert_uint_ne(p11->C_Login(session, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN)), CKR_OK);
	p11_ok(p11->C_Finalize(NULL));
	test_device_none();
	p11_start();
	p11_ok(p11->C_GetTokenInfo(0, &info));
	session = p11_open(0);
	ck_assert_uint_ne(p11->C_Login(session, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN)), CKR_OK);
	p11_ok(p11->C_Finalize(NULL));
	p11_configure("nonsense");
	ck_assert_uint_ne(p11->C_Initialize(NULL), CKR_OK);
}

/* Harmless errors are printed at each start of each program; one prints on standard output. */
START_TEST(nothing_is_printed_whatever_goes_wrong)
{
	unsetenv("TSS2_LOG");
	require_silence(go_wrong);
}
END_TEST

/* A program ends without C_Finalize, and crashes in the clean-up of a library that went first. */
START_TEST(a_program_that_ends_without_finalize_ends_well)
{
	int status = 0;
	pid_t pid;

	p11_make_machine();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		CK_SESSION_HANDLE session;

		p11_start();
		session = p11_open(0);
		p11_make_pair(session, NULL, &pub, &priv);
		p11_ok(p11_sign(session, priv, "x", signature));
		exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}
END_TEST

static void use_and_die(void)
{
	CK_SESSION_HANDLE session;

	p11_start();
	session = p11_open(0);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(p11_sign(session, p11_find_label(session, CKO_PRIVATE_KEY, "pair"), "x", signature));
	raise(SIGKILL);
}

/* Sessions and keys stay in the TPM when a process is killed, until there is room for nobody. */
START_TEST(a_process_that_is_killed_leaves_nothing_in_the_hardware)
{
	CK_SESSION_HANDLE session = p11_user();
	int status;
	pid_t pid;

	p11_make_pair(session, "pair", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	for (int i = 0; i < 5; i++) {
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			use_and_die();
			_exit(EXIT_FAILURE);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %d", status);
		test_device_require_idle();
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("peers");
	TCase *soft = p11_case(suite, "soft"), *hard = tcase_create("hard");

	tcase_add_test(soft, a_wrong_old_pin_is_refused_before_any_login);
	tcase_add_test(soft, a_damaged_token_is_no_wrong_pin);
	tcase_add_test(soft, a_session_handle_of_any_shape_is_only_wrong);
	tcase_add_test(soft, an_object_handle_of_any_shape_is_only_wrong);
	tcase_add_test(soft, an_object_is_destroyed_after_uses_that_failed);
	tcase_add_test(soft, an_attribute_is_named_once);
	tcase_add_test(soft, a_pair_is_never_seen_by_half);
	tcase_add_test(soft, parameters_of_eddsa_are_not_ignored);
	tcase_add_test(soft, every_token_has_a_serial_number_of_its_own);
	tcase_add_test(soft, a_slot_keeps_its_number_when_its_token_is_made);
	tcase_add_test(soft, a_store_is_its_owners_whatever_the_umask);
	tcase_add_test(soft, a_program_that_ends_without_finalize_ends_well);
	tcase_add_checked_fixture(hard, test_device_setup_plain, test_device_teardown);
	suite_add_tcase(suite, hard);
	if (!test_device_is_hsm())
		tcase_add_test(hard, wrong_pins_are_counted_beyond_process_and_store);
	tcase_add_test(hard, nothing_is_printed_whatever_goes_wrong);
	tcase_add_test(hard, a_process_that_is_killed_leaves_nothing_in_the_hardware);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
