/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Indices of the TPM's persistent memory: made, found by handle and Name,
 * removed. An index is known by its Name, which covers its handle, its attributes and its
 * policy; what the TPM says about one is believed only as far as that Name goes, and what
 * is read of it only in a session that authenticates the answer. The owner may remove every
 * index and put another with the same Name in its place, so a Name alone proves nothing: an
 * index has an authorisation value, or a policy that the owner can't satisfy.
 */
#ifndef SG_SEAL_TPM_NV_H
#define SG_SEAL_TPM_NV_H

#include "seal/tpm/context.h"
#include "util/secret.h"

#define SG_NV_NAME 34                   /* bytes of a SHA-256 Name */

/* Draw a handle of the owner's range. */
TPM2_HANDLE sg_nv_draw(void);

/* Make an index of the given public area; where area->nvIndex is 0, at a free handle of the
 * owner's range, which it gets. auth is its authValue, of SG_SEAL_AUTH bytes. Both go through
 * the HMAC session. *nv is the index with its authValue set, which the caller has scrubbed
 * (sg_tpm_scrub) before the session ends. owner_auth may be NULL.
 * Errors: HW_OWNER_AUTH, HW_NV_FULL, HW_BUSY where the handle is taken, and those of the TPM. */
enum sg_err sg_nv_define(struct sg_tpm *tpm, ESYS_TR session, const struct sg_secret *owner_auth,
                         const struct sg_secret *auth, TPMS_NV_PUBLIC *area, ESYS_TR *nv);

/* Take up the index at a handle if its Name is the given one. One command.
 * Errors: HW_NV_GONE where there is none or another, and those of the TPM. */
enum sg_err sg_nv_open(struct sg_tpm *tpm, TPM2_HANDLE handle, struct sg_bytes name, ESYS_TR *nv);

/* Take up whatever index stands at a handle and look at its public area, which is what the TPM
 * says without a session. The Name of *nv is that of this area where area->nameAlg is SHA-256;
 * of an index with another digest nothing is checked, and where the TSS doesn't know the digest
 * nameAlg is NULL and *nv is none. None of those is ours. Two commands. Errors: HW_NV_GONE where
 * there is none, and those of the TPM. */
enum sg_err sg_nv_look(struct sg_tpm *tpm, TPM2_HANDLE handle, ESYS_TR *nv, TPMS_NV_PUBLIC *area);

/* Look at every index that the TPM has, until fn returns false. Two commands each, and one a list.
 * Errors: those of the TPM. */
enum sg_err sg_nv_each(struct sg_tpm *tpm, bool (*fn)(void *arg, const TPMS_NV_PUBLIC *area),
                       void *arg);

/* Copy the Name that the index has now: it changes with the first write. */
enum sg_err sg_nv_name(struct sg_tpm *tpm, ESYS_TR nv, uint8_t name[SG_NV_NAME]);

/* Compute the Name of a public area. Errors: HW_FAULT for one that can't be marshalled. */
enum sg_err sg_nv_area_name(const TPMS_NV_PUBLIC *area, uint8_t name[SG_NV_NAME]);

/* Remove the index. owner_auth may be NULL. Errors: HW_OWNER_AUTH, and those of the TPM. */
enum sg_err sg_nv_undefine(struct sg_tpm *tpm, ESYS_TR session,
                           const struct sg_secret *owner_auth, ESYS_TR nv);

#endif
