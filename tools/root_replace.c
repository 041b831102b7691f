/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A root that takes the place of one that is there. Nothing is destroyed here, and
 * nothing is loosened in silence.
 */
#include "tools/root_replace.h"

#include "core/leave.h"
#include "tools/fail.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"

static enum tool_exit find(struct tool *tool, struct tool_replaced *out)
{
	const char *label = tool->value[OPT_LABEL];
	enum tool_exit code = tool_versions_find(tool, label, &out->all);

	for (size_t i = 0; i < out->all.n && code == TOOL_OK; i++)
		if (sg_bytes_equal(sg_buf_bytes(&out->all.version[i].object.label),
		                   sg_bytes_str(label)))
			out->version = &out->all.version[i];
	if (code != TOOL_OK)
		return code;
	if (out->version == NULL || !tool_version_is_root(&out->version->object))
		return tool_fail(TOOL_NOT_FOUND, "signet root list shows the roots. Without --replace it "
		                 "is put beside what is there.",
		                 "there is no root of the label \"%s\" to be replaced", label);
	if (out->version->object.resident)
		return tool_fail(TOOL_FAILED, NULL, "\"%s\" lives in the HSM: nothing takes its place",
		                 label);
	return TOOL_OK;
}

/* Take over what guards it, unless that is said anew. */
static enum tool_exit inherit_guard(const struct tool *tool, const struct tool_version *old,
                                    struct tool_guard *guard)
{
	if (old->object.pin && guard->pin == NULL)
		return tool_fail(TOOL_USAGE, "Give with --key-pin-file the PIN that it is to have.",
		                 "the root \"%s\" has a PIN of its own", tool->value[OPT_LABEL]);
	if (!tool_given(tool, OPT_PCR) && !tool_given(tool, OPT_POLICY_KEY) &&
	    tool_attribute(tool, old->key, CKA_SIGNET_POLICY, &guard->policy) != CKR_OK)
		guard->policy.len = 0;
	return TOOL_OK;
}

static enum tool_exit inherit_use(const struct tool *tool, const struct tool_version *old,
                                  struct tool_root *root)
{
	root->closed = !old->makes;
	if (tool_given(tool, OPT_USAGE))
		return tool_usage(tool, "both", &root->wrap, &root->encrypt);
	root->wrap = tool_attribute_bool(tool, old->key, CKA_UNWRAP) ? CK_TRUE : CK_FALSE;
	root->encrypt = tool_attribute_bool(tool, old->key, CKA_DECRYPT) ? CK_TRUE : CK_FALSE;
	return TOOL_OK;
}

enum tool_exit tool_replaced_find(struct tool *tool, struct tool_root *root,
                                  struct tool_guard *guard, struct tool_replaced *out)
{
	enum tool_exit code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);

	*out = (struct tool_replaced){ .version = NULL };
	if (code == TOOL_OK)
		code = find(tool, out);
	if (code == TOOL_OK)
		code = inherit_guard(tool, out->version, guard);
	if (code == TOOL_OK)
		code = inherit_use(tool, out->version, root);
	if (code == TOOL_OK)
		code = tool_root_leave(tool, out->version->object.leave, &root->leave);
	if (code == TOOL_OK && tool_given(tool, OPT_ID))
		code = tool_new_id(tool, &out->id);
	if (code != TOOL_OK)
		return code;
	root->label = sg_buf_bytes(&out->version->object.label);
	root->id = sg_buf_bytes(tool_given(tool, OPT_ID) ? &out->id : &out->version->object.id);
	root->name = sg_buf_bytes(&out->all.name);
	root->version = out->version->number;
	root->one_of_several = out->all.n > 1 || root->version > 1;
	return TOOL_OK;
}

void tool_replaced_free(struct tool_replaced *replaced)
{
	tool_versions_free(&replaced->all);
	sg_buf_free(&replaced->id);
}

/* Ask whether the one that can't be compared is to go. */
static enum tool_exit confirm(const struct tool *tool, const struct tool_version *old,
                              const struct tool_rebuilt *rebuilt)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code = TOOL_OK;

	tool_text_add(&text, "The root \"");
	tool_text_name(&text, sg_buf_bytes(&old->object.label));
	tool_text_add(&text, "\" does not open or may not leave, so what came back can't be compared "
	              "with it. The token says \"");
	tool_text_name(&text, sg_buf_bytes(&old->recovery));
	tool_text_add(&text, "\" of its recovery, and what came back is of \"%s\"%s. Destroy the one "
	              "that is there and put this in its place?", rebuilt->said,
	              sg_bytes_equal(sg_buf_bytes(&old->recovery), sg_bytes_str(rebuilt->said))
	                      ? "" : ", which is another");
	tool_text_add(&text, "%c", '\0');
	if (text.err != SG_OK)
		code = tool_fail_err(text.err, "can't ask");
	else if (tool_given(tool, OPT_YES))
		tool_note("%s", (const char *)text.buf.data);
	else if (!tool_terminal_there())
		code = tool_fail(TOOL_USAGE, "Give --yes to replace it without being asked. Where it opens "
		                 "it is compared, and nothing asked.", "%s",
		                 (const char *)text.buf.data);
	else if (!tool_terminal_yes((const char *)text.buf.data))
		code = tool_fail(TOOL_FAILED, NULL, "nothing was replaced");
	sg_buf_free(&text.buf);
	return code;
}

enum tool_exit tool_replaced_compare(const struct tool *tool, const struct tool_replaced *replaced,
                                     const struct tool_rebuilt *rebuilt)
{
	const struct tool_version *old = replaced->version;
	struct sg_secret *value = NULL;
	bool same;
	CK_RV rv;

	tool_log_clear();
	rv = sg_leave_take(tool->session, old->key, CKF_SIGNET_LEAVE_RECOVERY, &value);
	tool_log_clear();
	if (rv != CKR_OK)
		return confirm(tool, old, rebuilt);
	same = sg_secret_equal(sg_secret_bytes(value), sg_secret_bytes(rebuilt->root));
	sg_secret_free(&value);
	if (same)
		return TOOL_OK;
	return tool_fail(TOOL_MISMATCH, "With another --label and without --replace it is put beside "
	                 "it.", "what came back is another root than \"%s\"",
	                 tool->value[OPT_LABEL]);
}
