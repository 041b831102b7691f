/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of request/verifier.c, and of answer.c and verdict.c in it: the steps in their order, what a
 * client is told, and what the server sees. Attacks are in attack/test_request_server.c.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/server.h"
#include "request/answer.h"
#include "request/verdict.h"

#define SOURCE "192.0.2.1"
#define THREADS 4
#define ROUNDS 50

static char *folder, *path;
static struct test_server server;
static struct test_signer signer, hmac;

/* What the library said last. */
static char heard[512];
static enum sg_request_level heard_level;

static void setup(void)
{
	heard[0] = '\0';
	folder = scratch_make();
	path = scratch_path(folder, "nonces.db");
	test_server(&server, path);
	test_server_start(&server);
	test_signer_42(&signer);
	hmac = (struct test_signer){ .hmac = TEST_HMAC_KEY };
}

static void teardown(void)
{
	test_server_stop(&server);
	free(path);
	scratch_remove(&folder);
}

/* Sign a request now, and verify it. */
static enum sg_request_reason ask_as(enum sg_request_form form, struct test_signer *with,
                                     const char *id, int64_t created)
{
	struct test_signed request;
	enum sg_request_reason reason;

	test_signed(&request, form, with, id, NULL, created);
	reason = test_server_verify(&server, &request.message, SOURCE, NULL);
	test_signed_clear(&request);
	return reason;
}

static enum sg_request_reason ask_at(int64_t created)
{
	return ask_as(SG_REQUEST_VAULT, &signer, TEST_ID, created);
}

static enum sg_request_reason ask(void)
{
	return ask_at(server.now);
}

START_TEST(a_good_request_is_accepted_in_each_form)
{
	test_reason(ask_as(SG_REQUEST_VAULT, &signer, TEST_ID, TEST_NOW), SG_REQUEST_OK);
	test_reason(ask_as(SG_REQUEST_RFC9421, &signer, TEST_ID, TEST_NOW), SG_REQUEST_OK);
	test_reason(ask_as(SG_REQUEST_HMAC, &hmac, TEST_HMAC_ID, TEST_NOW), SG_REQUEST_OK);
	ck_assert_uint_eq(server.lookups, 3);
	ck_assert_uint_eq(server.releases, 3);
	ck_assert_uint_eq(server.checks, 3);
}
END_TEST

START_TEST(the_verdict_says_who_signed_what_and_holds_no_key)
{
	static const uint8_t none[32];
	const struct sg_request_verdict *verdict = NULL;
	struct test_signed request;

	server.machines[0].kind = SG_REQUEST_AGENT;
	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, "n1", TEST_NOW);
	test_reason(sg_request_verify(server.verifier, &request.message.message,
	                              sg_request_text(SOURCE), &verdict), SG_REQUEST_OK);
	ck_assert_uint_eq(verdict->status, 200);
	ck_assert_int_eq(verdict->machine->kind, SG_REQUEST_AGENT);
	ck_assert_mem_eq(verdict->machine->keys[0], none, sizeof none);
	ck_assert_ptr_null(verdict->machine->record);
	ck_assert_str_eq(verdict->machine->id, TEST_ID);
	test_text_eq(verdict->signature->nonce, "n1");
	test_text_eq(verdict->signature->id, TEST_ID);
	sg_request_verdict_free(&verdict);
	sg_request_verdict_free(&verdict);
	test_signed_clear(&request);
}
END_TEST

START_TEST(the_second_key_of_a_machine_is_good_too)
{
	memcpy(server.machines[0].keys[1], server.machines[0].keys[0], 32);
	memset(server.machines[0].keys[0], 1, 32);
	test_reason(ask(), SG_REQUEST_SIGNATURE);
	server.machines[0].n_keys = 2;
	test_reason(ask(), SG_REQUEST_OK);
}
END_TEST

