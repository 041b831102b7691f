/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The OpenSSL provider, by OpenSSL's own functions in an order that the input chooses,
 * over a token that lies where it says so (fuzz/hostile.h). Where the token told no lie, keys sign
 * and what they sign is good; a private key never comes out, whatever happens.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/pem.h"
#include "crypto/uri_pem.h"
#include "fuzz/hostile.h"
#include "provider/link.h"
#include "provider/provider.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))
#define KEYS 4
#define STEPS 24
#define TEXT_MAX 256

/* The provider's own entry, and that of ours in the list of those that are built in. */
OSSL_provider_init_fn OSSL_provider_init;

static OSSL_LIB_CTX *lib, *plain;
static OSSL_PROVIDER *ours;
static struct sg_provider *provider;
static UI_METHOD *asks;

/* What the input says. */
static struct fuzz_input program;

static struct key {
	EVP_PKEY *key;
	bool imported;                  /* a public key that came from outside */
} keys[KEYS];

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

/* As OpenSSL would with a section of openssl.cnf that names the module. */
static int start_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                          const OSSL_DISPATCH **out, void **ctx)
{
	if (OSSL_provider_init(handle, in, out, ctx) != 1)
		return 0;
	provider = *ctx;
	free(provider->section.module);
	provider->section.module = strdup("hostile.so");
	return provider->section.module != NULL;
}

static int answer(char *buf, int size, int writing, void *arg)
{
	const size_t len = fuzz_below(&program, 2) == 0 ? strlen(HOSTILE_PIN) : 1;

	(void)writing;
	(void)arg;
	if (size < (int)len || fuzz_byte(&program) > 191)
		return -1;
	memcpy(buf, HOSTILE_PIN, len);
	return (int)len;
}

static void start(void)
{
	hostile_start();
	lib = OSSL_LIB_CTX_new();
	plain = OSSL_LIB_CTX_new();
	asks = UI_UTIL_wrap_read_pem_callback(answer, 0);
	need(lib != NULL && plain != NULL && asks != NULL, "contexts");
	need(OSSL_PROVIDER_add_builtin(lib, "signet", start_provider) == 1 &&
	     OSSL_PROVIDER_load(lib, "default") != NULL, "providers");
	ours = OSSL_PROVIDER_load(lib, "signet");
	need(ours != NULL, "the provider");
}

/* A text of the input, of at most TEXT_MAX bytes and without a zero byte. */
static const char *text(void)
{
	static char out[TEXT_MAX + 1];
	size_t len = fuzz_byte(&program);

	len = len < program.len ? len : program.len;
	memcpy(out, program.data, len);
	out[len] = '\0';
	program.data += len;
	program.len -= len;
	return out;
}

static const char *any_uri(void)
{
	static const char *const uris[] = {
		"pkcs11:",
		"pkcs11:?pin-value=" HOSTILE_PIN,
		"pkcs11:object=ed;type=private?pin-value=" HOSTILE_PIN,
		"pkcs11:object=ec;type=private?pin-value=" HOSTILE_PIN,
		"pkcs11:id=%61;type=private",
		"pkcs11:type=public",
		"pkcs11:type=cert",
		"pkcs11:token=t?pin-value=wrong",
		"pkcs11:?pin-source=file:/nonexistent",
		"pkcs11:?module-path=/nonexistent",
		"pkcs11:?module-path=hostile.so",
		"pkcs11:?module-name=hostile",
		"pkcs11:slot-id=1;library-manufacturer=",
	};
	static char made[TEXT_MAX + 16];
	const unsigned choice = fuzz_byte(&program) % (LENGTH_OF(uris) + 3);

	if (choice < LENGTH_OF(uris))
		return uris[choice];
	snprintf(made, sizeof made, "pkcs11:%s", text());
	return made;
}

