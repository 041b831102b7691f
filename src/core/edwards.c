/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Ed25519 public keys in attributes.
 */
#include "core/edwards.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/pkcs8.h"

#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04

static const uint8_t oid[] = { SG_ED25519_OID };
static const uint8_t oid_gnu[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01,
	                           0xda, 0x47, 0x0f, 0x01 };
static const uint8_t curve_name[] = { 0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd',
	                              's', '2', '5', '5', '1', '9' };

bool sg_edwards_params(struct sg_bytes params)
{
	return sg_bytes_equal(params, sg_bytes(oid, sizeof oid)) ||
	       sg_bytes_equal(params, sg_bytes(oid_gnu, sizeof oid_gnu)) ||
	       sg_bytes_equal(params, sg_bytes(curve_name, sizeof curve_name));
}

bool sg_edwards_point(struct sg_bytes value, struct sg_bytes *point)
{
	const size_t n = SG_ED25519_PUBLIC;
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

enum sg_err sg_edwards_set(struct sg_attrs *attrs, struct sg_bytes point)
{
	struct sg_buf info = { 0 };
	enum sg_err err;

	err = sg_spki_der(point, &info);
	if (err == SG_OK)
		err = sg_attrs_set(attrs, CKA_PUBLIC_KEY_INFO, sg_buf_bytes(&info));
	if (err == SG_OK)
		err = sg_attrs_set(attrs, CKA_EC_PARAMS, sg_bytes(oid, sizeof oid));
	if (err == SG_OK)
		err = sg_attrs_set(attrs, CKA_EC_POINT, point);
	sg_buf_free(&info);
	return err;
}

size_t sg_edwards_emit(struct sg_bytes point, enum sg_ec_point form, uint8_t out[34])
{
	size_t head = form == SG_EC_POINT_RAW ? 0 : 2;

	out[0] = DER_OCTET_STRING;
	out[1] = SG_ED25519_PUBLIC;
	memcpy(out + head, point.data, SG_ED25519_PUBLIC);
	return head + SG_ED25519_PUBLIC;
}
