/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on a registrar by who has a token, or listened in: an answered challenge again, a use too
 * many, all challenges for himself, a token that ended between two messages, a machine that calls
 * itself an agent, and a flood of what is refused.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "enroll/guard.h"
#include "enroll/manage.h"
#include "enroll/registrar.h"
#include "lib/enroller.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

#define NOW INT64_C(1711468800)
#define DAY 86400
#define RACERS 4

static char *folder, *path, *heads;
static struct test_authority maker;
static struct enroller machines[RACERS];
static struct sg_registrar *registrar;
static struct sg_manager manager;
static struct sg_enroll_rules rules;
static struct sg_secret *token, *signer_key;
static struct sg_registrar_signer signer;
static char token_id[SG_FLEET_ID + 1];
static size_t sessions_max;
static struct sg_registrar_caller caller;
static struct sg_fleet_ops raced_ops;
static const struct sg_fleet_ops *real_ops;

static enum sg_err sign(void *context, struct sg_bytes message,
                        uint8_t signature[SG_FLEET_SIGNATURE])
{
	return sg_ed25519_sign(sg_secret_bytes(context), message, signature);
}

static void open_registrar(void)
{
	struct sg_buf pem = { NULL, 0, 0 };
	struct sg_registrar_config config = { .store = path, .create = true, .vault = "vault_x",
	                                      .api_url = "https://machines.example",
	                                      .signer = &signer, .heads = heads,
	                                      .sessions_max = sessions_max };

	sg_registrar_close(&registrar);
	test_authority_pem(&maker, &pem);
	config.authorities = sg_buf_bytes(&pem);
	ck_assert_int_eq(sg_registrar_open(&config, &registrar), SG_OK);
	manager = (struct sg_manager){ sg_registrar_fleet(registrar), "tester", NOW };
	sg_buf_free(&pem);
}

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	folder = scratch_make();
	path = scratch_path(folder, "fleet.db");
	heads = scratch_path(folder, "heads");
	test_authority_make(&maker, "maker", NULL);
	ck_assert_int_eq(sg_ed25519_generate(&signer_key), SG_OK);
	memcpy(signer.key, sg_ed25519_public(signer_key).data, sizeof signer.key);
	signer.sign = sign;
	signer.context = signer_key;
	rules = (struct sg_enroll_rules){ .level = SG_LEVEL_ASSERTED, .lifetime = DAY };
	caller = (struct sg_registrar_caller){ "192.0.2.7", NOW };
	sessions_max = 0;
	open_registrar();
	for (size_t i = 0; i < RACERS; i++)
		enroller_make(&machines[i], SG_EK_P256, &maker);
}

static void teardown(void)
{
	for (size_t i = 0; i < RACERS; i++)
		enroller_free(&machines[i]);
	sg_registrar_close(&registrar);
	sg_secret_free(&token);
	sg_secret_free(&signer_key);
	test_authority_free(&maker);
	free(path);
	free(heads);
	scratch_remove(&folder);
	sg_crypto_stop();
}

static void make_token(uint32_t uses)
{
	const char *wrong;

	ck_assert_int_eq(sg_manage_token_create(&manager, "", uses, DAY, &rules, &token, token_id,
	                                        &wrong), SG_OK);
}

/* Say hello with the token, and answer the challenge; json is the evidence then. */
static enum sg_enroll_reason begin(struct enroller *machine, struct sg_buf *json)
{
	struct sg_buf challenge = { NULL, 0, 0 };
	enum sg_enroll_reason reason;

	ck_assert_int_eq(sg_buf_set(&machine->hello.token, sg_secret_bytes(token)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&machine->hello.host, sg_bytes_str("web-1")), SG_OK);
	enroller_say_hello(machine);
	reason = sg_registrar_begin(registrar, &caller, sg_buf_bytes(&machine->hello_json),
	                            &challenge);
	if (reason == SG_ENROLL_OK) {
		sg_enroll_challenge_clear(&machine->challenge);
		ck_assert_int_eq(sg_enroll_challenge_read(sg_buf_bytes(&challenge),
		                                          &machine->challenge), SG_ENROLL_OK);
		ck_assert(enroller_answer(machine, sg_buf_bytes(&challenge)));
		ck_assert_int_eq(sg_enroll_evidence_write(&machine->evidence, json), SG_OK);
	}
	sg_buf_free(&challenge);
	return reason;
}