/* Put a key into a place, which lets go of the one that was there. */
static void keep(EVP_PKEY *key, bool imported)
{
	struct key *place = &keys[fuzz_below(&program, KEYS)];

	if (key == NULL)
		return;
	EVP_PKEY_free(place->key);
	*place = (struct key){ key, imported };
}

static void take(OSSL_STORE_INFO *info)
{
	const int type = OSSL_STORE_INFO_get_type(info);

	if (type == OSSL_STORE_INFO_PKEY)
		keep(OSSL_STORE_INFO_get1_PKEY(info), false);
	else if (type == OSSL_STORE_INFO_PUBKEY)
		keep(OSSL_STORE_INFO_get1_PUBKEY(info), true);
	else
		need(type == OSSL_STORE_INFO_CERT && OSSL_STORE_INFO_get0_CERT(info) != NULL,
		     "the store gives something else");
}

static void load(void)
{
	static const int types[] = {
		0, 0, OSSL_STORE_INFO_PKEY, OSSL_STORE_INFO_PUBKEY, OSSL_STORE_INFO_CERT,
		OSSL_STORE_INFO_CRL,
	};
	const int type = types[fuzz_below(&program, LENGTH_OF(types))];
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(any_uri(), lib, NULL, asks, NULL, NULL, NULL, NULL);
	OSSL_STORE_INFO *info;

	if (store != NULL && type != 0)
		(void)OSSL_STORE_expect(store, type);
	for (int i = 0; store != NULL && i < 600 && !OSSL_STORE_eof(store); i++) {
		info = OSSL_STORE_load(store);
		if (info != NULL)
			take(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
}

static struct key *any_key(void)
{
	return &keys[fuzz_below(&program, KEYS)];
}

static bool verifies(OSSL_LIB_CTX *where, EVP_PKEY *key, const char *digest, const char *message,
                     struct sg_bytes signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const bool good = key != NULL && ctx != NULL &&
	                  EVP_DigestVerifyInit_ex(ctx, NULL, digest, where, NULL, key, NULL) == 1 &&
	                  EVP_DigestVerify(ctx, signature.data, signature.len,
	                                   (const unsigned char *)message, strlen(message)) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

/* Verify by the key, and with the public half in OpenSSL's own provider. */
static bool good(EVP_PKEY *key, const char *digest, const char *message, struct sg_bytes signature)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	const int len = i2d_PUBKEY(key, &der);
	EVP_PKEY *copy;
	bool is;

	need(len > 0, "a public key");
	at = der;
	copy = d2i_PUBKEY_ex(NULL, &at, len, plain, NULL);
	is = verifies(plain, copy, digest, message, signature) &&
	     verifies(lib, key, digest, message, signature);
	EVP_PKEY_free(copy);
	OPENSSL_free(der);
	return is;
}

/* Sign a message in one go; what an honest token signs is good. */
static void sign(void)
{
	static const char *const digests[] = { NULL, "SHA256", "SHA384", "SHA512", "SHA1", "MD5" };
	const struct key *key = any_key();
	const bool ec = key->key != NULL && EVP_PKEY_is_a(key->key, "EC");
	const unsigned choice = fuzz_byte(&program);
	const char *digest = digests[choice % LENGTH_OF(digests)];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[96];
	size_t len = choice & 64 ? fuzz_byte(&program) % sizeof signature : sizeof signature;
	const size_t room = len;
	const char *message = text();
	bool done;

	need(ctx != NULL, "memory");
	done = key->key != NULL &&
	       EVP_DigestSignInit_ex(ctx, NULL, digest, lib, NULL, key->key, NULL) == 1 &&
	       EVP_DigestSign(ctx, signature, &len, (const unsigned char *)message,
	                      strlen(message)) == 1;
	need(!done || (len <= room && !key->imported), "it signs what it can't");
	if (done && hostile_was_honest())
		need(good(key->key, digest, message, sg_bytes(signature, len)), "a bad signature");
	if (!done && key->key != NULL && !key->imported && hostile_was_honest())
		need(ec ? room < 72 || choice % LENGTH_OF(digests) > 3 : room < 64 || digest != NULL,
		     "an honest token signs nothing");
	EVP_MD_CTX_free(ctx);
}

/* Sign or verify a message in parts, with copies of the context and odd endings. Not with Ed25519:
 * OpenSSL 3.0 then calls a function that no provider has, its own neither. */
static void sign_in_parts(void)
{
	const struct key *key = any_key();
	const unsigned choice = fuzz_byte(&program);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
	unsigned char signature[96] = { 0 };
	size_t len = sizeof signature;
	bool begun = false;

	need(ctx != NULL && copy != NULL, "memory");
	if (key->key != NULL && EVP_PKEY_is_a(key->key, "EC"))
		begun = (choice & 1 ? EVP_DigestVerifyInit_ex : EVP_DigestSignInit_ex)
		        (ctx, NULL, choice & 2 ? "SHA512" : NULL, lib, NULL, key->key, NULL) == 1;
	for (unsigned i = 0; begun && i < (choice >> 2) % 4; i++)
		(void)EVP_DigestUpdate(ctx, signature, fuzz_below(&program, sizeof signature));
	if (choice & 16)
		EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
	if (begun && choice & 32)
		(void)EVP_MD_CTX_copy_ex(copy, ctx);
	for (unsigned i = 0; begun && i < 1 + (choice >> 6); i++)
		(void)(choice & 1 ? EVP_DigestVerifyFinal(ctx, signature, len)
		                  : EVP_DigestSignFinal(ctx, i == 3 ? NULL : signature, &len));
	if (begun && choice & 32 && !(choice & 1))
		(void)EVP_DigestSignFinal(copy, signature, &len);
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(copy);
}

/* Sign or verify a digest that was made elsewhere. */
static void sign_digest(void)
{
	const struct key *key = any_key();
	const unsigned choice = fuzz_byte(&program);
	EVP_PKEY_CTX *ctx = key->key != NULL ? EVP_PKEY_CTX_new_from_pkey(lib, key->key, NULL) : NULL;
	unsigned char digest[128] = { 0 }, signature[96] = { 0 };
	size_t len = sizeof signature, digest_len = fuzz_below(&program, sizeof digest);
	char *name = (char *)(choice & 2 ? "SHA2-384" : text());
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, name, 0), OSSL_PARAM_END,
	};
	bool begun;

	if (ctx == NULL)
		return;
	begun = (choice & 1 ? EVP_PKEY_verify_init_ex : EVP_PKEY_sign_init_ex)
	        (ctx, choice & 4 ? params : NULL) == 1;
	for (unsigned i = 0; begun && i < (choice >> 3) % 4; i++) {
		len = sizeof signature;
		if (choice & 1)
			(void)EVP_PKEY_verify(ctx, signature, len, digest, digest_len);
		else
			(void)EVP_PKEY_sign(ctx, signature, &len, digest, digest_len);
		need(len <= sizeof signature, "a signature is longer than its room");
	}
	EVP_PKEY_CTX_free(ctx);
}

