/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What a registrar answers at which address, and how often a source may ask and fail. The
 * registrar is the test's own, and only tells how it was asked.
 */
#include "tools/serve_route.h"

#include <stdio.h>
#include <string.h>

#include "lib/runner.h"

#define SOURCE "192.0.2.7"

static struct serve_route *route;
static struct serve_calls calls;
static char asked[512];                 /* the call, the source, the vault and the message */
static enum sg_enroll_reason reason;    /* what is answered next */
static int refused[SG_ENROLL_REASON_COUNT];

static enum sg_enroll_reason note(const char *call, const struct sg_registrar_caller *caller,
                                  struct sg_bytes vault, struct sg_bytes json,
                                  struct sg_buf *answer)
{
	ck_assert(caller->now > 1700000000);
	snprintf(asked, sizeof asked, "%s %s %.*s %.*s", call, caller->source, (int)vault.len,
	         (const char *)vault.data, (int)json.len, (const char *)json.data);
	ck_assert_int_eq(sg_buf_set(answer, sg_bytes_str("{\"answer\":1}")), SG_OK);
	return reason;
}

enum sg_enroll_reason sg_registrar_begin(struct sg_registrar *registrar,
                                         const struct sg_registrar_caller *caller,
                                         struct sg_bytes json, struct sg_buf *answer)
{
	(void)registrar;
	return note("begin", caller, sg_bytes_str("-"), json, answer);
}

enum sg_enroll_reason sg_registrar_finish(struct sg_registrar *registrar,
                                          const struct sg_registrar_caller *caller,
                                          struct sg_bytes json, struct sg_buf *answer)
{
	(void)registrar;
	return note("finish", caller, sg_bytes_str("-"), json, answer);
}

enum sg_enroll_reason sg_registrar_register(struct sg_registrar *registrar,
                                            const struct sg_registrar_caller *caller,
                                            struct sg_bytes vault, struct sg_bytes json,
                                            struct sg_buf *answer)
{
	(void)registrar;
	return note("register", caller, vault, json, answer);
}

enum sg_enroll_reason sg_registrar_register_agent(struct sg_registrar *registrar,
                                                  const struct sg_registrar_caller *caller,
                                                  struct sg_bytes json, struct sg_buf *answer)
{
	(void)registrar;
	return note("register-agent", caller, sg_bytes_str("-"), json, answer);
}

void sg_registrar_refused(struct sg_registrar *registrar, const struct sg_registrar_caller *caller,
                          enum sg_enroll_reason why)
{
	(void)registrar;
	ck_assert_str_eq(caller->source, SOURCE);
	refused[why]++;
}

static void begin(unsigned requests, unsigned failures)
{
	const struct serve_tries tries = { requests, failures };

	serve_route_free(&route);
	ck_assert_int_eq(serve_route_new(NULL, &tries, &route), SG_OK);
	serve_route_calls(route, &calls);
	reason = SG_ENROLL_OK;
	memset(refused, 0, sizeof refused);
	asked[0] = '\0';
}

static void setup(void)
{
	begin(1000, 3);
}

static void teardown(void)
{
	serve_route_free(&route);
}

/* Ask as a server does; the caller frees answer->body. */
static void ask_from(const char *source, const char *method, const char *path,
                     struct serve_answer *answer)
{
	const struct serve_head head = { .method = method, .path = path, .source = source };

	*answer = (struct serve_answer){ 0 };
	if (!calls.head(calls.context, &head, answer))
		calls.body(calls.context, &head, sg_bytes_str("{message}"), answer);
}

/* Ask; return the status, and the seconds to wait where somebody wants them. */
static unsigned ask(const char *method, const char *path, unsigned *wait)
{
	struct serve_answer answer;

	ask_from(SOURCE, method, path, &answer);
	if (wait != NULL)
		*wait = answer.retry_after;
	sg_buf_free(&answer.body);
	return answer.status;
}

#define BEGIN "/v1/signet/enroll/begin"

