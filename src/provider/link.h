/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The connection of a provider to one token. It is made when it is first used, anew in a
 * child of fork, and kept until the provider is unloaded: a program may load its key for each
 * signature. PINs that somebody typed, or that stood in a URI, are kept for it in guarded memory;
 * a child does not have them.
 */
#ifndef SG_PROVIDER_LINK_H
#define SG_PROVIDER_LINK_H

#include <openssl/core_dispatch.h>

#include "client/pool.h"
#include "provider/provider.h"
#include "util/secret.h"

struct sg_prov_link;

/* Who is asked for a PIN that nothing names. */
struct sg_prov_asker {
	OSSL_PASSPHRASE_CALLBACK *fn;   /* NULL: nobody */
	void *arg;
};

/* Before the first one: PINs are asked through us. */
void sg_prov_links_start(void);

/* Return the provider's link to the token of a URI, which is made where there is none. pin is one
 * that was given, or NULL; a copy is kept. Errors: NOMEM, SECURE_MEMORY. */
enum sg_err sg_prov_link_find(struct sg_provider *provider, const char *uri,
                              const struct sg_secret *pin, struct sg_prov_link **out);

/* Return the URI with which it was made. */
const char *sg_prov_link_uri(const struct sg_prov_link *link);

/* Have fn work in a session of the token, as sg_client_do does and once more where the connection
 * was lost. asker may be NULL. */
enum sg_err sg_prov_link_do(struct sg_prov_link *link, const struct sg_prov_asker *asker,
                            enum sg_err (*fn)(struct sg_client_session *s, void *arg), void *arg);

/* Free all links of a provider, whose keys are gone, and close them unless they are left to the end
 * of the process: then no module is called. */
void sg_prov_links_free(struct sg_provider *provider, bool leave);

#endif