static int no_private_half(const OSSL_PARAM params[], void *arg)
{
	(void)arg;
	need(OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY) == NULL,
	     "a private key is exported");
	return 1;
}

/* Ask for all that a key may say of itself. */
static void ask_key(void)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_PUB_KEY, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, OSSL_PKEY_PARAM_PRIV_KEY,
		OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_GROUP_NAME, OSSL_PKEY_PARAM_DEFAULT_DIGEST,
		OSSL_PKEY_PARAM_MANDATORY_DIGEST, OSSL_PKEY_PARAM_BITS, OSSL_PKEY_PARAM_EC_ENCODING,
	};
	EVP_PKEY *key = any_key()->key;
	const char *name = names[fuzz_below(&program, LENGTH_OF(names))];
	unsigned char out[80];
	BIGNUM *number = NULL;
	size_t len, room = fuzz_below(&program, sizeof out);
	int value;

	if (key == NULL)
		return;
	(void)EVP_PKEY_get_octet_string_param(key, name, out, room, &len);
	(void)EVP_PKEY_get_utf8_string_param(key, name, (char *)out, room, &len);
	(void)EVP_PKEY_get_int_param(key, name, &value);
	need(EVP_PKEY_get_bn_param(key, name, &number) != 1 ||
	     strcmp(name, OSSL_PKEY_PARAM_PRIV_KEY) != 0, "a private key is told");
	BN_free(number);
	(void)EVP_PKEY_get_size(key);
	(void)EVP_PKEY_get_default_digest_name(key, (char *)out, sizeof out);
	(void)EVP_PKEY_export(key, 1 + fuzz_byte(&program), no_private_half, NULL);
}

