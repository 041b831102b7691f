/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Decryption roots: AES-256 keys that the hardware seals one by one.
 */
#include "tools/root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/copy_try.h"
#include "core/leave.h"
#include "core/root.h"
#include "tools/fail.h"
#include "tools/json.h"
#include "tools/text.h"
#include "tools/token.h"

static const struct way {
	const char *name;
	CK_FLAGS bit;
} ways[] = {
	{ "recovery", CKF_SIGNET_LEAVE_RECOVERY },
	{ "send", CKF_SIGNET_LEAVE_SEND },
	{ "deliver", CKF_SIGNET_LEAVE_DELIVER },
};

#define WAYS (sizeof ways / sizeof ways[0])

static bool read_way(const char *name, size_t len, CK_FLAGS *leave)
{
	for (size_t i = 0; i < WAYS; i++) {
		if (strlen(ways[i].name) == len && strncmp(ways[i].name, name, len) == 0) {
			*leave |= ways[i].bit;
			return true;
		}
	}
	return false;
}

enum tool_exit tool_root_leave(const struct tool *tool, CK_FLAGS otherwise, CK_FLAGS *leave)
{
	const char *list = tool->value[OPT_LEAVE];

	*leave = list == NULL ? otherwise : 0;
	if (list == NULL || strcmp(list, "none") == 0)
		return TOOL_OK;
	for (const char *at = list; at != NULL;) {
		const char *comma = strchr(at, ',');
		size_t len = comma != NULL ? (size_t)(comma - at) : strlen(at);

		if (!read_way(at, len, leave))
			return tool_fail(TOOL_USAGE, NULL, "--leave is \"%s\", but must be a list of "
			                 "recovery, send and deliver, or none", list);
		at = comma != NULL ? comma + 1 : NULL;
	}
	return TOOL_OK;
}

const char *tool_root_ways(CK_FLAGS leave)
{
	static char text[64];
	size_t len = 0;

	for (size_t i = 0; i < WAYS; i++)
		if ((leave & ways[i].bit) != 0)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
			                        len > 0 ? "," : "", ways[i].name);
	return len > 0 ? text : "none";
}

/* Return the number behind the last "-v" of a label, or 0 where there is none. */
static CK_ULONG number_of(struct sg_bytes label, size_t *name)
{
	CK_ULONG number = 0, unit = 1;
	size_t at = label.len;

	while (at > 0 && unit <= 1000000 && label.data[at - 1] >= '0' &&
	       label.data[at - 1] <= '9') {
		number += (CK_ULONG)(label.data[--at] - '0') * unit;
		unit *= 10;
	}
	*name = at >= 2 ? at - 2 : 0;
	return *name > 0 && at < label.len && label.data[at] != '0' && number > 1 &&
	                       memcmp(label.data + *name, "-v", 2) == 0
	               ? number
	               : 0;
}

void tool_root_version(struct tool_root *root)
{
	size_t name;

	root->version = number_of(root->label, &name);
	root->name = root->version > 0 ? sg_bytes(root->label.data, name) : root->label;
	if (root->version == 0)
		root->version = 1;
}

/* Count the versions of a root that the token has, and tell whether one has this number. */
static enum tool_exit count_versions(struct tool *tool, struct sg_bytes name, CK_ULONG number,
                                     size_t *count, bool *same)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_SIGNET_ROOT, (void *)name.data, name.len },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
	};
	/* Public ones of a PIN token anybody can have put there. */
	const CK_ULONG n = (tool->token.flags & CKF_LOGIN_REQUIRED) != 0 ? 4 : 3;
	CK_OBJECT_HANDLE *handles = NULL;
	enum tool_exit code = tool_find_matching(tool, template, n, &handles, count);

	*same = false;
	for (size_t i = 0; i < *count && code == TOOL_OK; i++)
		if (tool_attribute_ulong(tool, handles[i], CKA_SIGNET_VERSION) == number)
			*same = true;
	free(handles);
	return code;
}

enum tool_exit tool_root_check_name(const struct tool *tool)
{
	const char *label = tool->value[OPT_LABEL];
	size_t len;

	if (number_of(sg_bytes_str(label), &len) == 0)
		return TOOL_OK;
	return tool_fail(TOOL_USAGE, "signet root rotate makes the next version of a root.",
	                 "\"%s\" is what a version of the root \"%.*s\" is called", label, (int)len,
	                 label);
}

#define MOST 24                 /* attributes of a template */

struct template {
	CK_ATTRIBUTE attr[MOST];
	CK_ULONG n;
};

static void put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	t->attr[t->n++] = (CK_ATTRIBUTE){ type, (void *)value, len };
}

