/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/copy_try.c, on a machine token of the soft sealer, which enforces no policies.
 */
#include "core/copy_try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/module.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static char *folder;
static CK_SESSION_HANDLE s;
static CK_BBOOL yes = CK_TRUE;

static void make_token(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "soft", .machine = true,
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
	ck_assert_uint_eq(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s),
	                  CKR_OK);
}

static void setup(void)
{
	char *conf, *passphrase, text[4096];

	folder = scratch_make();
	conf = scratch_path(folder, "signet.conf");
	passphrase = scratch_path(folder, "passphrase");
	test_file_write(passphrase, sg_bytes_str("words"));
	snprintf(text, sizeof text, "state = %s/state\nsealer = soft\nallow-soft = yes\n"
	         "soft-passphrase-file = %s\n", folder, passphrase);
	test_file_write(conf, sg_bytes_str(text));
	ck_assert_int_eq(setenv("SIGNET_CONF", conf, 1), 0);
	ck_assert_uint_eq(C_Initialize(NULL), CKR_OK);
	make_token();
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	start();
	free(conf);
	free(passphrase);
}

static void teardown(void)
{
	(void)C_Finalize(NULL);
	scratch_remove(&folder);
}

static CK_OBJECT_HANDLE make(void)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_ATTRIBUTE template[] = { { CKA_VALUE_LEN, &len, sizeof len } };
	CK_OBJECT_HANDLE key = 0;

	ck_assert_uint_eq(C_GenerateKey(s, &mechanism, template, 1, &key), CKR_OK);
	return key;
}

/* Count the objects of the token. */
static CK_ULONG count(void)
{
	CK_ATTRIBUTE template[] = { { CKA_TOKEN, &yes, sizeof yes } };
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 0;

	ck_assert_uint_eq(C_FindObjectsInit(s, template, 1), CKR_OK);
	ck_assert_uint_eq(C_FindObjects(s, found, 8, &n), CKR_OK);
	ck_assert_uint_eq(C_FindObjectsFinal(s), CKR_OK);
	return n;
}

static CK_ATTRIBUTE guarded[] = {
	{ CKA_TOKEN, &yes, sizeof yes },
	{ CKA_SIGNET_SEALED, &yes, sizeof yes },
	{ CKA_SIGNET_POLICY, (void *)"pcr=sha256:7", 12 },
};

START_TEST(a_copy_that_can_be_is_not_made)
{
	CK_OBJECT_HANDLE key = make();

	ck_assert_uint_eq(sg_copy_try(s, key, guarded, 2), CKR_OK);
	ck_assert_uint_eq(count(), 0);
	ck_assert_uint_eq(C_CopyObject(s, key, guarded, 2, &key), CKR_OK);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(what_the_hardware_can_not_enforce_is_noticed)
{
	ck_assert_uint_eq(sg_copy_try(s, make(), guarded, 3), CKR_SIGNET_HW_UNSUPPORTED);
}
END_TEST

START_TEST(what_is_no_policy_is_noticed)
{
	CK_ATTRIBUTE template[3] = {
		guarded[0], guarded[1], { CKA_SIGNET_POLICY, (void *)"pcr=", 4 },
	};

	ck_assert_uint_eq(sg_copy_try(s, make(), template, 3), CKR_ATTRIBUTE_VALUE_INVALID);
}
END_TEST

START_TEST(without_a_key_or_a_session_nothing_is_tried)
{
	ck_assert_uint_eq(sg_copy_try(s, 77777, guarded, 2), CKR_OBJECT_HANDLE_INVALID);
	ck_assert_uint_eq(sg_copy_try(s + 1, make(), guarded, 2), CKR_SESSION_HANDLE_INVALID);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("core: copy_try");
	TCase *tc = tcase_create("copy_try");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_copy_that_can_be_is_not_made);
	tcase_add_test(tc, what_the_hardware_can_not_enforce_is_noticed);
	tcase_add_test(tc, what_is_no_policy_is_noticed);
	tcase_add_test(tc, without_a_key_or_a_session_nothing_is_tried);
	suite_add_tcase(all, tc);
	return all;
}

int main(void)
{
	return test_run(suite());
}
