/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The keys of a TPM in software, and what it would do with them: attest, open credentials,
 * import. It lies about whatever a test wants it to. Everything here fails the running test where
 * it can't do its work.
 */
#ifndef TESTS_LIB_SOFT_TPM_H
#define TESTS_LIB_SOFT_TPM_H

#include <openssl/evp.h>

#include "seal/node.h"
#include "util/secret.h"

struct soft_tpm {
	enum sg_ek kind;
	EVP_PKEY *ek_key, *ak_key, *parent_key;
	struct sg_buf ek, ak, parent;   /* TPMT_PUBLIC */
};

/* Make one with keys of its own; the caller frees it. */
void soft_tpm_make(struct soft_tpm *tpm, enum sg_ek kind);
void soft_tpm_free(struct soft_tpm *tpm);

/* Write the public area of a key of P-256: one that attests, with these attributes. */
void soft_tpm_ak_area(EVP_PKEY *key, uint32_t attributes, struct sg_buf *out);

/* Sign with ECDSA and SHA-256: r ‖ s replace what out holds. */
void soft_tpm_sign(EVP_PKEY *key, struct sg_bytes message, struct sg_buf *out);

/* Write a public key as SubjectPublicKeyInfo. */
void soft_tpm_spki(EVP_PKEY *key, struct sg_buf *out);

/* Open a credential for an object with that Name; false where a TPM would refuse. */
bool soft_tpm_activate(const struct soft_tpm *tpm, struct sg_bytes name, struct sg_bytes credential,
                       struct sg_bytes encrypted, struct sg_secret **out);

/* Take in an object below the storage key: out gets what was sealed; false where a TPM would
 * refuse. */
bool soft_tpm_import(const struct soft_tpm *tpm, struct sg_bytes area, struct sg_bytes duplicate,
                     struct sg_bytes encrypted, struct sg_secret **out);

#endif
