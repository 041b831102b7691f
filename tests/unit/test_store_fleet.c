/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/fleet.h over SQLite: store/fleet_*.c. Opening one is tested in
 * test_store_fleet_open.c.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "store/chain.h"
#include "store/fleet.h"

#define NOW INT64_C(1711468800)
#define RACERS 8
#define DAY 86400

static char *folder, *path;
static struct sg_fleet *fleet;

static void setup(void)
{
	folder = scratch_make();
	path = scratch_path(folder, "fleet.db");
	ck_assert_int_eq(sg_fleet_open(path, true, &fleet), SG_OK);
}

static void teardown(void)
{
	sg_fleet_close(&fleet);
	free(path);
	scratch_remove(&folder);
}

static struct sg_fleet_event event_at(int64_t at, const char *name)
{
	return (struct sg_fleet_event){ at, name, "tester", "subject", sg_bytes("{}", 2) };
}

/* Make an identifier that ends in a number. */
static void id_of(unsigned n, char id[SG_FLEET_ID + 1])
{
	snprintf(id, SG_FLEET_ID + 1, "00000000-0000-4000-8000-%012x", n);
}

static struct sg_fleet_token token_of(unsigned n, uint32_t uses)
{
	struct sg_fleet_token token = { .created = NOW, .expires = NOW + DAY, .max_uses = uses };

	id_of(n, token.id);
	memset(token.hash, (int)n, sizeof token.hash);
	strcpy(token.name, "a token");
	ck_assert_int_eq(sg_buf_set(&token.rules, sg_bytes_str("{\"v\":1}")), SG_OK);
	return token;
}

static void add_token(unsigned n, uint32_t uses)
{
	struct sg_fleet_event event = event_at(NOW, "token-created");
	struct sg_fleet_token token = token_of(n, uses);

	ck_assert_int_eq(fleet->ops->token_add(fleet, &token, &event), SG_OK);
	sg_fleet_token_clear(&token);
}

static struct sg_fleet_member member_of(unsigned n)
{
	struct sg_fleet_member member = {
		.approved = true, .enabled = true, .created = NOW, .expires = NOW + DAY,
		.level = 2, .origin = 1, .has_ek = true, .has_object = true, .has_evidence = true,
		.until = 77,
	};

	id_of(n, member.id);
	snprintf(member.name, sizeof member.name, "worker-%u", n);
	strcpy(member.host, "host.example");
	strcpy(member.source, "192.0.2.7");
	id_of(1, member.token);
	memcpy(member.key, &n, sizeof n);
	memset(member.ek, 3, sizeof member.ek);
	memset(member.object, 4, sizeof member.object);
	memset(member.evidence, 9, sizeof member.evidence);
	return member;
}

static enum sg_fleet_refusal enrol_in(struct sg_fleet *in, enum sg_fleet_table table,
                                      const struct sg_fleet_member *member,
                                      const uint8_t *session, int64_t at)
{
	struct sg_fleet_enrolment enrolment = {
		.session = session, .token = member->token, .table = table, .member = member,
		.event = event_at(at, "enrolled"),
	};
	enum sg_fleet_refusal refusal = SG_FLEET_SESSION_UNKNOWN;

	ck_assert_int_eq(in->ops->enrol(in, &enrolment, &refusal), SG_OK);
	return refusal;
}

static enum sg_fleet_refusal enrol(unsigned n)
{
	struct sg_fleet_member member = member_of(n);

	return enrol_in(fleet, SG_FLEET_MACHINES, &member, NULL, NOW);
}

/* Open one of a machine of the same number for a token. */
static enum sg_fleet_refusal open_for(unsigned token, uint8_t n, struct sg_fleet_room room,
                                      int64_t at)
{
	struct sg_fleet_event event = event_at(at, "begun");
	struct sg_fleet_session session = { .id = { n }, .machine = { n }, .expires = at + 300,
	                                    .transcript = { 5 } };
	enum sg_fleet_refusal refusal = SG_FLEET_TAKEN;

	id_of(token, session.token);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("credential"), &session.credential), SG_OK);
	ck_assert_int_eq(sg_buf_set(&session.hello, sg_bytes_str("hello")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&session.challenge, sg_bytes_str("challenge")), SG_OK);
	ck_assert_int_eq(fleet->ops->session_add(fleet, &session, &room, &event, &refusal), SG_OK);
	sg_fleet_session_clear(&session);
	return refusal;
}

