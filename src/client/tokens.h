/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Which tokens of a module a URI names, where it may be more than one. Nobody logs
 * in, and nothing stays connected.
 */
#ifndef SG_CLIENT_TOKENS_H
#define SG_CLIENT_TOKENS_H

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "util/err.h"

/* List the tokens that the URI names in the module of this path, or for NULL in those that are
 * registered with p11-kit, as far as they work; none is fine. The caller frees
 * *tokens. Errors: those of sg_client_module_load, HSM_FAULT in a child that may call no
 * module, NOMEM, and those of the module. */
enum sg_err sg_client_tokens(P11KitUri *uri, const char *module, CK_TOKEN_INFO **tokens,
                             size_t *n);

#endif
