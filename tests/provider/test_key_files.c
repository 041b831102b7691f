/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Key files that hold a URI, read by each of the ways in which programs read a key file.
 * What is not quite such a file is in test_key_file_damage.c.
 */
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/uri_pem.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "provider/world.h"

#define MACHINE "pkcs11:object=id;type=private"

static const char *const uris[] = { MACHINE, "pkcs11:object=chip;type=private" };
static const char *const names[] = { "ED25519", "EC" };

/* Make an ordinary key, in PEM; the caller frees it. */
static char *ordinary(const char *cipher)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(world_lib, NULL, "ED25519");
	BIO *out = BIO_new(BIO_s_mem());
	EVP_CIPHER *by = cipher != NULL ? EVP_CIPHER_fetch(world_lib, cipher, NULL) : NULL;
	char *data = NULL, *text;
	long len;

	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(out, key, by, by != NULL ? "secret" : NULL,
	                                               by != NULL ? 6 : 0, NULL, NULL), 1);
	len = BIO_get_mem_data(out, &data);
	text = strndup(data, (size_t)len);
	EVP_CIPHER_free(by);
	BIO_free(out);
	EVP_PKEY_free(key);
	return text;
}

/* Put texts one behind the other; frees them. */
static char *joined(char *first, char *second)
{
	char *both = NULL;

	ck_assert_int_gt(asprintf(&both, "%s%s", first, second), 0);
	free(first);
	free(second);
	return both;
}

/* --- the ways to read one, from a file that holds the text; NULL where it is none --- */

static EVP_PKEY *by_memory(const char *path, const char *text)
{
	(void)path;
	return world_read_text(text);
}

static EVP_PKEY *by_file(const char *path, const char *text)
{
	BIO *in = BIO_new_file(path, "r");
	EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(in, NULL, NULL, NULL, world_lib, NULL);

	(void)text;
	BIO_free(in);
	return key;
}

/* A pipe can't be read twice. */
static EVP_PKEY *by_pipe(const char *path, const char *text)
{
	EVP_PKEY *key;
	int ends[2];
	BIO *in;

	(void)path;
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	in = BIO_new_fd(ends[0], BIO_CLOSE);
	key = PEM_read_bio_PrivateKey_ex(in, NULL, NULL, NULL, world_lib, NULL);
	BIO_free(in);
	return key;
}

static EVP_PKEY *by_store(const char *path, const char *text)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(path, world_lib, NULL, NULL, NULL, NULL, NULL,
	                                           NULL);
	EVP_PKEY *key = NULL;

	(void)text;
	ck_assert_ptr_nonnull(store);
	ck_assert_int_eq(OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY), 1);
	while (key == NULL && OSSL_STORE_eof(store) != 1) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info != NULL)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return key;
}

static EVP_PKEY *by_tls(const char *path, const char *text)
{
	SSL_CTX *tls = SSL_CTX_new_ex(world_lib, NULL, TLS_method());
	EVP_PKEY *key = NULL;

	(void)text;
	ck_assert_ptr_nonnull(tls);
	if (SSL_CTX_use_PrivateKey_file(tls, path, SSL_FILETYPE_PEM) == 1)
		key = SSL_CTX_get0_privatekey(tls);
	if (key != NULL)
		ck_assert_int_eq(EVP_PKEY_up_ref(key), 1);
	SSL_CTX_free(tls);
	return key;
}

static EVP_PKEY *by_decoder(const char *path, const char *text)
{
	EVP_PKEY *key = NULL;
	OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&key, NULL, NULL, NULL,
	                                                      OSSL_KEYMGMT_SELECT_PRIVATE_KEY,
	                                                      world_lib, NULL);
	BIO *in = BIO_new_file(path, "r");

	(void)text;
	if (OSSL_DECODER_from_bio(ctx, in) != 1)
		key = NULL;
	BIO_free(in);
	OSSL_DECODER_CTX_free(ctx);
	return key;
}

static EVP_PKEY *(*const ways[])(const char *path, const char *text) = {
	by_memory, by_file, by_pipe, by_store, by_tls, by_decoder,
};
#define WAYS ((int)(sizeof ways / sizeof ways[0]))

/* Read a text by one of the ways. */
static EVP_PKEY *read_by(int way, const char *text)
{
	char *path = scratch_write(p11_folder, "key.pem", text, strlen(text), 0600);
	EVP_PKEY *key = ways[way](path, text);

	free(path);
	return key;
}

START_TEST(a_key_file_is_read_by_each_way)
{
	const int kind = _i % 2;
	char *text;
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	text = world_key_file(uris[kind]);
	key = read_by(_i / 2, text);
	ck_assert_ptr_nonnull(key);
	ck_assert_int_eq(EVP_PKEY_is_a(key, names[kind]), 1);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	world_require_signs(key);
	EVP_PKEY_free(key);
	free(text);
}
END_TEST

START_TEST(an_ordinary_key_is_read_as_ever)
{
	char *text;
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	text = ordinary(_i == 0 ? NULL : "AES-128-CBC");
	key = world_read_text(text);
	ck_assert_ptr_nonnull(key);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	world_require_signs(key);
	EVP_PKEY_free(key);
	free(text);
}
END_TEST