static enum sg_enroll_reason finish_at(const struct sg_buf *json, int64_t now,
                                       struct sg_buf *answer)
{
	const struct sg_registrar_caller then = { "192.0.2.7", now };

	return sg_registrar_finish(registrar, &then, sg_buf_bytes(json), answer);
}

static bool count_member(void *context, const struct sg_fleet_member *member)
{
	(void)member;
	++*(unsigned *)context;
	return true;
}

static unsigned members(enum sg_fleet_table table)
{
	unsigned n = 0;

	ck_assert_int_eq(manager.fleet->ops->member_visit(manager.fleet, table, count_member, &n),
	                 SG_OK);
	return n;
}

START_TEST(evidence_that_was_heard_makes_no_second_machine)
{
	struct sg_buf json = { NULL, 0, 0 }, first = { NULL, 0, 0 }, again = { NULL, 0, 0 };

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &first), SG_ENROLL_OK);
	/* Who sends it again, and may have lost the answer, gets the same one. */
	ck_assert_int_eq(finish_at(&json, NOW + 1, &again), SG_ENROLL_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&again)));
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 1);
	/* Other evidence to the same challenge gets nothing. */
	machines[0].evidence.proof[0] ^= 1;
	ck_assert_int_eq(sg_enroll_evidence_write(&machines[0].evidence, &json), SG_OK);
	ck_assert_int_eq(finish_at(&json, NOW + 1, &again), SG_ENROLL_SESSION_USED);
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 1);
	sg_buf_free(&json);
	sg_buf_free(&first);
	sg_buf_free(&again);
}
END_TEST

START_TEST(an_answer_is_given_again_for_as_long_as_there_is_the_member)
{
	struct sg_buf json = { NULL, 0, 0 }, other = { NULL, 0, 0 };
	struct sg_buf first = { NULL, 0, 0 }, again = { NULL, 0, 0 };
	struct sg_enroll_identity identity = { .class = SG_CLASS_MACHINE };
	struct sg_fleet_member member;
	char id[SG_FLEET_ID + 1] = "";

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &first), SG_ENROLL_OK);
	/* The challenge is forgotten when somebody else asks, hours later. */
	caller.now = NOW + 9000;
	ck_assert_int_eq(begin(&machines[1], &other), SG_ENROLL_OK);
	ck_assert_int_eq(finish_at(&json, NOW + 9000, &again), SG_ENROLL_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&again)));
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 1);
	ck_assert_int_eq(sg_enroll_identity_read(sg_buf_bytes(&first), &identity), SG_ENROLL_OK);
	ck_assert_uint_eq(identity.id.len, SG_FLEET_ID);
	memcpy(id, identity.id.data, SG_FLEET_ID);
	ck_assert_int_eq(sg_manage_member(&manager, SG_FLEET_MACHINES, id, SG_MANAGE_REMOVE, 0, "",
	                                  &member), SG_OK);
	ck_assert_int_eq(finish_at(&json, NOW + 9000, &again), SG_ENROLL_SESSION_UNKNOWN);
	sg_enroll_identity_clear(&identity);
	sg_buf_free(&json);
	sg_buf_free(&other);
	sg_buf_free(&first);
	sg_buf_free(&again);
}
END_TEST

/* How often the log has an event. */
struct told {
	const char *event;
	unsigned n;
};

static bool count_event(void *context, const struct sg_fleet_entry *entry)
{
	struct told *told = context;

	told->n += sg_bytes_equal(entry->event, sg_bytes_str(told->event));
	return true;
}

static unsigned logged(const char *event)
{
	struct told told = { event, 0 };

	ck_assert_int_eq(manager.fleet->ops->entry_visit(manager.fleet, 1, count_event, &told),
	                 SG_OK);
	return told.n;
}

