/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A program's connections: the tokens that a URI names, of which there may be many, and our
 * own among them, which are no HSM for the sealer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/manner.h"
#include "client/place.h"
#include "client/tokens.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

static struct test_softhsm hsm;

static void setup(void)
{
	test_softhsm_start(&hsm);
	test_softhsm_add(&hsm, "another");
}

static void teardown(void)
{
	test_softhsm_stop(&hsm);
}

static size_t count(const char *text, const char *module, enum sg_err wanted)
{
	P11KitUri *uri = p11_kit_uri_new();
	CK_TOKEN_INFO *tokens = NULL;
	size_t n = 0;

	ck_assert_int_eq(p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri), P11_KIT_URI_OK);
	ck_assert_int_eq(sg_client_tokens(uri, module, &tokens, &n), wanted);
	free(tokens);
	p11_kit_uri_free(uri);
	return n;
}

START_TEST(a_uri_names_all_tokens_that_fit_it)
{
	ck_assert_uint_eq(count("pkcs11:", hsm.module, SG_OK), 2);
	ck_assert_uint_eq(count("pkcs11:token=another", hsm.module, SG_OK), 1);
	ck_assert_uint_eq(count("pkcs11:token=nobody", hsm.module, SG_OK), 0);
	ck_assert_uint_eq(count("pkcs11:library-manufacturer=nobody", hsm.module, SG_OK), 0);
	ck_assert_uint_eq(count("pkcs11:", "/nonexistent.so", SG_ERR_HSM_MISSING), 0);
}
END_TEST

static const char *ours(char *path, size_t size)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char *real = realpath(build != NULL ? build : ".", NULL);

	ck_assert_ptr_nonnull(real);
	ck_assert_int_lt(snprintf(path, size, "%s/.libs/signet.so", real), (int)size);
	free(real);
	return path;
}

START_TEST(our_own_tokens_are_for_programs_and_are_no_hsm)
{
	char module[4096], uri[4200];
	struct sg_client_place *place = NULL;

	p11_setup();
	p11_make_machine();
	snprintf(uri, sizeof uri, "pkcs11:manufacturer=signet?module-path=%s",
	         ours(module, sizeof module));
	ck_assert_str_eq(sg_client_noun(), "HSM");
	ck_assert_uint_eq(count("pkcs11:", module, SG_OK), 0);
	ck_assert_int_eq(sg_client_place_find(uri, &place), SG_ERR_HSM_MISSING);
	sg_client_for_programs();
	ck_assert_str_eq(sg_client_noun(), "token");
	ck_assert_uint_eq(count("pkcs11:", module, SG_OK), 1);
	ck_assert_int_eq(sg_client_place_find(uri, &place), SG_OK);
	sg_client_place_free(&place);
	p11_teardown();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tokens");
	TCase *t = tcase_create("tokens");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_uri_names_all_tokens_that_fit_it);
	tcase_add_test(t, our_own_tokens_are_for_programs_and_are_no_hsm);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
