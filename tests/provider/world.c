/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The provider and what is around it.
 */
#include "provider/world.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/uri_pem.h"
#include "lib/hwkeys.h"
#include "lib/scratch.h"

struct test_tpm world_tpm;
OSSL_LIB_CTX *world_lib;
static unsigned asked;

void world_setup(void)
{
	p11_setup();
	test_tpm_start(&world_tpm);
	p11_configure_tpm(world_tpm.tcti);
	asked = 0;
}

void world_teardown(void)
{
	world_deactivate();
	p11_teardown();
	test_tpm_stop(&world_tpm);
}

TCase *world_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, world_setup, world_teardown);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return tcase;
}

static void make_keys(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE public, private;

	p11_make_pair(session, "id", &public, &private);
	p11_ok(hwkeys_make_resident(session, "chip"));
	p11_ok(p11->C_Finalize(NULL));
}

void world_make_machine(void)
{
	make_keys(p11_machine());
}

void world_make_pin(void)
{
	make_keys(p11_user());
}

static const char *build(void)
{
	const char *folder = getenv("SIGNET_TEST_BUILDDIR");

	return folder != NULL ? folder : ".";
}

char *world_configuration(const char *lines)
{
	char text[8192], *real = realpath(build(), NULL);
	int n;

	ck_assert_ptr_nonnull(real);
	n = snprintf(text, sizeof text,
	             "openssl_conf = all\n[all]\nproviders = list\n[list]\ndefault = on\n"
	             "signet = ours\n[on]\nactivate = 1\n[ours]\nactivate = 1\n"
	             "module = %s/src/provider/.libs/signet.so\n%s%s%s\n%s", real,
	             strstr(lines, "pkcs11-module-path") != NULL ? "#" : "pkcs11-module-path = ",
	             real, "/.libs/signet.so", lines);
	ck_assert(n > 0 && (size_t)n < sizeof text);
	free(real);
	return scratch_write(p11_folder, "openssl.cnf", text, (size_t)n, 0600);
}

void world_activate(const char *lines)
{
	char *path = world_configuration(lines);

	world_deactivate();
	world_lib = OSSL_LIB_CTX_new();
	ck_assert_ptr_nonnull(world_lib);
	ck_assert_int_eq(OSSL_LIB_CTX_load_config(world_lib, path), 1);
	ck_assert_int_eq(OSSL_PROVIDER_available(world_lib, "signet"), 1);
	free(path);
}

void world_deactivate(void)
{
	OSSL_LIB_CTX_free(world_lib);
	world_lib = NULL;
}

static int answer(char *buf, int size, int writing, void *arg)
{
	const char *pin = arg;
	const int len = (int)strlen(pin);

	(void)writing;
	asked++;
	ck_assert_int_le(len, size);
	memcpy(buf, pin, (size_t)len);
	return len;
}

unsigned world_asked(void)
{
	return asked;
}

static EVP_PKEY *load(const char *uri, const char *pin, int type)
{
	UI_METHOD *ui = pin != NULL ? UI_UTIL_wrap_read_pem_callback(answer, 0) : NULL;
	OSSL_STORE_CTX *store;
	OSSL_STORE_INFO *info;
	EVP_PKEY *key = NULL;

	ERR_clear_error();
	store = OSSL_STORE_open_ex(uri, world_lib, NULL, ui, (void *)pin, NULL, NULL, NULL);
	if (store != NULL)
		ck_assert_int_eq(OSSL_STORE_expect(store, type), 1);
	while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
		info = OSSL_STORE_load(store);
		if (info == NULL)
			break;
		key = type == OSSL_STORE_INFO_PKEY ? OSSL_STORE_INFO_get1_PKEY(info)
		                                   : OSSL_STORE_INFO_get1_PUBKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	UI_destroy_method(ui);
	return key;
}

EVP_PKEY *world_load(const char *uri, const char *pin)
{
	return load(uri, pin, OSSL_STORE_INFO_PKEY);
}

EVP_PKEY *world_load_public(const char *uri, const char *pin)
{
	return load(uri, pin, OSSL_STORE_INFO_PUBKEY);
}

