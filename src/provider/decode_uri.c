/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The second decoders of key files [provider-decoder(7)]: each takes the URI out of DER and
 * opens it as the store does, for one kind of key. A key of the other kind, and DER that holds no
 * URI, is passed on quietly; a URI that does not open is an error that says why.
 */
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/uri_pem.h"
#include "provider/decode.h"
#include "provider/objects.h"
#include "provider/reason.h"
#include "provider/uri.h"

void *sg_prov_decoder_new(void *provider)
{
	return provider;
}

void sg_prov_decoder_free(void *ctx)
{
	(void)ctx;
}

/* Read all of it, if it is short enough to hold a URI. */
static bool read_all(const struct sg_provider *provider, OSSL_CORE_BIO *in, struct sg_buf *out)
{
	const size_t room = SG_URI_DER_MAX + 1;
	size_t got = 0;

	if (sg_buf_reserve(out, room) != SG_OK)
		return false;
	while (out->len < room &&
	       provider->bio_read_ex(in, out->data + out->len, room - out->len, &got) == 1 &&
	       got > 0)
		out->len += got;
	return out->len < room;
}

/* Find the one private key that a URI names; raises what goes wrong. */
static bool find(struct sg_provider *provider, const char *text, const struct sg_prov_asker *asker,
                 struct sg_prov_objects *found)
{
	struct sg_secret *pin = NULL;
	P11KitUri *uri = NULL;
	enum sg_err err;

	if (!sg_prov_uri_open(provider, text, &uri, &pin))
		return false;
	err = sg_prov_objects_find(provider, uri, pin, asker, SG_PROV_PRIVATE, found);
	if (err == SG_OK && found->n != 1)
		err = found->n == 0 ? SG_ERR_NOT_FOUND : SG_ERR_RANGE;
	if (err != SG_OK)
		sg_prov_objects_raise(found, provider, err);
	sg_secret_free(&pin);
	p11_kit_uri_free(uri);
	return err == SG_OK;
}

static int decode(struct sg_provider *provider, const struct sg_prov_kind *kind, OSSL_CORE_BIO *in,
                  const struct sg_prov_asker *asker, OSSL_CALLBACK *next, void *next_arg)
{
	struct sg_prov_objects found = { 0 };
	struct sg_buf der = { 0 }, text = { 0 };
	struct sg_bytes uri;
	int answer = 1;

	sg_prov_begin();
	if (!read_all(provider, in, &der) || sg_uri_der_read(sg_buf_bytes(&der), &uri) != SG_OK)
		goto out;
	answer = 0;
	if (sg_buf_reserve(&text, uri.len + 1) != SG_OK || sg_buf_set(&text, uri) != SG_OK ||
	    sg_buf_append(&text, sg_bytes("", 1)) != SG_OK)
		sg_prov_raise(provider, SG_PROV_NOMEM);
	else if (find(provider, (const char *)text.data, asker, &found))
		answer = found.items[0].key->kind == kind
		         ? sg_prov_key_give(found.items[0].key, next, next_arg) : 1;
out:
	sg_prov_objects_free(&found);
	sg_buf_wipe(&text);
	sg_buf_wipe(&der);
	return answer;
}

static int decode_ed25519(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *next,
                          void *next_arg, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	const struct sg_prov_asker asker = { ask, ask_arg };

	(void)selection;
	return decode(ctx, &sg_prov_kind_ed25519, in, &asker, next, next_arg);
}

static int decode_p256(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *next,
                       void *next_arg, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	const struct sg_prov_asker asker = { ask, ask_arg };

	(void)selection;
	return decode(ctx, &sg_prov_kind_p256, in, &asker, next, next_arg);
}

/* What a reference means to us, another provider can't have: then OpenSSL takes our keymgmt. */
static int export(void *ctx, const void *reference, size_t len, OSSL_CALLBACK *fn, void *fn_arg)
{
	(void)reference;
	(void)len;
	(void)fn;
	(void)fn_arg;
	return sg_prov_raise(ctx, SG_PROV_PRIVATE_STAYS);
}

static const OSSL_DISPATCH ed25519[] = {
	{ OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))sg_prov_decoder_new },
	{ OSSL_FUNC_DECODER_FREECTX, (void (*)(void))sg_prov_decoder_free },
	{ OSSL_FUNC_DECODER_DECODE, (void (*)(void))decode_ed25519 },
	{ OSSL_FUNC_DECODER_EXPORT_OBJECT, (void (*)(void))export },
	{ 0, NULL }
};

static const OSSL_DISPATCH p256[] = {
	{ OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))sg_prov_decoder_new },
	{ OSSL_FUNC_DECODER_FREECTX, (void (*)(void))sg_prov_decoder_free },
	{ OSSL_FUNC_DECODER_DECODE, (void (*)(void))decode_p256 },
	{ OSSL_FUNC_DECODER_EXPORT_OBJECT, (void (*)(void))export },
	{ 0, NULL }
};

const OSSL_ALGORITHM sg_prov_decoders[] = {
	{ "DER", "input=pem", sg_prov_decode_pem, "key files that hold a URI" },
	{ "ED25519", "input=der,structure=" SG_PROV_STRUCTURE, ed25519,
	  "the URI of an Ed25519 key" },
	{ "EC", "input=der,structure=" SG_PROV_STRUCTURE, p256,
	  "the URI of a P-256 key" },
	{ NULL, NULL, NULL, NULL }
};
