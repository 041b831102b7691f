/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Where an HSM is: its PKCS#11 module, loaded and initialised by p11-kit, and the
 * one slot whose token a URI names. Two users of one module in a process share it.
 */
#ifndef SG_CLIENT_PLACE_H
#define SG_CLIENT_PLACE_H

#include "client/slots.h"

struct sg_client_place {
	P11KitUri *uri;
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
	bool is_own;                    /* the module is ours, and holds signals back itself */
};

/* Find the token that a pkcs11: URI names, in the module of its module-path, or else in those that
 * are registered with p11-kit, of its module-name if there is one. Our own tokens are no HSM, also
 * where another module passes them on (client/manner.h). Errors: CONFIG for a URI that
 * is none or fits two tokens, or a module that others can change, HSM_MISSING, HSM_FAULT in a child
 * that may call no module, and those of the module. */
enum sg_err sg_client_place_find(const char *uri, struct sg_client_place **out);

/* Tell how well a URI fits a token of that label and serial, without blanks at their ends: 0 where
 * it names another one or can't be read, else the more the better. What is empty is not known.
 * No I/O. */
unsigned sg_client_place_fits(const char *uri, struct sg_bytes label, struct sg_bytes serial);

/* Have p11-kit load the module of a path, unless somebody but root and this user can change it; a
 * name that is no absolute path is p11-kit's to find. The caller releases *out with p11-kit, and
 * is between enter and leave. Errors: CONFIG for a module that others can change, HSM_MISSING. */
enum sg_err sg_client_module_load(const char *path, CK_FUNCTION_LIST **out);

/* Let go of the module, unless the process is ending, and free *place, setting it to NULL; NULL is
 * fine. */
void sg_client_place_free(struct sg_client_place **place);

#endif