START_TEST(the_clocks_may_differ_by_the_skew_and_not_by_more)
{
	test_reason(ask_at(TEST_NOW - 300), SG_REQUEST_OK);
	test_reason(ask_at(TEST_NOW + 300), SG_REQUEST_OK);
	test_reason(ask_at(TEST_NOW - 301), SG_REQUEST_LATE);
	test_reason(ask_at(TEST_NOW + 301), SG_REQUEST_EARLY);
	server.how.skew = 10;
	test_server_start(&server);
	test_reason(ask_at(TEST_NOW + 10), SG_REQUEST_OK);
	test_reason(ask_at(TEST_NOW + 11), SG_REQUEST_EARLY);
	test_reason(ask_at(TEST_NOW - 11), SG_REQUEST_LATE);
}
END_TEST

/* Sign in the form of RFC 9421 with some parameters. */
static enum sg_request_reason ask_rfc(unsigned flags, int64_t lifetime, const char *components)
{
	struct sg_request_signing how = {
		.size = sizeof how, .form = SG_REQUEST_RFC9421, .flags = flags, .sign = test_sign,
		.context = &signer, .id = sg_request_text(TEST_ID), .created = TEST_NOW,
		.lifetime = lifetime, .components = sg_request_text(components),
	};
	struct sg_request_signature *signature = NULL;
	struct test_message message;
	enum sg_request_reason reason;

	test_message(&message, "GET", "/");
	test_message_add(&message, "Host", "vault.example");
	test_reason(sg_request_sign(&message.message, &how, &signature), SG_REQUEST_OK);
	test_message_take(&message, signature);
	reason = test_server_verify(&server, &message, SOURCE, NULL);
	sg_request_signature_free(&signature);
	return reason;
}

START_TEST(a_signature_that_has_expired_is_late)
{
	server.now = TEST_NOW + 5;
	test_reason(ask_rfc(0, 5, NULL), SG_REQUEST_OK);
	test_reason(ask_rfc(0, 4, NULL), SG_REQUEST_LATE);
}
END_TEST

START_TEST(where_there_is_no_nonce_the_signature_may_come_once)
{
	test_reason(ask_rfc(SG_REQUEST_NO_NONCE, 0, NULL), SG_REQUEST_OK);
	test_reason(ask_rfc(SG_REQUEST_NO_NONCE, 0, NULL), SG_REQUEST_REPLAYED);
	test_reason(ask_rfc(SG_REQUEST_NO_NONCE, 7, NULL), SG_REQUEST_OK);
	test_reason(ask_as(SG_REQUEST_HMAC, &hmac, TEST_HMAC_ID, TEST_NOW), SG_REQUEST_OK);
	test_reason(ask_as(SG_REQUEST_HMAC, &hmac, TEST_HMAC_ID, TEST_NOW), SG_REQUEST_REPLAYED);
	test_reason(ask_as(SG_REQUEST_HMAC, &hmac, TEST_HMAC_ID, TEST_NOW + 1), SG_REQUEST_OK);
}
END_TEST

static void set_state(int which)
{
	struct sg_request_machine *machine = &server.machines[0];

	machine->enabled = which != 0;
	machine->revoked = which == 1;
	machine->not_before = which == 2 ? TEST_NOW + 1 : 0;
	machine->expires = which == 3 ? TEST_NOW : 0;
}

static const enum sg_request_reason states[] = {
	SG_REQUEST_DISABLED, SG_REQUEST_REVOKED, SG_REQUEST_NOT_YET, SG_REQUEST_ENDED, SG_REQUEST_OK,
};

START_TEST(a_machine_that_may_not_sign_is_refused_with_its_reason)
{
	set_state(_i);
	test_reason(ask(), states[_i]);
	ck_assert_uint_eq(server.releases, 1);
	ck_assert_uint_eq(server.checks, states[_i] == SG_REQUEST_OK);
}
END_TEST

