/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: the decryption roots. Whether each can be had back when this machine is lost, as
 * far as tokens show them without a PIN, and how many old versions wait to be retired. Roots in an
 * HSM are left to its own backups.
 */
#include <stdio.h>

#include "tools/doctor.h"
#include "tools/object.h"
#include "tools/token.h"
#include "tools/versions.h"

#define CHUNK 64

/* What is to be said of the roots of one token. */
struct roots {
	size_t n;
	size_t old;                     /* versions that make nothing new */
	size_t lost;                    /* of which nobody holds anything */
	char name[256];                 /* of one of those */
	bool may_leave;                 /* that one, for recovery */
};

static void note_root(const struct tool *tool, CK_OBJECT_HANDLE key, struct roots *roots)
{
	struct sg_buf recovery = { NULL, 0, 0 };
	struct tool_object object = { .handle = key };

	if (tool_object_read(tool, key, &object) == TOOL_OK && object.sealed &&
	    tool_version_is_root(&object)) {
		roots->n++;
		roots->old += !tool_attribute_bool(tool, key, CKA_WRAP) &&
		              !tool_attribute_bool(tool, key, CKA_ENCRYPT);
		if (tool_attribute(tool, key, CKA_SIGNET_RECOVERY, &recovery) != CKR_OK ||
		    recovery.len == 0 ||
		    sg_bytes_equal(sg_buf_bytes(&recovery), sg_bytes_str("none"))) {
			roots->lost++;
			roots->may_leave = (object.leave & CKF_SIGNET_LEAVE_RECOVERY) != 0;
			snprintf(roots->name, sizeof roots->name, "%.*s", (int)object.label.len,
			         (const char *)object.label.data);
		}
	}
	tool_object_free(&object);
	sg_buf_free(&recovery);
}

static void report(struct doctor *doctor, CK_SLOT_ID slot, const struct roots *roots)
{
	char check[64];

	snprintf(check, sizeof check, "roots in slot %lu", slot);
	if (roots->n > 0 && roots->lost == 0)
		doctor_report(doctor, check, FINE, NULL, "%zu, and somebody holds what brings each "
		              "back; rehearse it now and then", roots->n);
	else if (roots->lost > 0)
		doctor_report(doctor, check, WARN, roots->may_leave
		              ? "signet root share arranges it."
		              : "It may not leave for that; signet root rotate makes a new version "
		                "that may.",
		              "%zu of %zu can't be had back if this machine is lost, \"%s\" among "
		              "them", roots->lost, roots->n, roots->name);
	snprintf(check, sizeof check, "old roots in slot %lu", slot);
	if (roots->old > 0)
		doctor_report(doctor, check, FINE, NULL, "%zu of %zu are old versions, which open what "
		              "they made: signet root rewrap brings that to the newest, signet root "
		              "retire destroys them then", roots->old, roots->n);
}

void doctor_check_roots(struct doctor *doctor, const struct tool_token *token)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
	struct tool tool = { .slot = token->slot, .token = token->info };
	CK_OBJECT_HANDLE key[CHUNK];
	struct roots roots = { .n = 0 };
	CK_ULONG got = 0;

	if (token->rv != CKR_OK || (token->info.flags & CKF_LOGIN_REQUIRED) != 0 ||
	    C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL, &tool.session) != CKR_OK)
		return;
	/* What hinders this has been told of the token. */
	if (C_FindObjectsInit(tool.session, &template, 1) == CKR_OK) {
		while (C_FindObjects(tool.session, key, CHUNK, &got) == CKR_OK && got > 0)
			for (CK_ULONG i = 0; i < got; i++)
				note_root(&tool, key[i], &roots);
		(void)C_FindObjectsFinal(tool.session);
		report(doctor, token->slot, &roots);
	}
	(void)C_CloseSession(tool.session);
}
