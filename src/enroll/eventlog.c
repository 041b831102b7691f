/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Reads event logs, whose numbers are little-endian, and extends PCRs.
 */
#include "enroll/eventlog.h"

#include <string.h>

#include "util/cursor.h"

#define EV_NO_ACTION 3                  /* extends nothing [PFP §10.4.1] */
#define SHA1_LEN 20
#define ALGORITHMS_MAX 16
#define DYNAMIC_FIRST 17                /* PCRs that begin with all ones until a late launch */
#define DYNAMIC_LAST 22                 /* [PC Client Platform TPM Profile §4.6.2] */

static const char spec_id[16] = "Spec ID Event03", locality[16] = "StartupLocality";

/* A hash that the head of the log names. */
struct algorithm {
	uint16_t id, len;
	size_t bank;                    /* SG_PCR_BANKS: one that is skipped */
};

struct replay {
	struct algorithm algorithm[ALGORITHMS_MAX];
	size_t n;
	struct sg_pcrs *pcrs;
	enum sg_err err;                /* of computing, not of reading */
	bool extended;                  /* PCR 0 */
};

static uint16_t read_le16(struct sg_reader *r)
{
	const uint16_t number = sg_read_u16(r);

	return (uint16_t)(number << 8 | number >> 8);
}

static uint32_t read_le32(struct sg_reader *r)
{
	return __builtin_bswap32(sg_read_u32(r));
}

static size_t bank_of(uint16_t id, uint16_t len)
{
	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		if (sg_pcr_hashes[i].id == id)
			return sg_pcr_hashes[i].len == len ? i : SG_PCR_BANKS;
	return SG_PCR_BANKS;
}

static void start_bank(struct sg_pcr_bank *bank)
{
	bank->selected = bank->known = (UINT32_C(1) << SG_PCRS) - 1;
	for (size_t i = DYNAMIC_FIRST; i <= DYNAMIC_LAST; i++)
		memset(bank->value[i], 0xff, sizeof bank->value[i]);
}

/* Read what the first event says of the log: which hashes there are [PFP §10.4.5.1]. */
static void read_spec(struct sg_reader *r, struct replay *replay)
{
	uint32_t count;

	if (!sg_bytes_equal(sg_read_bytes(r, sizeof spec_id), sg_bytes(spec_id, sizeof spec_id)))
		r->failed = true;
	(void)sg_read_bytes(r, 8);      /* platform class, version, size of UINTN */
	count = read_le32(r);
	if (count == 0 || count > ALGORITHMS_MAX)
		r->failed = true;
	for (uint32_t i = 0; i < count && !r->failed; i++) {
		struct algorithm *algorithm = &replay->algorithm[replay->n];

		algorithm->id = read_le16(r);
		algorithm->len = read_le16(r);
		algorithm->bank = bank_of(algorithm->id, algorithm->len);
		for (size_t k = 0; k < replay->n; k++)
			r->failed |= replay->algorithm[k].id == algorithm->id;
		replay->n++;
		if (!r->failed && algorithm->bank < SG_PCR_BANKS)
			start_bank(&replay->pcrs->bank[algorithm->bank]);
	}
	(void)sg_read_bytes(r, sg_read_u8(r));  /* what the maker adds */
	if (!sg_reader_done(r))
		r->failed = true;
}

/* The first event has the form of old logs, with one digest of SHA-1. */
static void read_first(struct sg_reader *r, struct replay *replay)
{
	struct sg_reader spec;

	if (read_le32(r) != 0 || read_le32(r) != EV_NO_ACTION)
		r->failed = true;
	(void)sg_read_bytes(r, SHA1_LEN);
	spec = sg_reader(sg_read_bytes(r, read_le32(r)));
	spec.failed |= r->failed;
	read_spec(&spec, replay);
	r->failed |= spec.failed;
}

static const struct algorithm *algorithm_of(const struct replay *replay, uint16_t id)
{
	for (size_t i = 0; i < replay->n; i++)
		if (replay->algorithm[i].id == id)
			return &replay->algorithm[i];
	return NULL;
}

