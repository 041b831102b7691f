/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A maker of TPMs: authorities that sign certificates, and certificates of endorsement
 * keys, in a TPM's memory too. Everything here fails the running test where it can't do its work.
 */
#ifndef TESTS_LIB_AUTHORITY_H
#define TESTS_LIB_AUTHORITY_H

#include <openssl/x509.h>

#include "lib/tpm.h"

struct test_authority {
	EVP_PKEY *key;
	X509 *certificate;
};

/* How a certificate differs from the one that is as it should be; all zero: in nothing. */
struct test_oddity {
	const char *usage;              /* another extended key usage, "" for none */
	const char *maker;              /* who made the TPM, "id:" and 8 digits; NULL: no name */
	bool expired;
	bool early;
};

/* Make an authority that signs by itself, or under another one. */
void test_authority_make(struct test_authority *out, const char *name,
                         const struct test_authority *under);

/* Make one that may not sign any: its certificate says so. */
void test_authority_make_unfit(struct test_authority *out, const char *name,
                               const struct test_authority *under);
void test_authority_free(struct test_authority *authority);

/* Put its certificate, in DER, in the place of what out holds. */
void test_authority_der(const struct test_authority *authority, struct sg_buf *out);

/* Append its certificate as PEM. */
void test_authority_pem(const struct test_authority *authority, struct sg_buf *out);

/* Make the certificate of an endorsement key, in DER, which replaces what out holds. */
void test_endorse(const struct test_authority *by, EVP_PKEY *key, const struct test_oddity *odd,
                  struct sg_buf *out);

/* Make the list of what an authority revoked, in DER, which replaces what out holds: that
 * certificate, in DER, or none. over: the list's time is. */
void test_revoke(const struct test_authority *by, struct sg_bytes certificate, bool over,
                 struct sg_buf *out);

/* Get the endorsement key of a TPM: "ecc" or "rsa". */
EVP_PKEY *test_endorsement_key(struct test_tpm *tpm, const char *kind);

/* Put a certificate where the maker of a TPM leaves that of such a key. */
void test_endorsement_put(struct test_tpm *tpm, const char *kind, struct sg_bytes certificate);

/* Put bytes where a maker leaves those between, into the n-th index there. */
void test_endorsement_between(struct test_tpm *tpm, unsigned n, struct sg_bytes bytes);

/* Give a TPM a certificate of its P-256 key by this authority. */
void test_endorse_tpm(struct test_tpm *tpm, const struct test_authority *by);

#endif
