/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/registrar*.c and enroll/manage.c where no TPM is needed: who registers as programs
 * in the field do, what is refused and logged, and what time and an administrator do.
 */
#include "enroll/registrar.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "enroll/audit.h"
#include "enroll/guard.h"
#include "enroll/manage.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

#define NOW INT64_C(1711468800)
#define DAY 86400
#define VAULT "vault_0123456789abcdef"
#define RACERS 6

static char *folder, *path, *heads;
static struct sg_registrar *registrar;
static struct sg_manager manager;
static struct sg_enroll_rules rules;
static struct sg_buf answer;
static char token_id[SG_FLEET_ID + 1], member_id[SG_FLEET_ID + 1];
static struct sg_secret *signer_key;
static struct sg_registrar_signer signer;

static enum sg_err sign(void *context, struct sg_bytes message,
                        uint8_t signature[SG_FLEET_SIGNATURE])
{
	(void)context;
	return sg_ed25519_sign(sg_secret_bytes(signer_key), message, signature);
}

static void setup(void)
{
	struct sg_registrar_config config = { .create = true, .vault = VAULT,
	                                      .api_url = "https://machines.example" };

	folder = scratch_make();
	path = scratch_path(folder, "fleet.db");
	heads = scratch_path(folder, "heads");
	ck_assert_int_eq(sg_ed25519_generate(&signer_key), SG_OK);
	memcpy(signer.key, sg_ed25519_public(signer_key).data, sizeof signer.key);
	signer.sign = sign;
	config.store = path;
	config.signer = &signer;
	config.heads = heads;
	ck_assert_int_eq(sg_registrar_open(&config, &registrar), SG_OK);
	manager = (struct sg_manager){ sg_registrar_fleet(registrar), "tester", NOW };
	rules = (struct sg_enroll_rules){ .level = SG_LEVEL_NONE, .lifetime = DAY };
	answer = (struct sg_buf){ NULL, 0, 0 };
}

static void teardown(void)
{
	sg_registrar_close(&registrar);
	sg_secret_free(&signer_key);
	sg_buf_free(&answer);
	free(path);
	free(heads);
	scratch_remove(&folder);
}

/* Make a token of the rules; the caller frees it. */
static struct sg_secret *make_token(uint32_t uses)
{
	struct sg_secret *text = NULL;
	const char *wrong;

	ck_assert_int_eq(sg_manage_token_create(&manager, "test", uses, DAY, &rules, &text, token_id,
	                                        &wrong), SG_OK);
	return text;
}

/* Write the body of a call with a new key. */
static void body_of(const struct sg_secret *token, const char *host, char *out, size_t size)
{
	struct sg_secret *key = NULL;
	char text[64];

	ck_assert_int_eq(sg_ed25519_generate(&key), SG_OK);
	sg_base64_public(sg_ed25519_public(key), text, sizeof text);
	snprintf(out, size, "{\"token\":\"%.*s\",\"publicKey\":\"%s\",\"hostname\":\"%s\"}",
	         (int)token->len, token->data, text, host);
	sg_secret_free(&key);
}

static enum sg_enroll_reason call_at(const char *body, const char *source, int64_t now)
{
	struct sg_registrar_caller caller = { source, now };

	return sg_registrar_register(registrar, &caller, sg_bytes_str(VAULT), sg_bytes_str(body),
	                             &answer);
}

static enum sg_enroll_reason register_at(const struct sg_secret *token, const char *host,
                                         const char *source, int64_t now)
{
	char body[512];

	body_of(token, host, body, sizeof body);
	return call_at(body, source, now);
}

/* Keep the identifier of the answer. */
static void take_id(void)
{
	json_t *json = json_loadb((const char *)answer.data, answer.len, 0, NULL);
	const char *id = json_string_value(json_object_get(json, "machineId"));

	ck_assert_ptr_nonnull(id);
	snprintf(member_id, sizeof member_id, "%s", id);
	json_decref(json);
}

