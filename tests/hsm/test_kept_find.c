/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that an HSM keeps are found by the names that they bear there, and what bears another
 * name is left alone, whatever the HSM answers.
 */
#include <string.h>

#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"
#include "seal/hsm/sealer.h"

/* SoftHSM 2.6.1 forgets the name of an Ed25519 key's curve whenever it makes or reads one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto.so";
}

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct sg_config config;
static struct sg_resident_list list;
static const struct sg_resident_ops *ops;

/* The names of two keys of one token, and of one of another. */
static const struct sg_resident_name first = { "a token 3456789", "the first key 5" };
static const struct sg_resident_name second = { "a token 3456789", "the second key6" };
static const struct sg_resident_name other = { "another 3456789", "the first key 5" };

static void make(const struct sg_resident_name *name, enum sg_resident_kind kind, unsigned uses)
{
	const struct sg_resident_plan plan = { *name, kind, uses };
	uint8_t point[SG_RESIDENT_POINT];
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(ops->create(test_sealer, sg_buf_bytes(&test_parent), &plan, &blob, point),
	                 SG_OK);
	sg_buf_free(&blob);
}

static void set_up(void)
{
	bool made;

	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	config = (struct sg_config){ .hsm = { hsm.uri } };
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
	ops = test_sealer->ops->resident;
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, NULL, &test_parent, &made), SG_OK);
	make(&first, SG_RESIDENT_ED25519, SG_RESIDENT_SIGN);
	make(&second, SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN);
	make(&other, SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN);
}

static void tear_down(void)
{
	sg_resident_list_clear(&list);
	test_sealer_end();
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

static const struct sg_resident_found *find(const struct sg_resident_name *name)
{
	for (size_t i = 0; i < list.n; i++)
		if (memcmp(&list.found[i].name, name, sizeof *name) == 0)
			return &list.found[i];
	return NULL;
}

static enum sg_err look(const uint8_t *token)
{
	sg_resident_list_clear(&list);
	return ops->list(test_sealer, 0, token, &list);
}

static CK_ULONG objects(void)
{
	return test_hsm_count(softhsm.module, TEST_HSM_LABEL);
}

START_TEST(the_keys_of_a_token_are_listed_and_a_pair_is_one)
{
	ck_assert_int_eq(look(first.token), SG_OK);
	ck_assert_uint_eq(list.n, 2);
	ck_assert(!list.more);
	ck_assert_uint_eq(find(&first)->halves, SG_RESIDENT_PRIVATE_HALF | SG_RESIDENT_PUBLIC_HALF);
	ck_assert_uint_eq(find(&second)->halves, SG_RESIDENT_SECRET_HALF);
}
END_TEST

START_TEST(so_are_those_of_all_tokens_and_no_more)
{
	ck_assert_int_eq(look(NULL), SG_OK);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_ptr_nonnull(find(&other));
}
END_TEST

START_TEST(an_hsm_that_finds_too_much_is_not_believed)
{
	test_faulty_quirks(&hsm, FAULTY_FINDS_ALL);
	ck_assert_int_eq(look(first.token), SG_OK);
	ck_assert_uint_eq(list.n, 2);
}
END_TEST

START_TEST(what_is_removed_is_gone_with_both_halves_and_nothing_else)
{
	const CK_ULONG before = objects();

	ck_assert_int_eq(ops->remove(test_sealer, 0, &first), SG_OK);
	ck_assert_uint_eq(objects(), before - 2);
	ck_assert_int_eq(ops->remove(test_sealer, 0, &first), SG_OK);
	ck_assert_int_eq(look(NULL), SG_OK);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_ptr_null(find(&first));
}
END_TEST

START_TEST(an_hsm_that_finds_too_much_loses_nothing_of_others)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	test_faulty_quirks(&hsm, FAULTY_FINDS_ALL);
	(void)ops->remove(test_sealer, 0, &first);
	test_faulty_quirks(&hsm, 0);
	ck_assert_int_eq(look(NULL), SG_OK);
	ck_assert_ptr_nonnull(find(&second));
	ck_assert_ptr_nonnull(find(&other));
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

static const uint64_t lengths[] = { 0, 1, 8, 15, 17, 38, 40, 4096, UINT64_MAX };

START_TEST(a_name_of_another_length_is_none)
{
	test_faulty_lie(&hsm, "C_GetAttributeValue", lengths[_i]);
	ck_assert_int_eq(look(NULL), SG_OK);
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

START_TEST(a_garbled_name_is_none)
{
	test_faulty_garble(&hsm, "C_GetAttributeValue");
	ck_assert_int_eq(look(NULL), SG_OK);
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

/* What a look or a removal asks for. */
static const char *const asked[] = { "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue" };

START_TEST(an_hsm_that_fails_is_an_error_and_not_an_empty_list)
{
	test_faulty_fail(&hsm, asked[_i], 1, TEST_FOREVER, CKR_GENERAL_ERROR);
	ck_assert_int_eq(look(first.token), SG_ERR_HSM_FAULT);
	ck_assert_int_eq(ops->remove(test_sealer, 0, &first), SG_ERR_HSM_FAULT);
}
END_TEST

START_TEST(a_look_survives_a_restart_of_the_hsm)
{
	test_faulty_at(&hsm, "C_GetAttributeValue", 3, FAULTY_RESTARTED);
	ck_assert_int_eq(look(NULL), SG_OK);
	ck_assert_uint_eq(list.n, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kept find");
	TCase *tc = tcase_create("kept find");

	tcase_set_timeout(tc, 600);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_keys_of_a_token_are_listed_and_a_pair_is_one);
	tcase_add_test(tc, so_are_those_of_all_tokens_and_no_more);
	tcase_add_test(tc, an_hsm_that_finds_too_much_is_not_believed);
	tcase_add_test(tc, what_is_removed_is_gone_with_both_halves_and_nothing_else);
	tcase_add_test(tc, an_hsm_that_finds_too_much_loses_nothing_of_others);
	tcase_add_loop_test(tc, a_name_of_another_length_is_none, 0,
	                    sizeof lengths / sizeof lengths[0]);
	tcase_add_test(tc, a_garbled_name_is_none);
	tcase_add_loop_test(tc, an_hsm_that_fails_is_an_error_and_not_an_empty_list, 0,
	                    sizeof asked / sizeof asked[0]);
	tcase_add_test(tc, a_look_survives_a_restart_of_the_hsm);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
