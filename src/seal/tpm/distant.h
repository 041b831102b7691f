/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. What can be done for a TPM that is somewhere else, in bytes alone: its keys are
 * judged, and things are closed for it. No TPM is asked, and nothing of tpm2-tss is seen by who
 * calls: a registrar has neither.
 */
#ifndef SG_SEAL_TPM_DISTANT_H
#define SG_SEAL_TPM_DISTANT_H

#include "seal/node.h"
#include "seal/policy.h"
#include "util/secret.h"

/* Check that a TPMT_PUBLIC is that of an endorsement key of a template, and write its public key as
 * SubjectPublicKeyInfo in DER, which replaces what spki holds. Errors: FORMAT, NOMEM. */
enum sg_err sg_distant_ek(struct sg_bytes area, enum sg_ek kind, struct sg_buf *spki);

/* Check that a TPMT_PUBLIC is that of a storage key which can't leave its TPM. Errors: FORMAT. */
enum sg_err sg_distant_parent(struct sg_bytes area);

/* Make a credential of 1 to 32 bytes for the TPM that has this endorsement key and an object of
 * that Name: what TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET hold. Errors: FORMAT, RANGE, CRYPTO,
 * SECURE_MEMORY, NOMEM. */
enum sg_err sg_distant_credential(struct sg_bytes ek, struct sg_bytes name,
                                  const struct sg_secret *secret, struct sg_buf *blob,
                                  struct sg_buf *encrypted);

/* An object that a storage key imports. All zero is empty. */
struct sg_distant_object {
	struct sg_buf area;             /* TPMT_PUBLIC */
	struct sg_buf duplicate;        /* what TPM2B_PRIVATE holds */
	struct sg_buf seed;             /* what TPM2B_ENCRYPTED_SECRET holds */
};

/* Seal 1 to SG_SEAL_MAX bytes under a storage key, whose TPM will demand the policy: all of its
 * values are known, or it is NULL. Errors: FORMAT, RANGE, CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_distant_seal(struct sg_bytes storage_key, const struct sg_policy *policy,
                            const struct sg_secret *plain, struct sg_distant_object *out);

void sg_distant_object_clear(struct sg_distant_object *object);

#endif