static void enrol_one(void)
{
	struct sg_secret *token = make_token(1);

	ck_assert_int_eq(register_at(token, "web-1", "192.0.2.7", NOW), SG_ENROLL_OK);
	take_id();
	sg_secret_free(&token);
}

static struct sg_fleet_member found(void)
{
	struct sg_fleet_member member;

	ck_assert_int_eq(manager.fleet->ops->member_find(manager.fleet, SG_FLEET_MACHINES, member_id,
	                                                 &member), SG_OK);
	return member;
}

/* How often the log has an event. */
struct count {
	const char *event, *in;
	unsigned n;
};

static bool count_entry(void *context, const struct sg_fleet_entry *entry)
{
	struct count *count = context;

	count->n += sg_bytes_equal(entry->event, sg_bytes_str(count->event)) &&
	            (count->in == NULL || memmem(entry->detail.data, entry->detail.len, count->in,
	                                         strlen(count->in)) != NULL);
	return true;
}

static unsigned logged(const char *event, const char *in)
{
	struct count count = { event, in, 0 };

	ck_assert_int_eq(manager.fleet->ops->entry_visit(manager.fleet, 1, count_entry, &count),
	                 SG_OK);
	return count.n;
}

START_TEST(a_program_in_the_field_gets_what_it_reads)
{
	struct sg_secret *token;
	struct sg_fleet_member member;
	json_t *json;

	strcpy(rules.name, "worker-{uuid8}");
	token = make_token(1);
	ck_assert_int_eq(register_at(token, "web-1", "192.0.2.7", NOW), SG_ENROLL_OK);
	take_id();
	json = json_loadb((const char *)answer.data, answer.len, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(json, "vaultId")), VAULT);
	ck_assert_str_eq(json_string_value(json_object_get(json, "apiUrl")),
	                 "https://machines.example");
	ck_assert_int_eq(json_integer_value(json_object_get(json, "expiresAt")), (NOW + DAY) * 1000);
	ck_assert_mem_eq(json_string_value(json_object_get(json, "machineName")), "worker-", 7);
	json_decref(json);
	member = found();
	ck_assert_uint_eq(member.level, SG_LEVEL_NONE);
	ck_assert(!member.has_ek && !member.has_object && member.approved && member.enabled);
	ck_assert_str_eq(member.source, "192.0.2.7");
	ck_assert_uint_eq(logged("machine-enrolled", "\"level\":\"none\""), 1);
	sg_secret_free(&token);
}
END_TEST

START_TEST(an_agent_comes_into_the_table_of_agents)
{
	struct sg_registrar_caller caller = { "192.0.2.7", NOW };
	struct sg_secret *token;
	struct sg_fleet_member member;
	char body[512];
	json_t *json;

	rules.class = SG_CLASS_AGENT;
	token = make_token(2);
	body_of(token, "x", body, sizeof body);
	ck_assert_int_eq(call_at(body, "192.0.2.7", NOW), SG_ENROLL_CLASS);
	ck_assert_int_eq(sg_registrar_register_agent(registrar, &caller, sg_bytes_str(body),
	                                             &answer), SG_ENROLL_OK);
	json = json_loadb((const char *)answer.data, answer.len, 0, NULL);
	ck_assert_int_eq(manager.fleet->ops->member_find(
	                         manager.fleet, SG_FLEET_AGENTS,
	                         json_string_value(json_object_get(json, "agentId")), &member),
	                 SG_OK);
	ck_assert_int_eq(manager.fleet->ops->member_find(manager.fleet, SG_FLEET_MACHINES, member.id,
	                                                 &member), SG_ERR_NOT_FOUND);
	json_decref(json);
	sg_secret_free(&token);
}
END_TEST

