/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What the section of openssl.cnf says that loads the provider:
 *
 *     pkcs11-module-path      the PKCS#11 module; signet's own unless it is said. p11-kit's proxy
 *                             stands for all modules that are registered with p11-kit
 *     pin-source              where PINs are that a URI does not name [RFC 7512 §2.4]
 *
 * The default provider must stand before us in the list of providers: OpenSSL takes the first one
 * of a name to make keys, which we don't, and TLS and the TPM's library make some.
 *
 * OpenSSL tells a provider the value of a key that it asks for and not which keys there are, so a
 * key that is spelled wrong goes unnoticed.
 */
#ifndef SG_PROVIDER_SECTION_H
#define SG_PROVIDER_SECTION_H

#include <stdbool.h>

struct sg_provider;

struct sg_prov_section {
	char *module;                   /* a path, or a name that p11-kit finds; NULL: all */
	char *pin_source;               /* NULL: there is none */
};

/* Ask OpenSSL for it. False where memory is exhausted or OpenSSL does not answer. */
bool sg_prov_section_read(struct sg_provider *provider);

/* Free what it holds. */
void sg_prov_section_free(struct sg_prov_section *section);

/* Tell whether a URI that names this module means the one of the configuration. Who writes a URI
 * does not choose what code runs. */
bool sg_prov_section_is_module(const struct sg_prov_section *section, const char *path);

#endif
