/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Structured fields. Many of the cases are those of the HTTP working group's own suite.
 */
#include "request/sf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/request.h"
#include "lib/runner.h"

/* A field and the one way of writing it, NULL where it is none. */
struct field {
	const char *raw;
	const char *canonical;
};

static struct sg_buf written;

static void setup(void)
{
	written = (struct sg_buf){ 0 };
}

static void teardown(void)
{
	sg_buf_free(&written);
}

static void require(bool read, const struct field *field)
{
	ck_assert_msg(read == (field->canonical != NULL), "%s", field->raw);
	if (!field->canonical)
		return;
	ck_assert_msg(sg_bytes_equal(sg_buf_bytes(&written), sg_bytes_str(field->canonical)),
	              "%s became %.*s", field->raw, (int)written.len, (char *)written.data);
}

static const struct field items[] = {
	{ "42", "42" }, { "0", "0" }, { "00", "0" }, { "-0", "0" }, { "-42", "-42" },
	{ "042", "42" }, { "-042", "-42" }, { "2,3", NULL }, { "-a23", NULL }, { "4-2", NULL },
	{ "999999999999999", "999999999999999" }, { "-999999999999999", "-999999999999999" },
	{ "1000000000000000", NULL }, { "-1000000000000000", NULL }, { "+1", NULL },
	{ "1.23", "1.23" }, { "-1.23", "-1.23" }, { "1.0", "1.0" }, { "1.50", "1.5" },
	{ "1.500", "1.5" }, { "00.5", "0.5" }, { "1.", NULL }, { ".1", NULL }, { "1.5.4", NULL },
	{ "1..4", NULL }, { "1.1234", NULL }, { "123456789012.123", "123456789012.123" },
	{ "1234567890123.1", NULL }, { "-0.0", "0.0" }, { "-", NULL }, { "", NULL },
	{ "  1  ", "1" }, { "\t1", NULL }, { "1\t", NULL },
	{ "\"\"", "\"\"" }, { "\"foo bar\"", "\"foo bar\"" }, { "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\"" },
	{ "\"a\\b\"", NULL }, { "\"a", NULL }, { "\"a\\\"", NULL }, { "\"a\tb\"", NULL },
	{ "\"\xc3\xa4\"", NULL }, { "\"a\"b", NULL }, { "'a'", NULL }, { "\"a\nb\"", NULL },
	{ "a_b-c.d3:f%00/*", "a_b-c.d3:f%00/*" }, { "*a", "*a" }, { "A", "A" }, { "a b", NULL },
	{ "a,b", NULL }, { "a\"", NULL },
	{ ":aGVsbG8=:", ":aGVsbG8=:" }, { "::", "::" }, { ":aGVsbG8:", NULL },
	{ ":aGVsbG8=", NULL }, { ":aGVsb G8=:", NULL }, { ":aGVsbG!8=:", NULL },
	{ ":iZ==:", NULL }, { ":aA==aA==:", NULL }, { ":_-Ah:", NULL }, { ":/+Ah:", ":/+Ah:" },
	{ ":a:", NULL }, { ":=aaa:", NULL }, { ":====:", NULL },
	{ "?1", "?1" }, { "?0", "?0" }, { "?2", NULL }, { "?", NULL }, { "?T", NULL },
	{ "@1659578233", "@1659578233" }, { "@-1", "@-1" }, { "@0", "@0" }, { "@1.5", NULL },
	{ "@", NULL }, { "@x", NULL },
	{ "%\"foo bar\"", "%\"foo bar\"" }, { "%\"f%c3%bc%c3%bc\"", "%\"f%c3%bc%c3%bc\"" },
	{ "%\"f%C3%BC\"", NULL }, { "%\"\t\"", NULL }, { "%'foo'", NULL }, { "%foo", NULL },
	{ "%\"foo", NULL }, { "%\"foo %22bar%22 \\ baz\"", "%\"foo %22bar%22 \\ baz\"" },
	{ "%\"foo %a", NULL }, { "%\"foo %a\"", NULL }, { "%\"%c3%28\"", NULL },
	{ "%\"%a0%a1\"", NULL }, { "%\"%e2%28%a1\"", NULL }, { "%\"%f0%28%8c%28\"", NULL },
	{ "%\"%c3\"", NULL }, { "%\"BOM: %ef%bb%bf\"", "%\"BOM: %ef%bb%bf\"" },
	{ "%\"%41\"", "%\"A\"" }, { "%\"%25\"", "%\"%25\"" }, { "%\"\xc3\xa4\"", NULL },
	{ "a;b", "a;b" }, { "a;b=?1", "a;b" }, { "a;b=?0", "a;b=?0" }, { "a; b=1;  c", "a;b=1;c" },
	{ "a;b=1;c=2;b=3", "a;b=3;c=2" }, { "a;B", NULL }, { "a;1", NULL }, { "a;", NULL },
	{ "a ;b", NULL }, { "a;b =1", NULL }, { "a;b= 1", NULL }, { "a;b=(1)", NULL },
	{ "a;*b=1", "a;*b=1" }, { "a;b=\"x;y\"", "a;b=\"x;y\"" }, { "(1)", NULL }, { "{", NULL },
};

