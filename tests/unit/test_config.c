/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/config.c.
 */
#define _GNU_SOURCE 1
#include "util/config.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/log.h"

#define NOBODY 65534

static struct sg_config *config;
static char last_line[1024];
static char *folder;
static char home[64];           /* of the account of whoever runs this */

/* In the place of the C library's: nobody has an account whose home is what a test wants. */
int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	(void)buffer;
	(void)size;
	*entry = (struct passwd){ .pw_uid = uid, .pw_dir = home };
	*found = home[0] != '\0' ? entry : NULL;
	return 0;
}

static void set_account_home(const char *value)
{
	snprintf(home, sizeof(home), "%s", value);
}

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void setup(void)
{
	folder = scratch_make();
	sg_log_set(keep, NULL);
	unsetenv("SIGNET_CONF");
	unsetenv("SIGNET_STATE");
	unsetenv("SIGNET_TCTI");
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/home/someone", 1);
	set_account_home("/home/user");
}

static void teardown(void)
{
	sg_config_free(&config);
	scratch_remove(&folder);
}

static enum sg_err parse(const char *text)
{
	return sg_config_parse(sg_bytes_str(text), "test.conf", &config);
}

static void use_file(const char *text)
{
	char *path = scratch_write(folder, "signet.conf", text, strlen(text), 0644);

	setenv("SIGNET_CONF", path, 1);
	free(path);
}

static void assert_refused(const char *text, const char *message)
{
	ck_assert_int_eq(parse(text), SG_ERR_CONFIG);
	ck_assert_ptr_null(config);
	ck_assert_str_eq(last_line, message);
}

START_TEST(an_empty_text_gives_the_defaults)
{
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_str_eq(config->path, "test.conf");
	ck_assert_str_eq(config->tcti, "device:/dev/tpmrm0");
	ck_assert_str_eq(config->sealer, "tpm");
	ck_assert(!config->allow_soft);
	ck_assert_ptr_null(config->soft_passphrase_file);
	ck_assert_ptr_null(config->hsm[0]);
	ck_assert_int_eq(config->ec_point, SG_EC_POINT_OCTET);
	ck_assert_int_eq(config->log_to, SG_LOG_TO_NOTHING);
	ck_assert_int_eq(config->tripwire, SG_TRIPWIRE_LOG);
	ck_assert_uint_eq(config->hsm_timeout, 10);
	ck_assert_uint_eq(config->login_cache, 0);
	ck_assert(!config->idempotent_login);
	ck_assert(!config->ignore_pin);
}
END_TEST

START_TEST(every_key_is_read)
{
	ck_assert_int_eq(parse("state = /srv/tokens\n"
			       "tcti=swtpm:host=localhost,port=2321\n"
			       "sealer = soft\n"
			       "allow-soft = yes\n"
			       "soft-passphrase-file = /etc/signet/pass phrase\n"
			       "pin-tries = 1000\n"
			       "hsm-timeout = 3600\n"
			       "login-cache = 3600\n"
			       "idempotent-login = yes\n"
			       "ignore-pin = yes\n"
			       "ec-point = raw\n"
			       "log = syslog\n"
			       "tripwire = refuse\n"), SG_OK);
	ck_assert_str_eq(config->state, "/srv/tokens");
	ck_assert_str_eq(config->tcti, "swtpm:host=localhost,port=2321");
	ck_assert_str_eq(config->sealer, "soft");
	ck_assert(config->allow_soft);
	ck_assert_str_eq(config->soft_passphrase_file, "/etc/signet/pass phrase");
	ck_assert_uint_eq(config->pin_tries, 1000);
	ck_assert_uint_eq(config->hsm_timeout, 3600);
	ck_assert_uint_eq(config->login_cache, 3600);
	ck_assert(config->idempotent_login);
	ck_assert(config->ignore_pin);
	ck_assert_int_eq(config->ec_point, SG_EC_POINT_RAW);
	ck_assert_int_eq(config->log_to, SG_LOG_TO_SYSLOG);
	ck_assert_int_eq(config->tripwire, SG_TRIPWIRE_REFUSE);
}
END_TEST

START_TEST(the_tripwire_is_off_only_where_that_is_said)
{
	ck_assert_int_eq(parse("tripwire = off\n"), SG_OK);
	ck_assert_int_eq(config->tripwire, SG_TRIPWIRE_OFF);
	sg_config_free(&config);
	ck_assert_int_eq(parse("tripwire = log\n"), SG_OK);
	ck_assert_int_eq(config->tripwire, SG_TRIPWIRE_LOG);
	sg_config_free(&config);
	assert_refused("tripwire = no\n",
		       "test.conf:1: the value of tripwire is \"no\", but must be off, log or refuse");
}
END_TEST

