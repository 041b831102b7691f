/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on a server that verifies signed requests: requests that come again, by any way and
 * whatever happened to the server in between; forgeries; machines that are not there or not any
 * more; and somebody who wants to know which there are, or tries for ever.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/server.h"

#define SOURCE "192.0.2.1"
#define THREADS 4
#define PROCESSES 3
#define ROUNDS 40

static char *folder, *path;
static struct test_server server;
static struct test_signer signer, stranger;
static struct test_signed request;      /* a good one, which was seen on its way */

static void setup(void)
{
	folder = scratch_make();
	path = scratch_path(folder, "nonces.db");
	test_server(&server, path);
	/* So that only who is about that is stopped by it. */
	server.how.flags |= SG_REQUEST_NO_LOCKOUT;
	test_server_start(&server);
	test_signer_42(&signer);
	test_signer_of(&stranger, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
	test_signed(&request, SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW);
}

static void teardown(void)
{
	test_signed_clear(&request);
	test_server_stop(&server);
	free(path);
	scratch_remove(&folder);
}

static enum sg_request_reason send(const struct test_signed *what)
{
	return test_server_verify(&server, &what->message, SOURCE, NULL);
}

/* Sign one more and send it. */
static enum sg_request_reason ask(struct test_signer *with, const char *id, const char *nonce,
                                  int64_t created)
{
	struct test_signed one;
	enum sg_request_reason reason;

	test_signed(&one, SG_REQUEST_VAULT, with, id, nonce, created);
	reason = send(&one);
	test_signed_clear(&one);
	return reason;
}

START_TEST(a_request_that_comes_again_is_refused)
{
	test_reason(send(&request), SG_REQUEST_OK);
	test_reason(send(&request), SG_REQUEST_REPLAYED);
	server.now = TEST_NOW + 300;
	test_reason(send(&request), SG_REQUEST_REPLAYED);
	server.now = TEST_NOW + 301;
	test_reason(send(&request), SG_REQUEST_LATE);
}
END_TEST

START_TEST(and_so_it_is_after_a_restart)
{
	test_reason(send(&request), SG_REQUEST_OK);
	test_server_start(&server);
	test_reason(send(&request), SG_REQUEST_REPLAYED);
}
END_TEST

START_TEST(and_after_the_server_was_killed_behind_its_answer)
{
	int answers[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(answers), 0);
	test_server_stop(&server);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		test_server_start(&server);
		byte = send(&request) == SG_REQUEST_OK ? 'y' : 'n';
		(void)!write(answers[1], &byte, 1);
		pause();
		_exit(0);
	}
	ck_assert_int_eq(read(answers[0], &byte, 1), 1);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(byte, 'y');
	test_server_start(&server);
	test_reason(send(&request), SG_REQUEST_REPLAYED);
	close(answers[0]);
	close(answers[1]);
}
END_TEST

START_TEST(the_case_of_an_identifier_opens_no_second_space_of_nonces)
{
	static const char *const spellings[] = {
		"6F9619FF-8B86-D011-B42D-00C04FC964FF", "6f9619ff-8b86-d011-b42d-00C04FC964FF",
	};

	test_reason(send(&request), SG_REQUEST_OK);
	for (size_t i = 0; i < 2; i++) {
		/* It is not signed. */
		test_message_set(&request.message, "X-Machine-Id", spellings[i]);
		test_reason(send(&request), SG_REQUEST_REPLAYED);
	}
	test_reason(ask(&signer, spellings[0], NULL, TEST_NOW), SG_REQUEST_OK);
}
END_TEST

/* The identifier is not signed, and a lookup may know one key by several. */
START_TEST(nor_does_any_name_that_the_key_answers_to)
{
	server.machines[server.n_machines] = server.machines[0];
	server.ids[server.n_machines++] = "alias";
	test_reason(send(&request), SG_REQUEST_OK);
	test_message_set(&request.message, "X-Machine-Id", "alias");
	test_reason(send(&request), SG_REQUEST_REPLAYED);
}
END_TEST

START_TEST(nor_does_another_header_field)
{
	struct sg_request_field *fields = request.message.fields;

	test_reason(send(&request), SG_REQUEST_OK);
	for (size_t i = 0; i < request.message.message.n_fields; i++)
		if (fields[i].name.len == strlen("X-Machine-Id") &&
		    memcmp(fields[i].name.data, "X-Machine-Id", fields[i].name.len) == 0)
			fields[i].name = sg_request_text("X-Agent-Id");
	test_reason(send(&request), SG_REQUEST_REPLAYED);
}
END_TEST

