/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. PCRs: the hashes of their banks, and what can be said of values without hardware.
 */
#include "seal/pcrs.h"

#include <string.h>

#define SELECT_BYTES 3                  /* of a bitmap of 24 PCRs */

const struct sg_pcr_hash sg_pcr_hashes[SG_PCR_BANKS] = {
	[SG_SHA256] = { "sha256", 0x000b, 32 },
	[SG_SHA384] = { "sha384", 0x000c, 48 },
	[SG_SHA512] = { "sha512", 0x000d, 64 },
};

size_t sg_pcr_hash_named(struct sg_bytes name)
{
	size_t i = 0;

	while (i < SG_PCR_BANKS && !sg_bytes_equal(name, sg_bytes_str(sg_pcr_hashes[i].name)))
		i++;
	return i;
}

bool sg_pcrs_any(const struct sg_pcrs *pcrs)
{
	uint32_t any = 0;

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		any |= pcrs->bank[i].selected;
	return any != 0;
}

bool sg_pcrs_known(const struct sg_pcrs *pcrs)
{
	uint32_t lacking = 0;

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		lacking |= pcrs->bank[i].selected & ~pcrs->bank[i].known;
	return lacking == 0;
}

uint32_t sg_pcr_bank_differing(enum sg_digest_alg bank, const struct sg_pcr_bank *expected,
                               const struct sg_pcr_bank *found)
{
	uint32_t differing = 0;

	for (unsigned n = 0; n < SG_PCRS; n++)
		if ((expected->selected >> n & 1) != 0 &&
		    memcmp(expected->value[n], found->value[n], sg_pcr_hashes[bank].len) != 0)
			differing |= UINT32_C(1) << n;
	return differing;
}

enum sg_err sg_pcrs_digest(const struct sg_pcrs *pcrs, uint8_t out[SG_PCRS_DIGEST])
{
	struct sg_digest *d = NULL;
	enum sg_err err = sg_digest_new(SG_SHA256, &d);

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		for (size_t n = 0; n < SG_PCRS && err == SG_OK; n++)
			if ((pcrs->bank[i].selected >> n & 1) != 0)
				err = sg_digest_update(d, sg_bytes(pcrs->bank[i].value[n],
				                                   sg_pcr_hashes[i].len));
	if (err == SG_OK)
		err = sg_digest_final(d, out);
	sg_digest_free(&d);
	return err;
}

void sg_pcrs_selection(const struct sg_pcrs *pcrs, struct sg_writer *w)
{
	uint32_t count = 0;

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		count += pcrs->bank[i].selected != 0;
	sg_write_u32(w, count);
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		uint32_t selected = pcrs->bank[i].selected;

		if (selected == 0)
			continue;
		sg_write_u16(w, sg_pcr_hashes[i].id);
		sg_write_u8(w, SELECT_BYTES);
		for (unsigned byte = 0; byte < SELECT_BYTES; byte++)
			sg_write_u8(w, (uint8_t)(selected >> 8 * byte));
	}
}
