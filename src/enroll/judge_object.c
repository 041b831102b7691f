/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Judges the object that guards the key, and how it came to be.
 */
#include <string.h>

#include "crypto/digest.h"
#include "enroll/judge.h"

#define FIXED (SG_AREA_FIXED_TPM | SG_AREA_FIXED_PARENT)
#define ALG_SHA256 0x000b
#define BANKS_MAX 16

/* Tell whether it is of the kind that the origin has, whatever lets it leave. With a policy
 * userWithAuth must be clear, or the authValue walks around it [TPM2 Part 1 §23.2]. */
static bool fits(const struct sg_area_hash *object, enum sg_enroll_origin origin)
{
	const uint32_t born = SG_AREA_SIGN | SG_AREA_BORN;
	uint32_t wanted = object->has_policy ? SG_AREA_ADMIN_WITH_POLICY : SG_AREA_USER_WITH_AUTH;

	if (origin == SG_ORIGIN_TPM)
		return object->hmac && object->has_policy &&
		       (object->attributes & ~(FIXED | SG_AREA_NO_DA)) == (wanted | born);
	return !object->hmac && (object->attributes & ~(FIXED | SG_AREA_NO_DA)) == wanted;
}

enum sg_enroll_reason sg_judge_object(struct sg_judging *j, const struct sg_attested *certified,
                                      struct sg_enroll_finding *out)
{
	const struct sg_bytes area = sg_buf_bytes(&j->evidence->object);

	if (!sg_area_hash_read(area, &j->object) || !fits(&j->object, j->challenge->origin))
		return SG_ENROLL_OBJECT;
	if (sg_area_name(area, out->object_name) != SG_OK)
		return SG_ENROLL_INTERNAL;
	/* One that was minted is the very object of the challenge: no other opens its duplicate. */
	if (j->challenge->origin == SG_ORIGIN_VAULT)
		return sg_bytes_equal(area, sg_buf_bytes(&j->challenge->object))
		               ? SG_ENROLL_OK : SG_ENROLL_OBJECT_NAME;
	if (!sg_bytes_equal(certified->object, sg_bytes(out->object_name, SG_NODE_NAME)))
		return SG_ENROLL_OBJECT_NAME;
	if ((j->object.attributes & FIXED) != FIXED)
		return SG_ENROLL_OBJECT_LEAVES;
	return SG_ENROLL_OK;
}

/* TPMS_CREATION_DATA [TPM2 Part 2 §15.1]. */
static bool read_creation(struct sg_bytes bytes, struct sg_bytes *parent,
                          struct sg_bytes *qualified, struct sg_bytes *outside)
{
	struct sg_reader r = sg_reader(bytes);
	uint32_t banks = sg_read_u32(&r);
	uint16_t alg;

	if (banks > BANKS_MAX)
		return false;
	for (uint32_t i = 0; i < banks; i++) {
		(void)sg_read_u16(&r);
		(void)sg_read_bytes(&r, sg_read_u8(&r));
	}
	(void)sg_read_bytes(&r, sg_read_u16(&r));       /* pcrDigest */
	(void)sg_read_u8(&r);                           /* locality */
	alg = sg_read_u16(&r);
	*parent = sg_read_bytes(&r, sg_read_u16(&r));
	*qualified = sg_read_bytes(&r, sg_read_u16(&r));
	*outside = sg_read_bytes(&r, sg_read_u16(&r));
	return sg_reader_done(&r) && alg == ALG_SHA256;
}

enum sg_enroll_reason sg_judge_creation(const struct sg_judging *j,
                                        const struct sg_attested *certified)
{
	const struct sg_bytes bytes = sg_buf_bytes(&j->evidence->creation);
	const bool later = j->challenge->origin == SG_ORIGIN_TPM;
	uint8_t hash[SG_ENROLL_HASH], name[SG_NODE_NAME], wanted[SG_ENROLL_HASH];
	struct sg_bytes parent, qualified, outside;

	if (sg_digest_once(SG_SHA256, bytes, hash) != SG_OK ||
	    sg_area_name(sg_buf_bytes(&j->hello->parent), name) != SG_OK ||
	    sg_enroll_outside(j->challenge->nonce, later ? NULL : j->evidence->key,
	                      wanted) != SG_OK)
		return SG_ENROLL_INTERNAL;
	if (!sg_bytes_equal(certified->creation, sg_bytes(hash, sizeof hash)) ||
	    !read_creation(bytes, &parent, &qualified, &outside))
		return SG_ENROLL_CREATION;
	if (!sg_bytes_equal(parent, sg_bytes(name, sizeof name)) ||
	    !sg_bytes_equal(qualified, sg_bytes(j->parent, sizeof j->parent)))
		return SG_ENROLL_OBJECT_PARENT;
	if (sg_bytes_equal(outside, sg_bytes(wanted, sizeof wanted)))
		return SG_ENROLL_OK;
	/* Of a key that is derived nobody knows the public half when the object is made. */
	return later ? SG_ENROLL_ATTEST_OTHER : SG_ENROLL_KEY_SWAPPED;
}
