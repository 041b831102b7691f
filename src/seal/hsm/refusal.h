/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. PINs that an HSM refused, for the life of the process, so that none is tried again
 * by itself: an HSM locks itself after three.
 */
#ifndef SG_SEAL_HSM_REFUSAL_H
#define SG_SEAL_HSM_REFUSAL_H

#include "seal/hsm/pin.h"

enum sg_hsm_refusal {
	SG_HSM_REFUSAL_NONE,            /* it may be tried */
	SG_HSM_REFUSAL_STANDS,
	SG_HSM_REFUSAL_COUNTED,         /* the same, while the HSM shows a wrong PIN in its count */
};

/* Remember that the HSM of this URI refused this PIN; counted: its token information has shown that
 * since. Errors: NOMEM, SECURE_MEMORY. */
enum sg_err sg_hsm_refusal_note(const char *uri, const struct sg_secret *pin,
                                const struct sg_hsm_pin_origin *origin, bool counted);

/* Tell whether it refused this PIN: the same one, from a file that nobody has written since. */
enum sg_hsm_refusal sg_hsm_refusal_of(const char *uri, const struct sg_secret *pin,
                                      const struct sg_hsm_pin_origin *origin);

/* Forget what it refused: it took a PIN. */
void sg_hsm_refusal_forget(const char *uri);

#endif