START_TEST(keys_have_nonces_of_their_own)
{
	static const char other[] = "7f9619ff-8b86-d011-b42d-00c04fc964ff";

	server.machines[server.n_machines] = server.machines[0];
	memcpy(server.machines[server.n_machines].keys[0], stranger.public_key, 32);
	server.ids[server.n_machines++] = other;
	test_reason(ask(&signer, TEST_ID, "one", TEST_NOW), SG_REQUEST_OK);
	test_reason(ask(&stranger, other, "one", TEST_NOW), SG_REQUEST_OK);
	test_reason(ask(&signer, TEST_ID, "one", TEST_NOW + 5), SG_REQUEST_REPLAYED);
}
END_TEST

START_TEST(a_forgery_burns_no_nonce)
{
	char signature[100];
	struct sg_request_text good = { 0 };

	for (size_t i = 0; i < request.message.message.n_fields; i++)
		if (request.message.fields[i].name.len == strlen("X-Signature"))
			good = request.message.fields[i].value;
	ck_assert_uint_lt(good.len, sizeof signature);
	memcpy(signature, good.data, good.len);
	signature[good.len] = '\0';
	signature[5] = signature[5] == 'A' ? 'B' : 'A';
	test_message_set(&request.message, "X-Signature", signature);
	test_reason(send(&request), SG_REQUEST_SIGNATURE);
	memcpy(signature, good.data, good.len);
	test_reason(send(&request), SG_REQUEST_OK);
}
END_TEST

START_TEST(nor_does_a_request_whose_time_is_wrong)
{
	server.now = TEST_NOW + 1000;
	test_reason(send(&request), SG_REQUEST_LATE);
	server.now = TEST_NOW - 1000;
	test_reason(send(&request), SG_REQUEST_EARLY);
	server.now = TEST_NOW;
	test_reason(send(&request), SG_REQUEST_OK);
}
END_TEST

START_TEST(the_key_of_another_machine_is_of_no_use)
{
	static const char other[] = "7f9619ff-8b86-d011-b42d-00c04fc964ff";

	server.machines[server.n_machines] = server.machines[0];
	memcpy(server.machines[server.n_machines].keys[0], stranger.public_key, 32);
	server.ids[server.n_machines++] = other;
	test_reason(ask(&stranger, TEST_ID, NULL, TEST_NOW), SG_REQUEST_SIGNATURE);
	test_reason(ask(&signer, other, NULL, TEST_NOW), SG_REQUEST_SIGNATURE);
	test_reason(ask(&stranger, other, NULL, TEST_NOW), SG_REQUEST_OK);
}
END_TEST

/* The key that an unknown machine is checked with is public, and so may be its other half. */
START_TEST(nobody_is_let_in_by_the_key_that_stands_for_none)
{
	test_reason(ask(&stranger, "nobody", NULL, TEST_NOW), SG_REQUEST_UNKNOWN);
	server.machines[0].n_keys = 0;
	test_reason(ask(&stranger, TEST_ID, NULL, TEST_NOW), SG_REQUEST_KEY);
}
END_TEST

static atomic_uint n_verified;

enum sg_err __real_sg_ed25519_verify(struct sg_bytes public_key, struct sg_bytes message,
                                     struct sg_bytes signature);
enum sg_err __wrap_sg_ed25519_verify(struct sg_bytes public_key, struct sg_bytes message,
                                     struct sg_bytes signature);

enum sg_err __wrap_sg_ed25519_verify(struct sg_bytes public_key, struct sg_bytes message,
                                     struct sg_bytes signature)
{
	n_verified++;
	return __real_sg_ed25519_verify(public_key, message, signature);
}

static void set_machine(struct sg_request_machine *machine, int how)
{
	machine->enabled = how != 1;
	machine->revoked = how == 2;
	machine->not_before = how == 3 ? TEST_NOW + 10 : 0;
	machine->expires = how == 4 ? TEST_NOW - 10 : 0;
	machine->n_keys = how == 5 ? 0 : how == 6 ? 2 : 1;
}

/* Whoever has no key of the machine learns nothing of it: from status, text, or the work done. */
START_TEST(a_forger_cant_find_out_which_machines_there_are)
{
	static const char *const ids[] = { "nobody", TEST_ID };
	const struct sg_request_verdict *first = NULL, *verdict = NULL;
	unsigned work = 0;

	for (int how = 0; how < 7; how++) {
		struct test_signed forged;

		set_machine(&server.machines[0], how);
		test_signed(&forged, SG_REQUEST_VAULT, &stranger, ids[how > 0], NULL, TEST_NOW);
		n_verified = 0;
		ck_assert_int_ne(sg_request_verify(server.verifier, &forged.message.message,
		                                   sg_request_text(SOURCE), &verdict),
		                 SG_REQUEST_OK);
		if (how == 0) {
			first = verdict;
			verdict = NULL;
			work = n_verified;
			test_signed_clear(&forged);
			continue;
		}
		ck_assert_uint_eq(verdict->status, first->status);
		ck_assert_str_eq(verdict->text, first->text);
		ck_assert_int_eq(verdict->retry_after, first->retry_after);
		ck_assert_uint_eq(n_verified, work);
		sg_request_verdict_free(&verdict);
		test_signed_clear(&forged);
	}
	sg_request_verdict_free(&first);
	ck_assert_uint_gt(work, 0);
}
END_TEST

