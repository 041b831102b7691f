/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/key_guard.c and core/key_reseal.c against swtpm: keys with a policy or a PIN of
 * their own open where the one holds and the other is given, and are sealed anew to another state.
 */
#include "core/key_reseal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/module.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/tpm.h"
#include "util/log.h"

#define PIN "seven dwarfs"
#define NEW_PIN "eight dwarfs"

static struct test_tpm tpm;
static char *folder;
static CK_SESSION_HANDLE s;
static struct sg_buf log_text;
static CK_BBOOL yes = CK_TRUE;
static CK_MECHANISM cbc = { CKM_AES_CBC, (CK_BYTE *)"sixteen bytes iv", 16 };

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	ck_assert_int_eq(sg_buf_append(&log_text, sg_bytes_str(line)), SG_OK);
}

static bool logged(const char *text)
{
	return memmem(log_text.data, log_text.len, text, strlen(text)) != NULL;
}

static void make_token(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = true,
	};
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;

	ck_assert_ptr_nonnull(module);
	ck_assert_int_eq(sg_module_token(module, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	sg_module_leave();
}

static void start(void)
{
	ck_assert_uint_eq(C_Initialize(NULL), CKR_OK);
	sg_log_set(keep, NULL);
}

static void open_session(void)
{
	ck_assert_uint_eq(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s),
	                  CKR_OK);
}

static void setup(void)
{
	char *conf, text[4096];

	test_tpm_start_wired(&tpm, NULL);
	folder = scratch_make();
	conf = scratch_path(folder, "signet.conf");
	snprintf(text, sizeof text, "state = %s/state\ntcti = %s\ntripwire = off\n", folder,
	         tpm.tcti);
	test_file_write(conf, sg_bytes_str(text));
	ck_assert_int_eq(setenv("SIGNET_CONF", conf, 1), 0);
	start();
	make_token();
	open_session();
	free(conf);
}

static void teardown(void)
{
	(void)C_Finalize(NULL);
	sg_log_set(NULL, NULL);
	sg_buf_free(&log_text);
	scratch_remove(&folder);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	test_tpm_stop(&tpm);
}

static void extend(unsigned pcr)
{
	char line[160];

	snprintf(line, sizeof line, "tpm2_pcrextend %u:sha256="
	         "2222222222222222222222222222222222222222222222222222222222222222", pcr);
	test_tpm_shell(&tpm, line);
}

/* Make a root with this policy and PIN, each of which may be NULL. */
static CK_RV make(const char *policy, const char *pin, CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_ATTRIBUTE t[8] = {
		{ CKA_TOKEN, &yes, sizeof yes }, { CKA_SIGNET_SEALED, &yes, sizeof yes },
		{ CKA_VALUE_LEN, &len, sizeof len },
	};
	CK_ULONG n = 3;

	if (policy != NULL)
		t[n++] = (CK_ATTRIBUTE){ CKA_SIGNET_POLICY, (void *)policy, strlen(policy) };
	if (pin != NULL)
		t[n++] = (CK_ATTRIBUTE){ CKA_SIGNET_PIN, (void *)pin, strlen(pin) };
	return C_GenerateKey(s, &generate, t, n, key);
}

