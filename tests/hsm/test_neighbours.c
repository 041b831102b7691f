/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What an HSM does to others: tokens of other hardware go on while it hangs, children
 * and their parents each have it to themselves, and a module that leads back to us is none.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/token.h"
#include "lib/faulty.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/p11server.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/softhsm.h"

#define OTHER "another hsm"

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct test_p11server server;
static char *other_uri;

static void configure(const char *first, const char *second)
{
	char lines[2048];
	char *passphrase = scratch_write(p11_folder, "passphrase", "of a test", 9, 0600);

	snprintf(lines, sizeof lines,
	         "sealer = hsm\nallow-soft = yes\nsoft-passphrase-file = %s\nhsm = %s\n%s%s",
	         passphrase, first, second != NULL ? "hsm = " : "", second != NULL ? second : "");
	p11_configure(lines);
	free(passphrase);
}

static void setup(void)
{
	p11_setup();
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	configure(hsm.uri, NULL);
}

static void teardown(void)
{
	p11_teardown();
	test_p11server_stop(&server);
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
	free(other_uri);
	other_uri = NULL;
}

static CK_SESSION_HANDLE open_in(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = 0;

	p11_ok(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	return session;
}

static CK_RV use(CK_SESSION_HANDLE session)
{
	CK_RV rv = p11->C_FindObjectsInit(session, NULL, 0);

	if (rv == CKR_OK)
		p11_ok(p11->C_FindObjectsFinal(session));
	return rv;
}

/* Make a key that the HSM seals. */
static CK_RV seal(CK_SESSION_HANDLE session)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	return p11->C_GenerateKey(session, &p11_aes_gen, t.attr, t.n, &key);
}

/* Three tokens: over an HSM that will hang, over another HSM, and over none. */
static void make_three(void)
{
	const struct sg_token_plan soft = { .label = sg_bytes_str("soft"), .sealer = "soft" };

	test_softhsm_add(&softhsm, OTHER);
	other_uri = test_softhsm_uri(&softhsm, OTHER);
	p11_make_machine_in(0);
	p11_make(2, &soft);
	configure(other_uri, NULL);
	p11_make_machine_in(1);
	/* In the end the one that hangs comes first. */
	configure(hsm.uri, other_uri);
}

static void *use_slow(void *arg)
{
	*(CK_RV *)arg = use(open_in(0));
	return NULL;
}

static void use_others(void)
{
	CK_SESSION_HANDLE soft = open_in(2), machine = open_in(1);
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];
	CK_SLOT_ID slots[8];
	CK_TOKEN_INFO info;
	CK_SLOT_INFO slot;
	CK_ULONG n = 8;

	p11_ok(p11->C_GetSlotList(CK_TRUE, slots, &n));
	ck_assert_uint_eq(n, 4);                /* and one for a new token */
	for (CK_ULONG i = 0; i < n; i++) {
		p11_ok(p11->C_GetSlotInfo(slots[i], &slot));
		p11_ok(p11->C_GetTokenInfo(slots[i], &info));
	}
	p11_login(soft, CKU_USER, P11_PIN, CKR_OK);
	p11_make_pair(soft, "pair", &pub, &priv);
	p11_ok(p11_sign(soft, priv, "x", signature));
	p11_ok(p11->C_Logout(soft));
	p11_ok(use(machine));
	p11_ok(seal(machine));
	p11_make_pair(machine, "pair", &pub, &priv);
	p11_ok(p11_sign(machine, priv, "x", signature));
	/* Also a session of the token that waits. */
	p11_ok(p11->C_CloseSession(open_in(0)));
}

static const char *const hanging[] = {
	"C_Initialize", "C_GetSlotList", "C_OpenSession", "C_Login", "C_FindObjects", "C_Decrypt",
};

START_TEST(an_hsm_that_hangs_hangs_no_other_token)
{
	CK_RV rv = CKR_GENERAL_ERROR;
	pthread_t thread;

	make_three();
	p11_start();
	test_faulty_hang(&hsm, hanging[_i]);
	ck_assert_int_eq(pthread_create(&thread, NULL, use_slow, &rv), 0);
	test_faulty_await(&hsm, hanging[_i], 1);
	use_others();
	test_faulty_release(&hsm, hanging[_i]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	p11_ok(rv);
}
END_TEST

START_TEST(an_hsm_that_is_away_is_not_missed_by_a_token_of_another)
{
	make_three();
	test_faulty_remove(&hsm);
	p11_start();
	p11_ok(use(open_in(1)));
	p11_is(CKR_TOKEN_NOT_PRESENT, use(open_in(0)));
}
END_TEST

static void use_in_child(void *arg)
{
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE own;
	uint8_t signature[64];

	(void)arg;
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
	p11_start();
	own = p11_open(CKF_RW_SESSION);
	key = p11_find_label(own, CKO_PRIVATE_KEY, "pair");
	p11_ok(p11_sign(own, key, "x", signature));
	for (int i = 0; i < 4; i++)
		p11_ok(seal(own));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(a_child_harms_nothing_of_its_parents)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];

	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(seal(s));
	p11_in_child(use_in_child, NULL);
	test_faulty_forget(&hsm);
	p11_ok(seal(s));
	p11_ok(p11_sign(s, priv, "x", signature));
	/* Its session and its login are still those of before. */
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_OpenSession"), 0);
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 0);
}
END_TEST

