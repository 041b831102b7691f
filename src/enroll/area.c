/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Reads public areas.
 */
#include "enroll/area.h"

#include <string.h>

#define ALG_HMAC 0x0005
#define ALG_KEYEDHASH 0x0008
#define ALG_SHA256 0x000b
#define ALG_NULL 0x0010
#define ALG_ECDSA 0x0018
#define ALG_ECC 0x0023
#define CURVE_P256 0x0003
#define NUMBER 32                       /* bytes of a coordinate, and of a digest */

#define AK_ATTRIBUTES \
	(SG_AREA_FIXED_TPM | SG_AREA_FIXED_PARENT | SG_AREA_BORN | SG_AREA_USER_WITH_AUTH | \
	 SG_AREA_NO_DA | SG_AREA_RESTRICTED | SG_AREA_SIGN)

bool sg_area_hash_read(struct sg_bytes area, struct sg_area_hash *out)
{
	struct sg_reader r = sg_reader(area);
	struct sg_bytes policy, unique;
	uint16_t scheme;

	memset(out, 0, sizeof *out);
	if (sg_read_u16(&r) != ALG_KEYEDHASH || sg_read_u16(&r) != ALG_SHA256)
		return false;
	out->attributes = sg_read_u32(&r);
	policy = sg_read_bytes(&r, sg_read_u16(&r));
	scheme = sg_read_u16(&r);
	out->hmac = scheme == ALG_HMAC;
	if (out->hmac && sg_read_u16(&r) != ALG_SHA256)
		return false;
	unique = sg_read_bytes(&r, sg_read_u16(&r));
	if (!sg_reader_done(&r) || unique.len != NUMBER || (!out->hmac && scheme != ALG_NULL) ||
	    (policy.len != 0 && policy.len != sizeof out->policy))
		return false;
	out->has_policy = policy.len > 0;
	if (out->has_policy)
		memcpy(out->policy, policy.data, policy.len);
	return true;
}

bool sg_area_ak_read(struct sg_bytes area, uint8_t point[SG_P256_POINT])
{
	static const uint16_t parameters[] = {
		ALG_NULL, ALG_ECDSA, ALG_SHA256, CURVE_P256, ALG_NULL,
	};
	struct sg_reader r = sg_reader(area);
	bool fits = sg_read_u16(&r) == ALG_ECC && sg_read_u16(&r) == ALG_SHA256 &&
	            sg_read_u32(&r) == AK_ATTRIBUTES && sg_read_u16(&r) == 0;

	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
		fits = sg_read_u16(&r) == parameters[i] && fits;
	point[0] = 4;
	for (size_t i = 0; i < 2; i++) {
		struct sg_bytes number;

		fits = sg_read_u16(&r) == NUMBER && fits;
		number = sg_read_bytes(&r, NUMBER);
		if (!r.failed)
			memcpy(point + 1 + NUMBER * i, number.data, NUMBER);
	}
	return fits && sg_reader_done(&r) && sg_p256_valid(sg_bytes(point, SG_P256_POINT));
}

enum sg_err sg_area_name(struct sg_bytes area, uint8_t name[SG_NODE_NAME])
{
	name[0] = ALG_SHA256 >> 8;
	name[1] = ALG_SHA256 & 0xff;
	return sg_digest_once(SG_SHA256, area, name + 2);
}

static enum sg_err qualify(struct sg_bytes above, const uint8_t name[SG_NODE_NAME],
                           uint8_t out[SG_NODE_NAME])
{
	uint8_t names[2 * SG_NODE_NAME];

	memcpy(names, above.data, above.len);
	memcpy(names + above.len, name, SG_NODE_NAME);
	return sg_area_name(sg_bytes(names, above.len + SG_NODE_NAME), out);
}

enum sg_err sg_area_qualified_primary(const uint8_t name[SG_NODE_NAME],
                                      uint8_t out[SG_NODE_NAME])
{
	static const uint8_t owner[] = { 0x40, 0x00, 0x00, 0x01 };      /* TPM_RH_OWNER */

	return qualify(sg_bytes(owner, sizeof owner), name, out);
}

enum sg_err sg_area_qualified(const uint8_t parent[SG_NODE_NAME],
                              const uint8_t name[SG_NODE_NAME], uint8_t out[SG_NODE_NAME])
{
	return qualify(sg_bytes(parent, SG_NODE_NAME), name, out);
}
