/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The provider in a library context of its own, over a token that a TPM of the test's own
 * seals, and short ways to load keys and to sign. Everything here fails the running test where it
 * can't do its work, unless it says what it returns.
 */
#ifndef TESTS_PROVIDER_WORLD_H
#define TESTS_PROVIDER_WORLD_H

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "lib/p11.h"
#include "lib/tpm.h"

extern struct test_tpm world_tpm;
extern OSSL_LIB_CTX *world_lib;

/* Start the TPM, load the module, and undo all of it. The context is made by the first of
 * world_activate. */
void world_setup(void);
void world_teardown(void);

/* Make a test case with this fixture. */
TCase *world_case(Suite *suite, const char *name);

/* Make a machine token, or a PIN token, with an Ed25519 key pair "id" and a P-256 key pair "chip" that
 * lives in the TPM; the module is not initialised afterwards. */
void world_make_machine(void);
void world_make_pin(void);

/* Write a configuration that activates the default provider and ours, with these lines more in
 * its section; the module is ours unless they say another. Return its path, which the caller frees. */
char *world_configuration(const char *lines);

/* Load such a configuration into a new world_lib. */
void world_activate(const char *lines);
void world_deactivate(void);

/* Open a URI, and load the first key of it, private or public. Somebody who is asked for a PIN gives this
 * one; NULL: nobody can be asked. NULL where there is none, with the reasons in the error queue. */
EVP_PKEY *world_load(const char *uri, const char *pin);
EVP_PKEY *world_load_public(const char *uri, const char *pin);

/* Count what a URI names, of this type of OSSL_STORE_INFO_get_type, or of any for 0. */
int world_count(const char *uri, int type);

/* Return how often somebody was asked for a PIN. */
unsigned world_asked(void);

/* Load a key that must be there. */
EVP_PKEY *world_key(const char *uri);

/* Have a key sign a text with its default digest; false where it does not. */
bool world_sign(EVP_PKEY *key, const char *text, unsigned char *signature, size_t *len);

/* Verify with this key, and with a copy of its public half that OpenSSL's own provider has. */
bool world_verify(EVP_PKEY *key, const char *text, const unsigned char *signature, size_t len);

/* Require that a key signs, and that the signature is good by both. */
void world_require_signs(EVP_PKEY *key);

/* Require that the last failure has this reason, by a part of its sentence or its detail, and empty the
 * queue. */
void world_require_reason(const char *part);

/* Make the text of a key file that holds a URI; the caller frees it. */
char *world_key_file(const char *uri);

/* Make a text of n times a character between two others; the caller frees it. */
char *world_long_text(const char *head, size_t n, char c, const char *tail);

/* Read a key file from memory; NULL where it is none. */
EVP_PKEY *world_read_text(const char *text);

#endif
