/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: keys that live in the configured HSMs and bear the names of tokens of ours. A
 * killed command, or a store that was deleted by hand, leaves some there that nobody uses. An HSM
 * may serve several machines, so what no token here knows is perhaps another's.
 */
#include "tools/doctor.h"

#include <stdio.h>
#include <string.h>

#include "core/module.h"
#include "core/token_aside.h"
#include "seal/hsm/kept.h"
#include "store/aside.h"
#include "tools/fail.h"
#include "tools/kept.h"
#include "tools/token.h"

/* What the checks look at. */
struct look {
	struct doctor *doctor;
	struct sg_module *module;
	const struct tool_tokens *tokens;
	char check[32];
	const char *device;
};

/* What is known here of a key, or of the token that it names. */
struct question {
	const struct sg_resident_name *name;
	bool token;             /* the token is here, or a store of it that was set aside */
	bool recorded;          /* and has a record of the key */
	bool unread;            /* a store that might be of the token can't be read */
};

/* Look into the store of that name, whose record is this one. */
static void ask_store(const char *path, const struct sg_token_record *record, struct question *q)
{
	bool recorded = false;

	if (memcmp(record->uuid, q->name->token, SG_UUID) != 0)
		return;
	q->token = true;
	if (sg_token_kept_recorded(path, q->name->key, &recorded) != SG_OK)
		q->unread = true;
	q->recorded = q->recorded || recorded;
}

static enum sg_err ask_aside(const char *path, unsigned slot, enum sg_store_rest rest, void *arg)
{
	struct sg_token_record record = { 0 };
	struct question *q = arg;

	(void)slot;
	if (sg_token_aside_record(path, &record) == SG_OK)
		ask_store(path, &record, q);
	else
		q->unread = q->unread || rest == SG_STORE_ASIDE;
	sg_token_record_clear(&record);
	return SG_OK;
}

static void ask(const struct look *look, const struct sg_resident_name *name, struct question *q)
{
	struct sg_token *token;

	*q = (struct question){ .name = name };
	for (size_t i = 0; i < look->tokens->count; i++) {
		const struct tool_token *listed = &look->tokens->list[i];

		if (listed->rv != CKR_OK ||
		    sg_module_token(look->module, listed->slot, &token) != SG_OK || !token->present)
			q->unread = true;
		else
			ask_store(token->path, &token->record, q);
	}
	if (sg_store_rest_each(look->module->config->state, ask_aside, q) != SG_OK)
		q->unread = true;
}

static void report_stray(const struct look *look, const struct sg_resident_found *key)
{
	char fix[TOOL_KEPT_HOW + 256], how[TOOL_KEPT_HOW], id[2 * SG_RESIDENT_ID + 1];

	tool_kept_id(key, id);
	tool_kept_how(key, how);
	snprintf(fix, sizeof fix, "A copy of that token elsewhere, or a signet that is just making "
	         "it, may need it. If none does, %s removes it, with the module and the PIN of the "
	         "HSM.", how);
	doctor_report(look->doctor, look->check, WARN, fix, "key %s in %s is that of a token here, "
	              "which has no record of it: a signet that was killed left it", id,
	              look->device);
}

/* The n keys of one token that is not here, or is perhaps. */
static void report_others(const struct look *look, const uint8_t *token, size_t n, bool unread)
{
	char label[SG_HSM_KEPT_LABEL];

	sg_hsm_kept_label(token, label);
	if (unread)
		doctor_report(look->doctor, look->check, WARN, "Leave them alone, and mend that "
		              "token first.", "keys in %s labelled %.*s: %zu; a token or a store here "
		              "that can't be read may need them", look->device,
		              (int)sizeof label, label, n);
	else
		doctor_report(look->doctor, look->check, FINE, NULL, "keys in %s labelled %.*s: "
		              "%zu; of a token of another machine, user or folder, or left by one "
		              "that is gone", look->device, (int)sizeof label, label, n);
}

static bool same_token(const struct sg_resident_found *a, const struct sg_resident_found *b)
{
	return memcmp(a->name.token, b->name.token, SG_RESIDENT_ID) == 0;
}

/* Tell of the keys of one token, of which key i is the first; add how many are recorded. */
static void check_token(const struct look *look, const struct sg_resident_list *list, size_t i,
                        size_t *recorded)
{
	const struct sg_resident_found *first = &list->found[i];
	struct question q;
	bool unread = false;
	size_t others = 0;

	for (; i < list->n; i++) {
		if (!same_token(&list->found[i], first))
			continue;
		ask(look, &list->found[i].name, &q);
		if (q.recorded)
			(*recorded)++;
		else if (q.token && !q.unread)
			report_stray(look, &list->found[i]);
		else
			others++;
		unread = unread || q.unread;
	}
	if (others > 0)
		report_others(look, first->name.token, others, unread);
}

static bool is_first(const struct sg_resident_list *list, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_token(&list->found[j], &list->found[i]))
			return false;
	return true;
}

static void check_device(const struct look *look, const struct sg_resident_list *list)
{
	size_t recorded = 0;

	for (size_t i = 0; i < list->n; i++)
		if (is_first(list, i))
			check_token(look, list, i, &recorded);
	if (list->more)
		doctor_report(look->doctor, look->check, WARN, NULL, "%s has more objects than were "
		              "looked at", look->device);
	doctor_report(look->doctor, look->check, FINE, NULL, "keys in %s that a token here has a "
	              "record of: %zu", look->device, recorded);
}

void doctor_check_kept(struct doctor *doctor, struct sg_module *module,
                       const struct tool_tokens *tokens)
{
	struct look look = { .doctor = doctor, .module = module, .tokens = tokens };
	struct sg_resident_list list = { .found = NULL };
	const struct sg_resident_ops *ops = sg_sealer_resident("hsm");
	struct sg_sealer *sealer = NULL;
	char device[SG_RESIDENT_DEVICE];

	if (ops == NULL || sg_sealer_open("hsm", module->config, &sealer) != SG_OK)
		return;
	look.device = device;
	for (size_t i = 0; ops->device(sealer, i, device); i++) {
		snprintf(look.check, sizeof look.check, "keys in HSM %zu", i + 1);
		/* One that can't be asked was told of as an HSM. */
		if (ops->list(sealer, i, NULL, &list) == SG_OK)
			check_device(&look, &list);
		sg_resident_list_clear(&list);
	}
	sg_sealer_free(&sealer);
}