START_TEST(a_machine_may_sign_from_its_first_second_to_before_its_last)
{
	server.machines[0].not_before = TEST_NOW;
	server.machines[0].expires = TEST_NOW + 1;
	test_reason(ask(), SG_REQUEST_OK);
	server.now = TEST_NOW + 1;
	test_reason(ask(), SG_REQUEST_ENDED);
}
END_TEST

START_TEST(a_machine_that_was_not_filled_is_not_enabled)
{
	memset(&server.machines[0], 0, sizeof server.machines[0]);
	test_reason(ask(), SG_REQUEST_KEY);
	memcpy(server.machines[0].keys[0], signer.public_key, 32);
	server.machines[0].n_keys = 1;
	test_reason(ask(), SG_REQUEST_DISABLED);
}
END_TEST

START_TEST(a_machine_without_a_key_for_the_form_is_refused)
{
	test_reason(ask_as(SG_REQUEST_HMAC, &hmac, TEST_ID, TEST_NOW), SG_REQUEST_KEY);
	test_reason(ask_as(SG_REQUEST_VAULT, &signer, TEST_HMAC_ID, TEST_NOW), SG_REQUEST_KEY);
}
END_TEST

static bool out_of_order;

static int make_code(void *context, const uint8_t *bytes, size_t len, uint8_t code[32])
{
	size_t n = 0;

	if (out_of_order)
		return 1;
	return test_sign(context, bytes, len, code, &n);
}

START_TEST(hardware_may_have_the_key_of_an_hmac)
{
	struct test_signer other = { .hmac = "another" };

	server.machines[1].hmac_key = NULL;
	server.machines[1].code = make_code;
	server.machines[1].code_context = &hmac;
	test_reason(ask_as(SG_REQUEST_HMAC, &hmac, TEST_HMAC_ID, TEST_NOW), SG_REQUEST_OK);
	test_reason(ask_as(SG_REQUEST_HMAC, &other, TEST_HMAC_ID, TEST_NOW), SG_REQUEST_SIGNATURE);
	out_of_order = true;
	test_reason(ask_as(SG_REQUEST_HMAC, &hmac, TEST_HMAC_ID, TEST_NOW + 1), SG_REQUEST_LOOKUP);
}
END_TEST

START_TEST(what_the_check_denies_is_known_and_forbidden)
{
	struct test_signed request;
	unsigned status;

	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW);
	server.denies = true;
	test_reason(test_server_verify(&server, &request.message, SOURCE, &status),
	            SG_REQUEST_DENIED);
	ck_assert_uint_eq(status, 403);
	/* It was not taken, so it is no replay. */
	server.denies = false;
	test_reason(test_server_verify(&server, &request.message, SOURCE, NULL), SG_REQUEST_OK);
	test_signed_clear(&request);
}
END_TEST

START_TEST(a_lookup_that_fails_is_the_servers_trouble)
{
	struct test_signed request;
	unsigned status;

	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW);
	server.broken = true;
	for (int i = 0; i < 5; i++)
		test_reason(test_server_verify(&server, &request.message, SOURCE, &status),
		            SG_REQUEST_LOOKUP);
	ck_assert_uint_eq(status, 503);
	ck_assert_uint_eq(server.releases, 0);
	server.broken = false;
	test_reason(test_server_verify(&server, &request.message, SOURCE, NULL), SG_REQUEST_OK);
	test_signed_clear(&request);
}
END_TEST

START_TEST(the_head_alone_tells_a_clock_that_is_wrong)
{
	const struct sg_request_verdict *verdict = NULL;
	struct test_signed request;

	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW - 1000);
	test_reason(sg_request_verify_head(server.verifier, &request.message.message,
	                                   sg_request_text(SOURCE), &verdict), SG_REQUEST_LATE);
	ck_assert_uint_eq(verdict->status, 401);
	sg_request_verdict_free(&verdict);
	test_signed_clear(&request);
	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW);
	for (int i = 0; i < 2; i++) {
		test_reason(sg_request_verify_head(server.verifier, &request.message.message,
		                                   sg_request_text(SOURCE), &verdict),
		            SG_REQUEST_OK);
		sg_request_verdict_free(&verdict);
	}
	test_reason(test_server_verify(&server, &request.message, SOURCE, NULL), SG_REQUEST_OK);
	test_signed_clear(&request);
	ck_assert_uint_eq(server.lookups, 1);
}
END_TEST

