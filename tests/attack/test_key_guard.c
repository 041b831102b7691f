/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on a root that asks for more than its token, which is a machine token: whoever has its
 * TPM opens all else of it. He has the store, the TPM, all keys of the token, and tools of his own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/key_guard.h"
#include "core/module.h"
#include "core/token_material.h"
#include "core/token_objects.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/tpm.h"
#include "seal/policy.h"
#include "util/cursor.h"

#define PIN "seven dwarfs"

static struct test_tpm tpm;
static char *folder;
static CK_SESSION_HANDLE s;
static struct sg_buf blob;
static CK_BBOOL yes = CK_TRUE;

static void with_token(void (*fn)(struct sg_token *token))
{
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;

	ck_assert_ptr_nonnull(module);
	ck_assert_int_eq(sg_module_token(module, 0, &token), SG_OK);
	fn(token);
	sg_module_leave();
}

static void make_token(struct sg_token *token)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = true,
	};

	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
}

static void start(void)
{
	ck_assert_uint_eq(C_Initialize(NULL), CKR_OK);
}

static void open_session(void)
{
	ck_assert_uint_eq(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s),
	                  CKR_OK);
}

static void setup(void)
{
	char *conf, text[4096];

	test_tpm_start(&tpm);
	folder = scratch_make();
	conf = scratch_path(folder, "signet.conf");
	snprintf(text, sizeof text, "state = %s/state\ntcti = %s\n", folder, tpm.tcti);
	test_file_write(conf, sg_bytes_str(text));
	ck_assert_int_eq(setenv("SIGNET_CONF", conf, 1), 0);
	free(conf);
	start();
	with_token(make_token);
	open_session();
}

static void teardown(void)
{
	(void)C_Finalize(NULL);
	sg_buf_free(&blob);
	scratch_remove(&folder);
	test_tpm_stop(&tpm);
}

static void make_root(const char *policy, const char *pin)
{
	CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_OBJECT_HANDLE key;
	CK_ULONG len = 32, n = 3;
	CK_ATTRIBUTE t[5] = {
		{ CKA_TOKEN, &yes, sizeof yes }, { CKA_SIGNET_SEALED, &yes, sizeof yes },
		{ CKA_VALUE_LEN, &len, sizeof len },
	};

	if (policy != NULL)
		t[n++] = (CK_ATTRIBUTE){ CKA_SIGNET_POLICY, (void *)policy, strlen(policy) };
	if (pin != NULL)
		t[n++] = (CK_ATTRIBUTE){ CKA_SIGNET_PIN, (void *)pin, strlen(pin) };
	ck_assert_uint_eq(C_GenerateKey(s, &generate, t, n, &key), CKR_OK);
}

/* The root as the next process finds it. */
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
	return key;
}

static CK_RV encrypt(CK_OBJECT_HANDLE key, const char *pin)
{
	CK_MECHANISM cbc = { CKM_AES_CBC, (CK_BYTE *)"sixteen bytes iv", 16 };
	CK_BYTE out[16];
	CK_ULONG len = sizeof out;
	CK_RV rv = C_EncryptInit(s, &cbc, key);

	if (rv == CKR_OK && pin != NULL)
		rv = C_Login(s, CKU_CONTEXT_SPECIFIC, (CK_BYTE *)pin, strlen(pin));
	return rv == CKR_OK ? C_Encrypt(s, (CK_BYTE *)"sixteen bytes ok", 16, out, &len) : rv;
}

