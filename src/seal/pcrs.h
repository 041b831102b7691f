/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Platform configuration registers and their values, by the hash of their bank. This file
 * knows what they are and asks no hardware.
 */
#ifndef SG_SEAL_PCRS_H
#define SG_SEAL_PCRS_H

#include "crypto/digest.h"
#include "util/cursor.h"

#define SG_PCRS 24                      /* of a bank [TCG PC Client Platform TPM Profile §4.6] */
#define SG_PCR_BANKS 3
#define SG_PCRS_DIGEST 32               /* SHA-256 */

/* The PCRs of one bank; bit n stands for PCR n. */
struct sg_pcr_bank {
	uint32_t selected;
	uint32_t known;                 /* which of them value holds */
	uint8_t value[SG_PCRS][SG_DIGEST_MAX];
};

/* PCRs, by the hash of their bank. A bank of SHA-1 protects nothing and is not known here. */
struct sg_pcrs {
	struct sg_pcr_bank bank[SG_PCR_BANKS];  /* by enum sg_digest_alg */
};

/* A hash that a bank may have. */
struct sg_pcr_hash {
	const char *name;               /* "sha256" */
	uint16_t id;                    /* TPM_ALG_ID */
	size_t len;
};

extern const struct sg_pcr_hash sg_pcr_hashes[SG_PCR_BANKS];    /* by enum sg_digest_alg */

/* Find the hash of that name in sg_pcr_hashes; SG_PCR_BANKS where it is not. */
size_t sg_pcr_hash_named(struct sg_bytes name);

/* Tell whether any PCR is selected, and whether all that are have a value. */
bool sg_pcrs_any(const struct sg_pcrs *pcrs);
bool sg_pcrs_known(const struct sg_pcrs *pcrs);

/* Tell which of the PCRs that expected selects have another value in found; bit n is PCR n. */
uint32_t sg_pcr_bank_differing(enum sg_digest_alg bank, const struct sg_pcr_bank *expected,
                               const struct sg_pcr_bank *found);

/* Compute the SHA-256 over the selected values, in their order: what PolicyPCR takes. */
enum sg_err sg_pcrs_digest(const struct sg_pcrs *pcrs, uint8_t out[SG_PCRS_DIGEST]);

/* Write which are selected, as a TPM has it: TPML_PCR_SELECTION [TPM2 Part 2 §10.9.7]. */
void sg_pcrs_selection(const struct sg_pcrs *pcrs, struct sg_writer *w);

#endif
