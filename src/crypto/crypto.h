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

/* Give back what the libraries hold for us. No thread may be computing. */
void sg_crypto_stop(void);

#endif
