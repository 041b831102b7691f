/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Command lines of curl's: what they say of the request, and what is passed on.
 */
#include "tools/curl_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"

#define WORDS 16

static struct curl_args args;

/* Read words with a "|" between; true where they are taken. */
static bool reads(const char *line)
{
	static char room[1024];
	static char *words[WORDS + 1];
	char *rest = room;
	size_t n = 0;

	tool_curl_args_free(&args);
	snprintf(room, sizeof room, "%s", line);
	while (n < WORDS && (words[n] = strsep(&rest, "|")) != NULL)
		n++;
	words[n] = NULL;
	return tool_curl_args_read(words, &args) == TOOL_OK;
}

/* Tell whether these words, behind those of our own, are what curl gets. */
static bool passes(const char *line)
{
	char got[1024] = "";

	for (size_t i = 4; i < args.n_words; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i > 4 ? "|" : "",
		         args.words[i]);
	return strcmp(got, line) == 0;
}

static void drop(void)
{
	tool_curl_args_free(&args);
}

START_TEST(an_address_alone_is_a_get)
{
	ck_assert(reads("https://a.example/v1"));
	ck_assert_str_eq(args.url, "https://a.example/v1");
	ck_assert_str_eq(tool_curl_method(&args), "GET");
	ck_assert(passes(""));
	ck_assert_str_eq(args.words[0], "curl");
	ck_assert_str_eq(args.words[1], "-q");
}
END_TEST

static const struct {
	const char *line, *method, *passes;
} good[] = {
	{ "-X|DELETE|/a", "DELETE", "-X|DELETE" },
	{ "-XDELETE|/a", "DELETE", "-X|DELETE" },
	{ "-sSXPOST|/a", "POST", "-s|-S|-X|POST" },
	{ "-sSX|POST|/a", "POST", "-s|-S|-X|POST" },
	{ "--request|PATCH|/a", "PATCH", "--request|PATCH" },
	{ "-X|PUT|-X|POST|/a", "POST", "-X|PUT|-X|POST" },
	{ "-d|x|/a", "POST", "" },
	{ "-dx|/a", "POST", "" },
	{ "-sdx|/a", "POST", "-s" },
	{ "/a|-d|", "POST", "" },
	{ "-d|-X|/a", "POST", "" },              /* a value may look like an option */
	{ "-o|-d|/a", "GET", "-o|-d" },
	{ "-o-d|/a", "GET", "-o|-d" },
	{ "-Gd|x|/a", "GET", "" },
	{ "-IGdx|/a", "HEAD", "-I" },
	{ "-I|/a", "HEAD", "-I" },
	{ "-I|-X|GET|/a", "GET", "-I|-X|GET" },
	{ "-T|file|/a", "PUT", "" },
	{ "-T.|/a", "PUT", "" },
	{ "--json|{}|/a", "POST", "" },
	{ "--json|{}|-X|PUT|/a", "PUT", "-X|PUT" },
	{ "--data-urlencode|a=b|--data-raw|@x|--data-binary|y|/a", "POST", "" },
	{ "--url|/a|-v", "GET", "-v" },
	{ "-v|--|/a", "GET", "-v" },
	{ "-g|--path-as-is|/a|--proto-default|https", "GET", "" },
	{ "--no-progress-meter|--no-location|-N|/a", "GET", "--no-progress-meter|--no-location|-N" },
	{ "-H|A: b|-HC:d|/a", "GET", "-H|A: b|-H|C:d" },
	{ "-u|user:word|-k|-#|/a", "GET", "-u|user:word|-k|-#" },
	{ "--request-target|/b|/a", "GET", "--request-target|/b" },
	{ "-w|%{http_code}|/a", "GET", "-w|%{http_code}" },
};

START_TEST(a_line_is_read_as_curl_reads_it)
{
	ck_assert_msg(reads(good[_i].line), "%s", good[_i].line);
	ck_assert_str_eq(tool_curl_method(&args), good[_i].method);
	ck_assert_msg(passes(good[_i].passes), "%s", good[_i].line);
	ck_assert_str_eq(args.url, "/a");
}
END_TEST