START_TEST(an_item_is_written_in_one_way_or_refused)
{
	struct sg_writer w = sg_writer(&written);
	struct sg_sf_value value;
	const bool read = sg_sf_item(sg_request_text(items[_i].raw), &value);

	if (read)
		ck_assert(sg_sf_write(&w, &value));
	require(read, &items[_i]);
}
END_TEST

static const struct field lists[] = {
	{ "", "" }, { "1, 42", "1, 42" }, { "1,42", "1, 42" }, { "1 ,  42", "1, 42" },
	{ "1\t,\t42", "1, 42" }, { "1,", NULL }, { "1,,2", NULL }, { ",1", NULL }, { "1 2", NULL },
	{ "(1 2), (42 43)", "(1 2), (42 43)" }, { "(42)", "(42)" }, { "()", "()" },
	{ "(  )", "()" }, { "(1  42)", "(1 42)" }, { "( 1 42 )", "(1 42)" }, { "(1 42", NULL },
	{ "(1,2)", NULL }, { "(1\t2)", NULL }, { "(1(2))", NULL }, { "((1) 2)", NULL },
	{ "(1)2", NULL }, { "(\"a\"\"b\")", NULL }, { ")", NULL },
	{ "(a;x b;y=1);z, c", "(a;x b;y=1);z, c" }, { "(a);q=1.0", "(a);q=1.0" },
	{ "()();a", NULL }, { "(a) ;b", NULL },
};

START_TEST(a_list_is_written_in_one_way_or_refused)
{
	struct sg_writer w = sg_writer(&written);
	struct sg_sf_values values;
	const bool read = sg_sf_list(sg_request_text(lists[_i].raw), &values);

	if (read)
		ck_assert(sg_sf_write_list(&w, &values));
	require(read, &lists[_i]);
}
END_TEST

