/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, soft. The sealer "soft": a passphrase in a file, for development. It keeps
 * nothing from somebody who can read that file, and it is off unless the
 * configuration names it.
 */
#ifndef SG_SEAL_SOFT_SEALER_H
#define SG_SEAL_SOFT_SEALER_H

#include "seal/sealer.h"

extern const struct sg_sealer_ops sg_soft_sealer;

#endif