/* The file ends behind the block that was read, and what follows is read next. */
START_TEST(blocks_are_read_one_after_the_other)
{
	char *text;
	EVP_PKEY *key;
	BIO *in;

	world_make_machine();
	world_activate("");
	text = joined(strdup("an explanation\n"), world_key_file(uris[0]));
	text = joined(text, ordinary(NULL));
	text = joined(text, strdup("between\n"));
	text = joined(text, world_key_file(uris[1]));
	in = BIO_new_mem_buf(text, -1);
	for (int i = 0; i < 3; i++) {
		key = PEM_read_bio_PrivateKey_ex(in, NULL, NULL, NULL, world_lib, NULL);
		ck_assert_ptr_nonnull(key);
		ck_assert_int_eq(EVP_PKEY_is_a(key, i == 2 ? "EC" : "ED25519"), 1);
		world_require_signs(key);
		EVP_PKEY_free(key);
	}
	ck_assert_ptr_null(PEM_read_bio_PrivateKey_ex(in, NULL, NULL, NULL, world_lib, NULL));
	ERR_clear_error();
	BIO_free(in);
	free(text);
}
END_TEST

START_TEST(lines_end_as_they_do_elsewhere)
{
	char *text, *ended;
	EVP_PKEY *key;
	size_t n = 0;

	world_make_machine();
	world_activate("");
	text = world_key_file(MACHINE);
	ended = malloc(2 * strlen(text) + 1);
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '\n')
			ended[n++] = '\r';
		ended[n++] = *at;
	}
	ended[n] = '\0';
	key = world_read_text(ended);
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	EVP_PKEY_free(key);
	free(ended);
	free(text);
}
END_TEST

START_TEST(a_pin_that_somebody_is_asked_for_opens_the_key)
{
	char *text;
	EVP_PKEY *key;
	BIO *in;

	world_make_pin();
	world_activate("");
	text = world_key_file(MACHINE);
	in = BIO_new_mem_buf(text, -1);
	key = PEM_read_bio_PrivateKey_ex(in, NULL, NULL, (char *)P11_PIN, world_lib, NULL);
	ck_assert_ptr_nonnull(key);
	world_require_signs(key);
	EVP_PKEY_free(key);
	BIO_free(in);
	free(text);
}
END_TEST

START_TEST(a_wrong_pin_is_the_reason_that_is_told)
{
	char *text;

	world_make_pin();
	world_activate("");
	text = world_key_file(MACHINE);
	ck_assert_ptr_null(world_read_text(text));
	world_require_reason("the PIN of the token is wrong");
	free(text);
}
END_TEST

struct reason {
	const char *uri, *part;
};

static const struct reason reasons[] = {
	{ "pkcs11:token=nobody;object=id;type=private", "no token fits the URI" },
	{ "pkcs11:object=nobody;type=private", "has nothing that fits the URI" },
	{ "pkcs11:object=id;type=public", "has nothing that fits the URI" },
	{ "pkcs11:type=private", "name one by object or id" },
	{ "pkcs11:object=id;type=private?module-path=/usr/lib/evil.so", "names another PKCS#11 module" },
	{ "pkcs11:object=id;type=private?module-name=evil", "names another PKCS#11 module" },
	{ "pkcs11:object=%zz", "this is no pkcs11: URI" },
};

START_TEST(a_uri_that_opens_nothing_says_why)
{
	char *text;

	world_make_machine();
	world_activate("");
	text = world_key_file(reasons[_i].uri);
	ck_assert_ptr_null(world_read_text(text));
	world_require_reason(reasons[_i].part);
	free(text);
}
END_TEST

/* A program that shows 127 characters of an error shows the whole reason. */
START_TEST(each_reason_fits_a_short_line)
{
	char line[128];
	unsigned n = 0;

	world_make_machine();
	world_activate("");
	ck_assert_ptr_null(world_read_text("-----BEGIN PKCS#11 PROVIDER URI-----\n"));
	for (unsigned long error = ERR_get_error(), reason = 1; reason < 64; reason++) {
		const unsigned long one = ERR_PACK(ERR_GET_LIB(error), 0, reason);

		if (ERR_reason_error_string(one) == NULL)
			continue;
		n++;
		ERR_error_string_n(one, line, sizeof line);
		ck_assert_msg(strstr(line, ERR_reason_error_string(one)) != NULL, "%s",
		              ERR_reason_error_string(one));
	}
	ck_assert_uint_gt(n, 20);
	ERR_clear_error();
}
END_TEST

START_TEST(a_long_text_before_the_block_does_not_matter)
{
	char *text;
	EVP_PKEY *key;

	world_make_machine();
	world_activate("");
	/* In the middle of a line nothing begins. */
	text = joined(world_long_text("", 1 << 20, _i == 0 ? 'A' : '\n', "-----BEGIN PRIVATE KEY-----\n"),
	              _i == 0 ? world_key_file(MACHINE) : ordinary(NULL));
	key = world_read_text(text);
	ck_assert(_i == 1 || key != NULL);
	EVP_PKEY_free(key);
	ERR_clear_error();
	free(text);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

static Suite *suite(void)
{
	Suite *s = suite_create("key_files");
	TCase *t = world_case(s, "key_files");

	tcase_add_loop_test(t, a_key_file_is_read_by_each_way, 0, 2 * WAYS);
	tcase_add_loop_test(t, an_ordinary_key_is_read_as_ever, 0, 2);
	tcase_add_test(t, blocks_are_read_one_after_the_other);
	tcase_add_test(t, lines_end_as_they_do_elsewhere);
	tcase_add_test(t, a_pin_that_somebody_is_asked_for_opens_the_key);
	tcase_add_test(t, a_wrong_pin_is_the_reason_that_is_told);
	tcase_add_loop_test(t, a_uri_that_opens_nothing_says_why, 0, N(reasons));
	tcase_add_test(t, each_reason_fits_a_short_line);
	tcase_add_loop_test(t, a_long_text_before_the_block_does_not_matter, 0, 2);
	return s;
}

int main(void)
{
	return test_run(suite());
}
