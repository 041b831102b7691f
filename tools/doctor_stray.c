/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: what is left in the TPM. Indices and counters that look like ours and that no
 * token names that can be seen from here; a killed command, or a store that was deleted by hand,
 * leaves such. A TPM has room for few.
 */
#include "tools/doctor.h"

#include <string.h>

#include "core/module.h"
#include "core/token_anchor.h"
#include "core/token_aside.h"
#include "seal/counter.h"
#include "store/aside.h"
#include "tools/fail.h"
#include "tools/token.h"

#define FOUND 64

static bool names_index(const struct sg_sealer *sealer, const struct sg_token_record *record,
                        const void *index)
{
	(void)sealer;
	for (size_t i = 0; i < record->indices.n; i++)
		if (sg_pin_index_same(&record->indices.entry[i].index, index))
			return true;
	return false;
}

static bool names_counter(const struct sg_sealer *sealer, const struct sg_token_record *record,
                          const void *handle)
{
	return sg_token_record_anchored(record) &&
	       sg_token_anchor_handle(sealer, record) == *(const uint32_t *)handle;
}

/* Tells whether a record names one. */
typedef bool (*names_fn)(const struct sg_sealer *sealer, const struct sg_token_record *record,
                         const void *one);

/* What the checks look at. */
struct look {
	struct doctor *doctor;
	struct sg_module *module;
	const struct tool_tokens *tokens;
	bool all_tell;
	struct sg_sealer *sealer;
};

/* What is looked for among the stores that were set aside, which are to open as before. */
struct question {
	const struct look *look;
	names_fn names;
	const void *one;
	bool named, unread;
};

static enum sg_err ask_aside(const char *path, unsigned slot, enum sg_store_rest rest, void *arg)
{
	struct question *q = arg;
	struct sg_token_record record = { 0 };

	(void)slot;
	if (sg_token_aside_record(path, &record) == SG_OK)
		q->named = q->named || q->names(q->look->sealer, &record, q->one);
	else
		q->unread = q->unread || rest == SG_STORE_ASIDE;
	sg_token_record_clear(&record);
	return SG_OK;
}

static void check_one(const struct look *look, uint32_t handle, const char *what, names_fn names,
                      const void *one)
{
	struct question q = { .look = look, .names = names, .one = one };
	struct sg_token *token;
	bool all_tell = look->all_tell;

	for (size_t i = 0; i < look->tokens->count; i++) {
		const struct tool_token *listed = &look->tokens->list[i];

		if (listed->rv != CKR_OK ||
		    sg_module_token(look->module, listed->slot, &token) != SG_OK || !token->present)
			all_tell = false;
		else if (names(look->sealer, &token->record, one))
			return;
	}
	if (sg_store_rest_each(look->module->config->state, ask_aside, &q) != SG_OK || q.unread)
		all_tell = false;
	if (q.named)
		return;
	/* Without its index a token never opens again. */
	if (!all_tell)
		doctor_report(look->doctor, "index", WARN, "Leave it alone, and mend that token first.",
		              "0x%08x in the TPM looks like one that counts %s; the token here that "
		              "can't be read, does not open or is an older copy may need it",
		              handle, what);
	else
		doctor_report(look->doctor, "index", WARN, "A token of another user or folder, or a "
		              "newer copy of a store, may need it. If none does, tpm2_nvundefine -C o "
		              "and its number remove it.",
		              "0x%08x in the TPM looks like one that counts %s, and belongs to no token "
		              "here", handle, what);
}

/* One that the list of a token has for removal. */
static bool tell_condemned(const struct look *look, const struct sg_pin_index *index)
{
	struct sg_token *token;

	for (size_t i = 0; i < look->tokens->count; i++) {
		const struct tool_token *listed = &look->tokens->list[i];

		if (listed->rv != CKR_OK ||
		    sg_module_token(look->module, listed->slot, &token) != SG_OK || !token->present)
			continue;
		for (size_t j = 0; j < token->record.indices.n; j++) {
			const struct sg_pin_entry *entry = &token->record.indices.entry[j];

			if (!entry->condemned || !sg_pin_index_same(&entry->index, index))
				continue;
			doctor_report(look->doctor, "index", WARN, "Log in with the PIN of now, as by "
			              "signet list, which removes it; where the owner hierarchy has "
			              "a password, signet reseal with --owner-auth-file does.",
			              "0x%08x in the TPM still counts for a PIN of slot %lu that was "
			              "changed: an older copy of the store opens with that PIN",
			              index->handle, listed->slot);
			return true;
		}
	}
	return false;
}

static enum sg_err check_indices(const struct look *look)
{
	struct sg_pin_index found[FOUND];
	size_t count = 0;
	enum sg_err err = look->sealer->ops->pin_index->list(look->sealer, found, FOUND, &count);

	for (size_t i = 0; i < count && err == SG_OK; i++)
		if (!tell_condemned(look, &found[i]))
			check_one(look, found[i].handle, "wrong PINs", names_index, &found[i]);
	return err;
}

static enum sg_err check_counters(const struct look *look)
{
	uint32_t found[FOUND];
	size_t count = 0;
	enum sg_err err = look->sealer->ops->counter->list(look->sealer, found, FOUND, &count);

	for (size_t i = 0; i < count && err == SG_OK; i++)
		check_one(look, found[i], "versions of a store", names_counter, &found[i]);
	return err;
}

void doctor_check_strays(struct doctor *doctor, struct sg_module *module,
                         const struct tool_tokens *tokens, bool all_tell)
{
	struct look look = {
		.doctor = doctor, .module = module, .tokens = tokens, .all_tell = all_tell,
	};
	enum sg_err err;

	if (!sg_sealer_has(module->config->sealer, "tpm"))
		return;
	tool_log_clear();
	err = sg_sealer_open("tpm", module->config, &look.sealer);
	if (err == SG_OK)
		err = check_indices(&look);
	if (err == SG_OK)
		err = check_counters(&look);
	/* Who seals by a list was told that the TPM is away. */
	if (err != SG_OK &&
	    (err != SG_ERR_HW_MISSING || strcmp(module->config->sealer, "tpm") == 0))
		doctor_report_err(doctor, "index", err);
	sg_sealer_free(&look.sealer);
}
