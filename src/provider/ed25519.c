/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Signatures with Ed25519 [provider-signature(7), RFC 8032]: whole messages only,
 * without a digest.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "provider/operation.h"
#include "provider/reason.h"

static int op_set(void *arg, const OSSL_PARAM params[])
{
	struct sg_prov_operation *op = arg;
	const OSSL_PARAM *instance = params == NULL ? NULL
	        : OSSL_PARAM_locate_const(params, "instance");
	const OSSL_PARAM *context = params == NULL ? NULL
	        : OSSL_PARAM_locate_const(params, "context-string");
	const char *name = NULL;

	sg_prov_begin();
	if (instance != NULL && (OSSL_PARAM_get_utf8_string_ptr(instance, &name) != 1 ||
	                         name == NULL || strcasecmp(name, "Ed25519") != 0))
		return sg_prov_raise(op->provider, SG_PROV_PARAMETER);
	if (context != NULL && context->data_size != 0)
		return sg_prov_raise(op->provider, SG_PROV_PARAMETER);
	return 1;
}

static int init(void *arg, const char *digest, void *provided, const OSSL_PARAM params[])
{
	struct sg_prov_operation *op = arg;
	struct sg_prov_key *key = provided;

	sg_prov_begin();
	if (digest != NULL && digest[0] != '\0')
		return sg_prov_raise(op->provider, SG_PROV_DIGEST);
	if (key == NULL && op->key == NULL)
		return sg_prov_raise(op->provider, SG_PROV_KEY);
	if (key != NULL) {
		sg_prov_key_free(&op->key);
		op->key = sg_prov_key_share(key);
	}
	return op_set(op, params);
}

/* Since OpenSSL 3.4. */
#ifdef OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT
static int init_message(void *arg, void *provided, const OSSL_PARAM params[])
{
	return init(arg, NULL, provided, params);
}
#endif

static int sign(void *arg, unsigned char *signature, size_t *len, size_t room,
                const unsigned char *message, size_t message_len)
{
	struct sg_prov_operation *op = arg;
	uint8_t made[SG_PROV_SIGNATURE];

	if (signature == NULL) {
		*len = SG_PROV_SIGNATURE;
		return 1;
	}
	sg_prov_begin();
	if (room < SG_PROV_SIGNATURE)
		return sg_prov_raise(op->provider, SG_PROV_LENGTH);
	if (!sg_prov_key_sign(op->key, sg_bytes(message, message_len), made))
		return 0;
	memcpy(signature, made, sizeof made);
	*len = SG_PROV_SIGNATURE;
	return 1;
}

static int verify(void *arg, const unsigned char *signature, size_t len,
                  const unsigned char *message, size_t message_len)
{
	const struct sg_prov_operation *op = arg;

	return sg_prov_key_verify(op->key, sg_bytes(message, message_len),
	                          sg_bytes(signature, len));
}

static int op_get(void *arg, OSSL_PARAM params[])
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	const struct sg_bytes id = sg_prov_kind_ed25519.algorithm;

	(void)arg;
	return p == NULL || OSSL_PARAM_set_octet_string(p, id.data, id.len) == 1;
}

static const OSSL_PARAM *gettable(void *op, void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
		OSSL_PARAM_END
	};

	(void)op;
	(void)ctx;
	return params;
}

static const OSSL_PARAM *settable(void *op, void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string("instance", NULL, 0),
		OSSL_PARAM_octet_string("context-string", NULL, 0),
		OSSL_PARAM_END
	};

	(void)op;
	(void)ctx;
	return params;
}

const OSSL_DISPATCH sg_prov_ed25519[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))sg_prov_operation_new },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))sg_prov_operation_free },
	{ OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))sg_prov_operation_dup },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void))sign },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (void (*)(void))init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (void (*)(void))verify },
#ifdef OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT
	{ OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))sign },
	{ OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))verify },
	{ OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT, (void (*)(void))init_message },
	{ OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_INIT, (void (*)(void))init_message },
#endif
	{ OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))op_get },
	{ OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (void (*)(void))gettable },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))op_set },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))settable },
	{ 0, NULL }
};
