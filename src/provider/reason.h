/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Why something failed, as OpenSSL's error queue has it: a sentence with the cause and the
 * next step, and behind it what the token itself said.
 */
#ifndef SG_PROVIDER_REASON_H
#define SG_PROVIDER_REASON_H

#include <openssl/core.h>

#include "util/err.h"

struct sg_provider;

enum sg_prov_reason {
	SG_PROV_NOMEM = 1,
	SG_PROV_SYSTEM,
	SG_PROV_CONFIG,
	SG_PROV_URI,
	SG_PROV_OTHER_MODULE,
	SG_PROV_NO_TOKEN,
	SG_PROV_NO_OBJECT,
	SG_PROV_MANY_OBJECTS,
	SG_PROV_TOKEN_GONE,
	SG_PROV_BUSY,
	SG_PROV_SESSIONS,
	SG_PROV_FAULT,
	SG_PROV_REFUSED,
	SG_PROV_PIN,
	SG_PROV_PIN_FILE,
	SG_PROV_PIN_LAST,
	SG_PROV_PIN_LOCKED,
	SG_PROV_KEY_GONE,
	SG_PROV_KEY_CHANGED,
	SG_PROV_PUBLIC_ONLY,
	SG_PROV_PRIVATE_STAYS,
	SG_PROV_KEY,
	SG_PROV_FILE,
	SG_PROV_DIGEST,
	SG_PROV_LENGTH,
	SG_PROV_PARAMETER,
	SG_PROV_ORDER,
	SG_PROV_MODULE,
	SG_PROV_KEY_PIN,
	SG_PROV_USER,
	SG_PROV_LOCKED_MEMORY,
};

extern const OSSL_ITEM sg_prov_reasons[];

/* Keep what is logged, so that it can be said. */
void sg_prov_reasons_start(void);

/* Forget what this thread logged: something new begins. */
void sg_prov_begin(void);

/* Put a reason into OpenSSL's error queue; returns 0, as what failed in OpenSSL does. */
int sg_prov_raise(const struct sg_provider *provider, enum sg_prov_reason reason);

/* Put the reason that belongs to an error there; returns 0. */
int sg_prov_raise_err(const struct sg_provider *provider, enum sg_err err);

#endif
