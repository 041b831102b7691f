/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. How often the TPM was reset and restarted, its clock, and the key of its null
 * hierarchy, which lasts until the next reset [TPM2 Part 1 §36]. All of it comes in answers that
 * the session authenticates, so who stands on the bus can keep them back and not forge them.
 */
#ifndef SG_SEAL_TPM_BOOT_H
#define SG_SEAL_TPM_BOOT_H

#include "seal/tpm/context.h"
#include "seal/tripwire.h"

/* What a state consists of. */
struct sg_tpm_boot {
	bool seeded;                    /* seed was read */
	bool safe;
	uint32_t resets;
	uint32_t restarts;
	uint64_t time;                  /* milliseconds since it was started */
	uint64_t clock;                 /* milliseconds that it had power, since it was cleared */
	uint8_t seed[32];               /* from the Name of the null hierarchy's key */
};

/* Look at the TPM in a session that is salted to the storage root key, as it is after
 * sg_tpm_session_open; hmac: it is no policy session. It goes on, with the same attributes. One
 * command, and two more for a whole look. look->made stays false where the TPM refuses to tell:
 * the endorsement hierarchy has a password, or there is no null hierarchy. */
enum sg_err sg_tpm_boot_look(struct sg_tpm *tpm, ESYS_TR session, bool hmac,
                             struct sg_boot_look *look);

/* Write and read a state. Errors: FORMAT. */
void sg_tpm_boot_write(const struct sg_tpm_boot *boot, struct sg_boot_state *out);
enum sg_err sg_tpm_boot_read(const struct sg_boot_state *state, struct sg_tpm_boot *out);

/* See struct sg_tripwire_ops. */
unsigned sg_tpm_boot_judge(const struct sg_boot_state *before, struct sg_boot_state *now,
                           const struct sg_boot_gap *gap);
uint64_t sg_tpm_boot_late(const struct sg_boot_state *now, uint64_t up);
bool sg_tpm_boot_whole(const struct sg_boot_state *state);
enum sg_err sg_tpm_boot_view(const struct sg_boot_state *state, struct sg_boot_view *out);

#endif
