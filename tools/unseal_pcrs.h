/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Values that PCRs will have, from a file, and whether a policy would hold with them.
 */
#ifndef TOOLS_UNSEAL_PCRS_H
#define TOOLS_UNSEAL_PCRS_H

#include "seal/policy_signature.h"

/* Read values as tpm2_pcrread(1) writes them, banks with lines "7 : 0xHEX" below, or as --pcr
 * takes them, "sha256:7=HEX,8=HEX+sha384:0=HEX". Banks that we don't know are passed over. Errors:
 * FORMAT where there is no value, or a line that is neither. */
enum sg_err unseal_pcrs_read(struct sg_bytes text, struct sg_pcrs *out);

/* What a policy says of values. */
enum unseal_policy {
	UNSEAL_POLICY_HOLDS,
	UNSEAL_POLICY_DIFFERS,          /* a PCR has another value than was sealed */
	UNSEAL_POLICY_UNSIGNED,         /* nobody signed these values */
	UNSEAL_POLICY_UNKNOWN,          /* it asks for a PCR of which no value is known */
};

/* Compare; where a PCR differs or is not known it is written to `which`, as "PCR 7 of sha256".
 * Errors: CRYPTO, NOMEM. */
enum sg_err unseal_pcrs_compare(const struct sg_policy *policy,
                                const struct sg_policy_signatures *signatures,
                                const struct sg_pcrs *values, enum unseal_policy *out,
                                char which[64]);

#endif