START_TEST(nor_does_the_machine_that_is_revoked_learn_why)
{
	const struct sg_request_verdict *unknown = NULL, *verdict = NULL;
	struct test_signed forged;

	test_signed(&forged, SG_REQUEST_VAULT, &signer, "nobody", NULL, TEST_NOW);
	(void)!sg_request_verify(server.verifier, &forged.message.message, sg_request_text(SOURCE),
	                         &unknown);
	for (int how = 1; how < 5; how++) {
		set_machine(&server.machines[0], how);
		ck_assert_int_ne(sg_request_verify(server.verifier, &request.message.message,
		                                   sg_request_text(SOURCE), &verdict),
		                 SG_REQUEST_OK);
		ck_assert_uint_eq(verdict->status, unknown->status);
		ck_assert_str_eq(verdict->text, unknown->text);
		sg_request_verdict_free(&verdict);
	}
	sg_request_verdict_free(&unknown);
	test_signed_clear(&forged);
}
END_TEST

START_TEST(who_is_revoked_or_ended_gets_nothing_from_that_second_on)
{
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_OK);
	server.machines[0].revoked = true;
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_REVOKED);
	server.machines[0].revoked = false;
	server.machines[0].expires = TEST_NOW;
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_ENDED);
	server.machines[0].expires = 0;
	server.machines[0].enabled = false;
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_DISABLED);
}
END_TEST

static atomic_uint wins[ROUNDS];
static struct test_signed raced[ROUNDS];

static void sign_raced(void)
{
	for (int i = 0; i < ROUNDS; i++)
		test_signed(&raced[i], SG_REQUEST_VAULT, &signer, TEST_ID, NULL, TEST_NOW);
}

static void clear_raced(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		ck_assert_uint_eq(wins[i], 1);
		test_signed_clear(&raced[i]);
	}
}

static void *race(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		wins[i] += send(&raced[i]) == SG_REQUEST_OK;
	return arg;
}

START_TEST(of_threads_that_bring_one_request_one_wins)
{
	pthread_t threads[THREADS];

	sign_raced();
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	clear_raced();
}
END_TEST

/* Children of one server, and a server of its own. */
START_TEST(of_processes_that_bring_one_request_one_wins)
{
	int ends[2], status, won;
	pid_t pids[PROCESSES];

	sign_raced();
	ck_assert_int_eq(pipe(ends), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] != 0)
			continue;
		if (i == 0) {
			server.verifier = NULL;
			test_server_start(&server);
		}
		(void)race(NULL);
		for (int n = 0; n < ROUNDS; n++)
			if (wins[n] > 0 && write(ends[1], &n, sizeof n) != sizeof n)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	while (read(ends[0], &won, sizeof won) == sizeof won)
		wins[won]++;
	close(ends[0]);
	for (int i = 0; i < PROCESSES; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	clear_raced();
}
END_TEST

START_TEST(who_fills_the_store_makes_no_request_come_again)
{
	unsigned status;

	server.how.nonces_max = 5;
	test_server_start(&server);
	test_reason(send(&request), SG_REQUEST_OK);
	for (int i = 0; i < 4; i++)
		test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_OK);
	for (int i = 0; i < 10; i++)
		test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_NONCES_FULL);
	test_reason(test_server_verify(&server, &request.message, SOURCE, &status),
	            SG_REQUEST_REPLAYED);
	server.now = TEST_NOW + 301;
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW + 301), SG_REQUEST_OK);
	test_reason(send(&request), SG_REQUEST_LATE);
	server.now = TEST_NOW;
	test_reason(test_server_verify(&server, &request.message, SOURCE, &status),
	            SG_REQUEST_UNSURE);
	ck_assert_uint_eq(status, 503);
}
END_TEST

/* No answer but a refusal, where what is seen can't be kept. */
START_TEST(where_nothing_can_be_kept_nothing_is_served)
{
	struct rlimit limit, none;
	enum sg_request_reason reason;
	unsigned status;
	int limited;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	none = (struct rlimit){ 0, limit.rlim_max };
	limited = setrlimit(RLIMIT_FSIZE, &none);
	reason = test_server_verify(&server, &request.message, SOURCE, &status);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(limited, 0);
	test_reason(reason, SG_REQUEST_NONCES);
	ck_assert_uint_eq(status, 503);
	test_reason(send(&request), SG_REQUEST_OK);
	ck_assert_int_eq(unlink(path), 0);
	server.now = TEST_NOW + 100;
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW + 100), SG_REQUEST_NONCES);
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW + 100), SG_REQUEST_NONCES);
}
END_TEST

