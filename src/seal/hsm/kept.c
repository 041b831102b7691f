/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The kinds of key that an HSM keeps, and their blobs.
 */
#include "seal/hsm/kept.h"

#include <string.h>

#include <signet/pkcs11.h>

#include "util/cursor.h"

static const char magic[4] = { 'S', 'G', 'H', 'K' };

/* An HSM may take no more than 40 bytes. */
static const char prefix[7] = { 's', 'i', 'g', 'n', 'e', 't', '-' };

static const struct sg_hsm_kept_kind kinds[] = {
	{ SG_RESIDENT_P256, 1, "P-256", CKO_PRIVATE_KEY, CKK_EC, CKM_EC_KEY_PAIR_GEN, 65, 0,
	  SG_RESIDENT_SIGN | SG_RESIDENT_DERIVE },
	{ SG_RESIDENT_HMAC_SHA256, 2, "HMAC", CKO_SECRET_KEY, CKK_GENERIC_SECRET,
	  CKM_GENERIC_SECRET_KEY_GEN, 0, SG_RESIDENT_MAC, SG_RESIDENT_SIGN },
	{ SG_RESIDENT_ED25519, 3, "Ed25519", CKO_PRIVATE_KEY, CKK_EC_EDWARDS,
	  CKM_EC_EDWARDS_KEY_PAIR_GEN, 32, 0, SG_RESIDENT_SIGN },
	{ SG_RESIDENT_AES256, 4, "AES", CKO_SECRET_KEY, CKK_AES, CKM_AES_KEY_GEN, 0,
	  SG_RESIDENT_AES,
	  SG_RESIDENT_ENCRYPT | SG_RESIDENT_DECRYPT | SG_RESIDENT_WRAP | SG_RESIDENT_UNWRAP },
};

const struct sg_hsm_kept_kind *sg_hsm_kept_kind(enum sg_resident_kind kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].kind == kind)
			return &kinds[i];
	return NULL;
}

static const struct sg_hsm_kept_kind *find_stored(uint8_t stored)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].stored == stored)
			return &kinds[i];
	return NULL;
}

enum sg_err sg_hsm_kept_write(const struct sg_hsm_kept *kept, struct sg_buf *out)
{
	struct sg_buf blob = { 0 };
	struct sg_writer w = sg_writer(&blob);
	enum sg_err err;

	sg_write_magic(&w, magic);
	sg_write_u8(&w, kept->kind->stored);
	sg_write_bytes(&w, sg_bytes(kept->id, sizeof kept->id));
	sg_write_var(&w, kept->parent);
	err = w.err;
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&blob));
	sg_buf_free(&blob);
	return err;
}

bool sg_hsm_kept_read(struct sg_bytes blob, struct sg_hsm_kept *kept)
{
	struct sg_reader r = sg_reader(blob);
	struct sg_bytes id;

	*kept = (struct sg_hsm_kept){ .kind = NULL };
	sg_read_magic(&r, magic);
	kept->kind = find_stored(sg_read_u8(&r));
	id = sg_read_bytes(&r, sizeof kept->id);
	kept->parent = sg_read_var(&r, SG_CLIENT_ID_MAX);
	if (!sg_reader_done(&r) || kept->kind == NULL || kept->parent.len == 0)
		return false;
	memcpy(kept->id, id.data, id.len);
	return true;
}

void sg_hsm_kept_label(const uint8_t token[SG_RESIDENT_ID], char label[SG_HSM_KEPT_LABEL])
{
	memcpy(label, prefix, sizeof prefix);
	sg_bytes_hex(sg_bytes(token, SG_RESIDENT_ID), label + sizeof prefix);
}

bool sg_hsm_kept_owner(struct sg_bytes label, uint8_t token[SG_RESIDENT_ID])
{
	char again[SG_HSM_KEPT_LABEL];

	if (label.len != SG_HSM_KEPT_LABEL ||
	    !sg_bytes_unhex(sg_bytes(label.data + sizeof prefix, label.len - sizeof prefix), token,
	                    SG_RESIDENT_ID))
		return false;
	/* There is one form of each. */
	sg_hsm_kept_label(token, again);
	return sg_bytes_equal(label, sg_bytes(again, sizeof again));
}