static void put_bytes(struct template *t, CK_ATTRIBUTE_TYPE type, struct sg_bytes bytes)
{
	put(t, type, bytes.data, bytes.len);
}

/* What all roots have, made here or brought in. */
static void put_root(struct template *t, const struct tool_root *root, const char *recovery)
{
	put(t, CKA_PRIVATE, &tool_true, sizeof tool_true);
	put_bytes(t, CKA_LABEL, root->label);
	put_bytes(t, CKA_ID, root->id);
	put(t, CKA_SENSITIVE, &tool_true, sizeof tool_true);
	put(t, CKA_EXTRACTABLE, &tool_false, sizeof tool_false);
	/* What it is for can't be changed: to decrypt with it would be to take out what it
	 * wrapped. */
	put(t, CKA_MODIFIABLE, &tool_false, sizeof tool_false);
	put(t, CKA_WRAP, root->closed ? &tool_false : &root->wrap, sizeof root->wrap);
	put(t, CKA_UNWRAP, &root->wrap, sizeof root->wrap);
	put(t, CKA_ENCRYPT, root->closed ? &tool_false : &root->encrypt, sizeof root->encrypt);
	put(t, CKA_DECRYPT, &root->encrypt, sizeof root->encrypt);
	put_bytes(t, CKA_SIGNET_ROOT, root->name);
	put(t, CKA_SIGNET_VERSION, &root->version, sizeof root->version);
	put(t, CKA_SIGNET_LEAVE, &root->leave, sizeof root->leave);
	put_bytes(t, CKA_SIGNET_RECOVERY, sg_bytes_str(recovery));
}

CK_RV tool_root_generate(const struct tool *tool, const struct tool_root *root, bool token,
                         const char *recovery, CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL kept = token ? CK_TRUE : CK_FALSE;
	CK_ULONG len = 32;
	struct template t = { .n = 0 };

	put_root(&t, root, recovery);
	put(&t, CKA_TOKEN, &kept, sizeof kept);
	put(&t, CKA_VALUE_LEN, &len, sizeof len);
	tool_guard_put(token ? root->guard : NULL, token && !root->inside, t.attr, &t.n);
	put(&t, CKA_SIGNET_RESIDENT, &root->inside, sizeof root->inside);
	return C_GenerateKey(tool->session, &mechanism, t.attr, t.n, key);
}

/* What makes a key of the session a root of the token. */
static void put_kept(struct template *t, const struct tool_guard *guard, const char *recovery)
{
	put(t, CKA_TOKEN, &tool_true, sizeof tool_true);
	tool_guard_put(guard, true, t->attr, &t->n);
	put_bytes(t, CKA_SIGNET_RECOVERY, sg_bytes_str(recovery));
}

CK_RV tool_root_keep(const struct tool *tool, const struct tool_root *root, CK_OBJECT_HANDLE key,
                     const char *recovery, CK_OBJECT_HANDLE *kept)
{
	struct template t = { .n = 0 };

	put_kept(&t, root->guard, recovery);
	return C_CopyObject(tool->session, key, t.attr, t.n, kept);
}

enum tool_exit tool_root_try(const struct tool *tool, const struct tool_root *root)
{
	CK_OBJECT_HANDLE trial = 0;
	struct template t = { .n = 0 };
	CK_RV rv, destroyed;

	put_kept(&t, root->guard, "none");
	tool_log_clear();
	rv = tool_root_generate(tool, root, false, "", &trial);
	if (rv == CKR_OK) {
		rv = sg_copy_try(tool->session, trial, t.attr, t.n);
		destroyed = C_DestroyObject(tool->session, trial);
		rv = rv == CKR_OK ? destroyed : rv;
	}
	return rv == CKR_OK ? TOOL_OK
	                    : tool_fail_rv(rv, "can't put the root \"%s\" into the token, and nothing "
	                                   "was handed out", tool->value[OPT_LABEL]);
}

static CK_RV create(const struct tool *tool, const struct tool_root *root, bool token,
                    const struct sg_secret *value, const char *recovery, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL kept = token ? CK_TRUE : CK_FALSE;
	struct template t = { .n = 0 };

	put_root(&t, root, recovery);
	put(&t, CKA_CLASS, &class, sizeof class);
	put(&t, CKA_KEY_TYPE, &type, sizeof type);
	put(&t, CKA_TOKEN, &kept, sizeof kept);
	put(&t, CKA_VALUE, value->data, value->len);
	tool_guard_put(token ? root->guard : NULL, token, t.attr, &t.n);
	return C_CreateObject(tool->session, t.attr, t.n, key);
}

