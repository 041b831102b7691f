/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. SHA-2 through OpenSSL, which uses the processor's instructions for it.
 */
#include "crypto/digest.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "crypto/ssl.h"

struct sg_digest {
	struct sg_md md;
	void *ctx;
	bool done;              /* final was called, or something failed */
};

size_t sg_digest_len(enum sg_digest_alg alg)
{
	switch (alg) {
	case SG_SHA256:
		return 32;
	case SG_SHA384:
		return 48;
	case SG_SHA512:
		return 64;
	}
	return 0;
}

static const struct sg_md *choose(const struct sg_ssl *ssl, enum sg_digest_alg alg)
{
	switch (alg) {
	case SG_SHA256:
		return &ssl->sha256;
	case SG_SHA384:
		return &ssl->sha384;
	case SG_SHA512:
		return &ssl->sha512;
	}
	return NULL;
}

enum sg_err sg_digest_new(enum sg_digest_alg alg, struct sg_digest **out)
{
	const struct sg_ssl *ssl = sg_ssl();
	const struct sg_md *md = ssl ? choose(ssl, alg) : NULL;
	struct sg_digest *digest = NULL;
	enum sg_err err = SG_OK;

	*out = NULL;
	if (!md)
		return SG_ERR_CRYPTO;
	ERR_set_mark();
	digest = calloc(1, sizeof(*digest));
	if (!digest) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	digest->md = *md;
	digest->ctx = md->newctx(ssl->provctx);
	if (!digest->ctx || md->init(digest->ctx, NULL) != 1) {
		err = sg_ssl_failed("start a digest");
		goto out;
	}
	*out = digest;
	digest = NULL;
out:
	sg_digest_free(&digest);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_digest_dup(const struct sg_digest *digest, struct sg_digest **out)
{
	struct sg_digest *copy = NULL;
	enum sg_err err = SG_OK;

	*out = NULL;
	if (digest->done)
		return SG_ERR_ARG;
	ERR_set_mark();
	copy = calloc(1, sizeof(*copy));
	if (!copy) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	copy->md = digest->md;
	copy->ctx = digest->md.dupctx(digest->ctx);
	if (!copy->ctx) {
		err = sg_ssl_failed("copy a digest");
		goto out;
	}
	*out = copy;
	copy = NULL;
out:
	sg_digest_free(&copy);
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_digest_update(struct sg_digest *digest, struct sg_bytes part)
{
	enum sg_err err = SG_OK;

	if (digest->done)
		return SG_ERR_ARG;
	if (part.len == 0)
		return SG_OK;
	ERR_set_mark();
	if (digest->md.update(digest->ctx, part.data, part.len) != 1) {
		digest->done = true;
		err = sg_ssl_failed("continue a digest");
	}
	ERR_pop_to_mark();
	return err;
}

enum sg_err sg_digest_final(struct sg_digest *digest, uint8_t *out)
{
	size_t written = 0;
	enum sg_err err = SG_OK;

	if (digest->done)
		return SG_ERR_ARG;
	digest->done = true;
	ERR_set_mark();
	if (digest->md.final(digest->ctx, out, &written, SG_DIGEST_MAX) != 1)
		err = sg_ssl_failed("end a digest");
	ERR_pop_to_mark();
	return err;
}

void sg_digest_free(struct sg_digest **digest)
{
	if (!digest || !*digest)
		return;
	if ((*digest)->ctx)
		(*digest)->md.freectx((*digest)->ctx);
	free(*digest);
	*digest = NULL;
}

enum sg_err sg_digest_once(enum sg_digest_alg alg, struct sg_bytes message, uint8_t *out)
{
	struct sg_digest *digest = NULL;
	enum sg_err err = sg_digest_new(alg, &digest);

	if (err == SG_OK)
		err = sg_digest_update(digest, message);
	if (err == SG_OK)
		err = sg_digest_final(digest, out);
	sg_digest_free(&digest);
	return err;
}