static enum sg_fleet_refusal add_session(uint8_t n, size_t most, int64_t at)
{
	return open_for(1, n, (struct sg_fleet_room){ most, most, most }, at);
}

START_TEST(a_token_is_found_by_its_hash_and_by_its_identifier)
{
	struct sg_fleet_token token = token_of(7, 3), found;

	add_token(7, 3);
	ck_assert_int_eq(fleet->ops->token_find(fleet, NULL, token.hash, &found), SG_OK);
	ck_assert_str_eq(found.id, token.id);
	ck_assert_uint_eq(found.max_uses, 3);
	ck_assert_int_eq(found.expires, NOW + DAY);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&found.rules), sg_buf_bytes(&token.rules)));
	sg_fleet_token_clear(&found);
	ck_assert_int_eq(fleet->ops->token_find(fleet, token.id, NULL, &found), SG_OK);
	sg_fleet_token_clear(&found);
	token.hash[0] ^= 1;
	ck_assert_int_eq(fleet->ops->token_find(fleet, NULL, token.hash, &found), SG_ERR_NOT_FOUND);
	sg_fleet_token_clear(&token);
}
END_TEST

START_TEST(a_token_is_spent_ended_and_revoked_in_the_step_that_uses_it)
{
	struct sg_fleet_event event = event_at(NOW, "token-revoked");
	struct sg_fleet_member member = member_of(20);
	char id[SG_FLEET_ID + 1];

	id_of(1, id);
	ck_assert_int_eq(enrol(1), SG_FLEET_TOKEN_UNKNOWN);
	add_token(1, 2);
	ck_assert_int_eq(enrol(1), SG_FLEET_TAKEN);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_MACHINES, &member, NULL, NOW + DAY),
	                 SG_FLEET_TOKEN_ENDED);
	ck_assert_int_eq(enrol(2), SG_FLEET_TAKEN);
	ck_assert_int_eq(enrol(3), SG_FLEET_TOKEN_USED);
	ck_assert_int_eq(fleet->ops->token_revoke(fleet, id, &event), SG_OK);
	ck_assert_int_eq(enrol(3), SG_FLEET_TOKEN_REVOKED);
	id_of(99, id);
	ck_assert_int_eq(fleet->ops->token_revoke(fleet, id, &event), SG_ERR_NOT_FOUND);
}
END_TEST

START_TEST(no_key_is_in_both_tables)
{
	struct sg_fleet_member member = member_of(5);

	add_token(1, 9);
	ck_assert_int_eq(enrol(5), SG_FLEET_TAKEN);
	id_of(6, member.id);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_AGENTS, &member, NULL, NOW), SG_FLEET_KEY_KNOWN);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_MACHINES, &member, NULL, NOW),
	                 SG_FLEET_KEY_KNOWN);
}
END_TEST

START_TEST(an_agent_is_not_found_among_machines)
{
	struct sg_fleet_member member = member_of(5), found;

	add_token(1, 9);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_AGENTS, &member, NULL, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(fleet->ops->member_find(fleet, SG_FLEET_MACHINES, member.id, &found),
	                 SG_ERR_NOT_FOUND);
	ck_assert_int_eq(fleet->ops->member_find(fleet, SG_FLEET_AGENTS, member.id, &found), SG_OK);
}
END_TEST

