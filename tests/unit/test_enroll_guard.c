/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/guard.c and enroll/guard_verifier.c.
 */
#include "enroll/guard.h"

#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"
#include "lib/scratch.h"

#define NOW INT64_C(1711468800)         /* Tuesday 2024-03-26 16:00:00 UTC */
#define HOUR 3600
#define DAY 86400

static bool allows(const char *text, const char *source, int64_t now, int32_t offset)
{
	struct sg_guard guard;

	ck_assert_msg(sg_guard_read(text, &guard), "%s", text);
	return sg_guard_allows(&guard, sg_bytes_str(source), now, offset);
}

START_TEST(an_empty_guard_bounds_nothing)
{
	ck_assert(allows("", "", NOW, 0));
}
END_TEST

START_TEST(a_guard_keeps_to_its_addresses)
{
	ck_assert(allows("from=10.0.0.0/8", "10.1.2.3", NOW, 0));
	ck_assert(!allows("from=10.0.0.0/8", "11.1.2.3", NOW, 0));
	ck_assert(!allows("from=10.0.0.0/8", "", NOW, 0));
}
END_TEST

START_TEST(a_guard_keeps_to_its_hours)
{
	const char *const text = "between=08:00-16:00";

	ck_assert(!allows(text, "", NOW, 0));
	ck_assert(allows(text, "", NOW - 1, 0));
	ck_assert(allows(text, "", NOW - 8 * HOUR, 0));
	ck_assert(!allows(text, "", NOW - 8 * HOUR - 1, 0));
	/* The same moment is earlier in the west. */
	ck_assert(allows(text, "", NOW, -HOUR));
}
END_TEST

START_TEST(hours_over_midnight_belong_to_the_day_on_which_they_began)
{
	const char *const text = "between=22:00-06:00 days=tue";

	ck_assert(allows(text, "", NOW + 6 * HOUR, 0));         /* Tuesday 22:00 */
	ck_assert(allows(text, "", NOW + 13 * HOUR, 0));        /* Wednesday 05:00 */
	ck_assert(!allows(text, "", NOW + 14 * HOUR, 0));       /* Wednesday 06:00 */
	ck_assert(!allows(text, "", NOW - 11 * HOUR, 0));       /* Tuesday 05:00 */
	ck_assert(!allows(text, "", NOW + 30 * HOUR, 0));       /* Wednesday 22:00 */
}
END_TEST

START_TEST(days_alone_are_whole_days)
{
	ck_assert(allows("days=mon,tue", "", NOW, 0));
	ck_assert(!allows("days=mon,wed", "", NOW, 0));
	ck_assert(allows("days=wed", "", NOW + 8 * HOUR, 0));
	ck_assert(!allows("days=wed", "", NOW + 8 * HOUR - 1, 0));
}
END_TEST

START_TEST(all_clauses_must_hold)
{
	ck_assert(allows("from=10.0.0.0/8 between=15:00-17:00 days=tue", "10.0.0.1", NOW, 0));
	ck_assert(!allows("from=10.0.0.0/8 between=15:00-17:00 days=tue", "11.0.0.1", NOW, 0));
	ck_assert(!allows("from=10.0.0.0/8 between=15:00-17:00 days=mon", "10.0.0.1", NOW, 0));
}
END_TEST

START_TEST(what_is_no_guard_is_refused)
{
	static const char *const texts[] = {
		" ", "from=", "from=x", "between=8:00-16:00", "between=08:00-24:01",
		"between=24:00-08:00", "between=08:00-08:00", "between=08:60-09:00", "days=",
		"days=monday", "days=mon,mon", "days=mon,", "zone=Europe/Berlin",
		"between=08:00-16:00 zone=../etc/passwd", "between=08:00-16:00 zone=/etc/localtime",
		"between=08:00-16:00 between=09:00-10:00", "from=10.0.0.0/8  days=mon", "to=1",
		"from=10.0.0.0/8 ",
	};
	struct sg_guard guard;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(!sg_guard_read(texts[i], &guard), "%s", texts[i]);
}
END_TEST

/* A fleet with one machine and one agent. */
static char *folder, *path;
static struct sg_fleet *fleet;
static struct sg_fleet_member machine, agent;

static void add(struct sg_fleet_member *member, enum sg_fleet_table table, const char *id,
                const char *guard)
{
	struct sg_fleet_enrolment enrolment = {
		.token = "00000000-0000-4000-8000-000000000001", .table = table, .member = member,
		.event = { NOW, "x", "", "", { NULL, 0 } },
	};
	enum sg_fleet_refusal refusal;

	*member = (struct sg_fleet_member){ .enabled = true, .approved = true, .created = NOW };
	strcpy(member->id, id);
	strcpy(member->guard, guard);
	member->key[0] = (uint8_t)table;
	ck_assert_int_eq(fleet->ops->enrol(fleet, &enrolment, &refusal), SG_OK);
	ck_assert_int_eq(refusal, SG_FLEET_TAKEN);
}

