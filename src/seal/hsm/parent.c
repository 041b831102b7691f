/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The stored form of what is kept of an HSM.
 */
#include "seal/hsm/parent.h"

#include <string.h>

#include "util/cursor.h"

static const char magic[4] = { 'S', 'G', 'H', 'P' };

enum sg_err sg_hsm_parent_write(const struct sg_hsm_profile *profile, const CK_TOKEN_INFO *info,
                                struct sg_buf *out)
{
	struct sg_buf bytes = { 0 };
	struct sg_writer w = sg_writer(&bytes);
	enum sg_err err;

	sg_write_magic(&w, magic);
	sg_write_u8(&w, (uint8_t)profile->way);
	sg_write_u8(&w, (uint8_t)profile->iv);
	if (sg_hsm_way_is_pair(profile->way)) {
		sg_write_var(&w, sg_bytes(profile->modulus, profile->modulus_len));
		sg_write_var(&w, sg_bytes(profile->exponent, profile->exponent_len));
	}
	sg_write_var(&w, sg_bytes(profile->id, profile->id_len));
	sg_write_var(&w, sg_client_field(info->label, sizeof info->label));
	sg_write_var(&w, sg_client_field(info->serialNumber, sizeof info->serialNumber));
	err = w.err;
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&bytes));
	sg_buf_free(&bytes);
	return err;
}

/* Read the public key of a pair; false for what can't be one. */
static bool read_public(struct sg_reader *r, struct sg_hsm_profile *profile)
{
	const struct sg_rsa_public public = {
		sg_read_var(r, SG_RSA_MODULUS_MAX), sg_read_var(r, SG_RSA_EXPONENT_MAX),
	};

	if (!sg_rsa_public_valid(&public))
		return false;
	profile->modulus_len = public.modulus.len;
	memcpy(profile->modulus, public.modulus.data, public.modulus.len);
	profile->exponent_len = public.exponent.len;
	memcpy(profile->exponent, public.exponent.data, public.exponent.len);
	return true;
}

bool sg_hsm_parent_read(struct sg_bytes bytes, struct sg_hsm_parent *parent)
{
	struct sg_reader r = sg_reader(bytes);
	struct sg_bytes id;

	*parent = (struct sg_hsm_parent){ .label = { NULL, 0 } };
	sg_read_magic(&r, magic);
	parent->profile.way = (enum sg_hsm_way)sg_read_u8(&r);
	parent->profile.iv = (enum sg_hsm_iv)sg_read_u8(&r);
	if (sg_hsm_way_is_pair(parent->profile.way) && !read_public(&r, &parent->profile))
		return false;
	id = sg_read_var(&r, SG_CLIENT_ID_MAX);
	parent->label = sg_read_var(&r, sizeof ((CK_TOKEN_INFO *)NULL)->label);
	parent->serial = sg_read_var(&r, sizeof ((CK_TOKEN_INFO *)NULL)->serialNumber);
	if (!sg_reader_done(&r) || id.len == 0 ||
	    !sg_hsm_profile_known(parent->profile.way, parent->profile.iv))
		return false;
	memcpy(parent->profile.id, id.data, id.len);
	parent->profile.id_len = id.len;
	return true;
}
