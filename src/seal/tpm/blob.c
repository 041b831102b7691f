/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Blobs, between bytes and the structures of tpm2-tss, which is given
 * no length that was not checked here.
 */
#include "seal/tpm/blob.h"

#include <tss2/tss2_mu.h>

void sg_tpm_blob_write(const struct sg_tpm_blob *object, struct sg_writer *w)
{
	uint8_t bytes[sizeof *object];
	size_t len = 0;

	if (Tss2_MU_TPM2B_PUBLIC_Marshal(&object->area, bytes, sizeof bytes, &len) != 0 ||
	    Tss2_MU_TPM2B_PRIVATE_Marshal(&object->private_area, bytes, sizeof bytes, &len) != 0)
		w->err = SG_ERR_FORMAT;
	sg_write_bytes(w, sg_bytes(bytes, len));
}

/* View a TPM2B with its size field. */
static struct sg_bytes read_sized(struct sg_reader *r, size_t max)
{
	struct sg_reader peek = *r;
	size_t size = sg_read_u16(&peek);

	if (peek.failed || size > max)
		r->failed = true;
	return sg_read_bytes(r, sizeof(uint16_t) + size);
}

enum sg_err sg_tpm_blob_read(struct sg_reader *r, struct sg_tpm_blob *out)
{
	struct sg_bytes area, private_area;
	size_t at = 0, private_at = 0;

	*out = (struct sg_tpm_blob){ 0 };
	area = read_sized(r, sizeof out->area.publicArea);
	private_area = read_sized(r, sizeof out->private_area.buffer);
	if (!sg_reader_done(r) ||
	    Tss2_MU_TPM2B_PUBLIC_Unmarshal(area.data, area.len, &at, &out->area) != 0 ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(private_area.data, private_area.len, &private_at,
	                                    &out->private_area) != 0 ||
	    at != area.len || private_at != private_area.len)
		return SG_ERR_FORMAT;
	return SG_OK;
}