START_TEST(what_the_token_does_not_allow_is_refused_with_its_reason_and_logged)
{
	struct sg_secret *token;

	strcpy(rules.host, "web-*");
	strcpy(rules.sources, "192.0.2.0/24");
	token = make_token(1);
	ck_assert_int_eq(register_at(token, "db-1", "192.0.2.7", NOW), SG_ENROLL_HOST);
	ck_assert_int_eq(register_at(token, "web-1", "198.51.100.1", NOW), SG_ENROLL_SOURCE);
	ck_assert_int_eq(register_at(token, "web-1", "192.0.2.7", NOW + DAY), SG_ENROLL_TOKEN_ENDED);
	ck_assert_int_eq(register_at(token, "web-1", "192.0.2.7", NOW - 1), SG_ENROLL_TOKEN_ENDED);
	ck_assert_int_eq(register_at(token, "web-1", "192.0.2.7", NOW), SG_ENROLL_OK);
	ck_assert_int_eq(register_at(token, "web-2", "192.0.2.7", NOW), SG_ENROLL_TOKEN_USED);
	ck_assert_int_eq(sg_manage_token_revoke(&manager, token_id), SG_OK);
	ck_assert_int_eq(register_at(token, "web-2", "192.0.2.7", NOW), SG_ENROLL_TOKEN_REVOKED);
	token->data[10] ^= 1;
	ck_assert_int_eq(register_at(token, "web-2", "192.0.2.7", NOW), SG_ENROLL_TOKEN_UNKNOWN);
	ck_assert_uint_eq(logged("refused", NULL), 7);
	ck_assert_uint_eq(logged("refused", sg_enroll_reason_name(SG_ENROLL_TOKEN_ENDED)), 2);
	ck_assert_ptr_nonnull(memmem(answer.data, answer.len, "\"error\"", 7));
	sg_secret_free(&token);
}
END_TEST

START_TEST(who_proves_nothing_gets_nothing_from_a_token_that_demands_proof)
{
	struct sg_secret *token;

	rules.level = SG_LEVEL_ASSERTED;
	token = make_token(1);
	ck_assert_int_eq(register_at(token, "web-1", "192.0.2.7", NOW), SG_ENROLL_LEVEL);
	sg_secret_free(&token);
}
END_TEST

START_TEST(a_key_that_somebody_has_is_refused)
{
	struct sg_secret *token = make_token(2);
	char body[512];

	body_of(token, "web-1", body, sizeof body);
	ck_assert_int_eq(call_at(body, "192.0.2.7", NOW), SG_ENROLL_OK);
	ck_assert_int_eq(call_at(body, "192.0.2.7", NOW), SG_ENROLL_KEY_KNOWN);
	sg_secret_free(&token);
}
END_TEST

START_TEST(bodies_that_are_none_are_refused)
{
	static const char *const bodies[] = {
		"", "[]", "{}", "null", "{\"token\":\"x\"}", "{\"token\":1,\"publicKey\":\"x\"}",
		"{\"token\":\"x\",\"token\":\"y\",\"publicKey\":\"x\",\"hostname\":\"h\"}",
		"{\"token\":\"x\\u0000\",\"publicKey\":\"x\",\"hostname\":\"h\"}",
	};
	char *large = malloc(20000);

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		ck_assert_int_eq(call_at(bodies[i], "192.0.2.7", NOW), SG_ENROLL_FORMAT);
	ck_assert_int_eq(call_at("{\"token\":\"x\",\"publicKey\":\"AAAA\",\"hostname\":\"h\"}",
	                         "192.0.2.7", NOW), SG_ENROLL_KEY);
	/* A point of small order. */
	ck_assert_int_eq(call_at("{\"token\":\"x\",\"publicKey\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	                         "AAAAAAAAAAA=\",\"hostname\":\"h\"}", "192.0.2.7", NOW),
	                 SG_ENROLL_KEY);
	memset(large, ' ', 19999);
	large[19999] = '\0';
	ck_assert_int_eq(call_at(large, "192.0.2.7", NOW), SG_ENROLL_TOO_LONG);
	free(large);
}
END_TEST

