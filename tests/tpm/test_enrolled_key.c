/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/enrolled_key.c against swtpm: keys of all three origins sign as other keys do, and
 * stay what a registrar was shown.
 */
#include "core/enrolled_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/key_reseal.h"
#include "core/module.h"
#include "core/token_migrate.h"
#include "core/token_objects.h"
#include "crypto/ed25519.h"
#include "lib/command.h"
#include "lib/enrolled.h"
#include "lib/file.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/tpm.h"
#include "util/log.h"

#define LATER "86400000"
#define FIRST SG_KEY_ORIGIN_HOST        /* loops go over all origins */
#define END (SG_KEY_ORIGIN_VAULT + 1)

static struct test_tpm tpm;
static char *folder;
static CK_SESSION_HANDLE s;
static struct sg_buf log_text;
static struct sg_attest_object object;
static uint8_t public_key[32];

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

static void with_token(void (*fn)(struct sg_token *token, int arg), int arg)
{
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;

	ck_assert_ptr_nonnull(module);
	ck_assert_int_eq(sg_module_token(module, 0, &token), SG_OK);
	fn(token, arg);
	sg_module_leave();
}

static void make_token(struct sg_token *token, int arg)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = true,
	};

	(void)arg;
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
}

static const char *wanted;

static void make_object(struct sg_token *token, int origin)
{
	ck_assert_int_eq(sg_token_refresh(token), SG_OK);
	test_enrolled_make(token, (enum sg_key_origin)origin, wanted, &object, public_key);
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
	with_token(make_token, 0);
	open_session();
	wanted = "";
	free(conf);
}

static void teardown(void)
{
	(void)C_Finalize(NULL);
	sg_log_set(NULL, NULL);
	sg_buf_free(&log_text);
	sg_attest_object_clear(&object);
	scratch_remove(&folder);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	test_tpm_stop(&tpm);
}

static CK_OBJECT_HANDLE add(int origin)
{
	CK_OBJECT_HANDLE key = 0;

	with_token(make_object, origin);
	ck_assert_uint_eq(test_enrolled_add(s, (enum sg_key_origin)origin, &object, public_key,
	                                    &key), CKR_OK);
	ck_assert_uint_ne(key, 0);
	return key;
}

/* Find what there is of a class; the last of it is returned. */
static CK_OBJECT_HANDLE find(CK_OBJECT_CLASS class, CK_ULONG count)
{
	CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
	CK_OBJECT_HANDLE found[4] = { 0 };
	CK_ULONG n = 0;

	ck_assert_uint_eq(C_FindObjectsInit(s, &template, 1), CKR_OK);
	ck_assert_uint_eq(C_FindObjects(s, found, 4, &n), CKR_OK);
	ck_assert_uint_eq(C_FindObjectsFinal(s), CKR_OK);
	ck_assert_uint_eq(n, count);
	return n > 0 ? found[n - 1] : 0;
}

static CK_OBJECT_HANDLE find_again(void)
{
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	start();
	open_session();
	key = find(CKO_PRIVATE_KEY, 1);
	log_text.len = 0;
	test_tpm_forget(&tpm);
	return key;
}

static CK_RV sign(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	const struct sg_bytes message = sg_bytes_str("a request");
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;
	CK_RV rv = C_SignInit(s, &eddsa, key);

	if (rv == CKR_OK)
		rv = C_Sign(s, (CK_BYTE *)message.data, message.len, signature, &len);
	if (rv == CKR_OK)
		ck_assert_int_eq(sg_ed25519_verify(sg_bytes(public_key, sizeof public_key), message,
		                                   sg_bytes(signature, sizeof signature)), SG_OK);
	return rv;
}

START_TEST(a_key_signs_also_after_the_process_and_the_tpm_began_anew)
{
	ck_assert_uint_eq(sign(add(_i)), CKR_OK);
	ck_assert_uint_eq(sign(find_again()), CKR_OK);
	test_tpm_restart(&tpm);
	ck_assert_uint_eq(sign(find_again()), CKR_OK);
	test_tpm_power_cut(&tpm);
	ck_assert_uint_eq(sign(find_again()), CKR_OK);
}
END_TEST

/* How many commands the first signature takes, by origin; the next takes none. */
static const size_t first_signature[] = {
	[SG_KEY_ORIGIN_HOST] = 5, [SG_KEY_ORIGIN_TPM] = 7, [SG_KEY_ORIGIN_VAULT] = 5,
};

START_TEST(the_tpm_is_asked_for_the_first_signature_alone)
{
	CK_OBJECT_HANDLE key;

	add(_i);
	key = find_again();
	ck_assert_uint_eq(sign(key), CKR_OK);
	ck_assert_uint_eq(tpm.count, first_signature[_i]);
	ck_assert_uint_eq(sign(key), CKR_OK);
	ck_assert_uint_eq(tpm.count, first_signature[_i]);
}
END_TEST

