/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/naming.c.
 */
#include "enroll/naming.h"

#include <string.h>

#include "lib/runner.h"

#define ID "12345678-9abc-4def-8123-456789abcdef"

static bool matches(const char *pattern, const char *host)
{
	return sg_host_matches(pattern, sg_bytes_str(host));
}

START_TEST(an_identifier_is_a_uuid_and_no_two_are_alike)
{
	char a[SG_UUID_TEXT + 1], b[SG_UUID_TEXT + 1];

	sg_uuid_make(a);
	sg_uuid_make(b);
	ck_assert(sg_uuid_is(sg_bytes_str(a)) && sg_uuid_is(sg_bytes_str(b)));
	ck_assert_str_ne(a, b);
	ck_assert_int_eq(a[14], '4');
	ck_assert_ptr_nonnull(strchr("89ab", a[19]));
	ck_assert(!sg_uuid_is(sg_bytes_str("12345678-9ABC-4def-8123-456789abcdef")));
	ck_assert(!sg_uuid_is(sg_bytes_str("12345678-9abc-4def-8123-456789abcde")));
}
END_TEST

START_TEST(a_pattern_is_for_the_whole_name)
{
	ck_assert(matches("web-*.example.com", "web-12.example.com"));
	ck_assert(matches("web-*.example.com", "WEB-.Example.com"));
	ck_assert(!matches("web-*.example.com", "web-12.example.com.evil"));
	ck_assert(!matches("web-*.example.com", "xweb-12.example.com"));
	ck_assert(matches("web-??", "web-12"));
	ck_assert(!matches("web-??", "web-1"));
	ck_assert(matches("*", ""));
	ck_assert(matches("a*b*c", "aXbXbXc"));
	ck_assert(!matches("a*b*c", "aXbXb"));
	ck_assert(!matches("", "a"));
}
END_TEST

START_TEST(a_pattern_of_many_stars_ends_soon)
{
	char pattern[254], host[254];

	for (size_t i = 0; i < 253; i++) {
		pattern[i] = i % 2 == 0 ? '*' : 'a';
		host[i] = 'a';
	}
	pattern[253] = host[253] = '\0';
	host[252] = 'b';
	ck_assert(matches(pattern, host));
	pattern[252] = 'c';
	ck_assert(!matches(pattern, host));
}
END_TEST

START_TEST(a_host_name_is_plain)
{
	ck_assert(sg_host_is(sg_bytes_str("web-1.example_x.com")));
	ck_assert(!sg_host_is(sg_bytes_str("")));
	ck_assert(!sg_host_is(sg_bytes_str("a b")));
	ck_assert(!sg_host_is(sg_bytes_str("a\nb")));
	ck_assert(!sg_host_is(sg_bytes_str("a*")));
	ck_assert(sg_host_pattern_is(sg_bytes_str("a*?")));
	ck_assert(!sg_host_pattern_is(sg_bytes_str("a[b]")));
}
END_TEST

START_TEST(a_template_gets_the_identifier_and_the_host)
{
	char name[32], long_name[64];

	ck_assert(sg_name_make("worker-{uuid8}", ID, "h", name, sizeof name));
	ck_assert_str_eq(name, "worker-12345678");
	ck_assert(sg_name_make("{host}/{uuid8}", ID, "web", name, sizeof name));
	ck_assert_str_eq(name, "web/12345678");
	ck_assert(sg_name_make("{uuid}", ID, "web", long_name, sizeof long_name));
	ck_assert_str_eq(long_name, ID);
	ck_assert(!sg_name_make("{uuid}", ID, "web", name, sizeof name));
	ck_assert(!sg_name_make("{uuid9}", ID, "web", name, sizeof name));
	ck_assert(!sg_name_make("a{", ID, "web", name, sizeof name));
	ck_assert(!sg_name_make("a}", ID, "web", name, sizeof name));
	ck_assert(!sg_name_make("a\n", ID, "web", name, sizeof name));
	ck_assert(!sg_name_make("", ID, "web", name, sizeof name));
	ck_assert(!sg_name_make("{host}", ID, "", name, sizeof name));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("naming");
	TCase *tcase = tcase_create("names");

	tcase_add_test(tcase, an_identifier_is_a_uuid_and_no_two_are_alike);
	tcase_add_test(tcase, a_pattern_is_for_the_whole_name);
	tcase_add_test(tcase, a_pattern_of_many_stars_ends_soon);
	tcase_add_test(tcase, a_host_name_is_plain);
	tcase_add_test(tcase, a_template_gets_the_identifier_and_the_host);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