START_TEST(messages_that_are_none_are_refused)
{
	struct sg_registrar_caller caller = { "192.0.2.7", NOW };
	struct sg_bytes nothing = sg_bytes_str("{}");

	ck_assert_int_eq(sg_registrar_begin(registrar, &caller, nothing, &answer), SG_ENROLL_FORMAT);
	ck_assert_int_eq(sg_registrar_finish(registrar, &caller, nothing, &answer),
	                 SG_ENROLL_FORMAT);
	ck_assert_uint_eq(logged("refused", NULL), 2);
}
END_TEST

START_TEST(another_vault_is_not_ours)
{
	struct sg_registrar_caller caller = { "192.0.2.7", NOW };
	struct sg_secret *token = make_token(1);
	char body[512];

	body_of(token, "web-1", body, sizeof body);
	ck_assert_int_eq(sg_registrar_register(registrar, &caller, sg_bytes_str("vault_x"),
	                                       sg_bytes_str(body), &answer),
	                 SG_ENROLL_TOKEN_UNKNOWN);
	sg_secret_free(&token);
}
END_TEST

static struct sg_secret *raced;

static void *race(void *arg)
{
	struct sg_registrar_caller caller = { "192.0.2.7", NOW };
	struct sg_buf own = { NULL, 0, 0 };
	enum sg_enroll_reason reason;

	reason = sg_registrar_register(registrar, &caller, sg_bytes_str(VAULT), sg_bytes_str(arg),
	                               &own);
	sg_buf_free(&own);
	return (void *)(uintptr_t)reason;
}

START_TEST(of_two_who_race_for_the_last_use_one_gets_it)
{
	pthread_t threads[RACERS];
	char bodies[RACERS][512];
	unsigned good = 0;

	raced = make_token(1);
	for (unsigned i = 0; i < RACERS; i++)
		body_of(raced, "web-1", bodies[i], sizeof bodies[i]);
	for (unsigned i = 0; i < RACERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, bodies[i]), 0);
	for (unsigned i = 0; i < RACERS; i++) {
		void *reason;

		ck_assert_int_eq(pthread_join(threads[i], &reason), 0);
		good += (uintptr_t)reason == SG_ENROLL_OK;
	}
	ck_assert_uint_eq(good, 1);
	ck_assert_uint_eq(logged("machine-enrolled", NULL), 1);
	sg_secret_free(&raced);
}
END_TEST

START_TEST(a_machine_that_is_approved_by_hand_waits_for_it)
{
	struct sg_fleet_member member;

	rules.by_hand = true;
	enrol_one();
	ck_assert(!found().approved);
	ck_assert_int_eq(sg_manage_member(&manager, SG_FLEET_MACHINES, member_id, SG_MANAGE_APPROVE,
	                                  0, NULL, &member), SG_OK);
	ck_assert(found().approved);
	ck_assert_uint_eq(logged("machine-approved", NULL), 1);
}
END_TEST

static enum sg_err manage(enum sg_manage_action action, int64_t seconds)
{
	struct sg_fleet_member member;

	return sg_manage_member(&manager, SG_FLEET_MACHINES, member_id, action, seconds,
	                        "from=10.0.0.0/8", &member);
}

START_TEST(a_machine_is_disabled_enabled_guarded_revoked_and_removed)
{
	enrol_one();
	ck_assert_int_eq(manage(SG_MANAGE_DISABLE, 0), SG_OK);
	ck_assert(!found().enabled);
	ck_assert_int_eq(manage(SG_MANAGE_ENABLE, 0), SG_OK);
	ck_assert(found().enabled);
	ck_assert_int_eq(manage(SG_MANAGE_GUARD, 0), SG_OK);
	ck_assert_str_eq(found().guard, "from=10.0.0.0/8");
	ck_assert_int_eq(manage(SG_MANAGE_REVOKE, 0), SG_OK);
	ck_assert_int_eq(found().revoked, NOW);
	ck_assert_int_eq(manage(SG_MANAGE_EXTEND, DAY), SG_ERR_ARG);
	ck_assert_int_eq(manage(SG_MANAGE_REMOVE, 0), SG_OK);
	ck_assert_int_eq(manage(SG_MANAGE_REMOVE, 0), SG_ERR_NOT_FOUND);
	ck_assert_uint_eq(logged("machine-removed", NULL), 1);
}
END_TEST

