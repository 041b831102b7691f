/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The box around a minted key's duplicate. The storage key can open the duplicate
 * alone; whether that key lives in the TPM that is meant, nobody knows before a credential for both
 * was opened, and its secret is the key of this box.
 */
#ifndef SG_ENROLL_BOX_H
#define SG_ENROLL_BOX_H

#include "util/secret.h"

#define SG_ENROLL_BOX_KEY 32            /* bytes; used for one box */

/* Close a duplicate for an object and its seed; the box replaces what out holds. Errors: RANGE,
 * CRYPTO, NOMEM. */
enum sg_err sg_enroll_box_close(const struct sg_secret *key, struct sg_bytes object,
                                struct sg_bytes seed, struct sg_bytes duplicate,
                                struct sg_buf *out);

/* Open one; the caller frees *duplicate. Errors: TAG where the box, the object or the seed was
 * changed, or the key is another; RANGE, CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_enroll_box_open(const struct sg_secret *key, struct sg_bytes object,
                               struct sg_bytes seed, struct sg_bytes box,
                               struct sg_secret **duplicate);

#endif
