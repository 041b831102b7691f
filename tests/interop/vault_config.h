/* SPDX-License-Identifier: Apache-2.0
 *
 * Interop tests. The stanza of a vault's configuration that names its seal, as the vaults read
 * it: from the file, and from the environment, which comes first.
 */
#ifndef TESTS_INTEROP_VAULT_CONFIG_H
#define TESTS_INTEROP_VAULT_CONFIG_H

#include <stdbool.h>

#define VAULT_TEXT 256

struct vault_config {
	char lib[VAULT_TEXT];
	char token_label[VAULT_TEXT];
	char pin[VAULT_TEXT];
	char key_label[VAULT_TEXT];
	char key_id[VAULT_TEXT];        /* hexadecimal digits, or empty */
	char mechanism[VAULT_TEXT];     /* a name or a number, or empty */
	char hmac_key_label[VAULT_TEXT];
	char hmac_mechanism[VAULT_TEXT];
	char generate_key[VAULT_TEXT];  /* "true", or anything else */
};

/* Read the stanza seal "pkcs11" of a file, which may hold nothing that the vault does not know;
 * prefix is that of the variables. False where it can't be; a line on standard error says why. */
bool vault_config_read(const char *path, const char *prefix, struct vault_config *out);

/* Return the number of a mechanism, by default this one; 0 where its name is not known. */
unsigned long vault_mechanism(const char *name, unsigned long by_default);

#endif
