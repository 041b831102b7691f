/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The parts of sg_tpm_attest, by what they are about; each is as in struct
 * sg_attest_ops. Within this folder.
 */
#ifndef SG_SEAL_TPM_ATTEST_H
#define SG_SEAL_TPM_ATTEST_H

#include "seal/attest.h"

/* Objects: attest_object.c. */
enum sg_err sg_tpm_attest_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_attest_guard *guard, const struct sg_secret *plain,
                               struct sg_attest_object *out);
enum sg_err sg_tpm_attest_derive(struct sg_sealer *sealer, struct sg_bytes parent,
                                 const struct sg_attest_guard *guard, struct sg_bytes label,
                                 struct sg_attest_object *out);
enum sg_err sg_tpm_attest_import(struct sg_sealer *sealer, struct sg_bytes parent,
                                 const struct sg_policy *policy, struct sg_bytes area,
                                 const struct sg_secret *duplicate, struct sg_bytes seed,
                                 struct sg_attest_object *out);

/* Signatures: attest_sign.c. */
enum sg_err sg_tpm_attest_certify(struct sg_sealer *sealer, struct sg_bytes parent,
                                  struct sg_bytes ak_blob, const struct sg_attest_object *object,
                                  struct sg_bytes qualifying, struct sg_attest_signed *out);
enum sg_err sg_tpm_attest_time(struct sg_sealer *sealer, struct sg_bytes parent,
                               struct sg_bytes ak_blob, struct sg_bytes qualifying,
                               struct sg_attest_signed *out);
enum sg_err sg_tpm_attest_quote(struct sg_sealer *sealer, struct sg_bytes parent,
                                struct sg_bytes ak_blob, struct sg_bytes qualifying,
                                struct sg_pcrs *pcrs, struct sg_attest_signed *out);
enum sg_err sg_tpm_attest_clock(struct sg_sealer *sealer, struct sg_bytes parent, uint64_t *ms);

#endif
