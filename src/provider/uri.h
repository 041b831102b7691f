/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. pkcs11: URIs [RFC 7512]: those that programs give, and those of the tokens that fit
 * them. A URI never chooses the module that is loaded.
 */
#ifndef SG_PROVIDER_URI_H
#define SG_PROVIDER_URI_H

#include <p11-kit/uri.h>

#include "provider/provider.h"
#include "util/bytes.h"
#include "util/secret.h"

/* Read a URI. The PIN in it, if there is one, is taken out into *pin. The caller frees both.
 * Errors: FORMAT for no pkcs11: URI, NOMEM, SECURE_MEMORY. */
enum sg_err sg_prov_uri_read(const char *text, P11KitUri **uri, struct sg_secret **pin);

/* The same of what a program gives, for this provider: a URI that would choose another module
 * than the configured one is refused. Raises what goes wrong, and returns false. */
bool sg_prov_uri_open(struct sg_provider *provider, const char *text, P11KitUri **uri,
                      struct sg_secret **pin);

/* Write the URI of one token, with the way to its PIN: the wanted URI's pin-source, or else the
 * configured one, unless a PIN is there already. The caller frees *text. Errors: NOMEM. */
enum sg_err sg_prov_uri_of_token(const struct sg_provider *provider, P11KitUri *wanted,
                                 const CK_TOKEN_INFO *token, bool has_pin, char **text);

/* Write the URI of a private key in such a token, by its CKA_ID and CKA_LABEL, of which one may be
 * empty, and without the way to its PIN. The caller frees *text. Errors: NOMEM. */
enum sg_err sg_prov_uri_of_key(const char *token, struct sg_bytes id, struct sg_bytes label,
                               char **text);

#endif