static const struct {
	const char *path, *asked;       /* NULL: there is nothing */
} places[] = {
	{ BEGIN, "begin " SOURCE " - {message}" },
	{ "/v1/signet/enroll/finish", "finish " SOURCE " - {message}" },
	{ "/v1/ai-bootstrap/register", "register-agent " SOURCE " - {message}" },
	{ "/v1/vault_a1/enroll/register", "register " SOURCE " vault_a1 {message}" },
	{ "/v1/signet/enroll/register", "register " SOURCE " signet {message}" },
	{ "/v1/%2e%2e/enroll/register", "register " SOURCE " %2e%2e {message}" },
	{ "/v1/signet/enroll/begin/", NULL }, { "/v1/signet/enroll/", NULL },
	{ "//v1/signet/enroll/begin", NULL }, { "/v1/a/b/enroll/register", NULL },
	{ "/v1//enroll/register", NULL },     { "/v1/enroll/register", NULL },
	{ "/", NULL },                        { "", NULL },
	{ "*", NULL },                        { "/v1/", NULL },
	{ "/V1/signet/enroll/begin", NULL },  { "/v1/vault_a1/enroll/register/", NULL },
};

START_TEST(each_address_has_its_call_and_others_have_none)
{
	const char *should = places[_i].asked;

	ck_assert_uint_eq(ask("POST", places[_i].path, NULL), should != NULL ? 200 : 404);
	ck_assert_str_eq(asked, should != NULL ? should : "");
}
END_TEST

START_TEST(a_vaults_name_has_a_bound)
{
	char path[512] = "/v1/";

	memset(path + 4, 'v', 255);
	strcpy(path + 4 + 255, "/enroll/register");
	ck_assert_uint_eq(ask("POST", path, NULL), 200);
	memset(path + 4, 'v', 256);
	strcpy(path + 4 + 256, "/enroll/register");
	ck_assert_uint_eq(ask("POST", path, NULL), 404);
}
END_TEST

static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post", "X" };

START_TEST(only_post_is_taken)
{
	struct serve_answer answer;

	ask_from(SOURCE, methods[_i], BEGIN, &answer);
	ck_assert_uint_eq(answer.status, 405);
	ck_assert_str_eq(answer.allow, "POST");
	ck_assert_str_eq(asked, "");
	sg_buf_free(&answer.body);
}
END_TEST

START_TEST(a_query_is_not_taken)
{
	const struct serve_head head = { .method = "POST", .path = BEGIN, .query = true,
		                         .source = SOURCE };
	struct serve_answer answer = { 0 };

	ck_assert(calls.head(calls.context, &head, &answer));
	ck_assert_uint_eq(answer.status, 404);
	sg_buf_free(&answer.body);
}
END_TEST

START_TEST(who_fails_too_often_is_locked_out)
{
	struct serve_answer answer;
	unsigned wait = 0;

	reason = SG_ENROLL_TOKEN_UNKNOWN;
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(ask("POST", BEGIN, NULL),
		                  sg_enroll_reason_status(SG_ENROLL_TOKEN_UNKNOWN));
	asked[0] = '\0';
	reason = SG_ENROLL_OK;
	ck_assert_uint_eq(ask("POST", BEGIN, &wait),
	                  sg_enroll_reason_status(SG_ENROLL_LOCKED_OUT));
	ck_assert(wait > 0 && wait <= 900);
	ck_assert_str_eq(asked, "");
	ck_assert_int_eq(refused[SG_ENROLL_LOCKED_OUT], 1);
	/* Nobody else is. */
	ask_from("192.0.2.8", "POST", BEGIN, &answer);
	ck_assert_uint_eq(answer.status, 200);
	sg_buf_free(&answer.body);
}
END_TEST

START_TEST(what_is_nobodys_fault_locks_nobody_out)
{
	static const enum sg_enroll_reason late[] = {
		SG_ENROLL_OK, SG_ENROLL_TOKEN_USED, SG_ENROLL_TOKEN_ENDED, SG_ENROLL_SESSION_ENDED,
	};

	for (size_t i = 0; i < 16; i++) {
		reason = late[i % (sizeof late / sizeof late[0])];
		ck_assert_uint_eq(ask("POST", BEGIN, NULL), sg_enroll_reason_status(reason));
	}
	/* Whatever has a status that says so is the fault of the registrar. */
	for (unsigned i = SG_ENROLL_OK; i < SG_ENROLL_REASON_COUNT; i++) {
		reason = (enum sg_enroll_reason)i;
		for (int round = 0; round < 4 && sg_enroll_reason_status(reason) >= 500; round++)
			ck_assert_uint_eq(ask("POST", BEGIN, NULL),
			                  sg_enroll_reason_status(reason));
	}
}
END_TEST

START_TEST(white_space_around_a_message_is_no_part_of_it)
{
	const struct serve_head head = { .method = "POST", .path = BEGIN, .source = SOURCE };
	struct serve_answer answer = { 0 };

	ck_assert(!calls.head(calls.context, &head, &answer));
	calls.body(calls.context, &head, sg_bytes_str(" {message}\r\n"), &answer);
	ck_assert_str_eq(asked, "begin " SOURCE " - {message}");
	sg_buf_free(&answer.body);
}
END_TEST

