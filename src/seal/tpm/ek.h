/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Endorsement keys: the keys that a maker's certificate says live in one of his TPMs.
 * They are made anew from the templates of the standard whenever they are needed, and are then
 * the very same [TCG EK Credential Profile §B.3]. Only the templates L-1 and L-2 are used.
 */
#ifndef SG_SEAL_TPM_EK_H
#define SG_SEAL_TPM_EK_H

#include "crypto/spki.h"
#include "seal/attest.h"
#include "seal/node.h"
#include "seal/tpm/context.h"

/* Make the public area of an endorsement key out of the public key in its certificate, a
 * SubjectPublicKeyInfo in DER, and tell which it is. Errors: FORMAT for keys of no template. */
enum sg_err sg_ek_area(struct sg_bytes spki, enum sg_ek *kind, TPMT_PUBLIC *out);

/* Make or find the key in the TPM; *area is its public area, which the caller frees with
 * Esys_Free and may not ask for. The session, HMAC, authenticates the answer; with
 * ESYS_TR_PASSWORD nothing does, for what is only shown. Errors: HW_EK_AUTH where the
 * endorsement hierarchy has a password, HW_UNSUPPORTED, and those of the TPM. */
enum sg_err sg_ek_open(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind, ESYS_TR *ek,
                       TPM2B_PUBLIC **area);

/* Open a policy session in which an endorsement key may be used, salted to salt. */
enum sg_err sg_ek_session_open(struct sg_tpm *tpm, ESYS_TR salt, ESYS_TR *policy);

/* Read the certificate of a key from the TPM's memory, which replaces what out holds; it is not
 * looked at. Errors: NOT_FOUND where the maker left none, and those of the TPM. */
enum sg_err sg_ek_certificate(struct sg_tpm *tpm, enum sg_ek kind, struct sg_buf *out);

/* Read the certificates that the maker left for whoever follows the chain from an endorsement key's
 * to his own, which replace what out holds; they are not looked at. What is no certificate ends the
 * list, and so does its bound; a TPM without any is no error. Errors: those of the TPM. */
enum sg_err sg_ek_between(struct sg_tpm *tpm, struct sg_buf out[SG_ATTEST_BETWEEN]);

/* Read the certificate of a key, which replaces what out holds, and keep it where it is that of the
 * key which this TPM has; out is empty where there is none. area gets the public area of that
 * key, a TPMT_PUBLIC, where there is a certificate; it may be NULL. The session is HMAC. Errors:
 * HW_EK_AUTH where the endorsement hierarchy has a password; those of the TPM. */
enum sg_err sg_ek_certified(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind,
                            struct sg_buf *out, struct sg_buf *area);

#endif