static const struct field dictionaries[] = {
	{ "", "" }, { "a=1", "a=1" }, { "a=1,b=2", "a=1, b=2" }, { "a=1 ,  b=2", "a=1, b=2" },
	{ "a=1\t,\tb=2", "a=1, b=2" }, { "a=1, b=2,", NULL }, { "a=1,,b=2", NULL },
	{ "a=1,b=2,a=3", "a=3, b=2" }, { "a", "a" }, { "a=?1", "a" }, { "a=?0", "a=?0" },
	{ "a, b;x=1", "a, b;x=1" }, { "a=?1;x", "a;x" }, { "A=1", NULL }, { "1=1", NULL },
	{ "a =1", NULL }, { "a= 1", NULL }, { "a=", NULL }, { "=1", NULL }, { "a=1 b=2", NULL },
	{ "a-_.*9=1, *b=2", "a-_.*9=1, *b=2" }, { "-a=1", NULL },
	{ "abc=123;a=1;b=2, def=456, ghi=789;q=9;r=\"+w\"",
	  "abc=123;a=1;b=2, def=456, ghi=789;q=9;r=\"+w\"" },
	{ "a=b; q=1.0", "a=b;q=1.0" }, { "a=(1 2); q=1.0", "a=(1 2);q=1.0" },
	{ "a=3;c;d=5", "a=3;c;d=5" }, { "a=b;q =0.5", NULL }, { "a=b;q= 0.5", NULL },
	{ "a=b ;q=0.5", NULL }, { "a=b;  c=1  ,  d=e; f=2; g=3", "a=b;c=1, d=e;f=2;g=3" },
	{ "a=b; q=1.0,", NULL }, { "a=b; q=1.0,,c=d", NULL }, { "a;b;c=(1)", NULL },
	{ "a=1,    b=2;x=1;y=2,   c=(a   b   c)", "a=1, b=2;x=1;y=2, c=(a b c)" },
};

START_TEST(a_dictionary_is_written_in_one_way_or_refused)
{
	struct sg_writer w = sg_writer(&written);
	struct sg_sf_entries entries;
	const bool read = sg_sf_dictionary(sg_request_text(dictionaries[_i].raw), &entries);

	if (read)
		ck_assert(sg_sf_write_dictionary(&w, &entries));
	require(read, &dictionaries[_i]);
}
END_TEST

START_TEST(a_zero_byte_is_no_end)
{
	struct sg_sf_entries entries;
	struct sg_sf_value value;

	ck_assert(!sg_sf_item(sg_request_part("a\0", 2), &value));
	ck_assert(!sg_sf_item(sg_request_part("\"a\0\"", 4), &value));
	ck_assert(!sg_sf_item(sg_request_part(":\0aaa:", 6), &value));
	ck_assert(!sg_sf_item(sg_request_part(" \0", 2), &value));
	ck_assert(!sg_sf_dictionary(sg_request_part("a\0=1", 4), &entries));
	ck_assert(!sg_sf_dictionary(sg_request_part("a=1\0", 4), &entries));
}
END_TEST

START_TEST(a_text_of_no_bytes_may_be_nowhere)
{
	const struct sg_request_text nowhere = { NULL, 0 };
	struct sg_sf_entries entries = { .n = 1 };
	struct sg_sf_values values = { .n = 1 };
	struct sg_sf_value value = { .params = nowhere };

	ck_assert(sg_sf_dictionary(nowhere, &entries) && entries.n == 0);
	ck_assert(sg_sf_list(nowhere, &values) && values.n == 0);
	ck_assert(sg_sf_params(&value, &entries) && entries.n == 0);
	ck_assert(!sg_sf_item(nowhere, &value));
	ck_assert(!sg_sf_is_key(nowhere));
}
END_TEST

/* No byte behind the end is looked at: the buffer is as long as the text. */
START_TEST(every_beginning_of_a_field_is_read_without_a_look_behind_it)
{
	static const char field[] = "a=(\"x\\\\\" :aGVsbG8=: %\"f%c3%bc\" ?1 @12 -1.5);k=\"v\", b;c";

	for (size_t len = 0; len < sizeof(field); len++) {
		char *copy = malloc(len);
		struct sg_sf_entries entries;

		ck_assert(copy != NULL || len == 0);
		if (len > 0)
			memcpy(copy, field, len);
		(void)sg_sf_dictionary(sg_request_part(copy, len), &entries);
		free(copy);
	}
}
END_TEST

