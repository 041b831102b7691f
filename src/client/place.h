/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Where an HSM is: its PKCS#11 module, loaded and initialised by p11-kit, and the
 * one slot whose token a URI names. Two users of one module in a process share it.
 */
#ifndef SG_CLIENT_PLACE_H
#define SG_CLIENT_PLACE_H

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "util/bytes.h"
#include "util/err.h"

struct sg_client_place {
	P11KitUri *uri;
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
};

/* Find the token that a pkcs11: URI names, in the module of its module-path, or else in those that
 * are registered with p11-kit, of its module-name if there is one. Our own tokens are no HSM, also
 * where another module passes them on. Errors: CONFIG for a URI that is none or fits two
 * tokens, or a module that others can change, HSM_MISSING, HSM_FAULT in a child that may call no
 * module, and those of the module. */
enum sg_err sg_client_place_find(const char *uri, struct sg_client_place **out);

/* Tell how well a URI fits a token of that label and serial, without blanks at their ends: 0 where
 * it names another one or can't be read, else the more the better. What is empty is not known.
 * No I/O. */
unsigned sg_client_place_fits(const char *uri, struct sg_bytes label, struct sg_bytes serial);

/* Return what a field of a module's information holds, without the blanks that fill it. */
struct sg_bytes sg_client_field(const unsigned char *field, size_t len);

/* Let go of the module and free *place, setting it to NULL; NULL is fine. */
void sg_client_place_free(struct sg_client_place **place);

#endif
