/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. The start and the end of the ring; holds no state of its own.
 */
#include "crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>

#include "crypto/ssl.h"
#include "util/log.h"

enum sg_err sg_crypto_start(void)
{
	/* It takes a lock and answers 1 when it was called before. */
	if (sodium_init() < 0) {
		sg_log(SG_LOG_ERROR, "libsodium could not be initialised");
		return SG_ERR_CRYPTO;
	}

	/* OpenSSL would do this at its first use, under locks of the whole process that
	 * a child would find taken for ever if another thread forked meanwhile. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) != 1) {
		sg_log(SG_LOG_ERROR, "OpenSSL could not be initialised");
		return SG_ERR_CRYPTO;
	}
	return sg_ssl_start();
}

void sg_crypto_settle(void)
{
	/* A configuration that is wrong is the application's affair. Called from inside
	 * itself this returns at once. */
	ERR_set_mark();
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	ERR_pop_to_mark();
}

void sg_crypto_errors_hold(void)
{
	ERR_set_mark();
}

void sg_crypto_errors_drop(void)
{
	ERR_pop_to_mark();
}

void sg_crypto_stop(void)
{
	sg_ssl_free();
}
