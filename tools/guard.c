/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Policies and PINs of single keys.
 */
#include "tools/guard.h"

#include <stdio.h>

#include "core/key_reseal.h"
#include "tools/fail.h"
#include "tools/object.h"
#include "tools/pin.h"
#include "tools/policy.h"
#include "tools/progress.h"
#include "tools/text.h"

enum tool_exit tool_guard_read(const struct tool *tool, struct tool_guard *guard)
{
	enum tool_exit code = TOOL_OK;

	*guard = (struct tool_guard){ .sealed = false };
	if (tool_policy_given(tool))
		code = tool_policy_read(tool, &guard->policy);
	if (code == TOOL_OK && tool_given(tool, OPT_KEY_PIN_FILE))
		code = tool_pin_read(tool, OPT_KEY_PIN_FILE, "the PIN of the new key", true,
		                     &guard->pin);
	if (code == TOOL_OK && guard->pin != NULL && (guard->pin->len < 4 || guard->pin->len > 255))
		code = tool_fail(TOOL_USAGE, NULL, "the PIN of a key has 4 to 255 bytes");
	guard->sealed = guard->policy.len > 0 || guard->pin != NULL;
	if (code == TOOL_OK && guard->sealed && tool_given(tool, OPT_IN_HSM))
		code = tool_fail(TOOL_USAGE, NULL, "a key in the HSM has no policy and no PIN of its own");
	return code;
}

void tool_guard_clear(struct tool_guard *guard)
{
	sg_buf_free(&guard->policy);
	sg_secret_free(&guard->pin);
	guard->sealed = false;
}

static void put(CK_ATTRIBUTE *attr, CK_ULONG *n, CK_ATTRIBUTE_TYPE type, struct sg_bytes value)
{
	attr[(*n)++] = (CK_ATTRIBUTE){ type, (void *)value.data, value.len };
}

void tool_guard_put(const struct tool_guard *guard, bool alone, CK_ATTRIBUTE *attr, CK_ULONG *n)
{
	if (alone || (guard != NULL && guard->sealed))
		put(attr, n, CKA_SIGNET_SEALED, sg_bytes(&tool_true, sizeof tool_true));
	if (guard != NULL && guard->policy.len > 0)
		put(attr, n, CKA_SIGNET_POLICY, sg_buf_bytes(&guard->policy));
	if (guard != NULL && guard->pin != NULL)
		put(attr, n, CKA_SIGNET_PIN, sg_secret_bytes(guard->pin));
}

void tool_guard_show(const struct tool *tool, CK_OBJECT_HANDLE key, struct sg_buf *policy,
                     bool *pin)
{
	struct sg_policy parsed = { 0 };
	struct sg_buf text = { NULL, 0, 0 };

	policy->len = 0;
	*pin = tool_attribute_bool(tool, key, CKA_SIGNET_HAS_PIN);
	if (tool_attribute(tool, key, CKA_SIGNET_POLICY, &text) == CKR_OK && text.len > 0 &&
	    (sg_policy_parse(sg_buf_bytes(&text), &parsed) != SG_OK ||
	     sg_policy_text(&parsed, false, policy) != SG_OK))
		policy->len = 0;
	sg_policy_clear(&parsed);
	sg_buf_free(&text);
}

enum tool_met tool_guard_try(const struct tool *tool, CK_OBJECT_HANDLE key, const char **why)
{
	CK_RV rv;

	tool_log_clear();
	rv = sg_key_open(tool->session, key, sg_bytes(NULL, 0));
	*why = rv == CKR_OK ? "" : tool_log_lines(tool_cause(rv));
	return rv == CKR_OK ? TOOL_MET : rv == CKR_SIGNET_POLICY ? TOOL_NOT_MET
	                                                         : TOOL_MET_UNKNOWN;
}

enum tool_exit tool_key_pin(const struct tool *tool, struct sg_bytes name,
                            struct sg_secret **pin)
{
	char clean[64], what[96];
	int len = snprintf(clean, sizeof clean, "%.*s", (int)(name.len < 40 ? name.len : 40),
	                   (const char *)name.data);

	clean[tool_text_clean(clean, len > 0 ? (size_t)len : 0)] = '\0';
	snprintf(what, sizeof what, "the PIN of key \"%s\"", clean);
	return tool_pin_read(tool, OPT_KEY_PIN_FILE, what, false, pin);
}

CK_RV tool_key_open(const struct tool *tool, CK_OBJECT_HANDLE key)
{
	struct sg_buf label = { NULL, 0, 0 };
	struct sg_secret *pin = NULL;
	CK_RV rv = CKR_FUNCTION_CANCELED;

	if (!tool_attribute_bool(tool, key, CKA_SIGNET_HAS_PIN))
		return CKR_OK;
	if (sg_key_open(tool->session, key, sg_bytes(NULL, 0)) == CKR_OK)
		return CKR_OK;          /* it was opened before */
	(void)tool_attribute(tool, key, CKA_LABEL, &label);
	if (tool_key_pin(tool, sg_buf_bytes(&label), &pin) == TOOL_OK) {
		tool_log_clear();
		tool_progress_begin("proving the PIN of the key to the TPM");
		rv = sg_key_open(tool->session, key, sg_secret_bytes(pin));
		tool_progress_end();
	}
	sg_secret_free(&pin);
	sg_buf_free(&label);
	return rv;
}