START_TEST(who_was_revoked_or_is_over_does_not_get_his_identity_again)
{
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };
	struct sg_enroll_identity identity = { .class = SG_CLASS_MACHINE };
	struct sg_fleet_member member;
	char id[SG_FLEET_ID + 1] = "";

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_OK);
	ck_assert_int_eq(sg_enroll_identity_read(sg_buf_bytes(&answer), &identity), SG_ENROLL_OK);
	ck_assert_uint_eq(identity.id.len, SG_FLEET_ID);
	memcpy(id, identity.id.data, SG_FLEET_ID);
	ck_assert_int_eq(finish_at(&json, NOW + DAY - 1, &answer), SG_ENROLL_OK);
	ck_assert_uint_eq(logged("identity-given-again"), 1);
	ck_assert_int_eq(finish_at(&json, NOW + DAY, &answer), SG_ENROLL_MEMBER_OVER);
	ck_assert_uint_eq(logged("refused"), 1);
	ck_assert_int_eq(sg_manage_member(&manager, SG_FLEET_MACHINES, id, SG_MANAGE_REVOKE, 0, "",
	                                  &member), SG_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_MEMBER_OVER);
	ck_assert_uint_eq(logged("refused"), 2);
	ck_assert_uint_eq(logged("identity-given-again"), 1);
	sg_enroll_identity_clear(&identity);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

/* Somebody else sends the same message in between: see struct sg_fleet_ops. */
static enum sg_err enrol_twice(struct sg_fleet *fleet, const struct sg_fleet_enrolment *enrolment,
                               enum sg_fleet_refusal *refusal)
{
	const enum sg_err err = real_ops->enrol(fleet, enrolment, refusal);

	ck_assert_int_eq(err, SG_OK);
	ck_assert_int_eq(*refusal, SG_FLEET_TAKEN);
	return real_ops->enrol(fleet, enrolment, refusal);
}

/* Somebody else closes it first. */
static enum sg_err refuse_twice(struct sg_fleet *fleet, const uint8_t id[SG_FLEET_SESSION],
                                const struct sg_fleet_event *event)
{
	ck_assert_int_eq(real_ops->session_refuse(fleet, id, NULL), SG_OK);
	return real_ops->session_refuse(fleet, id, event);
}

static void take_the_ops(void)
{
	real_ops = manager.fleet->ops;
	raced_ops = *real_ops;
	manager.fleet->ops = &raced_ops;
}

START_TEST(who_sends_the_same_twice_at_a_time_gets_one_answer)
{
	struct sg_buf json = { NULL, 0, 0 }, first = { NULL, 0, 0 }, again = { NULL, 0, 0 };

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	take_the_ops();
	raced_ops.enrol = enrol_twice;
	ck_assert_int_eq(finish_at(&json, NOW, &first), SG_ENROLL_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &again), SG_ENROLL_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&again)));
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 1);
	sg_buf_free(&json);
	sg_buf_free(&first);
	sg_buf_free(&again);
}
END_TEST

START_TEST(a_token_fills_no_more_than_its_share_of_the_challenges)
{
	struct sg_buf json = { NULL, 0, 0 };
	struct sg_secret *own;

	/* A quarter of them. */
	sessions_max = 12;
	open_registrar();
	make_token(9);
	own = token;
	/* The same machine has one, however often it asks. */
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(begin(&machines[1], &json), SG_ENROLL_OK);
	ck_assert_int_eq(begin(&machines[2], &json), SG_ENROLL_OK);
	ck_assert_int_eq(begin(&machines[3], &json), SG_ENROLL_TOKEN_BUSY);
	make_token(1);
	ck_assert_int_eq(begin(&machines[3], &json), SG_ENROLL_OK);
	sg_secret_free(&own);
	sg_buf_free(&json);
}
END_TEST

START_TEST(a_challenge_that_was_answered_badly_is_not_answered_again)
{
	struct sg_buf json = { NULL, 0, 0 }, good = { NULL, 0, 0 }, answer = { NULL, 0, 0 };

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &good), SG_ENROLL_OK);
	machines[0].evidence.opened[0] ^= 1;
	ck_assert_int_eq(sg_enroll_evidence_write(&machines[0].evidence, &json), SG_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_CREDENTIAL);
	ck_assert_int_eq(finish_at(&good, NOW, &answer), SG_ENROLL_SESSION_USED);
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 0);
	sg_buf_free(&json);
	sg_buf_free(&good);
	sg_buf_free(&answer);
}
END_TEST

