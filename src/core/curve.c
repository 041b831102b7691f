/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The rows of the curves, and public keys in attributes.
 */
#include "core/curve.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/p256.h"
#include "crypto/spki.h"
#include "crypto/x25519.h"

#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04

#define BYTES(array) { array, sizeof array }

static const uint8_t ed25519_oid[] = { SG_ED25519_OID };
/* That of RFC 8032's OpenPGP use. */
static const uint8_t ed25519_gnu[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01,
	                               0xda, 0x47, 0x0f, 0x01 };
static const uint8_t ed25519_name[] = { 0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd',
	                                's', '2', '5', '5', '1', '9' };
static const uint8_t ed25519_algorithm[] = { 0x30, 0x05, SG_ED25519_OID };

static const uint8_t p256_oid[] = { SG_P256_OID };
/* The names of SEC 2 and of X9.62. */
static const uint8_t p256_sec[] = { 0x13, 0x09, 's', 'e', 'c', 'p', '2', '5', '6', 'r', '1' };
static const uint8_t p256_x962[] = { 0x13, 0x0a, 'p', 'r', 'i', 'm', 'e',
	                             '2', '5', '6', 'v', '1' };
static const uint8_t p256_algorithm[] = { SG_P256_ALGORITHM };

static const uint8_t x25519_oid[] = { SG_X25519_OID };
/* That of GnuPG. */
static const uint8_t x25519_gnu[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x97,
	                              0x55, 0x01, 0x05, 0x01 };
static const uint8_t x25519_name[] = { 0x13, 0x0a, 'c', 'u', 'r', 'v', 'e',
	                               '2', '5', '5', '1', '9' };
static const uint8_t x25519_algorithm[] = { 0x30, 0x05, SG_X25519_OID };

static const struct sg_curve curves[] = {
	{
		.key_type = CKK_EC_EDWARDS,
		.params = BYTES(ed25519_oid),
		.also = { BYTES(ed25519_gnu), BYTES(ed25519_name) },
		.algorithm = BYTES(ed25519_algorithm),
		.point_len = SG_ED25519_PUBLIC, .private_len = SG_ED25519_SEED,
		.valid = sg_ed25519_public_valid,
		.from_private = sg_ed25519_from_seed, .generate = sg_ed25519_generate,
	},
	{
		.key_type = CKK_EC,
		.params = BYTES(p256_oid),
		.also = { BYTES(p256_sec), BYTES(p256_x962) },
		.algorithm = BYTES(p256_algorithm),
		.point_len = SG_P256_POINT, .octet = true,
		.valid = sg_p256_valid,
	},
	{
		.key_type = CKK_EC_MONTGOMERY,
		.params = BYTES(x25519_oid),
		.also = { BYTES(x25519_gnu), BYTES(x25519_name) },
		.algorithm = BYTES(x25519_algorithm),
		.point_len = SG_X25519_LEN, .private_len = SG_X25519_LEN,
		.valid = sg_x25519_public_valid,
		.from_private = sg_x25519_from_private, .generate = sg_x25519_generate,
		.shared = sg_x25519_shared,
	},
};

const struct sg_curve *sg_curves(size_t *n)
{
	*n = sizeof curves / sizeof curves[0];
	return curves;
}

const struct sg_curve *sg_curve_named(CK_KEY_TYPE type, struct sg_bytes params)
{
	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
		const struct sg_curve *c = &curves[i];

		if (c->key_type == type && params.len > 0 &&
		    (sg_bytes_equal(params, c->params) || sg_bytes_equal(params, c->also[0]) ||
		     sg_bytes_equal(params, c->also[1])))
			return c;
	}
	return NULL;
}

const struct sg_curve *sg_curve_of(const struct sg_attrs *attrs)
{
	struct sg_bytes params;

	if (!sg_attrs_get(attrs, CKA_EC_PARAMS, &params))
		return NULL;
	return sg_curve_named(sg_attrs_ulong(attrs, CKA_KEY_TYPE), params);
}

struct sg_bytes sg_curve_material_point(const struct sg_curve *curve,
                                        const struct sg_secret *material)
{
	return sg_bytes(material->data + curve->private_len, curve->point_len);
}

bool sg_curve_point(const struct sg_curve *curve, struct sg_bytes value, struct sg_bytes *point)
{
	const size_t n = curve->point_len;
	const uint8_t *d = value.data;
	size_t head;

	if (value.len == n)
		head = 0;
	else if (value.len == n + 2 && d[0] == DER_OCTET_STRING && d[1] == n)
		head = 2;
	else if (value.len == n + 3 && d[0] == DER_BIT_STRING && d[1] == n + 1 && d[2] == 0)
		head = 3;
	else
		return false;
	*point = sg_bytes(d + head, n);
	return true;
}

enum sg_err sg_curve_info_fits(const struct sg_curve *curve, const struct sg_attrs *attrs,
                               struct sg_bytes point, bool *fits)
{
	struct sg_buf info = { 0 };
	struct sg_bytes claimed;
	enum sg_err err;

	*fits = true;
	if (!sg_attrs_get(attrs, CKA_PUBLIC_KEY_INFO, &claimed) || claimed.len == 0)
		return SG_OK;
	err = sg_spki_der(curve->algorithm, point, &info);
	*fits = err == SG_OK && sg_bytes_equal(claimed, sg_buf_bytes(&info));
	sg_buf_free(&info);
	return err;
}

enum sg_err sg_curve_set(const struct sg_curve *curve, struct sg_attrs *attrs,
                         struct sg_bytes point)
{
	struct sg_buf info = { 0 };
	enum sg_err err;

	err = sg_spki_der(curve->algorithm, point, &info);
	if (err == SG_OK)
		err = sg_attrs_set(attrs, CKA_PUBLIC_KEY_INFO, sg_buf_bytes(&info));
	if (err == SG_OK)
		err = sg_attrs_set(attrs, CKA_EC_PARAMS, curve->params);
	if (err == SG_OK)
		err = sg_attrs_set(attrs, CKA_EC_POINT, point);
	sg_buf_free(&info);
	return err;
}

size_t sg_curve_emit(const struct sg_curve *curve, struct sg_bytes point, enum sg_ec_point form,
                     uint8_t out[SG_CURVE_EMIT_MAX])
{
	size_t head = form == SG_EC_POINT_RAW && !curve->octet ? 0 : 2;

	out[0] = DER_OCTET_STRING;
	out[1] = (uint8_t)point.len;
	memcpy(out + head, point.data, point.len);
	return head + point.len;
}
