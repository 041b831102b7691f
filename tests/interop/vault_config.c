/* SPDX-License-Identifier: Apache-2.0
 *
 * Interop tests. Reading a vault's stanza. It takes the little of HCL that such a stanza needs,
 * and never guesses.
 */
#include "interop/vault_config.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/pkcs11.h"

/* What is known, and whether only Vault knows it. */
static const struct {
	const char *name;
	size_t at;
	bool vault_only;
} fields[] = {
	{ "lib", offsetof(struct vault_config, lib), false },
	{ "token_label", offsetof(struct vault_config, token_label), false },
	{ "pin", offsetof(struct vault_config, pin), false },
	{ "key_label", offsetof(struct vault_config, key_label), false },
	{ "key_id", offsetof(struct vault_config, key_id), false },
	{ "mechanism", offsetof(struct vault_config, mechanism), false },
	{ "hmac_key_label", offsetof(struct vault_config, hmac_key_label), true },
	{ "hmac_mechanism", offsetof(struct vault_config, hmac_mechanism), true },
	{ "generate_key", offsetof(struct vault_config, generate_key), true },
};

#define FIELDS (sizeof fields / sizeof fields[0])

static bool set(struct vault_config *config, size_t i, const char *value)
{
	return snprintf((char *)config + fields[i].at, VAULT_TEXT, "%s", value) < VAULT_TEXT;
}

static bool wrong(const char *path, const char *line)
{
	fprintf(stderr, "%s: what is \"%s\"?\n", path, line);
	return false;
}

/* Take one line: key = "value". */
static bool take(struct vault_config *config, const char *path, const char *line, bool vault)
{
	char name[64], value[VAULT_TEXT];
	int end = 0;

	if (sscanf(line, " %63[a-z_] = \"%255[^\"]\" %n", name, value, &end) != 2 ||
	    line[end] != '\0')
		return wrong(path, line);
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, name) == 0 && (vault || !fields[i].vault_only))
			return set(config, i, value);
	return wrong(path, line);
}

/* The variables of the environment: PREFIX and the name in capitals. */
static bool take_environment(struct vault_config *config, const char *prefix)
{
	char name[96];
	bool fine = true;

	for (size_t i = 0; i < FIELDS && fine; i++) {
		const char *value;

		snprintf(name, sizeof name, "%s%s", prefix, fields[i].name);
		for (char *c = name; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
		value = getenv(name);
		if (value != NULL && value[0] != '\0')
			fine = set(config, i, value);
	}
	return fine;
}

static bool is_blank(const char *line)
{
	line += strspn(line, " \t\n");
	return line[0] == '\0' || line[0] == '#';
}

bool vault_config_read(const char *path, const char *prefix, struct vault_config *out)
{
	const bool vault = strcmp(prefix, "VAULT_HSM_") == 0;
	bool inside = false, seen = false, fine = true;
	FILE *file = fopen(path, "r");
	char line[512];

	*out = (struct vault_config){ .lib = "" };
	if (file == NULL) {
		perror(path);
		return false;
	}
	while (fine && fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (is_blank(line))
			continue;
		if (!inside) {
			inside = seen = strcmp(line, "seal \"pkcs11\" {") == 0;
			fine = inside || wrong(path, line);
		} else if (strcmp(line, "}") == 0) {
			inside = false;
		} else {
			fine = take(out, path, line, vault);
		}
	}
	fclose(file);
	return fine && seen && !inside && take_environment(out, prefix);
}

unsigned long vault_mechanism(const char *name, unsigned long by_default)
{
	static const struct {
		const char *name;
		unsigned long number;
	} known[] = {
		{ "CKM_AES_GCM", CKM_AES_GCM },
		{ "0x1087", CKM_AES_GCM },
		{ "0x1085", CKM_AES_CBC_PAD },
		{ "0x0251", CKM_SHA256_HMAC },
		{ "0x251", CKM_SHA256_HMAC },
	};

	if (name[0] == '\0')
		return by_default;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcasecmp(known[i].name, name) == 0)
			return known[i].number;
	return 0;
}
