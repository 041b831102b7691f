/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. What follows from the error of one member of a list of sealers: whether the next
 * one is asked, and which of several errors says most to who must mend it.
 */
#ifndef SG_SEAL_ANY_VERDICT_H
#define SG_SEAL_ANY_VERDICT_H

#include <stdbool.h>

#include "util/err.h"

/* Tell whether the next member is asked after a member failed to open a blob: where it could not
 * be asked, or has lost what it sealed. What it says of a PIN is the answer: no other member
 * takes a try, and a lockout is one. So is a failure of this process, which the next would meet. */
bool sg_any_goes_on(enum sg_err err);

/* Return the more telling of two errors, the first where they are alike; SG_OK tells nothing.
 * What can be put right comes before what is lost. */
enum sg_err sg_any_telling(enum sg_err first, enum sg_err second);

#endif