/* PCR := H(PCR ‖ digest) [TPM2 Part 1 §17.2]. */
static void extend(struct replay *replay, size_t bank, uint32_t pcr, struct sg_bytes digest)
{
	uint8_t both[2 * SG_DIGEST_MAX], *value = replay->pcrs->bank[bank].value[pcr];

	memcpy(both, value, digest.len);
	memcpy(both + digest.len, digest.data, digest.len);
	if (replay->err == SG_OK)
		replay->err = sg_digest_once((enum sg_digest_alg)bank,
		                             sg_bytes(both, 2 * digest.len), value);
}

/* Read the digests of an event, one for each hash of the log [PFP §10.2.2], and extend by them. */
static void read_digests(struct sg_reader *r, struct replay *replay, uint32_t pcr, bool extends)
{
	uint32_t seen = 0;

	if (read_le32(r) != replay->n)
		r->failed = true;
	for (size_t i = 0; i < replay->n && !r->failed; i++) {
		const struct algorithm *algorithm = algorithm_of(replay, read_le16(r));
		struct sg_bytes digest;

		if (algorithm == NULL || (seen >> (algorithm - replay->algorithm) & 1) != 0) {
			r->failed = true;
			return;
		}
		seen |= UINT32_C(1) << (algorithm - replay->algorithm);
		digest = sg_read_bytes(r, algorithm->len);
		if (!r->failed && extends && algorithm->bank < SG_PCR_BANKS)
			extend(replay, algorithm->bank, pcr, digest);
	}
}

/* PCR 0 begins with the number of the locality that started the TPM [PFP §10.4.5.3]. */
static void note_locality(struct replay *replay, uint32_t pcr, struct sg_bytes event)
{
	if (pcr != 0 || replay->extended || event.len != sizeof locality + 1 ||
	    memcmp(event.data, locality, sizeof locality) != 0)
		return;
	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		replay->pcrs->bank[i].value[0][sg_pcr_hashes[i].len - 1] =
			event.data[sizeof locality];
}

static void read_event(struct sg_reader *r, struct replay *replay)
{
	const uint32_t pcr = read_le32(r);
	const bool extends = read_le32(r) != EV_NO_ACTION;
	struct sg_bytes event;

	if (extends && pcr >= SG_PCRS)
		r->failed = true;
	read_digests(r, replay, pcr, extends && !r->failed);
	event = sg_read_bytes(r, read_le32(r));
	if (r->failed)
		return;
	if (!extends)
		note_locality(replay, pcr, event);
	else if (pcr == 0)
		replay->extended = true;
}

enum sg_enroll_reason sg_enroll_eventlog_replay(struct sg_bytes log, struct sg_pcrs *out)
{
	struct sg_reader r = sg_reader(log);
	struct replay replay = { .n = 0, .pcrs = out, .err = SG_OK };

	read_first(&r, &replay);
	while (!r.failed && r.rest.len > 0)
		read_event(&r, &replay);
	if (r.failed)
		return SG_ENROLL_EVENTLOG;
	return replay.err == SG_OK ? SG_ENROLL_OK : SG_ENROLL_INTERNAL;
}

enum sg_enroll_reason sg_enroll_eventlog_check(struct sg_bytes log, const struct sg_pcrs *quoted)
{
	struct sg_pcrs replayed = { .bank = { { .selected = 0 } } };
	const enum sg_enroll_reason reason = sg_enroll_eventlog_replay(log, &replayed);

	if (reason != SG_ENROLL_OK)
		return reason;
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		const struct sg_pcr_bank *bank = &quoted->bank[i];

		if ((bank->selected & ~replayed.bank[i].known) != 0 ||
		    sg_pcr_bank_differing((enum sg_digest_alg)i, bank, &replayed.bank[i]) != 0)
			return SG_ENROLL_EVENTLOG;
	}
	return SG_ENROLL_OK;
}
