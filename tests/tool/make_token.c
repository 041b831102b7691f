/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Makes an enrolment token, and the registrar's store where there is none: its arguments are
 * the file, and then what differs from a token for one machine that need prove nothing:
 *
 *   uses=N class=CLASS level=LEVEL origin=ORIGIN sources=RANGES host=PATTERN name=TEMPLATE
 *   machine=SECONDS ends=SECONDS by-clock guard=TEXT
 *
 * It prints the token, and on a second line its identifier.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "enroll/registrar.h"
#include "enroll/token.h"

static void die(const char *what)
{
	fprintf(stderr, "make_token: %s\n", what);
	exit(1);
}

static void copy(char *out, size_t size, const char *text)
{
	if (strlen(text) >= size)
		die(text);
	strcpy(out, text);
}

static bool is(const char *argument, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(argument, name, len) == 0;
}

static void read_argument(const char *argument, struct sg_enroll_rules *rules,
                          struct sg_fleet_token *token)
{
	const char *value = strchr(argument, '=');
	const size_t len = value != NULL ? (size_t)(value++ - argument) : strlen(argument);

	if (is(argument, len, "by-clock"))
		rules->by_clock = true;
	else if (value == NULL)
		die(argument);
	else if (is(argument, len, "uses"))
		token->max_uses = (uint32_t)atoi(value);
	else if (is(argument, len, "machine"))
		rules->lifetime = atoll(value);
	else if (is(argument, len, "ends"))
		token->expires = token->created + atoll(value);
	else if (is(argument, len, "sources"))
		copy(rules->sources, sizeof rules->sources, value);
	else if (is(argument, len, "host"))
		copy(rules->host, sizeof rules->host, value);
	else if (is(argument, len, "name"))
		copy(rules->name, sizeof rules->name, value);
	else if (is(argument, len, "guard"))
		copy(rules->guard, sizeof rules->guard, value);
	else if (!(is(argument, len, "class") && sg_enroll_class_find(value, &rules->class)) &&
	         !(is(argument, len, "level") && sg_enroll_level_find(value, &rules->level)) &&
	         !(is(argument, len, "origin") && sg_enroll_origin_find(value, &rules->origin)))
		die(argument);
}

/* A random identifier, written as a UUID. */
static void name_it(char id[SG_FLEET_ID + 1])
{
	uint8_t bytes[16];
	char hex[32];

	sg_random(bytes, sizeof bytes);
	sg_bytes_hex(sg_bytes(bytes, sizeof bytes), hex);
	snprintf(id, SG_FLEET_ID + 1, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 13,
	         hex + 17, hex + 20);
}

int main(int argc, char **argv)
{
	struct sg_registrar_config config = { .create = true, .vault = "vault_test",
		                              .api_url = "https://vault.example.org" };
	struct sg_registrar *registrar = NULL;
	struct sg_enroll_rules rules = { .lifetime = 0 };
	struct sg_fleet_token token = { .created = time(NULL), .max_uses = 1 };
	struct sg_fleet_event event = { token.created, "token-created", "test", "",
		                        sg_bytes_str("{}") };
	struct sg_secret *text = NULL;
	const char *wrong = "it";

	if (argc < 2)
		die("the store is missing");
	token.expires = token.created + 3600;
	for (int i = 2; i < argc; i++)
		read_argument(argv[i], &rules, &token);
	name_it(token.id);
	config.store = argv[1];
	if (sg_registrar_open(&config, &registrar) != SG_OK)
		die("no registrar");
	if (sg_enroll_token_make(&text, token.hash) != SG_OK ||
	    sg_enroll_rules_write(&rules, &token.rules, &wrong) != SG_OK ||
	    sg_registrar_fleet(registrar)->ops->token_add(sg_registrar_fleet(registrar), &token,
	                                                  &event) != SG_OK)
		die(wrong);
	printf("%.*s\n%s\n", (int)text->len, (const char *)text->data, token.id);
	sg_secret_free(&text);
	sg_fleet_token_clear(&token);
	sg_registrar_close(&registrar);
	return 0;
}