static void require_ulong(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	CK_ULONG is = 0;
	CK_ATTRIBUTE attr = { type, &is, sizeof is };

	ck_assert_uint_eq(C_GetAttributeValue(s, key, &attr, 1), CKR_OK);
	ck_assert_uint_eq(is, value);
}

static void require_bool(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, CK_BBOOL value)
{
	CK_BBOOL is = 2;
	CK_ATTRIBUTE attr = { type, &is, sizeof is };

	ck_assert_uint_eq(C_GetAttributeValue(s, key, &attr, 1), CKR_OK);
	ck_assert_uint_eq(is, value);
}

START_TEST(its_origin_and_its_history_are_read)
{
	CK_OBJECT_HANDLE key;

	add(_i);
	key = find_again();
	require_ulong(key, CKA_SIGNET_ORIGIN, (CK_ULONG)_i);
	require_bool(key, CKA_SENSITIVE, CK_TRUE);
	require_bool(key, CKA_EXTRACTABLE, CK_FALSE);
	require_bool(key, CKA_SIGNET_SEALED, CK_TRUE);
	require_bool(key, CKA_LOCAL, _i != SG_KEY_ORIGIN_VAULT);
	require_bool(key, CKA_NEVER_EXTRACTABLE, _i != SG_KEY_ORIGIN_VAULT);
	find(CKO_PUBLIC_KEY, 1);
}
END_TEST

START_TEST(a_key_that_is_there_already_is_found)
{
	CK_OBJECT_HANDLE key = add(_i), again = 0;

	ck_assert_uint_eq(test_enrolled_add(s, (enum sg_key_origin)_i, &object, public_key, &again),
	                  CKR_OK);
	ck_assert_uint_eq(again, key);
	key = find_again();
	ck_assert_uint_eq(test_enrolled_add(s, (enum sg_key_origin)_i, &object, public_key, &again),
	                  CKR_OK);
	ck_assert_uint_eq(again, key);
	find(CKO_PRIVATE_KEY, 1);
	find(CKO_PUBLIC_KEY, 1);
}
END_TEST

