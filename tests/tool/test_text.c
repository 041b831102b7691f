/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The parts of the command that need no token: text, spans of time, the head
 * of encrypted files, the table of exit codes.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"
#include "tools/exit.h"
#include "tools/fail.h"
#include "tools/sealed.h"
#include "tools/text.h"
#include "tools/time.h"

#define NAME(s) sg_bytes(s, sizeof(s) - 1)

static bool reads_as(const char *text, const char *bytes, size_t len)
{
	struct sg_buf out = { NULL, 0, 0 };
	bool same;

	same = tool_base64_read(sg_bytes_str(text), &out) == SG_OK &&
	       sg_bytes_equal(sg_buf_bytes(&out), sg_bytes(bytes, len));
	sg_buf_free(&out);
	return same;
}

static bool is_refused(const char *text)
{
	struct sg_buf out = { NULL, 0, 0 };
	enum sg_err err = tool_base64_read(sg_bytes_str(text), &out);

	sg_buf_free(&out);
	return err == SG_ERR_FORMAT;
}

static bool is_text(struct tool_text *text, const char *expected)
{
	bool same = text->err == SG_OK &&
	            sg_bytes_equal(sg_buf_bytes(&text->buf), sg_bytes_str(expected));

	sg_buf_free(&text->buf);
	return same;
}

/* [RFC 4648 §10] */
START_TEST(base64_is_that_of_the_rfc)
{
	static const struct {
		const char *plain;
		const char *text;
	} cases[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	              { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tool_text text = { { NULL, 0, 0 }, SG_OK };

		tool_text_base64(&text, sg_bytes_str(cases[i].plain));
		ck_assert(is_text(&text, cases[i].text));
		ck_assert(reads_as(cases[i].text, cases[i].plain, strlen(cases[i].plain)));
	}
}
END_TEST

START_TEST(base64_may_stand_in_lines)
{
	ck_assert(reads_as("Zm9v\nYmFy\r\n", "foobar", 6));
	ck_assert(reads_as(" Z g = =\n", "f", 1));
}
END_TEST

START_TEST(what_is_no_base64_is_refused)
{
	static const char *const cases[] = { "Z", "Zg", "Zg=", "Zg===", "=", "Zg==Zg==", "Zm9v=",
	                                     "Zm-v", "Zm9\x01", "Zh==", "Zm9=", "Z===" };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(is_refused(cases[i]), "%s", cases[i]);
}
END_TEST

START_TEST(a_zero_byte_is_no_base64)
{
	struct sg_buf out = { NULL, 0, 0 };

	ck_assert_int_eq(tool_base64_read(NAME("Zm9v\0Zm9v"), &out), SG_ERR_FORMAT);
	sg_buf_free(&out);
}
END_TEST

START_TEST(hexadecimal_is_read_in_both_cases)
{
	struct sg_buf out = { NULL, 0, 0 };

	ck_assert_int_eq(tool_hex_read("00fFAb", &out), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&out), NAME("\x00\xff\xab")));
	sg_buf_free(&out);
}
END_TEST

START_TEST(what_is_no_hexadecimal_is_refused)
{
	static const char *const cases[] = { "", "0", "0g", "g0", "00 ", "0x00" };
	struct sg_buf out = { NULL, 0, 0 };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(tool_hex_read(cases[i], &out) == SG_ERR_FORMAT, "%s", cases[i]);
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_name_can_not_steer_a_terminal)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_name(&text, NAME("a\x1b[2J\n\x7f\xc2\x9b\xff\xc3\xa9"));
	ck_assert(is_text(&text, "a?[2J????\xc3\xa9"));
}
END_TEST

START_TEST(a_name_can_not_turn_its_line_around)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_name(&text, NAME("a\xe2\x80\xae" "b\xe2\x81\xa6\xe2\x80\x8b\xc2\xad."));
	ck_assert(is_text(&text, "a?b???."));
}
END_TEST

START_TEST(text_is_cleaned_where_it_stands)
{
	char line[] = "\xe2\x80\xae" "a\x1b\xff\xf0\x9f\x94\x91\xc2\x9b\xc3";

	ck_assert_uint_eq(tool_text_clean(line, sizeof line - 1), 10);
	ck_assert_mem_eq(line, "?a??\xf0\x9f\x94\x91??", 10);
	ck_assert_uint_eq(tool_text_clean(line, 0), 0);
}
END_TEST

START_TEST(distances_are_small_between_neighbours)
{
	ck_assert_uint_eq(tool_text_distance("sign", "sign", 3), 0);
	ck_assert_uint_eq(tool_text_distance("sing", "sign", 3), 2);
	ck_assert_uint_eq(tool_text_distance("keygen", "kegen", 3), 1);
	ck_assert_uint_eq(tool_text_distance("", "abc", 3), 3);
	ck_assert_uint_eq(tool_text_distance("status", "wrap", 3), 4);
	ck_assert_uint_eq(tool_text_distance("0123456789012345678901234567890123456789", "a", 3), 4);
}
END_TEST

