/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The enrolment calls of programs that are in the field. They prove nothing but that
 * somebody made a key, and are recorded as that.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "enroll/registrar_state.h"

#define BODY_MAX 8192
#define MILLISECONDS 1000
#define FAR 253402300799                /* the end of the year 9999: these clients know no "never" */

/* What a call says: views into the JSON. */
struct call_text {
	const char *token, *host, *name;
	uint8_t key[SG_ED25519_PUBLIC];
};

/* Read a text; *out is otherwise where it is not there. False for one that is too long or odd. */
static bool read_text(const json_t *json, const char *member, const char *otherwise,
                      const char **out)
{
	const json_t *value = json_object_get(json, member);

	*out = otherwise;
	if (value == NULL || json_is_null(value))
		return otherwise != NULL;
	*out = json_string_value(value);
	return *out != NULL && json_string_length(value) <= SG_ENROLL_TEXT_MAX &&
	       strlen(*out) == json_string_length(value);
}

static enum sg_enroll_reason read_body(const json_t *json, bool has_host, struct call_text *out)
{
	const char *key;
	size_t len = 0;

	if (!json_is_object(json) || !read_text(json, "token", NULL, &out->token) ||
	    !read_text(json, "publicKey", NULL, &key) ||
	    !read_text(json, "hostname", has_host ? NULL : "", &out->host) ||
	    !read_text(json, "name", "", &out->name) || out->token[0] == '\0')
		return SG_ENROLL_FORMAT;
	if (!sg_base64_read(sg_bytes_str(key), out->key, sizeof out->key, &len) ||
	    len != sizeof out->key || !sg_ed25519_public_valid(sg_bytes(out->key, len)))
		return SG_ENROLL_KEY;
	return SG_ENROLL_OK;
}

static json_t *machine_answer(const struct sg_registrar_call *call,
                              const struct sg_fleet_member *member)
{
	const int64_t expires = member->expires != 0 ? member->expires : FAR;

	return json_pack("{s:s, s:s, s:s, s:I, s:s}", "machineId", member->id, "machineName",
	                 member->name, "vaultId", call->registrar->vault, "expiresAt",
	                 (json_int_t)(expires * MILLISECONDS), "apiUrl", call->registrar->api_url);
}

static json_t *agent_answer(const struct sg_registrar_call *call,
                            const struct sg_fleet_member *member)
{
	return json_pack("{s:s, s:s, s:s}", "agentId", member->id, "name", member->name, "vaultId",
	                 call->registrar->vault);
}

static const struct {
	bool has_host;
	json_t *(*answer)(const struct sg_registrar_call *call,
	                  const struct sg_fleet_member *member);
} forms[SG_CLASSES] = {
	[SG_CLASS_MACHINE] = { true, machine_answer },
	[SG_CLASS_AGENT] = { false, agent_answer },
};

static enum sg_enroll_reason enrol(struct sg_registrar_call *call, enum sg_enroll_class class,
                                   const struct call_text *text, struct sg_buf *answer)
{
	struct sg_fleet_member member;
	enum sg_enroll_reason reason;
	json_t *json = NULL;
	char *dump = NULL;

	reason = sg_registrar_judge(call, sg_bytes_str(text->token), NULL,
	                            sg_bytes_str(text->host), class, SG_ORIGIN_ANY);
	if (reason != SG_ENROLL_OK)
		return reason;
	if (call->rules.level != SG_LEVEL_NONE)
		return SG_ENROLL_LEVEL;
	if (!sg_registrar_member(call, text->name, &member))
		return SG_ENROLL_FORMAT;
	member.level = SG_LEVEL_NONE;
	member.origin = SG_ORIGIN_HOST;
	memcpy(member.key, text->key, sizeof member.key);
	json = forms[class].answer(call, &member);
	dump = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	reason = dump == NULL ? SG_ENROLL_INTERNAL
	                      : sg_registrar_reason(sg_buf_set(answer, sg_bytes_str(dump)));
	if (reason == SG_ENROLL_OK)
		reason = sg_registrar_enrol(call, &member, NULL);
	free(dump);
	json_decref(json);
	return reason;
}

static enum sg_enroll_reason answer_call(struct sg_registrar *registrar,
                                         const struct sg_registrar_caller *caller,
                                         enum sg_enroll_class class, bool known,
                                         struct sg_bytes body, struct sg_buf *answer)
{
	struct sg_registrar_call call = { .registrar = registrar, .caller = caller };
	enum sg_enroll_reason reason = SG_ENROLL_TOO_LONG;
	struct call_text text;
	json_error_t error;
	json_t *json = NULL;

	if (body.len <= BODY_MAX) {
		json = json_loadb(body.len > 0 ? (const char *)body.data : "", body.len,
		                  JSON_REJECT_DUPLICATES, &error);
		reason = read_body(json, forms[class].has_host, &text);
	}
	if (reason == SG_ENROLL_OK)
		reason = known ? enrol(&call, class, &text, answer) : SG_ENROLL_TOKEN_UNKNOWN;
	json_decref(json);
	reason = sg_registrar_answer(registrar, caller, reason, call.token.id, true, answer);
	sg_registrar_call_clear(&call);
	return reason;
}

enum sg_enroll_reason sg_registrar_register(struct sg_registrar *registrar,
                                            const struct sg_registrar_caller *caller,
                                            struct sg_bytes vault, struct sg_bytes json,
                                            struct sg_buf *answer)
{
	return answer_call(registrar, caller, SG_CLASS_MACHINE,
	                   sg_bytes_equal(vault, sg_bytes_str(registrar->vault)), json, answer);
}

enum sg_enroll_reason sg_registrar_register_agent(struct sg_registrar *registrar,
                                                  const struct sg_registrar_caller *caller,
                                                  struct sg_bytes json, struct sg_buf *answer)
{
	return answer_call(registrar, caller, SG_CLASS_AGENT, true, json, answer);
}
