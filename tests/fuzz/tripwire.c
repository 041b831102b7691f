/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What a tripwire keeps, which is not authenticated: as it is found in the state folder, and
 * two of them compared.
 */
#include "core/tripwire.h"

#include <string.h>

#include "fuzz/input.h"
#include "seal/tpm/boot.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static bool try_parse(struct sg_bytes stored, struct sg_tripwire *out)
{
	struct sg_buf again = { 0 };
	struct sg_boot_view view;
	enum sg_err err = sg_tripwire_parse(stored, out);

	need(err == SG_OK || err == SG_ERR_FORMAT, "a record fails for another cause");
	if (err == SG_OK) {
		need(sg_tripwire_write(out, &again) == SG_OK, "memory");
		need(sg_bytes_equal(sg_buf_bytes(&again), stored), "a record has two forms");
		err = sg_tpm_boot_view(&out->state, &view);
		need(err == SG_OK || err == SG_ERR_FORMAT, "a state fails for another cause");
		need(err == SG_OK || !sg_tpm_boot_whole(&out->state), "what is no state is a whole one");
		err = SG_OK;
	}
	sg_buf_free(&again);
	return err == SG_OK;
}

static void try_judge(const struct sg_tripwire *before, struct sg_tripwire *now)
{
	const struct sg_boot_gap gap = {
		.same_boot = sg_boot_same(&before->moment, &now->moment),
		.slept = sg_boot_slept(&before->moment, &now->moment),
		.up = sg_boot_up(&now->moment),
		.late = before->late,
	}, good = {
		.up = gap.up,
		.late = sg_tpm_boot_late(&now->state, gap.up),
	};
	const struct sg_boot_state was = now->state;
	unsigned trips = sg_tpm_boot_judge(&before->state, &now->state, &gap);

	need(trips < 1u << SG_TRIPS, "a reason that nobody knows");
	need(trips == 0 || memcmp(&was, &now->state, sizeof was) == 0, "what trips takes something over");
	trips = sg_tpm_boot_judge(NULL, &now->state, &good);
	need((trips & ~(unsigned)SG_TRIP_RECORD) == 0, "what was taken for good trips");
	trips = sg_tpm_boot_judge(&before->state, &now->state, &gap);
	/* Who has taken the new state for good finds nothing in it the next time. */
	if (trips == 0 && gap.same_boot)
		need(sg_tpm_boot_judge(&now->state, &now->state, &gap) == 0, "a state trips over itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sg_tripwire one, two;
	size_t first = len < SG_TRIPWIRE_STORED ? len : SG_TRIPWIRE_STORED;

	if (len <= SG_TRIPWIRE_STORED)
		(void)try_parse(sg_bytes(data, len), &one);
	else if (try_parse(sg_bytes(data, first), &one) &&
	         try_parse(sg_bytes(data + first, len - first), &two))
		try_judge(&one, &two);
	return 0;
}