/* What takes two keys, or makes another of one. */
static void compare(void)
{
	const struct key *one = any_key(), *other = any_key();
	unsigned char *der = NULL;
	EVP_PKEY_CTX *ctx;

	if (one->key == NULL || other->key == NULL)
		return;
	need(EVP_PKEY_eq(one->key, one->key) == 1 || !hostile_was_honest(), "a key is not itself");
	(void)EVP_PKEY_eq(one->key, other->key);
	need(one->imported || i2d_PrivateKey(one->key, &der) <= 0, "a private key is written");
	OPENSSL_free(der);
	ctx = EVP_PKEY_CTX_new_from_pkey(lib, one->key, NULL);
	if (ctx != NULL) {
		(void)EVP_PKEY_check(ctx);
		(void)EVP_PKEY_public_check(ctx);
		(void)EVP_PKEY_param_check(ctx);
	}
	EVP_PKEY_CTX_free(ctx);
	keep(EVP_PKEY_dup(one->key), one->imported);
}

/* Ask a context for what it says of its signatures, and set what it lets be set. */
static void ask_context(void)
{
	static const char *const names[] = {
		OSSL_SIGNATURE_PARAM_ALGORITHM_ID, OSSL_SIGNATURE_PARAM_DIGEST,
		OSSL_SIGNATURE_PARAM_DIGEST_SIZE, "nonce-type", "instance", "context-string",
	};
	EVP_PKEY *key = any_key()->key;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
	EVP_PKEY_CTX *inner = NULL;
	const char *name = names[fuzz_below(&program, LENGTH_OF(names))], *value = text();
	const size_t room = fuzz_below(&program, TEXT_MAX);
	unsigned char *out = fuzz_copy(value, strlen(value) + 1), signature[96];
	const size_t len = room < strlen(value) ? room : strlen(value);
	size_t signature_len = sizeof signature;
	unsigned number = (unsigned)room;
	const OSSL_PARAM kinds[] = {
		OSSL_PARAM_construct_utf8_string(name, (char *)out, len),
		OSSL_PARAM_construct_octet_string(name, out, len),
		OSSL_PARAM_construct_uint(name, &number),
	};
	OSSL_PARAM params[2] = { kinds[fuzz_below(&program, LENGTH_OF(kinds))], OSSL_PARAM_END };

	need(ctx != NULL && copy != NULL, "memory");
	if (key != NULL && EVP_DigestSignInit_ex(ctx, &inner, NULL, lib, NULL, key, NULL) == 1) {
		(void)EVP_PKEY_CTX_gettable_params(inner);
		(void)EVP_PKEY_CTX_settable_params(inner);
		(void)EVP_PKEY_CTX_set_params(inner, params);
		(void)EVP_PKEY_CTX_get_params(inner, params);
		if (EVP_MD_CTX_copy_ex(copy, ctx) == 1)
			(void)EVP_DigestSign(copy, signature, &signature_len, out, len);
	}
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(copy);
}