START_TEST(spans_are_told_in_whole_units)
{
	static const struct {
		uint32_t seconds;
		const char *text;
	} cases[] = { { 0, "0 seconds" }, { 1, "1 second" }, { 90, "90 seconds" }, { 60, "1 minute" },
	              { 7200, "2 hours" }, { 86400, "1 day" }, { 4294967295u, "4294967295 seconds" } };
	char text[64];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		tool_span(cases[i].seconds, text, sizeof text);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

START_TEST(every_cause_has_an_exit_code)
{
	for (int err = SG_OK + 1; err < SG_ERR_COUNT; err++)
		ck_assert_msg(tool_exit_err((enum sg_err)err) != TOOL_OK, "%s",
		              sg_err_name((enum sg_err)err));
	ck_assert_int_eq(tool_exit_err(SG_OK), TOOL_OK);
}
END_TEST

START_TEST(every_exit_code_is_explained)
{
	for (int code = TOOL_OK; code < TOOL_EXITS; code++)
		ck_assert_ptr_nonnull(tool_exit_text((enum tool_exit)code));
}
END_TEST

START_TEST(what_was_written_at_the_head_is_read_back)
{
	static const uint8_t nonce[TOOL_SEALED_NONCE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	uint8_t file[TOOL_SEALED_HEAD + TOOL_SEALED_TAG + 3] = { 0 };
	struct sg_bytes head, read, cipher;
	struct sg_buf aad = { NULL, 0, 0 };

	tool_sealed_head(nonce, file);
	ck_assert_int_eq(tool_sealed_read(sg_bytes(file, sizeof file), &head, &read, &cipher),
	                 TOOL_OK);
	ck_assert(sg_bytes_equal(read, sg_bytes(nonce, sizeof nonce)));
	ck_assert_ptr_eq(cipher.data, file + TOOL_SEALED_HEAD);
	ck_assert_uint_eq(cipher.len, TOOL_SEALED_TAG + 3);
	ck_assert_int_eq(tool_sealed_aad(head, "text", &aad), SG_OK);
	ck_assert_uint_eq(aad.len, TOOL_SEALED_HEAD + 4);
	ck_assert_mem_eq(aad.data, file, TOOL_SEALED_HEAD);
	ck_assert_mem_eq(aad.data + TOOL_SEALED_HEAD, "text", 4);
	sg_buf_free(&aad);
}
END_TEST

START_TEST(what_is_done_is_not_told_as_failed)
{
	ck_assert_int_eq(tool_fail(TOOL_STORE, NULL, "before"), TOOL_STORE);
	tool_done("made");
	ck_assert_int_eq(tool_fail(TOOL_STORE, NULL, "afterwards"), TOOL_UNTOLD);
	ck_assert_int_eq(tool_fail_err(SG_ERR_NOMEM, "afterwards"), TOOL_UNTOLD);
	ck_assert_int_eq(tool_fail_rv(CKR_KEY_UNEXTRACTABLE, "afterwards"), TOOL_UNTOLD);
	ck_assert_int_eq(tool_fail_rv(CKR_HOST_MEMORY, "afterwards"), TOOL_UNTOLD);
	ck_assert_int_eq(tool_fail_rv(CKR_FUNCTION_FAILED, "afterwards"), TOOL_UNTOLD);
	ck_assert_int_eq(raise(SIGPIPE), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tool: text");
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, base64_is_that_of_the_rfc);
	tcase_add_test(tc, base64_may_stand_in_lines);
	tcase_add_test(tc, what_is_no_base64_is_refused);
	tcase_add_test(tc, a_zero_byte_is_no_base64);
	tcase_add_test(tc, hexadecimal_is_read_in_both_cases);
	tcase_add_test(tc, what_is_no_hexadecimal_is_refused);
	tcase_add_test(tc, a_name_can_not_steer_a_terminal);
	tcase_add_test(tc, a_name_can_not_turn_its_line_around);
	tcase_add_test(tc, text_is_cleaned_where_it_stands);
	tcase_add_test(tc, distances_are_small_between_neighbours);
	tcase_add_test(tc, spans_are_told_in_whole_units);
	tcase_add_test(tc, every_cause_has_an_exit_code);
	tcase_add_test(tc, every_exit_code_is_explained);
	tcase_add_test(tc, what_was_written_at_the_head_is_read_back);
	tcase_add_test(tc, what_is_done_is_not_told_as_failed);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