static const char *const bad[] = {
	"", "-s", "/a|/b", "/a|--url|/b", "--url|@file", "--|/a|/b", "--|/a|-s",
	"-L|/a", "-sSL|/a", "--location|/a", "--location-trusted|/a", "--follow|/a",
	"-F|a=b|/a", "-Fa=b|/a", "--form-string|a=b|/a", "-K|file|/a", "-Kfile|/a", "--config|-|/a",
	"-:|/a", "/a|--next|/b", "--retry|3|/a", "--anyauth|/a", "--digest|/a", "--ntlm|/a",
	"--negotiate|/a", "-C|10|/a", "-C-|/a", "--crlf|/a", "--url-query|a=b|/a",
	"--aws-sigv4|aws:amz|/a", "-h", "-V", "-M", "--help|all", "-", "-|/a",
	"--reques|POST|/a", "--Request|POST|/a", "--request=POST|/a", "--frobnicate|/a", "-~|/a",
	"--expand-data|x|/a", "--no-request|/a", "--no-get|/a", "--no-head|/a", "--no-frobnicate|/a",
	"-H|@file|/a", "-H|nonsense|/a", "-H|A: b\nC: d|/a", "-H|Host:|/a", "-H|host: |/a",
	"-T|a|-T|b|/a", "-T|a|-d|b|/a", "-T|a|-G|/a", "-T|a|-I|/a", "-I|-d|x|/a",
	"/a|-X", "/a|-sX", "/a|-d", "/a|--data", "/a|-H", "/a|-o", "/a|-F", "/a|-K",
	"--request-target|/a|--request-target|/b|/c",
};

START_TEST(what_cant_be_signed_is_refused)
{
	ck_assert_msg(!reads(bad[_i]), "%s", bad[_i]);
}
END_TEST

START_TEST(fields_are_known)
{
	ck_assert(reads("-H|A: b |-H|Empty;|-H|Content-Type:|/a"));
	ck_assert_uint_eq(args.n_fields, 2);
	ck_assert_uint_eq(args.fields[0].value.len, 1);
	ck_assert_uint_eq(args.fields[1].name.len, 5);
	ck_assert_uint_eq(args.fields[1].value.len, 0);
	ck_assert(tool_curl_has_field(&args, "a"));
	ck_assert(tool_curl_has_field(&args, "empty"));
	ck_assert(tool_curl_has_field(&args, "content-type"));
	ck_assert(!tool_curl_has_field(&args, "content"));
	ck_assert(!tool_curl_has_field(&args, "content-types"));
}
END_TEST

/* Read a line of the help: "-X, --request <method>". */
static bool help_line(const char *line, char *letter, char name[64], bool *value)
{
	const char *at = strstr(line, "--");

	*letter = '\0';
	if (at == NULL || at - line > 6)
		return false;
	if (at - line >= 4 && at[-2] == ',')
		*letter = at[-3];
	at += 2;
	snprintf(name, 64, "%.*s", (int)strcspn(at, " \n"), at);
	at += strlen(name);
	*value = at[0] == ' ' && (at[1] == '<' || at[1] == '[');
	return true;
}

/* If an option of this curl takes a value and ours says otherwise, an address could be signed
 * that is none. */
START_TEST(the_table_says_what_curl_says)
{
	FILE *help = popen("curl --help all 2>/dev/null", "r");
	char line[512], name[64], letter;
	bool value;
	int n = 0;

	ck_assert_ptr_nonnull(help);
	while (fgets(line, sizeof line, help) != NULL) {
		const struct curl_option *option;

		if (!help_line(line, &letter, name, &value))
			continue;
		option = tool_curl_named(name);
		if (option == NULL && strncmp(name, "no-", 3) == 0)
			option = tool_curl_named(name + 3);
		ck_assert_msg(option != NULL, "%s is not known", name);
		ck_assert_msg(option->value == value, "%s", name);
		/* Newer ones call -i --show-headers. */
		if (letter != '\0')
			ck_assert_msg(tool_curl_lettered(letter) != NULL &&
			                      tool_curl_lettered(letter)->value == value, "%s", name);
		if (letter != '\0' && letter != 'i')
			ck_assert_ptr_eq(tool_curl_lettered(letter), option);
		n++;
	}
	pclose(help);
	ck_assert_int_ge(n, 200);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("curl_args");
	TCase *tc = tcase_create("curl_args");

	tcase_add_checked_fixture(tc, NULL, drop);
	tcase_add_test(tc, an_address_alone_is_a_get);
	tcase_add_loop_test(tc, a_line_is_read_as_curl_reads_it, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(tc, what_cant_be_signed_is_refused, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(tc, fields_are_known);
	tcase_add_test(tc, the_table_says_what_curl_says);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
