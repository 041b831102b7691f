/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The storage root key, the parent of all that is sealed: where it
 * stands, what counts as one, how it is made. It is known by its Name, 000b followed
 * by the SHA-256 of its public area; what the TPM says about it without a session
 * is believed only as far as that Name goes.
 */
#ifndef SG_SEAL_TPM_SRK_H
#define SG_SEAL_TPM_SRK_H

#include "seal/tpm/context.h"
#include "util/secret.h"

#define SG_SRK_HANDLE 0x81000001        /* [TCG Provisioning Guidance §7.8] */
#define SG_SRK_NAME 34                  /* bytes of a SHA-256 Name */

/* Tell whether a public area is that of a storage parent as we make them, or of the RSA-2048 one
 * that other systems make: its algorithms and attributes are, its unique field is not looked at. */
bool sg_srk_fits(const TPMT_PUBLIC *area);

/* Take up the key that stands at its place, if its Name is the given one. The Name is
 * computed from the very public area that a salt will be encrypted to. One command,
 * and one more to say what it is that has another Name.
 * Errors: HW_NO_PARENT where nothing stands there, HW_FOREIGN where something does that
 * is no storage parent, HW_OTHER, and those of the TPM. */
enum sg_err sg_srk_open(struct sg_tpm *tpm, struct sg_bytes name, ESYS_TR *srk);

/* Read the public area, a TPMT_PUBLIC, of the key that sg_srk_open took up; it replaces what out
 * holds. Errors: HW_FAULT where it is not that of the Name, and those of the TPM. */
enum sg_err sg_srk_area(struct sg_tpm *tpm, ESYS_TR srk, struct sg_bytes name, struct sg_buf *out);

/* Look at what stands there: its Name, and whether it is a storage parent as we make
 * them, or the RSA-2048 one that other systems make.
 * Errors: HW_NO_PARENT where nothing stands there, and those of the TPM. */
enum sg_err sg_srk_look(struct sg_tpm *tpm, struct sg_buf *name, bool *parent);

/* Make the key that the same template gives in the null hierarchy: another one after each
 * reset of the TPM [TPM2 Part 1 §14.5]. The session, of any type, authenticates the answer. */
enum sg_err sg_srk_make_null(struct sg_tpm *tpm, ESYS_TR session, ESYS_TR *key);

/* Find the key or make it; something else at its place is left untouched. owner_auth
 * may be NULL. Errors: HW_OWNER_AUTH, HW_FOREIGN where something else stands there. */
enum sg_err sg_srk_provision(struct sg_tpm *tpm, const struct sg_secret *owner_auth,
                             struct sg_buf *name, bool *made);

#endif