static void setup(void)
{
	struct sg_fleet_token token = { .created = NOW, .expires = NOW + DAY, .max_uses = 9 };

	folder = scratch_make();
	path = scratch_path(folder, "fleet.db");
	ck_assert_int_eq(sg_fleet_open(path, true, &fleet), SG_OK);
	strcpy(token.id, "00000000-0000-4000-8000-000000000001");
	ck_assert_int_eq(fleet->ops->token_add(fleet, &token, NULL), SG_OK);
	add(&machine, SG_FLEET_MACHINES, "00000000-0000-4000-8000-00000000000a",
	    "from=10.0.0.0/8");
	add(&agent, SG_FLEET_AGENTS, "00000000-0000-4000-8000-00000000000b", "");
}

static void teardown(void)
{
	sg_fleet_close(&fleet);
	free(path);
	scratch_remove(&folder);
}

static int look_up(bool machines, bool agents, const char *id, const char *header,
                   struct sg_request_machine *out)
{
	struct sg_guard_verifier verifier = { fleet, machines, agents, NULL };

	*out = (struct sg_request_machine){ .enabled = false };
	return sg_guard_lookup(&verifier, sg_request_text(id), sg_request_text(header), out);
}

START_TEST(a_verifier_of_machines_knows_no_agent)
{
	struct sg_request_machine found;

	ck_assert_int_eq(look_up(true, false, machine.id, "X-Machine-Id", &found), 1);
	ck_assert_int_eq(found.kind, SG_REQUEST_MACHINE);
	ck_assert(found.enabled);
	ck_assert_uint_eq(found.n_keys, 1);
	sg_guard_release(NULL, &found);
	ck_assert_int_eq(look_up(true, false, agent.id, "X-Machine-Id", &found), 0);
	ck_assert_int_eq(look_up(true, false, agent.id, "X-Agent-Id", &found), 0);
	ck_assert_int_eq(look_up(true, true, machine.id, "X-Agent-Id", &found), 0);
}
END_TEST

START_TEST(a_verifier_of_agents_knows_them_under_either_field)
{
	struct sg_request_machine found;

	ck_assert_int_eq(look_up(false, true, agent.id, "X-Agent-Id", &found), 1);
	ck_assert_int_eq(found.kind, SG_REQUEST_AGENT);
	sg_guard_release(NULL, &found);
	ck_assert_int_eq(look_up(false, true, agent.id, "X-Machine-Id", &found), 1);
	sg_guard_release(NULL, &found);
	ck_assert_int_eq(look_up(false, true, machine.id, "X-Machine-Id", &found), 0);
}
END_TEST

START_TEST(what_is_no_identifier_is_nobody)
{
	struct sg_request_machine found;

	ck_assert_int_eq(look_up(true, true, "", "", &found), 0);
	ck_assert_int_eq(look_up(true, true, "' OR 1=1 --", "", &found), 0);
}
END_TEST

START_TEST(the_check_keeps_to_the_guard_of_the_machine)
{
	struct sg_guard_verifier verifier = { fleet, true, false, NULL };
	struct sg_request_message message = { .n_fields = 0 };
	struct sg_request_machine found;

	ck_assert_int_eq(look_up(true, false, machine.id, "", &found), 1);
	ck_assert_int_eq(sg_guard_check(&verifier, &message, sg_request_text("10.2.3.4"), &found,
	                                NOW), 0);
	ck_assert_int_ne(sg_guard_check(&verifier, &message, sg_request_text("11.2.3.4"), &found,
	                                NOW), 0);
	/* One that can't be read, or whose zone can't, allows nothing. */
	strcpy(((struct sg_fleet_member *)found.record)->guard, "nonsense");
	ck_assert_int_ne(sg_guard_check(&verifier, &message, sg_request_text("10.2.3.4"), &found,
	                                NOW), 0);
	strcpy(((struct sg_fleet_member *)found.record)->guard, "days=tue zone=Europe/Berlin");
	ck_assert_int_ne(sg_guard_check(&verifier, &message, sg_request_text("10.2.3.4"), &found,
	                                NOW), 0);
	sg_guard_release(NULL, &found);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guard");
	TCase *tcase = tcase_create("text"), *verifier = tcase_create("verifier");

	tcase_add_test(tcase, an_empty_guard_bounds_nothing);
	tcase_add_test(tcase, a_guard_keeps_to_its_addresses);
	tcase_add_test(tcase, a_guard_keeps_to_its_hours);
	tcase_add_test(tcase, hours_over_midnight_belong_to_the_day_on_which_they_began);
	tcase_add_test(tcase, days_alone_are_whole_days);
	tcase_add_test(tcase, all_clauses_must_hold);
	tcase_add_test(tcase, what_is_no_guard_is_refused);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(verifier, setup, teardown);
	tcase_add_test(verifier, a_verifier_of_machines_knows_no_agent);
	tcase_add_test(verifier, a_verifier_of_agents_knows_them_under_either_field);
	tcase_add_test(verifier, what_is_no_identifier_is_nobody);
	tcase_add_test(verifier, the_check_keeps_to_the_guard_of_the_machine);
	suite_add_tcase(suite, verifier);
	return test_run(suite);
}
