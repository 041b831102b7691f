/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The end of an enrolment: the key into the token, and what was proven. Each part can be
 * done again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/enrolled_key.h"
#include "crypto/digest.h"
#include "tools/enroll.h"
#include "tools/fail.h"
#include "tools/json.h"
#include "tools/object.h"
#include "tools/text.h"
#include "tools/time.h"
#include "tools/uri.h"
#include "util/utf8.h"

/* What a level is worth, in the words of doc/enrollment.md. */
static const char *const proven[SG_LEVELS] = {
	[SG_LEVEL_NONE] = "Nothing is proven.",
	[SG_LEVEL_ASSERTED] =
		"Proven: which TPM sealed the key, and under which policy. Not proven: that no copy "
		"was made\nbefore; the software of this machine says so.",
	[SG_LEVEL_BORN] =
		"Proven: the key is derived from one that was made in the TPM and can't leave it. Not "
		"proven:\nthat this public key comes of it; the software of this machine says so.",
	[SG_LEVEL_MINTED] =
		"Proven: the registrar made the key, and this TPM alone can open it. The registrar knew "
		"it\nwhen it was made.",
};

static const enum sg_key_origin origins[SG_ORIGINS] = {
	[SG_ORIGIN_HOST] = SG_KEY_ORIGIN_HOST,
	[SG_ORIGIN_TPM] = SG_KEY_ORIGIN_TPM,
	[SG_ORIGIN_VAULT] = SG_KEY_ORIGIN_VAULT,
};

enum tool_exit tool_enroll_id(const struct tool_enroll *e, uint8_t id[TOOL_ENROLL_ID])
{
	uint8_t digest[SG_ENROLL_HASH];
	enum sg_err err = sg_digest_once(SG_SHA256, sg_bytes(e->state.key, sizeof e->state.key),
	                                 digest);

	if (err != SG_OK)
		return tool_fail_err(err, "can't name the key");
	memcpy(id, digest, TOOL_ENROLL_ID);
	return TOOL_OK;
}

/* Look whether another key has that name: clients find keys by it. */
static enum tool_exit is_taken(struct tool_enroll *e, const char *name, bool *taken)
{
	CK_OBJECT_HANDLE *handles = NULL;
	struct sg_buf point = { NULL, 0, 0 };
	size_t count = 0;
	enum tool_exit code = tool_find(e->tool, CKO_PRIVATE_KEY, name, &handles, &count);

	*taken = false;
	for (size_t i = 0; i < count && code == TOOL_OK && !*taken; i++) {
		code = tool_public_key(e->tool, handles[i], &point);
		*taken = !sg_bytes_equal(sg_buf_bytes(&point),
		                         sg_bytes(e->state.key, sizeof e->state.key));
	}
	sg_buf_free(&point);
	free(handles);
	return code;
}

enum tool_exit tool_enroll_label(struct tool_enroll *e)
{
	const char *label = e->tool->value[OPT_LABEL];
	enum tool_exit code;
	bool taken;

	if (label == NULL)
		return TOOL_OK;
	if (label[0] == '\0' || tool_uri_is(label) || !sg_utf8_plain(sg_bytes_str(label)))
		return tool_fail(TOOL_USAGE, NULL, "--label is no name for a key");
	code = is_taken(e, label, &taken);
	return code == TOOL_OK && taken
	               ? tool_fail(TOOL_EXISTS, "Choose another one.",
	                           "the token has another key \"%s\" already", label)
	               : code;
}

/* Call the key as --label says, or as the registrar calls the machine, by its id where
 * another key has that name. */
static enum tool_exit choose_label(struct tool_enroll *e, const uint8_t id[TOOL_ENROLL_ID])
{
	const struct sg_bytes name = sg_buf_bytes(&e->identity.name);
	enum tool_exit code = tool_enroll_label(e);
	bool taken = false;

	if (code != TOOL_OK)
		return code;
	e->label = e->tool->value[OPT_LABEL] != NULL
	                   ? strdup(e->tool->value[OPT_LABEL])
	                   : strndup((const char *)name.data, name.len);
	if (e->label != NULL && e->tool->value[OPT_LABEL] == NULL) {
		/* A name that looks like a URI would be searched as one. */
		taken = tool_uri_is(e->label);
		if (!taken)
			code = is_taken(e, e->label, &taken);
	}
	if (taken) {
		free(e->label);
		if (asprintf(&e->label, "key-%02x%02x%02x%02x", id[0], id[1], id[2], id[3]) < 0)
			e->label = NULL;
	}
	return code == TOOL_OK && e->label == NULL
	               ? tool_fail_err(SG_ERR_NOMEM, "can't name the key") : code;
}