START_TEST(who_came_from_elsewhere_may_answer_from_where_the_token_is_good)
{
	const struct sg_registrar_caller elsewhere = { "198.51.100.1", NOW };
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };

	strcpy(rules.sources, "192.0.2.0/24");
	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(sg_registrar_finish(registrar, &elsewhere, sg_buf_bytes(&json), &answer),
	                 SG_ENROLL_SOURCE);
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 0);
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_OK);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

START_TEST(a_challenge_ends)
{
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(finish_at(&json, NOW + 300, &answer), SG_ENROLL_SESSION_ENDED);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

START_TEST(evidence_for_one_challenge_is_none_for_another)
{
	struct sg_buf one = { NULL, 0, 0 }, two = { NULL, 0, 0 }, answer = { NULL, 0, 0 };
	uint8_t session[SG_ENROLL_SESSION];

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &one), SG_ENROLL_OK);
	ck_assert_int_eq(begin(&machines[1], &two), SG_ENROLL_OK);
	memcpy(session, machines[1].evidence.session, sizeof session);
	memcpy(machines[0].evidence.session, session, sizeof session);
	ck_assert_int_eq(sg_enroll_evidence_write(&machines[0].evidence, &one), SG_OK);
	ck_assert_int_ne(finish_at(&one, NOW, &answer), SG_ENROLL_OK);
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 0);
	sg_buf_free(&one);
	sg_buf_free(&two);
	sg_buf_free(&answer);
}
END_TEST

START_TEST(a_token_that_is_revoked_or_ends_between_the_messages_brings_nobody_in)
{
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };

	make_token(5);
	manager.now = NOW;
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(sg_manage_token_revoke(&manager, token_id), SG_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_TOKEN_REVOKED);
	ck_assert_int_eq(begin(&machines[1], &json), SG_ENROLL_TOKEN_REVOKED);
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 0);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

static struct sg_buf raced[RACERS];

static void *race(void *arg)
{
	struct sg_buf answer = { NULL, 0, 0 };
	enum sg_enroll_reason reason = finish_at(arg, NOW, &answer);

	sg_buf_free(&answer);
	return (void *)(uintptr_t)reason;
}

START_TEST(of_those_who_race_for_the_last_use_exactly_one_wins)
{
	pthread_t threads[RACERS];
	unsigned good = 0, used = 0;

	make_token(1);
	for (size_t i = 0; i < RACERS; i++)
		ck_assert_int_eq(begin(&machines[i], &raced[i]), SG_ENROLL_OK);
	for (size_t i = 0; i < RACERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &raced[i]), 0);
	for (size_t i = 0; i < RACERS; i++) {
		void *reason;

		ck_assert_int_eq(pthread_join(threads[i], &reason), 0);
		good += (uintptr_t)reason == SG_ENROLL_OK;
		used += (uintptr_t)reason == SG_ENROLL_TOKEN_USED;
		sg_buf_free(&raced[i]);
	}
	ck_assert_uint_eq(good, 1);
	ck_assert_uint_eq(used, RACERS - 1);
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 1);
}
END_TEST

START_TEST(the_store_holds_no_token_between_the_messages)
{
	struct sg_buf json = { NULL, 0, 0 }, file;
	static const char *const ends[] = { "", "-wal" };

	make_token(1);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	for (size_t i = 0; i < 2; i++) {
		char *name = NULL;

		ck_assert_int_ge(asprintf(&name, "%s%s", path, ends[i]), 0);
		file = test_file_read(name);
		ck_assert_ptr_null(memmem(file.data, file.len, token->data, token->len));
		sg_buf_free(&file);
		free(name);
	}
	sg_buf_free(&json);
}
END_TEST