CK_RV tool_root_bring(const struct tool *tool, const struct tool_root *root,
                      const struct sg_secret *value, const char *recovery, CK_OBJECT_HANDLE *key)
{
	return create(tool, root, true, value, recovery, key);
}

CK_RV tool_root_replace(const struct tool *tool, const struct tool_root *root,
                        const struct sg_secret *value, const char *recovery, CK_OBJECT_HANDLE old,
                        CK_OBJECT_HANDLE *key)
{
	struct template t = { .n = 0 };
	CK_OBJECT_HANDLE fresh = 0;
	CK_RV rv = create(tool, root, false, value, recovery, &fresh);

	if (rv != CKR_OK)
		return rv;
	put(&t, CKA_TOKEN, &tool_true, sizeof tool_true);
	tool_guard_put(root->guard, true, t.attr, &t.n);
	return sg_root_replace(tool->session, old, fresh, t.attr, t.n, key);
}

enum tool_exit tool_root_arrange(const struct tool *tool, const struct tool_root *root,
                                 struct tool_recovery *plan, CK_OBJECT_HANDLE *key)
{
	const char *label = tool->value[OPT_LABEL];
	struct sg_secret *value = NULL;
	enum tool_exit code;
	CK_RV rv;

	code = tool_root_try(tool, root);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	rv = tool_root_generate(tool, root, false, "", key);
	if (rv == CKR_OK)
		rv = sg_leave_take(tool->session, *key, CKF_SIGNET_LEAVE_RECOVERY, &value);
	code = rv == CKR_OK ? tool_recovery_arrange(plan, label, value)
	                    : tool_fail_rv(rv, "can't make the root \"%s\"", label);
	sg_secret_free(&value);
	return code;
}

enum tool_exit tool_root_open_new(struct tool *tool, struct tool_root *root, struct sg_buf *id)
{
	const char *label = tool->value[OPT_LABEL];
	enum tool_exit code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	bool same = false;
	size_t count = 0;

	if (code == TOOL_OK)
		code = tool_check_new(tool, label);
	if (code == TOOL_OK)
		code = tool_new_id(tool, id);
	root->label = sg_bytes_str(label);
	root->id = sg_buf_bytes(id);
	tool_root_version(root);
	if (code == TOOL_OK)
		code = count_versions(tool, root->name, root->version, &count, &same);
	if (code == TOOL_OK && same)
		return tool_fail(TOOL_EXISTS, "signet root list shows the versions.",
		                 "there is a version %lu of the root \"%.*s\" already",
		                 root->version, (int)root->name.len, (const char *)root->name.data);
	root->one_of_several = count > 0 || root->version > 1;
	return code;
}

/* Tell how it can be had back, behind what is told of every key. */
static enum tool_exit tell_text(const struct tool *tool, CK_OBJECT_HANDLE key,
                                const struct tool_root *root, const char *recovery,
                                const char *made)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code = tool_object_made(tool, key, root->id, made);

	if (code != TOOL_OK)
		return code;
	if (root->one_of_several)
		tool_text_add(&text, "It is version %lu of the root \"%.*s\".\n", root->version,
		              (int)root->name.len, (const char *)root->name.data);
	if (strcmp(recovery, "none") == 0)
		tool_text_add(&text, "It can't be had back if this machine is lost.\n");
	else
		tool_text_add(&text, "It can be had back: %s. signet root rehearse proves it.\n",
		              recovery);
	return tool_text_out(&text);
}

static enum tool_exit tell_json(const struct tool *tool, CK_OBJECT_HANDLE key, const char *recovery)
{
	struct tool_object object;
	enum tool_exit code = tool_object_read(tool, key, &object);
	json_t *json;

	if (code == TOOL_OK) {
		json = tool_object_json(&object);
		tool_json_put(json, "recovery", json_string(recovery));
		code = tool_json_out(json);
	}
	tool_object_free(&object);
	return code;
}

enum tool_exit tool_root_made(const struct tool *tool, CK_RV rv, CK_OBJECT_HANDLE key,
                              const struct tool_root *root, const struct tool_recovery *plan,
                              const char *made)
{
	const char *label = tool->value[OPT_LABEL];

	if (tool_rv_is_done(rv))
		tool_done("%s \"%s\" (recovery: %s)", made, label, plan->said);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't put the root \"%s\" into the token", label);
	if (tool_recovery_takes_stdout(plan)) {
		tool_note("%s \"%s\"; it can be had back: %s", made, label, plan->said);
		return TOOL_OK;
	}
	return tool_given(tool, OPT_JSON) ? tell_json(tool, key, plan->said)
	                                  : tell_text(tool, key, root, plan->said, made);
}
