/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. PINs that an HSM refused, for the life of the process, so that none is tried
 * again by itself: an HSM locks itself after three.
 */
#ifndef SG_CLIENT_REFUSAL_H
#define SG_CLIENT_REFUSAL_H

#include "client/pin.h"

enum sg_client_refusal {
	SG_CLIENT_REFUSAL_NONE,         /* it may be tried */
	SG_CLIENT_REFUSAL_STANDS,
	SG_CLIENT_REFUSAL_COUNTED,      /* the same, while the HSM shows a wrong PIN in its count */
};

/* Remember that the HSM of this URI refused this PIN; counted: its token information has shown that
 * since. Errors: NOMEM, SECURE_MEMORY. */
enum sg_err sg_client_refusal_note(const char *uri, const struct sg_secret *pin,
                                   const struct sg_client_pin_origin *origin, bool counted);

/* Tell whether it refused this PIN: the same one, from a file that nobody has written since. */
enum sg_client_refusal sg_client_refusal_of(const char *uri, const struct sg_secret *pin,
                                            const struct sg_client_pin_origin *origin);

/* Forget what it refused: it took a PIN. */
void sg_client_refusal_forget(const char *uri);

#endif