START_TEST(an_agent_never_stands_where_machines_are_looked_up)
{
	struct sg_guard_verifier verifier = { .machines = true };
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };
	struct sg_enroll_identity identity = { .class = SG_CLASS_MACHINE };
	struct sg_request_machine found = { .enabled = false };
	struct sg_request_text id;

	rules.class = SG_CLASS_AGENT;
	make_token(2);
	/* Not even where it says that it is a machine. */
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_CLASS);
	machines[0].hello.class = SG_CLASS_AGENT;
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_OK);
	ck_assert_int_eq(sg_enroll_identity_read(sg_buf_bytes(&answer), &identity), SG_ENROLL_OK);
	verifier.fleet = manager.fleet;
	id = (struct sg_request_text){ (const char *)identity.id.data, identity.id.len };
	ck_assert_int_eq(sg_guard_lookup(&verifier, id, sg_request_text("X-Machine-Id"), &found), 0);
	ck_assert_int_eq(sg_guard_lookup(&verifier, id, sg_request_text("X-Agent-Id"), &found), 0);
	ck_assert_uint_eq(members(SG_FLEET_MACHINES), 0);
	ck_assert_uint_eq(members(SG_FLEET_AGENTS), 1);
	sg_enroll_identity_clear(&identity);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

/* Count refusals in the log, and what they say was not logged. */
struct count {
	unsigned refused, unlogged;
};

static bool count_refusal(void *context, const struct sg_fleet_entry *entry)
{
	struct count *count = context;
	const char *unlogged = memmem(entry->detail.data, entry->detail.len, "\"unlogged\":", 11);

	count->refused += sg_bytes_equal(entry->event, sg_bytes_str("refused"));
	if (unlogged != NULL)
		count->unlogged += (unsigned)strtoul(unlogged + 11, NULL, 10);
	return true;
}

START_TEST(a_flood_of_refusals_is_counted_and_does_not_fill_the_log)
{
	struct sg_registrar_caller then = caller;
	struct sg_buf answer = { NULL, 0, 0 };
	struct count count = { 0, 0 };

	for (unsigned i = 0; i < 500; i++)
		ck_assert_int_eq(sg_registrar_begin(registrar, &then, sg_bytes_str("{}"), &answer),
		                 SG_ENROLL_FORMAT);
	then.now += 60;
	ck_assert_int_eq(sg_registrar_begin(registrar, &then, sg_bytes_str("{}"), &answer),
	                 SG_ENROLL_FORMAT);
	ck_assert_int_eq(manager.fleet->ops->entry_visit(manager.fleet, 1, count_refusal, &count),
	                 SG_OK);
	ck_assert_uint_eq(count.refused, 61);
	ck_assert_uint_eq(count.unlogged, 440);
	sg_buf_free(&answer);
}
END_TEST

START_TEST(a_refusal_is_logged_where_somebody_else_closed_the_challenge_first)
{
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };
	struct count count = { 0, 0 };

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	machines[0].evidence.opened[0] ^= 1;
	ck_assert_int_eq(sg_enroll_evidence_write(&machines[0].evidence, &json), SG_OK);
	take_the_ops();
	raced_ops.session_refuse = refuse_twice;
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_CREDENTIAL);
	ck_assert_int_eq(manager.fleet->ops->entry_visit(manager.fleet, 1, count_refusal, &count),
	                 SG_OK);
	ck_assert_uint_eq(count.refused, 1);
	ck_assert_uint_eq(count.unlogged, 0);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

START_TEST(who_waits_for_a_busy_token_does_not_fill_the_log)
{
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };
	struct count count = { 0, 0 };

	sessions_max = 4;
	open_registrar();
	make_token(9);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(begin(&machines[1], &json), SG_ENROLL_TOKEN_BUSY);
	ck_assert_int_eq(sg_registrar_begin(registrar, &caller, sg_bytes_str("{}"), &answer),
	                 SG_ENROLL_FORMAT);
	ck_assert_int_eq(manager.fleet->ops->entry_visit(manager.fleet, 1, count_refusal, &count),
	                 SG_OK);
	ck_assert_uint_eq(count.refused, 1);
	ck_assert_uint_eq(count.unlogged, 5);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