START_TEST(a_client_cant_tell_machines_from_no_machines)
{
	static const enum sg_request_reason alike[] = {
		SG_REQUEST_UNKNOWN, SG_REQUEST_DISABLED, SG_REQUEST_REVOKED, SG_REQUEST_NOT_YET,
		SG_REQUEST_ENDED, SG_REQUEST_KEY, SG_REQUEST_SIGNATURE,
	};

	for (size_t i = 1; i < sizeof alike / sizeof alike[0]; i++)
		ck_assert_ptr_eq(sg_request_answer(alike[i]), sg_request_answer(alike[0]));
	ck_assert_uint_eq(sg_request_answer(alike[0])->status, 401);
	ck_assert(sg_request_answer(alike[0])->counts);
}
END_TEST

START_TEST(there_is_a_verdict_also_where_there_is_no_memory_for_one)
{
	const struct sg_request_verdict *verdict = sg_request_verdict_no_memory();

	ck_assert_int_eq(verdict->reason, SG_REQUEST_NOMEM);
	ck_assert_uint_eq(verdict->status, sg_request_answer(SG_REQUEST_NOMEM)->status);
	ck_assert_str_eq(verdict->text, sg_request_answer(SG_REQUEST_NOMEM)->text);
	sg_request_verdict_free(&verdict);
	ck_assert_ptr_null(verdict);
	sg_request_verdict_free(NULL);
}
END_TEST

START_TEST(what_is_missing_is_an_argument_and_no_crash)
{
	const struct sg_request_text nothing = { NULL, 5 };
	struct sg_request_verifier *none = NULL;
	const struct sg_request_verdict *verdict = NULL;
	struct test_signed request;

	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW);
	test_reason(sg_request_verify(NULL, &request.message.message, sg_request_text(SOURCE),
	                              &verdict), SG_REQUEST_ARGUMENT);
	ck_assert_uint_eq(verdict->status, 503);
	sg_request_verdict_free(&verdict);
	test_reason(sg_request_verify(server.verifier, NULL, sg_request_text(SOURCE), &verdict),
	            SG_REQUEST_ARGUMENT);
	sg_request_verdict_free(&verdict);
	test_reason(sg_request_verify_head(server.verifier, &request.message.message, nothing,
	                                   &verdict), SG_REQUEST_ARGUMENT);
	sg_request_verdict_free(&verdict);
	test_reason(sg_request_verify(server.verifier, &request.message.message,
	                              sg_request_text(SOURCE), NULL), SG_REQUEST_ARGUMENT);
	test_reason(sg_request_verifier_new(&server.how, NULL, NULL), SG_REQUEST_ARGUMENT);
	test_reason(sg_request_verifier_new(NULL, &none, NULL), SG_REQUEST_ARGUMENT);
	test_signed_clear(&request);
}
END_TEST

START_TEST(every_reason_has_an_answer_and_only_one_is_good)
{
	for (int i = -1; i < 256; i++) {
		const struct sg_request_answer *row = sg_request_answer((enum sg_request_reason)i);

		ck_assert_int_eq(row->status == 200, i == SG_REQUEST_OK);
		ck_assert(row->status == 200 || row->status == 401 || row->status == 403 ||
		          row->status == 429 || row->status == 503);
		ck_assert_uint_gt(strlen(row->text), 0);
	}
	/* Whoever is not to be locked out for it. */
	ck_assert(!sg_request_answer(SG_REQUEST_EARLY)->counts);
	ck_assert(!sg_request_answer(SG_REQUEST_UNSIGNED)->counts);
	ck_assert(!sg_request_answer(SG_REQUEST_NONCES)->counts);
	ck_assert(sg_request_answer(SG_REQUEST_REPLAYED)->counts);
}
END_TEST