START_TEST(comments_blanks_and_a_missing_last_newline_are_fine)
{
	ck_assert_int_eq(parse("# comment\n\n \t \n\t# indented = comment\n \tlog\t=  syslog \t"),
			 SG_OK);
	ck_assert_int_eq(config->log_to, SG_LOG_TO_SYSLOG);
}
END_TEST

START_TEST(a_hash_inside_a_value_belongs_to_it)
{
	ck_assert_int_eq(parse("state = /srv/#1\n"), SG_OK);
	ck_assert_str_eq(config->state, "/srv/#1");
}
END_TEST

START_TEST(an_unknown_key_names_its_line)
{
	assert_refused("log = none\n\nLog = none\n", "test.conf:3: there is no key \"Log\"");
	assert_refused("= none\n", "test.conf:1: there is no key \"\"");
}
END_TEST

START_TEST(a_repeated_key_names_both_lines)
{
	assert_refused("log = none\n# x\nlog = none\n",
		       "test.conf:3: the key log stands in line 1 already");
}
END_TEST

START_TEST(several_hsms_are_taken_in_their_order)
{
	ck_assert_int_eq(parse("hsm = pkcs11:token=a\nlog = none\nhsm = pkcs11:token=b\n"), SG_OK);
	ck_assert_str_eq(config->hsm[0], "pkcs11:token=a");
	ck_assert_str_eq(config->hsm[1], "pkcs11:token=b");
	ck_assert_ptr_null(config->hsm[2]);
}
END_TEST

START_TEST(what_can_be_no_hsm_is_refused)
{
	static const char *const texts[] = {
		"hsm = /usr/lib/softhsm/libsofthsm2.so\n",
		"hsm = pkcs11:token=a?pin-value=1234\n",
		"hsm = pkcs11:\nhsm = pkcs11:\nhsm = pkcs11:\nhsm = pkcs11:\nhsm = pkcs11:\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(parse(texts[i]), SG_ERR_CONFIG);
		ck_assert_ptr_null(config);
		ck_assert_ptr_nonnull(strstr(last_line, "without a pin-value"));
	}
}
END_TEST

/* Standard error and syslog have more readers than the file. */
START_TEST(a_secret_in_the_wrong_place_is_not_printed)
{
	static const char *const texts[] = {
		"hsm = pkcs11:token=a?module-path=/m.so&pin-value=SECRET\n",
		"hsm = pkcs11:token=a;pin-value=SECRET?module-path=/m.so\n",
		"hsm = SECRET\n",
		"soft-passphrase-file = SECRET\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(parse(texts[i]), SG_ERR_CONFIG);
		ck_assert_ptr_null(strstr(last_line, "SECRET"));
		ck_assert_ptr_nonnull(strstr(last_line, "test.conf:1: the value of "));
	}
	ck_assert_int_eq(parse(texts[0]), SG_ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(last_line, "\"pkcs11:token=a...\""));
}
END_TEST

START_TEST(a_line_without_an_equals_sign_is_refused)
{
	assert_refused("log none\n", "test.conf:1: a line must have the form: key = value");
}
END_TEST

START_TEST(a_bad_value_says_what_is_wanted)
{
	assert_refused("allow-soft = true\n",
		       "test.conf:1: the value of allow-soft is \"true\", but must be yes or no");
	assert_refused("ec-point = der\n",
		       "test.conf:1: the value of ec-point is \"der\", but must be octet or raw");
	assert_refused("pin-tries = 1001\n",
		       "test.conf:1: the value of pin-tries is \"1001\", "
		       "but must be a number from 0 to 1000");
	assert_refused("pin-tries = -1\n",
		       "test.conf:1: the value of pin-tries is \"-1\", "
		       "but must be a number from 0 to 1000");
	assert_refused("hsm-timeout = 3601\n",
		       "test.conf:1: the value of hsm-timeout is \"3601\", "
		       "but must be a number of seconds from 0 to 3600");
	assert_refused("login-cache = 3601\n",
		       "test.conf:1: the value of login-cache is \"3601\", "
		       "but must be a number of seconds from 0 to 3600");
	assert_refused("idempotent-login = 1\n",
		       "test.conf:1: the value of idempotent-login is \"1\", but must be yes or no");
	assert_refused("log = stderr\n",
		       "test.conf:1: the value of log is \"stderr\", but must be none or syslog");
	assert_refused("state = tokens\n",
		       "test.conf:1: the value of state is \"tokens\", "
		       "but must be an absolute path");
}
END_TEST