START_TEST(who_may_come_later_is_told_when)
{
	static const enum sg_enroll_reason later[] = {
		SG_ENROLL_BUSY, SG_ENROLL_TOKEN_BUSY, SG_ENROLL_EK_LIST,
	};

	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
		unsigned wait = 0;

		reason = later[i];
		ck_assert_uint_eq(ask("POST", BEGIN, &wait), 503);
		ck_assert_uint_gt(wait, 0);
	}
}
END_TEST

START_TEST(who_asks_too_often_waits)
{
	unsigned wait = 0;

	begin(5, 3);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(ask("GET", "/", NULL), 404);
	ck_assert_uint_eq(ask("POST", BEGIN, &wait), sg_enroll_reason_status(SG_ENROLL_BUSY));
	ck_assert(wait > 0 && wait <= 30);
	ck_assert_str_eq(asked, "");
}
END_TEST

START_TEST(who_connects_too_often_and_asks_nothing_waits_too)
{
	begin(5, 3);
	for (int i = 0; i < 5; i++)
		calls.silent(calls.context, SOURCE);
	ck_assert_uint_eq(ask("POST", BEGIN, NULL), sg_enroll_reason_status(SG_ENROLL_BUSY));
	ck_assert_str_eq(asked, "");
}
END_TEST

START_TEST(who_connects_too_often_is_not_let_in)
{
	begin(5, 3);
	for (int i = 0; i < 10; i++)
		ck_assert(calls.come(calls.context, SOURCE));
	ck_assert(!calls.come(calls.context, SOURCE));
	ck_assert(calls.come(calls.context, "192.0.2.8"));
}
END_TEST

START_TEST(what_can_be_read_in_two_ways_is_not_read)
{
	struct serve_head head = { .method = "POST", .path = BEGIN, .ambiguous = true,
		                   .source = SOURCE };
	struct serve_answer answer = { 0 };

	ck_assert(calls.head(calls.context, &head, &answer));
	ck_assert_uint_eq(answer.status, 400);
	ck_assert_str_eq(answer.why, "ambiguous");
	sg_buf_free(&answer.body);
	answer = (struct serve_answer){ 0 };
	head.ambiguous = false;
	head.lost = true;
	ck_assert(calls.head(calls.context, &head, &answer));
	ck_assert_uint_eq(answer.status, 400);
	ck_assert_str_eq(answer.why, "forwarded");
	sg_buf_free(&answer.body);
}
END_TEST

START_TEST(what_is_too_long_is_refused_and_counts)
{
	const struct serve_head head = { .method = "POST", .path = BEGIN, .source = SOURCE };

	for (int i = 0; i < 3; i++) {
		struct serve_answer answer = { 0 };

		calls.too_long(calls.context, &head, &answer);
		ck_assert_uint_eq(answer.status, sg_enroll_reason_status(SG_ENROLL_TOO_LONG));
		sg_buf_free(&answer.body);
	}
	ck_assert_int_eq(refused[SG_ENROLL_TOO_LONG], 3);
	ck_assert_uint_eq(ask("POST", BEGIN, NULL),
	                  sg_enroll_reason_status(SG_ENROLL_LOCKED_OUT));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serve_route");
	TCase *tcase = tcase_create("route");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, each_address_has_its_call_and_others_have_none, 0,
	                    sizeof places / sizeof places[0]);
	tcase_add_test(tcase, a_vaults_name_has_a_bound);
	tcase_add_loop_test(tcase, only_post_is_taken, 0, sizeof methods / sizeof methods[0]);
	tcase_add_test(tcase, a_query_is_not_taken);
	tcase_add_test(tcase, who_fails_too_often_is_locked_out);
	tcase_add_test(tcase, what_is_nobodys_fault_locks_nobody_out);
	tcase_add_test(tcase, white_space_around_a_message_is_no_part_of_it);
	tcase_add_test(tcase, who_may_come_later_is_told_when);
	tcase_add_test(tcase, who_asks_too_often_waits);
	tcase_add_test(tcase, who_connects_too_often_and_asks_nothing_waits_too);
	tcase_add_test(tcase, who_connects_too_often_is_not_let_in);
	tcase_add_test(tcase, what_can_be_read_in_two_ways_is_not_read);
	tcase_add_test(tcase, what_is_too_long_is_refused_and_counts);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
