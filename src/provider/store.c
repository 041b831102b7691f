/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. pkcs11: URIs for OSSL_STORE [provider-storemgmt(7), RFC 7512]. The token is asked when
 * the first object is wanted, because only then OpenSSL says who can be asked for a PIN.
 */
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <stdlib.h>
#include <string.h>

#include "provider/objects.h"
#include "provider/reason.h"
#include "provider/uri.h"

struct loader {
	struct sg_provider *provider;
	P11KitUri *uri;
	struct sg_secret *pin;          /* that the URI held, or NULL */
	int expected;                   /* as OSSL_STORE_INFO has it; 0: anything */
	bool asked, failed;
	struct sg_prov_objects objects;
	size_t next;
};

static int loader_close(void *arg)
{
	struct loader *loader = arg;

	if (loader == NULL)
		return 1;
	sg_prov_objects_free(&loader->objects);
	sg_secret_free(&loader->pin);
	p11_kit_uri_free(loader->uri);
	free(loader);
	return 1;
}

static void *loader_open(void *ctx, const char *uri)
{
	struct sg_provider *provider = ctx;
	struct loader *loader = calloc(1, sizeof *loader);

	if (loader == NULL) {
		sg_prov_raise(provider, SG_PROV_NOMEM);
		return NULL;
	}
	loader->provider = provider;
	sg_prov_begin();
	if (sg_prov_uri_open(provider, uri, &loader->uri, &loader->pin))
		return loader;
	loader_close(loader);
	return NULL;
}

static const OSSL_PARAM *loader_settable(void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
		OSSL_PARAM_END
	};

	(void)ctx;
	return params;
}

static int loader_set(void *arg, const OSSL_PARAM params[])
{
	struct loader *loader = arg;
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);

	return p == NULL || OSSL_PARAM_get_int(p, &loader->expected) == 1;
}

struct expectation {
	int expected;
	unsigned classes;
};

static const struct expectation expectations[] = {
	{ 0, SG_PROV_ALL },
	{ OSSL_STORE_INFO_PKEY, SG_PROV_PRIVATE },
	{ OSSL_STORE_INFO_PUBKEY, SG_PROV_PUBLIC },
	{ OSSL_STORE_INFO_CERT, SG_PROV_CERTIFICATE },
};

static unsigned wanted(const struct loader *loader)
{
	for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++)
		if (expectations[i].expected == loader->expected)
			return expectations[i].classes;
	return 0;
}

/* Ask the tokens, once; raises what goes wrong. */
static bool ask(struct loader *loader, OSSL_PASSPHRASE_CALLBACK *fn, void *arg)
{
	const struct sg_prov_asker asker = { fn, arg };
	enum sg_err err = SG_OK;

	loader->asked = true;
	if (wanted(loader) != 0)
		err = sg_prov_objects_find(loader->provider, loader->uri, loader->pin, &asker,
		                           wanted(loader), &loader->objects);
	if (err == SG_OK && loader->objects.n == 0)
		err = SG_ERR_NOT_FOUND;
	if (err == SG_OK)
		return true;
	loader->failed = true;
	sg_prov_objects_raise(&loader->objects, loader->provider, err);
	return false;
}

static int give_der(struct sg_prov_object *object, OSSL_CALLBACK *fn, void *arg)
{
	const bool public = object->class == SG_PROV_PUBLIC;
	int type = public ? OSSL_OBJECT_PKEY : OSSL_OBJECT_CERT;
	OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_OBJECT_PARAM_TYPE, &type),
		OSSL_PARAM_octet_string(OSSL_OBJECT_PARAM_DATA, object->der.data, object->der.len),
		OSSL_PARAM_END,
		OSSL_PARAM_END
	};

	if (public)
		params[2] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE,
		                                             (char *)"SubjectPublicKeyInfo", 0);
	return fn(params, arg);
}

static int loader_load(void *arg, OSSL_CALLBACK *object_fn, void *object_arg,
                       OSSL_PASSPHRASE_CALLBACK *pin_fn, void *pin_arg)
{
	struct loader *loader = arg;
	struct sg_prov_object *object;

	/* A failure is passed on before the end is: where the end comes at once, OpenSSL takes it
	 * for an empty store. */
	if (loader->failed) {
		loader->failed = false;
		return 0;
	}
	if (!loader->asked && !ask(loader, pin_fn, pin_arg))
		return 0;
	if (loader->next == loader->objects.n)
		return 0;
	object = &loader->objects.items[loader->next++];
	return object->class == SG_PROV_PRIVATE
	       ? sg_prov_key_give(object->key, object_fn, object_arg)
	       : give_der(object, object_fn, object_arg);
}

static int loader_eof(void *arg)
{
	struct loader *loader = arg;

	return loader->asked && !loader->failed && loader->next == loader->objects.n;
}

/* A keymgmt of another provider can have nothing of it: then OpenSSL takes ours. */
static int loader_export(void *arg, const void *reference, size_t len, OSSL_CALLBACK *fn,
                         void *fn_arg)
{
	struct loader *loader = arg;

	(void)reference;
	(void)len;
	(void)fn;
	(void)fn_arg;
	return sg_prov_raise(loader->provider, SG_PROV_PRIVATE_STAYS);
}

static const OSSL_DISPATCH functions[] = {
	{ OSSL_FUNC_STORE_OPEN, (void (*)(void))loader_open },
	{ OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, (void (*)(void))loader_settable },
	{ OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))loader_set },
	{ OSSL_FUNC_STORE_LOAD, (void (*)(void))loader_load },
	{ OSSL_FUNC_STORE_EOF, (void (*)(void))loader_eof },
	{ OSSL_FUNC_STORE_CLOSE, (void (*)(void))loader_close },
	{ OSSL_FUNC_STORE_EXPORT_OBJECT, (void (*)(void))loader_export },
	{ 0, NULL }
};

const OSSL_ALGORITHM sg_prov_stores[] = {
	{ "pkcs11", NULL, functions, "pkcs11: URIs [RFC 7512]" },
	{ NULL, NULL, NULL, NULL }
};