/* Begin anew, as another process, and find the one key. */
static CK_OBJECT_HANDLE find_again(void)
{
	CK_OBJECT_HANDLE key = 0;
	CK_ULONG n = 0;

	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	start();
	open_session();
	ck_assert_uint_eq(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	ck_assert_uint_eq(C_FindObjects(s, &key, 1, &n), CKR_OK);
	ck_assert_uint_eq(C_FindObjectsFinal(s), CKR_OK);
	ck_assert_uint_eq(n, 1);
	log_text.len = 0;
	test_tpm_forget(&tpm);
	return key;
}

/* Use it; pin may be NULL. */
static CK_RV use(CK_OBJECT_HANDLE key, const char *pin)
{
	CK_BYTE out[16];
	CK_ULONG len = sizeof out;
	CK_RV rv = C_EncryptInit(s, &cbc, key);

	if (rv != CKR_OK)
		return rv;
	if (pin != NULL)
		rv = C_Login(s, CKU_CONTEXT_SPECIFIC, (CK_BYTE *)pin, strlen(pin));
	if (rv == CKR_OK)
		return C_Encrypt(s, (CK_BYTE *)"sixteen bytes ok", 16, out, &len);
	(void)C_Encrypt(s, NULL, 16, out, &len);        /* ends it */
	return rv;
}

static CK_RV reseal(CK_OBJECT_HANDLE key, const char *policy, const char *pin, const char *new_pin)
{
	const struct sg_key_reseal how = {
		.other_policy = policy != NULL,
		.policy = sg_bytes_str(policy != NULL ? policy : ""),
		.pin = sg_bytes_str(pin != NULL ? pin : ""),
		.new_pin = sg_bytes_str(new_pin != NULL ? new_pin : ""),
	};

	return sg_key_reseal(s, key, &how);
}

START_TEST(a_key_opens_in_the_state_that_it_was_sealed_to_and_in_no_other)
{
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(make("pcr=sha256:16,7", NULL, &key), CKR_OK);
	ck_assert_uint_eq(use(find_again(), NULL), CKR_OK);
	extend(16);
	ck_assert_uint_eq(use(find_again(), NULL), CKR_SIGNET_POLICY);
	ck_assert(logged("PCR 16 of the bank sha256 differs: expected "));
	ck_assert(!logged("PCR 7"));
}
END_TEST

START_TEST(the_policy_of_a_key_leaves_the_token_alone)
{
	CK_OBJECT_HANDLE key, other;

	ck_assert_uint_eq(make("pcr=sha256:16", NULL, &key), CKR_OK);
	extend(16);
	key = find_again();
	ck_assert_uint_eq(make(NULL, NULL, &other), CKR_OK);
	ck_assert_uint_eq(use(other, NULL), CKR_OK);
	ck_assert_uint_eq(use(key, NULL), CKR_SIGNET_POLICY);
}
END_TEST

START_TEST(the_policy_reads_in_one_spelling)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE text[64];
	CK_ATTRIBUTE attr = { CKA_SIGNET_POLICY, text, sizeof text };

	ck_assert_uint_eq(make("pcr=sha256:11,7", NULL, &key), CKR_OK);
	ck_assert_uint_eq(C_GetAttributeValue(s, find_again(), &attr, 1), CKR_OK);
	ck_assert_uint_eq(attr.ulValueLen, strlen("pcr=sha256:7,11"));
	ck_assert_mem_eq(text, "pcr=sha256:7,11", attr.ulValueLen);
}
END_TEST

START_TEST(a_policy_costs_one_command_more)
{
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(make(NULL, NULL, &key), CKR_OK);
	ck_assert_uint_eq(use(find_again(), NULL), CKR_OK);
	ck_assert_uint_eq(tpm.count, 5);
	ck_assert_uint_eq(reseal(key = find_again(), "pcr=sha256:16", NULL, NULL), CKR_OK);
	ck_assert_uint_eq(use(find_again(), NULL), CKR_OK);
	ck_assert_uint_eq(tpm.count, 6);
}
END_TEST

START_TEST(a_pin_and_a_policy_are_both_needed_and_cost_eight_commands)
{
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(make("pcr=sha256:16", PIN, &key), CKR_OK);
	key = find_again();
	ck_assert_uint_eq(use(key, NULL), CKR_USER_NOT_LOGGED_IN);
	ck_assert_uint_eq(tpm.count, 0);
	ck_assert_uint_eq(use(key, "wrong"), CKR_PIN_INCORRECT);
	test_tpm_forget(&tpm);
	ck_assert_uint_eq(use(key, PIN), CKR_OK);
	ck_assert_uint_eq(tpm.count, 8);
	extend(16);
	key = find_again();
	ck_assert_uint_eq(use(key, PIN), CKR_SIGNET_POLICY);
	ck_assert(logged("PCR 16 of the bank sha256 differs: expected "));
}
END_TEST

START_TEST(wrong_pins_count_in_the_tpm_and_lock_no_machine_token)
{
	CK_OBJECT_HANDLE key;
	CK_RV rv = CKR_PIN_INCORRECT;

	ck_assert_uint_eq(make(NULL, PIN, &key), CKR_OK);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -s -n 3 -t 1000 -l 1000");
	key = find_again();
	for (int i = 0; i < 4 && rv == CKR_PIN_INCORRECT; i++)
		rv = use(key, "wrong");
	ck_assert_uint_eq(rv, CKR_PIN_LOCKED);
	key = find_again();                     /* the token opens */
	ck_assert_uint_eq(use(key, PIN), CKR_PIN_LOCKED);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -c");
	ck_assert_uint_eq(use(key, PIN), CKR_OK);
}
END_TEST

