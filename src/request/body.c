/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Digests of bodies, in parts. Keeps no byte of a body.
 */
#include "request/body.h"

#include <stdlib.h>

#include "crypto/crypto.h"
#include "crypto/digest.h"

struct sg_request_body {
	struct sg_digest *sha256, *sha512;      /* NULL: not wanted */
	uint64_t length;
};

enum sg_request_reason sg_request_of_err(enum sg_err err)
{
	if (err == SG_OK)
		return SG_REQUEST_OK;
	return err == SG_ERR_NOMEM ? SG_REQUEST_NOMEM : SG_REQUEST_CRYPTO;
}

bool sg_request_digest_valid(const struct sg_request_digest *digest)
{
	return digest->size == sizeof(*digest);
}

enum sg_request_reason sg_request_body_new(unsigned digests, struct sg_request_body **out)
{
	struct sg_request_body *body = NULL;
	enum sg_err err;

	if (!out)
		return SG_REQUEST_ARGUMENT;
	*out = NULL;
	if ((digests & ~(SG_REQUEST_SHA256 | SG_REQUEST_SHA512)) != 0)
		return SG_REQUEST_ARGUMENT;
	if (digests == 0)
		digests = SG_REQUEST_SHA256;
	err = sg_crypto_start();
	if (err != SG_OK)
		return sg_request_of_err(err);
	body = calloc(1, sizeof(*body));
	if (!body)
		return SG_REQUEST_NOMEM;
	if (digests & SG_REQUEST_SHA256)
		err = sg_digest_new(SG_SHA256, &body->sha256);
	if (err == SG_OK && digests & SG_REQUEST_SHA512)
		err = sg_digest_new(SG_SHA512, &body->sha512);
	if (err == SG_OK)
		*out = body;
	else
		sg_request_body_free(&body);
	return sg_request_of_err(err);
}

enum sg_request_reason sg_request_body_add(struct sg_request_body *body, const void *data,
                                           size_t len)
{
	enum sg_err err = SG_OK;

	if (!body || (!data && len > 0))
		return SG_REQUEST_ARGUMENT;
	if (body->sha256)
		err = sg_digest_update(body->sha256, sg_bytes(data, len));
	if (err == SG_OK && body->sha512)
		err = sg_digest_update(body->sha512, sg_bytes(data, len));
	body->length += len;
	return sg_request_of_err(err);
}

enum sg_request_reason sg_request_body_end(struct sg_request_body *body,
                                           struct sg_request_digest *digest)
{
	enum sg_err err = SG_OK;

	if (!body || !digest || !sg_request_digest_valid(digest))
		return SG_REQUEST_ARGUMENT;
	*digest = (struct sg_request_digest){ .size = sizeof(*digest), .length = body->length };
	if (body->sha256) {
		err = sg_digest_final(body->sha256, digest->sha256);
		digest->have |= SG_REQUEST_SHA256;
	}
	if (err == SG_OK && body->sha512) {
		err = sg_digest_final(body->sha512, digest->sha512);
		digest->have |= SG_REQUEST_SHA512;
	}
	if (err != SG_OK)
		digest->have = 0;
	return sg_request_of_err(err);
}

void sg_request_body_free(struct sg_request_body **body)
{
	if (!body || !*body)
		return;
	sg_digest_free(&(*body)->sha256);
	sg_digest_free(&(*body)->sha512);
	free(*body);
	*body = NULL;
}

enum sg_request_reason sg_request_body_once(unsigned digests, const void *data, size_t len,
                                            struct sg_request_digest *digest)
{
	struct sg_request_body *body = NULL;
	enum sg_request_reason reason = sg_request_body_new(digests, &body);

	if (reason == SG_REQUEST_OK)
		reason = sg_request_body_add(body, data, len);
	if (reason == SG_REQUEST_OK)
		reason = sg_request_body_end(body, digest);
	sg_request_body_free(&body);
	return reason;
}

/* The digests of no bytes [FIPS 180-4]. */
static const struct sg_request_digest empty = {
	.size = sizeof(empty),
	.have = SG_REQUEST_SHA256 | SG_REQUEST_SHA512,
	.sha256 = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f,
		0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b,
		0x78, 0x52, 0xb8, 0x55 },
	.sha512 = {
		0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd, 0xf1, 0x54, 0x28, 0x50, 0xd6, 0x6d,
		0x80, 0x07, 0xd6, 0x20, 0xe4, 0x05, 0x0b, 0x57, 0x15, 0xdc, 0x83, 0xf4, 0xa9, 0x21,
		0xd3, 0x6c, 0xe9, 0xce, 0x47, 0xd0, 0xd1, 0x3c, 0x5d, 0x85, 0xf2, 0xb0, 0xff, 0x83,
		0x18, 0xd2, 0x87, 0x7e, 0xec, 0x2f, 0x63, 0xb9, 0x31, 0xbd, 0x47, 0x41, 0x7a, 0x81,
		0xa5, 0x38, 0x32, 0x7a, 0xf9, 0x27, 0xda, 0x3e },
};

const struct sg_request_digest *sg_request_body_of(const struct sg_request_message *message)
{
	return message->body ? message->body : &empty;
}

bool sg_request_body_there(const struct sg_request_message *message)
{
	const struct sg_request_digest *body = sg_request_body_of(message);

	return body->length > 0 ||
	       (body->have & SG_REQUEST_SHA256 &&
	        memcmp(body->sha256, empty.sha256, sizeof(empty.sha256)) != 0) ||
	       (body->have & SG_REQUEST_SHA512 &&
	        memcmp(body->sha512, empty.sha512, sizeof(empty.sha512)) != 0);
}
