/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root rotate: make the next version of a root. The one before opens what it made, and
 * makes nothing new from then on.
 */
#include <stdio.h>

#include "core/key_reseal.h"
#include "core/root.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/progress.h"
#include "tools/recovery.h"
#include "tools/root.h"
#include "tools/token.h"
#include "tools/versions.h"

static const char made[] = "Made the next version of the root";

/* The newest version as it is, and what is to follow it. */
struct rotation {
	struct tool_versions old;
	struct tool_root root;
	struct tool_recovery plan;
	struct sg_buf id;
	struct tool_guard guard;        /* that of the newest version */
	char label[256];
};

/* A PIN of its own is proved first: what comes of a wrong one nobody would open. */
static enum tool_exit inherit_pin(const struct tool *tool, struct rotation *r)
{
	const struct tool_version *old = &r->old.version[0];
	enum tool_exit code;
	CK_RV rv;

	if (!tool_attribute_bool(tool, old->key, CKA_SIGNET_HAS_PIN))
		return TOOL_OK;
	code = tool_key_pin(tool, sg_buf_bytes(&old->object.label), &r->guard.pin);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	rv = sg_key_open(tool->session, old->key, sg_secret_bytes(r->guard.pin));
	return rv == CKR_OK ? TOOL_OK
	                    : tool_fail_rv(rv, "can't open version %lu", old->number);
}

/* What the new version takes over from the one before: what it is for, where it lives, what must
 * hold of the machine, and by which ways it may leave unless --leave says so. */
static enum tool_exit inherit(const struct tool *tool, struct rotation *r)
{
	const struct tool_version *old = &r->old.version[0];
	CK_ULONG leave = tool_attribute_ulong(tool, old->key, CKA_SIGNET_LEAVE);
	CK_FLAGS needed = r->plan.way == TOOL_WAY_NONE ? 0 : CKF_SIGNET_LEAVE_RECOVERY;
	enum tool_exit code;

	r->root.wrap = tool_attribute_bool(tool, old->key, CKA_UNWRAP) ? CK_TRUE : CK_FALSE;
	r->root.encrypt = tool_attribute_bool(tool, old->key, CKA_DECRYPT) ? CK_TRUE : CK_FALSE;
	r->root.inside = old->object.resident ? CK_TRUE : CK_FALSE;
	r->root.version = old->number + 1;
	r->root.name = sg_buf_bytes(&r->old.name);
	r->root.guard = &r->guard;
	if (tool_attribute(tool, old->key, CKA_SIGNET_POLICY, &r->guard.policy) != CKR_OK)
		r->guard.policy.len = 0;
	code = tool_root_leave(tool, leave == CK_UNAVAILABLE_INFORMATION ? 0 : leave,
	                       &r->root.leave);
	if (code == TOOL_OK && r->root.inside && (needed != 0 || r->root.leave != 0))
		return tool_fail(TOOL_USAGE, NULL, "a root in the HSM leaves it by no way: it needs "
		                 "--no-recovery");
	if (code == TOOL_OK && (r->root.leave & needed) != needed)
		return tool_fail(TOOL_USAGE, "Give --leave recovery for the new version, or "
		                 "--no-recovery.", "version %lu may not leave for recovery",
		                 old->number);
	return code == TOOL_OK ? inherit_pin(tool, r) : code;
}

/* Find the label: "NAME-v2", because clients of PKCS#11 want one object of a label, and those that
 * know the old one need it for what it made. */
static enum tool_exit choose_label(struct tool *tool, struct rotation *r)
{
	const char *given = tool->value[OPT_NEW_LABEL];
	int len = given != NULL ? snprintf(r->label, sizeof r->label, "%s", given)
	                        : snprintf(r->label, sizeof r->label, "%.*s-v%lu",
	                                   (int)r->root.name.len,
	                                   (const char *)r->root.name.data, r->root.version);

	if (len < 0 || (size_t)len >= sizeof r->label)
		return tool_fail(TOOL_USAGE, "--new-label gives a shorter one.",
		                 "a label has at most 255 bytes");
	tool->value[OPT_LABEL] = r->label;
	r->root.label = sg_bytes_str(r->label);
	return tool_check_new(tool, r->label);
}

static CK_RV put(const struct tool *tool, struct rotation *r, CK_OBJECT_HANDLE fresh,
                 CK_OBJECT_HANDLE *key)
{
	CK_ATTRIBUTE template[2 + TOOL_GUARD_ATTRS] = {
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_SIGNET_RECOVERY, r->plan.said, sg_bytes_str(r->plan.said).len },
	};
	CK_ULONG n = 2;

	tool_guard_put(r->root.guard, true, template, &n);
	return sg_root_succeed(tool->session, r->old.version[0].key, fresh, template, n, key);
}

/* A key that lives in the HSM is in the token once it is made; the one before is closed after that,
 * or by the next command where this one is killed. Who comes second takes his away again. */
