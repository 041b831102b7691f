/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Whether the log is the one that its heads were signed for.
 */
#include "enroll/audit.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "store/chain.h"
#include "util/array.h"

/* A check under way. */
struct check {
	struct sg_audit_report *report;
	const uint8_t *key;
	struct sg_fleet_head *heads;    /* ascending, once they are read */
	size_t n, cap, next;            /* next: the first head behind the entries so far */
	uint8_t hash[SG_FLEET_HASH];    /* of the last entry */
	enum sg_err err;
};

const char *sg_audit_name(enum sg_audit_fault fault)
{
	static const char *const names[] = {
		[SG_AUDIT_SOUND] = "sound",       [SG_AUDIT_CHANGED] = "changed",
		[SG_AUDIT_MISSING] = "missing",   [SG_AUDIT_CUT] = "cut",
		[SG_AUDIT_REWRITTEN] = "rewritten", [SG_AUDIT_HEAD] = "head",
		[SG_AUDIT_LINE] = "line",
	};

	return names[fault];
}

const char *sg_audit_sentence(enum sg_audit_fault fault)
{
	static const char *const sentences[] = {
		[SG_AUDIT_SOUND] = "The log is whole",
		[SG_AUDIT_CHANGED] = "The entry is not the one that was written",
		[SG_AUDIT_MISSING] = "The entry is missing, and later ones are there",
		[SG_AUDIT_CUT] = "The end of the log was cut off: the entry was there when a head "
		                 "was signed",
		[SG_AUDIT_REWRITTEN] = "The log up to this entry is not the one that was signed",
		[SG_AUDIT_HEAD] = "A head is not signed by the key that signs heads",
		[SG_AUDIT_LINE] = "A line of the file of heads is no head",
	};

	return sentences[fault];
}

/* Note the first fault; there may be more, and each is one too many. */
static bool fault(struct check *check, enum sg_audit_fault what, uint64_t seq)
{
	if (check->report->fault == SG_AUDIT_SOUND) {
		check->report->fault = what;
		check->report->seq = seq;
	}
	return false;
}

static bool is_signed(const struct check *check, const struct sg_fleet_head *head)
{
	struct sg_buf text = { NULL, 0, 0 };
	bool good;

	if (check->key != NULL && memcmp(check->key, head->key, sizeof head->key) != 0)
		return false;
	good = sg_chain_head(head, &text) == SG_OK &&
	       sg_ed25519_verify(sg_bytes(head->key, sizeof head->key), sg_buf_bytes(&text),
	                         sg_bytes(head->signature, sizeof head->signature)) == SG_OK;
	sg_buf_free(&text);
	return good;
}

/* See sg_fleet_head_visit. */
static bool take_head(void *context, const struct sg_fleet_head *head)
{
	struct check *check = context;
	struct sg_fleet_head *grown;

	if (!is_signed(check, head))
		return fault(check, SG_AUDIT_HEAD, head->seq);
	grown = sg_array_grow(check->heads, check->n, &check->cap, sizeof *check->heads);
	if (grown == NULL) {
		check->err = SG_ERR_NOMEM;
		return false;
	}
	check->heads = grown;
	check->heads[check->n++] = *head;
	return true;
}

/* Read the lines of a file. */
static void take_lines(struct check *check, struct sg_bytes text)
{
	uint64_t number = 0;

	while (text.len > 0 && check->err == SG_OK) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		const size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
		const struct sg_bytes line = sg_bytes(text.data, len);
		struct sg_fleet_head head;

		number++;
		if (sg_audit_line_torn(line)) {
			check->report->torn++;
		} else if (!sg_audit_line_read(line, &head)) {
			(void)fault(check, SG_AUDIT_LINE, number);
			return;
		} else if (!take_head(check, &head)) {
			return;
		}
		text = sg_bytes(text.data + len + (end != NULL), text.len - len - (end != NULL));
	}
}

static int by_seq(const void *a, const void *b)
{
	const struct sg_fleet_head *one = a, *two = b;

	return (one->seq > two->seq) - (one->seq < two->seq);
}

/* See sg_fleet_entry_visit: follow the chain, and compare it with the heads on the way. */
static bool take_entry(void *context, const struct sg_fleet_entry *entry)
{
	struct check *check = context;
	struct sg_audit_report *report = check->report;
	uint8_t hash[SG_FLEET_HASH];

	if (entry->seq != report->entries + 1)
		return fault(check, SG_AUDIT_MISSING, report->entries + 1);
	check->err = sg_chain_hash(check->hash, entry, hash);
	if (check->err != SG_OK)
		return false;
	if (memcmp(hash, entry->hash, sizeof hash) != 0)
		return fault(check, SG_AUDIT_CHANGED, entry->seq);
	memcpy(check->hash, hash, sizeof hash);
	report->entries = entry->seq;
	for (; check->next < check->n && check->heads[check->next].seq == entry->seq;
	     check->next++) {
		const struct sg_fleet_head *head = &check->heads[check->next];

		if (memcmp(head->hash, hash, sizeof hash) != 0)
			return fault(check, SG_AUDIT_REWRITTEN, entry->seq);
		report->signed_seq = head->seq;
		report->signed_at = head->at;
		memcpy(report->key, head->key, sizeof head->key);
	}
	return true;
}

enum sg_err sg_audit_verify(struct sg_fleet *fleet, struct sg_bytes heads, const uint8_t *key,
                            struct sg_audit_report *out)
{
	struct check check = { .report = out, .key = key };
	enum sg_err err;

	*out = (struct sg_audit_report){ .fault = SG_AUDIT_SOUND };
	/* Heads first: what is appended meanwhile has none of these. */
	take_lines(&check, heads);
	err = check.err == SG_OK ? fleet->ops->head_visit(fleet, take_head, &check) : check.err;
	if (err != SG_OK || check.err != SG_OK)
		goto out;
	if (check.n > 0)
		qsort(check.heads, check.n, sizeof *check.heads, by_seq);
	out->heads = check.n;
	err = fleet->ops->entry_visit(fleet, 1, take_entry, &check);
	if (err == SG_OK && out->fault == SG_AUDIT_SOUND && check.next < check.n)
		(void)fault(&check, SG_AUDIT_CUT, out->entries + 1);
out:
	free(check.heads);
	return err != SG_OK ? err : check.err;
}
