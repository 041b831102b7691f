/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The life of the TPM: reading it, and what of a change a boot or a sleep of the
 * machine explains.
 */
#include "seal/tpm/boot.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "seal/tpm/srk.h"
#include "util/log.h"

#define VERSION 1
#define USED 58                         /* bytes of a state; zeros follow */
#define CLOCK_LAG 4194304               /* ms that a power cut takes back [TPM2 Part 1 §36.3.2] */
#define DRIFT 6                         /* a TPM may lose this part of the time */
#define GRACE 60000                     /* ms by which one in software may start after the kernel */

enum { FLAG_SEEDED = 1, FLAG_SAFE = 2 };

/* Reading it. */

static void take_time(const TPMS_TIME_INFO *time, struct sg_tpm_boot *out)
{
	out->time = time->time;
	out->clock = time->clockInfo.clock;
	out->resets = time->clockInfo.resetCount;
	out->restarts = time->clockInfo.restartCount;
	out->safe = time->clockInfo.safe == TPM2_YES;
}

static enum sg_err take_attest(const TPM2B_ATTEST *attest, struct sg_tpm_boot *out)
{
	TPMS_ATTEST data;
	size_t at = 0;

	if (Tss2_MU_TPMS_ATTEST_Unmarshal(attest->attestationData, attest->size, &at, &data) !=
	            TSS2_RC_SUCCESS ||
	    data.magic != TPM2_GENERATED_VALUE || data.type != TPM2_ST_ATTEST_TIME) {
		sg_log(SG_LOG_ERROR, "what the TPM says of its clock has not the form that it must have");
		return SG_ERR_HW_FAULT;
	}
	take_time(&data.attested.time.time, out);
	return SG_OK;
}

/* GetTime can be authenticated by every session [TPM2 Part 3 §18.7]. Nobody signs. */
static enum sg_err get_time(struct sg_tpm *tpm, ESYS_TR session, struct sg_tpm_boot *out)
{
	static const TPM2B_DATA nothing;
	static const TPMT_SIG_SCHEME unsigned_scheme = { .scheme = TPM2_ALG_NULL };
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *signature = NULL;
	TSS2_RC rc;
	enum sg_err err;

	rc = Esys_GetTime(tpm->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD,
	                  ESYS_TR_PASSWORD, session, &nothing, &unsigned_scheme, &attest,
	                  &signature);
	err = sg_tpm_err(TPM2_CC_GetTime, rc);
	if (err == SG_OK)
		err = take_attest(attest, out);
	Esys_Free(attest);
	Esys_Free(signature);
	return err;
}

/* ReadClock needs no authorisation, but only an audit session authenticates its answer, which
 * a policy session can't be, and not every TPM takes one [TPM2 Part 3 §29.1]. */
static enum sg_err read_clock(struct sg_tpm *tpm, ESYS_TR session, struct sg_tpm_boot *out)
{
	TPMS_TIME_INFO *time = NULL;
	enum sg_err err, back;

	err = sg_tpm_session_next(tpm, session, TPMA_SESSION_AUDIT | TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_ReadClock, Esys_ReadClock(tpm->esys, session, ESYS_TR_NONE,
		                                                   ESYS_TR_NONE, &time));
	if (err == SG_OK)
		take_time(time, out);
	/* Whatever it said, what follows in this session is encrypted. */
	back = sg_tpm_session_next(tpm, session,
	                           TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
	                           TPMA_SESSION_CONTINUESESSION);
	Esys_Free(time);
	return back != SG_OK ? back : err;
}

/* Make the key that the null hierarchy gives until the next reset, and keep of its Name what is
 * not the algorithm. */
static enum sg_err read_seed(struct sg_tpm *tpm, ESYS_TR session, struct sg_tpm_boot *out)
{
	TPM2B_NAME *name = NULL;
	ESYS_TR key = ESYS_TR_NONE;
	enum sg_err err = sg_srk_make_null(tpm, session, &key);

	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_CreatePrimary, Esys_TR_GetName(tpm->esys, key, &name));
	if (err == SG_OK && name->size != SG_SRK_NAME)
		err = SG_ERR_HW_FAULT;
	if (err == SG_OK) {
		memcpy(out->seed, name->name + (SG_SRK_NAME - sizeof out->seed), sizeof out->seed);
		out->seeded = true;
	}
	if (key != ESYS_TR_NONE && err == SG_OK)
		err = sg_tpm_err(TPM2_CC_FlushContext, Esys_FlushContext(tpm->esys, key));
	Esys_Free(name);
	return err;
}

