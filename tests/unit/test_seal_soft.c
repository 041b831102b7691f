/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The sealer "soft" does what every sealer must do, and is off unless it is
 * asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static char *folder, *passphrase;
static struct sg_config config;

static void setup(void)
{
	folder = scratch_make();
	passphrase = scratch_write(folder, "passphrase", "correct horse\n", 14, 0600);
	config = (struct sg_config){ .allow_soft = true, .soft_passphrase_file = passphrase };
	ck_assert_int_eq(sg_sealer_open("soft", &config, &test_sealer), SG_OK);
	test_provision();
}

static void teardown(void)
{
	test_sealer_end();
	free(passphrase);
	scratch_remove(&folder);
}

static void set_passphrase(const char *text)
{
	free(passphrase);
	passphrase = scratch_write(folder, "passphrase", text, strlen(text), 0600);
	config.soft_passphrase_file = passphrase;
}

START_TEST(it_is_off_unless_allowed)
{
	struct sg_sealer *sealer = test_sealer;

	config.allow_soft = false;
	ck_assert_int_eq(sg_sealer_open("soft", &config, &sealer), SG_ERR_SEALER_OFF);
	ck_assert_ptr_null(sealer);
}
END_TEST

START_TEST(it_shows_itself_as_insecure)
{
	ck_assert(!test_sealer->ops->hardware);
	ck_assert_ptr_nonnull(strstr(test_sealer->ops->model, "insecure"));
}
END_TEST

START_TEST(another_passphrase_does_not_open)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	set_passphrase("correct horsf\n");
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_OTHER);
	ck_assert_ptr_null(out);
	set_passphrase("correct horse");
	ck_assert(test_opens(NULL, &blob, plain));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(an_empty_passphrase_is_refused)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	set_passphrase("\n");
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_CONFIG);
	sg_secret_free(&plain);
}
END_TEST

START_TEST(a_missing_passphrase_is_told_apart)
{
	struct sg_sealer_status status;
	struct sg_buf parent = { 0 };
	bool made = true;

	config.soft_passphrase_file = NULL;
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, NULL, &parent, &made),
	                 SG_ERR_CONFIG);
	ck_assert(!made);
	config.soft_passphrase_file = folder;
	ck_assert_int_ne(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent), &status),
	                 SG_OK);
	ck_assert_str_ne(status.device, "");
}
END_TEST

START_TEST(two_tokens_have_two_parents)
{
	struct sg_buf first = test_parent;

	test_parent = (struct sg_buf){ 0 };
	ck_assert(test_provision());
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&test_parent)));
	sg_buf_free(&first);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("soft sealer");
	TCase *all = tcase_create("conformance"), *tcase = tcase_create("soft");

	tcase_add_checked_fixture(all, setup, teardown);
	test_conformance_add(all);
	suite_add_tcase(s, all);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_is_off_unless_allowed);
	tcase_add_test(tcase, it_shows_itself_as_insecure);
	tcase_add_test(tcase, another_passphrase_does_not_open);
	tcase_add_test(tcase, an_empty_passphrase_is_refused);
	tcase_add_test(tcase, a_missing_passphrase_is_told_apart);
	tcase_add_test(tcase, two_tokens_have_two_parents);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
