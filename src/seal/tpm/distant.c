/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Keys of other TPMs, and what is closed for them, between bytes and the structures of
 * tpm2-tss.
 */
#include "seal/tpm/distant.h"

#include <string.h>

#include "crypto/der.h"
#include "crypto/spki.h"
#include "seal/tpm/credential.h"
#include "seal/tpm/duplicate.h"
#include "seal/tpm/ek.h"

#define POINT_NUMBER 32
#define MODULUS 256

/* A key of 2048 bits: all up to the modulus, and the exponent 65537 behind it [RFC 8017 §A.1.1]. */
static const uint8_t rsa_head[] = {
	0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82,
	0x01, 0x01, 0x00,
};
static const uint8_t rsa_tail[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };
static const uint8_t p256_algorithm[] = { SG_P256_ALGORITHM };

static enum sg_err write_p256(const TPMS_ECC_POINT *at, struct sg_buf *spki)
{
	uint8_t point[SG_P256_POINT] = { 4 };

	if (at->x.size != POINT_NUMBER || at->y.size != POINT_NUMBER)
		return SG_ERR_FORMAT;
	memcpy(point + 1, at->x.buffer, POINT_NUMBER);
	memcpy(point + 1 + POINT_NUMBER, at->y.buffer, POINT_NUMBER);
	return sg_spki_der(sg_bytes(p256_algorithm, sizeof p256_algorithm),
	                   sg_bytes(point, sizeof point), spki);
}

static enum sg_err write_rsa(const TPM2B_PUBLIC_KEY_RSA *modulus, struct sg_buf *spki)
{
	struct sg_writer w = sg_writer(spki);

	if (modulus->size != MODULUS)
		return SG_ERR_FORMAT;
	sg_write_bytes(&w, sg_bytes(rsa_head, sizeof rsa_head));
	sg_write_bytes(&w, sg_bytes(modulus->buffer, modulus->size));
	sg_write_bytes(&w, sg_bytes(rsa_tail, sizeof rsa_tail));
	return w.err;
}

enum sg_err sg_distant_ek(struct sg_bytes bytes, enum sg_ek kind, struct sg_buf *spki)
{
	struct sg_buf again = { 0 };
	TPMT_PUBLIC area, ours;
	enum sg_ek found = kind;
	enum sg_err err = sg_tpm_area_read(bytes, &area);

	spki->len = 0;
	if (err == SG_OK)
		err = area.type == TPM2_ALG_RSA   ? write_rsa(&area.unique.rsa, spki)
		      : area.type == TPM2_ALG_ECC ? write_p256(&area.unique.ecc, spki)
		                                  : SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_ek_area(sg_buf_bytes(spki), &found, &ours);
	if (err == SG_OK)
		err = sg_tpm_area_write(&ours, &again);
	/* With this key in it, a template gives this area or it is of no template. */
	if (err == SG_OK && (found != kind || !sg_bytes_equal(sg_buf_bytes(&again), bytes)))
		err = SG_ERR_FORMAT;
	sg_buf_free(&again);
	return err;
}

enum sg_err sg_distant_parent(struct sg_bytes bytes)
{
	TPMT_PUBLIC area;

	return sg_tpm_storage_key_read(bytes, &area);
}

enum sg_err sg_distant_credential(struct sg_bytes ek, struct sg_bytes name,
                                  const struct sg_secret *secret, struct sg_buf *blob,
                                  struct sg_buf *encrypted)
{
	TPMT_PUBLIC area;
	enum sg_err err = sg_tpm_area_read(ek, &area);

	return err == SG_OK ? sg_tpm_credential_make(&area, name, secret, blob, encrypted) : err;
}

enum sg_err sg_distant_seal(struct sg_bytes storage_key, const struct sg_policy *policy,
                            const struct sg_secret *plain, struct sg_distant_object *out)
{
	struct sg_parcel parcel = { .endorsed = false };
	TPMT_PUBLIC area;
	enum sg_err err = sg_tpm_storage_key_read(storage_key, &area);

	if (err == SG_OK && policy != NULL)
		err = sg_policy_copy(policy, &parcel.policy);
	if (err == SG_OK)
		err = sg_tpm_duplicate(&area, plain, &parcel);
	if (err == SG_OK) {
		*out = (struct sg_distant_object){ parcel.object, parcel.duplicate, parcel.seed };
		parcel.object = parcel.duplicate = parcel.seed = (struct sg_buf){ 0 };
	}
	sg_parcel_clear(&parcel);
	return err;
}

void sg_distant_object_clear(struct sg_distant_object *object)
{
	sg_buf_free(&object->area);
	sg_buf_free(&object->duplicate);
	sg_buf_free(&object->seed);
}
