/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of tools/wrapped_line.c and tools/lines.c: where a wrapped key stands in a line, that
 * nothing else of the line changes, and lines of any length.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/runner.h"
#include "tools/lines.h"
#include "tools/wrapped_line.h"

/* Put "NEW=" where the key stands; the line must hold the bytes of "key". */
static bool becomes(const char *line, const char *field, const char *expected)
{
	struct sg_buf wrapped = { NULL, 0, 0 }, out = { NULL, 0, 0 };
	struct tool_wrapped_place place;
	const char *wrong = tool_wrapped_find(sg_bytes_str(line), field, &place, &wrapped);
	bool same = false;

	if (wrong == NULL &&
	    tool_wrapped_put(sg_bytes_str(line), place, sg_bytes_str("NEW="), &out) == SG_OK)
		same = sg_bytes_equal(sg_buf_bytes(&wrapped), sg_bytes_str("key")) &&
		       sg_bytes_equal(sg_buf_bytes(&out), sg_bytes_str(expected));
	sg_buf_free(&wrapped);
	sg_buf_free(&out);
	return same;
}

/* Tell whether what is wrong with a line is said so. */
static bool is_wrong_bytes(struct sg_bytes line, const char *field, const char *why)
{
	struct sg_buf wrapped = { NULL, 0, 0 };
	struct tool_wrapped_place place;
	const char *wrong = tool_wrapped_find(line, field, &place, &wrapped);

	sg_buf_free(&wrapped);
	return wrong != NULL && strstr(wrong, why) != NULL;
}

static bool is_wrong(const char *line, const char *field, const char *why)
{
	return is_wrong_bytes(sg_bytes_str(line), field, why);
}

START_TEST(base64_alone_is_a_key)
{
	ck_assert(becomes("a2V5\n", "wrapped", "NEW=\n"));
	ck_assert(becomes("a2V5", "wrapped", "NEW="));
	ck_assert(becomes(" a2V5\t\r\n", "wrapped", " NEW=\t\r\n"));
}
END_TEST

START_TEST(all_else_of_an_object_stays_byte_for_byte)
{
	ck_assert(becomes("{\"wrapped\":\"a2V5\"}\n", "wrapped", "{\"wrapped\":\"NEW=\"}\n"));
	ck_assert(becomes("{ \"n\" : 1.0e5,\"big\":123456789012345678901234567890 , \"wrapped\" :"
	                  " \"a2V5\", \"after\" : [ ] }  \r\n", "wrapped",
	                  "{ \"n\" : 1.0e5,\"big\":123456789012345678901234567890 , \"wrapped\" :"
	                  " \"NEW=\", \"after\" : [ ] }  \r\n"));
	ck_assert(becomes("{\"\\u0061\\\"\\\\\":\"}]\\\\\",\"t\":true,\"wrapped\":\"a2V5\",\"z\":null}",
	                  "wrapped",
	                  "{\"\\u0061\\\"\\\\\":\"}]\\\\\",\"t\":true,\"wrapped\":\"NEW=\",\"z\":null}"));
}
END_TEST

START_TEST(what_stands_before_is_passed_over_however_deep)
{
	ck_assert(becomes("{\"a\":{\"wrapped\":\"AAAA\",\"b\":[[\"]\"],{}]},\"c\":[],\"d\":-1,"
	                  "\"wrapped\":\"a2V5\"}", "wrapped",
	                  "{\"a\":{\"wrapped\":\"AAAA\",\"b\":[[\"]\"],{}]},\"c\":[],\"d\":-1,"
	                  "\"wrapped\":\"NEW=\"}"));
}
END_TEST

START_TEST(names_and_texts_may_be_escaped)
{
	ck_assert(becomes("{\"wr\\u0061pped\":\"a2\\u0056\\u0035\"}", "wrapped",
	                  "{\"wr\\u0061pped\":\"NEW=\"}"));
}
END_TEST

/* [RFC 6901] */
START_TEST(a_pointer_goes_into_objects_and_arrays)
{
	ck_assert(becomes("{\"x\":0,\"keys\":[{\"k\":\"\"}, {\"v\":2,\"k\":\"a2V5\"}]}", "/keys/1/k",
	                  "{\"x\":0,\"keys\":[{\"k\":\"\"}, {\"v\":2,\"k\":\"NEW=\"}]}"));
	ck_assert(becomes("{\"a/b\":{\"m~n\":\"a2V5\"}}", "/a~1b/m~0n",
	                  "{\"a/b\":{\"m~n\":\"NEW=\"}}"));
	ck_assert(becomes("{\"a.b\":\"a2V5\"}", "a.b", "{\"a.b\":\"NEW=\"}"));
}
END_TEST

