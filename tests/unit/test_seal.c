/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The table of sealers, and what a TPM sealer says where there is no TPM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/log.h"

static char *folder, tcti[128], logged[2048];

static void keep_log(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level == SG_LOG_ERROR)
		strncat(logged, line, sizeof logged - strlen(logged) - 1);
}

static void setup(void)
{
	folder = scratch_make();
	sg_log_set(keep_log, NULL);
}

static void teardown(void)
{
	sg_log_set(NULL, NULL);
	test_sealer_end();
	scratch_remove(&folder);
}

static enum sg_err status(void)
{
	struct sg_sealer_status s;
	enum sg_err err = test_sealer->ops->status(test_sealer, sg_bytes(NULL, 0), &s);

	ck_assert_str_eq(s.device, tcti);
	return err;
}

START_TEST(an_unknown_sealer_is_refused)
{
	static const struct sg_config config;
	struct sg_sealer *sealer = NULL;

	ck_assert_int_eq(sg_sealer_open("tpm2", &config, &sealer), SG_ERR_SEALER_UNKNOWN);
	ck_assert_int_eq(sg_sealer_open("", &config, &sealer), SG_ERR_SEALER_UNKNOWN);
	ck_assert_ptr_null(sealer);
}
END_TEST

START_TEST(a_list_of_sealers_has_a_model)
{
	char model[SG_SEALER_MODEL + 1];

	sg_sealer_model("tpm", model);
	ck_assert_str_eq(model, "TPM 2.0");
	sg_sealer_model("tpm+soft", model);
	ck_assert_str_eq(model, "list (insecure)");
	sg_sealer_model("tpm+tpm2", model);
	ck_assert_str_eq(model, "unknown");
	ck_assert(sg_sealer_has("tpm+soft", "soft") && sg_sealer_has("tpm", "tpm"));
	ck_assert(!sg_sealer_has("tpm", "soft") && !sg_sealer_has("tpm+soft", "tpm+soft"));
	ck_assert(sg_sealer_is_hardware("tpm") && !sg_sealer_is_hardware("tpm+soft"));
}
END_TEST

START_TEST(what_is_no_list_of_different_sealers_is_refused)
{
	static const char *const names[] = {
		"tpm+tpm2", "tpm+", "+tpm", "tpm++soft", "tpm+tpm", "soft+soft", "+",
		"tpm+soft+tpm", "tpm+soft+nothing", "soft+soft+soft+soft",
	};
	static const struct sg_config config = { .allow_soft = true };
	struct sg_sealer *sealer = NULL;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_int_eq(sg_sealer_open(names[i], &config, &sealer),
		                 SG_ERR_SEALER_UNKNOWN);
		ck_assert_ptr_null(sealer);
		ck_assert(!sg_sealer_is_hardware(names[i]) && !sg_sealer_has(names[i], "tpm"));
		ck_assert_ptr_nonnull(strstr(logged, names[i]));
	}
}
END_TEST

START_TEST(a_list_of_sealers_opens)
{
	static const struct sg_config config = { .allow_soft = true };
	struct sg_sealer *sealer = NULL;

	ck_assert_int_eq(sg_sealer_open("soft+tpm", &config, &sealer), SG_OK);
	ck_assert_str_eq(sealer->ops->name, "soft+tpm");
	sg_sealer_free(&sealer);
}
END_TEST

START_TEST(freeing_no_sealer_is_fine)
{
	struct sg_sealer *sealer = NULL;

	sg_sealer_free(NULL);
	sg_sealer_free(&sealer);
	ck_assert_ptr_null(sealer);
}
END_TEST

START_TEST(a_sealer_without_a_tpm_opens)
{
	snprintf(tcti, sizeof tcti, "device:%s/none", folder);
	test_sealer_on(tcti);
	ck_assert_str_eq(test_sealer->ops->name, "tpm");
	ck_assert(test_sealer->ops->hardware);
}
END_TEST

START_TEST(a_missing_device_is_named)
{
	snprintf(tcti, sizeof tcti, "device:%s/none", folder);
	test_sealer_on(tcti);
	ck_assert_int_eq(status(), SG_ERR_HW_MISSING);
	ck_assert_ptr_nonnull(strstr(logged, tcti + strlen("device:")));
}
END_TEST

START_TEST(a_socket_that_nobody_serves_is_missing)
{
	snprintf(tcti, sizeof tcti, "swtpm:path=%s/none", folder);
	test_sealer_on(tcti);
	ck_assert_int_eq(status(), SG_ERR_HW_MISSING);
	ck_assert_ptr_nonnull(strstr(logged, tcti));
}
END_TEST

START_TEST(a_tcti_that_does_not_exist_is_missing)
{
	snprintf(tcti, sizeof tcti, "nosuchtcti:x");
	test_sealer_on(tcti);
	ck_assert_int_eq(status(), SG_ERR_HW_MISSING);
}
END_TEST

START_TEST(a_device_that_may_not_be_opened_names_the_group_and_the_way)
{
	char *path = scratch_write(folder, "tpm0", "", 0, 0660);

	ck_assert_int_eq(chmod(folder, 0755), 0);
	/* Group 2 is bin in Debian: not ours, and it has a name. */
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 0, 2), 0);
		ck_assert_int_eq(setegid(65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	} else {
		ck_assert_int_eq(chmod(path, 0), 0);
	}
	snprintf(tcti, sizeof tcti, "device:%s", path);
	test_sealer_on(tcti);
	ck_assert_int_eq(status(), SG_ERR_HW_PERMISSION);
	ck_assert_ptr_nonnull(strstr(logged, path));
	ck_assert_ptr_nonnull(strstr(logged, "usermod -aG "));
	if (getuid() == 0) {
		ck_assert_ptr_nonnull(strstr(logged, "usermod -aG bin USER"));
		ck_assert_int_eq(seteuid(0), 0);
	}
	free(path);
}
END_TEST

START_TEST(a_file_that_is_no_tpm_is_a_fault)
{
	char *path = scratch_write(folder, "tpm0", "", 0, 0600);

	snprintf(tcti, sizeof tcti, "device:%s", path);
	test_sealer_on(tcti);
	ck_assert_int_ne(status(), SG_OK);
	free(path);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sealer");
	TCase *tcase = tcase_create("sealer");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_unknown_sealer_is_refused);
	tcase_add_test(tcase, a_list_of_sealers_has_a_model);
	tcase_add_test(tcase, what_is_no_list_of_different_sealers_is_refused);
	tcase_add_test(tcase, a_list_of_sealers_opens);
	tcase_add_test(tcase, freeing_no_sealer_is_fine);
	tcase_add_test(tcase, a_sealer_without_a_tpm_opens);
	tcase_add_test(tcase, a_missing_device_is_named);
	tcase_add_test(tcase, a_socket_that_nobody_serves_is_missing);
	tcase_add_test(tcase, a_tcti_that_does_not_exist_is_missing);
	tcase_add_test(tcase, a_device_that_may_not_be_opened_names_the_group_and_the_way);
	tcase_add_test(tcase, a_file_that_is_no_tpm_is_a_fault);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
