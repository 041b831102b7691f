/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Keys for OpenSSL's EVP_PKEY [provider-keymgmt(7)]. The private half is never exported: a
 * request that includes it fails, whereupon OpenSSL has us sign. A key that is imported has a
 * public half only.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <string.h>

#include "provider/key.h"
#include "provider/reason.h"

static void *new_ed25519(void *ctx)
{
	struct sg_prov_key *key = NULL;

	return sg_prov_key_new(ctx, &sg_prov_kind_ed25519, &key) == SG_OK ? key : NULL;
}

static void *new_p256(void *ctx)
{
	struct sg_prov_key *key = NULL;

	return sg_prov_key_new(ctx, &sg_prov_kind_p256, &key) == SG_OK ? key : NULL;
}

static void key_free(void *arg)
{
	struct sg_prov_key *key = arg;

	sg_prov_key_free(&key);
}

/* Take what a store gave as a reference, which keeps nothing. */
static void *load(const void *reference, size_t len)
{
	struct sg_prov_key *const *place = reference;

	return len == sizeof *place && *place != NULL ? sg_prov_key_share(*place) : NULL;
}

static void *key_dup(const void *arg, int selection)
{
	struct sg_prov_key *key = (struct sg_prov_key *)arg, *public = NULL;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 || key->link == NULL)
		return sg_prov_key_share(key);
	return sg_prov_key_public(key, &public) == SG_OK ? public : NULL;
}

static int has(const void *arg, int selection)
{
	const struct sg_prov_key *key = arg;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 && key->link == NULL)
		return 0;
	return (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) == 0 || key->has_point;
}

/* The private half follows from the public one. */
static int match(const void *a, const void *b, int selection)
{
	const struct sg_prov_key *one = a, *other = b;

	if (one->kind != other->kind)
		return 0;
	if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
		return 1;
	return one->has_point && other->has_point &&
	       sg_bytes_equal(sg_prov_key_point(one), sg_prov_key_point(other));
}

static int validate(const void *arg, int selection, int check)
{
	const struct sg_prov_key *key = arg;

	(void)check;
	return has(key, selection) && (!key->has_point || key->kind->valid(sg_prov_key_point(key)));
}

/* The numbers and texts of a kind. */
struct fact {
	const char *name;
	bool text;
	const char *(*string)(const struct sg_prov_kind *kind);
	int (*number)(const struct sg_prov_kind *kind);
};

static int bits(const struct sg_prov_kind *kind)
{
	return kind->bits;
}

static int security_bits(const struct sg_prov_kind *kind)
{
	return kind->security_bits;
}

static int max_size(const struct sg_prov_kind *kind)
{
	return kind->signature_max;
}

static int zero(const struct sg_prov_kind *kind)
{
	(void)kind;
	return 0;
}

static const char *group(const struct sg_prov_kind *kind)
{
	return kind->group;
}

static const char *default_digest(const struct sg_prov_kind *kind)
{
	return kind->digest_mandatory ? NULL : kind->digest;
}

static const char *mandatory_digest(const struct sg_prov_kind *kind)
{
	return kind->digest_mandatory ? kind->digest : NULL;
}

static const char *encoding(const struct sg_prov_kind *kind)
{
	return kind->group != NULL ? OSSL_PKEY_EC_ENCODING_GROUP : NULL;
}

static const char *point_format(const struct sg_prov_kind *kind)
{
	return kind->group != NULL ? OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED : NULL;
}

static const struct fact facts[] = {
	{ OSSL_PKEY_PARAM_BITS, .number = bits },
	{ OSSL_PKEY_PARAM_SECURITY_BITS, .number = security_bits },
	{ OSSL_PKEY_PARAM_MAX_SIZE, .number = max_size },
	{ OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, .number = zero },
	{ OSSL_PKEY_PARAM_GROUP_NAME, .string = group },
	{ OSSL_PKEY_PARAM_DEFAULT_DIGEST, .string = default_digest },
	{ OSSL_PKEY_PARAM_MANDATORY_DIGEST, .string = mandatory_digest },
	{ OSSL_PKEY_PARAM_EC_ENCODING, .string = encoding },
	{ OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, .string = point_format },
};

static bool set_fact(const struct fact *fact, const struct sg_prov_kind *kind,
                     OSSL_PARAM params[])
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, fact->name);
	const char *text;

	if (p == NULL)
		return true;
	if (fact->number != NULL)
		return OSSL_PARAM_set_int(p, fact->number(kind)) == 1;
	text = fact->string(kind);
	return text == NULL || OSSL_PARAM_set_utf8_string(p, text) == 1;
}

static bool set_octets(const char *name, struct sg_bytes bytes, OSSL_PARAM params[])
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

	return p == NULL || OSSL_PARAM_set_octet_string(p, bytes.data, bytes.len) == 1;
}

static bool set_coordinate(const char *name, const uint8_t bytes[32], OSSL_PARAM params[])
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);
	BIGNUM *number;
	bool done;

	if (p == NULL)
		return true;
	number = BN_bin2bn(bytes, 32, NULL);
	done = number != NULL && OSSL_PARAM_set_BN(p, number) == 1;
	BN_free(number);
	return done;
}

static int get_params(void *arg, OSSL_PARAM params[])
{
	const struct sg_prov_key *key = arg;
	bool done = true;

	for (size_t i = 0; i < sizeof facts / sizeof facts[0] && done; i++)
		done = set_fact(&facts[i], key->kind, params);
	if (!key->has_point)
		return done;
	done = done && set_octets(OSSL_PKEY_PARAM_PUB_KEY, sg_prov_key_point(key), params) &&
	       set_octets(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, sg_prov_key_point(key), params);
	if (key->kind == &sg_prov_kind_p256)
		done = done && set_coordinate(OSSL_PKEY_PARAM_EC_PUB_X, key->point + 1, params) &&
		       set_coordinate(OSSL_PKEY_PARAM_EC_PUB_Y, key->point + 33, params);
	return done;
}

