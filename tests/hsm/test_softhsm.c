/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The SoftHSM that tests stand on is what its header says.
 */
#include <fcntl.h>
#include <p11-kit/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

static struct test_softhsm hsm;

static void setup(void)
{
	test_softhsm_start(&hsm);
}

static void teardown(void)
{
	test_softhsm_stop(&hsm);
}

static void make_key(struct test_hsm *in, void *arg)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_OBJECT_HANDLE key;
	struct p11_template t = { .n = 0 };

	(void)arg;
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_ok(in->f->C_GenerateKey(in->session, &mechanism, t.attr, t.n, &key));
}

START_TEST(a_token_of_a_test_is_empty)
{
	ck_assert_uint_eq(test_hsm_count(hsm.module, TEST_HSM_LABEL), 0);
}
END_TEST

START_TEST(what_one_process_makes_another_finds)
{
	test_hsm_in_child(hsm.module, TEST_HSM_LABEL, make_key, NULL);
	ck_assert_uint_eq(test_hsm_count(hsm.module, TEST_HSM_LABEL), 1);
}
END_TEST

START_TEST(a_child_looks_while_this_process_is_in_it)
{
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	make_key(&in, NULL);
	ck_assert_uint_eq(test_hsm_count(hsm.module, TEST_HSM_LABEL), 1);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(entering_twice_shares_the_login)
{
	struct test_hsm first, second;

	test_hsm_enter(&first, hsm.module, TEST_HSM_LABEL);
	test_hsm_enter(&second, hsm.module, TEST_HSM_LABEL);
	ck_assert(first.initialised && !second.initialised);
	test_hsm_leave(&second);
	make_key(&first, NULL);
	test_hsm_leave(&first);
}
END_TEST

START_TEST(a_second_token_has_objects_of_its_own)
{
	test_softhsm_add(&hsm, "another");
	test_hsm_in_child(hsm.module, "another", make_key, NULL);
	ck_assert_uint_eq(test_hsm_count(hsm.module, "another"), 1);
	ck_assert_uint_eq(test_hsm_count(hsm.module, TEST_HSM_LABEL), 0);
}
END_TEST

START_TEST(the_uri_names_token_module_and_pin_file)
{
	P11KitUri *uri = p11_kit_uri_new();
	CK_TOKEN_INFO *token;
	struct stat st;
	char source[256];
	struct sg_buf pin;

	ck_assert_int_eq(p11_kit_uri_parse(hsm.uri, P11_KIT_URI_FOR_ANY, uri), P11_KIT_URI_OK);
	token = p11_kit_uri_get_token_info(uri);
	ck_assert(memcmp(token->label, TEST_HSM_LABEL, strlen(TEST_HSM_LABEL)) == 0);
	ck_assert_str_eq(p11_kit_uri_get_module_path(uri), hsm.module);
	snprintf(source, sizeof source, "file:%s", hsm.pin_file);
	ck_assert_str_eq(p11_kit_uri_get_pin_source(uri), source);
	ck_assert_int_eq(stat(hsm.pin_file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	pin = test_file_read(hsm.pin_file);
	ck_assert(sg_bytes_equal(sg_bytes(pin.data, pin.len), sg_bytes_str(TEST_HSM_PIN)));
	sg_buf_free(&pin);
	p11_kit_uri_free(uri);
}
END_TEST

START_TEST(stopping_leaves_nothing)
{
	char *folder = strdup(hsm.folder);

	test_softhsm_stop(&hsm);
	ck_assert_int_ne(access(folder, F_OK), 0);
	test_softhsm_stop(&hsm);
	free(folder);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("softhsm");
	TCase *tc = tcase_create("softhsm");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_token_of_a_test_is_empty);
	tcase_add_test(tc, what_one_process_makes_another_finds);
	tcase_add_test(tc, a_child_looks_while_this_process_is_in_it);
	tcase_add_test(tc, entering_twice_shares_the_login);
	tcase_add_test(tc, a_second_token_has_objects_of_its_own);
	tcase_add_test(tc, the_uri_names_token_module_and_pin_file);
	tcase_add_test(tc, stopping_leaves_nothing);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