START_TEST(options_that_make_no_sense_are_refused)
{
	struct sg_request_verifier *verifier = NULL;
	struct sg_request_verifying how;
	struct sg_request_reading reading;

#define REFUSED(change) \
	do { \
		how = server.how; \
		change; \
		test_reason(sg_request_verifier_new(&how, &verifier, NULL), SG_REQUEST_ARGUMENT); \
		ck_assert_ptr_null(verifier); \
	} while (0)
	REFUSED(how.size = 0);
	REFUSED(how.size = sizeof how + 1);
	REFUSED(how.lookup = NULL);
	REFUSED(how.nonces = NULL);
	REFUSED(how.flags = SG_REQUEST_NO_NONCES);
	REFUSED(how.flags = 4);
	REFUSED(how.skew = -1);
	REFUSED(how.skew = 86401);
	REFUSED(how.failure_window = -1);
	REFUSED(how.lock_time = -1);
	REFUSED(how.sources_max = SIZE_MAX);
	REFUSED(how.failures = 101);
	how = server.how;
	how.reading = &reading;
#define UNREADABLE(change) \
	do { \
		reading = (struct sg_request_reading){ .size = sizeof reading }; \
		change; \
		test_reason(sg_request_verifier_new(&how, &verifier, NULL), SG_REQUEST_ARGUMENT); \
		ck_assert_ptr_null(verifier); \
	} while (0)
	UNREADABLE(reading.size = 0);
	UNREADABLE(reading.size = sizeof reading + 1);
	UNREADABLE(reading.flags = 0x8000);
	UNREADABLE(reading.flags = SG_REQUEST_HEAD_ONLY);
	UNREADABLE(reading.form = (enum sg_request_form)77);
	UNREADABLE(reading.require = sg_request_text("nonsense("));
#undef UNREADABLE
#undef REFUSED
	test_reason(sg_request_verifier_new(NULL, &verifier, NULL), SG_REQUEST_ARGUMENT);
	sg_request_verifier_free(NULL);
	sg_request_verifier_free(&verifier);
}
END_TEST

START_TEST(a_file_of_nonces_that_cant_be_used_is_said_to_be)
{
	struct sg_request_verifier *verifier = NULL;
	const char *why = NULL;

	server.how.nonces = "/proc/nothing/nonces.db";
	test_reason(sg_request_verifier_new(&server.how, &verifier, &why), SG_REQUEST_NONCES);
	ck_assert_ptr_null(verifier);
	ck_assert_str_eq(why, "The folder is missing, or a file of the store was removed");
}
END_TEST


static void hear(void *context, enum sg_request_level level, const char *line)
{
	ck_assert_ptr_eq(context, &server);
	heard_level = level;
	snprintf(heard, sizeof heard, "%s", line);
}

START_TEST(a_server_learns_why_it_can_keep_no_nonces)
{
	unsigned status;
	struct test_signed request;

	server.how.log = hear;
	test_server_start(&server);
	test_reason(ask(), SG_REQUEST_OK);
	ck_assert_str_eq(heard, "");
	ck_assert_int_eq(unlink(path), 0);
	server.now = TEST_NOW + 90;
	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW + 90);
	test_reason(test_server_verify(&server, &request.message, SOURCE, &status),
	            SG_REQUEST_NONCES);
	test_signed_clear(&request);
	ck_assert_uint_eq(status, 503);
	ck_assert_int_eq(heard_level, SG_REQUEST_ERROR);
	ck_assert_msg(strstr(heard, path) != NULL, "%s", heard);
}
END_TEST

