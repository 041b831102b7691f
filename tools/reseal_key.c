/* SPDX-License-Identifier: Apache-2.0
 *
 * signet reseal --root and --label: keys with a policy of their own, before and after an update.
 * PKCS#11 has no call for it, so this calls core.
 */
#include "tools/reseal_key.h"

#include <stdlib.h>

#include "core/key_reseal.h"
#include "seal/policy.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/object.h"
#include "tools/pin.h"
#include "tools/policy.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/versions.h"

/* What is to be done to each key. */
struct plan {
	struct sg_key_reseal how;
	struct sg_buf policy;
	struct sg_secret *pin, *new_pin;
	size_t done;
};

/* Seal one key; its PIN is read when the first one asks. */
static enum tool_exit reseal(const struct tool *tool, CK_OBJECT_HANDLE key, struct plan *plan)
{
	struct sg_buf label = { NULL, 0, 0 };
	enum tool_exit code = TOOL_OK;
	CK_RV rv;

	(void)tool_attribute(tool, key, CKA_LABEL, &label);
	if (plan->pin == NULL && tool_attribute_bool(tool, key, CKA_SIGNET_HAS_PIN))
		code = tool_key_pin(tool, sg_buf_bytes(&label), &plan->pin);
	if (code != TOOL_OK)
		goto out;
	if (plan->pin != NULL)
		plan->how.pin = sg_secret_bytes(plan->pin);
	tool_log_clear();
	tool_progress_begin("sealing the key anew in the TPM");
	rv = sg_key_reseal(tool->session, key, &plan->how);
	tool_progress_end();
	plan->done += tool_rv_is_done(rv);
	if (rv == CKR_ACTION_PROHIBITED &&
	    tool_attribute_ulong(tool, key, CKA_SIGNET_ORIGIN) != CK_UNAVAILABLE_INFORMATION)
		code = tool_fail(TOOL_FAILED, "For another key enrol again.",
		                 "\"%.*s\" was enrolled: the registrar was shown the very object that "
		                 "has it", (int)label.len, (const char *)label.data);
	else if (rv == CKR_ACTION_PROHIBITED)
		code = tool_fail(TOOL_FAILED, "signet reseal without --label seals the token anew.",
		                 "the hardware did not seal \"%.*s\" on its own", (int)label.len,
		                 (const char *)label.data);
	else if (rv != CKR_OK)
		code = tool_fail_rv(rv, "can't seal \"%.*s\" anew", (int)label.len,
		                    (const char *)label.data);
out:
	sg_buf_free(&label);
	return code;
}

static enum tool_exit reseal_root(struct tool *tool, struct plan *plan)
{
	struct tool_versions root = { .n = 0 };
	enum tool_exit code = tool_versions_find(tool, tool->value[OPT_ROOT], &root);

	for (size_t i = 0; i < root.n && code == TOOL_OK; i++)
		code = reseal(tool, root.version[i].key, plan);
	tool_versions_free(&root);
	return code;
}

/* Tell whether an object is one that can be meant: its public half is not. */
static bool is_secret(const struct tool *tool, CK_OBJECT_HANDLE key)
{
	return tool_attribute_ulong(tool, key, CKA_CLASS) != CKO_PUBLIC_KEY;
}

static enum tool_exit reseal_label(struct tool *tool, struct plan *plan)
{
	const char *name = tool->value[OPT_LABEL];
	CK_OBJECT_HANDLE *handles = NULL, key = 0;
	size_t count = 0, meant = 0;
	enum tool_exit code = tool_find(tool, TOOL_ANY_CLASS, name, &handles, &count);

	for (size_t i = 0; i < count && code == TOOL_OK; i++)
		if (is_secret(tool, handles[i])) {
			key = handles[i];
			meant++;
		}
	if (code == TOOL_OK && meant != 1)
		code = tool_fail(TOOL_NOT_FOUND, "signet list shows what there is; a pkcs11: URI names "
		                 "one of several.", "there %s \"%s\"",
		                 meant == 0 ? "is no key" : "are several keys", name);
	if (code == TOOL_OK)
		code = reseal(tool, key, plan);
	free(handles);
	return code;
}

static enum tool_exit read_plan(const struct tool *tool, struct plan *plan)
{
	enum tool_exit code = TOOL_OK;

	plan->how.other_policy = tool_policy_given(tool);
	if (plan->how.other_policy)
		code = tool_policy_read(tool, &plan->policy);
	if (code == TOOL_OK && tool_given(tool, OPT_NEW_PIN_FILE))
		code = tool_pin_read(tool, OPT_NEW_PIN_FILE, "the new PIN of the key", true,
		                     &plan->new_pin);
	plan->how.policy = sg_buf_bytes(&plan->policy);
	if (plan->new_pin != NULL)
		plan->how.new_pin = sg_secret_bytes(plan->new_pin);
	return code;
}

static enum tool_exit tell(const struct tool *tool, const struct plan *plan)
{
	const char *name = tool_given(tool, OPT_ROOT) ? tool->value[OPT_ROOT]
	                                              : tool->value[OPT_LABEL];
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_done("Sealed \"%s\" anew", name);
	tool_text_add(&text, "Sealed \"");
	tool_text_name(&text, sg_bytes_str(name));
	tool_text_add(&text, plan->done > 1 ? "\" anew, in %zu versions.\n" : "\" anew.\n",
	              plan->done);
	return tool_text_out(&text);
}

enum tool_exit tool_reseal_key(struct tool *tool)
{
	struct plan plan = { .pin = NULL };
	enum tool_exit code = TOOL_OK;

	if (tool_given(tool, OPT_ROOT) && tool_given(tool, OPT_LABEL))
		return tool_fail(TOOL_USAGE, NULL, "say either --root or --label");
	code = read_plan(tool, &plan);
	if (code == TOOL_OK)
		code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_given(tool, OPT_ROOT) ? reseal_root(tool, &plan)
		                                  : reseal_label(tool, &plan);
	if (code == TOOL_OK)
		code = tell(tool, &plan);
	sg_buf_free(&plan.policy);
	sg_secret_free(&plan.pin);
	sg_secret_free(&plan.new_pin);
	return code;
}

enum tool_exit tool_keys_signed(struct tool *tool, bool *found)
{
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	enum tool_exit code = tool_find(tool, TOOL_ANY_CLASS, NULL, &handles, &count);

	*found = false;
	for (size_t i = 0; i < count && code == TOOL_OK && !*found; i++) {
		struct sg_policy policy = { 0 };
		struct sg_buf text = { NULL, 0, 0 };

		if (tool_attribute(tool, handles[i], CKA_SIGNET_POLICY, &text) == CKR_OK &&
		    sg_policy_parse(sg_buf_bytes(&text), &policy) == SG_OK)
			*found = policy.signer.len > 0;
		sg_policy_clear(&policy);
		sg_buf_free(&text);
	}
	free(handles);
	return code;
}
