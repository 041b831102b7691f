/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Reads attestations and checks their signatures.
 */
#include "enroll/attested.h"

#include <string.h>

#include "crypto/digest.h"
#include "util/cursor.h"

#define GENERATED 0xff544347u           /* TPM_GENERATED_VALUE: no key signs it from elsewhere */
#define BANKS_MAX 16

/* Bytes behind a size of two. */
static struct sg_bytes read_sized(struct sg_reader *r)
{
	return sg_read_bytes(r, sg_read_u16(r));
}

/* TPMS_CREATION_INFO */
static void read_creation(struct sg_reader *r, struct sg_attested *out)
{
	out->object = read_sized(r);
	out->creation = read_sized(r);
}

/* TPMS_QUOTE_INFO */
static void read_quote(struct sg_reader *r, struct sg_attested *out)
{
	const struct sg_bytes start = r->rest;
	uint32_t banks = sg_read_u32(r);

	if (banks > BANKS_MAX)
		r->failed = true;
	for (uint32_t i = 0; i < banks && !r->failed; i++) {
		(void)sg_read_u16(r);
		(void)sg_read_bytes(r, sg_read_u8(r));
	}
	out->selection = sg_bytes(start.data, start.len - r->rest.len);
	out->pcrs = read_sized(r);
}

/* TPMS_TIME_ATTEST_INFO. Resets and restarts stand here as they are; in the head a TPM hides
 * them from keys that are not of the endorsement hierarchy [TPM2 Part 1 §36.7]. */
static void read_time(struct sg_reader *r, struct sg_attested *out)
{
	uint8_t safe;

	(void)sg_read_u64(r);
	out->clock = sg_read_u64(r);
	out->resets = sg_read_u32(r);
	out->restarts = sg_read_u32(r);
	safe = sg_read_u8(r);
	out->safe = safe == 1;
	if (safe > 1)
		r->failed = true;
	out->firmware = sg_read_u64(r);
}

static const struct {
	enum sg_attested_kind kind;
	void (*read)(struct sg_reader *r, struct sg_attested *out);
} kinds[] = {
	{ SG_ATTESTED_CREATION, read_creation },
	{ SG_ATTESTED_QUOTE, read_quote },
	{ SG_ATTESTED_TIME, read_time },
};

static bool read_attest(struct sg_bytes bytes, enum sg_attested_kind kind, struct sg_attested *out)
{
	struct sg_reader r = sg_reader(bytes);

	memset(out, 0, sizeof *out);
	if (sg_read_u32(&r) != GENERATED || sg_read_u16(&r) != kind)
		return false;
	out->signer = read_sized(&r);
	out->extra = read_sized(&r);
	(void)sg_read_bytes(&r, 8 + 4 + 4 + 1); /* clockInfo */
	(void)sg_read_u64(&r);                  /* firmwareVersion */
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].kind == kind)
			kinds[i].read(&r, out);
	return sg_reader_done(&r);
}

enum sg_enroll_reason sg_attested_check(const struct sg_enroll_attest *attest,
                                        enum sg_attested_kind kind,
                                        const struct sg_attesting *by, struct sg_attested *out)
{
	const struct sg_bytes bytes = sg_buf_bytes(&attest->attest);
	uint8_t digest[SG_P256_DIGEST];
	enum sg_err err;

	if (!read_attest(bytes, kind, out))
		return SG_ENROLL_ATTEST;
	err = sg_digest_once(SG_SHA256, bytes, digest);
	if (err == SG_OK)
		err = sg_p256_verify(sg_bytes(by->point, sizeof by->point),
		                     sg_bytes(digest, sizeof digest),
		                     sg_buf_bytes(&attest->signature));
	if (err == SG_ERR_TAG || err == SG_ERR_RANGE)
		return SG_ENROLL_ATTEST_SIGNATURE;
	if (err != SG_OK)
		return SG_ENROLL_INTERNAL;
	if (!sg_bytes_equal(out->signer, sg_bytes(by->signer, sizeof by->signer)))
		return SG_ENROLL_ATTEST_SIGNATURE;
	if (!sg_bytes_equal(out->extra, sg_bytes(by->qualifying, sizeof by->qualifying)))
		return SG_ENROLL_ATTEST_OTHER;
	return SG_ENROLL_OK;
}