/* What else OpenSSL asks a provider for: no key is made here. */
static void ask_provider(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, fuzz_below(&program, 2) == 0 ? "EC"
	                                                                                  : "ED25519",
	                                               "provider=signet");
	EVP_PKEY *key = any_key()->key;
	char *name = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, &name, 0), OSSL_PARAM_END,
	};

	need(ctx != NULL && EVP_PKEY_keygen_init(ctx) != 1, "a key could be made");
	(void)EVP_PKEY_fromdata_settable(ctx, fuzz_byte(&program));
	if (key != NULL)
		(void)EVP_PKEY_gettable_params(key);
	need(OSSL_PROVIDER_get_params(ours, params) == 1 && name != NULL, "it has no name");
	EVP_PKEY_CTX_free(ctx);
}

/* Import a key of odd parameters. */
static void import(void)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_PUB_KEY, OSSL_PKEY_PARAM_GROUP_NAME, OSSL_PKEY_PARAM_PRIV_KEY,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, fuzz_below(&program, 2) == 0 ? "EC"
	                                                                                  : "ED25519",
	                                               "provider=signet");
	OSSL_PARAM params[4];
	const size_t n = fuzz_below(&program, LENGTH_OF(params));
	EVP_PKEY *key = NULL;
	int selection = fuzz_byte(&program);

	for (size_t i = 0; i < n; i++) {
		const char *name = names[fuzz_below(&program, LENGTH_OF(names))], *value = text();
		const size_t len = strlen(value);
		char *copy = fuzz_copy(value, len + 1);

		params[i] = fuzz_below(&program, 2) == 0
		            ? OSSL_PARAM_construct_octet_string(name, copy, len)
		            : OSSL_PARAM_construct_utf8_string(name, copy, len);
	}
	params[n] = OSSL_PARAM_construct_end();
	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, selection, params) == 1)
		keep(key, true);
	EVP_PKEY_CTX_free(ctx);
}

/* Write a key file: of a URI, or of bytes of the input. */
static void write_file(struct sg_buf *file)
{
	const bool whole = fuzz_below(&program, 4) > 0;
	const char *uri = whole ? any_uri() : text();
	struct sg_buf der = { 0 };
	struct sg_bytes again;

	if (whole && sg_uri_pem_write(uri, file) == SG_OK)
		need(sg_uri_pem_read(sg_buf_bytes(file), &der) == SG_OK &&
		     sg_uri_der_read(sg_buf_bytes(&der), &again) == SG_OK &&
		     sg_bytes_equal(again, sg_bytes_str(uri)), "a key file says something else");
	else if (!whole)
		need(sg_pem_write(SG_URI_PEM_LABEL, sg_bytes_str(uri), file) == SG_OK, "a file");
	sg_buf_free(&der);
}

/* Read such a file, which something may have happened to, as programs do. */
static void decode(void)
{
	struct sg_buf file = { 0 };
	const char *before = text();
	BIO *bio;

	need(sg_buf_append(&file, sg_bytes_str(before)) == SG_OK, "memory");
	if (file.len == 0)
		write_file(&file);
	if (fuzz_below(&program, 2) == 0 && file.len > 0)
		file.data[fuzz_byte(&program) % file.len] ^= fuzz_byte(&program);
	if (fuzz_below(&program, 4) == 0)
		file.len -= fuzz_byte(&program) % (file.len + 1);
	bio = BIO_new_mem_buf(file.data != NULL ? (const char *)file.data : "", (int)file.len);
	need(bio != NULL, "memory");
	keep(PEM_read_bio_PrivateKey_ex(bio, NULL, answer, NULL, lib, NULL), false);
	BIO_free(bio);
	sg_buf_free(&file);
}

/* What openssl.cnf says: the core gives texts of the input. */
static char *section[2];

static int get_section(const OSSL_CORE_HANDLE *handle, OSSL_PARAM params[])
{
	(void)handle;
	for (size_t i = 0; i < LENGTH_OF(section) && params[i].key != NULL; i++)
		if (section[i] != NULL)
			(void)OSSL_PARAM_set_utf8_ptr(&params[i], section[i]);
	return 1;
}