START_TEST(what_is_kept_of_a_member_comes_back)
{
	struct sg_fleet_member member = member_of(5), found;

	add_token(1, 9);
	strcpy(member.guard, "from=10.0.0.0/8");
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_MACHINES, &member, NULL, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(fleet->ops->member_find(fleet, SG_FLEET_MACHINES, member.id, &found), SG_OK);
	ck_assert_str_eq(found.name, "worker-5");
	ck_assert_str_eq(found.host, "host.example");
	ck_assert_str_eq(found.source, "192.0.2.7");
	ck_assert_str_eq(found.guard, member.guard);
	ck_assert_mem_eq(found.key, member.key, sizeof member.key);
	ck_assert(found.has_ek && found.has_object && found.approved && found.enabled);
	ck_assert_mem_eq(found.ek, member.ek, sizeof member.ek);
	ck_assert_mem_eq(found.object, member.object, sizeof member.object);
	ck_assert_int_eq(found.ended, 0);
	ck_assert_uint_eq(found.level, 2);
	ck_assert_uint_eq(found.until, 77);
	ck_assert_int_eq(found.expires, NOW + DAY);
}
END_TEST

START_TEST(a_session_is_answered_once_and_its_secret_goes)
{
	struct sg_fleet_member member = member_of(5);
	uint8_t id[SG_FLEET_SESSION] = { 1 }, other[SG_FLEET_SESSION] = { 2 };
	struct sg_fleet_session session;

	add_token(1, 9);
	ck_assert_int_eq(add_session(1, 10, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(fleet->ops->session_find(fleet, id, &session), SG_OK);
	ck_assert(!session.closed && session.credential != NULL);
	ck_assert_uint_eq(session.credential->len, strlen("credential"));
	sg_fleet_session_clear(&session);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_MACHINES, &member, other, NOW),
	                 SG_FLEET_SESSION_UNKNOWN);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_MACHINES, &member, id, NOW), SG_FLEET_TAKEN);
	member = member_of(6);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_MACHINES, &member, id, NOW),
	                 SG_FLEET_SESSION_CLOSED);
	ck_assert_int_eq(fleet->ops->session_find(fleet, id, &session), SG_OK);
	ck_assert(session.closed && session.credential == NULL);
	ck_assert_uint_eq(session.hello.len + session.challenge.len, 0);
	sg_fleet_session_clear(&session);
}
END_TEST