START_TEST(an_extension_moves_the_end_and_is_reverted)
{
	enrol_one();
	ck_assert_int_eq(manage(SG_MANAGE_REVERT, 0), SG_ERR_ARG);
	ck_assert_int_eq(manage(SG_MANAGE_EXTEND, 10 * DAY), SG_OK);
	ck_assert_int_eq(found().expires, NOW + 11 * DAY);
	ck_assert_int_eq(manage(SG_MANAGE_EXTEND, SG_ENROLL_LIFETIME_MAX), SG_OK);
	ck_assert_int_eq(found().expires, NOW + SG_ENROLL_LIFETIME_MAX);
	ck_assert_int_eq(manage(SG_MANAGE_REVERT, 0), SG_OK);
	ck_assert_int_eq(found().expires, NOW + 11 * DAY);
	ck_assert_int_eq(manage(SG_MANAGE_REVERT, 0), SG_OK);
	ck_assert_int_eq(found().expires, NOW + DAY);
	ck_assert_int_eq(manage(SG_MANAGE_REVERT, 0), SG_ERR_ARG);
	ck_assert_uint_eq(logged("machine-extended", NULL), 2);
	ck_assert_uint_eq(logged("machine-reverted", NULL), 2);
}
END_TEST

START_TEST(no_extension_leads_beyond_twelve_months)
{
	enrol_one();
	ck_assert_int_eq(manage(SG_MANAGE_EXTEND, INT64_C(365) * DAY + 3600), SG_ERR_ARG);
	ck_assert_int_eq(manage(SG_MANAGE_EXTEND, INT64_C(365) * DAY), SG_OK);
	ck_assert_int_eq(found().expires, NOW + INT64_C(365) * DAY);
}
END_TEST

static void tick_at(int64_t now)
{
	bool more = true;

	ck_assert_int_eq(sg_registrar_tick(registrar, now, &more), SG_OK);
	ck_assert(!more);
}