START_TEST(parent_and_child_use_the_hsm_side_by_side)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_OBJECT_HANDLE pub, priv;
	int status = 1;
	pid_t pid;

	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(seal(s));
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		use_in_child(NULL);
		_exit(0);
	}
	for (int i = 0; i < 8; i++)
		p11_ok(seal(s));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	p11_ok(seal(s));
}
END_TEST

static volatile sig_atomic_t pipes;

static void count_pipe(int number)
{
	(void)number;
	pipes++;
}

START_TEST(a_server_that_dies_and_comes_back_is_used_again)
{
	CK_SESSION_HANDLE s;
	CK_RV rv;

	signal(SIGPIPE, count_pipe);
	test_p11server_start(&server, &softhsm);
	configure(server.uri, NULL);
	s = p11_machine();
	p11_ok(seal(s));
	test_p11server_kill(&server);
	for (int i = 0; i < 3; i++) {
		rv = seal(s);
		ck_assert_msg(rv == CKR_DEVICE_REMOVED || rv == CKR_DEVICE_ERROR ||
		              rv == CKR_TOKEN_NOT_PRESENT, "0x%lx", rv);
	}
	test_p11server_resume(&server);
	if (seal(s) != CKR_OK)
		p11_ok(seal(s));
	p11_ok(seal(s));
	ck_assert_int_eq(pipes, 0);
}
END_TEST

START_TEST(a_server_that_was_replaced_is_used_after_one_error_at_most)
{
	CK_SESSION_HANDLE s;

	signal(SIGPIPE, count_pipe);
	test_p11server_start(&server, &softhsm);
	configure(server.uri, NULL);
	s = p11_machine();
	p11_ok(seal(s));
	for (int i = 0; i < 2; i++) {
		test_p11server_kill(&server);
		test_p11server_resume(&server);
		if (seal(s) != CKR_OK)
			p11_ok(seal(s));
	}
	ck_assert_int_eq(pipes, 0);
}
END_TEST

static char *our_module(void)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char path[4096];

	snprintf(path, sizeof path, "%s/.libs/signet.so", build != NULL ? build : ".");
	return realpath(path, NULL);
}

/* Have p11-kit know our module, and no other. */
static void register_us(void)
{
	char *folder = scratch_path(p11_folder, "config"), *module = our_module(), *path;
	char text[4200];

	ck_assert_ptr_nonnull(module);
	snprintf(text, sizeof text, "module: %s\n", module);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	path = scratch_path(folder, "pkcs11");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	free(scratch_write(path, "pkcs11.conf", "user-config: only\n", 18, 0600));
	free(path);
	path = scratch_path(folder, "pkcs11/modules");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	free(scratch_write(path, "signet.module", text, strlen(text), 0600));
	ck_assert_int_eq(setenv("XDG_CONFIG_HOME", folder, 1), 0);
	free(path);
	free(folder);
	free(module);
}

static const char *const proxies[] = {
	"/usr/lib/*/p11-kit-proxy.so", "/usr/lib/p11-kit-proxy.so", "/usr/lib64/p11-kit-proxy.so",
	"/usr/local/lib*/p11-kit-proxy.so", NULL,
};

/* A URI that leads back to the token "soft" of slot 0. */
static void lead_back(int how, char *uri, size_t size)
{
	char *path = NULL;

	if (how == 0)
		path = our_module();
	if (how == 1)
		path = test_hsm_find("SIGNET_TEST_P11_PROXY", proxies, "p11-kit-modules");
	snprintf(uri, size, "pkcs11:token=soft%s%s", path != NULL ? "?module-path=" : "",
	         path != NULL ? path : "");
	free(path);
}

START_TEST(a_module_that_leads_back_to_us_is_no_hsm)
{
	const struct sg_token_plan soft = { .label = sg_bytes_str("soft"), .sealer = "soft" };
	CK_BYTE label[33] = "over itself                     ";
	CK_SLOT_ID slots[4];
	CK_ULONG n = 4;
	char uri[4200];
	CK_RV rv;

	p11_make(0, &soft);
	register_us();
	lead_back(_i, uri, sizeof uri);
	configure(uri, NULL);
	p11_start();
	p11_ok(p11->C_GetSlotList(CK_FALSE, slots, &n));
	rv = p11->C_InitToken(slots[n - 1], (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label);
	ck_assert_msg(rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_DEVICE_ERROR, "0x%lx", rv);
	/* And nothing of ours was upset by it. */
	p11_login(open_in(0), CKU_USER, P11_PIN, CKR_OK);
	p11_ok(p11->C_Finalize(NULL));
	configure(hsm.uri, NULL);
	p11_start();
	p11_ok(p11->C_InitToken(slots[n - 1], (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("hsm_neighbours");
	TCase *tc = tcase_create("neighbours");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, an_hsm_that_hangs_hangs_no_other_token, 0,
	                    sizeof hanging / sizeof hanging[0]);
	tcase_add_test(tc, an_hsm_that_is_away_is_not_missed_by_a_token_of_another);
	tcase_add_test(tc, a_child_harms_nothing_of_its_parents);
	tcase_add_test(tc, parent_and_child_use_the_hsm_side_by_side);
	tcase_add_test(tc, a_server_that_dies_and_comes_back_is_used_again);
	tcase_add_test(tc, a_server_that_was_replaced_is_used_after_one_error_at_most);
	tcase_add_loop_test(tc, a_module_that_leads_back_to_us_is_no_hsm, 0, 3);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
