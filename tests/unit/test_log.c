/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/log.c. syslog(3) is this program's own, so that nothing leaves it.
 */
#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/runner.h"

static enum sg_log_level last_level;
static char last_line[1024];
static void *last_arg;
static int lines;
static int last_priority;
static bool identity_changed;

void __syslog_chk(int priority, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void take_syslog(int priority, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void take_syslog(int priority, const char *format, va_list args)
{
	last_priority = priority;
	vsnprintf(last_line, sizeof(last_line), format, args);
	lines++;
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	take_syslog(priority, format, args);
	va_end(args);
}

#undef syslog
void (syslog)(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	take_syslog(priority, format, args);
	va_end(args);
}

void openlog(const char *identity, int option, int facility)
{
	(void)identity;
	(void)option;
	(void)facility;
	identity_changed = true;
}

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	last_level = level;
	last_arg = arg;
	snprintf(last_line, sizeof(last_line), "%s", line);
	lines++;
	errno = EIO;
}

START_TEST(without_a_callback_nothing_happens)
{
	sg_log_set(NULL, NULL);
	sg_log(SG_LOG_ERROR, "nobody hears this");
	ck_assert_int_eq(lines, 0);
}
END_TEST

START_TEST(a_line_reaches_the_callback)
{
	int mine = 0;

	sg_log_set(keep, &mine);
	sg_log(SG_LOG_NOTICE, "%s is %d", "the answer", 42);
	ck_assert_int_eq(lines, 1);
	ck_assert_int_eq(last_level, SG_LOG_NOTICE);
	ck_assert_str_eq(last_line, "the answer is 42");
	ck_assert_ptr_eq(last_arg, &mine);
}
END_TEST

START_TEST(a_thread_may_have_its_lines_for_itself)
{
	int all = 0, mine = 0;

	sg_log_set(keep, &all);
	sg_log_divert(keep, &mine);
	sg_log(SG_LOG_ERROR, "one");
	ck_assert_int_eq(lines, 1);
	ck_assert_ptr_eq(last_arg, &mine);
	sg_log_divert(NULL, NULL);
	sg_log(SG_LOG_ERROR, "two");
	ck_assert_int_eq(lines, 2);
	ck_assert_ptr_eq(last_arg, &all);
	/* Also where nobody else listens. */
	sg_log_set(NULL, NULL);
	sg_log_divert(keep, &mine);
	sg_log(SG_LOG_ERROR, "three");
	sg_log_divert(NULL, NULL);
	ck_assert_str_eq(last_line, "three");
}
END_TEST

START_TEST(errno_is_kept)
{
	sg_log_set(keep, NULL);
	errno = ENOTTY;
	sg_log(SG_LOG_ERROR, "the callback sets errno");
	ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(a_long_line_is_cut)
{
	char text[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	sg_log_set(keep, NULL);
	sg_log(SG_LOG_ERROR, "%s", text);
	ck_assert_uint_eq(strlen(last_line), 511);
}
END_TEST

START_TEST(a_newline_can_not_forge_a_second_line)
{
	sg_log_set(keep, NULL);
	sg_log(SG_LOG_ERROR, "%s", "file\nsignet: all is well\x1b[2J\x7f");
	ck_assert_str_eq(last_line, "file?signet: all is well?[2J?");
}
END_TEST

START_TEST(syslog_gets_the_line_with_facility_and_level)
{
	sg_log_to_syslog();
	sg_log(SG_LOG_ERROR, "100%% of %s", "it %s %n");
	ck_assert_int_eq(lines, 1);
	ck_assert_int_eq(last_priority, LOG_AUTHPRIV | LOG_ERR);
	ck_assert_str_eq(last_line, "signet: 100% of it %s %n");
}
END_TEST

START_TEST(the_syslog_identity_of_the_program_is_left_alone)
{
	sg_log_to_syslog();
	sg_log(SG_LOG_DEBUG, "a line");
	ck_assert_int_eq(lines, 1);
	ck_assert(!identity_changed);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_test(t, without_a_callback_nothing_happens);
	tcase_add_test(t, a_line_reaches_the_callback);
	tcase_add_test(t, a_thread_may_have_its_lines_for_itself);
	tcase_add_test(t, errno_is_kept);
	tcase_add_test(t, a_long_line_is_cut);
	tcase_add_test(t, a_newline_can_not_forge_a_second_line);
	tcase_add_test(t, syslog_gets_the_line_with_facility_and_level);
	tcase_add_test(t, the_syslog_identity_of_the_program_is_left_alone);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
