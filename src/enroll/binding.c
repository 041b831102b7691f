/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Computes what ties the parts of an enrolment to each other.
 */
#include "enroll/binding.h"

#include "crypto/digest.h"
#include "crypto/mac.h"

_Static_assert(SG_MAC == SG_ENROLL_HASH, "a code is as long as a hash");

/* What one hash is for. Its zero at the end counts, so none begins another. */
#define LABEL(text) { (const uint8_t *)(text), sizeof(text) }

static enum sg_err hash(const struct sg_bytes *parts, size_t n, uint8_t out[SG_ENROLL_HASH])
{
	struct sg_digest *digest = NULL;
	enum sg_err err = sg_digest_new(SG_SHA256, &digest);

	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = sg_digest_update(digest, parts[i]);
	if (err == SG_OK)
		err = sg_digest_final(digest, out);
	sg_digest_free(&digest);
	return err;
}

enum sg_err sg_enroll_transcript(struct sg_bytes hello, struct sg_bytes challenge,
                                 uint8_t out[SG_ENROLL_HASH])
{
	uint8_t hello_len[4], challenge_len[4];
	const struct sg_bytes parts[] = {
		LABEL("signet enroll 1 transcript"),
		sg_bytes(hello_len, sizeof hello_len), hello,
		sg_bytes(challenge_len, sizeof challenge_len), challenge,
	};

	if (hello.len > UINT32_MAX || challenge.len > UINT32_MAX)
		return SG_ERR_RANGE;
	sg_put_u32(hello_len, (uint32_t)hello.len);
	sg_put_u32(challenge_len, (uint32_t)challenge.len);
	return hash(parts, sizeof parts / sizeof parts[0], out);
}

enum sg_err sg_enroll_outside(const uint8_t nonce[SG_ENROLL_NONCE],
                              const uint8_t key[SG_ENROLL_KEY_LEN], uint8_t out[SG_ENROLL_HASH])
{
	const struct sg_bytes parts[] = {
		LABEL("signet enroll 1 object"),
		sg_bytes(nonce, SG_ENROLL_NONCE),
		sg_bytes(key, key != NULL ? SG_ENROLL_KEY_LEN : 0),
	};

	return hash(parts, sizeof parts / sizeof parts[0], out);
}

enum sg_err sg_enroll_qualifying(const uint8_t transcript[SG_ENROLL_HASH],
                                 const uint8_t key[SG_ENROLL_KEY_LEN], uint8_t out[SG_ENROLL_HASH])
{
	const struct sg_bytes parts[] = {
		LABEL("signet enroll 1 attest"),
		sg_bytes(transcript, SG_ENROLL_HASH),
		sg_bytes(key, SG_ENROLL_KEY_LEN),
	};

	return hash(parts, sizeof parts / sizeof parts[0], out);
}

enum sg_err sg_enroll_opened(const struct sg_secret *credential,
                             const uint8_t transcript[SG_ENROLL_HASH],
                             uint8_t out[SG_ENROLL_HASH])
{
	const struct sg_bytes parts[] = {
		LABEL("signet enroll 1 credential"),
		sg_bytes(transcript, SG_ENROLL_HASH),
	};

	sg_mac(sg_secret_bytes(credential), parts, sizeof parts / sizeof parts[0], out);
	return SG_OK;
}
