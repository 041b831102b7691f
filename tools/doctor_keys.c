/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: keys with a policy of their own. Each is opened, where that needs no PIN.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/doctor.h"
#include "tools/guard.h"
#include "tools/object.h"
#include "tools/token.h"

static void check_key(struct doctor *doctor, const struct tool *tool, CK_OBJECT_HANDLE key)
{
	struct tool_text name = { { NULL, 0, 0 }, SG_OK };
	struct sg_buf policy = { NULL, 0, 0 }, label = { NULL, 0, 0 };
	const char *why = "";
	char check[96];
	bool pin;

	tool_guard_show(tool, key, &policy, &pin);
	if (policy.len == 0)
		goto out;
	(void)tool_attribute(tool, key, CKA_LABEL, &label);
	tool_text_name(&name, sg_buf_bytes(&label));
	snprintf(check, sizeof check, "key \"%.*s\" of slot %lu",
	         (int)(name.buf.len < 40 ? name.buf.len : 40), (const char *)name.buf.data,
	         tool->slot);
	switch (tool_guard_try(tool, key, &why)) {
	case TOOL_MET:
		doctor_report(doctor, check, FINE, NULL, "%.*s holds", (int)policy.len,
		              (const char *)policy.data);
		break;
	case TOOL_NOT_MET:
		doctor_report(doctor, check, FAIL, sg_err_advice(SG_ERR_POLICY),
		              "%.*s does not hold (%s)", (int)policy.len,
		              (const char *)policy.data, why);
		break;
	case TOOL_MET_UNKNOWN:
		doctor_report(doctor, check, pin ? FINE : WARN, NULL, "%.*s was not looked at%s",
		              (int)policy.len, (const char *)policy.data,
		              pin ? ": the key has a PIN of its own" : "");
		break;
	}
out:
	sg_buf_free(&policy);
	sg_buf_free(&label);
	sg_buf_free(&name.buf);
}

void doctor_check_keys(struct doctor *doctor, CK_SLOT_ID slot)
{
	struct tool tool = { .slot = slot };
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;

	if (C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &tool.session) != CKR_OK)
		return;
	if (tool_find_matching(&tool, NULL, 0, &handles, &count) == TOOL_OK)
		for (size_t i = 0; i < count; i++)
			check_key(doctor, &tool, handles[i]);
	free(handles);
	(void)C_CloseSession(tool.session);
}