START_TEST(thirty_days_begin_when_somebody_looks)
{
	struct sg_fleet_member member;

	enrol_one();
	tick_at(NOW + 90 * DAY);
	ck_assert_uint_eq(logged("machine-ended", NULL), 1);
	tick_at(NOW + 120 * DAY - 1);
	ck_assert_uint_eq(logged("machine-removed", NULL), 0);
	tick_at(NOW + 120 * DAY);
	ck_assert_uint_eq(logged("machine-removed", NULL), 1);
	ck_assert_int_eq(manager.fleet->ops->member_find(manager.fleet, SG_FLEET_MACHINES,
	                                                 member_id, &member), SG_ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_clock_that_is_ahead_once_removes_nobody)
{
	enrol_one();
	tick_at(NOW + 3650 * DAY);
	tick_at(NOW);
	ck_assert_int_eq(found().ended, 0);
	tick_at(NOW + 3700 * DAY);
	ck_assert_int_eq(found().expires, NOW + DAY);
	ck_assert_uint_eq(logged("machine-removed", NULL), 0);
}
END_TEST

static struct sg_fleet_ops odd_ops;
static unsigned settled, looked;
static enum sg_err settle_err;

static enum sg_err settle_oddly(struct sg_fleet *fleet, enum sg_fleet_table table,
                                const struct sg_fleet_settling *settling, bool *more)
{
	(void)fleet;
	(void)table;
	(void)settling;
	settled++;
	*more = settle_err == SG_OK;
	return settle_err;
}

static enum sg_err look_oddly(struct sg_fleet *fleet, struct sg_fleet_head *out)
{
	(void)fleet;
	looked++;
	*out = (struct sg_fleet_head){ .seq = 0 };
	return SG_OK;
}

START_TEST(a_tick_does_a_bounded_part_and_a_locked_store_ends_it)
{
	const struct sg_fleet_ops *ops = manager.fleet->ops;
	bool more = false;

	odd_ops = *ops;
	odd_ops.member_settle = settle_oddly;
	odd_ops.entry_last = look_oddly;
	settled = looked = 0;
	settle_err = SG_OK;
	manager.fleet->ops = &odd_ops;
	ck_assert_int_eq(sg_registrar_tick(registrar, NOW, &more), SG_OK);
	ck_assert(more);
	ck_assert_uint_eq(settled, SG_FLEET_TABLES);
	ck_assert_uint_eq(looked, 1);
	settle_err = SG_ERR_STORE_BUSY;
	ck_assert_int_eq(sg_registrar_tick(registrar, NOW, &more), SG_ERR_STORE_BUSY);
	ck_assert(!more);
	ck_assert_uint_eq(settled, SG_FLEET_TABLES + 1);
	ck_assert_uint_eq(looked, 1);
	manager.fleet->ops = ops;
}
END_TEST

START_TEST(a_machine_ends_on_time_and_is_removed_thirty_days_later)
{
	struct sg_fleet_member member;

	enrol_one();
	tick_at(NOW + DAY - 1);
	ck_assert(!found().ended);
	tick_at(NOW + DAY);
	ck_assert(found().ended);
	tick_at(NOW + DAY + 1);
	ck_assert_uint_eq(logged("machine-ended", NULL), 1);
	/* Whoever extends it brings it back. */
	manager.now = NOW + 2 * DAY;
	ck_assert_int_eq(manage(SG_MANAGE_EXTEND, DAY), SG_OK);
	ck_assert(!found().ended);
	ck_assert_int_eq(found().expires, NOW + 3 * DAY);
	tick_at(NOW + 3 * DAY);
	tick_at(NOW + 33 * DAY - 1);
	ck_assert_int_eq(found().ended, NOW + 3 * DAY);
	tick_at(NOW + 33 * DAY);
	ck_assert_int_eq(manager.fleet->ops->member_find(manager.fleet, SG_FLEET_MACHINES, member_id,
	                                                 &member), SG_ERR_NOT_FOUND);
	ck_assert_uint_eq(logged("machine-removed", NULL), 1);
}
END_TEST

START_TEST(heads_are_signed_when_they_are_due_and_at_the_end)
{
	struct sg_audit_report report;

	enrol_one();
	tick_at(NOW);
	ck_assert_int_eq(sg_audit_verify(manager.fleet, sg_bytes(NULL, 0), signer.key, &report),
	                 SG_OK);
	ck_assert_int_eq(report.fault, SG_AUDIT_SOUND);
	ck_assert_uint_eq(report.signed_seq, 2);
	ck_assert_int_eq(call_at("{}", "192.0.2.7", NOW + 1), SG_ENROLL_FORMAT);
	tick_at(NOW + 2);
	ck_assert_int_eq(sg_audit_verify(manager.fleet, sg_bytes(NULL, 0), signer.key, &report),
	                 SG_OK);
	ck_assert_uint_eq(report.signed_seq, 2);
	ck_assert_uint_eq(report.entries, 3);
	ck_assert_int_eq(sg_registrar_sign(registrar, NOW + 3), SG_OK);
	ck_assert_int_eq(sg_audit_verify(manager.fleet, sg_bytes(NULL, 0), signer.key, &report),
	                 SG_OK);
	ck_assert_uint_eq(report.signed_seq, 3);
	ck_assert_int_eq(report.signed_at, NOW + 3);
}
END_TEST

START_TEST(a_head_is_signed_also_while_the_file_of_heads_is_away)
{
	struct sg_audit_report report;
	struct sg_buf text;

	enrol_one();
	ck_assert_int_eq(mkdir(heads, 0700), 0);
	tick_at(NOW);
	ck_assert_int_eq(sg_audit_verify(manager.fleet, sg_bytes(NULL, 0), signer.key, &report),
	                 SG_OK);
	ck_assert_uint_eq(report.signed_seq, 2);
	ck_assert_int_eq(rmdir(heads), 0);
	ck_assert_int_eq(call_at("{}", "192.0.2.7", NOW + 1), SG_ENROLL_FORMAT);
	ck_assert_int_eq(sg_registrar_sign(registrar, NOW + 2), SG_OK);
	text = test_file_read(heads);
	ck_assert_int_eq(sg_audit_verify(manager.fleet, sg_buf_bytes(&text), signer.key, &report),
	                 SG_OK);
	ck_assert_uint_eq(report.signed_seq, 3);
	sg_buf_free(&text);
}
END_TEST

START_TEST(no_text_of_a_token_is_in_the_store)
{
	struct sg_secret *token = make_token(1);
	struct sg_fleet_token kept;

	ck_assert_int_eq(register_at(token, "web-1", "192.0.2.7", NOW), SG_ENROLL_OK);
	ck_assert_int_eq(manager.fleet->ops->token_find(manager.fleet, token_id, NULL, &kept), SG_OK);
	ck_assert_ptr_null(memmem(kept.rules.data, kept.rules.len, token->data, token->len));
	sg_fleet_token_clear(&kept);
	ck_assert_uint_eq(logged("machine-enrolled", (const char *)"sgt_"), 0);
	sg_secret_free(&token);
}
END_TEST

START_TEST(a_configuration_without_a_vault_is_none)
{
	struct sg_registrar_config config = { .store = path, .api_url = "https://x" };
	struct sg_registrar *other = NULL;

	ck_assert_int_eq(sg_registrar_open(&config, &other), SG_ERR_ARG);
	ck_assert_ptr_null(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("registrar");
	TCase *tcase = tcase_create("without a TPM");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_program_in_the_field_gets_what_it_reads);
	tcase_add_test(tcase, an_agent_comes_into_the_table_of_agents);
	tcase_add_test(tcase, what_the_token_does_not_allow_is_refused_with_its_reason_and_logged);
	tcase_add_test(tcase, who_proves_nothing_gets_nothing_from_a_token_that_demands_proof);
	tcase_add_test(tcase, a_key_that_somebody_has_is_refused);
	tcase_add_test(tcase, bodies_that_are_none_are_refused);
	tcase_add_test(tcase, messages_that_are_none_are_refused);
	tcase_add_test(tcase, another_vault_is_not_ours);
	tcase_add_test(tcase, of_two_who_race_for_the_last_use_one_gets_it);
	tcase_add_test(tcase, a_machine_that_is_approved_by_hand_waits_for_it);
	tcase_add_test(tcase, a_machine_is_disabled_enabled_guarded_revoked_and_removed);
	tcase_add_test(tcase, an_extension_moves_the_end_and_is_reverted);
	tcase_add_test(tcase, no_extension_leads_beyond_twelve_months);
	tcase_add_test(tcase, thirty_days_begin_when_somebody_looks);
	tcase_add_test(tcase, a_clock_that_is_ahead_once_removes_nobody);
	tcase_add_test(tcase, a_tick_does_a_bounded_part_and_a_locked_store_ends_it);
	tcase_add_test(tcase, a_machine_ends_on_time_and_is_removed_thirty_days_later);
	tcase_add_test(tcase, heads_are_signed_when_they_are_due_and_at_the_end);
	tcase_add_test(tcase, a_head_is_signed_also_while_the_file_of_heads_is_away);
	tcase_add_test(tcase, no_text_of_a_token_is_in_the_store);
	tcase_add_test(tcase, a_configuration_without_a_vault_is_none);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