static void no_error(const OSSL_CORE_HANDLE *handle)
{
	(void)handle;
}

static void no_debug(const OSSL_CORE_HANDLE *handle, const char *file, int line, const char *name)
{
	(void)handle;
	(void)file;
	(void)line;
	(void)name;
}

static int no_line(OSSL_CORE_BIO *bio, char *out, int size)
{
	(void)bio;
	(void)out;
	(void)size;
	return 0;
}

static int all_written(OSSL_CORE_BIO *bio, const void *data, size_t len, size_t *written)
{
	(void)bio;
	(void)data;
	*written = len;
	return 1;
}

static int no_bytes(OSSL_CORE_BIO *bio, void *out, size_t size, size_t *len)
{
	(void)bio;
	(void)out;
	(void)size;
	*len = 0;
	return 0;
}

static void no_reason(const OSSL_CORE_HANDLE *handle, uint32_t reason, const char *format,
                      va_list args)
{
	(void)handle;
	(void)reason;
	(void)format;
	(void)args;
}

/* Start a provider of its own by its dispatch table, have it open a URI, and end it. */
static void configure(void)
{
	const OSSL_DISPATCH core[] = {
		{ OSSL_FUNC_CORE_GET_PARAMS, (void (*)(void))get_section },
		{ OSSL_FUNC_CORE_NEW_ERROR, (void (*)(void))no_error },
		{ OSSL_FUNC_CORE_SET_ERROR_DEBUG, (void (*)(void))no_debug },
		{ OSSL_FUNC_CORE_VSET_ERROR, (void (*)(void))no_reason },
		{ OSSL_FUNC_BIO_GETS, (void (*)(void))no_line },
		{ OSSL_FUNC_BIO_READ_EX, (void (*)(void))no_bytes },
		{ OSSL_FUNC_BIO_WRITE_EX, (void (*)(void))all_written },
		{ 0, NULL },
	};
	const OSSL_DISPATCH *out = NULL, *store = sg_prov_stores[0].implementation;
	void *ctx = NULL, *loader = NULL;

	for (size_t i = 0; i < LENGTH_OF(section); i++)
		section[i] = fuzz_below(&program, 3) > 0 ? strcpy(fuzz_alloc(TEXT_MAX + 1), text()) : NULL;
	need(OSSL_provider_init(NULL, core, &out, &ctx) == 1 && out != NULL, "it does not start");
	for (; store->function_id != 0; store++) {
		if (store->function_id == OSSL_FUNC_STORE_OPEN)
			loader = OSSL_FUNC_store_open(store)(ctx, any_uri());
		if (store->function_id == OSSL_FUNC_STORE_CLOSE)
			(void)OSSL_FUNC_store_close(store)(loader);
	}
	for (; out->function_id != 0; out++)
		if (out->function_id == OSSL_FUNC_PROVIDER_TEARDOWN)
			OSSL_FUNC_provider_teardown(out)(ctx);
}

static void run(void)
{
	static void (*const steps[])(void) = {
		load, load, load, sign, sign, sign_in_parts, sign_digest, ask_key, compare, import, configure,
		decode, ask_context, ask_provider,
	};

	for (int i = 0; i < STEPS && program.len > 0; i++) {
		steps[fuzz_below(&program, LENGTH_OF(steps))]();
		fuzz_release();
		ERR_clear_error();
	}
}

/* The first byte says how much is for the calls: the rest is the token's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input tape = { data, len };
	const size_t share = fuzz_byte(&tape);

	if (lib == NULL)
		start();
	program.data = tape.data;
	program.len = share < tape.len ? share : tape.len;
	tape.data += program.len;
	tape.len -= program.len;
	hostile_begin(&tape);
	run();
	for (size_t i = 0; i < KEYS; i++) {
		EVP_PKEY_free(keys[i].key);
		keys[i] = (struct key){ NULL, false };
	}
	sg_prov_links_free(provider, false);
	hostile_end();
	ERR_clear_error();
	return 0;
}
