/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What trips a tripwire, in words.
 */
#include "seal/tripwire.h"

#include <assert.h>

static const struct {
	const char *name;
	const char *sentence;
} rows[SG_TRIPS] = {
	{ "reset", "the TPM was reset while the machine stayed up" },
	{ "restart", "the TPM was restarted while the machine was awake" },
	{ "seed", "the TPM makes another key of the null hierarchy, as after a reset" },
	{ "clock", "the clock of the TPM went back" },
	{ "unsafe", "the TPM lost its power without a shutdown" },
	{ "not-reset", "the machine was booted, and its TPM was not reset" },
	{ "older", "the TPM is in an older state than before, as after a snapshot was put back" },
	{ "silent", "the TPM does not tell its counters and its clock any more" },
	{ "record", "what was noted of the TPM was changed or cut short" },
	{ "young", "the TPM was started long after the machine, as after a reset that nobody saw" },
};

const char *sg_trip_name(unsigned bit)
{
	assert(bit < SG_TRIPS);
	return rows[bit].name;
}

const char *sg_trip_sentence(unsigned bit)
{
	assert(bit < SG_TRIPS);
	return rows[bit].sentence;
}