/* A program that was built before there was a log has a shorter struct. */
START_TEST(a_verifier_takes_the_options_of_an_older_header)
{
	server.how.size = offsetof(struct sg_request_verifying, log);
	server.how.log = hear;
	test_server_start(&server);
	test_reason(ask(), SG_REQUEST_OK);
	ck_assert_int_eq(unlink(path), 0);
	server.now = TEST_NOW + 90;
	test_reason(ask_at(TEST_NOW + 90), SG_REQUEST_NONCES);
	ck_assert_str_eq(heard, "");
}
END_TEST

static atomic_uint accepted, replayed;

/* All threads send the same requests, and each its own. */
static void *serve(void *arg)
{
	struct test_signed *common = arg;

	for (int i = 0; i < ROUNDS; i++) {
		enum sg_request_reason reason = test_server_verify(&server, &common[i].message,
		                                                   NULL, NULL);

		accepted += reason == SG_REQUEST_OK;
		replayed += reason == SG_REQUEST_REPLAYED;
		if (test_server_verify(&server, &common[i].message, "192.0.2.9", NULL) ==
		    SG_REQUEST_OK)
			abort();
	}
	return NULL;
}

START_TEST(threads_verify_side_by_side_and_each_request_is_taken_once)
{
	struct test_signed *requests = calloc(ROUNDS, sizeof *requests);
	pthread_t threads[THREADS];

	ck_assert_ptr_nonnull(requests);
	for (int i = 0; i < ROUNDS; i++)
		test_signed(&requests[i], SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, serve, requests), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(accepted, ROUNDS);
	ck_assert_uint_eq(replayed, (THREADS - 1) * ROUNDS);
	for (int i = 0; i < ROUNDS; i++)
		test_signed_clear(&requests[i]);
	free(requests);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_verifier");
	TCase *tcase = tcase_create("request_verifier");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_good_request_is_accepted_in_each_form);
	tcase_add_test(tcase, the_verdict_says_who_signed_what_and_holds_no_key);
	tcase_add_test(tcase, the_second_key_of_a_machine_is_good_too);
	tcase_add_test(tcase, the_clocks_may_differ_by_the_skew_and_not_by_more);
	tcase_add_test(tcase, a_signature_that_has_expired_is_late);
	tcase_add_test(tcase, where_there_is_no_nonce_the_signature_may_come_once);
	tcase_add_loop_test(tcase, a_machine_that_may_not_sign_is_refused_with_its_reason, 0,
	                    sizeof states / sizeof states[0]);
	tcase_add_test(tcase, a_machine_may_sign_from_its_first_second_to_before_its_last);
	tcase_add_test(tcase, a_machine_that_was_not_filled_is_not_enabled);
	tcase_add_test(tcase, a_machine_without_a_key_for_the_form_is_refused);
	tcase_add_test(tcase, hardware_may_have_the_key_of_an_hmac);
	tcase_add_test(tcase, what_the_check_denies_is_known_and_forbidden);
	tcase_add_test(tcase, a_lookup_that_fails_is_the_servers_trouble);
	tcase_add_test(tcase, the_head_alone_tells_a_clock_that_is_wrong);
	tcase_add_test(tcase, a_client_cant_tell_machines_from_no_machines);
	tcase_add_test(tcase, there_is_a_verdict_also_where_there_is_no_memory_for_one);
	tcase_add_test(tcase, what_is_missing_is_an_argument_and_no_crash);
	tcase_add_test(tcase, every_reason_has_an_answer_and_only_one_is_good);
	tcase_add_test(tcase, options_that_make_no_sense_are_refused);
	tcase_add_test(tcase, a_file_of_nonces_that_cant_be_used_is_said_to_be);
	tcase_add_test(tcase, a_server_learns_why_it_can_keep_no_nonces);
	tcase_add_test(tcase, a_verifier_takes_the_options_of_an_older_header);
	tcase_add_test(tcase, threads_verify_side_by_side_and_each_request_is_taken_once);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