START_TEST(and_is_counted_once_where_the_log_has_enough_of_them)
{
	struct sg_registrar_caller then = caller;
	struct sg_buf json = { NULL, 0, 0 }, answer = { NULL, 0, 0 };
	struct count count = { 0, 0 };

	make_token(5);
	ck_assert_int_eq(begin(&machines[0], &json), SG_ENROLL_OK);
	machines[0].evidence.opened[0] ^= 1;
	ck_assert_int_eq(sg_enroll_evidence_write(&machines[0].evidence, &json), SG_OK);
	for (unsigned i = 0; i < 60; i++)
		ck_assert_int_eq(sg_registrar_begin(registrar, &then, sg_bytes_str("{}"), &answer),
		                 SG_ENROLL_FORMAT);
	take_the_ops();
	raced_ops.session_refuse = refuse_twice;
	ck_assert_int_eq(finish_at(&json, NOW, &answer), SG_ENROLL_CREDENTIAL);
	then.now += 60;
	ck_assert_int_eq(sg_registrar_begin(registrar, &then, sg_bytes_str("{}"), &answer),
	                 SG_ENROLL_FORMAT);
	ck_assert_int_eq(manager.fleet->ops->entry_visit(manager.fleet, 1, count_refusal, &count),
	                 SG_OK);
	ck_assert_uint_eq(count.refused, 61);
	ck_assert_uint_eq(count.unlogged, 1);
	sg_buf_free(&json);
	sg_buf_free(&answer);
}
END_TEST

static enum sg_err add_nothing(struct sg_fleet *fleet, const struct sg_fleet_event *event)
{
	(void)fleet;
	(void)event;
	return SG_ERR_STORE_BUSY;
}

START_TEST(a_refusal_that_can_not_be_logged_is_counted)
{
	struct sg_buf answer = { NULL, 0, 0 };
	struct count count = { 0, 0 };

	take_the_ops();
	raced_ops.event_add = add_nothing;
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(sg_registrar_begin(registrar, &caller, sg_bytes_str("{}"), &answer),
		                 SG_ENROLL_FORMAT);
	manager.fleet->ops = real_ops;
	ck_assert_int_eq(sg_registrar_begin(registrar, &caller, sg_bytes_str("{}"), &answer),
	                 SG_ENROLL_FORMAT);
	ck_assert_int_eq(manager.fleet->ops->entry_visit(manager.fleet, 1, count_refusal, &count),
	                 SG_OK);
	ck_assert_uint_eq(count.refused, 1);
	ck_assert_uint_eq(count.unlogged, 3);
	sg_buf_free(&answer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fleet");
	TCase *tcase = tcase_create("enrolling");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, evidence_that_was_heard_makes_no_second_machine);
	tcase_add_test(tcase, an_answer_is_given_again_for_as_long_as_there_is_the_member);
	tcase_add_test(tcase, who_was_revoked_or_is_over_does_not_get_his_identity_again);
	tcase_add_test(tcase, who_sends_the_same_twice_at_a_time_gets_one_answer);
	tcase_add_test(tcase, a_token_fills_no_more_than_its_share_of_the_challenges);
	tcase_add_test(tcase, a_challenge_that_was_answered_badly_is_not_answered_again);
	tcase_add_test(tcase, who_came_from_elsewhere_may_answer_from_where_the_token_is_good);
	tcase_add_test(tcase, a_challenge_ends);
	tcase_add_test(tcase, evidence_for_one_challenge_is_none_for_another);
	tcase_add_test(tcase, a_token_that_is_revoked_or_ends_between_the_messages_brings_nobody_in);
	tcase_add_test(tcase, of_those_who_race_for_the_last_use_exactly_one_wins);
	tcase_add_test(tcase, the_store_holds_no_token_between_the_messages);
	tcase_add_test(tcase, an_agent_never_stands_where_machines_are_looked_up);
	tcase_add_test(tcase, a_flood_of_refusals_is_counted_and_does_not_fill_the_log);
	tcase_add_test(tcase, a_refusal_is_logged_where_somebody_else_closed_the_challenge_first);
	tcase_add_test(tcase, and_is_counted_once_where_the_log_has_enough_of_them);
	tcase_add_test(tcase, a_refusal_that_can_not_be_logged_is_counted);
	tcase_add_test(tcase, who_waits_for_a_busy_token_does_not_fill_the_log);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