static CK_RV put_inside(const struct tool *tool, struct rotation *r, CK_OBJECT_HANDLE *key)
{
	bool closed = false;
	CK_RV rv = tool_root_generate(tool, &r->root, true, r->plan.said, key), undone;

	if (rv != CKR_OK)
		return rv;
	rv = sg_root_close(tool->session, r->old.version[0].key, *key, &closed);
	if (rv != CKR_OK || !closed)
		return rv;
	undone = C_DestroyObject(tool->session, *key);
	return undone == CKR_OK ? CKR_ACTION_PROHIBITED : undone;
}

static enum tool_exit rotate(const struct tool *tool, struct rotation *r)
{
	CK_OBJECT_HANDLE fresh = 0, key = 0;
	enum tool_exit code = TOOL_OK;
	CK_RV rv = CKR_OK;

	if (r->plan.way != TOOL_WAY_NONE)
		code = tool_root_arrange(tool, &r->root, &r->plan, &fresh);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	tool_progress_begin("making the next version");
	if (!r->root.inside && r->plan.way == TOOL_WAY_NONE)
		rv = tool_root_generate(tool, &r->root, false, "", &fresh);
	if (rv == CKR_OK)
		rv = r->root.inside ? put_inside(tool, r, &key) : put(tool, r, fresh, &key);
	tool_progress_end();
	if (!tool_rv_is_done(rv))
		tool_recovery_undo(&r->plan);
	if (rv == CKR_ACTION_PROHIBITED)
		return tool_fail(TOOL_FAILED, "signet root list shows it.",
		                 "somebody else made the next version meanwhile");
	return tool_root_made(tool, rv, key, &r->root, &r->plan, made);
}

/* Make sure that the version before opens. Where it does not, this machine is not in the state that
 * it was bound to, and the next version must not be bound to this one. */
static enum tool_exit check_opens(const struct tool *tool, const struct tool_version *old)
{
	const char *why = "";

	if (old->object.resident || tool_guard_try(tool, old->key, &why) != TOOL_NOT_MET)
		return TOOL_OK;
	return tool_fail(TOOL_OTHER_TPM, "Rotate it where it opens; signet reseal, signet policy update "
	                 "and signet root recover bring it back.",
	                 "version %lu does not open now, and the next one would be bound to what "
	                 "keeps it closed: %s", old->number, why);
}

static enum tool_exit run(struct tool *tool)
{
	struct rotation r = { .old = { .n = 0 } };
	enum tool_exit code = tool_recovery_read(tool, &r.plan);

	if (code == TOOL_OK)
		code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_versions_find(tool, tool->value[OPT_ROOT], &r.old);
	if (code == TOOL_OK && !tool_version_is_root(&r.old.version[0].object))
		code = tool_fail(TOOL_FAILED, "signet root list shows the roots.",
		                 "\"%s\" is no root", tool->value[OPT_ROOT]);
	if (code == TOOL_OK)
		code = check_opens(tool, &r.old.version[0]);
	if (code == TOOL_OK)
		code = tool_versions_newest(&r.old);
	if (code == TOOL_OK)
		code = tool_versions_close_old(tool, &r.old);
	if (code == TOOL_OK)
		code = inherit(tool, &r);
	if (code == TOOL_OK)
		code = choose_label(tool, &r);
	if (code == TOOL_OK)
		code = tool_new_id(tool, &r.id);
	if (code == TOOL_OK) {
		r.root.id = sg_buf_bytes(&r.id);
		code = rotate(tool, &r);
	}
	tool_versions_free(&r.old);
	sg_buf_free(&r.id);
	tool_guard_clear(&r.guard);
	return code;
}

const struct tool_verb tool_verb_root_rotate = {
	.name = "root rotate",
	.summary = "make the next version of a root",
	.usage = "--root NAME\n"
	         "                     (--shares N --threshold K [--share-key KEY]... [--out-dir DIR]\n"
	         "                     [--format words|base64] [--all-in-one FILE]\n"
	         "                     | --recovery-key KEY --recovery-file FILE | --no-recovery)\n"
	         "                     [--leave recovery,send,deliver|none] [--new-label LABEL]\n"
	         "                     [--id HEX] [--token LABEL] [--pin-file FILE]\n"
	         "                     [--key-pin-file FILE] [--json]",
	.text = "The new version is for the same use, may leave by the same ways unless --leave says\n"
	        "otherwise, and has the same policy and the same PIN of its own. The label is NAME-v2\n"
	        "and so on. It wraps and encrypts from now on; the one before only opens what it made,\n"
	        "until signet root rewrap has brought that to the new one and signet root retire\n"
	        "destroys it. Both changes are one: there is always one newest version, and none is\n"
	        "lost.",
	.example = "signet root rotate --root root --shares 5 --threshold 3",
	.run = run,
	.options = { OPT_ROOT, TOOL_RECOVERY_OPTIONS, OPT_NO_RECOVERY, OPT_LEAVE, OPT_NEW_LABEL,
	             OPT_ID, OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE, OPT_JSON },
	.required = { OPT_ROOT },
	.makes = true,
};
