/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Everything that is not quite a key file that holds a URI.
 */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"
#include "provider/world.h"

#define MACHINE "pkcs11:object=id;type=private"

static const char *const damaged[] = {
	"-----BEGIN PKCS#11 PROVIDER URI-----\n",
	"-----BEGIN PKCS#11 PROVIDER URI-----\n-----END PRIVATE KEY-----\n",
	"-----BEGIN PKCS#11 PROVIDER URI-----\n*\n-----END PKCS#11 PROVIDER URI-----\n",
	"-----BEGIN PKCS#11 PROVIDER URI-----\nAAA\n-----END PKCS#11 PROVIDER URI-----\n",
};

START_TEST(a_damaged_file_is_called_that)
{
	world_make_machine();
	world_activate("");
	ck_assert_ptr_null(world_read_text(damaged[_i]));
	world_require_reason("should hold a pkcs11: URI is damaged");
}
END_TEST

START_TEST(a_file_cut_short_anywhere_gives_no_key)
{
	char *text;
	size_t whole;

	world_make_machine();
	world_activate("");
	text = world_key_file(MACHINE);
	/* The last line is as good without its end. */
	whole = strlen(text) - 1;
	for (size_t i = 0; i < whole; i += 5) {
		char *part = strndup(text, i);

		ck_assert_ptr_null(world_read_text(part));
		ERR_clear_error();
		free(part);
	}
	free(text);
}
END_TEST

START_TEST(a_block_that_is_too_long_is_damaged)
{
	char *text = world_long_text("-----BEGIN PKCS#11 PROVIDER URI-----\n", 1 << 20, _i == 0 ? 'A' : '\n',
	                       "\n-----END PKCS#11 PROVIDER URI-----\n");

	world_make_machine();
	world_activate("");
	ck_assert_ptr_null(world_read_text(text));
	world_require_reason("should hold a pkcs11: URI is damaged");
	free(text);
}
END_TEST

/* Make what such a file holds of two texts; the caller frees it. */
static char *held(const char *description, const char *uri)
{
	unsigned char der[512], coded[700];
	int n = 0;

	der[n++] = 0x30;
	der[n++] = (unsigned char)(4 + strlen(description) + strlen(uri));
	der[n++] = 0x1a;
	der[n++] = (unsigned char)strlen(description);
	n += sprintf((char *)der + n, "%s", description);
	der[n++] = 0x0c;
	der[n++] = (unsigned char)strlen(uri);
	n += sprintf((char *)der + n, "%s", uri);
	ck_assert_int_gt(EVP_EncodeBlock(coded, der, n), 0);
	return strdup((char *)coded);
}

#define DESCRIPTION "PKCS#11 Provider URI v1.0"

static const struct {
	const char *description, *uri;
	bool good;
} contents[] = {
	{ DESCRIPTION, MACHINE, true },
	{ "PKCS#11 Provider URI v9.0", MACHINE, false },
	{ DESCRIPTION, "file:/etc/passwd", false },
	{ DESCRIPTION, "pkcs11:object=id\x1b;type=private", false },
	{ DESCRIPTION, "", false },
};

/* Programs would say that no data of a known form is there. */
START_TEST(a_file_with_our_label_and_another_content_is_said_to_be_damaged)
{
	char *text = NULL, *content = held(contents[_i].description, contents[_i].uri);
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	ck_assert_int_gt(asprintf(&text, "-----BEGIN PKCS#11 PROVIDER URI-----\n%.64s%s%s\n"
	                          "-----END PKCS#11 PROVIDER URI-----\n", content,
	                          strlen(content) > 64 ? "\n" : "",
	                          strlen(content) > 64 ? content + 64 : ""), 0);
	key = world_read_text(text);
	ck_assert((key != NULL) == contents[_i].good);
	if (!contents[_i].good)
		world_require_reason("should hold a pkcs11: URI is damaged");
	EVP_PKEY_free(key);
	free(content);
	free(text);
}
END_TEST

START_TEST(der_of_another_form_is_said_to_be_damaged)
{
	static const char *const others[] = { "MAA=", "AAAA", "MIIBAA==", "MAYaASAMATE=" };
	char *text = NULL;

	world_make_machine();
	world_activate("");
	ck_assert_int_gt(asprintf(&text, "-----BEGIN PKCS#11 PROVIDER URI-----\n%s\n"
	                          "-----END PKCS#11 PROVIDER URI-----\n", others[_i]), 0);
	ck_assert_ptr_null(world_read_text(text));
	world_require_reason("should hold a pkcs11: URI is damaged");
	free(text);
}
END_TEST

START_TEST(a_file_with_wrong_bytes_in_it_does_no_harm)
{
	unsigned seed = 7;
	char *text;

	world_make_machine();
	world_activate("");
	text = world_key_file(MACHINE);
	for (int i = 0; i < 300; i++) {
		char *changed = strdup(text);

		for (int n = 1 + rand_r(&seed) % 3; n > 0; n--)
			changed[rand_r(&seed) % strlen(text)] = (char)(1 + rand_r(&seed) % 255);
		EVP_PKEY_free(world_read_text(changed));
		ERR_clear_error();
		free(changed);
	}
	free(text);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

static Suite *suite(void)
{
	Suite *s = suite_create("key_file_damage");
	TCase *t = world_case(s, "key_file_damage");

	tcase_add_loop_test(t, a_damaged_file_is_called_that, 0, N(damaged));
	tcase_add_test(t, a_file_cut_short_anywhere_gives_no_key);
	tcase_add_loop_test(t, a_block_that_is_too_long_is_damaged, 0, 2);
	tcase_add_loop_test(t, a_file_with_our_label_and_another_content_is_said_to_be_damaged, 0,
	                    N(contents));
	tcase_add_loop_test(t, der_of_another_form_is_said_to_be_damaged, 0, 4);
	tcase_add_test(t, a_file_with_wrong_bytes_in_it_does_no_harm);
	return s;
}

int main(void)
{
	return test_run(suite());
}
