/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Public areas, between bytes and the structures of tpm2-tss.
 */
#include "seal/tpm/area.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/digest.h"

enum sg_err sg_tpm_area_read(struct sg_bytes bytes, TPMT_PUBLIC *out)
{
	uint8_t again[sizeof *out];
	size_t at = 0, len = 0;

	memset(out, 0, sizeof *out);
	/* There is one form of each area: what is written again must be what was read. */
	if (bytes.len == 0 || bytes.len > sizeof again ||
	    Tss2_MU_TPMT_PUBLIC_Unmarshal(bytes.data, bytes.len, &at, out) != TSS2_RC_SUCCESS ||
	    Tss2_MU_TPMT_PUBLIC_Marshal(out, again, sizeof again, &len) != TSS2_RC_SUCCESS ||
	    !sg_bytes_equal(sg_bytes(again, len), bytes))
		return SG_ERR_FORMAT;
	return SG_OK;
}

enum sg_err sg_tpm_area_write(const TPMT_PUBLIC *area, struct sg_buf *out)
{
	uint8_t bytes[sizeof *area];
	size_t len = 0;

	if (Tss2_MU_TPMT_PUBLIC_Marshal(area, bytes, sizeof bytes, &len) != TSS2_RC_SUCCESS)
		return SG_ERR_FORMAT;
	return sg_buf_set(out, sg_bytes(bytes, len));
}

enum sg_err sg_tpm_area_name(const TPMT_PUBLIC *area, uint8_t name[SG_TPM_NAME])
{
	struct sg_buf bytes = { 0 };
	enum sg_err err = area->nameAlg == TPM2_ALG_SHA256 ? sg_tpm_area_write(area, &bytes)
	                                                   : SG_ERR_FORMAT;

	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xff;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&bytes), name + 2);
	sg_buf_free(&bytes);
	return err;
}

void sg_tpm_number(const TPM2B_ECC_PARAMETER *number, uint8_t out[SG_TPM_NUMBER])
{
	size_t size = number->size < SG_TPM_NUMBER ? number->size : SG_TPM_NUMBER;

	memset(out, 0, SG_TPM_NUMBER - size);
	memcpy(out + SG_TPM_NUMBER - size, number->buffer, size);
}
