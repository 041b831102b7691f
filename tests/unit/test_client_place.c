/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Of several URIs, the one that names a token best is known without a look at any HSM.
 */
#include "client/place.h"
#include "lib/runner.h"

/* How well a URI fits "box" of serial "17". */
static const struct fit {
	const char *uri;
	unsigned fits;
} fits[] = {
	{ "pkcs11:", 1 },
	{ "pkcs11:manufacturer=Maker", 1 },
	{ "pkcs11:token=box", 2 },
	{ "pkcs11:serial=17", 3 },
	{ "pkcs11:token=box;serial=17", 4 },
	{ "pkcs11:serial=17?module-path=/nonexistent.so&pin-source=file:/nonexistent", 3 },
	{ "pkcs11:token=box2", 0 },
	{ "pkcs11:token=bo", 0 },
	{ "pkcs11:serial=171", 0 },
	{ "pkcs11:token=box;serial=18", 0 },
	{ "pkcs11:token=box2;serial=17", 0 },
	{ "pkcs11:token=", 0 },
	{ "pkcs11:token=%zz", 0 },
	{ "http://localhost/", 0 },
	{ "", 0 },
};

START_TEST(the_more_a_uri_names_of_a_token_the_better_it_fits)
{
	ck_assert_uint_eq(sg_client_place_fits(fits[_i].uri, sg_bytes_str("box"), sg_bytes_str("17")),
	                  fits[_i].fits);
}
END_TEST

START_TEST(what_is_not_known_of_a_token_is_not_compared)
{
	const struct sg_bytes none = sg_bytes(NULL, 0);

	ck_assert_uint_eq(sg_client_place_fits("pkcs11:token=box;serial=17", sg_bytes_str("box"), none),
	                  2);
	ck_assert_uint_eq(sg_client_place_fits("pkcs11:token=box;serial=17", none, sg_bytes_str("17")),
	                  3);
	ck_assert_uint_eq(sg_client_place_fits("pkcs11:token=box", none, none), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hsm_place");
	TCase *tcase = tcase_create("fits");

	tcase_add_loop_test(tcase, the_more_a_uri_names_of_a_token_the_better_it_fits, 0,
	                    sizeof fits / sizeof fits[0]);
	tcase_add_test(tcase, what_is_not_known_of_a_token_is_not_compared);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
