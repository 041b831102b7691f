/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. A hello becomes a challenge, evidence an identity. What the store keeps in between
 * has no token in it.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "enroll/registrar_state.h"

#define MILLISECONDS 1000
#define NO_TOKEN "-"                    /* stands in a hello that is kept */
#define TOKENS_SHARE 4                  /* a token has no more than this part of all challenges */
#define SPARE 8                         /* challenges beyond a token's uses */

/* Keep the hello without its token, of which only the hash may be kept. What ties the machine to
 * the hello that it sent is the transcript. */
static enum sg_err keep_hello(struct sg_enroll_hello *hello, struct sg_buf *out)
{
	enum sg_err err;

	sg_buf_wipe(&hello->token);
	err = sg_buf_set(&hello->token, sg_bytes_str(NO_TOKEN));
	return err == SG_OK ? sg_enroll_hello_write(hello, out) : err;
}

static enum sg_enroll_reason open_session(struct sg_registrar_call *call,
                                          struct sg_enroll_hello *hello,
                                          struct sg_enroll_pending *pending,
                                          const struct sg_enroll_challenge *challenge)
{
	struct sg_registrar *registrar = call->registrar;
	struct sg_fleet_event event = { call->caller->now, "enrolment-begun", call->caller->source,
	                                call->token.id, sg_bytes_str("{}") };
	struct sg_fleet_session session = { .expires = (int64_t)challenge->expires };
	const struct sg_fleet_room room = {
		.all = registrar->sessions_max,
		.token = (registrar->sessions_max + TOKENS_SHARE - 1) / TOKENS_SHARE,
		.spare = SPARE,
	};
	enum sg_fleet_refusal refusal = SG_FLEET_TAKEN;
	enum sg_err err;

	memcpy(session.id, challenge->session, sizeof session.id);
	memcpy(session.token, call->token.id, sizeof session.token);
	memcpy(session.transcript, pending->transcript, sizeof session.transcript);
	/* A machine has the same attestation key until it is enrolled, whatever else it says. */
	err = sg_digest_once(SG_SHA256, sg_buf_bytes(&hello->ak), session.machine);
	if (err == SG_OK)
		err = keep_hello(hello, &session.hello);
	/* The call borrows them; the caller clears them. */
	session.credential = pending->credential;
	session.challenge = pending->challenge;
	if (err == SG_OK)
		err = registrar->fleet->ops->session_add(registrar->fleet, &session, &room, &event,
		                                         &refusal);
	session.credential = NULL;
	session.challenge = (struct sg_buf){ NULL, 0, 0 };
	sg_fleet_session_clear(&session);
	return err == SG_OK ? sg_registrar_refusal_reason(refusal) : sg_registrar_reason(err);
}

static enum sg_enroll_reason begin(struct sg_registrar_call *call, struct sg_bytes json,
                                   struct sg_buf *answer)
{
	struct sg_enroll_pending pending = { .credential = NULL };
	struct sg_enroll_challenge challenge = { .origin = SG_ORIGIN_ANY };
	struct sg_enroll_hello hello = { .class = SG_CLASS_MACHINE };
	struct sg_enroll_demand demand;
	enum sg_enroll_reason reason;
	uint64_t ends;

	reason = sg_enroll_hello_read(json, &hello);
	if (reason == SG_ENROLL_OK)
		reason = sg_registrar_judge(call, sg_buf_bytes(&hello.token), NULL,
		                            sg_buf_bytes(&hello.host), hello.class, hello.origin);
	if (reason != SG_ENROLL_OK)
		goto out;
	ends = (uint64_t)(call->caller->now + call->registrar->challenge_seconds);
	sg_enroll_rules_demand(&call->rules, call->registrar->authorities, &demand);
	reason = sg_enroll_challenge_make(json, &hello, &demand, ends, &pending, &challenge);
	if (reason == SG_ENROLL_OK)
		reason = open_session(call, &hello, &pending, &challenge);
	if (reason == SG_ENROLL_OK)
		reason = sg_registrar_reason(sg_buf_set(answer, sg_buf_bytes(&pending.challenge)));
out:
	sg_enroll_pending_clear(&pending);
	sg_enroll_challenge_clear(&challenge);
	sg_enroll_hello_clear(&hello);
	return reason;
}

enum sg_enroll_reason sg_registrar_begin(struct sg_registrar *registrar,
                                         const struct sg_registrar_caller *caller,
                                         struct sg_bytes json, struct sg_buf *answer)
{
	struct sg_registrar_call call = { .registrar = registrar, .caller = caller };
	enum sg_enroll_reason reason = begin(&call, json, answer);

	reason = sg_registrar_answer(registrar, caller, reason, call.token.id, true, answer);
	sg_registrar_call_clear(&call);
	return reason;
}

