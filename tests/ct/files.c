/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: private keys and PINs as people hold them in files.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "crypto/hex.h"
#include "crypto/pkcs8.h"
#include "ct/cases.h"
#include "lib/scratch.h"
#include "util/file.h"

/* The private key of RFC 8410 §10.3, whose seed begins in the fourth bit of the letter 21. */
static const char key[] = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
#define SEED_AT 22
#define DER_HEAD 16             /* bytes before the seed */

START_TEST(base64_is_read)
{
	struct sg_secret *text = NULL, *out = NULL;
	size_t len;

	ck_assert_int_eq(sg_secret_copy(sg_bytes(key, sizeof key - 1), &text), SG_OK);
	ck_assert_int_eq(sg_secret_new(64, &out), SG_OK);
	ct_secret(text->data, text->len);
	ck_assert(sg_base64_read(sg_secret_bytes(text), out->data, out->cap, &len));
	ck_assert_uint_eq(len, 48);
	sg_secret_free(&text);
	sg_secret_free(&out);
}
END_TEST

/* As unseal shares of a vault are kept and sent. */
START_TEST(digits_are_written_and_read)
{
	struct sg_secret *share = NULL, *text = NULL, *out = NULL;
	size_t len;

	ck_assert_int_eq(sg_secret_copy(sg_bytes(key, 33), &share), SG_OK);
	ck_assert_int_eq(sg_secret_new(67, &text), SG_OK);
	ck_assert_int_eq(sg_secret_new(33, &out), SG_OK);
	ct_secret(share->data, share->len);
	sg_hex_write(sg_secret_bytes(share), text->data);
	ck_assert(sg_hex_read(sg_bytes(text->data, 66), out->data, out->cap, &len));
	ck_assert_uint_eq(len, 33);
	sg_secret_free(&share);
	sg_secret_free(&text);
	sg_secret_free(&out);
}
END_TEST

/* Read a key whose bytes from secret on are secret, len of them, and forget it. */
static void read_key(struct sg_bytes text, size_t secret, size_t len)
{
	struct sg_secret *input = NULL, *seed = NULL;
	enum sg_pkcs8_kind kind;

	ck_assert_int_eq(sg_secret_copy(text, &input), SG_OK);
	ct_secret(input->data + secret, len);
	ck_assert_int_eq(sg_pkcs8_ed25519(sg_secret_bytes(input), &kind, &seed), SG_OK);
	ck_assert_uint_eq(seed->len, SG_ED25519_SEED);
	sg_secret_free(&input);
	sg_secret_free(&seed);
}

START_TEST(a_private_key_in_pem_is_read)
{
	static const char head[] = "-----BEGIN PRIVATE KEY-----\n", tail[] = "\n-----END PRIVATE KEY-----\n";
	char pem[sizeof head + sizeof key + sizeof tail];
	const size_t at = sizeof head - 1 + SEED_AT;

	stpcpy(stpcpy(stpcpy(pem, head), key), tail);
	read_key(sg_bytes_str(pem), at, sizeof key - 1 - SEED_AT);
}
END_TEST

/* Make the DER of the key above. */
static void make_der(uint8_t der[48])
{
	size_t len;

	ck_assert(sg_base64_read(sg_bytes_str(key), der, 48, &len) && len == 48);
}

START_TEST(a_private_key_in_der_is_read)
{
	uint8_t der[48];

	make_der(der);
	read_key(sg_bytes(der, sizeof der), DER_HEAD, SG_ED25519_SEED);
}
END_TEST

/* Version 2 has the public key behind the private one, which must be its own. */
START_TEST(a_private_key_is_compared_with_its_public_one)
{
	struct sg_secret *pair = NULL;
	uint8_t der[48 + 3 + SG_ED25519_PUBLIC];

	make_der(der);
	ck_assert_int_eq(sg_ed25519_from_seed(sg_bytes(der + DER_HEAD, SG_ED25519_SEED), &pair), SG_OK);
	der[1] = sizeof der - 2;
	der[4] = 1;
	memcpy(der + 48, "\x81\x21", 3);
	memcpy(der + 51, sg_ed25519_public(pair).data, SG_ED25519_PUBLIC);
	read_key(sg_bytes(der, sizeof der), DER_HEAD, SG_ED25519_SEED);
	sg_secret_free(&pair);
}
END_TEST

START_TEST(a_private_key_is_written)
{
	static const uint8_t algorithm[] = { 0x30, 0x05, SG_ED25519_OID };
	struct sg_secret *seed = ct_make(SG_ED25519_SEED), *der = NULL;
	struct sg_bytes private_key, public_key;

	ck_assert_int_eq(sg_pkcs8_write(sg_bytes(algorithm, sizeof algorithm),
	                                sg_secret_bytes(seed), &der), SG_OK);
	ck_assert(sg_pkcs8_parse(sg_secret_bytes(der), sg_bytes(algorithm + 2, sizeof algorithm - 2),
	                         SG_ED25519_SEED, &private_key, &public_key));
	sg_secret_free(&seed);
	sg_secret_free(&der);
}
END_TEST

/* What is read from a descriptor is secret from there on, see border.c. */
START_TEST(a_pin_in_a_file_is_read)
{
	char *folder = scratch_make(), *path = scratch_write(folder, "pin", "12345678\r\n", 10, 0600);
	struct sg_secret *pin = NULL;

	ck_assert_int_eq(sg_file_read_secret(path, 64, &pin), SG_OK);
	ck_assert_uint_eq(pin->len, 8);
	sg_secret_free(&pin);
	free(path);
	scratch_remove(&folder);
}
END_TEST

void ct_files_add(TCase *tcase)
{
	tcase_add_test(tcase, base64_is_read);
	tcase_add_test(tcase, digits_are_written_and_read);
	tcase_add_test(tcase, a_private_key_in_pem_is_read);
	tcase_add_test(tcase, a_private_key_in_der_is_read);
	tcase_add_test(tcase, a_private_key_is_compared_with_its_public_one);
	tcase_add_test(tcase, a_private_key_is_written);
	tcase_add_test(tcase, a_pin_in_a_file_is_read);
}