START_TEST(a_field_that_is_not_there_is_named)
{
	ck_assert(is_wrong("{}", "wrapped", "no field wrapped"));
	ck_assert(is_wrong("{\"Wrapped\":\"a2V5\"}", "wrapped", "no field wrapped"));
	ck_assert(is_wrong("{\"a\":[\"a2V5\"]}", "/a/1", "no field /a/1"));
	ck_assert(is_wrong("{\"a\":[\"a2V5\"]}", "/a/00", "no field"));
	ck_assert(is_wrong("{\"a\":[\"a2V5\"]}", "/a/99999999999999999999", "no field"));
	ck_assert(is_wrong("{\"a\":\"a2V5\"}", "/a/0", "no field"));
	ck_assert(is_wrong("{\"a\":\"a2V5\"}", "/", "no field"));
}
END_TEST

START_TEST(a_field_of_another_type_is_wrong)
{
	ck_assert(is_wrong("{\"wrapped\":1}", "wrapped", "no text"));
	ck_assert(is_wrong("{\"wrapped\":null}", "wrapped", "no text"));
	ck_assert(is_wrong("{\"wrapped\":{\"a\":1}}", "wrapped", "no text"));
}
END_TEST

START_TEST(what_is_no_base64_is_wrong)
{
	ck_assert(is_wrong("{\"wrapped\":\"\"}", "wrapped", "no base64"));
	ck_assert(is_wrong("{\"wrapped\":\"a2V\"}", "wrapped", "no base64"));
	ck_assert(is_wrong("{\"wrapped\":\"a2V5\\u0000\"}", "wrapped", "no base64"));
	ck_assert(is_wrong("not base64!", "wrapped", "no base64"));
	ck_assert(is_wrong("[\"a2V5\"]", "wrapped", "no base64"));
	ck_assert(is_wrong_bytes(sg_bytes("a2V5\0a2V5", 9), "wrapped", "no base64"));
}
END_TEST

START_TEST(what_is_no_json_is_wrong)
{
	ck_assert(is_wrong("{\"wrapped\":\"a2V5\"", "wrapped", "no JSON"));
	ck_assert(is_wrong("{\"wrapped\":\"a2V5\"} x", "wrapped", "no JSON"));
	ck_assert(is_wrong("{\"wrapped\":\"a2V5\",}", "wrapped", "no JSON"));
	ck_assert(is_wrong("{\"wrapped\":\"\xff\"}", "wrapped", "no JSON"));
}
END_TEST

/* Which of the two would be the key? */
START_TEST(a_name_that_is_there_twice_is_wrong)
{
	ck_assert(is_wrong("{\"wrapped\":\"a2V5\",\"wrapped\":\"a2V5\"}", "wrapped", "duplicate"));
}
END_TEST

START_TEST(brackets_without_end_are_refused_and_not_followed)
{
	size_t len = 1 << 20;
	char *line = malloc(len);

	ck_assert_ptr_nonnull(line);
	memset(line, '[', len);
	memcpy(line, "{\"a\":", 5);
	ck_assert(is_wrong_bytes(sg_bytes(line, len), "wrapped", "no JSON"));
	free(line);
}
END_TEST

START_TEST(an_empty_line_has_no_key)
{
	struct sg_buf wrapped = { NULL, 0, 0 };
	struct tool_wrapped_place place;

	ck_assert_ptr_null(tool_wrapped_find(sg_bytes_str(" \r\n"), "wrapped", &place, &wrapped));
	ck_assert_uint_eq(place.len, 0);
	ck_assert_uint_eq(wrapped.len, 0);
	sg_buf_free(&wrapped);
}
END_TEST

/* Give the reader bytes by a pipe, from a process of its own. */
static struct tool_lines from(struct sg_bytes bytes)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(ends[0]);
		while (bytes.len > 0) {
			ssize_t n = write(ends[1], bytes.data, bytes.len < 4000 ? bytes.len : 4000);

			if (n <= 0)
				_exit(1);
			bytes = sg_bytes(bytes.data + n, bytes.len - (size_t)n);
		}
		_exit(0);
	}
	close(ends[1]);
	return (struct tool_lines){ .fd = ends[0] };
}

