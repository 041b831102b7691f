/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. Asking one member of a list of sealers, and not for ever: an HSM in a network may
 * say nothing for minutes, while the next member would have opened the token at once.
 */
#ifndef SG_SEAL_ANY_ASK_H
#define SG_SEAL_ANY_ASK_H

#include "seal/sealer.h"

/* Open a blob as the member's unseal does, within so many seconds where its device may hang.
 * Errors: the member's; HSM_TIMEOUT where it is late, and also then, at once, while it
 * still has not answered an earlier question. */
enum sg_err sg_any_ask_unseal(struct sg_sealer *member, unsigned seconds, struct sg_bytes parent,
                              const struct sg_seal_guard *guard, struct sg_bytes blob,
                              struct sg_secret **out);

/* The same for its status; of a member that is late, out stays as it is. */
enum sg_err sg_any_ask_status(struct sg_sealer *member, unsigned seconds, struct sg_bytes parent,
                              struct sg_sealer_status *out);

#endif
