/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. A list of sealers, "hsm+tpm": each seals the same secret, and any one of them
 * opens it. They are tried in the order of the list, whose strength is that of its weakest.
 */
#ifndef SG_SEAL_ANY_SEALER_H
#define SG_SEAL_ANY_SEALER_H

#include "seal/any/list.h"
#include "seal/sealer.h"

/* Make the list of n members, 2 to SG_ANY_MOST, that name names. A member that can't be opened
 * is one that is not there. Errors: NOMEM; the first member's where none can be opened. */
enum sg_err sg_any_open(const char *name, const struct sg_sealer_ops *const *members, size_t n,
                        const struct sg_config *config, struct sg_sealer **out);

/* Write the model of such a list: its name in capitals, or that it is insecure. */
void sg_any_model(const char *name, const struct sg_sealer_ops *const *members, size_t n,
                  char out[SG_SEALER_MODEL + 1]);

#endif
