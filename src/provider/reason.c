/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The table of reasons. Errors go through OpenSSL's core and not through its ERR functions:
 * a program may have two copies of OpenSSL, and the core is of the one that loaded us.
 */
#include "provider/reason.h"

#include <stdarg.h>
#include <stdio.h>

#include "provider/provider.h"
#include "util/log.h"

/* At most 100 characters each: programs such as node show a line of 127 with what is before it. */
const OSSL_ITEM sg_prov_reasons[] = {
	{ SG_PROV_NOMEM, (void *)"memory is exhausted" },
	{ SG_PROV_SYSTEM, (void *)"the system refused something that is needed" },
	{ SG_PROV_CONFIG, (void *)"the URI, or the provider's section in openssl.cnf, can't be used" },
	{ SG_PROV_URI, (void *)"this is no pkcs11: URI; see RFC 7512" },
	{ SG_PROV_OTHER_MODULE,
	  (void *)"the URI names another PKCS#11 module than pkcs11-module-path in openssl.cnf" },
	{ SG_PROV_NO_TOKEN,
	  (void *)"no token fits the URI; see what \"signet status\" or \"p11-kit list-tokens\" shows" },
	{ SG_PROV_NO_OBJECT, (void *)"the token has nothing that fits the URI and can be used" },
	{ SG_PROV_MANY_OBJECTS, (void *)"too many objects fit the URI; name one by object or id" },
	{ SG_PROV_TOKEN_GONE, (void *)"the token, or its TPM, is not there any more, or not yet" },
	{ SG_PROV_BUSY, (void *)"the token is in use; try again" },
	{ SG_PROV_SESSIONS, (void *)"the token opens no more sessions" },
	{ SG_PROV_FAULT, (void *)"the token failed" },
	{ SG_PROV_REFUSED, (void *)"the token does not do this with this key" },
	{ SG_PROV_PIN,
	  (void *)"the PIN of the token is wrong or not given; see pin-source. It was not tried twice" },
	{ SG_PROV_PIN_FILE,
	  (void *)"the file of the PIN is not safe: it must belong to this user or root, mode 0600" },
	{ SG_PROV_PIN_LAST,
	  (void *)"the token leaves one try of its PIN, which is not spent on a file; log in by hand" },
	{ SG_PROV_PIN_LOCKED, (void *)"the token takes no PIN any more; it has to be unlocked" },
	{ SG_PROV_KEY_GONE, (void *)"the key was deleted from the token, or the token was made anew" },
	{ SG_PROV_KEY_CHANGED,
	  (void *)"what the token signed does not fit the public key: another key is in its place" },
	{ SG_PROV_PUBLIC_ONLY, (void *)"this is a public key and can't sign" },
	{ SG_PROV_PRIVATE_STAYS, (void *)"private keys don't leave the token, and none comes from outside" },
	{ SG_PROV_KEY, (void *)"this is no Ed25519 key and no P-256 key" },
	{ SG_PROV_FILE,
	  (void *)"the key file that should hold a pkcs11: URI is damaged; signet key-file writes one" },
	{ SG_PROV_DIGEST, (void *)"no digest but SHA-256, SHA-384 and SHA-512 is done here, and none with "
	  "Ed25519" },
	{ SG_PROV_LENGTH, (void *)"a buffer is too short, or a digest has not its length" },
	{ SG_PROV_PARAMETER, (void *)"a parameter has a value that can't be had here" },
	{ SG_PROV_ORDER,
	  (void *)"no keys are made here; put the default provider before this one in openssl.cnf" },
	{ SG_PROV_MODULE,
	  (void *)"the PKCS#11 module can't be loaded; see pkcs11-module-path in openssl.cnf" },
	{ SG_PROV_KEY_PIN,
	  (void *)"the key has a PIN of its own, for which nobody can be asked at each use; take another" },
	{ SG_PROV_USER,
	  (void *)"this user may not use the token: its state folder, or its TPM, is not his to open" },
	{ SG_PROV_LOCKED_MEMORY,
	  (void *)"memory for secrets can't be locked; raise LimitMEMLOCK of the service, or ulimit -l" },
	{ 0, NULL }
};

struct row {
	enum sg_err err;
	enum sg_prov_reason reason;
};

static const struct row rows[] = {
	{ SG_ERR_NOMEM, SG_PROV_NOMEM },
	{ SG_ERR_SECURE_MEMORY, SG_PROV_LOCKED_MEMORY },
	{ SG_ERR_SYSTEM, SG_PROV_SYSTEM },
	{ SG_ERR_CONFIG, SG_PROV_CONFIG },
	{ SG_ERR_STORE_UNSAFE, SG_PROV_PIN_FILE },
	{ SG_ERR_HW_PERMISSION, SG_PROV_USER },
	{ SG_ERR_HSM_MISSING, SG_PROV_NO_TOKEN },
	{ SG_ERR_HSM_REMOVED, SG_PROV_TOKEN_GONE },
	{ SG_ERR_HSM_BUSY, SG_PROV_BUSY },
	{ SG_ERR_HSM_SESSIONS, SG_PROV_SESSIONS },
	{ SG_ERR_HSM_FAULT, SG_PROV_FAULT },
	{ SG_ERR_HSM_MECHANISM, SG_PROV_REFUSED },
	{ SG_ERR_HSM_PIN, SG_PROV_PIN },
	{ SG_ERR_HSM_LAST, SG_PROV_PIN_LAST },
	{ SG_ERR_HSM_LOCKED, SG_PROV_PIN_LOCKED },
	{ SG_ERR_HSM_OTHER, SG_PROV_KEY_GONE },
	{ SG_ERR_TAG, SG_PROV_KEY_CHANGED },
	{ SG_ERR_NOT_FOUND, SG_PROV_NO_OBJECT },
	{ SG_ERR_RANGE, SG_PROV_MANY_OBJECTS },
};

/* The newest line that this thread logged as an error. */
static _Thread_local char detail[512];

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level == SG_LOG_ERROR)
		snprintf(detail, sizeof detail, "%s", line);
}

void sg_prov_reasons_start(void)
{
	sg_log_set(keep, NULL);
}

void sg_prov_begin(void)
{
	detail[0] = '\0';
}

__attribute__((format(printf, 3, 4)))
static void set(const struct sg_provider *provider, enum sg_prov_reason reason, const char *format,
                ...)
{
	va_list args;

	va_start(args, format);
	provider->new_error(provider->handle);
	provider->set_error_debug(provider->handle, "signet.so", 0, "provider");
	provider->vset_error(provider->handle, (uint32_t)reason, format, args);
	va_end(args);
}

int sg_prov_raise(const struct sg_provider *provider, enum sg_prov_reason reason)
{
	if (detail[0] != '\0')
		set(provider, reason, "%s", detail);
	else
		set(provider, reason, "%s", "");
	detail[0] = '\0';
	return 0;
}

int sg_prov_raise_err(const struct sg_provider *provider, enum sg_err err)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].err == err)
			return sg_prov_raise(provider, rows[i].reason);
	return sg_prov_raise(provider, SG_PROV_FAULT);
}
