/* SPDX-License-Identifier: Apache-2.0
 *
 * signet status: asks what there is in one slot.
 */
#include "tools/status_slot.h"

#include <stdio.h>

#include "core/token_anchor.h"
#include "core/token_policy.h"
#include "core/token_tries.h"
#include "store/store.h"
#include "tools/fail.h"

#define CHUNK 64

const CK_OBJECT_CLASS status_classes[STATUS_CLASSES] = {
	CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_SECRET_KEY, CKO_CERTIFICATE, CKO_DATA,
};

static enum sg_err count_row(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	(void)uuid;
	(void)record;
	++*(size_t *)arg;
	return SG_OK;
}

static void count_rows(struct status_slot *slot)
{
	struct sg_store_txn *txn = NULL;

	if (sg_store_begin(slot->path, SG_STORE_READ, &txn) == SG_OK)
		(void)sg_store_object_each(txn, count_row, &slot->rows);
	sg_store_abort(&txn);
}

static CK_RV count_class(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, size_t *count)
{
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class } };
	CK_OBJECT_HANDLE handles[CHUNK];
	CK_ULONG got = CHUNK;
	CK_RV rv = C_FindObjectsInit(session, template, 1);

	if (rv != CKR_OK)
		return rv;
	while (rv == CKR_OK && got == CHUNK) {
		rv = C_FindObjects(session, handles, CHUNK, &got);
		*count += rv == CKR_OK ? got : 0;
	}
	(void)C_FindObjectsFinal(session);
	return rv;
}

/* Count what shows without a PIN, which opens the token. */
static void count_objects(struct status_slot *slot)
{
	CK_SESSION_HANDLE session;
	CK_RV rv;

	tool_log_clear();
	rv = C_OpenSession(slot->token->slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
	for (size_t i = 0; i < STATUS_CLASSES && rv == CKR_OK; i++)
		rv = count_class(session, status_classes[i], &slot->count[i]);
	slot->counted = rv == CKR_OK;
	if (rv != CKR_OK) {
		slot->err = tool_cause(rv);
		if (slot->err == SG_OK)
			slot->err = SG_ERR_SYSTEM;
		snprintf(slot->why, sizeof slot->why, "%s", tool_log_lines(slot->err));
	}
}

/* Take the policy over, without the values of its PCRs. It is what the record says, which is
 * authenticated only when the token opens. */
static void read_policy(const struct sg_token *token, struct status_slot *slot)
{
	struct sg_policy policy = { 0 };
	struct sg_buf text = { 0 };

	if (token->present && sg_token_policy(&token->record, &policy) == SG_OK &&
	    sg_policy_text(&policy, false, &text) == SG_OK)
		snprintf(slot->policy, sizeof slot->policy, "%.*s", (int)text.len,
		         (const char *)text.data);
	sg_policy_clear(&policy);
	sg_buf_free(&text);
}

/* Ask token and sealer. */
static void ask(struct sg_module *module, CK_SLOT_ID id, struct status_slot *slot)
{
	struct sg_token *token;

	tool_log_clear();
	slot->path = "";
	slot->err = sg_module_token(module, id, &token);
	if (slot->err != SG_OK) {
		snprintf(slot->why, sizeof slot->why, "%s", tool_log_lines(slot->err));
		return;
	}
	slot->path = token->path;
	snprintf(slot->sealer, sizeof slot->sealer, "%s",
	         token->present ? token->record.sealer : token->config->sealer);
	slot->machine = token->present && token->record.machine;
	slot->anchored = token->present && sg_token_record_anchored(&token->record);
	read_policy(token, slot);
	slot->pin_tries = token->present ? token->record.pin_tries : 0;
	slot->err = tool_members_read(token, &slot->members);
	if (slot->err == SG_OK) {
		tool_log_clear();
		slot->err = sg_token_status(token, &slot->status);
	}
	if (slot->err == SG_OK && slot->pin_tries > 0)
		slot->err = sg_token_tries(token, SG_USER, &slot->tries);
	/* Before the token opens, which notes what is seen. */
	if (slot->err == SG_OK && token->present && slot->status.parent_same)
		slot->err = sg_token_tripwire_look(token, &slot->tripwire);
	snprintf(slot->why, sizeof slot->why, "%s", tool_log_lines(slot->err));
}

void status_slot_read(struct sg_module *module, CK_SLOT_ID id, struct status_slot *slot)
{
	ask(module, id, slot);
	if (slot->token == NULL || slot->token->rv != CKR_OK)
		return;
	count_rows(slot);
	if (slot->err == SG_OK)
		count_objects(slot);
	if (slot->counted)
		status_keys_read(id, &slot->keys);
}
