/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. SoftHSM 2 in a folder of a test's own.
 */
#include "lib/softhsm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/p11.h"
#include "lib/scratch.h"

#define MAX_SLOTS 64

/* Debian keeps it in a folder of the machine's architecture, others elsewhere. */
static const char *const places[] = {
	"/usr/lib/*/softhsm/libsofthsm2.so",
	"/usr/lib/softhsm/libsofthsm2.so",
	"/usr/lib64/softhsm/libsofthsm2.so",
	"/usr/lib*/pkcs11/libsofthsm2.so",
	"/usr/local/lib*/softhsm/libsofthsm2.so",
	NULL,
};

/* A child may begin anew, as PKCS#11 has it; by default SoftHSM does not allow that. */
static void configure(const struct test_softhsm *hsm)
{
	char text[512];

	ck_assert_int_lt(snprintf(text, sizeof text,
	                          "directories.tokendir = %s/tokens\n"
	                          "objectstore.backend = file\n"
	                          "log.level = ERROR\n"
	                          "slots.removable = false\n"
	                          "slots.mechanisms = ALL\n"
	                          "library.reset_on_fork = true\n", hsm->folder),
	                 (int)sizeof text);
	test_file_write(hsm->conf, sg_bytes_str(text));
}

/* SoftHSM always has one slot more, with a token that is not initialised. */
static CK_SLOT_ID free_slot(CK_FUNCTION_LIST *f)
{
	CK_SLOT_ID slots[MAX_SLOTS];
	CK_ULONG n = MAX_SLOTS, i = 0;
	CK_TOKEN_INFO info;

	p11_ok(f->C_GetSlotList(CK_FALSE, slots, &n));
	for (; i < n; i++) {
		p11_ok(f->C_GetTokenInfo(slots[i], &info));
		if ((info.flags & CKF_TOKEN_INITIALIZED) == 0)
			break;
	}
	ck_assert_uint_lt(i, n);
	return slots[i];
}

static void make_token(const char *module, const char *label)
{
	CK_BYTE *pin = (CK_BYTE *)TEST_HSM_PIN, *so_pin = (CK_BYTE *)TEST_HSM_SO_PIN;
	CK_FUNCTION_LIST *f = test_hsm_load(module);
	CK_UTF8CHAR padded[33];
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	ck_assert_int_eq(snprintf((char *)padded, sizeof padded, "%-32s", label), 32);
	p11_ok(f->C_Initialize(NULL));
	slot = free_slot(f);
	p11_ok(f->C_InitToken(slot, so_pin, strlen(TEST_HSM_SO_PIN), padded));
	p11_ok(f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	p11_ok(f->C_Login(session, CKU_SO, so_pin, strlen(TEST_HSM_SO_PIN)));
	p11_ok(f->C_InitPIN(session, pin, strlen(TEST_HSM_PIN)));
	p11_ok(f->C_Finalize(NULL));
}

/* In a child, so that the state of SoftHSM in this process is the test's. */
void test_softhsm_add(struct test_softhsm *hsm, const char *label)
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		make_token(hsm->module, label);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

char *test_softhsm_uri(const struct test_softhsm *hsm, const char *label)
{
	return test_hsm_uri(hsm->module, label, hsm->pin_file);
}

void test_softhsm_start(struct test_softhsm *hsm)
{
	char *tokens;

	*hsm = (struct test_softhsm){ .folder = scratch_make_short() };
	hsm->module = test_hsm_find("SIGNET_TEST_SOFTHSM", places, "softhsm2");
	hsm->conf = scratch_path(hsm->folder, "softhsm2.conf");
	hsm->pin_file = scratch_path(hsm->folder, "pin");
	test_file_write(hsm->pin_file, sg_bytes_str(TEST_HSM_PIN));
	tokens = scratch_path(hsm->folder, "tokens");
	ck_assert_int_eq(mkdir(tokens, 0700), 0);
	free(tokens);
	configure(hsm);
	ck_assert_int_eq(setenv("SOFTHSM2_CONF", hsm->conf, 1), 0);
	test_softhsm_add(hsm, TEST_HSM_LABEL);
	hsm->uri = test_softhsm_uri(hsm, TEST_HSM_LABEL);
}

void test_softhsm_stop(struct test_softhsm *hsm)
{
	scratch_remove(&hsm->folder);
	free(hsm->conf);
	free(hsm->module);
	free(hsm->pin_file);
	free(hsm->uri);
	*hsm = (struct test_softhsm){ 0 };
}