START_TEST(more_members_than_there_is_room_for_are_refused)
{
	static char text[8 * (SG_SF_MAX + 2)];
	struct sg_sf_entries entries;
	struct sg_sf_values values;
	struct sg_sf_value value;
	size_t len = 0;

	for (int i = 0; i < SG_SF_MAX; i++)
		len += (size_t)sprintf(text + len, "%sa%d", i > 0 ? "," : "", i);
	ck_assert(sg_sf_dictionary(sg_request_part(text, len), &entries));
	ck_assert(sg_sf_list(sg_request_part(text, len), &values));
	len += (size_t)sprintf(text + len, ",b");
	ck_assert(!sg_sf_dictionary(sg_request_part(text, len), &entries));
	ck_assert(!sg_sf_list(sg_request_part(text, len), &values));

	len = (size_t)sprintf(text, "(");
	for (int i = 0; i <= SG_SF_MAX; i++)
		len += (size_t)sprintf(text + len, " 1");
	len += (size_t)sprintf(text + len, ")");
	ck_assert(sg_sf_list(sg_request_part(text, len), &values));
	value = values.value[0];
	ck_assert(!sg_sf_inner(&value, &values));
}
END_TEST

START_TEST(values_are_decoded)
{
	struct sg_writer w = sg_writer(&written);
	struct sg_sf_value value;
	uint8_t bytes[8];
	int64_t number;
	size_t len;

	ck_assert(sg_sf_item(sg_request_text("-17"), &value) && sg_sf_integer(&value, &number));
	ck_assert_int_eq(number, -17);
	ck_assert(sg_sf_item(sg_request_text("017"), &value) && !sg_sf_integer(&value, &number));
	ck_assert(sg_sf_item(sg_request_text("-0"), &value) && !sg_sf_integer(&value, &number));
	ck_assert(sg_sf_item(sg_request_text("1.0"), &value) && !sg_sf_integer(&value, &number));
	ck_assert(sg_sf_item(sg_request_text("\"1\""), &value) && !sg_sf_integer(&value, &number));
	ck_assert(sg_sf_item(sg_request_text("@1"), &value) && !sg_sf_integer(&value, &number));
	ck_assert(sg_sf_item(sg_request_text("\"a\\\"b\\\\\""), &value) && sg_sf_string(&value, &w));
	ck_assert_uint_eq(written.len, 4);
	ck_assert_mem_eq(written.data, "a\"b\\", 4);
	ck_assert(sg_sf_item(sg_request_text("token"), &value) && !sg_sf_string(&value, &w));
	ck_assert(sg_sf_item(sg_request_text(":aGVsbG8=:"), &value));
	ck_assert(sg_sf_bytes(&value, bytes, sizeof(bytes), &len) && len == 5);
	ck_assert_mem_eq(bytes, "hello", 5);
	ck_assert(!sg_sf_bytes(&value, bytes, 4, &len));
	ck_assert(sg_sf_item(sg_request_text("?1"), &value) && sg_sf_true(&value));
	ck_assert(sg_sf_item(sg_request_text("?0"), &value) && !sg_sf_true(&value));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_sf");
	TCase *tc = tcase_create("sf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, an_item_is_written_in_one_way_or_refused, 0,
	                    (int)(sizeof(items) / sizeof(items[0])));
	tcase_add_loop_test(tc, a_list_is_written_in_one_way_or_refused, 0,
	                    (int)(sizeof(lists) / sizeof(lists[0])));
	tcase_add_loop_test(tc, a_dictionary_is_written_in_one_way_or_refused, 0,
	                    (int)(sizeof(dictionaries) / sizeof(dictionaries[0])));
	tcase_add_test(tc, a_zero_byte_is_no_end);
	tcase_add_test(tc, a_text_of_no_bytes_may_be_nowhere);
	tcase_add_test(tc, every_beginning_of_a_field_is_read_without_a_look_behind_it);
	tcase_add_test(tc, more_members_than_there_is_room_for_are_refused);
	tcase_add_test(tc, values_are_decoded);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