START_TEST(what_holds_another_key_is_not_added)
{
	/* Of the first key of [RFC 8032 §7.1]. */
	const struct sg_bytes other = hex("d75a980182b10ab7d54bfed3c964073a"
	                                  "0ee172f3daa62325af021a68f707511a");
	CK_OBJECT_HANDLE key = 0;

	with_token(make_object, _i);
	ck_assert_uint_eq(test_enrolled_add(s, (enum sg_key_origin)_i, &object, other.data, &key),
	                  CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(key, 0);
	object.blob.data[object.blob.len - 1] ^= 1;
	ck_assert_uint_ne(test_enrolled_add(s, (enum sg_key_origin)_i, &object, public_key, &key),
	                  CKR_OK);
	find(CKO_PRIVATE_KEY, 0);
	find(CKO_PUBLIC_KEY, 0);
}
END_TEST

START_TEST(it_is_neither_copied_nor_sealed_anew_nor_given_another_origin)
{
	const struct sg_key_reseal how = { .other_policy = true };
	CK_ULONG origin = CK_SIGNET_ORIGIN_VAULT;
	CK_ATTRIBUTE attr = { CKA_SIGNET_ORIGIN, &origin, sizeof origin };
	CK_OBJECT_HANDLE key = add(_i), copy;

	ck_assert_uint_eq(C_CopyObject(s, key, NULL, 0, &copy), CKR_ACTION_PROHIBITED);
	ck_assert_uint_eq(sg_key_reseal(s, key, &how), CKR_ACTION_PROHIBITED);
	ck_assert(logged("this key was enrolled"));
	ck_assert_uint_eq(C_SetAttributeValue(s, key, &attr, 1), CKR_ATTRIBUTE_READ_ONLY);
	ck_assert_uint_eq(sign(find_again()), CKR_OK);
}
END_TEST

START_TEST(nobody_else_says_where_a_key_is_from)
{
	CK_MECHANISM pair = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	CK_ULONG origin = CK_SIGNET_ORIGIN_TPM;
	CK_BYTE params[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
	CK_ATTRIBUTE public[] = { { CKA_EC_PARAMS, params, sizeof params } };
	CK_ATTRIBUTE private[] = { { CKA_SIGNET_ORIGIN, &origin, sizeof origin } };
	CK_OBJECT_HANDLE a, b;

	ck_assert_uint_eq(C_GenerateKeyPair(s, &pair, public, 1, private, 1, &a, &b),
	                  CKR_ATTRIBUTE_READ_ONLY);
}
END_TEST

START_TEST(a_lease_ends_by_the_clock_of_the_tpm)
{
	wanted = "until=" LATER;
	ck_assert_uint_eq(sign(add(_i)), CKR_OK);
	ck_assert_uint_eq(sign(find_again()), CKR_OK);
	ck_assert_uint_eq(tpm.count, first_signature[_i] + 1);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_uint_eq(sign(find_again()), CKR_SIGNET_POLICY);
	ck_assert(logged("the lease ended"));
	test_tpm_restart(&tpm);
	ck_assert_uint_eq(sign(find_again()), CKR_SIGNET_POLICY);
}
END_TEST

/* Another TPM could seal what is open, but a registrar knows this one. */
START_TEST(it_does_not_move_to_other_hardware)
{
	struct sg_config *from = NULL, *to = NULL;
	struct sg_token_migration how = { .sealer = "tpm" };
	struct sg_token_migrated out = { .done = true };
	struct sg_token *token = NULL;
	struct test_tpm other;

	add(_i);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	test_tpm_start(&other);
	ck_assert_int_eq(sg_config_load(&from), SG_OK);
	ck_assert_int_eq(sg_config_load(&to), SG_OK);
	ck_assert_int_eq(sg_config_set_tcti(to, other.tcti), SG_OK);
	how.config = to;
	ck_assert_int_eq(sg_token_new(from, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_migrate(token, &how, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.n_stays, 1);
	ck_assert_int_eq(out.stays[0].why, SG_STAY_ORIGIN);
	sg_token_migrated_clear(&out);
	sg_token_free(&token);
	sg_config_free(&from);
	sg_config_free(&to);
	test_tpm_stop(&other);
	start();
	open_session();
	ck_assert_uint_eq(sign(find(CKO_PRIVATE_KEY, 1)), CKR_OK);
}
END_TEST

START_TEST(a_change_of_its_name_leaves_it_what_it_is)
{
	CK_ATTRIBUTE attr = { CKA_LABEL, (CK_BYTE *)"other", 5 };

	ck_assert_uint_eq(C_SetAttributeValue(s, add(_i), &attr, 1), CKR_OK);
	ck_assert_uint_eq(sign(find_again()), CKR_OK);
	require_ulong(find(CKO_PRIVATE_KEY, 1), CKA_SIGNET_ORIGIN, (CK_ULONG)_i);
}
END_TEST

static const char *const origins[] = {
	[SG_KEY_ORIGIN_HOST] = "host", [SG_KEY_ORIGIN_TPM] = "tpm", [SG_KEY_ORIGIN_VAULT] = "vault",
};

START_TEST(the_command_says_where_it_is_from_and_seals_it_not_anew)
{
	char text[64];

	add(_i);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	ck_assert_int_eq(test_command("list"), 0);
	snprintf(text, sizeof text, "enrolled, origin %s\n", origins[_i]);
	test_require_said(text);
	ck_assert_int_eq(test_command("list --json"), 0);
	snprintf(text, sizeof text, "\"origin\": \"%s\"", origins[_i]);
	test_require_said(text);
	test_require_said("\"origin\": null");
	ck_assert_int_ne(test_command("reseal --label machine"), 0);
	test_require_said("\"machine\" was enrolled");
	start();
	open_session();
	ck_assert_uint_eq(sign(find(CKO_PRIVATE_KEY, 1)), CKR_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("enrolled_key");
	TCase *tc = tcase_create("enrolled_key");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_key_signs_also_after_the_process_and_the_tpm_began_anew, FIRST, END);
	tcase_add_loop_test(tc, the_tpm_is_asked_for_the_first_signature_alone, FIRST, END);
	tcase_add_loop_test(tc, its_origin_and_its_history_are_read, FIRST, END);
	tcase_add_loop_test(tc, a_key_that_is_there_already_is_found, FIRST, END);
	tcase_add_loop_test(tc, what_holds_another_key_is_not_added, FIRST, END);
	tcase_add_loop_test(tc, it_is_neither_copied_nor_sealed_anew_nor_given_another_origin, FIRST,
	                    END);
	tcase_add_test(tc, nobody_else_says_where_a_key_is_from);
	tcase_add_loop_test(tc, a_lease_ends_by_the_clock_of_the_tpm, FIRST, END);
	tcase_add_loop_test(tc, it_does_not_move_to_other_hardware, FIRST, END);
	tcase_add_loop_test(tc, a_change_of_its_name_leaves_it_what_it_is, FIRST, END);
	tcase_add_loop_test(tc, the_command_says_where_it_is_from_and_seals_it_not_anew, FIRST, END);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