/* With the keys of the token he opens the root's record as far as that goes: to the blob. */
static void take_blob(struct sg_token *token)
{
	struct sg_object *object = NULL;
	struct sg_secret *inner = NULL;
	enum sg_closed_by by;
	CK_OBJECT_HANDLE *handles = NULL;
	size_t n = 0, head;

	ck_assert_int_eq(sg_token_find(token, NULL, 0, &handles, &n), SG_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(sg_token_object(token, handles[0], &object), SG_OK);
	ck_assert_int_eq(sg_record_open_secret(token->record.uuid,
	                                       token->keys[sg_object_half(object)], object, &by,
	                                       &inner), SG_OK);
	head = by == SG_CLOSED_BY_PIN ? SG_ARGON2_SALT + 8 : 0;
	ck_assert_int_eq(sg_buf_set(&blob, sg_bytes(inner->data + head, inner->len - head)), SG_OK);
	sg_secret_free(&inner);
	sg_object_unref(&object);
	free(handles);
}

/* Write the TPM's object to files for tools of his own, and load it there. */
static void load_it(void)
{
	struct sg_reader r = sg_reader(sg_buf_bytes(&blob));
	struct sg_bytes magic = sg_read_bytes(&r, 4), part;
	char name[128];

	if (memcmp(magic.data, "SGT2", 4) == 0)
		(void)sg_read_var(&r, SG_POLICY_TEXT_MAX);
	for (int i = 0; i < 2; i++) {
		part = sg_bytes(r.rest.data, 2 + (size_t)(r.rest.data[0] << 8 | r.rest.data[1]));
		snprintf(name, sizeof name, "%s/%s", tpm.folder, i == 0 ? "pub" : "priv");
		test_file_write(name, part);
		(void)sg_read_bytes(&r, part.len);
	}
	ck_assert(sg_reader_done(&r));
	test_tpm_shell(&tpm, "tpm2_load -C 0x81000001 -u pub -r priv -c ctx > /dev/null");
}

/* Each line would give him the root. */
#define ANY_WAY "tpm2_unseal -c ctx > got 2> err || tpm2_unseal -c ctx -p '' > got 2> err || " \
	"tpm2_unseal -c ctx -p hex:00 > got 2> err"
#define BY_PCR "tpm2_startauthsession --policy-session -S session && " \
	"tpm2_policypcr -S session -l sha256:16 > /dev/null && "

static void require_shut(const char *tries)
{
	char line[512];

	snprintf(line, sizeof line, "if %s; then echo it opened; exit 1; fi", tries);
	test_tpm_shell(&tpm, line);
}

/* What he tries below is what opens the rest. */
START_TEST(a_root_that_asks_for_nothing_he_unseals_himself)
{
	make_root(NULL, NULL);
	with_token(take_blob);
	load_it();
	test_tpm_shell(&tpm, "tpm2_unseal -c ctx > got && [ $(stat -c %s got) = 32 ]");
}
END_TEST

START_TEST(a_root_whose_policy_holds_he_unseals_himself)
{
	make_root("pcr=sha256:16", NULL);
	with_token(take_blob);
	load_it();
	test_tpm_shell(&tpm, BY_PCR "tpm2_unseal -c ctx -p session:session > got && "
	               "[ $(stat -c %s got) = 32 ]");
}
END_TEST

START_TEST(a_stolen_store_opens_no_root_after_the_machine_booted_something_else)
{
	make_root("pcr=sha256:16", NULL);
	ck_assert_uint_eq(encrypt(find_again(), NULL), CKR_OK);
	test_tpm_shell(&tpm, "tpm2_pcrextend 16:sha256="
	               "2222222222222222222222222222222222222222222222222222222222222222");
	ck_assert_uint_eq(encrypt(find_again(), NULL), CKR_SIGNET_POLICY);
	with_token(take_blob);
	load_it();
	require_shut(ANY_WAY);
	require_shut("( " BY_PCR "tpm2_unseal -c ctx -p session:session > got 2> err )");
}
END_TEST

START_TEST(no_empty_authorisation_walks_around_the_pin_of_a_root)
{
	make_root(NULL, PIN);
	ck_assert_uint_eq(encrypt(find_again(), NULL), CKR_USER_NOT_LOGGED_IN);
	ck_assert_uint_eq(encrypt(find_again(), PIN), CKR_OK);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -s -n 30 -t 1 -l 1");
	find_again();
	with_token(take_blob);
	load_it();
	require_shut(ANY_WAY);
	require_shut("tpm2_unseal -c ctx -p '" PIN "' > got 2> err");
}
END_TEST

START_TEST(the_right_pcrs_do_not_walk_around_the_pin_of_a_root)
{
	make_root("pcr=sha256:16", PIN);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -s -n 30 -t 1 -l 1");
	ck_assert_uint_eq(encrypt(find_again(), PIN), CKR_OK);
	find_again();
	with_token(take_blob);
	load_it();
	require_shut(ANY_WAY);
	require_shut("( " BY_PCR "tpm2_unseal -c ctx -p session:session > got 2> err )");
}
END_TEST

START_TEST(what_the_sealer_is_told_to_leave_out_the_tpm_asks_for)
{
	static const uint8_t zeros[SG_SEAL_AUTH];
	const struct sg_seal_guard nothing = { NULL };
	struct sg_secret *empty = NULL, *out = NULL;
	struct sg_token_guard guard;
	struct sg_module *module;
	struct sg_token *token;

	make_root(NULL, PIN);
	find_again();
	with_token(take_blob);
	module = sg_module_enter();
	ck_assert_int_eq(sg_module_token(module, 0, &token), SG_OK);
	sg_token_opening_lock(token);
	ck_assert_int_eq(sg_token_guard(token, &guard), SG_OK);
	ck_assert_int_ne(guard.sealer->ops->unseal(guard.sealer, sg_buf_bytes(&guard.parent),
	                                           &nothing, sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes(zeros, sizeof zeros), &empty), SG_OK);
	ck_assert_int_ne(guard.sealer->ops->unseal(guard.sealer, sg_buf_bytes(&guard.parent),
	                                           &(struct sg_seal_guard){ .auth = empty },
	                                           sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_ptr_null(out);
	sg_token_opening_unlock(token);
	sg_module_leave();
	sg_buf_free(&guard.parent);
	sg_secret_free(&empty);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("key_guard");
	TCase *tc = tcase_create("key_guard");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, a_root_that_asks_for_nothing_he_unseals_himself);
	tcase_add_test(tc, a_root_whose_policy_holds_he_unseals_himself);
	tcase_add_test(tc, a_stolen_store_opens_no_root_after_the_machine_booted_something_else);
	tcase_add_test(tc, no_empty_authorisation_walks_around_the_pin_of_a_root);
	tcase_add_test(tc, the_right_pcrs_do_not_walk_around_the_pin_of_a_root);
	tcase_add_test(tc, what_the_sealer_is_told_to_leave_out_the_tpm_asks_for);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
