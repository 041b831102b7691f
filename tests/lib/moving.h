/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Tokens that move, between sealers that are none unless said otherwise: two names, "one"
 * and "two", each of which seals for the TCTI of its configuration as if that were hardware. A
 * program that uses those is linked with --wrap=sg_sealer_open. Everything here ends the test
 * when it fails.
 */
#ifndef TESTS_LIB_MOVING_H
#define TESTS_LIB_MOVING_H

#include "core/token_migrate.h"

/* The state folder, configurations of two pieces of hardware, and a token of the first. */
extern char *moving_folder;
extern struct sg_config *moving_a, *moving_b;
extern struct sg_token *moving_token;
extern struct sg_secret *moving_pin, *moving_so_pin, *moving_wrong_pin;

/* What the sealers do. */
extern struct moving_sealers {
	bool two_takes_policies;        /* "one" always does */
	bool two_has_none;              /* and says so */
	unsigned calls;                 /* of seal and unseal by now */
	unsigned fail_at;               /* the call that fails with HW_REMOVED; 0: none */
	bool two_forgets;               /* what "two" opens is another secret */
	bool one_refuses;               /* "one" opens nothing that has no policy for want of it */
	void (*each)(void);             /* runs before each call; NULL: nothing */
	uint64_t counter;               /* what the one counter shows, that "one" keeps */
	void (*counted)(void);          /* runs when it was read; NULL: nothing */
} moving_sealers;

void moving_setup(void);
void moving_teardown(void);

/* The same with real sealers: the lines of both configurations. The new sealer is that of the
 * second. */
void moving_setup_between(const char *a, const char *b);

/* Make the token: a machine token, or one with moving_pin and moving_so_pin; policy may be NULL. */
void moving_make(bool machine, const char *policy);

/* Make a machine token that is protected against rollback. */
void moving_make_counted(void);

/* Put objects into it, logging in where there are PINs: a public value, private keys closed by the
 * token key, and one that the hardware seals; and one that lives in the hardware. */
void moving_fill(void);
void moving_add_resident(void);

/* Add a root with a policy of its own, or a PIN of its own; each may be NULL. */
void moving_add_guarded(const char *policy, const char *pin);

/* Move the token from a to b, or tell how that fails. */
enum sg_err moving_try(struct sg_token_migration how, struct sg_token_migrated *out);

/* Count all objects of the store that lies at path, or in the token's place where it is NULL, and
 * sum up all that they hold into sum; a PIN token is opened with the PIN. */
size_t moving_sum(const struct sg_config *config, const char *path, uint8_t sum[32]);

/* Require that the token is as it was: nothing else is in the folder, and the objects have that
 * sum with the configuration. */
void moving_require(const struct sg_config *config, size_t files, const uint8_t sum[32]);

#endif