int world_count(const char *uri, int type)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, world_lib, NULL, NULL, NULL, NULL, NULL,
	                                           NULL);
	OSSL_STORE_INFO *info;
	int n = 0;

	ck_assert_ptr_nonnull(store);
	while (!OSSL_STORE_eof(store)) {
		info = OSSL_STORE_load(store);
		if (info == NULL)
			break;
		n += type == 0 || OSSL_STORE_INFO_get_type(info) == type;
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return n;
}

EVP_PKEY *world_key(const char *uri)
{
	EVP_PKEY *key = world_load(uri, NULL);

	if (key == NULL)
		ERR_print_errors_fp(stderr);
	ck_assert_msg(key != NULL, "there is no key %s", uri);
	return key;
}

/* Its default digest: none for Ed25519. */
static const char *digest_of(EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") ? "SHA256" : NULL;
}

bool world_sign(EVP_PKEY *key, const char *text, unsigned char *signature, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done;

	ck_assert_ptr_nonnull(ctx);
	done = EVP_DigestSignInit_ex(ctx, NULL, digest_of(key), world_lib, NULL, key, NULL) == 1 &&
	       EVP_DigestSign(ctx, signature, len, (const unsigned char *)text, strlen(text)) == 1;
	EVP_MD_CTX_free(ctx);
	return done;
}

static bool verify(OSSL_LIB_CTX *lib, EVP_PKEY *key, const char *text,
                   const unsigned char *signature, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(ctx, NULL, digest_of(key), lib, NULL, key, NULL), 1);
	good = EVP_DigestVerify(ctx, signature, len, (const unsigned char *)text, strlen(text)) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

bool world_verify(EVP_PKEY *key, const char *text, const unsigned char *signature, size_t len)
{
	const bool good = verify(world_lib, key, text, signature, len);
	unsigned char *der = NULL;
	const unsigned char *at;
	OSSL_LIB_CTX *plain = OSSL_LIB_CTX_new();
	EVP_PKEY *copy;
	int der_len = i2d_PUBKEY(key, &der);

	ck_assert_int_gt(der_len, 0);
	at = der;
	copy = d2i_PUBKEY_ex(NULL, &at, der_len, plain, NULL);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(verify(plain, copy, text, signature, len), good);
	EVP_PKEY_free(copy);
	OPENSSL_free(der);
	OSSL_LIB_CTX_free(plain);
	return good;
}

void world_require_signs(EVP_PKEY *key)
{
	unsigned char signature[128];
	size_t len = sizeof signature;
	const bool signs = world_sign(key, "a text", signature, &len);

	if (!signs)
		ERR_print_errors_fp(stderr);
	ck_assert(signs);
	ck_assert(world_verify(key, "a text", signature, len));
	ck_assert(!world_verify(key, "another text", signature, len));
}

static int find_part(const char *line, size_t len, void *arg)
{
	const char **part = arg;

	(void)len;
	if (*part != NULL && strstr(line, *part) != NULL)
		*part = NULL;
	fprintf(stderr, "# %s", line);
	return 1;
}

void world_require_reason(const char *part)
{
	const char *wanted = part;

	ERR_print_errors_cb(find_part, &wanted);
	ck_assert_msg(wanted == NULL, "nothing says: %s", part);
}

char *world_key_file(const char *uri)
{
	struct sg_buf pem = { 0 };
	char *text;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_uri_pem_write(uri, &pem), SG_OK);
	text = strndup((const char *)pem.data, pem.len);
	ck_assert_ptr_nonnull(text);
	sg_buf_free(&pem);
	return text;
}

EVP_PKEY *world_read_text(const char *text)
{
	BIO *in = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(in, NULL, NULL, (char *)"secret", world_lib, NULL);

	BIO_free(in);
	return key;
}

char *world_long_text(const char *head, size_t n, char c, const char *tail)
{
	char *text = malloc(strlen(head) + n + strlen(tail) + 1);

	ck_assert_ptr_nonnull(text);
	strcpy(text, head);
	memset(text + strlen(head), c, n);
	strcpy(text + strlen(head) + n, tail);
	return text;
}