static enum sg_enroll_reason write_identity(const struct sg_registrar_call *call,
                                            enum sg_enroll_class class,
                                            const struct sg_fleet_member *member,
                                            struct sg_buf *out)
{
	struct sg_enroll_identity identity = {
		.class = class,
		.level = (enum sg_enroll_level)member->level,
		.approved = member->approved,
		.expires = (uint64_t)member->expires * MILLISECONDS,
	};
	enum sg_err err;

	memcpy(identity.key, member->key, sizeof identity.key);
	err = sg_buf_set(&identity.id, sg_bytes_str(member->id));
	if (err == SG_OK)
		err = sg_buf_set(&identity.name, sg_bytes_str(member->name));
	if (err == SG_OK)
		err = sg_buf_set(&identity.vault, sg_bytes_str(call->registrar->vault));
	if (err == SG_OK)
		err = sg_buf_set(&identity.api_url, sg_bytes_str(call->registrar->api_url));
	if (err == SG_OK)
		err = sg_enroll_identity_write(&identity, out);
	sg_enroll_identity_clear(&identity);
	return sg_registrar_reason(err);
}

/* Judge the evidence as the token demands it. */
static enum sg_enroll_reason verify(struct sg_registrar_call *call,
                                    struct sg_fleet_session *session,
                                    const struct sg_enroll_evidence *evidence,
                                    struct sg_enroll_finding *finding)
{
	struct sg_enroll_hello hello = { .class = SG_CLASS_MACHINE };
	struct sg_enroll_pending pending;
	struct sg_enroll_demand demand;
	enum sg_enroll_reason reason;

	reason = sg_enroll_hello_read(sg_buf_bytes(&session->hello), &hello);
	if (reason == SG_ENROLL_OK)
		reason = sg_registrar_judge(call, sg_bytes(NULL, 0), session->token,
		                            sg_buf_bytes(&hello.host), hello.class, hello.origin);
	sg_enroll_hello_clear(&hello);
	if (reason != SG_ENROLL_OK)
		return reason;
	sg_enroll_rules_demand(&call->rules, call->registrar->authorities, &demand);
	/* Borrowed of the session. */
	pending = (struct sg_enroll_pending){ .credential = session->credential,
	                                      .hello = session->hello,
	                                      .challenge = session->challenge };
	memcpy(pending.transcript, session->transcript, sizeof pending.transcript);
	reason = sg_enroll_evidence_verify(&pending, &demand, evidence, finding);
	if (reason == SG_ENROLL_OK && finding->level < call->rules.level)
		reason = SG_ENROLL_LEVEL;
	return reason;
}

static enum sg_enroll_reason enrol(struct sg_registrar_call *call,
                                   const struct sg_enroll_finding *finding,
                                   const uint8_t *session,
                                   const uint8_t evidence[SG_ENROLL_HASH],
                                   struct sg_buf *answer)
{
	struct sg_fleet_member member;
	enum sg_enroll_reason reason;

	if (!sg_registrar_member(call, "", &member))
		return SG_ENROLL_HOST;
	member.level = finding->level;
	member.origin = finding->origin;
	member.has_ek = member.has_object = member.has_evidence = true;
	member.until = finding->until;
	memcpy(member.key, finding->key, sizeof member.key);
	memcpy(member.ek, finding->ek, sizeof member.ek);
	memcpy(member.object, finding->object_name, sizeof member.object);
	memcpy(member.evidence, evidence, sizeof member.evidence);
	reason = write_identity(call, call->rules.class, &member, answer);
	return reason == SG_ENROLL_OK ? sg_registrar_enrol(call, &member, session) : reason;
}

/* Write the identity again for who has it still. Who is disabled may be enabled again, and keeps
 * his name until then. */
static enum sg_enroll_reason give_again(struct sg_registrar_call *call, enum sg_enroll_class class,
                                        const struct sg_fleet_member *member,
                                        struct sg_buf *answer)
{
	const int64_t now = call->caller->now;
	enum sg_enroll_reason reason = SG_ENROLL_MEMBER_OVER;

	memcpy(call->token.id, member->token, sizeof call->token.id);
	if (member->revoked == 0 && (member->expires == 0 || now < member->expires))
		reason = write_identity(call, class, member, answer);
	if (reason == SG_ENROLL_OK)
		sg_registrar_given_again(call->registrar, call->caller, member->id);
	return reason;
}

/* Who enrolled with this very message, and may have lost the answer, gets it again for as long as
 * he is a member. SESSION_UNKNOWN: it is nobody's. */
static enum sg_enroll_reason answer_again(struct sg_registrar_call *call,
                                          const uint8_t key[SG_FLEET_KEY],
                                          const uint8_t evidence[SG_ENROLL_HASH],
                                          struct sg_buf *answer)
{
	static const enum sg_enroll_class classes[SG_FLEET_TABLES] = {
		[SG_FLEET_MACHINES] = SG_CLASS_MACHINE,
		[SG_FLEET_AGENTS] = SG_CLASS_AGENT,
	};
	struct sg_fleet *fleet = call->registrar->fleet;
	struct sg_fleet_member member;