static const OSSL_PARAM *gettable_ed25519(void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
		OSSL_PARAM_END
	};

	(void)ctx;
	return params;
}

static const OSSL_PARAM *gettable_p256(void *ctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_X, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_Y, NULL, 0),
		OSSL_PARAM_END
	};

	(void)ctx;
	return params;
}

static const OSSL_PARAM *types_ed25519(int selection)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END
	};

	return (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 ? params : NULL;
}

static const OSSL_PARAM *types_p256(int selection)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END
	};

	return (selection & (OSSL_KEYMGMT_SELECT_PUBLIC_KEY |
	                     OSSL_KEYMGMT_SELECT_ALL_PARAMETERS)) != 0 ? params : NULL;
}

/* This runs each time that OpenSSL looks whether its own provider could sign: it says nothing. */
static int export(void *arg, int selection, OSSL_CALLBACK *fn, void *fn_arg)
{
	struct sg_prov_key *key = arg;
	const char *name = key->kind->group;
	OSSL_PARAM params[3];
	size_t n = 0;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 && key->link != NULL)
		return 0;
	if (name != NULL && (selection & OSSL_KEYMGMT_SELECT_ALL_PARAMETERS) != 0)
		params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		                                               (char *)name, 0);
	if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0) {
		if (!key->has_point)
			return 0;
		params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, key->point,
		                                                key->kind->point_len);
	}
	params[n] = OSSL_PARAM_construct_end();
	return fn(params, fn_arg);
}

/* Tell whether the parameters name no other curve than the kind's. */
static bool is_group(const struct sg_prov_kind *kind, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
	const char *name = NULL;
	int nid;

	if (p == NULL || kind->group == NULL)
		return true;
	if (OSSL_PARAM_get_utf8_string_ptr(p, &name) != 1 || name == NULL)
		return false;
	nid = OBJ_txt2nid(name);
	return strcmp(name, "P-256") == 0 || strcmp(name, "secp256r1") == 0 ||
	       nid == NID_X9_62_prime256v1;
}

static int import(void *arg, int selection, const OSSL_PARAM params[])
{
	struct sg_prov_key *key = arg;
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY);
	const void *point = NULL;
	size_t len = 0;

	sg_prov_begin();
	if (p != NULL)
		return sg_prov_raise(key->provider, SG_PROV_PRIVATE_STAYS);
	if (!is_group(key->kind, params))
		return sg_prov_raise(key->provider, SG_PROV_KEY);
	if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) == 0)
		return 1;
	p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PUB_KEY);
	if (p == NULL)
		return 1;
	if (OSSL_PARAM_get_octet_string_ptr(p, &point, &len) != 1 ||
	    sg_prov_key_set_point(key, sg_bytes(point, len)) != SG_OK)
		return sg_prov_raise(key->provider, SG_PROV_KEY);
	return 1;
}

/* OpenSSL takes the first provider of a name, whether it can make keys or not. So one that stands
 * behind us never makes any; this says why. */
static void *gen_init(void *ctx, int selection, const OSSL_PARAM params[])
{
	(void)selection;
	(void)params;
	sg_prov_begin();
	sg_prov_raise(ctx, SG_PROV_ORDER);
	return NULL;
}

static void *gen(void *ctx, OSSL_CALLBACK *fn, void *arg)
{
	(void)ctx;
	(void)fn;
	(void)arg;
	return NULL;
}

static void gen_cleanup(void *ctx)
{
	(void)ctx;
}

static const char *operation_ed25519(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ED25519" : NULL;
}

static const char *operation_p256(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

/* Both kinds, but for a few. */
#define COMMON \
	{ OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))key_free }, \
	{ OSSL_FUNC_KEYMGMT_LOAD, (void (*)(void))load }, \
	{ OSSL_FUNC_KEYMGMT_DUP, (void (*)(void))key_dup }, \
	{ OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))has }, \
	{ OSSL_FUNC_KEYMGMT_MATCH, (void (*)(void))match }, \
	{ OSSL_FUNC_KEYMGMT_VALIDATE, (void (*)(void))validate }, \
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))get_params }, \
	{ OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void))export }, \
	{ OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void))import }, \
	{ OSSL_FUNC_KEYMGMT_GEN_INIT, (void (*)(void))gen_init }, \
	{ OSSL_FUNC_KEYMGMT_GEN, (void (*)(void))gen }, \
	{ OSSL_FUNC_KEYMGMT_GEN_CLEANUP, (void (*)(void))gen_cleanup }

static const OSSL_DISPATCH ed25519[] = {
	COMMON,
	{ OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))new_ed25519 },
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))gettable_ed25519 },
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))types_ed25519 },
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))types_ed25519 },
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))operation_ed25519 },
	{ 0, NULL }
};

static const OSSL_DISPATCH p256[] = {
	COMMON,
	{ OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))new_p256 },
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))gettable_p256 },
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))types_p256 },
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))types_p256 },
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))operation_p256 },
	{ 0, NULL }
};

const OSSL_ALGORITHM sg_prov_keymgmts[] = {
	{ "ED25519:1.3.101.112", NULL, ed25519, "Ed25519 keys in a token" },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", NULL, p256, "P-256 keys in a token" },
	{ NULL, NULL, NULL, NULL }
};
