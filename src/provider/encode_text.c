/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Private keys in words [provider-encoder(7)], as "openssl pkey -text" and others print
 * them: where the key is, and its public half. The rest never leaves the token, and public keys
 * OpenSSL prints by itself.
 */
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/key.h"
#include "provider/reason.h"
#include "provider/uri.h"
#include "util/cursor.h"

#define OF_A_LINE 15            /* bytes, as OpenSSL prints them */

static void *encoder_new(void *provider)
{
	return provider;
}

static void encoder_free(void *ctx)
{
	(void)ctx;
}

static int does(void *provider, int selection)
{
	(void)provider;
	return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static void put(struct sg_writer *w, const char *text)
{
	sg_write_bytes(w, sg_bytes_str(text));
}

static void put_point(struct sg_writer *w, struct sg_bytes point)
{
	char byte[4];

	put(w, "pub:");
	for (size_t i = 0; i < point.len; i++) {
		put(w, i % OF_A_LINE == 0 ? "\n    " : "");
		(void)snprintf(byte, sizeof byte, "%02x%s", point.data[i],
		               i + 1 < point.len ? ":" : "");
		put(w, byte);
	}
	put(w, "\n");
}

static enum sg_err describe(const struct sg_prov_key *key, struct sg_writer *w)
{
	char *uri = NULL;
	enum sg_err err = sg_prov_uri_of_key(sg_prov_link_uri(key->link), sg_buf_bytes(&key->id),
	                                     sg_buf_bytes(&key->label), &uri);

	put(w, key->kind->text_head);
	put(w, "uri: ");
	put(w, uri != NULL ? uri : "");
	put(w, "\n");
	put_point(w, sg_prov_key_point(key));
	put(w, key->kind->text_tail);
	free(uri);
	return err == SG_OK ? w->err : err;
}

static int encode(void *ctx, OSSL_CORE_BIO *out, const void *object,
                  const OSSL_PARAM parameters[], int selection, OSSL_PASSPHRASE_CALLBACK *ask,
                  void *ask_arg)
{
	const struct sg_provider *provider = ctx;
	const struct sg_prov_key *key = object;
	struct sg_buf text = { 0 };
	struct sg_writer w = sg_writer(&text);
	size_t written = 0;
	enum sg_err err;
	int done = 0;

	(void)ask;
	(void)ask_arg;
	sg_prov_begin();
	if (key == NULL || parameters != NULL || !does(ctx, selection))
		return sg_prov_raise(provider, SG_PROV_PARAMETER);
	if (key->link == NULL)
		return sg_prov_raise(provider, SG_PROV_PUBLIC_ONLY);
	err = describe(key, &w);
	if (err != SG_OK)
		sg_prov_raise_err(provider, err);
	else
		done = provider->bio_write_ex(out, text.data, text.len, &written) == 1 &&
		       written == text.len;
	sg_buf_free(&text);
	return done;
}

static const OSSL_DISPATCH functions[] = {
	{ OSSL_FUNC_ENCODER_NEWCTX, (void (*)(void))encoder_new },
	{ OSSL_FUNC_ENCODER_FREECTX, (void (*)(void))encoder_free },
	{ OSSL_FUNC_ENCODER_DOES_SELECTION, (void (*)(void))does },
	{ OSSL_FUNC_ENCODER_ENCODE, (void (*)(void))encode },
	{ 0, NULL }
};

const OSSL_ALGORITHM sg_prov_encoders[] = {
	{ "ED25519:1.3.101.112", "output=text", functions, "where an Ed25519 key is" },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", "output=text", functions, "where a P-256 key is" },
	{ NULL, NULL, NULL, NULL }
};
