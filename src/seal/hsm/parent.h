/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. What a token record keeps of the HSM that sealed the token: its key there and how
 * that is used, and by what the HSM is known again. Never where its module is: who writes the
 * store would choose the code that runs.
 */
#ifndef SG_SEAL_HSM_PARENT_H
#define SG_SEAL_HSM_PARENT_H

#include "seal/hsm/profile.h"

struct sg_hsm_parent {
	struct sg_hsm_profile profile;
	struct sg_bytes label, serial;  /* of the HSM's token: which one is asked first */
};

/* Write the stored form; it replaces what out holds. info is that of the HSM's token [formats,
 * "SGHP"]. Errors: NOMEM. */
enum sg_err sg_hsm_parent_write(const struct sg_hsm_profile *profile, const CK_TOKEN_INFO *info,
                                struct sg_buf *out);

/* Read it, with label and serial as views into bytes; false for what sg_hsm_parent_write would not
 * write. */
bool sg_hsm_parent_read(struct sg_bytes bytes, struct sg_hsm_parent *parent);

#endif
