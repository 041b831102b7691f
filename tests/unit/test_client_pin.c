/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Where the PIN of an HSM comes from.
 */
#include <p11-kit/p11-kit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pin.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/log.h"

#define PIN "the pin"

static char *folder, *file;
static P11KitUri *uri;
static unsigned char label[32];
static struct sg_secret *pin;
static struct sg_client_pin_origin origin;

static void setup(void)
{
	folder = scratch_make();
	file = scratch_write(folder, "pin-file", PIN "\n", strlen(PIN) + 1, 0600);
	uri = p11_kit_uri_new();
	memset(label, ' ', sizeof label);
	memcpy(label, "an hsm", 6);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void teardown(void)
{
	sg_client_pin_ask(NULL);
	sg_secret_free(&pin);
	p11_kit_uri_free(uri);
	scratch_remove(&folder);
	free(file);
}

static enum sg_err read_from(const char *prefix, const char *rest)
{
	char source[512];

	snprintf(source, sizeof source, "%s%s", prefix, rest);
	p11_kit_uri_set_pin_source(uri, source);
	sg_secret_free(&pin);
	return sg_client_pin_read(uri, label, &origin, &pin);
}

static void has(const char *text)
{
	ck_assert_ptr_nonnull(pin);
	ck_assert(sg_secret_equal(sg_secret_bytes(pin), sg_bytes_str(text)));
}

static const char *const prefixes[] = { "file:", "file://", "" };

START_TEST(it_is_read_from_a_file)
{
	ck_assert_int_eq(read_from(prefixes[_i], file), SG_OK);
	has(PIN);
}
END_TEST

START_TEST(it_is_read_each_time)
{
	ck_assert_int_eq(read_from("file:", file), SG_OK);
	free(file);
	file = scratch_write(folder, "pin-file", "another", 7, 0600);
	ck_assert_int_eq(read_from("file:", file), SG_OK);
	has("another");
}
END_TEST

START_TEST(it_is_read_from_a_credential)
{
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	ck_assert_int_eq(read_from("credential:", "pin-file"), SG_OK);
	has(PIN);
}
END_TEST

static const char *const no_names[] = { "", "../pin-file", "/etc/passwd", "a/b" };

START_TEST(a_credential_is_named_by_its_name_alone)
{
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	ck_assert_int_eq(read_from("credential:", no_names[_i]), SG_ERR_HSM_PIN);
	ck_assert_ptr_null(pin);
}
END_TEST

START_TEST(without_credentials_there_is_none)
{
	ck_assert_int_eq(read_from("credential:", "pin-file"), SG_ERR_HSM_PIN);
	ck_assert_ptr_null(pin);
}
END_TEST

static const char *const no_files[] = {
	"pin-file", "file:pin-file", "file://host/pin-file", "prompt", "http://localhost/", "",
	"|cat /etc/passwd",
};

START_TEST(what_names_no_file_is_a_mistake_of_the_configuration)
{
	ck_assert_int_eq(read_from("", no_files[_i]), SG_ERR_CONFIG);
	ck_assert_ptr_null(pin);
}
END_TEST

static char last_line[512];

static void keep_line(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(last_line, sizeof last_line, "%s", line);
}

START_TEST(a_pin_in_the_place_of_its_source_is_not_printed)
{
	sg_log_set(keep_line, NULL);
	ck_assert_int_eq(read_from("", "SECRET"), SG_ERR_CONFIG);
	ck_assert_int_eq(read_from("file:", "SECRET"), SG_ERR_CONFIG);
	sg_log_set(NULL, NULL);
	ck_assert_ptr_nonnull(strstr(last_line, "pin-source"));
	ck_assert_ptr_null(strstr(last_line, "SECRET"));
}
END_TEST

static const char *const empty[] = { "", "\n" };

START_TEST(a_file_without_a_pin_costs_no_try)
{
	free(file);
	file = scratch_write(folder, "pin-file", empty[_i], strlen(empty[_i]), 0600);
	ck_assert_int_eq(read_from("file:", file), SG_ERR_HSM_PIN);
	ck_assert_ptr_null(pin);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_said_to_be_the_pin)
{
	ck_assert_int_eq(read_from("file:/nonexistent/", "pin"), SG_ERR_HSM_PIN);
	ck_assert_ptr_null(pin);
}
END_TEST

START_TEST(a_file_that_others_can_read_is_refused)
{
	free(file);
	file = scratch_write(folder, "pin-file", PIN, strlen(PIN), 0644);
	ck_assert_int_eq(read_from("file:", file), SG_ERR_STORE_UNSAFE);
	ck_assert_ptr_null(pin);
}
END_TEST

START_TEST(a_file_that_is_too_long_is_refused)
{
	char much[SG_CLIENT_PIN_MAX + 1];

	memset(much, '1', sizeof much);
	free(file);
	file = scratch_write(folder, "pin-file", much, sizeof much, 0600);
	ck_assert_int_ne(read_from("file:", file), SG_OK);
	ck_assert_ptr_null(pin);
}
END_TEST

START_TEST(without_a_source_nobody_is_asked_unless_told)
{
	ck_assert_int_eq(sg_client_pin_read(uri, label, &origin, &pin), SG_OK);
	ck_assert_ptr_null(pin);
}
END_TEST

static char asked_for[64];

static enum sg_err answer(const char *name, struct sg_secret **out)
{
	snprintf(asked_for, sizeof asked_for, "%s", name);
	return sg_secret_copy(sg_bytes_str("asked"), out);
}

static enum sg_err answer_nothing(const char *name, struct sg_secret **out)
{
	(void)name;
	return sg_secret_new(1, out);
}

START_TEST(who_is_asked_and_says_nothing_gave_no_pin)
{
	sg_client_pin_ask(answer_nothing);
	ck_assert_int_eq(sg_client_pin_read(uri, label, &origin, &pin), SG_ERR_HSM_PIN);
	ck_assert_ptr_null(pin);
}
END_TEST

START_TEST(who_is_asked_sees_the_label)
{
	sg_client_pin_ask(answer);
	ck_assert_int_eq(sg_client_pin_read(uri, label, &origin, &pin), SG_OK);
	has("asked");
	ck_assert_str_eq(asked_for, "an hsm");
}
END_TEST

START_TEST(a_label_that_fills_its_field_is_whole)
{
	memset(label, 'x', sizeof label);
	sg_client_pin_ask(answer);
	ck_assert_int_eq(sg_client_pin_read(uri, label, &origin, &pin), SG_OK);
	ck_assert_uint_eq(strlen(asked_for), sizeof label);
}
END_TEST

START_TEST(with_a_source_nobody_is_asked)
{
	sg_client_pin_ask(answer);
	asked_for[0] = '\0';
	ck_assert_int_eq(read_from("file:/nonexistent/", "pin"), SG_ERR_HSM_PIN);
	ck_assert_str_eq(asked_for, "");
}
END_TEST

#define COUNT(list) (sizeof (list) / sizeof (list)[0])

static Suite *suite(void)
{
	Suite *s = suite_create("hsm_pin");
	TCase *tcase = tcase_create("pin");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, it_is_read_from_a_file, 0, COUNT(prefixes));
	tcase_add_test(tcase, it_is_read_each_time);
	tcase_add_test(tcase, it_is_read_from_a_credential);
	tcase_add_loop_test(tcase, a_credential_is_named_by_its_name_alone, 0,
	                    COUNT(no_names));
	tcase_add_test(tcase, without_credentials_there_is_none);
	tcase_add_loop_test(tcase, what_names_no_file_is_a_mistake_of_the_configuration,
	                    0, COUNT(no_files));
	tcase_add_test(tcase, a_pin_in_the_place_of_its_source_is_not_printed);
	tcase_add_loop_test(tcase, a_file_without_a_pin_costs_no_try, 0, COUNT(empty));
	tcase_add_test(tcase, who_is_asked_and_says_nothing_gave_no_pin);
	tcase_add_test(tcase, a_file_that_is_not_there_is_said_to_be_the_pin);
	tcase_add_test(tcase, a_file_that_others_can_read_is_refused);
	tcase_add_test(tcase, a_file_that_is_too_long_is_refused);
	tcase_add_test(tcase, without_a_source_nobody_is_asked_unless_told);
	tcase_add_test(tcase, who_is_asked_sees_the_label);
	tcase_add_test(tcase, a_label_that_fills_its_field_is_whole);
	tcase_add_test(tcase, with_a_source_nobody_is_asked);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
