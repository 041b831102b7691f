/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Public keys as lines of OpenSSH.
 */
#include "crypto/ssh_line.h"

#include "lib/hex.h"
#include "lib/runner.h"

#define PUBLIC "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

#define PUBLIC_SSH \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh"

START_TEST(a_public_key_is_written_as_an_ssh_line)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_ssh_line(hex(PUBLIC), "me@here", &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), sg_bytes_str(PUBLIC_SSH " me@here\n"));
	sg_buf_free(&out);
}
END_TEST

/* Whether the line is one that ssh-keygen reads, tool/test_keys.sh shows. */
START_TEST(a_p256_key_has_an_ssh_line_too)
{
	static const char head[] = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB"
		"BAQE";
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_ssh_line(repeat(4, 65), "me@here", &out), SG_OK);
	ck_assert_mem_eq(out.data, head, sizeof head - 1);
	ck_assert_mem_eq(out.data + out.len - 9, " me@here\n", 9);
	sg_buf_free(&out);
}
END_TEST

START_TEST(an_ssh_line_can_do_without_a_comment)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_ssh_line(hex(PUBLIC), NULL, &out), SG_OK);
	ck_assert_int_eq(sg_ssh_line(hex(PUBLIC), "", &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), sg_bytes_str(PUBLIC_SSH "\n" PUBLIC_SSH "\n"));
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_key_of_another_length_has_no_ssh_line)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_ssh_line(sg_bytes(NULL, 0), "me", &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_ssh_line(repeat(4, 64), "me", &out), SG_ERR_RANGE);
	ck_assert_uint_eq(out.len, 0);
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_comment_cannot_smuggle_in_a_line)
{
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_ssh_line(hex(PUBLIC), "me\nssh-ed25519 AAAA", &out), SG_ERR_ARG);
	ck_assert_int_eq(sg_ssh_line(hex(PUBLIC), "\x1b[2J", &out), SG_ERR_ARG);
	ck_assert_int_eq(sg_ssh_line(hex(PUBLIC), "\x7f", &out), SG_ERR_ARG);
	ck_assert_uint_eq(out.len, 0);
	sg_buf_free(&out);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ssh_line");
	TCase *tc = tcase_create("ssh_line");

	tcase_add_test(tc, a_public_key_is_written_as_an_ssh_line);
	tcase_add_test(tc, a_p256_key_has_an_ssh_line_too);
	tcase_add_test(tc, an_ssh_line_can_do_without_a_comment);
	tcase_add_test(tc, a_comment_cannot_smuggle_in_a_line);
	tcase_add_test(tc, a_key_of_another_length_has_no_ssh_line);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