START_TEST(an_empty_value_is_refused)
{
	static const char *const texts[] = {
		"state =\n", "tcti =\n", "sealer =\n", "allow-soft =\n",
		"soft-passphrase-file =\n", "hsm =\n", "ec-point =\n", "log =\n",
		"tripwire =\n", "pin-tries =\n", "hsm-timeout =\n", "login-cache =\n",
		"idempotent-login =\n", "ignore-pin =\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(parse(texts[i]), SG_ERR_CONFIG);
		ck_assert_ptr_null(config);
	}
}
END_TEST

START_TEST(the_name_of_a_sealer_is_one_plain_word_or_several_joined)
{
	ck_assert_int_eq(parse("sealer = ../tpm\n"), SG_ERR_CONFIG);
	ck_assert_int_eq(parse("sealer = tpm hsm\n"), SG_ERR_CONFIG);
	ck_assert_int_eq(parse("sealer = tpm + hsm\n"), SG_ERR_CONFIG);
	ck_assert_int_eq(parse("sealer = hsm+tpm\n"), SG_OK);
	ck_assert_str_eq(config->sealer, "hsm+tpm");
}
END_TEST

START_TEST(the_passphrase_itself_is_not_taken_for_a_file)
{
	ck_assert_int_eq(parse("soft-passphrase-file = secret words\n"), SG_ERR_CONFIG);
}
END_TEST

START_TEST(binary_and_control_characters_are_refused)
{
	ck_assert_int_eq(sg_config_parse(sg_bytes("log = none\0\n", 12), "n", &config),
			 SG_ERR_CONFIG);
	assert_refused("log = none\r\n",
		       "test.conf:1: there is a control character in this line");
	ck_assert_int_eq(parse("# \x1b[2J\n"), SG_ERR_CONFIG);
}
END_TEST

START_TEST(a_text_above_64_kibibytes_is_refused)
{
	size_t len = (64 << 10) + 1;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', len);
	ck_assert_int_eq(sg_config_parse(sg_bytes(text, len), "n", &config), SG_ERR_CONFIG);
	ck_assert_int_eq(sg_config_parse(sg_bytes(text, len - 1), "n", &config), SG_OK);
	free(text);
}
END_TEST

START_TEST(the_file_that_the_environment_names_is_read)
{
	use_file("sealer = hsm\n");
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_str_eq(config->path, getenv("SIGNET_CONF"));
	ck_assert_str_eq(config->sealer, "hsm");
}
END_TEST

START_TEST(a_named_file_that_is_missing_is_an_error)
{
	char *path = scratch_path(folder, "missing");

	setenv("SIGNET_CONF", path, 1);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(last_line, path));
	setenv("SIGNET_CONF", "", 1);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
	ck_assert_ptr_null(config);
	free(path);
}
END_TEST

START_TEST(a_named_file_that_is_a_folder_is_an_error)
{
	setenv("SIGNET_CONF", folder, 1);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
	use_file("tcti = cmd:anything\n");
	ck_assert_int_eq(chmod(getenv("SIGNET_CONF"), 0620), 0);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
	ck_assert_int_eq(chmod(getenv("SIGNET_CONF"), 0602), 0);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
	ck_assert_int_eq(chmod(getenv("SIGNET_CONF"), 0644), 0);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
}
END_TEST

START_TEST(the_environment_wins_over_the_file)
{
	use_file("state = /from/file\ntcti = from-file\n");
	setenv("SIGNET_STATE", "/from/environment", 1);
	setenv("SIGNET_TCTI", "from-environment", 1);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_str_eq(config->state, "/from/environment");
	ck_assert_str_eq(config->tcti, "from-environment");
}
END_TEST

START_TEST(a_bad_value_in_the_environment_names_the_variable)
{
	use_file("");
	setenv("SIGNET_STATE", "relative", 1);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(last_line, "SIGNET_STATE"));
	unsetenv("SIGNET_STATE");
	setenv("SIGNET_TCTI", "", 1);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(last_line, "SIGNET_TCTI"));
	ck_assert_ptr_null(config);
}
END_TEST