START_TEST(who_tries_and_tries_is_locked_out_with_all_his_addresses)
{
	static const char *const six[] = {
		"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3", "2001:db8::4",
	};
	unsigned status;

	server.how.flags &= ~SG_REQUEST_NO_LOCKOUT;
	test_server_start(&server);
	for (int i = 0; i < 3; i++) {
		struct test_signed forged;

		test_signed(&forged, SG_REQUEST_VAULT, &stranger, TEST_ID, NULL, TEST_NOW);
		test_reason(test_server_verify(&server, &forged.message, six[i], &status),
		            SG_REQUEST_SIGNATURE);
		test_signed_clear(&forged);
	}
	test_reason(test_server_verify(&server, &request.message, six[3], &status),
	            SG_REQUEST_LOCKED_OUT);
	ck_assert_uint_eq(status, 429);
	ck_assert_uint_eq(server.lookups, 3);
	/* Nobody else is. */
	test_reason(test_server_verify(&server, &request.message, "2001:db8:0:1::1", &status),
	            SG_REQUEST_OK);
	server.ticks += 300;
	test_reason(test_server_verify(&server, &request.message, six[3], &status),
	            SG_REQUEST_REPLAYED);
}
END_TEST

START_TEST(a_success_buys_no_more_tries)
{
	server.how.flags &= ~SG_REQUEST_NO_LOCKOUT;
	test_server_start(&server);
	test_reason(ask(&stranger, TEST_ID, NULL, TEST_NOW), SG_REQUEST_SIGNATURE);
	test_reason(ask(&stranger, "nobody", NULL, TEST_NOW), SG_REQUEST_UNKNOWN);
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_OK);
	test_reason(send(&request), SG_REQUEST_OK);
	test_reason(send(&request), SG_REQUEST_REPLAYED);
	test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW), SG_REQUEST_LOCKED_OUT);
}
END_TEST

START_TEST(a_wrong_clock_and_an_unsigned_request_lock_nobody_out)
{
	struct test_message unsigned_one;

	server.how.flags &= ~SG_REQUEST_NO_LOCKOUT;
	test_server_start(&server);
	test_message(&unsigned_one, "GET", "/");
	test_message_add(&unsigned_one, "Host", "vault.example");
	for (int i = 0; i < 10; i++) {
		test_reason(ask(&signer, TEST_ID, NULL, TEST_NOW - 1000), SG_REQUEST_LATE);
		test_reason(test_server_verify(&server, &unsigned_one, SOURCE, NULL),
		            SG_REQUEST_UNSIGNED);
	}
	test_reason(send(&request), SG_REQUEST_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_server");
	TCase *tcase = tcase_create("request_server");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_request_that_comes_again_is_refused);
	tcase_add_test(tcase, and_so_it_is_after_a_restart);
	tcase_add_test(tcase, and_after_the_server_was_killed_behind_its_answer);
	tcase_add_test(tcase, the_case_of_an_identifier_opens_no_second_space_of_nonces);
	tcase_add_test(tcase, nor_does_any_name_that_the_key_answers_to);
	tcase_add_test(tcase, nor_does_another_header_field);
	tcase_add_test(tcase, keys_have_nonces_of_their_own);
	tcase_add_test(tcase, a_forgery_burns_no_nonce);
	tcase_add_test(tcase, nor_does_a_request_whose_time_is_wrong);
	tcase_add_test(tcase, the_key_of_another_machine_is_of_no_use);
	tcase_add_test(tcase, nobody_is_let_in_by_the_key_that_stands_for_none);
	tcase_add_test(tcase, a_forger_cant_find_out_which_machines_there_are);
	tcase_add_test(tcase, nor_does_the_machine_that_is_revoked_learn_why);
	tcase_add_test(tcase, who_is_revoked_or_ended_gets_nothing_from_that_second_on);
	tcase_add_test(tcase, of_threads_that_bring_one_request_one_wins);
	tcase_add_test(tcase, of_processes_that_bring_one_request_one_wins);
	tcase_add_test(tcase, who_fills_the_store_makes_no_request_come_again);
	tcase_add_test(tcase, where_nothing_can_be_kept_nothing_is_served);
	tcase_add_test(tcase, who_tries_and_tries_is_locked_out_with_all_his_addresses);
	tcase_add_test(tcase, a_success_buys_no_more_tries);
	tcase_add_test(tcase, a_wrong_clock_and_an_unsigned_request_lock_nobody_out);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