	for (size_t table = 0; table < SG_FLEET_TABLES; table++) {
		const enum sg_err err = fleet->ops->member_of_key(
			fleet, (enum sg_fleet_table)table, key, &member);

		if (err == SG_OK && member.has_evidence &&
		    memcmp(member.evidence, evidence, sizeof member.evidence) == 0)
			return give_again(call, classes[table], &member, answer);
		if (err != SG_OK && err != SG_ERR_NOT_FOUND)
			return sg_registrar_reason(err);
	}
	return SG_ENROLL_SESSION_UNKNOWN;
}

/* Tell whether a session that gets this answer may be tried again. */
static bool passes(enum sg_enroll_reason reason)
{
	return reason == SG_ENROLL_INTERNAL || reason == SG_ENROLL_BUSY ||
	       reason == SG_ENROLL_SOURCE || reason == SG_ENROLL_EK_LIST;
}

/* Close a session that was refused, in one step with the log of it. False where that can't be, and
 * the refusal has yet to be logged: somebody else closed it at the same time. */
static bool refuse(struct sg_registrar_call *call, const uint8_t *session,
                   enum sg_enroll_reason reason)
{
	struct sg_registrar *registrar = call->registrar;
	struct sg_registrar_refusal refusal;
	enum sg_err err;

	sg_registrar_refusal_make(registrar, call->caller, reason, call->token.id, &refusal);
	/* It can't be opened again if that fails: it ends by itself. */
	err = registrar->fleet->ops->session_refuse(registrar->fleet, session, refusal.shown);
	return sg_registrar_refusal_end(registrar, &refusal, err);
}

/* Judge evidence that is nobody's yet. */
static enum sg_enroll_reason take(struct sg_registrar_call *call,
                                  const struct sg_enroll_evidence *evidence,
                                  const uint8_t hash[SG_ENROLL_HASH], struct sg_buf *answer,
                                  bool *logged)
{
	struct sg_fleet *fleet = call->registrar->fleet;
	struct sg_fleet_session session = { .closed = false };
	struct sg_enroll_finding finding = { .level = SG_LEVEL_NONE };
	const enum sg_err err = fleet->ops->session_find(fleet, evidence->session, &session);
	enum sg_enroll_reason reason = sg_registrar_reason(err);

	if (err != SG_OK)
		return err == SG_ERR_NOT_FOUND ? SG_ENROLL_SESSION_UNKNOWN : reason;
	if (session.closed)
		reason = SG_ENROLL_SESSION_USED;
	else if (call->caller->now >= session.expires)
		reason = SG_ENROLL_SESSION_ENDED;
	else
		reason = verify(call, &session, evidence, &finding);
	if (reason == SG_ENROLL_OK)
		reason = enrol(call, &finding, session.id, hash, answer);
	if (reason != SG_ENROLL_OK && !session.closed && !passes(reason))
		*logged = refuse(call, session.id, reason);
	sg_fleet_session_clear(&session);
	return reason;
}

static enum sg_enroll_reason finish(struct sg_registrar_call *call, struct sg_bytes json,
                                    struct sg_buf *answer, bool *logged)
{
	struct sg_enroll_evidence evidence = { .origin = SG_ORIGIN_ANY };
	uint8_t hash[SG_ENROLL_HASH];
	enum sg_enroll_reason reason = sg_enroll_evidence_read(json, &evidence);

	if (reason == SG_ENROLL_OK)
		reason = sg_registrar_reason(sg_digest_once(SG_SHA256, json, hash));
	if (reason == SG_ENROLL_OK) {
		reason = answer_again(call, evidence.key, hash, answer);
		if (reason == SG_ENROLL_SESSION_UNKNOWN)
			reason = take(call, &evidence, hash, answer, logged);
		/* The same message may have come in between. */
		if (reason == SG_ENROLL_SESSION_USED &&
		    answer_again(call, evidence.key, hash, answer) == SG_ENROLL_OK)
			reason = SG_ENROLL_OK;
	}
	sg_enroll_evidence_clear(&evidence);
	return reason;
}

enum sg_enroll_reason sg_registrar_finish(struct sg_registrar *registrar,
                                          const struct sg_registrar_caller *caller,
                                          struct sg_bytes json, struct sg_buf *answer)
{
	struct sg_registrar_call call = { .registrar = registrar, .caller = caller };
	bool logged = false;
	enum sg_enroll_reason reason = finish(&call, json, answer, &logged);

	reason = sg_registrar_answer(registrar, caller, reason, call.token.id, !logged, answer);
	sg_registrar_call_clear(&call);
	return reason;
}
