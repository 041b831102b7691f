/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Starting and ending the cryptographic libraries.
 */
#ifndef SG_CRYPTO_CRYPTO_H
#define SG_CRYPTO_CRYPTO_H

#include "util/err.h"

/* Initialise libsodium and what OpenSSL has one of in a process; our own context
 * is made at its first use. Thread-safe and cheap when repeated. Errors: CRYPTO. */
enum sg_err sg_crypto_start(void);

/* Have OpenSSL read the application's configuration into its default context, once.
 * We don't use that context, but tpm2-tss does, and what the configuration loads may
 * call this module: so it happens before a lock is taken that such a call needs. */
void sg_crypto_settle(void);

/* Keep the errors of what this thread calls between the two out of OpenSSL's queue, which is the
 * application's: SSL_get_error(3) takes what lies there for its connection's. They nest. */
void sg_crypto_errors_hold(void);
void sg_crypto_errors_drop(void);

/* Give back what the libraries hold for us. No thread may be computing. */
void sg_crypto_stop(void);

#endif