/* Tell whether the TPM refuses the question, and not everything. Who stands on the bus may
 * refuse it with any word, which must not look like one about a PIN. */
static bool refused(enum sg_err err)
{
	return err == SG_ERR_HW_EK_AUTH || err == SG_ERR_HW_UNSUPPORTED || err == SG_ERR_AUTH ||
	       err == SG_ERR_LOCKED || err == SG_ERR_POLICY;
}

enum sg_err sg_tpm_boot_look(struct sg_tpm *tpm, ESYS_TR session, bool hmac,
                             struct sg_boot_look *look)
{
	struct sg_tpm_boot boot = { .seeded = false };
	enum sg_err err = get_time(tpm, session, &boot);

	look->made = false;
	if (refused(err) && hmac)
		err = read_clock(tpm, session, &boot);
	if (err == SG_OK && look->whole)
		err = read_seed(tpm, session, &boot);
	if (err == SG_OK) {
		sg_tpm_boot_write(&boot, &look->state);
		look->made = true;
	}
	return refused(err) ? SG_OK : err;
}

/* The form of a state. */

void sg_tpm_boot_write(const struct sg_tpm_boot *boot, struct sg_boot_state *out)
{
	uint8_t *p = out->bytes;

	memset(p, 0, sizeof out->bytes);
	p[0] = VERSION;
	p[1] = (uint8_t)((boot->seeded ? FLAG_SEEDED : 0) | (boot->safe ? FLAG_SAFE : 0));
	sg_put_u32(p + 2, boot->resets);
	sg_put_u32(p + 6, boot->restarts);
	sg_put_u64(p + 10, boot->time);
	sg_put_u64(p + 18, boot->clock);
	if (boot->seeded)
		memcpy(p + 26, boot->seed, sizeof boot->seed);
}

enum sg_err sg_tpm_boot_read(const struct sg_boot_state *state, struct sg_tpm_boot *out)
{
	const uint8_t *p = state->bytes;
	struct sg_boot_state again;

	*out = (struct sg_tpm_boot){
		.seeded = (p[1] & FLAG_SEEDED) != 0,
		.safe = (p[1] & FLAG_SAFE) != 0,
		.resets = sg_get_u32(p + 2),
		.restarts = sg_get_u32(p + 6),
		.time = sg_get_u64(p + 10),
		.clock = sg_get_u64(p + 18),
	};
	memcpy(out->seed, p + 26, sizeof out->seed);
	/* There is one way to write a state. */
	sg_tpm_boot_write(out, &again);
	return memcmp(&again, state, sizeof again) == 0 ? SG_OK : SG_ERR_FORMAT;
}

/* Judging it. */

static bool seeds_differ(const struct sg_tpm_boot *a, const struct sg_tpm_boot *b)
{
	return a->seeded && b->seeded && memcmp(a->seed, b->seed, sizeof a->seed) != 0;
}

static bool was_reset(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                      const struct sg_boot_gap *gap)
{
	(void)gap;
	return now->resets > before->resets;
}

/* A sleep may restart the TPM, and never resets it. */
static bool was_restarted(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                          const struct sg_boot_gap *gap)
{
	return !gap->slept && now->resets == before->resets && now->restarts > before->restarts;
}

static bool counts_less(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                        const struct sg_boot_gap *gap)
{
	(void)gap;
	return now->resets < before->resets ||
	       (now->resets == before->resets && now->restarts < before->restarts);
}

/* Nothing but a reset gives the null hierarchy another seed [TPM2 Part 1 §14.5]. */
static bool has_another_seed(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                             const struct sg_boot_gap *gap)
{
	(void)gap;
	return seeds_differ(before, now);
}