static enum tool_exit add_key(struct tool_enroll *e, const uint8_t id[TOOL_ENROLL_ID])
{
	struct sg_enroll_challenge challenge = { .origin = SG_ORIGIN_ANY };
	const enum sg_enroll_reason reason =
		sg_enroll_challenge_read(sg_buf_bytes(&e->state.challenge), &challenge);
	const struct sg_enrolled_key key = {
		.label = sg_bytes_str(e->label), .id = sg_bytes(id, TOOL_ENROLL_ID),
		.public_key = e->state.key, .blob = sg_buf_bytes(&e->state.blob),
		.origin = origins[challenge.origin],
	};
	CK_OBJECT_HANDLE handle;
	CK_RV rv;

	sg_enroll_challenge_clear(&challenge);
	if (reason != SG_ENROLL_OK)
		return tool_fail(TOOL_STORE, NULL, "%s is damaged", e->path);
	tool_log_clear();
	rv = sg_enrolled_key_add(e->tool->session, &key, &handle);
	return rv == CKR_OK ? TOOL_OK : tool_fail_rv(rv, "can't put the key into the token");
}

enum tool_exit tool_enroll_finish(struct tool_enroll *e)
{
	uint8_t id[TOOL_ENROLL_ID];
	enum tool_exit code = tool_enroll_folder(e);

	if (code == TOOL_OK)
		code = tool_enroll_id(e, id);
	if (code == TOOL_OK)
		code = choose_label(e, id);
	if (code == TOOL_OK)
		code = add_key(e, id);
	if (code == TOOL_OK)
		code = tool_enroll_files(e);
	if (code != TOOL_OK)
		return code;
	sg_enroll_state_finish(&e->state);
	code = tool_enroll_save(e);
	if (code != TOOL_OK)
		return code;
	tool_done("This machine is enrolled");
	return tool_enroll_tell(e, false);
}

/* Tell whether its time is over, by the clock of this machine. The registrar may have given it more
 * since. */
static bool ended(const struct sg_enroll_identity *identity)
{
	const time_t now = time(NULL);

	return identity->expires > 0 && now > 0 && (uint64_t)now >= identity->expires / 1000;
}

static enum tool_exit tell_json(const struct sg_enroll_identity *identity, bool before)
{
	json_t *json = json_object();

	tool_json_put(json, "id", tool_json_text(sg_buf_bytes(&identity->id)));
	tool_json_put(json, "name", tool_json_text(sg_buf_bytes(&identity->name)));
	tool_json_put(json, "vault", tool_json_text(sg_buf_bytes(&identity->vault)));
	tool_json_put(json, "api_url", tool_json_text(sg_buf_bytes(&identity->api_url)));
	tool_json_put(json, "class", json_string(sg_enroll_class_name(identity->class)));
	tool_json_put(json, "level", json_string(sg_enroll_level_name(identity->level)));
	tool_json_put(json, "approved", json_boolean(identity->approved));
	tool_json_put(json, "expires", json_integer((json_int_t)identity->expires));
	tool_json_put(json, "key", tool_json_hex(sg_bytes(identity->key, sizeof identity->key)));
	tool_json_put(json, "before", json_boolean(before));
	tool_json_put(json, "ended", json_boolean(ended(identity)));
	return tool_json_out(json);
}

enum tool_exit tool_enroll_tell(struct tool_enroll *e, bool before)
{
	const struct sg_enroll_identity *identity = &e->identity;
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	char date[64];

	if (ended(identity))
		tool_note("its time is over, unless the registrar gave it more; --again enrols once "
		          "more, with a new enrolment token");
	if (tool_given(e->tool, OPT_JSON))
		return tell_json(identity, before);
	tool_text_add(&text, before ? "This token is enrolled already, as \"" : "Enrolled as \"");
	tool_text_name(&text, sg_buf_bytes(&identity->name));
	tool_text_add(&text, "\", %s ", sg_enroll_class_name(identity->class));
	tool_text_name(&text, sg_buf_bytes(&identity->id));
	tool_text_add(&text, ".\nVault: ");
	tool_text_name(&text, sg_buf_bytes(&identity->vault));
	tool_text_add(&text, " at ");
	tool_text_name(&text, sg_buf_bytes(&identity->api_url));
	tool_text_add(&text, "\nLevel: %s. %s\n", sg_enroll_level_name(identity->level),
	              proven[identity->level]);
	if (identity->expires > 0) {
		tool_date(identity->expires / 1000, date, sizeof date);
		tool_text_add(&text, "Until: %s\n", date);
	}
	if (!identity->approved)
		tool_text_add(&text, "Somebody must approve it before it may do anything.\n");
	return tool_text_out(&text);
}