static struct tool_line next(struct tool_lines *lines)
{
	struct tool_line line;

	ck_assert_int_eq(tool_lines_next(lines, &line), SG_OK);
	return line;
}

static void done(struct tool_lines *lines)
{
	close(lines->fd);
	tool_lines_free(lines);
}

START_TEST(lines_come_one_by_one_with_their_ends)
{
	struct tool_lines lines = from(sg_bytes_str("one\n\nthree\r\nlast"));

	ck_assert(sg_bytes_equal(next(&lines).bytes, sg_bytes_str("one\n")));
	ck_assert(sg_bytes_equal(next(&lines).bytes, sg_bytes_str("\n")));
	ck_assert(sg_bytes_equal(next(&lines).bytes, sg_bytes_str("three\r\n")));
	ck_assert(sg_bytes_equal(next(&lines).bytes, sg_bytes_str("last")));
	ck_assert_uint_eq(lines.number, 4);
	ck_assert_uint_eq(next(&lines).bytes.len, 0);
	ck_assert_uint_eq(lines.number, 4);
	done(&lines);
}
END_TEST

START_TEST(a_line_beyond_the_limit_comes_in_pieces)
{
	size_t len = 2 * TOOL_LINE_MAX + 10;
	uint8_t *bytes = malloc(len + 4);
	struct tool_lines lines;
	struct tool_line line;

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'x', len);
	memcpy(bytes + len, "\nb\n", 4);
	lines = from(sg_bytes(bytes, len + 3));
	line = next(&lines);
	ck_assert(line.piece && line.first && line.bytes.len == TOOL_LINE_MAX);
	line = next(&lines);
	ck_assert(line.piece && !line.first && line.bytes.len == TOOL_LINE_MAX);
	line = next(&lines);
	ck_assert(line.piece && !line.first && line.bytes.len == 11);
	ck_assert_uint_eq(lines.number, 1);
	line = next(&lines);
	ck_assert(!line.piece && line.first && line.bytes.len == 2);
	ck_assert_uint_eq(lines.number, 2);
	done(&lines);
	free(bytes);
}
END_TEST

START_TEST(the_longest_line_is_whole)
{
	uint8_t *bytes = malloc(TOOL_LINE_MAX + 2);
	struct tool_lines lines;
	struct tool_line line;

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'x', TOOL_LINE_MAX);
	bytes[TOOL_LINE_MAX - 1] = '\n';
	memcpy(bytes + TOOL_LINE_MAX, "y", 2);
	lines = from(sg_bytes(bytes, TOOL_LINE_MAX + 1));
	line = next(&lines);
	ck_assert(!line.piece && line.bytes.len == TOOL_LINE_MAX);
	ck_assert(sg_bytes_equal(next(&lines).bytes, sg_bytes_str("y")));
	done(&lines);
	free(bytes);
}
END_TEST

START_TEST(what_can_not_be_read_is_an_error)
{
	struct tool_lines lines = { .fd = -1 };
	struct tool_line line;

	ck_assert_int_eq(tool_lines_next(&lines, &line), SG_ERR_SYSTEM);
	tool_lines_free(&lines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wrapped_line");
	TCase *tc = tcase_create("wrapped_line");

	tcase_add_test(tc, base64_alone_is_a_key);
	tcase_add_test(tc, all_else_of_an_object_stays_byte_for_byte);
	tcase_add_test(tc, what_stands_before_is_passed_over_however_deep);
	tcase_add_test(tc, names_and_texts_may_be_escaped);
	tcase_add_test(tc, a_pointer_goes_into_objects_and_arrays);
	tcase_add_test(tc, a_field_that_is_not_there_is_named);
	tcase_add_test(tc, a_field_of_another_type_is_wrong);
	tcase_add_test(tc, what_is_no_base64_is_wrong);
	tcase_add_test(tc, what_is_no_json_is_wrong);
	tcase_add_test(tc, a_name_that_is_there_twice_is_wrong);
	tcase_add_test(tc, brackets_without_end_are_refused_and_not_followed);
	tcase_add_test(tc, an_empty_line_has_no_key);
	tcase_add_test(tc, lines_come_one_by_one_with_their_ends);
	tcase_add_test(tc, a_line_beyond_the_limit_comes_in_pieces);
	tcase_add_test(tc, the_longest_line_is_whole);
	tcase_add_test(tc, what_can_not_be_read_is_an_error);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