START_TEST(a_reseal_takes_the_state_of_now)
{
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(make("pcr=sha256:16", NULL, &key), CKR_OK);
	extend(16);                             /* open still, as in a process that goes on */
	ck_assert_uint_eq(reseal(key, NULL, NULL, NULL), CKR_OK);
	ck_assert_uint_eq(use(find_again(), NULL), CKR_OK);
	extend(16);
	key = find_again();
	ck_assert_uint_eq(reseal(key, NULL, NULL, NULL), CKR_SIGNET_POLICY);
	ck_assert_uint_eq(reseal(key, "", NULL, NULL), CKR_SIGNET_POLICY);
}
END_TEST

START_TEST(a_reseal_gives_another_policy_or_none)
{
	CK_OBJECT_HANDLE key;
	CK_ATTRIBUTE attr = { CKA_SIGNET_POLICY, NULL, 0 };

	ck_assert_uint_eq(make("pcr=sha256:16", NULL, &key), CKR_OK);
	ck_assert_uint_eq(reseal(key, "pcr=sha256:23", NULL, NULL), CKR_OK);
	extend(16);
	ck_assert_uint_eq(use(find_again(), NULL), CKR_OK);
	key = find_again();
	ck_assert_uint_eq(reseal(key, "", NULL, NULL), CKR_OK);
	extend(23);
	key = find_again();
	ck_assert_uint_eq(use(key, NULL), CKR_OK);
	ck_assert_uint_eq(C_GetAttributeValue(s, key, &attr, 1), CKR_OK);
	ck_assert_uint_eq(attr.ulValueLen, 0);
	ck_assert_uint_eq(reseal(key, "pcr=sha256:24", NULL, NULL), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(use(find_again(), NULL), CKR_OK);
}
END_TEST

START_TEST(a_reseal_needs_the_pin_and_can_change_it)
{
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(make(NULL, PIN, &key), CKR_OK);
	key = find_again();
	ck_assert_uint_eq(reseal(key, NULL, NULL, NULL), CKR_USER_NOT_LOGGED_IN);
	ck_assert_uint_eq(reseal(key, NULL, "wrong", NULL), CKR_PIN_INCORRECT);
	ck_assert_uint_eq(reseal(key, NULL, PIN, "abc"), CKR_PIN_LEN_RANGE);
	ck_assert_uint_eq(reseal(key, NULL, PIN, NULL), CKR_OK);
	ck_assert_uint_eq(use(find_again(), PIN), CKR_OK);
	key = find_again();
	ck_assert_uint_eq(reseal(key, NULL, PIN, NEW_PIN), CKR_OK);
	key = find_again();
	ck_assert_uint_eq(use(key, PIN), CKR_PIN_INCORRECT);
	ck_assert_uint_eq(use(key, NEW_PIN), CKR_OK);
}
END_TEST

START_TEST(a_reseal_gives_a_first_pin)
{
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(make(NULL, NULL, &key), CKR_OK);
	ck_assert_uint_eq(reseal(key, NULL, NULL, PIN), CKR_OK);
	key = find_again();
	ck_assert_uint_eq(use(key, NULL), CKR_USER_NOT_LOGGED_IN);
	ck_assert_uint_eq(use(key, PIN), CKR_OK);
}
END_TEST

START_TEST(only_what_is_sealed_alone_is_sealed_anew)
{
	CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_ATTRIBUTE t[] = { { CKA_TOKEN, &yes, sizeof yes }, { CKA_VALUE_LEN, &len, sizeof len } };
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(C_GenerateKey(s, &generate, t, 2, &key), CKR_OK);
	ck_assert_uint_eq(reseal(key, "pcr=sha256:16", NULL, NULL), CKR_ACTION_PROHIBITED);
	ck_assert_uint_eq(reseal(0, "pcr=sha256:16", NULL, NULL), CKR_OBJECT_HANDLE_INVALID);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("key_policy");
	TCase *tc = tcase_create("key_policy");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, a_key_opens_in_the_state_that_it_was_sealed_to_and_in_no_other);
	tcase_add_test(tc, the_policy_of_a_key_leaves_the_token_alone);
	tcase_add_test(tc, the_policy_reads_in_one_spelling);
	tcase_add_test(tc, a_policy_costs_one_command_more);
	tcase_add_test(tc, a_pin_and_a_policy_are_both_needed_and_cost_eight_commands);
	tcase_add_test(tc, wrong_pins_count_in_the_tpm_and_lock_no_machine_token);
	tcase_add_test(tc, a_reseal_takes_the_state_of_now);
	tcase_add_test(tc, a_reseal_gives_another_policy_or_none);
	tcase_add_test(tc, a_reseal_needs_the_pin_and_can_change_it);
	tcase_add_test(tc, a_reseal_gives_a_first_pin);
	tcase_add_test(tc, only_what_is_sealed_alone_is_sealed_anew);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