START_TEST(a_session_ends_and_is_forgotten)
{
	struct sg_fleet_member member = member_of(5);
	uint8_t id[SG_FLEET_SESSION] = { 1 };
	struct sg_fleet_session session;

	add_token(1, 9);
	ck_assert_int_eq(add_session(1, 1, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(open_for(1, 2, (struct sg_fleet_room){ 1, 9, 9 }, NOW), SG_FLEET_FULL);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_MACHINES, &member, id, NOW + 300),
	                 SG_FLEET_SESSION_ENDED);
	ck_assert_int_eq(add_session(2, 1, NOW + 300), SG_FLEET_TAKEN);
	ck_assert_int_eq(fleet->ops->session_find(fleet, id, &session), SG_OK);
	sg_fleet_session_clear(&session);
	ck_assert_int_eq(add_session(3, 9, NOW + 4000), SG_FLEET_TAKEN);
	ck_assert_int_eq(fleet->ops->session_find(fleet, id, &session), SG_ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_token_has_as_many_open_as_it_has_uses_left_and_some_to_spare)
{
	const struct sg_fleet_room room = { 9, 4, 1 };

	add_token(1, 2);
	add_token(2, 9);
	ck_assert_int_eq(enrol(1), SG_FLEET_TAKEN);
	ck_assert_int_eq(open_for(1, 1, room, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(open_for(1, 2, room, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(open_for(1, 3, room, NOW), SG_FLEET_TOKEN_FULL);
	for (uint8_t n = 4; n < 8; n++)
		ck_assert_int_eq(open_for(2, n, room, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(open_for(2, 8, room, NOW), SG_FLEET_TOKEN_FULL);
	ck_assert_int_eq(open_for(3, 9, room, NOW), SG_FLEET_TOKEN_UNKNOWN);
	/* Those whose time is over count no more. */
	ck_assert_int_eq(open_for(2, 8, room, NOW + 300), SG_FLEET_TAKEN);
}
END_TEST

START_TEST(a_machine_has_one_open_for_a_token)
{
	const struct sg_fleet_room room = { 9, 9, 9 };
	uint8_t first[SG_FLEET_SESSION] = { 1 };
	struct sg_fleet_event event = event_at(NOW, "begun");
	struct sg_fleet_session again = { .id = { 7 }, .machine = { 1 }, .expires = NOW + 300 };
	struct sg_fleet_session session;
	enum sg_fleet_refusal refusal;

	add_token(1, 9);
	add_token(2, 9);
	ck_assert_int_eq(open_for(1, 1, room, NOW), SG_FLEET_TAKEN);
	/* The same machine with another token has another one. */
	id_of(2, again.token);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("credential"), &again.credential), SG_OK);
	ck_assert_int_eq(fleet->ops->session_add(fleet, &again, &room, &event, &refusal), SG_OK);
	ck_assert_int_eq(fleet->ops->session_find(fleet, first, &session), SG_OK);
	sg_fleet_session_clear(&session);
	again.id[0] = 8;
	id_of(1, again.token);
	ck_assert_int_eq(fleet->ops->session_add(fleet, &again, &room, &event, &refusal), SG_OK);
	ck_assert_int_eq(refusal, SG_FLEET_TAKEN);
	ck_assert_int_eq(fleet->ops->session_find(fleet, first, &session), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(fleet->ops->session_find(fleet, again.id, &session), SG_OK);
	sg_fleet_session_clear(&session);
	sg_fleet_session_clear(&again);
}
END_TEST

START_TEST(a_refusal_leaves_the_open_one_as_it_is)
{
	const uint8_t first[SG_FLEET_SESSION] = { 1 };
	struct sg_fleet_session session;

	add_token(1, 1);
	ck_assert_int_eq(add_session(1, 9, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(enrol(5), SG_FLEET_TAKEN);
	ck_assert_int_eq(add_session(1, 9, NOW), SG_FLEET_TOKEN_USED);
	ck_assert_int_eq(fleet->ops->session_find(fleet, first, &session), SG_OK);
	ck_assert(!session.closed);
	sg_fleet_session_clear(&session);
}
END_TEST

START_TEST(a_member_is_found_by_its_key_in_its_own_table)
{
	struct sg_fleet_member member = member_of(5), found;

	add_token(1, 9);
	ck_assert_int_eq(enrol_in(fleet, SG_FLEET_AGENTS, &member, NULL, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(fleet->ops->member_of_key(fleet, SG_FLEET_MACHINES, member.key, &found),
	                 SG_ERR_NOT_FOUND);
	ck_assert_int_eq(fleet->ops->member_of_key(fleet, SG_FLEET_AGENTS, member.key, &found),
	                 SG_OK);
	ck_assert_str_eq(found.id, member.id);
	ck_assert(found.has_evidence);
	ck_assert_mem_eq(found.evidence, member.evidence, sizeof found.evidence);
}
END_TEST

/* One of those who race for the last use, over a connection of his own. */
static void *race(void *arg)
{
	struct sg_fleet_member member = member_of((unsigned)(uintptr_t)arg);
	enum sg_fleet_refusal refusal = enrol_in(fleet, SG_FLEET_MACHINES, &member, NULL, NOW);

	return (void *)(uintptr_t)refusal;
}

START_TEST(of_many_threads_exactly_one_gets_the_last_use)
{
	pthread_t threads[RACERS];
	unsigned taken = 0;

	add_token(1, 1);
	for (unsigned i = 0; i < RACERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, (void *)(uintptr_t)(i + 1)), 0);
	for (unsigned i = 0; i < RACERS; i++) {
		void *result;

		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		taken += (uintptr_t)result == SG_FLEET_TAKEN;
		ck_assert((uintptr_t)result == SG_FLEET_TAKEN ||
		          (uintptr_t)result == SG_FLEET_TOKEN_USED);
	}
	ck_assert_uint_eq(taken, 1);
}
END_TEST

/* A process of its own: opens the fleet, waits for the others, and tries. */
static int race_apart(unsigned n, int gate)
{
	struct sg_fleet_member member = member_of(n);
	struct sg_fleet *own = NULL;
	char byte;
	enum sg_fleet_refusal refusal = SG_FLEET_SESSION_UNKNOWN;

	if (sg_fleet_open(path, false, &own) == SG_OK && read(gate, &byte, 1) == 0)
		refusal = enrol_in(own, SG_FLEET_MACHINES, &member, NULL, NOW);
	sg_fleet_close(&own);
	return refusal == SG_FLEET_TAKEN ? 10 : refusal == SG_FLEET_TOKEN_USED ? 11 : 12;
}

START_TEST(of_many_processes_exactly_one_gets_the_last_use)
{
	pid_t children[RACERS];
	unsigned taken = 0, used = 0;
	int gate[2], status;

	add_token(1, 1);
	sg_fleet_close(&fleet);
	ck_assert_int_eq(pipe(gate), 0);
	for (unsigned i = 0; i < RACERS; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0) {
			close(gate[1]);
			_exit(race_apart(i + 1, gate[0]));
		}
	}
	close(gate[0]);
	close(gate[1]);
	for (unsigned i = 0; i < RACERS; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert(WIFEXITED(status));
		taken += WEXITSTATUS(status) == 10;
		used += WEXITSTATUS(status) == 11;
	}
	ck_assert_uint_eq(taken, 1);
	ck_assert_uint_eq(used, RACERS - 1);
}
END_TEST

START_TEST(a_child_of_fork_is_told_that_it_has_no_fleet)
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct sg_fleet_head last;
		enum sg_err err = fleet->ops->entry_last(fleet, &last);

		sg_fleet_close(&fleet);
		_exit(err == SG_ERR_CLOSED ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	add_token(1, 1);
}
END_TEST

START_TEST(of_two_who_change_a_member_the_second_is_told)
{
	struct sg_fleet_event event = event_at(NOW, "machine-disabled");
	struct sg_fleet_member one, two;

	add_token(1, 9);
	ck_assert_int_eq(enrol(5), SG_FLEET_TAKEN);
	one = member_of(5);
	ck_assert_int_eq(fleet->ops->member_find(fleet, SG_FLEET_MACHINES, one.id, &one), SG_OK);
	two = one;
	one.enabled = false;
	two.name[0] = 'x';
	ck_assert_int_eq(fleet->ops->member_change(fleet, SG_FLEET_MACHINES, &one,
	                                           SG_FLEET_EXTEND_NOT, NULL, &event), SG_OK);
	ck_assert_int_eq(fleet->ops->member_change(fleet, SG_FLEET_MACHINES, &two,
	                                           SG_FLEET_EXTEND_NOT, NULL, &event),
	                 SG_ERR_STORE_BUSY);
	ck_assert_int_eq(fleet->ops->member_change(fleet, SG_FLEET_AGENTS, &two,
	                                           SG_FLEET_EXTEND_NOT, NULL, &event),
	                 SG_ERR_NOT_FOUND);
	ck_assert_int_eq(fleet->ops->member_find(fleet, SG_FLEET_MACHINES, one.id, &two), SG_OK);
	ck_assert(!two.enabled);
	ck_assert_str_eq(two.name, "worker-5");
}
END_TEST

static bool count_extension(void *context, const struct sg_fleet_extension *extension)
{
	unsigned *counts = context;

	counts[extension->reverted != 0]++;
	return true;
}

START_TEST(the_last_extension_that_stands_is_reverted)
{
	struct sg_fleet_extension extension = { NOW, "tester", NOW + DAY, NOW + 2 * DAY, 0 };
	struct sg_fleet_event event = event_at(NOW, "machine-extended");
	struct sg_fleet_member member = member_of(5);
	unsigned counts[2] = { 0, 0 };

	add_token(1, 9);
	ck_assert_int_eq(enrol(5), SG_FLEET_TAKEN);
	for (unsigned i = 0; i < 2; i++) {
		member.version = i;
		ck_assert_int_eq(fleet->ops->member_change(fleet, SG_FLEET_MACHINES, &member,
		                                           SG_FLEET_EXTEND, &extension, &event),
		                 SG_OK);
	}
	for (unsigned i = 2; i < 4; i++) {
		member.version = i;
		ck_assert_int_eq(fleet->ops->member_change(fleet, SG_FLEET_MACHINES, &member,
		                                           SG_FLEET_REVERT, NULL, &event), SG_OK);
	}
	member.version = 4;
	ck_assert_int_eq(fleet->ops->member_change(fleet, SG_FLEET_MACHINES, &member,
	                                           SG_FLEET_REVERT, NULL, &event),
	                 SG_ERR_NOT_FOUND);
	ck_assert_int_eq(fleet->ops->extension_visit(fleet, SG_FLEET_MACHINES, member.id,
	                                             count_extension, counts), SG_OK);
	ck_assert_uint_eq(counts[0], 0);
	ck_assert_uint_eq(counts[1], 2);
}
END_TEST

static bool count_member(void *context, const struct sg_fleet_member *member)
{
	(void)member;
	++*(unsigned *)context;
	return true;
}

/* Let time do to the machines what it does then. */
static bool settle_at(int64_t now, size_t most)
{
	const struct sg_fleet_settling settling = { now, 30 * DAY, most, "tester", "machine-ended",
	                                            "machine-removed" };
	bool more = true;

	ck_assert_int_eq(fleet->ops->member_settle(fleet, SG_FLEET_MACHINES, &settling, &more),
	                 SG_OK);
	return more;
}

/* Return when the end of a machine was noted. */
static int64_t noted(unsigned n)
{
	const struct sg_fleet_member member = member_of(n);
	struct sg_fleet_member kept;

	ck_assert_int_eq(fleet->ops->member_find(fleet, SG_FLEET_MACHINES, member.id, &kept), SG_OK);
	return kept.ended;
}

static unsigned count_members(void)
{
	unsigned n = 0;

	ck_assert_int_eq(fleet->ops->member_visit(fleet, SG_FLEET_MACHINES, count_member, &n),
	                 SG_OK);
	return n;
}

START_TEST(whose_time_is_over_is_noted_and_removed_so_many_at_a_time)
{
	struct sg_fleet_event event = event_at(NOW, "machine-removed");

	add_token(1, 9);
	for (unsigned i = 1; i < 4; i++)
		ck_assert_int_eq(enrol(i), SG_FLEET_TAKEN);
	ck_assert(!settle_at(NOW + DAY - 1, 2));
	ck_assert_int_eq(noted(1), 0);
	ck_assert(settle_at(NOW + DAY, 2));
	ck_assert_int_eq(noted(1) + noted(2) + noted(3),
	                 2 * (NOW + DAY));
	ck_assert(!settle_at(NOW + DAY + 1, 2));
	/* A second is a second of all of them: none is removed before its own 30 days. */
	ck_assert(settle_at(NOW + 31 * DAY, 2));
	ck_assert_uint_eq(count_members(), 1);
	ck_assert(!settle_at(NOW + 31 * DAY, 2));
	ck_assert_uint_eq(count_members(), 1);
	ck_assert(!settle_at(NOW + 31 * DAY + 1, 2));
	ck_assert_uint_eq(count_members(), 0);
	ck_assert_int_eq(fleet->ops->member_remove(fleet, SG_FLEET_MACHINES, "nobody", &event),
	                 SG_ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_note_of_a_time_to_come_is_taken_back)
{
	add_token(1, 9);
	ck_assert_int_eq(enrol(1), SG_FLEET_TAKEN);
	ck_assert(!settle_at(NOW + 300 * DAY, 2));
	ck_assert_int_eq(noted(1), NOW + 300 * DAY);
	ck_assert(!settle_at(NOW, 2));
	ck_assert_int_eq(noted(1), 0);
	/* And another clock that is ahead finds nothing that was noted. */
	ck_assert(!settle_at(NOW + 900 * DAY, 2));
	ck_assert_uint_eq(count_members(), 1);
}
END_TEST

/* Follow the chain. */
static bool follow(void *context, const struct sg_fleet_entry *entry)
{
	struct sg_fleet_head *at = context;
	uint8_t hash[SG_FLEET_HASH];

	ck_assert_uint_eq(entry->seq, at->seq + 1);
	ck_assert_int_eq(sg_chain_hash(at->hash, entry, hash), SG_OK);
	ck_assert_mem_eq(hash, entry->hash, sizeof hash);
	memcpy(at->hash, hash, sizeof hash);
	at->seq = entry->seq;
	return true;
}

START_TEST(each_step_appends_to_the_chain_and_none_without_its_step)
{
	struct sg_fleet_head at = { .seq = 0 }, last;

	add_token(1, 1);
	ck_assert_int_eq(enrol(1), SG_FLEET_TAKEN);
	ck_assert_int_eq(enrol(2), SG_FLEET_TOKEN_USED);
	add_token(2, 1);
	ck_assert_int_eq(open_for(2, 1, (struct sg_fleet_room){ 9, 9, 9 }, NOW), SG_FLEET_TAKEN);
	ck_assert_int_eq(open_for(2, 2, (struct sg_fleet_room){ 9, 1, 9 }, NOW),
	                 SG_FLEET_TOKEN_FULL);
	ck_assert_int_eq(fleet->ops->entry_visit(fleet, 1, follow, &at), SG_OK);
	ck_assert_uint_eq(at.seq, 4);
	ck_assert_int_eq(fleet->ops->entry_last(fleet, &last), SG_OK);
	ck_assert_uint_eq(last.seq, 4);
	ck_assert_mem_eq(last.hash, at.hash, sizeof at.hash);
}
END_TEST

static bool see_head(void *context, const struct sg_fleet_head *head)
{
	*(struct sg_fleet_head *)context = *head;
	return true;
}

START_TEST(heads_are_kept)
{
	struct sg_fleet_head head = { 5, NOW, { 1 }, { 2 }, { 3 } }, seen = { .seq = 0 };

	ck_assert_int_eq(fleet->ops->head_add(fleet, &head), SG_OK);
	ck_assert_int_eq(fleet->ops->head_add(fleet, &head), SG_OK);
	ck_assert_int_eq(fleet->ops->head_visit(fleet, see_head, &seen), SG_OK);
	ck_assert_uint_eq(seen.seq, 5);
	ck_assert_mem_eq(seen.signature, head.signature, sizeof head.signature);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fleet");
	TCase *tcase = tcase_create("sqlite");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_token_is_found_by_its_hash_and_by_its_identifier);
	tcase_add_test(tcase, a_token_is_spent_ended_and_revoked_in_the_step_that_uses_it);
	tcase_add_test(tcase, no_key_is_in_both_tables);
	tcase_add_test(tcase, an_agent_is_not_found_among_machines);
	tcase_add_test(tcase, what_is_kept_of_a_member_comes_back);
	tcase_add_test(tcase, a_session_is_answered_once_and_its_secret_goes);
	tcase_add_test(tcase, a_session_ends_and_is_forgotten);
	tcase_add_test(tcase, a_token_has_as_many_open_as_it_has_uses_left_and_some_to_spare);
	tcase_add_test(tcase, a_machine_has_one_open_for_a_token);
	tcase_add_test(tcase, a_refusal_leaves_the_open_one_as_it_is);
	tcase_add_test(tcase, a_member_is_found_by_its_key_in_its_own_table);
	tcase_add_test(tcase, of_many_threads_exactly_one_gets_the_last_use);
	tcase_add_test(tcase, of_many_processes_exactly_one_gets_the_last_use);
	tcase_add_test(tcase, a_child_of_fork_is_told_that_it_has_no_fleet);
	tcase_add_test(tcase, of_two_who_change_a_member_the_second_is_told);
	tcase_add_test(tcase, the_last_extension_that_stands_is_reverted);
	tcase_add_test(tcase, whose_time_is_over_is_noted_and_removed_so_many_at_a_time);
	tcase_add_test(tcase, a_note_of_a_time_to_come_is_taken_back);
	tcase_add_test(tcase, each_step_appends_to_the_chain_and_none_without_its_step);
	tcase_add_test(tcase, heads_are_kept);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