START_TEST(root_keeps_its_state_below_var_lib)
{
	if (geteuid() != 0)
		return;
	setenv("XDG_STATE_HOME", "/x", 1);
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_str_eq(config->state, LOCALSTATEDIR "/lib/signet");
}
END_TEST

START_TEST(a_user_keeps_his_state_at_home)
{
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(NOBODY), 0);
	/* A program whose user ids differ would be asked to distrust the environment only if
	 * the kernel had marked it at its start, which it has not. */
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_str_eq(config->state, "/home/someone/.local/state/signet");
	sg_config_free(&config);
	setenv("XDG_STATE_HOME", "/xdg", 1);
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_str_eq(config->state, "/xdg/signet");
	sg_config_free(&config);
	setenv("XDG_STATE_HOME", "relative", 1);
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_str_eq(config->state, "/home/someone/.local/state/signet");
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

static void become_user(void)
{
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(NOBODY), 0);
}

static void become_root_again(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

START_TEST(the_account_says_where_home_is_if_the_environment_does_not)
{
	become_user();
	unsetenv("HOME");
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_str_eq(config->state, "/home/user/.local/state/signet");
	sg_config_free(&config);
	set_account_home("");
	ck_assert_int_eq(parse(""), SG_ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(last_line, "SIGNET_STATE"));
	become_root_again();
}
END_TEST

START_TEST(the_user_of_services_keeps_its_state_below_var_lib_whatever_the_environment)
{
	become_user();
	set_account_home(LOCALSTATEDIR "/lib/signet");
	setenv("XDG_STATE_HOME", "/root/state", 1);
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_str_eq(config->state, LOCALSTATEDIR "/lib/signet");
	become_root_again();
}
END_TEST

START_TEST(a_configuration_in_a_folder_that_others_can_write_is_refused)
{
	use_file("log = none\n");
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_int_eq(sg_config_load(&config), SG_ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(last_line, "chmod go-w"));
}
END_TEST

START_TEST(freeing_clears_the_pointer_and_takes_null)
{
	sg_config_free(NULL);
	sg_config_free(&config);
	ck_assert_int_eq(parse(""), SG_OK);
	sg_config_free(&config);
	ck_assert_ptr_null(config);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_empty_text_gives_the_defaults);
	tcase_add_test(t, every_key_is_read);
	tcase_add_test(t, the_tripwire_is_off_only_where_that_is_said);
	tcase_add_test(t, comments_blanks_and_a_missing_last_newline_are_fine);
	tcase_add_test(t, a_hash_inside_a_value_belongs_to_it);
	tcase_add_test(t, an_unknown_key_names_its_line);
	tcase_add_test(t, a_repeated_key_names_both_lines);
	tcase_add_test(t, several_hsms_are_taken_in_their_order);
	tcase_add_test(t, what_can_be_no_hsm_is_refused);
	tcase_add_test(t, a_secret_in_the_wrong_place_is_not_printed);
	tcase_add_test(t, a_line_without_an_equals_sign_is_refused);
	tcase_add_test(t, a_bad_value_says_what_is_wanted);
	tcase_add_test(t, an_empty_value_is_refused);
	tcase_add_test(t, the_name_of_a_sealer_is_one_plain_word_or_several_joined);
	tcase_add_test(t, the_passphrase_itself_is_not_taken_for_a_file);
	tcase_add_test(t, binary_and_control_characters_are_refused);
	tcase_add_test(t, a_text_above_64_kibibytes_is_refused);
	tcase_add_test(t, the_file_that_the_environment_names_is_read);
	tcase_add_test(t, a_named_file_that_is_missing_is_an_error);
	tcase_add_test(t, a_named_file_that_is_a_folder_is_an_error);
	tcase_add_test(t, a_file_that_others_can_write_is_refused);
	tcase_add_test(t, the_environment_wins_over_the_file);
	tcase_add_test(t, a_bad_value_in_the_environment_names_the_variable);
	tcase_add_test(t, root_keeps_its_state_below_var_lib);
	tcase_add_test(t, a_user_keeps_his_state_at_home);
	tcase_add_test(t, the_account_says_where_home_is_if_the_environment_does_not);
	tcase_add_test(t, the_user_of_services_keeps_its_state_below_var_lib_whatever_the_environment);
	tcase_add_test(t, a_configuration_in_a_folder_that_others_can_write_is_refused);
	tcase_add_test(t, freeing_clears_the_pointer_and_takes_null);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
