/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Reading the public half of an RSA key.
 */
#include "seal/hsm/public.h"

#include <string.h>

#include "util/log.h"

#define SPARE 8                 /* zeros that an HSM may put before a number */

/* Copy a number without the zeros before it; *len is 0 for one that has no room. */
static void trim(const uint8_t *from, CK_ULONG n, uint8_t *to, size_t room, size_t *len)
{
	size_t skip = 0;

	while (skip < n && from[skip] == 0)
		skip++;
	*len = n - skip <= room ? n - skip : 0;
	memcpy(to, from + skip, *len);
}

/* Read both numbers off one object; *told is false where it does not tell them. */
static enum sg_err read_from(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                             struct sg_hsm_profile *profile, bool *told)
{
	uint8_t modulus[SG_RSA_MODULUS_MAX + SPARE], exponent[SG_RSA_EXPONENT_MAX + SPARE];
	CK_ATTRIBUTE attr[] = {
		{ CKA_MODULUS, modulus, sizeof modulus },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
	};
	CK_RV rv = s->f->C_GetAttributeValue(s->handle, object, attr, 2);
	struct sg_rsa_public public;

	*told = false;
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	    rv == CKR_BUFFER_TOO_SMALL)
		return SG_OK;
	if (rv != CKR_OK)
		return sg_client_check(s, "C_GetAttributeValue", rv);
	if (attr[0].ulValueLen > sizeof modulus || attr[1].ulValueLen > sizeof exponent)
		return SG_OK;
	trim(modulus, attr[0].ulValueLen, profile->modulus, sizeof profile->modulus,
	     &profile->modulus_len);
	trim(exponent, attr[1].ulValueLen, profile->exponent, sizeof profile->exponent,
	     &profile->exponent_len);
	public = sg_hsm_profile_public(profile);
	*told = sg_rsa_public_valid(&public);
	return SG_OK;
}

enum sg_err sg_hsm_public_read(struct sg_client_session *s, struct sg_hsm_profile *profile)
{
	static const CK_OBJECT_CLASS halves[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };
	CK_OBJECT_HANDLE object;
	enum sg_err err = SG_OK;
	bool told = false;

	for (size_t i = 0; i < 2 && err == SG_OK && !told; i++) {
		err = sg_client_find_key(s, halves[i], sg_bytes(profile->id, profile->id_len),
		                         &object);
		if (err == SG_OK)
			err = read_from(s, object, profile, &told);
	}
	if (err == SG_OK && !told) {
		sg_log(SG_LOG_ERROR, "the HSM tells no RSA key of 2048 to 4096 bits, with an "
		       "exponent of 65537 or more, for the key that is to seal");
		err = SG_ERR_HSM_MECHANISM;
	}
	return err;
}