/* A restart begins the time again; the clock goes on from where the shutdown before left it. */
static bool went_back(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                      const struct sg_boot_gap *gap)
{
	(void)gap;
	return now->clock < before->clock ||
	       (now->resets == before->resets && now->restarts == before->restarts &&
	        now->time < before->time);
}

static bool became_unsafe(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                          const struct sg_boot_gap *gap)
{
	(void)gap;
	return before->safe && !now->safe;
}

static bool is_older(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                     const struct sg_boot_gap *gap)
{
	(void)gap;
	return now->resets < before->resets ||
	       (now->resets == before->resets && seeds_differ(before, now)) ||
	       now->clock + CLOCK_LAG < before->clock;
}

static bool was_not_reset(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                          const struct sg_boot_gap *gap)
{
	return now->resets == before->resets && !is_older(before, now, gap);
}

static uint64_t late(const struct sg_tpm_boot *now, uint64_t up)
{
	return up > now->time ? up - now->time : 0;
}

/* Firmware starts the TPM before the kernel. Its time goes by at a rate that may be wrong by 15
 * percent [TPM2 Part 3 §29.3]. */
static bool is_young(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
                     const struct sg_boot_gap *gap)
{
	uint64_t by = late(now, gap->up);

	(void)before;
	return by > gap->late && by - gap->late > gap->up / DRIFT + GRACE;
}

enum { FIRST = 1, WITHIN = 2, ACROSS = 4 };

/* What trips at a first look, within a boot of the machine, and where the last look was in
 * another boot, which resets the TPM. Within a boot the counters say more than the age. */
static const struct {
	unsigned when;
	enum sg_trip trip;
	bool (*met)(const struct sg_tpm_boot *before, const struct sg_tpm_boot *now,
	            const struct sg_boot_gap *gap);
} rules[] = {
	{ WITHIN, SG_TRIP_RESET, was_reset },
	{ WITHIN, SG_TRIP_RESTART, was_restarted },
	{ WITHIN, SG_TRIP_OLDER, counts_less },
	{ WITHIN, SG_TRIP_SEED, has_another_seed },
	{ WITHIN, SG_TRIP_CLOCK, went_back },
	{ WITHIN, SG_TRIP_UNSAFE, became_unsafe },
	{ ACROSS, SG_TRIP_OLDER, is_older },
	{ ACROSS, SG_TRIP_NOT_RESET, was_not_reset },
	{ FIRST | ACROSS, SG_TRIP_YOUNG, is_young },
};

unsigned sg_tpm_boot_judge(const struct sg_boot_state *before, struct sg_boot_state *now,
                           const struct sg_boot_gap *gap)
{
	unsigned when = before == NULL ? FIRST : gap->same_boot ? WITHIN : ACROSS, trips = 0;
	struct sg_tpm_boot old = { .seeded = false }, new;

	if ((before != NULL && sg_tpm_boot_read(before, &old) != SG_OK) ||
	    sg_tpm_boot_read(now, &new) != SG_OK)
		return SG_TRIP_RECORD;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if ((rules[i].when & when) != 0 && rules[i].met(&old, &new, gap))
			trips |= rules[i].trip;
	if (when == WITHIN && trips == 0 && old.seeded && !new.seeded) {
		memcpy(new.seed, old.seed, sizeof new.seed);
		new.seeded = true;
		sg_tpm_boot_write(&new, now);
	}
	return trips;
}

uint64_t sg_tpm_boot_late(const struct sg_boot_state *now, uint64_t up)
{
	struct sg_tpm_boot boot;

	return sg_tpm_boot_read(now, &boot) == SG_OK ? late(&boot, up) : 0;
}

bool sg_tpm_boot_whole(const struct sg_boot_state *state)
{
	struct sg_tpm_boot boot;

	return sg_tpm_boot_read(state, &boot) == SG_OK && boot.seeded;
}

enum sg_err sg_tpm_boot_view(const struct sg_boot_state *state, struct sg_boot_view *out)
{
	struct sg_tpm_boot boot;
	enum sg_err err = sg_tpm_boot_read(state, &boot);

	*out = (struct sg_boot_view){ boot.resets, boot.restarts, boot.safe };
	return err;
}
