/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The entry of the provider and its end [provider-base(7)].
 */
#include "provider/provider.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/manner.h"
#include "config.h"
#include "provider/link.h"
#include "provider/reason.h"

/* Of a name that is a value of a property as it is [property(7)]. */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

static const OSSL_PARAM *gettable(void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
		OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
		OSSL_PARAM_END
	};

	(void)ctx;
	return params;
}

static int get_params(void *ctx, OSSL_PARAM params[])
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_NAME);

	(void)ctx;
	if (p != NULL && OSSL_PARAM_set_utf8_ptr(p, "signet: keys in PKCS#11 tokens") != 1)
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_VERSION);
	if (p != NULL && OSSL_PARAM_set_utf8_ptr(p, PACKAGE_VERSION) != 1)
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_BUILDINFO);
	if (p != NULL && OSSL_PARAM_set_utf8_ptr(p, PACKAGE_STRING) != 1)
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);
	return p == NULL || OSSL_PARAM_set_int(p, 1) == 1;
}

struct operation {
	int id;
	const OSSL_ALGORITHM *algorithms;
};

static const struct operation operations[] = {
	{ OSSL_OP_KEYMGMT, sg_prov_keymgmts },
	{ OSSL_OP_SIGNATURE, sg_prov_signatures },
	{ OSSL_OP_STORE, sg_prov_stores },
	{ OSSL_OP_DECODER, sg_prov_decoders },
	{ OSSL_OP_ENCODER, sg_prov_encoders },
};

_Static_assert(sizeof operations / sizeof operations[0] == SG_PROV_OPERATIONS, "one row each");

static const OSSL_ALGORITHM *query(void *ctx, int id, int *no_store)
{
	struct sg_provider *provider = ctx;

	*no_store = 0;
	for (size_t i = 0; i < SG_PROV_OPERATIONS; i++)
		if (operations[i].id == id)
			return provider->algorithms[i];
	return NULL;
}

/* Copy a row, with properties by which a program chooses us. */
static bool name_algorithm(const OSSL_ALGORITHM *from, const char *name,
                           char properties[SG_PROV_PROPERTIES], OSSL_ALGORITHM *to)
{
	const char *more = from->property_definition;
	int len = snprintf(properties, SG_PROV_PROPERTIES, "provider=%s%s%s", name,
	                   more != NULL ? "," : "", more != NULL ? more : "");

	*to = *from;
	to->property_definition = properties;
	return len > 0 && len < SG_PROV_PROPERTIES;
}

/* Give the tables the name that the configuration has for us: one program may have us twice, with a
 * PKCS#11 module each, and tell us apart by it. */
static bool name_algorithms(struct sg_provider *provider)
{
	char *name = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_CORE_PROV_NAME, &name, 0),
		OSSL_PARAM_END
	};
	const OSSL_ALGORITHM *from;

	if (provider->get_params(provider->handle, params) != 1)
		return false;
	if (name == NULL || name[strspn(name, NAME_CHARACTERS)] != '\0')
		name = (char *)"signet";
	for (size_t i = 0; i < SG_PROV_OPERATIONS; i++) {
		from = operations[i].algorithms;
		for (size_t j = 0; from[j].algorithm_names != NULL; j++) {
			assert(j + 1 < SG_PROV_ALGORITHMS);
			if (!name_algorithm(&from[j], name, provider->properties[i][j],
			                    &provider->algorithms[i][j]))
				return false;
		}
	}
	return true;
}

/* Where OpenSSL itself is ending, the process is: other libraries have perhaps ended already, the
 * module's among them, so what is open is left to the kernel. */
static bool is_ending(void)
{
	return OPENSSL_init_crypto(0, NULL) != 1;
}

static void teardown(void *ctx)
{
	struct sg_provider *provider = ctx;

	sg_prov_links_free(provider, is_ending());
	sg_prov_section_free(&provider->section);
	free(provider);
}

static const OSSL_ITEM *reasons(void *ctx)
{
	(void)ctx;
	return sg_prov_reasons;
}

static const OSSL_DISPATCH functions[] = {
	{ OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))gettable },
	{ OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))get_params },
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, (void (*)(void))reasons },
	{ OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown },
	{ 0, NULL }
};

static void find_upcalls(struct sg_provider *provider, const OSSL_DISPATCH *in)
{
	for (; in->function_id != 0; in++) {
		if (in->function_id == OSSL_FUNC_CORE_GET_PARAMS)
			provider->get_params = OSSL_FUNC_core_get_params(in);
		else if (in->function_id == OSSL_FUNC_CORE_NEW_ERROR)
			provider->new_error = OSSL_FUNC_core_new_error(in);
		else if (in->function_id == OSSL_FUNC_CORE_SET_ERROR_DEBUG)
			provider->set_error_debug = OSSL_FUNC_core_set_error_debug(in);
		else if (in->function_id == OSSL_FUNC_CORE_VSET_ERROR)
			provider->vset_error = OSSL_FUNC_core_vset_error(in);
		else if (in->function_id == OSSL_FUNC_BIO_GETS)
			provider->bio_gets = OSSL_FUNC_BIO_gets(in);
		else if (in->function_id == OSSL_FUNC_BIO_READ_EX)
			provider->bio_read_ex = OSSL_FUNC_BIO_read_ex(in);
		else if (in->function_id == OSSL_FUNC_BIO_WRITE_EX)
			provider->bio_write_ex = OSSL_FUNC_BIO_write_ex(in);
	}
}

__attribute__((visibility("default")))
int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                       const OSSL_DISPATCH **out, void **ctx)
{
	struct sg_provider *provider = calloc(1, sizeof *provider);

	*ctx = NULL;
	if (provider == NULL)
		return 0;
	provider->handle = handle;
	find_upcalls(provider, in);
	if (provider->get_params == NULL || provider->new_error == NULL ||
	    provider->set_error_debug == NULL || provider->vset_error == NULL ||
	    provider->bio_gets == NULL || provider->bio_read_ex == NULL ||
	    provider->bio_write_ex == NULL ||
	    !name_algorithms(provider) || !sg_prov_section_read(provider)) {
		free(provider);
		return 0;
	}
	sg_client_for_programs();
	sg_prov_links_start();
	sg_prov_reasons_start();
	*out = functions;
	*ctx = provider;
	return 1;
}
